"""Reads a packed column into an Arrow array whose buffers are the column's own bytes.

Who sent the bytes is not trusted: every size is computed in Python's integers and compared with what is there before
a buffer of it exists; then offsets, codes, text and the values of nulls are looked at, as Arrow looks at none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from anomaly_detection.columns.types import (
    ALIGNMENT,
    DICTIONARY,
    HEADER,
    LENGTH,
    MOST_BYTES,
    NUMBERS,
    OFFSET,
    PLAIN,
    TEXTS,
)
from anomaly_detection.errors import BlockError
from anomaly_detection.schema import Field

_NO_ASCII = 0x80


def read_column(data: bytes, field: Field, *, rows: int) -> pa.Array:
    """Return the column of a field: an array of `rows` values, with the dictionary that it was sent with.

    Raises:
        BlockError: the bytes are not such a column; the message names the field and what is wrong.
    """
    cursor = _Cursor(data, 0, len(data), field.name)
    array = _read(cursor, field, rows)
    cursor.finish()
    return array


class _Cursor:
    """Takes a column's parts one by one; the column lies from `begin` to `end` in the data."""

    def __init__(self, data: bytes, begin: int, end: int, name: str) -> None:
        self.data = data
        self.buffer = pa.py_buffer(data)
        self.begin = self.position = begin
        self.end = end
        self.name = name

    def refuse(self, what: str) -> NoReturn:
        raise BlockError(f"column {self.name!r:.80}: {what}")

    def skip(self, size: int, part: str) -> int:
        """Pass by a part and return where it begins."""
        first = self.position + (self.begin - self.position) % ALIGNMENT
        if first + size > self.end:
            self.refuse(f"too short: its {part} would end at byte {first + size - self.begin}, and it has {self._size}")
        if first > self.position and self.data.count(0, self.position, first) < first - self.position:
            self.refuse(f"the gap before its {part} is not 0")
        self.position = first + size
        return first

    def numbers(self, dtype: np.dtype[Any], count: int, part: str) -> tuple[NDArray[Any], pa.Buffer]:
        """Take a part of numbers: to look at, and for Arrow."""
        size = count * dtype.itemsize
        first = self.skip(size, part)
        return np.frombuffer(self.data, dtype, count, first), self.buffer.slice(first, size)

    def bits(self, count: int, part: str) -> tuple[NDArray[np.uint8], pa.Buffer]:
        """Take a part of bits, eight in each number; those after the last are 0."""
        found, buffer = self.numbers(np.dtype(np.uint8), -(-count // 8), part)
        if count % 8 and found[-1] >> count % 8:
            self.refuse(f"its {part} have bits after the last")
        return found, buffer

    def within(self, size: int, part: str) -> _Cursor:
        """Take a part that is a column itself."""
        first = self.skip(size, part)
        return _Cursor(self.data, first, first + size, self.name)

    def finish(self) -> None:
        """Refuse bytes after the last part."""
        if self.position != self.end:
            self.refuse(f"too long: its parts end at byte {self.position - self.begin}, and it has {self._size}")

    @property
    def _size(self) -> int:
        return self.end - self.begin


@dataclass(frozen=True)
class _Validity:
    """Which of n values are null: bits for Arrow where the column has them, and a mask (n,) where any is."""

    buffer: pa.Buffer | None = None
    nulls: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, cursor: _Cursor, rows: int, *, nullable: bool) -> _Validity:
        """Take the part that says so."""
        found, buffer = cursor.bits(rows, "validity")
        nulls = np.unpackbits(found, count=rows, bitorder="little") == 0
        if not nulls.any():
            return cls(buffer)
        if not nullable:
            cursor.refuse("expected no null, found one")
        return cls(buffer, nulls)

    def check(self, cursor: _Cursor, values: NDArray[Any]) -> None:
        """Refuse nulls that are something: `values` has one for each row, of any type."""
        if self.nulls is not None and np.logical_and(values, self.nulls).any():
            cursor.refuse("the value of a null is not 0 or empty")


def _read(cursor: _Cursor, field: Field, rows: int) -> pa.Array:
    layout, follows, nothing, count = HEADER.unpack_from(cursor.data, cursor.skip(HEADER.size, "header"))
    if layout != PLAIN and not (layout == DICTIONARY and field.type in TEXTS):
        cursor.refuse(f"expected a layout that {field.type} has, found {layout}")
    if follows > 1 or nothing:
        cursor.refuse(f"expected a header of this version, found {follows} and {nothing} in it")
    most = rows if layout == DICTIONARY else None if field.type == "ARRAY" else 0
    if count < 0 or (most is not None and count > most):
        cursor.refuse(f"expected a count from 0{'' if most is None else f' to {most}'}, found {count}")
    validity = _Validity.of(cursor, rows, nullable=field.nullable) if follows else _Validity()
    if field.type in NUMBERS:
        dtype, type_ = NUMBERS[field.type]
        values, buffer = cursor.numbers(dtype, rows, "values")
        validity.check(cursor, values.view(f"u{dtype.itemsize}"))
        return _array(type_, rows, validity, buffer)
    if field.type == "BOOLEAN":
        found, buffer = cursor.bits(rows, "values")
        if validity.nulls is not None:
            validity.check(cursor, np.unpackbits(found, count=rows, bitorder="little"))
        return _array(pa.bool_(), rows, validity, buffer)
    if field.type == "ARRAY":
        return _lists(cursor, field, rows, count, validity)
    if layout == DICTIONARY:
        return _coded(cursor, field, rows, count, validity)
    return _texts(cursor, field, rows, validity)


def _array(type_: pa.DataType, rows: int, validity: _Validity, *buffers: pa.Buffer) -> pa.Array:
    return pa.Array.from_buffers(type_, rows, [validity.buffer, *buffers])


def _offsets(cursor: _Cursor, count: int) -> tuple[NDArray[np.int32], pa.Buffer]:
    offsets, buffer = cursor.numbers(OFFSET, count + 1, "offsets")
    if offsets[0] != 0:
        cursor.refuse(f"expected a first offset of 0, found {offsets[0]}")
    if (offsets[1:] < offsets[:-1]).any():
        cursor.refuse("expected offsets that never fall, found one below that before it")
    return offsets, buffer


def _texts(cursor: _Cursor, field: Field, count: int, validity: _Validity) -> pa.Array:
    offsets, buffer = _offsets(cursor, count)
    if validity.nulls is not None:
        validity.check(cursor, np.diff(offsets))
    found, data = cursor.numbers(np.dtype(np.uint8), int(offsets[-1]), "bytes")
    array = _array(TEXTS[field.type], count, validity, buffer, data)
    if field.type == "STRING" and found.max(initial=0) >= _NO_ASCII:
        try:
            array.validate(full=True)
        except pa.ArrowInvalid as error:
            cursor.refuse(f"expected UTF-8, found another text ({error})")
    return array


def _coded(cursor: _Cursor, field: Field, rows: int, count: int, validity: _Validity) -> pa.Array:
    dictionary = _texts(cursor, field, count, _Validity())
    codes, buffer = cursor.numbers(OFFSET, rows, "codes")
    validity.check(cursor, codes)
    some = rows > 0 and (validity.nulls is None or not validity.nulls.all())
    if some and codes.view(np.uint32).max() >= count:
        cursor.refuse(f"expected codes of a dictionary of {count}, found another")
    _check_written_out(cursor, dictionary, codes if validity.nulls is None else codes[~validity.nulls])
    return pa.DictionaryArray.from_arrays(_array(pa.int32(), rows, validity, buffer), dictionary, safe=False)


def _check_written_out(cursor: _Cursor, dictionary: pa.Array, codes: NDArray[np.int32]) -> None:
    """Refuse a few bytes that stand for more than the plain layout could hold: whoever writes them out needs them."""
    _, offsets, data = dictionary.buffers()
    if data.size * len(codes) > MOST_BYTES:
        sizes = np.diff(np.frombuffer(offsets, OFFSET)).astype(np.int64)
        total = int(sizes[codes].sum())
        if total > MOST_BYTES:
            cursor.refuse(f"expected values of at most {MOST_BYTES} bytes, found too long ones: {total} in all rows")


def _lists(cursor: _Cursor, field: Field, rows: int, count: int, validity: _Validity) -> pa.Array:
    offsets, buffer = _offsets(cursor, rows)
    if offsets[-1] != count:
        cursor.refuse(f"expected offsets up to the count of {count}, found {offsets[-1]}")
    if validity.nulls is not None:
        validity.check(cursor, np.diff(offsets))
    inner = (Field(name=field.name, type=field.items, nullable=False),) if isinstance(field.items, str) else field.items
    columns = []
    for item in inner or ():
        length, _ = cursor.numbers(LENGTH, 1, "length")
        if length[0] < 0:
            cursor.refuse(f"expected a length from 0, found {length[0]}")
        column = cursor.within(int(length[0]), "items")
        columns.append(_read(column, item, count))
        column.finish()
    items = columns[0] if isinstance(field.items, str) else _structs(columns, inner or (), count)
    type_ = pa.list_(items.type)
    return pa.Array.from_buffers(type_, rows, [validity.buffer, buffer], children=[items])


def _structs(columns: list[pa.Array], fields: tuple[Field, ...], count: int) -> pa.Array:
    type_ = pa.struct([(field.name, column.type) for field, column in zip(fields, columns, strict=True)])
    return pa.Array.from_buffers(type_, count, [None], children=columns)
