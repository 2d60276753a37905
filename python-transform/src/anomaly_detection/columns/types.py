"""The types that a packed column can have, and how each lies in memory."""

from __future__ import annotations

import struct

import numpy as np
import pyarrow as pa

HEADER = struct.Struct("<BBHi")
"""Layout, whether validity follows, nothing, count."""

PLAIN, DICTIONARY = 0, 1
ALIGNMENT = 8

NUMBERS: dict[str, tuple[np.dtype[np.generic], pa.DataType]] = {
    "DOUBLE": (np.dtype("<f8"), pa.float64()),
    "FLOAT": (np.dtype("<f4"), pa.float32()),
    "INT64": (np.dtype("<i8"), pa.int64()),
    "INT32": (np.dtype("<i4"), pa.int32()),
    "INT16": (np.dtype("<i2"), pa.int16()),
}
TEXTS: dict[str, pa.DataType] = {"STRING": pa.string(), "BYTES": pa.binary()}

OFFSET = np.dtype("<i4")
LENGTH = np.dtype("<i8")

MOST_BYTES = 2**31 - 1
"""Of the values of all rows of a text column: what offsets can say."""

PACKED_TYPES = (*NUMBERS, "BOOLEAN", *TEXTS)
"""The words of `field_types` that name a type."""


def packed_type(word: str) -> str:
    """Return the type that a column is packed as: values of any other type than these are bytes.

    >>> packed_type("INT32"), packed_type("DATETIME"), packed_type("ARRAY")
    ('INT32', 'BYTES', 'BYTES')
    """
    return word if word in PACKED_TYPES else "BYTES"
