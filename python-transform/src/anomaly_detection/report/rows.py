"""The rows of a file that the pipeline wrote, as mappings, whichever of its formats it has."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from anomaly_detection.errors import DataError
from anomaly_detection.schema import INPUT, Schema

_CELL_LIMIT = 2**30
_BATCH_ROWS = 1024
ADDED = {"duplicate_of": "ARRAY", "duplicates": "INT64", "exact_duplicates": "INT64", "ignored": "BOOLEAN"}
"""What `--findDuplicates` and `--ignore` add to a row."""

_PARSERS: dict[str, Callable[[str], Any]] = {
    "DOUBLE": float,
    "INT64": int,
    "ARRAY": json.loads,
    "BOOLEAN": lambda text: {"true": True, "false": False}[text],
}


def json_lines(path: Path, _: Schema) -> Iterator[tuple[str, Any]]:
    """Read JSON Lines; yield each line's place, for messages, and what it holds."""
    with path.open(encoding="utf-8") as stream:
        for number, text in enumerate(stream, start=1):
            where = f"{path}, line {number}"
            try:
                yield where, json.loads(text)
            except (ValueError, RecursionError) as error:  # numbers of thousands of digits are no JSON error
                raise DataError(f"{where}: expected a row as JSON, found {text[:80].strip()!r}") from error


def csv_records(path: Path, schema: Schema) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read a CSV with a header: the schema's fields, the contract's columns and what options add have their types.

    A cell that is not of its type stays a text, of which the caller says what was expected.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _CELL_LIMIT))
    types = {field.name: field.type for field in chain(INPUT.fields, schema.fields)}
    with path.open(encoding="utf-8", newline="") as stream:
        records = csv.reader(stream, strict=True)
        try:
            header = next(records, [])
            kinds = [types.get(name) or ADDED.get(name, "STRING") for name in header]
            for number, cells in enumerate(records, start=1):
                where = f"{path}, record {number}"
                if len(cells) != len(header):
                    raise DataError(f"{where}: expected {len(header)} cells, found {len(cells)}")
                yield where, {name: _value(*cell) for name, *cell in zip(header, kinds, cells, strict=True)}
        except csv.Error as error:
            raise DataError(f"{path}, line {records.line_num}: expected a record of CSV, found {error}") from error


def _value(kind: str, text: str) -> Any:
    if not text:
        return None
    try:
        return _PARSERS.get(kind, str)(text)
    except (ValueError, KeyError, RecursionError):
        return text


def parquet_records(path: Path, _: Schema) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read a Parquet file, some rows at a time."""
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}, row {number}", row
    except pa.ArrowException as error:
        raise DataError(f"{path}: expected a Parquet file, found {error}") from error


READERS: dict[str, Callable[[Path, Schema], Iterator[tuple[str, Any]]]] = {
    ".jsonl": json_lines,
    ".csv": csv_records,
    ".parquet": parquet_records,
}
"""How to read the files of each format, by the end of their names."""
