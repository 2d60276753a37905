"""The readers of CSV and Parquet against the golden files that the Java readers are held to as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from anomaly_detection.errors import DataError
from anomaly_detection.formats import parse
from anomaly_detection.schema import ERRORS, ColumnType
from anomaly_detection.tables.input_table import InputTable
from anomaly_detection.tables.table_files import open_files

READER = Path(__file__).parents[3] / "contract" / "golden" / "reader"


def golden(name: str) -> list[dict[str, Any]]:
    lines = (READER / name).read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("id_column", ["Opportunity ID", "Id"])
def test_reader_agrees_with_golden_rows_and_errors(size: int, id_column: str) -> None:
    table = InputTable(READER / "opportunities.csv", id_column=id_column)
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
    table = InputTable(READER / "opportunities.csv", id_column="Id")
    read = [value for batch in table.batches() for value in batch.columns["Amount"].to_pylist()]
    assert [repr(v) for v in read] == [repr(row["values"]["Amount"]) for row in golden("rows.jsonl")]


def test_golden_records_are_numbered_without_gaps() -> None:
    numbers = [line["row"] for line in golden("rows.jsonl") + golden("errors.jsonl")]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_golden_errors_have_the_fields_of_the_contract() -> None:
    assert {tuple(line) for line in golden("errors.jsonl")} == {ERRORS.names}


@pytest.mark.parametrize("size", [1, 2, 4096])
def test_parquet_reader_agrees_with_golden_rows_and_errors(size: int) -> None:
    rows, errors = [], []
    for name in ("values.parquet", "old.parquet", "broken.parquet"):
        for batch in InputTable(READER / name, id_column="Id").batches(size):
            values = batch.columns.to_pylist()
            rows += [{"file": name, "row": int(row), "values": v} for row, v in zip(batch.rows, values, strict=True)]
            errors += [error.as_dict() | {"source": Path(error.source or "").name} for error in batch.errors]
    assert rows == golden("parquet_rows.jsonl")
    assert errors == golden("parquet_errors.jsonl")


def test_values_of_a_known_type_are_read_as_their_texts_would_be() -> None:
    types: list[ColumnType] = ["DOUBLE", "BOOLEAN", "date"]
    compared = 0
    (file,) = open_files(READER / "values.parquet")
    for records in file.records(4096):
        for cells in records.columns:
            texts = pa.array([cells.text(i) or None for i in range(len(records.rows))], pa.string())
            for kind in types:
                found, expected = cells.parse(kind), parse(texts, kind)
                assert found.bad.tolist() == expected.bad.tolist()
                assert list(map(repr, found.values.to_pylist())) == list(map(repr, expected.values.to_pylist()))
                compared += 1
    assert compared >= 75


@pytest.mark.parametrize("case", json.loads((READER.parent / "files.json").read_text("utf-8")), ids=lambda c: c["name"])
def test_files_are_found_as_java_finds_them(case: dict[str, Any], tmp_path: Path) -> None:
    for name, content in case["files"].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    for name, target in case.get("links", {}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(target)
    if "error" in case:
        with pytest.raises(DataError) as caught:
            InputTable(f"{tmp_path}/{case['input']}", id_column="Id")
        assert str(caught.value) == case["error"].replace("{folder}", str(tmp_path))
    else:
        table = InputTable(f"{tmp_path}/{case['input']}", id_column="Id")
        assert [file.path for file in table.files] == [str(tmp_path / name) for name in case["found"]]
