"""Files of the pipeline as scored rows and errors, one at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomaly_detection.errors import DataError
from anomaly_detection.report.rows import ADDED, READERS, json_lines
from anomaly_detection.schema import ERRORS, SCORED, Field, Schema

_TYPES: dict[str, tuple[type, ...]] = {"STRING": (str,), "DOUBLE": (float, int), "INT64": (int,), "ARRAY": (list,)}
_WORDS = {"STRING": "a text", "DOUBLE": "a finite number", "INT64": "a whole number", "ARRAY": "a list"}
_LIMITS: dict[str, float] = {"DOUBLE": sys.float_info.max, "INT64": 2**63 - 1}
_NOT_CELLS = frozenset(SCORED.names)
*_COPIES, _IGNORED = ADDED


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredRow:
    """One scored row: the contract's fields that a report needs, and the input columns beside them."""

    id: str
    score: float
    odd: bool
    threshold: float
    p_value: float
    cluster: int
    outlier_score: float
    model_id: str
    reasons: list[dict[str, Any]]
    cells: Mapping[str, Any]
    copies: Copies | None = None
    ignored: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Copies:
    """Which other rows look like copies of a row, a few of them by their ids; exact ones come first."""

    ids: list[str]
    count: int
    exact: int


def scored_rows(path: Path) -> Iterator[ScoredRow]:
    """Read a file of scored rows.

    Raises:
        DataError: a line is not a row of `contract/schemas/scored.json`; it names file, line and field.
    """
    for where, line in _lines(path, SCORED):
        for reason in line["reasons"]:
            _check(reason, _reason_fields(), f"{where}, reasons")
        if not 0 <= line["score"] <= 1 or not 0 < line["p_value"] <= 1 or line["label"] not in (0, 1):
            raise DataError(
                f"{where}: expected score and p_value from 0 to 1 and label 0 or 1, found {line['score']}, "
                f"{line['p_value']} and {line['label']}; score the input again"
            )
        copies, ignored = _take_copies(line), _take_ignored(line)
        yield ScoredRow(
            id=line["id"],
            score=line["score"],
            odd=bool(line["label"]),
            threshold=line["threshold"],
            p_value=line["p_value"],
            cluster=line["cluster"],
            outlier_score=line["outlier_score"],
            model_id=line["model_id"],
            reasons=line["reasons"],
            cells={name: value for name, value in line.items() if name not in _NOT_CELLS},
            copies=copies,
            ignored=ignored,
        )


def _take_copies(line: dict[str, Any]) -> Copies | None:
    """Take the three fields that `--findDuplicates` adds out of a line; a column of the data may have such a name."""
    ids, count, exact = (line.get(name) for name in _COPIES)
    if not isinstance(ids, list) or type(count) is not int or type(exact) is not int:
        return None
    for name in _COPIES:
        del line[name]
    return Copies(ids=[str(id_) for id_ in ids], count=count, exact=exact)


def _take_ignored(line: dict[str, Any]) -> bool:
    """Take the field that `--ignore` adds out of a line, as far as it is that."""
    return bool(line.pop(_IGNORED)) if isinstance(line.get(_IGNORED), bool) else False


def error_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of errors; raise `DataError` where a line is not a row of `contract/schemas/errors.json`."""
    for _, line in _lines(path, ERRORS):
        yield line


def _lines(path: Path, schema: Schema) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        for where, line in READERS.get(path.suffix, json_lines)(path, schema):
            _check(line, schema.fields, where)
            yield where, line
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected UTF-8 text, found other bytes; name the file that was written") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


def _check(line: Any, fields: tuple[Field, ...], where: str) -> None:
    if not isinstance(line, dict):
        raise DataError(f"{where}: expected a JSON object, found {str(line)[:80]!r}")
    for field in fields:
        if field.name not in line:
            raise DataError(
                f"{where}: expected the field {field.name}, found {', '.join(line) or 'none'}; "
                "name a file that `score` or the pipeline wrote"
            )
        value = line[field.name]
        if value is None and field.nullable:
            continue
        good = isinstance(value, _TYPES[field.type]) and not isinstance(value, bool)
        if not good or (field.type in _LIMITS and not abs(value) <= _LIMITS[field.type]):
            raise DataError(f"{where}: {field.name}: expected {_WORDS[field.type]}, found {str(value)[:80]!r}")


def _reason_fields() -> tuple[Field, ...]:
    items = SCORED["reasons"].items
    if not isinstance(items, tuple):
        raise TypeError(f"expected the fields of a reason in contract/schemas/scored.json, found {items!r}")
    return items
