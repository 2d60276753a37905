"""Rows of objects, as a Beam bundle has them, turned into the columns that the detector knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from types import NoneType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from anomaly_detection.features.checking import BadCell
from anomaly_detection.formats import ARROW_TYPES
from anomaly_detection.row_error import is_utf8, readable
from anomaly_detection.schema import ColumnType

_PYTHON_TYPES: dict[ColumnType, tuple[type, ...]] = {
    "STRING": (str,),
    "date": (str,),
    "DOUBLE": (float, int, np.floating, np.integer),
    "BOOLEAN": (bool, np.bool_),
}
_PLAIN: dict[ColumnType, set[type]] = {
    "STRING": {str, NoneType},
    "date": {str, NoneType},
    "DOUBLE": {float, NoneType},
    "BOOLEAN": {bool, NoneType},
}
"""What Arrow converts without a look at each value: elsewhere it takes bytes for text and True for 1."""


def to_batch(
    rows: Sequence[Any], columns: Mapping[str, tuple[str, ColumnType]]
) -> tuple[pa.RecordBatch, NDArray[np.int64], list[BadCell]]:
    """Return the rows as a batch, the position of each of its rows, and the rows that do not fit.

    `columns` maps a name to the attribute that holds it and its type. A row does not fit if a value is of
    another Python type than declared or is not UTF-8; only then is each row looked at on its own.
    """
    bad: dict[int, BadCell] = {}
    try:
        arrays = [_plain(list(map(attrgetter(attribute), rows)), type_) for attribute, type_ in columns.values()]
    except (TypeError, UnicodeEncodeError):
        bad = {i: cell for i, row in enumerate(rows) if (cell := _unfit(i, row, columns)) is not None}
        good = [row for i, row in enumerate(rows) if i not in bad]
        arrays = [_converted([getattr(row, name) for row in good], type_) for name, type_ in columns.values()]
    positions = np.setdiff1d(np.arange(len(rows)), np.fromiter(bad, np.int64, len(bad)))
    return pa.RecordBatch.from_arrays(arrays, list(columns)), positions, list(bad.values())


def _plain(values: list[Any], type_: ColumnType) -> pa.Array:
    if not set(map(type, values)) <= _PLAIN[type_]:
        raise TypeError("another type")
    return pa.array(values, ARROW_TYPES[type_])


def _converted(values: list[Any], type_: ColumnType) -> pa.Array:
    if type_ == "DOUBLE":
        values = [None if value is None else float(value) for value in values]
    return pa.array(values, ARROW_TYPES[type_])


def _unfit(position: int, row: Any, columns: Mapping[str, tuple[str, ColumnType]]) -> BadCell | None:
    for name, (attribute, type_) in columns.items():
        value = getattr(row, attribute)
        if value is None:
            continue
        if not isinstance(value, _PYTHON_TYPES[type_]) or (type_ == "DOUBLE" and isinstance(value, bool)):
            return BadCell(position, name, type_, f"{type(value).__name__} {value!r:.80}")
        if isinstance(value, str) and not is_utf8(value):
            return BadCell(position, name, "UTF-8 text", readable(value))
        if type_ == "DOUBLE" and isinstance(value, int) and not _is_double(value):
            # Not in decimal: Python refuses to write thousands of digits.
            return BadCell(position, name, "a finite number", f"{hex(value):.80}")
    return None


def _is_double(value: int) -> bool:
    try:
        float(value)
    except OverflowError:
        return False
    return True
