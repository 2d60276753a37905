"""A Parquet file of a table, read by row group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from anomaly_detection.errors import DataError, first_line
from anomaly_detection.files.stored import is_uri, open_input
from anomaly_detection.tables.parquet_cells import ParquetColumn, unreadable
from anomaly_detection.tables.table_files import Records, column_names

_BATCH_BYTES = 2**26
"""About so many of values, as the file holds them, are read together at the most; a batch of a CSV has no more either.

A text that a dictionary holds once counts once, however often a batch repeats it: there, memory goes by the batch size.
"""

_BUFFER = 2**20
"""Bytes: how much of a column is read at a time. Of a store's file the whole column of a row group is, at once."""


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file: how many records it has, and its columns with their types."""

    path: str
    columns: tuple[str, ...]
    size: int
    rows: int
    schema: pa.Schema

    @classmethod
    def of(cls, path: str) -> ParquetFile:
        """Read what the end of the file says; raise `DataError`, also for columns that no CSV has."""
        try:
            with open_input(path) as stream, _open(stream, 0) as file:
                schema = file.schema_arrow
                _columns(path, file)
                return cls(path, column_names(path, schema.names), stream.seek(0, 2), file.metadata.num_rows, schema)
        except FileNotFoundError as error:
            raise DataError(f"{path}: expected a Parquet file, found none: {error.strerror}") from error
        except pa.ArrowException as error:
            raise DataError(f"{path}: expected a Parquet file, found {first_line(error)}") from error
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or first_line(error)}") from error

    def records(self, size: int) -> Iterator[Records]:
        """Read the file; raise `DataError` where it is damaged, after all records before."""
        done = 0
        try:
            with open_input(self.path) as stream, _open(stream, 0 if is_uri(self.path) else _BUFFER) as file:
                if file.metadata.num_rows != self.rows or not file.schema_arrow.equals(self.schema):
                    raise DataError(f"{self.path} was changed while it was read", exit_code=1)
                columns = _columns(self.path, file)
                for batch in file.iter_batches(min(size, _most_rows(file.metadata))):
                    first, done = done + 1, done + batch.num_rows
                    yield Records(
                        rows=np.arange(first, done + 1),
                        columns=[column.cells(values) for column, values in zip(columns, batch.columns, strict=True)],
                        broken=[],
                        end=self.size * done // self.rows,
                    )
                # Of a store's file it is only seen at its end whether all was of the one that was opened.
                stream.seek(0, 2)
                stream.read(1)
        except (pa.ArrowException, OSError) as error:
            reason = getattr(error, "strerror", None) or first_line(error)
            raise DataError(f"{self.path}: record {done + 1} cannot be read: {reason}", exit_code=1) from error


def _open(stream: BinaryIO, buffer: int) -> pq.ParquetFile:
    return pq.ParquetFile(stream, buffer_size=buffer, coerce_int96_timestamp_unit="us")


def _columns(path: str, file: pq.ParquetFile) -> list[ParquetColumn]:
    columns = []
    for position, field in enumerate(file.schema_arrow):
        # No column before this one is nested, so that its place among the leaves is its own.
        logical = file.schema.column(position).logical_type
        found = unreadable(field.type, logical.type)
        if found:
            raise DataError(
                f"{path}, column {field.name}: expected text, a number, a boolean, a date or a time, found {found}; "
                "leave the column out, or write it as text"
            )
        columns.append(ParquetColumn(logical.to_json()))
    return columns


def _most_rows(metadata: Any) -> int:
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    widest = max((group.total_byte_size / max(group.num_rows, 1) for group in groups), default=0)
    return max(1, int(_BATCH_BYTES / max(widest, 1)))
