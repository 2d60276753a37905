"""CSV as typed columns, in constant memory: good rows in batches, bad ones as errors.

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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from anomaly_detection.errors import DataError
from anomaly_detection.formats import ARROW_TYPES, expectation, parse
from anomaly_detection.records import Block, Record, read_blocks, read_header
from anomaly_detection.row_error import RowError, element_json, is_utf8, message, readable
from anomaly_detection.schema import INPUT, ColumnType, contract_name


@dataclass(frozen=True, kw_only=True)
class TableBatch:
    """Some consecutive records, in the order of the file.

    `rows` holds the record numbers of the n good ones, `columns` their n typed values in header order, and
    `errors` one entry for each bad one.
    """

    rows: npt.NDArray[np.int64]
    columns: pa.RecordBatch
    errors: list[RowError]


class CsvTable:
    """A CSV file with a header. Records are numbered from 1; wholly empty lines do not count.

    `columns` are the names in header order, an alias replaced by its name in the contract; `id_column` is one
    of them. `types` has the type of each: the one that was given, else the contract's, else STRING; the id is
    a STRING and not null.

    Raises:
        DataError: the file cannot be opened, or its header cannot be used.
    """

    def __init__(self, path: Path | str, *, id_column: str, types: Mapping[str, ColumnType] | None = None) -> None:
        self.path = path
        self.columns = _names(path, read_header(path))
        self.id_column = contract_name(id_column.strip())
        if self.id_column not in self.columns:
            raise DataError(
                f"{path}: expected the id column {id_column!r}, found the columns {', '.join(self.columns)}; "
                "name the one that identifies a row"
            )
        known = {field.name: field.column_type for field in INPUT.fields} | dict(types or {})
        self.types: dict[str, ColumnType] = {name: known.get(name, "STRING") for name in self.columns}
        self.types[self.id_column] = "STRING"

    @property
    def arrow_schema(self) -> pa.Schema:
        """The schema of every batch's columns."""
        return pa.schema([(name, ARROW_TYPES[kind]) for name, kind in self.types.items()])

    def batches(self, size: int = 4096) -> Iterator[TableBatch]:
        """Read the file, `size` records at a time, or fewer where they are very long.

        Raises:
            DataError: a quote is not closed or stands where none may: exit code 1, after the records before.
        """
        for block in read_blocks(self.path, size):
            yield self._batch(block)

    def _batch(self, block: Block) -> TableBatch:
        whole, broken = _split(block, len(self.columns))
        errors = [self._wrong_count(row, record) for row, record in broken]
        reported = np.zeros(len(whole.rows), dtype=np.bool_)
        values: list[pa.Array] = []
        for name, texts, undecoded in zip(self.columns, whole.texts, whole.undecoded, strict=True):
            parsed = parse(texts, self.types[name])
            values.append(parsed.values)
            bad = parsed.bad | undecoded
            if name == self.id_column:
                bad |= texts.is_null().to_numpy(zero_copy_only=False)
            if bad.any():
                for row in whole.rows[bad & ~reported]:
                    errors.append(self._bad_cell(int(row), block.records[row - block.first], name))
                reported |= bad
        columns, rows = pa.RecordBatch.from_arrays(values, schema=self.arrow_schema), whole.rows
        if reported.any():
            columns, rows = columns.filter(pa.array(~reported)), rows[~reported]
        return TableBatch(rows=rows, columns=columns, errors=sorted(errors, key=lambda error: error.row or 0))

    def _bad_cell(self, row: int, record: Record, column: str) -> RowError:
        cells = dict(zip(self.columns, record, strict=True))
        text, id_ = cells[column], cells[self.id_column]
        expected = expectation(self.types[column] if is_utf8(text) else "STRING") if text else "an id"
        return self._error(
            row=row,
            id_=id_ if id_ and is_utf8(id_) else None,
            column=column,
            expected=expected,
            found=readable(text) or "nothing",
            element={name: cell or None for name, cell in cells.items()},
        )

    def _wrong_count(self, row: int, record: Record) -> RowError:
        # Nobody can tell which of the cells is the id.
        return self._error(
            row=row,
            id_=None,
            column=None,
            expected=f"{len(self.columns)} cells",
            found=f"{len(record)} cells",
            element=[cell or None for cell in record],
        )

    def _error(
        self, *, row: int, id_: str | None, column: str | None, expected: str, found: str, element: Any
    ) -> RowError:
        return RowError(
            source=str(self.path),
            row=row,
            id=id_,
            column=column,
            expected=expected,
            found=found,
            error=message(column, expected, found),
            stage="read",
            element=element_json(element),
        )


def column_types(table: CsvTable) -> dict[str, ColumnType]:
    """Look at all cells of a table and return the type of each column, in header order.

    The id and the columns of the contract have theirs. Another one is DOUBLE if all its texts are finite
    numbers, BOOLEAN if all are boolean words and not only 0 and 1, date if all are dates, else STRING.

    Raises:
        DataError: as `CsvTable.batches`.
    """
    possible: dict[str, list[ColumnType]] = {
        name: ["DOUBLE", "BOOLEAN", "date"] for name in table.columns if name not in INPUT and name != table.id_column
    }
    seen: set[str] = set()
    for block in read_blocks(table.path, 4096):
        whole, _ = _split(block, len(table.columns))
        for name, texts in zip(table.columns, whole.texts, strict=True):
            if possible.get(name) and texts.null_count < len(texts):
                seen.add(name)
                possible[name] = [kind for kind in possible[name] if not parse(texts, kind).bad.any()]
    inferred = {name: kinds[0] if kinds and name in seen else "STRING" for name, kinds in possible.items()}
    return {name: inferred.get(name, table.types[name]) for name in table.columns}


@dataclass(frozen=True, kw_only=True)
class _Whole:
    """The n records of a block that have a cell for every column.

    `rows` are their numbers, `texts` their cells by column, null where empty or not UTF-8, and `undecoded`
    says which are not UTF-8, (columns, n).
    """

    rows: npt.NDArray[np.int64]
    texts: list[pa.Array]
    undecoded: npt.NDArray[np.bool_]


def _split(block: Block, width: int) -> tuple[_Whole, list[tuple[int, Record]]]:
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
    texts = [flat.slice(column * n, n) for column in range(width)]
    return _Whole(rows=rows, texts=texts, undecoded=undecoded.reshape(n, width).T), broken


@lru_cache(maxsize=4)
def _by_column(n: int, width: int) -> npt.NDArray[np.int64]:
    """Return where the cells of n records are, column by column."""
    return np.ascontiguousarray(np.arange(n * width).reshape(n, width).T).ravel()


def _names(path: Path | str, header: Sequence[str]) -> tuple[str, ...]:
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
