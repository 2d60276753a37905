"""Reading CSV in constant memory: good rows as typed columns, bad ones as errors.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     path = Path(folder, "few.csv")
...     _ = path.write_text("Opportunity ID,Amount\\na,10\\nb,ten\\n", "utf-8")
...     table = CsvTable(path, id_column="Id")
...     batch = next(table.batches())
>>> table.columns, batch.rows, batch.columns.to_pylist()
(('Id', 'Amount'), array([1]), [{'Id': 'a', 'Amount': 10.0}])
>>> batch.errors[0].row, batch.errors[0].error
(2, 'Amount: expected a finite number, found ten')
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from anomaly_detection.errors import DataError
from anomaly_detection.formats import ARROW_TYPES, Parsed, expectation, parse
from anomaly_detection.row_error import RowError, element_json, is_utf8, message, readable
from anomaly_detection.schema import INPUT, ColumnType, contract_name

_CELL_LIMIT = 2**27
"""Characters; what bounds the memory that a quote takes which is never closed."""


@dataclass(frozen=True, kw_only=True)
class TableBatch:
    """Some consecutive records.

    `rows` holds the record numbers of the n good ones, `columns` their n typed values in header order, and
    `errors` one entry for each bad one. Both are in the order of the file.
    """

    rows: npt.NDArray[np.int64]
    columns: pa.RecordBatch
    errors: list[RowError]


class CsvTable:
    """A CSV file with a header: RFC 4180, UTF-8 with or without a byte order mark.

    Records are numbered from 1, the header being 0; wholly empty lines do not count. `columns` are the names in
    header order, an alias replaced by its name in the contract, and `id_column` is one of them.
    `column_types` gives the type of each: from `types`, else from the contract, else STRING.

    Raises:
        DataError: the file cannot be opened, or its header cannot be used.
    """

    def __init__(
        self, path: Path | str, *, id_column: str, types: Mapping[str, ColumnType] | None = None
    ) -> None:
        self.path = path
        self.columns = _names(path, _header(path))
        self.id_column = contract_name(id_column.strip())
        if self.id_column not in self.columns:
            raise DataError(
                f"{path} has no id column {id_column!r}; its columns are {', '.join(self.columns)}; "
                "name the one that identifies a row"
            )
        self.column_types: dict[str, ColumnType] = {
            name: "STRING" if name == self.id_column else _type(name, types or {}) for name in self.columns
        }

    def batches(self, size: int = 4096) -> Iterator[TableBatch]:
        """Read the file, `size` records at a time.

        Raises:
            DataError: a quote is not closed or stands where none may; the exit code is 1. The records before
                the broken one come first.
        """
        for first, records in self.blocks(size):
            yield self._batch(first, records)

    def blocks(self, size: int = 4096) -> Iterator[tuple[int, list[list[str]]]]:
        """Read the cells as they are written: the number of a block's first record, and its records."""
        csv.field_size_limit(max(csv.field_size_limit(), _CELL_LIMIT))
        first = 1
        block: list[list[str]] = []
        problem: Exception | None = None
        with _open(self.path) as stream:
            records = filter(None, csv.reader(stream, strict=True))
            next(records)
            try:
                for record in records:
                    block.append(record)
                    if len(block) == size:
                        yield first, block
                        first += size
                        block = []
            except (csv.Error, OSError) as error:
                problem = error
        if block:
            yield first, block
        if problem is not None:
            raise _broken(self.path, first + len(block), problem) from problem

    def _batch(self, first: int, records: list[list[str]]) -> TableBatch:
        width = len(self.columns)
        errors: dict[int, RowError] = {}
        for index, record in enumerate(records):
            if len(record) != width:
                errors[index] = self._wrong_count(first + index, record)
        whole = [index for index in range(len(records)) if index not in errors]
        cells = list(zip(*(records[index] for index in whole), strict=True)) or [()] * width
        values: list[pa.Array] = []
        reported = np.zeros(len(whole), dtype=np.bool_)
        for name, texts in zip(self.columns, cells, strict=True):
            parsed, expected = self._parse(name, texts)
            for at in np.flatnonzero(parsed.bad & ~reported):
                index = whole[at]
                errors[index] = self._bad_cell(first + index, records[index], name, expected)
            reported |= parsed.bad
            values.append(parsed.values)
        columns = pa.RecordBatch.from_arrays(values, schema=self.arrow_schema)
        rows = np.array(whole, dtype=np.int64) + first
        if reported.any():
            columns, rows = columns.filter(pa.array(~reported)), rows[~reported]
        return TableBatch(rows=rows, columns=columns, errors=[errors[index] for index in sorted(errors)])

    @property
    def arrow_schema(self) -> pa.Schema:
        """The schema of every batch's columns."""
        return pa.schema([(name, ARROW_TYPES[kind]) for name, kind in self.column_types.items()])

    def _parse(self, name: str, texts: Sequence[str]) -> tuple[Parsed, str]:
        kind = self.column_types[name]
        array, undecoded = _texts(texts)
        parsed = parse(array, kind)
        bad = parsed.bad | undecoded
        if name == self.id_column:
            bad |= pc.is_null(array).to_numpy(zero_copy_only=False)
        return Parsed(values=parsed.values, bad=bad), expectation(kind)

    def _bad_cell(self, row: int, record: list[str], column: str, expected: str) -> RowError:
        text = record[self.columns.index(column)]
        if not is_utf8(text):
            expected = expectation("STRING")
        elif not text:
            expected = "an id"
        found = readable(text) or "nothing"
        id_ = record[self.columns.index(self.id_column)]
        return RowError(
            source=str(self.path),
            row=row,
            id=id_ if id_ and is_utf8(id_) else None,
            column=column,
            expected=expected,
            found=found,
            error=message(column, expected, found),
            stage="read",
            element=element_json(dict(zip(self.columns, _or_none(record), strict=True))),
        )

    def _wrong_count(self, row: int, record: list[str]) -> RowError:
        expected, found = f"{len(self.columns)} cells", f"{len(record)} cells"
        return RowError(
            source=str(self.path),
            row=row,
            id=None,
            column=None,
            expected=expected,
            found=found,
            error=message(None, expected, found),
            stage="read",
            element=element_json(_or_none(record)),
        )


