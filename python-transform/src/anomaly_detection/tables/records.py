"""CSV as records of cells, the way they are written: RFC 4180, UTF-8 with or without a byte order mark.

Bytes that are not UTF-8 become lone surrogates (`surrogateescape`), which `row_error.is_utf8` finds.
Wholly empty lines are no records; the header is record 0.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import SEEK_END, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, cast

from anomaly_detection.errors import DataError
from anomaly_detection.files.stored import open_text

Record = list[str]

_CELL_LIMIT = 2**27
_BLOCK_LIMIT = 2**25
"""Characters: the first bounds what a quote can swallow that is never closed, the second a block."""


MOST_LINE_BREAKS = 20
"""More of them in a cell look like those of records that stand between two stray quotes."""

_LINE_BREAK = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class TallCell:
    """A cell of more than `MOST_LINE_BREAKS`: the number of its record, its position there, and how many it holds."""

    record: int
    position: int
    line_breaks: int


@dataclass(frozen=True)
class Block:
    """Some consecutive records, and the tall cells in them.

    `first` is the number of the first record, `end` how many bytes were read, about.
    """

    first: int
    records: list[Record]
    tall: list[TallCell]
    end: int


def read_header(path: Path | str) -> tuple[Record, int]:
    """Return the cells of the header, and how many bytes the file has.

    Raises:
        DataError: there is no such file, nothing in it, its first record is not CSV, or it is a pipe, of which those
            who open it again would read the rest.
    """
    with _open(path) as stream:
        if not stream.seekable():
            raise DataError(
                f"{path}: expected a file that can be read twice, found a pipe or a device; write it to a file first"
            )
        size = _content(stream).seek(0, SEEK_END)
        _content(stream).seek(0)
        try:
            header = next(filter(None, _reader(stream)), None)
        except (csv.Error, OSError) as error:
            raise _broken(path, 0, error) from error
    if header is None:
        raise DataError(f"{path}: expected a CSV file with a header, found an empty file")
    return header, size


def read_blocks(path: Path | str, header: Record, size: int) -> Iterator[Block]:
    """Read the records after the header, `size` at a time, or fewer where they are very long.

    Raises:
        DataError: with exit code 1: the header is another one than `read_header` found, or a record is not CSV, after
            all records before it.
    """
    first = 1
    records: list[Record] = []
    tall: list[TallCell] = []
    with _open(path) as stream:
        lines = _Lines(stream)
        reader = _reader(lines)
        try:
            if next(filter(None, reader), None) != header:
                raise DataError(f"{path} was changed while it was read", exit_code=1)
            before = lines.count
            for record in reader:
                if record:
                    records.append(record)
                if lines.count - before > MOST_LINE_BREAKS:
                    tall.extend(_tall_cells(first + len(records) - 1, record))
                before = lines.count
                if len(records) == size or lines.characters > _BLOCK_LIMIT:
                    if records:
                        yield Block(first, records, tall, lines.place)
                    first += len(records)
                    records, tall = [], []
                    lines.characters = 0
        except (csv.Error, OSError) as error:
            if records:
                yield Block(first, records, tall, lines.place)
            raise _broken(path, first + len(records), error) from error
        if records:
            yield Block(first, records, tall, lines.place)


def _tall_cells(number: int, record: Record) -> Iterator[TallCell]:
    for position, cell in enumerate(record):
        line_breaks = len(_LINE_BREAK.findall(cell))
        if line_breaks > MOST_LINE_BREAKS:
            yield TallCell(number, position, line_breaks)


class _Lines:
    """The lines of a stream, counting them and their characters."""

    def __init__(self, stream: TextIOWrapper) -> None:
        self.count = 0
        self.characters = 0
        self._stream = stream

    @property
    def place(self) -> int:
        """How many bytes of the file were read."""
        return _content(self._stream).tell()

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self.count += 1
            self.characters += len(line)
            yield line


def _reader(lines: Iterable[str]) -> Iterator[Record]:
    # The limit is the whole process's: it is never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), _CELL_LIMIT))
    return csv.reader(lines, strict=True)


def _content(stream: TextIOWrapper) -> BinaryIO:
    return cast(BinaryIO, stream.buffer)


def _open(path: Path | str) -> TextIOWrapper:
    try:
        return open_text(path, errors="surrogateescape")
    except OSError as error:
        raise DataError(f"{path}: expected a CSV file that can be read, found: {error.strerror}") from error


def _broken(path: Path | str, row: int, error: Exception) -> DataError:
    where = f"record {row}" if row else "the header"
    if isinstance(error, OSError):
        text = f"{path}: {where} cannot be read: {error.strerror}"
    else:
        text = (
            f"{path}: {where} is not CSV: expected every quote to be closed, found: {error}; "
            f"look for a quote that {where} opens"
        )
    return DataError(text, exit_code=1 if row else 2)
