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
from salesforce_mock.values import TEXTS, Value, datetime_text, parse

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
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            found, columns = _columns(_header(lines, path), paths, more, path)
            rows = list(_rows(lines, columns, found, path))
    except OSError as error:
        raise LoadError(f"{path}: cannot be read: {error.strerror}") from error
    _complete(rows, found)
    store = Store(found, clock)
    store.fill(rows)
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


def _header(lines: Iterator[list[str]], path: Path) -> list[str]:
    try:
        return next(lines, [])
    except (csv.Error, UnicodeDecodeError) as error:
        raise LoadError(f"{path}, header: {error}") from error


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


def _rows(lines: Iterator[list[str]], columns: list[Column], found: Schema, path: Path) -> Iterator[list[Value]]:
    row = 0
    seen: set[str] = set()
    kinds = [(each.slot, each.field.type, each.field.type in TEXTS, each.path) for each in columns]
    width, id_slot = len(found.columns), found.slot("Id")
    try:
        for row, cells in enumerate(lines, 1):
            if len(cells) != len(columns):
                raise LoadError(f"{path}, row {row}: expected {len(columns)} cells, found {len(cells)}")
            values: list[Value] = [None] * width
            for (slot, kind, text, name), cell in zip(kinds, cells, strict=True):
                if cell:
                    values[slot] = cell if text else _value(kind, cell, f"{path}, row {row}, column {name}")
            id_ = str(values[id_slot])
            if not is_id(id_) or id_ in seen:
                raise LoadError(f"{path}, row {row}, column Id: expected an id of its own, found {id_!r}")
            seen.add(id_)
            yield values
    except (csv.Error, UnicodeDecodeError) as error:
        raise LoadError(f"{path}, after row {row}: {error}") from error


def _value(kind: str, cell: str, where: str) -> Value:
    try:
        if kind == "id":
            return same_id(cell)
        if kind == "datetime" and len(cell) == len("2025-01-31"):
            cell += "T00:00:00Z"
        return parse(kind, cell)
    except ValueError as error:
        raise LoadError(f"{where}: {error}, found {cell!r}") from None


def _complete(rows: list[list[Value]], found: Schema) -> None:
    """Fill in what a file of the contract does not have."""
    label, category, probability = (
        found.slot(path) for path in ("ForecastCategoryName", "ForecastCategory", "Probability")
    )
    booleans = [found.slot(path) for path in ("IsClosed", "IsWon", "IsDeleted")]
    created, stamp, modified = (found.slot(path) for path in ("CreatedDate", "SystemModstamp", "LastModifiedDate"))
    for i, row in enumerate(rows):
        name = row[label]
        if isinstance(name, str):
            row[category] = row[category] or _FORECASTS.get(name, name)
            row[probability] = _PROBABILITIES.get(name) if row[probability] is None else row[probability]
        for slot in booleans:
            row[slot] = row[slot] or False
        spread = datetime_text(_FIRST + int(_SPREAD * i / len(rows)))
        row[created] = row[created] or spread
        row[stamp] = row[stamp] or max(spread, str(row[created])[:19] + ".000Z")
        row[modified] = row[modified] or row[stamp]
