"""Writes an Arrow array as a packed column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from anomaly_detection.columns.types import ALIGNMENT, DICTIONARY, HEADER, LENGTH, NUMBERS, OFFSET, PLAIN, TEXTS

_DTYPES = {arrow: dtype for dtype, arrow in NUMBERS.values()}


def write_column(array: pa.Array) -> bytes:
    """Return an array as a packed column of its type, in the layout that it has.

    The dictionary of a `DictionaryArray` is written as it is: its values are expected to be different, in use, and in
    the order they come first, as `dictionary_encode` makes them of an array.
    """
    layout, count, parts = PLAIN, 0, list[bytes]()
    if pa.types.is_dictionary(array.type):
        layout, count = DICTIONARY, len(array.dictionary)
        parts = [*_texts(array.dictionary), _fixed(array.indices, OFFSET)]
    elif pa.types.is_list(array.type):
        items = array.flatten()
        count = len(items)
        parts = [_offsets(pc.list_value_length(array))]
        columns = items.flatten() if pa.types.is_struct(items.type) else [items]
        for column in map(write_column, columns):
            parts += [np.array([len(column)], LENGTH).tobytes(), column]
    elif array.type in TEXTS.values():
        parts = _texts(array)
    elif array.type == pa.bool_():
        parts = [bits(_filled(array).to_numpy(zero_copy_only=False))]
    else:
        parts = [_fixed(array, _DTYPES[array.type])]
    if array.null_count:
        parts.insert(0, bits(pc.is_valid(array).to_numpy(zero_copy_only=False)))
    return _joined([HEADER.pack(layout, array.null_count > 0, 0, count), *parts])


def bits(flags: NDArray[np.bool_]) -> bytes:
    """Return n flags as n bits, the first of them the lowest of a byte.

    >>> bits(np.array([True, False, True])).hex()
    '05'
    """
    return np.packbits(flags, bitorder="little").tobytes()


def _filled(array: pa.Array) -> pa.Array:
    """Return the array with what the format has in place of nulls."""
    if not array.null_count:
        return array
    if array.type in TEXTS.values():
        return pc.fill_null(array, pa.scalar(b"" if array.type == pa.binary() else "", array.type))
    return pc.fill_null(array, pa.scalar(0, pa.int8()).cast(array.type))


def _fixed(array: pa.Array, dtype: np.dtype[np.generic]) -> bytes:
    values: bytes = _filled(array).to_numpy(zero_copy_only=False).astype(dtype, copy=False).tobytes()
    return values


def _offsets(sizes: pa.Array) -> bytes:
    offsets = np.zeros(len(sizes) + 1, OFFSET)
    np.cumsum(_filled(sizes).to_numpy(zero_copy_only=False), out=offsets[1:])
    return offsets.tobytes()


def _texts(array: pa.Array) -> list[bytes]:
    """Return the offsets and the bytes of texts, of which the array may be a slice."""
    array = _filled(array)
    if len(array) == 0:
        return [bytes(OFFSET.itemsize), b""]
    _, positions, data = array.buffers()
    offsets = np.frombuffer(positions, OFFSET, len(array) + 1, array.offset * OFFSET.itemsize)
    begin, end = int(offsets[0]), int(offsets[-1])
    return [(offsets - begin).astype(OFFSET).tobytes(), data.slice(begin, end - begin).to_pybytes() if data else b""]


def _joined(parts: Sequence[bytes]) -> bytes:
    found = []
    size = 0
    for part in parts:
        gap = -size % ALIGNMENT
        found += [bytes(gap), part]
        size += gap + len(part)
    return b"".join(found)
