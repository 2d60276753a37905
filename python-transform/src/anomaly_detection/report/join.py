"""The columns of the CSV that was scored, put beside scored rows that do not carry them.

Scored rows stand in the order of the CSV, without the records that are in the errors file; so both are read
once, side by side. Nothing is looked up by id: where an id occurs twice, each row gets its own record's cells.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.formats import parse
from anomaly_detection.report.files import ScoredFile
from anomaly_detection.report.read import ScoredRow, error_lines, scored_rows
from anomaly_detection.schema import CONFIG, INPUT, ColumnType
from anomaly_detection.tables import CsvTable


def joined_rows(file: ScoredFile, *, id_column: str | None = None) -> Iterator[ScoredRow]:
    """Read a file of scored rows, with the cells of its CSV where one is given: texts, and the contract's numbers.

    Raises:
        ConfigError: a CSV is given for rows that carry their columns already.
        DataError: a row's record is not found in the CSV, in order.
    """
    if file.source is None:
        yield from scored_rows(file.path)
        return
    records = _records(file.source, id_column or CONFIG["id_field"].default, _bad_records(file.errors))
    for row in scored_rows(file.path):
        if row.cells:
            raise ConfigError(f"--input: {file.path} has its rows' columns already; leave {file.source} out")
        for id_, cells in records:
            if id_ == row.id:
                yield replace(row, cells=cells)
                break
        else:
            raise DataError(
                f"{file.source}: expected the rows of {file.path} in its order, found no record with the id "
                f"{row.id!r} after the row before it; name the CSV that was scored, and its --id-column"
            )


def _bad_records(errors: Sequence[Path]) -> array[int]:
    """Return the numbers of the records that were not scored, ascending, eight bytes each."""
    rows = chain.from_iterable(map(error_lines, errors))
    return array("q", sorted(line["row"] for line in rows if line["row"] is not None))


def _records(source: Path, id_column: str, bad: array[int]) -> Iterator[tuple[str, dict[str, Any]]]:
    names = CsvTable(source, id_column=id_column).columns
    # As texts, so that no cell is refused which the model reads by types of its own.
    texts: dict[str, ColumnType] = dict.fromkeys(names, "STRING")
    table = CsvTable(source, id_column=id_column, types=texts)
    for batch in table.batches():
        amounts = {name: parse(batch.columns[name], "DOUBLE").values.to_pylist() for name in names if _is_number(name)}
        for i, (number, cells) in enumerate(zip(batch.rows.tolist(), batch.columns.to_pylist(), strict=True)):
            place = bisect_left(bad, number)
            if place == len(bad) or bad[place] != number:
                read = {name: values[i] for name, values in amounts.items() if values[i] is not None}
                yield cells[table.id_column], {**cells, **read}


def _is_number(name: str) -> bool:
    return name in INPUT and INPUT[name].column_type == "DOUBLE"
