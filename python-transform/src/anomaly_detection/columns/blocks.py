"""A block of columns: what is sent, and the block of results that comes back for it.

>>> block_schema(2).names
('version', 'rows', 'timestamps', 'f0', 'f1')
>>> result_schema(1).names[:6], result_schema(1).names[-2:]
(('version', 'rows', 'timestamps', 'scored', 'id', 'score'), ('reasons', 'k0'))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from anomaly_detection.columns.reading import read_column
from anomaly_detection.errors import BlockError
from anomaly_detection.schema import CONTRACT, SCORED, Field, Schema

FARTHEST = (2**63 - 1) // 1000
"""Milliseconds from 1970 that a timestamp of Beam can be away: it counts microseconds in an INT64."""

_BLOCK = (
    Field(name="version", type="INT64", nullable=False),
    Field(name="rows", type="INT64", nullable=False),
    Field(name="timestamps", type="BYTES", nullable=False),
)


def block_schema(columns: int) -> Schema:
    """Return the fields of a block of so many columns."""
    return Schema("block", (*_BLOCK, *_bytes(f"f{i}" for i in range(columns))))


def result_schema(kept: int) -> Schema:
    """Return the fields of the block that comes back, with so many kept columns."""
    names = ("scored", *SCORED.names, *(f"k{i}" for i in range(kept)))
    return Schema("results", (*_BLOCK, *_bytes(names)))


def _bytes(names: Iterable[str]) -> tuple[Field, ...]:
    return tuple(Field(name=name, type="BYTES", nullable=False) for name in names)


@dataclass(frozen=True)
class Block:
    """The rows of a block: when each was, in milliseconds, (n,), and their columns."""

    timestamps: NDArray[np.int64]
    columns: pa.RecordBatch

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.timestamps)

    @classmethod
    def read(cls, sent: Any, fields: Sequence[Field]) -> Block:
        """Read what was sent, whose columns are those of the fields, in their order.

        Raises:
            BlockError: it is not of the form that `contract/columns.md` gives it.
        """
        version, rows, most = sent.version, sent.rows, CONTRACT.blocks.most_rows
        if version != CONTRACT.blocks.version:
            raise BlockError(f"block: expected version {CONTRACT.blocks.version}, found {version}")
        if not 1 <= rows <= most:
            raise BlockError(f"block: expected from 1 to {most} rows, found {rows}")
        size = rows * np.dtype(np.int64).itemsize
        if len(sent.timestamps) != size:
            raise BlockError(f"block: expected timestamps of {size} bytes, found {len(sent.timestamps)}")
        timestamps = np.frombuffer(sent.timestamps, "<i8")
        if timestamps.min() < -FARTHEST or timestamps.max() > FARTHEST:
            raise BlockError(f"block: expected timestamps at most {FARTHEST} ms from 1970, found one beyond")
        arrays = [read_column(getattr(sent, f"f{i}"), field, rows=rows) for i, field in enumerate(fields)]
        return cls(timestamps, pa.RecordBatch.from_arrays(arrays, [field.name for field in fields]))


def together(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """Return batches of the same columns as one; a single one is not copied."""
    if len(batches) == 1:
        return batches[0]
    columns = [_joined([batch.column(i) for batch in batches]) for i in range(batches[0].num_columns)]
    return pa.RecordBatch.from_arrays(columns, batches[0].schema.names)


def _joined(arrays: Sequence[pa.Array]) -> pa.Array:
    coded = [pa.types.is_dictionary(array.type) for array in arrays]
    if any(coded) and not all(coded):
        arrays = [array.dictionary_encode() for array in arrays]
    return pa.concat_arrays(arrays)
