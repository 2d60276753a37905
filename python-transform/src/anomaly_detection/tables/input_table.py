"""Tables as typed columns, in bounded memory: good rows in batches, bad ones as errors.

>>> import tempfile
>>> from pathlib import Path
>>> with tempfile.TemporaryDirectory() as folder:
...     path = Path(folder, "few.csv")
...     _ = path.write_text("Opportunity ID,Amount\\na,10\\nb,ten\\n", "utf-8")
...     table = InputTable(path, id_column="Id")
...     batch = next(table.batches())
>>> table.columns, batch.rows, batch.columns.to_pylist()
(('Id', 'Amount'), array([1]), [{'Id': 'a', 'Amount': 10.0}])
>>> batch.errors[0].row, batch.errors[0].error
(2, 'Amount: expected a finite number, found ten')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from anomaly_detection.errors import DataError
from anomaly_detection.formats import ARROW_TYPES, expectation
from anomaly_detection.row_error import RowError, element_json, is_utf8, message, readable
from anomaly_detection.schema import INPUT, ColumnType, contract_name
from anomaly_detection.tables.cells import Cells
from anomaly_detection.tables.records import Record, TallCell
from anomaly_detection.tables.table_files import Records, Source, TableFile, open_files


@dataclass(frozen=True, kw_only=True)
class TableBatch:
    """Some consecutive records, in the order of the file `source`.

    `rows` holds the record numbers of the n good ones, `columns` their n typed values in header order, and
    `errors` one entry for each bad one; `tall` are cells of many lines, which need not be wrong; `end` is how many
    bytes of the table were read, about.
    """

    source: str
    rows: npt.NDArray[np.int64]
    columns: pa.RecordBatch
    errors: list[RowError]
    tall: Sequence[TallCell]
    end: int


class InputTable:
    """Files with the same columns, CSV or Parquet: paths, URIs and patterns. See `table_files`.

    Records are numbered from 1 in each file. `columns` are the names in header order, an alias replaced by its name in
    the contract; `id_column` is one of them. `types` has the type of each: the one that was given, else the
    contract's, else STRING; the id is a STRING and not null.

    Raises:
        DataError: a file cannot be opened, its header cannot be used, or is another than that of the first.
    """

    def __init__(
        self, source: Source | Sequence[Source], *, id_column: str, types: Mapping[str, ColumnType] | None = None
    ) -> None:
        self.files: Sequence[TableFile] = open_files(source)
        self.columns = self.files[0].columns
        self.id_column = contract_name(id_column.strip())
        if self.id_column not in self.columns:
            raise DataError(
                f"{self.files[0].path}: expected the id column {id_column!r}, found the columns "
                f"{', '.join(self.columns)}; name the one that identifies a row"
            )
        self._set_types(types or {})

    def with_types(self, types: Mapping[str, ColumnType]) -> InputTable:
        """Return the same files, read with these types."""
        table = copy(self)
        table._set_types(types)
        return table

    def _set_types(self, types: Mapping[str, ColumnType]) -> None:
        known = {field.name: field.column_type for field in INPUT.fields} | dict(types)
        self.types: dict[str, ColumnType] = {name: known.get(name, "STRING") for name in self.columns}
        self.types[self.id_column] = "STRING"

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def arrow_schema(self) -> pa.Schema:
        """The schema of every batch's columns."""
        return pa.schema([(name, ARROW_TYPES[kind]) for name, kind in self.types.items()])

    def batches(self, size: int = 4096) -> Iterator[TableBatch]:
        """Read all files, `size` records at a time, or fewer where they are very long and where a file ends.

        Raises:
            DataError: a file is damaged, such as by a quote that is not closed: exit code 1, after the records before.
        """
        before = 0
        for file in self.files:
            for records in file.records(size):
                yield self._batch(file.path, records, before + records.end)
            before += file.size

    def _batch(self, source: str, records: Records, end: int) -> TableBatch:
        errors = [self._wrong_count(source, row, record) for row, record in records.broken]
        rows = records.rows
        reported = np.zeros(len(rows), dtype=np.bool_)
        values: list[pa.Array] = []
        for name, cells in zip(self.columns, records.columns, strict=True):
            parsed = cells.parse(self.types[name])
            values.append(parsed.values)
            bad = parsed.bad | cells.undecoded
            if name == self.id_column:
                bad |= cells.missing
            if bad.any():
                for position in np.flatnonzero(bad & ~reported):
                    errors.append(self._bad_cell(source, int(rows[position]), records.record(position), name))
                reported |= bad
        columns = pa.RecordBatch.from_arrays(values, schema=self.arrow_schema)
        if reported.any():
            columns, rows = columns.filter(pa.array(~reported)), rows[~reported]
        errors.sort(key=lambda error: error.row or 0)
        return TableBatch(source=source, rows=rows, columns=columns, errors=errors, tall=records.tall, end=end)

    def _bad_cell(self, source: str, row: int, record: Record, column: str) -> RowError:
        cells = dict(zip(self.columns, record, strict=True))
        text, id_ = cells[column], cells[self.id_column]
        expected = expectation(self.types[column] if is_utf8(text) else "STRING") if text else "an id"
        return _error(
            source=source,
            row=row,
            id_=id_ if id_ and is_utf8(id_) else None,
            column=column,
            expected=expected,
            found=readable(text) or "nothing",
            element={name: cell or None for name, cell in cells.items()},
        )

    def _wrong_count(self, source: str, row: int, record: Record) -> RowError:
        # Nobody can tell which of the cells is the id.
        return _error(
            source=source,
            row=row,
            id_=None,
            column=None,
            expected=f"{len(self.columns)} cells",
            found=f"{len(record)} cells",
            element=[cell or None for cell in record],
        )