def column_types(table: CsvTable) -> dict[str, ColumnType]:
    """Look at all cells of a table and return the type of each column.

    The id and the columns of the contract have theirs. Another one is DOUBLE if all its texts are finite numbers,
    BOOLEAN if all are boolean words and not only 0 and 1, date if all are dates, and otherwise STRING.

    Raises:
        DataError: as `CsvTable.batches`.
    """
    width = len(table.columns)
    open_ = {name for name in table.columns if name not in INPUT and name != table.id_column}
    kinds: dict[str, list[ColumnType]] = {name: ["DOUBLE", "BOOLEAN", "date"] for name in open_}
    seen: set[str] = set()
    for _, records in table.blocks():
        cells = zip(*(record for record in records if len(record) == width), strict=True)
        for name, texts in zip(table.columns, cells, strict=False):
            if not kinds.get(name):
                continue
            array, undecoded = _texts(texts)
            if array.null_count < len(array):
                seen.add(name)
            kinds[name] = [kind for kind in kinds[name] if not (parse(array, kind).bad & ~undecoded).any()]
    return {
        name: (kinds[name][0] if name in seen and kinds[name] else "STRING")
        if name in open_
        else table.column_types[name]
        for name in table.columns
    }


def _texts(texts: Sequence[str]) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
    """Return n texts, null where a cell is empty or not UTF-8, and which are not UTF-8."""
    undecoded = np.zeros(len(texts), dtype=np.bool_)
    try:
        array = pa.array(texts, pa.string())
    except UnicodeEncodeError:
        undecoded = np.array([not is_utf8(text) for text in texts])
        array = pa.array([text if is_utf8(text) else "" for text in texts], pa.string())
    return pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array), undecoded


def _type(name: str, types: Mapping[str, ColumnType]) -> ColumnType:
    if name in types:
        return types[name]
    return INPUT[name].column_type if name in INPUT else "STRING"


def _or_none(record: Sequence[str]) -> list[str | None]:
    return [text or None for text in record]


def _open(path: Path | str) -> TextIO:
    return open(path, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _broken(path: Path | str, row: int, problem: Exception) -> DataError:
    where = f"record {row}" if row else "the header"
    return DataError(
        f"{path}: {where} cannot be read: expected CSV with every quote closed, found: {problem}; "
        f"look for a quote that {where} opens",
        exit_code=1 if row else 2,
    )


def _header(path: Path | str) -> list[str]:
    try:
        with _open(path) as stream:
            header = next(filter(None, csv.reader(stream, strict=True)), None)
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error.strerror}; expected a CSV file with a header"
        ) from error
    except csv.Error as error:
        raise _broken(path, 0, error) from error
    if header is None:
        raise DataError(f"{path} is empty: expected CSV with a header")
    return header


def _names(path: Path | str, header: Sequence[str]) -> tuple[str, ...]:
    headers: dict[str, str] = {}
    for position, text in enumerate(header, start=1):
        if not is_utf8(text):
            raise DataError(
                f"{path}: column {position} of the header: expected UTF-8 text, found {readable(text)}"
            )
        label = text.strip()
        name = contract_name(label)
        if not name:
            raise DataError(f"{path}: column {position} of the header: expected a name, found nothing")
        if name in headers:
            raise DataError(
                f"{path}: expected different names in the header, found {headers[name]!r} and {label!r}, "
                f"which both name the column {name}; rename one"
            )
        headers[name] = label
    return tuple(headers)
