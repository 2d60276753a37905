"""The columns of the table that was scored, put beside scored rows that do not carry them.

Scored rows stand in the order of the table, without the records that are in the errors file; so both are read
once, side by side. Nothing is looked up by id: where an id occurs twice, each row gets its own record's cells.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.files.stored import place_of
from anomaly_detection.formats import parse
from anomaly_detection.report.files import ScoredFile
from anomaly_detection.report.read import ScoredRow, error_lines, scored_rows
from anomaly_detection.schema import CONFIG, INPUT
from anomaly_detection.tables.input_table import InputTable


def joined_rows(file: ScoredFile, *, id_column: str | None = None) -> Iterator[ScoredRow]:
    """Read a file of scored rows, with the cells of its input where that is given: texts, and the contract's numbers.

    Raises:
        ConfigError: an input is given for rows that carry their columns already.
        DataError: a row's record is not found in the input, in order, or an error is of a file that is none of it.
    """
    if not file.sources:
        yield from scored_rows(file.path)
        return
    table = InputTable(file.sources, id_column=id_column or CONFIG["id_field"].default)
    bad = _bad_records(file.errors)
    given = ", ".join(map(str, file.sources))
    unknown = bad.keys() - {place_of(one.path) for one in table.files}
    if unknown and not _may_be_moved(table, bad):
        raise DataError(
            f"{given}: expected the files that {file.path} was scored from, found errors beside it of another one, "
            f"{min(unknown)}; name all inputs as `score` had them, and in the folder where it ran"
        )
    records = _records(table, bad)
    for row in scored_rows(file.path):
        if row.cells:
            raise ConfigError(f"--input: {file.path} has its rows' columns already; leave {given} out")
        for id_, cells in records:
            if id_ == row.id:
                yield replace(row, cells=cells)
                break
        else:
            raise DataError(
                f"{given}: expected the rows of {file.path} in its order, found no record with the id "
                f"{row.id!r} after the row before it; name the input that was scored, and its --id-column"
            )


def _bad_records(errors: Sequence[Path]) -> Mapping[str, array[int]]:
    """Return the numbers of the records that were not scored by their files, ascending, eight bytes each."""
    bad: dict[str, array[int]] = defaultdict(partial(array, "q"))
    for line in chain.from_iterable(map(error_lines, errors)):
        if line["row"] is not None:
            bad[place_of(line["source"] or "")].append(line["row"])
    return {place: array("q", sorted(rows)) for place, rows in bad.items()}


def _may_be_moved(table: InputTable, bad: Mapping[str, array[int]]) -> bool:
    """Tell whether all errors are of one file and so is the table, wherever it was when it was scored."""
    return len(table.files) == len(bad) == 1


def _records(table: InputTable, bad: Mapping[str, array[int]]) -> Iterator[tuple[str, dict[str, Any]]]:
    # As texts, so that no cell is refused which the model reads by types of its own.
    texts = table.with_types(dict.fromkeys(table.columns, "STRING"))
    of_all = next(iter(bad.values()), array("q")) if _may_be_moved(table, bad) else None
    for batch in texts.batches():
        left_out = bad.get(place_of(batch.source), array("q")) if of_all is None else of_all
        amounts = {
            name: parse(batch.columns[name], "DOUBLE").values.to_pylist() for name in table.columns if _is_number(name)
        }
        for i, (number, cells) in enumerate(zip(batch.rows.tolist(), batch.columns.to_pylist(), strict=True)):
            place = bisect_left(left_out, number)
            if place == len(left_out) or left_out[place] != number:
                read = {name: values[i] for name, values in amounts.items() if values[i] is not None}
                yield cells[table.id_column], {**cells, **read}


def _is_number(name: str) -> bool:
    return name in INPUT and INPUT[name].column_type == "DOUBLE"
