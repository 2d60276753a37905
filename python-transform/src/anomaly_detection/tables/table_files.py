"""The files of a table, of CSV or of Parquet: which there are, and their records in order, as columns of cells.

A pattern stands for files in the order of their names. Names that end with `.parquet` are those of Parquet files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from anomaly_detection.errors import DataError
from anomaly_detection.files.patterns import match_files
from anomaly_detection.files.stored import is_uri, place_of
from anomaly_detection.row_error import is_utf8, readable
from anomaly_detection.schema import contract_name
from anomaly_detection.tables.cells import Cells, TextCells
from anomaly_detection.tables.records import Block, Record, TallCell, read_blocks, read_header

Source = Path | str
"""A path, a URI or a pattern."""

_LOOKS = 16
"""So many files of a store are looked at together: each takes a while."""


@dataclass(frozen=True, kw_only=True)
class Records:
    """Consecutive records of a file: n whole ones, by column, those that have more or fewer cells, and tall cells.

    `rows` are the numbers of the whole ones, from 1; `end` is how many bytes of the file were read, about.
    """

    rows: npt.NDArray[np.int64]
    columns: Sequence[Cells]
    broken: Sequence[tuple[int, Record]]
    end: int
    tall: Sequence[TallCell] = ()

    def record(self, position: int) -> Record:
        """Return the texts of a whole record."""
        return [cells.text(position) for cells in self.columns]


class TableFile(Protocol):
    """A file of a table: its path as it was given, its columns by their names in the contract, its size in bytes."""

    @property
    def path(self) -> str: ...  # noqa: D102

    @property
    def columns(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def size(self) -> int: ...  # noqa: D102

    def records(self, size: int) -> Iterator[Records]:
        """Read the file, `size` records at a time, or fewer; raise `DataError` where it is damaged."""


def open_files(source: Source | Sequence[Source]) -> list[TableFile]:
    """Look at all files of a table.

    Raises:
        DataError: a pattern stands for none, one cannot be read, is named twice or has other columns than the first.
    """
    named = [source] if isinstance(source, (str, Path)) else source
    paths = [path for one in named for path in match_files(str(one))]
    _check_together(paths, ", ".join(map(str, named)))
    if any(map(is_uri, paths)):
        with ThreadPoolExecutor(min(_LOOKS, len(paths))) as threads:
            files = list(threads.map(_look, paths))
    else:
        files = list(map(_look, paths))
    for file in files[1:]:
        if file.columns != files[0].columns:
            raise DataError(
                f"{file.path}: expected the columns of {files[0].path}, {', '.join(files[0].columns)}, "
                f"found {_difference(files[0].columns, file.columns)}"
            )
    return files


def _check_together(paths: Sequence[str], named: str) -> None:
    seen: set[str] = set()
    for path in paths:
        if _is_parquet(path) != _is_parquet(paths[0]):
            raise DataError(f"{named}: expected files of one format, found {paths[0]} and {path}")
        place = place_of(path)
        if place in seen:
            raise DataError(f"{path}: expected every file once, found it twice; its rows would be counted twice")
        seen.add(place)


def _is_parquet(path: str) -> bool:
    return path.lower().endswith(".parquet")


def _look(path: str) -> TableFile:
    if _is_parquet(path):
        from anomaly_detection.tables.parquet_file import ParquetFile

        return ParquetFile.of(path)
    return CsvFile.of(path)


def _difference(expected: Iterable[str], found: Sequence[str]) -> str:
    missing, more = [name for name in expected if name not in found], [name for name in found if name not in expected]
    words = [f"no {', '.join(missing)}"] * bool(missing) + [f"also {', '.join(more)}"] * bool(more)
    return ", and ".join(words) or f"them in another order: {', '.join(found)}"


@dataclass(frozen=True)
class CsvFile:
    """A CSV file with a header. Wholly empty lines are no records."""

    path: str
    columns: tuple[str, ...]
    size: int
    header: Record

    @classmethod
    def of(cls, path: str) -> CsvFile:
        """Read the header; raise `DataError`."""
        header, size = read_header(path)
        return cls(path, column_names(path, header), size, header)

    def records(self, size: int) -> Iterator[Records]:
        """Read the file; raise `DataError` where a quote is not closed or stands where none may, after all before.

        So it is where the file has another header by now, whose cells would be taken for those of other columns.
        """
        for block in read_blocks(self.path, self.header, size):
            yield _split(block, len(self.columns))


def column_names(path: str, header: Sequence[str]) -> tuple[str, ...]:
    """Return the names in the contract of the columns of a file; raise `DataError` for those that cannot be used."""
    headers: dict[str, str] = {}
    for position, text in enumerate(header, start=1):
        label = text.strip()
        name = contract_name(label)
        if not is_utf8(text):
            raise DataError(f"{path}: header, column {position}: expected UTF-8 text, found {readable(text)}")
        if not name:
            raise DataError(f"{path}: header, column {position}: expected a name, found nothing")
        if name in headers:
            raise DataError(
                f"{path}: header, column {position}: expected different names, found {headers[name]!r} and "
                f"{label!r}, which both mean {name}; rename one"
            )
        headers[name] = label
    return tuple(headers)


def _split(block: Block, width: int) -> Records:
    """Return the records of the right width, transposed, and the others with their numbers."""
    records, rows = block.records, np.arange(block.first, block.first + len(block.records))
    is_whole = np.fromiter(map(len, records), np.int64, len(records)) == width
    broken = [(int(row), records[row - block.first]) for row in rows[~is_whole]]
    if broken:
        records, rows = [record for record in records if len(record) == width], rows[is_whole]
    n = len(records)
    # One array of all cells, transposed by one take: three times as fast as an array for each column.
    cells = list(chain.from_iterable(records))
    undecoded: npt.NDArray[np.bool_] = np.zeros(n * width, dtype=np.bool_)
    try:
        flat = pa.array(cells, pa.string())
    except UnicodeEncodeError:
        undecoded = np.array([not is_utf8(cell) for cell in cells], dtype=np.bool_)
        flat = pa.array([cell if is_utf8(cell) else "" for cell in cells], pa.string())
    by_column = _by_column(n, width)
    empty = pc.equal(pc.binary_length(flat), 0).to_numpy(zero_copy_only=False)
    flat = flat.take(pa.array(by_column, mask=empty[by_column]))
    columns = [
        TextCells(
            texts=flat.slice(column * n, n),
            undecoded=bad,
            read=partial(_cell, records, column),
        )
        for column, bad in enumerate(undecoded.reshape(n, width).T)
    ]
    return Records(rows=rows, columns=columns, broken=broken, end=block.end, tall=block.tall)


def _cell(records: Sequence[Record], column: int, position: int) -> str:
    return records[position][column]


@lru_cache(maxsize=4)
def _by_column(n: int, width: int) -> npt.NDArray[np.int64]:
    """Return where the cells of n records are, column by column."""
    return np.ascontiguousarray(np.arange(n * width).reshape(n, width).T).ravel()