def column_types(table: InputTable) -> dict[str, ColumnType]:
    """Look at all cells of a table and return the type of each column, in header order.

    The id and the columns of the contract have theirs, and so have numbers, booleans, dates and times of Parquet. Of
    texts, a column is DOUBLE if all are finite numbers, BOOLEAN if all are boolean words and not only 0 and 1, date
    if all are dates, else STRING.

    Raises:
        DataError: as `InputTable.batches`.
    """
    possible: dict[str, list[ColumnType]] = {
        name: ["DOUBLE", "BOOLEAN", "date"] for name in table.columns if name not in INPUT and name != table.id_column
    }
    seen: set[str] = set()
    for records in (records for file in table.files for records in file.records(4096)):
        for name, cells in zip(table.columns, records.columns, strict=True):
            if possible.get(name) and not cells.missing.all():
                seen.add(name)
                possible[name] = [kind for kind in possible[name] if _is_of(cells, kind)]
    inferred = {name: kinds[0] if kinds and name in seen else "STRING" for name, kinds in possible.items()}
    return {name: inferred.get(name, table.types[name]) for name in table.columns}


def read_all(table: InputTable) -> tuple[pa.Table, list[RowError]]:
    """Return the good rows of a table, all of them, and the bad ones; raise `DataError` as `InputTable.batches`."""
    batches = list(table.batches())
    rows = pa.Table.from_batches([batch.columns for batch in batches], schema=table.arrow_schema)
    return rows, [error for batch in batches for error in batch.errors]


def _is_of(cells: Cells, kind: ColumnType) -> bool:
    # A number that is not finite is a bad one in a column of numbers, and no word.
    return cells.known_type == kind if cells.known_type else not cells.parse(kind).bad.any()


def _error(
    *, source: str, row: int, id_: str | None, column: str | None, expected: str, found: str, element: Any
) -> RowError:
    return RowError(
        source=source,
        row=row,
        id=id_,
        column=column,
        expected=expected,
        found=found,
        error=message(column, expected, found),
        stage="read",
        element=element_json(element),
    )
