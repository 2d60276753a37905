"""A CSV of opportunities into a store: under the contract's names, or under the paths of SOQL."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from salesforce_mock.errors import LoadError
from salesforce_mock.ids import is_id, same_id
from salesforce_mock.objects import schema
from salesforce_mock.schema import Column, Field, Schema
from salesforce_mock.store import Store
from salesforce_mock.values import Value, datetime_text, parse, parse_datetime

_FIRST = 1_735_689_600.0  # 2025-01-01T00:00:00Z
_SPREAD = 180 * 86_400
_PROBABILITIES = {"Omitted": 0.0, "Pipeline": 30.0, "Best Case": 50.0, "Commit": 80.0, "Closed": 100.0}
_FORECASTS = {"Best Case": "BestCase", "Commit": "Forecast", "Most Likely": "MostLikely"}


def load(path: Path, *, contract: Path, more: tuple[Field, ...], clock: Callable[[], float]) -> Store:
    """Return a store of the opportunities of a file.

    What a file of the contract does not have is added: SystemModstamp is spread over the first half of 2025, in the
    order of the rows and never before CreatedDate; Probability and ForecastCategory follow ForecastCategoryName.

    Args:
        path: CSV in UTF-8 with a header. A column that is neither in the contract nor a path becomes a custom field.
        contract: `salesforce.json`, the path of each of the contract's columns.
        more: custom fields besides.
        clock: seconds since 1970.

    Raises:
        LoadError: a file cannot be read, or a cell is of the wrong type.
    """
    paths: Mapping[str, str] = json.loads(_read(contract))
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, strict=True)
        header = next(lines, [])
        found, columns = _columns(header, paths, more, path)
        store = Store(found, clock)
        records = list(_records(lines, columns, path))
    seen: set[str] = set()
    for row, values in enumerate(records, 1):
        id_ = values["Id"]
        if not isinstance(id_, str) or not is_id(id_) or id_ in seen:
            raise LoadError(f"{path}, row {row}, column Id: expected an id of its own, found {id_!r}")
        seen.add(id_)
        store.put(_completed(values, _FIRST + int(_SPREAD * (row - 1) / len(records))), touch=False)
    return store


def generated(rows: int) -> Path:
    """Return a file of made-up opportunities, which is the caller's to remove.

    Raises:
        LoadError: the generator, which is in the project's Python package, is not there or fails.
    """
    with tempfile.NamedTemporaryFile(suffix=".csv", delete=False) as file:
        output = Path(file.name)
    code = "import sys; from anomaly_detection.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "generate", f"--rows={rows}", "--seed=7", f"--output={output}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        output.unlink(missing_ok=True)
        reason = done.stderr.strip().rsplit("\n", 1)[-1]
        raise LoadError(f"--rows: expected the package anomaly_detection, which makes opportunities up; {reason}")
    return output


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise LoadError(f"{path}: cannot be read: {error.strerror}") from error


def _columns(
    header: list[str], paths: Mapping[str, str], more: tuple[Field, ...], path: Path
) -> tuple[Schema, list[Column]]:
    known = schema(more)
    targets = []
    added = []
    for name in header:
        target = paths.get(name, name)
        if target.lower() not in known.by_path:
            custom = target == "CurrencyIsoCode" or target.endswith("__c")
            target = target if custom else re.sub(r"\W+", "_", target).strip("_") + "__c"
            added.append(Field(name=target, type="string", length=255))
        targets.append(target)
    found = schema((*more, *added))
    columns = [found.resolve(target) for target in targets]
    if len({each.path for each in columns}) < len(columns) or "Id" not in {each.path for each in columns}:
        raise LoadError(f"{path}: expected a header with Id and no column twice, found {','.join(header)}")
    return found, columns


def _records(lines: Iterator[list[str]], columns: list[Column], path: Path) -> Iterator[dict[str, Value]]:
    row = 0
    try:
        for row, cells in enumerate(lines, 1):
            if len(cells) != len(columns):
                raise LoadError(f"{path}, row {row}: expected {len(columns)} cells, found {len(cells)}")
            yield {each.path: _value(each, cell, path, row) for each, cell in zip(columns, cells, strict=True)}
    except (csv.Error, UnicodeDecodeError) as error:
        raise LoadError(f"{path}, after row {row}: {error}") from error


def _value(column: Column, cell: str, path: Path, row: int) -> Value:
    try:
        if column.field.type == "id":
            return same_id(cell)
        if column.field.type == "datetime" and re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
            cell += "T00:00:00Z"
        return parse(column.field.type, cell)
    except ValueError as error:
        raise LoadError(f"{path}, row {row}, column {column.path}: {error}, found {cell!r}") from None


def _completed(values: dict[str, Value], stamp: float) -> dict[str, Value]:
    category = values.get("ForecastCategoryName")
    if isinstance(category, str):
        values.setdefault("Probability", _PROBABILITIES.get(category))
        values.setdefault("ForecastCategory", _FORECASTS.get(category, category))
    for path in ("IsClosed", "IsWon", "IsDeleted"):
        values[path] = values.get(path) or False
    modified = datetime_text(stamp)
    if isinstance(values.get("CreatedDate"), str):
        created = parse_datetime(str(values["CreatedDate"]))
        modified = max(modified, created[:19] + ".000Z")
    else:
        values["CreatedDate"] = modified
    values.setdefault("SystemModstamp", modified)
    return values
