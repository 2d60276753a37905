"""The columns of a Parquet file as cells: what its values would be in a CSV, and which columns no CSV has.

The texts are those of the pipeline's Java side: numbers with a point, true and false, ISO dates and times. A time
without a time zone that is the beginning of its day is that day, as there is no other way for some to write dates.

>>> import pyarrow as pa
>>> double_text(12500000.0), double_text(1e300), double_text(0.00012), double_text(5e-324)
('12500000.0', '1.0E300', '1.2E-4', '4.9E-324')
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anomaly_detection.schema import ColumnType
from anomaly_detection.tables.cells import Cells, TextCells, ValueCells

_WHOLE = 2.0**53
"""From here on not every whole number is a double."""

_PLAIN = (1e-3, 1e7)
"""Between these, Java writes numbers without an exponent."""

Write = Callable[[pa.Array], pa.Array]


def unreadable(kind: pa.DataType, logical: str) -> str | None:
    """Return what a column is whose values no cell could hold, None if it is none of these.

    `logical` is what Parquet calls its type, such as STRING.
    """
    if pa.types.is_map(kind):
        return "a map"
    if pa.types.is_struct(kind):
        return "a group of columns"
    if pa.types.is_nested(kind):
        return "a list"
    return logical if logical in ("BSON", "INTERVAL") else None


class ParquetColumn:
    """A column that is not `unreadable`: `logical` is its type as Parquet's own JSON has it."""

    def __init__(self, logical: str) -> None:
        self._logical: dict[str, Any] = json.loads(logical)

    def cells(self, values: pa.Array) -> Cells:
        """Return n values as cells."""
        if isinstance(values, pa.ExtensionArray):
            values = values.storage
        if isinstance(values, pa.DictionaryArray):
            values = values.dictionary_decode()
        kind = values.type
        if _is_bytes(kind):
            if self._logical["Type"] == "UUID":
                return ValueCells(values, _each(lambda content: str(UUID(bytes=content))))
            return TextCells.of_bytes(values.cast(pa.binary()))
        if pa.types.is_duration(kind):
            values = values.cast(pa.int64())
        elif pa.types.is_float16(kind):
            values = _float32(values)
        return ValueCells(values, self._writer(values.type), _known_type(values.type))

    def _writer(self, kind: pa.DataType) -> Write:
        utc = self._logical.get("isAdjustedToUTC", False)
        if pa.types.is_floating(kind):
            return _each(double_text if pa.types.is_float64(kind) else float_text)
        if pa.types.is_decimal(kind):
            return _each(Decimal.__str__)
        if pa.types.is_timestamp(kind):
            # One that Parquet gives no name is of the old kind, of 96 bits.
            return _timestamps(utc=utc, short=self._logical["Type"] != "Timestamp")
        if pa.types.is_time(kind) and utc:
            return lambda values: pc.binary_join_element_wise(values.cast(pa.string()), "+0000", "")
        return lambda values: values.cast(pa.string())


def double_text(value: float) -> str:
    """Return a number of 64 bits as Java writes it."""
    return _java(value, np.float64(value))


def float_text(value: float) -> str:
    """Return a number of 32 bits as Java writes it."""
    return _java(value, np.float32(value))


def _java(value: float, exact: np.floating[Any]) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < _WHOLE:
        return f"{int(value)}.0"
    if _PLAIN[0] <= abs(value) < _PLAIN[1]:
        return np.format_float_positional(exact, unique=True)
    digits, exponent = np.format_float_scientific(exact, unique=True, trim="0").split("e")
    if digits.endswith(".0"):
        # Java writes two digits at the least, and then the nearest ones.
        nearest = np.format_float_scientific(exact, precision=1, unique=False)
        if type(exact)(nearest) == exact:
            digits, exponent = nearest.split("e")
    return f"{digits}E{int(exponent)}"


def _each(text: Callable[[Any], str]) -> Write:
    """Write different values one by one: most columns hold few."""

    def write(values: pa.Array) -> pa.Array:
        encoded = values.dictionary_encode()
        words = pa.array([text(value) for value in encoded.dictionary.to_pylist()], pa.string())
        return words.take(encoded.indices)

    return write


def _timestamps(*, utc: bool, short: bool) -> Write:
    def write(values: pa.Array) -> pa.Array:
        plain = values.cast(pa.int64()).cast(pa.timestamp(values.type.unit))
        texts = pc.replace_substring(plain.cast(pa.string()), " ", "T")
        if utc:
            return pc.binary_join_element_wise(texts, "+0000", "")
        texts = pc.replace_substring_regex(texts, r"T00:00:00\.0+$", "")
        if short:
            texts = pc.replace_substring_regex(texts, r"\.0+$", "")
            texts = pc.replace_substring_regex(texts, r"(\.\d*[1-9])0+$", r"\1")
        return texts

    return write


def _known_type(kind: pa.DataType) -> ColumnType | None:
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return "DOUBLE"
    if pa.types.is_boolean(kind):
        return "BOOLEAN"
    return "date" if pa.types.is_date(kind) or pa.types.is_timestamp(kind) else None


def _is_bytes(kind: pa.DataType) -> bool:
    return any(
        is_one(kind)
        for is_one in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_fixed_size_binary,
        )
    )


def _float32(values: pa.Array) -> pa.Array:
    numbers = values.to_numpy(zero_copy_only=False).astype(np.float32)
    return pa.array(numbers, mask=values.is_null().to_numpy(zero_copy_only=False))
