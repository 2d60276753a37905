"""The CSV reader against the golden files that the Java reader is held to as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from anomaly_detection.schema import ERRORS
from anomaly_detection.tables import CsvTable

READER = Path(__file__).parents[3] / "contract" / "golden" / "reader"


def golden(name: str) -> list[dict[str, Any]]:
    lines = (READER / name).read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("id_column", ["Opportunity ID", "Id"])
def test_reader_agrees_with_golden_rows_and_errors(size: int, id_column: str) -> None:
    table = CsvTable(READER / "opportunities.csv", id_column=id_column)
    rows, errors = [], []
    for batch in table.batches(size):
        assert len(batch.rows) + len(batch.errors) <= size
        values = batch.columns.to_pylist()
        rows += [{"row": int(row), "values": v} for row, v in zip(batch.rows, values, strict=True)]
        errors += [error.as_dict() | {"source": Path(error.source or "").name} for error in batch.errors]
    assert table.id_column == "Id"
    assert [list(row["values"]) for row in rows] == [list(table.columns)] * len(rows)
    assert rows == golden("rows.jsonl")
    assert errors == golden("errors.jsonl")


def test_golden_numbers_are_read_to_the_last_bit() -> None:
    table = CsvTable(READER / "opportunities.csv", id_column="Id")
    read = [value for batch in table.batches() for value in batch.columns["Amount"].to_pylist()]
    assert [repr(v) for v in read] == [repr(row["values"]["Amount"]) for row in golden("rows.jsonl")]


def test_golden_records_are_numbered_without_gaps() -> None:
    numbers = [line["row"] for line in golden("rows.jsonl") + golden("errors.jsonl")]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_golden_errors_have_the_fields_of_the_contract() -> None:
    assert {tuple(line) for line in golden("errors.jsonl")} == {ERRORS.names}
