"""Tables for the commands to read, and what they write."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from anomaly_detection.schema import contract_json


@pytest.fixture(scope="session")
def labels() -> dict[str, str]:
    """The label of each field in Salesforce's reports."""
    return {field["name"]: field["label"] for field in contract_json("aliases.json")["fields"]}


@pytest.fixture
def parcel_columns(small: Any) -> list[str]:
    return list(small.batch.schema.names)


SHARDS = 8


@pytest.fixture
def parcels_csv(tmp_path: Path, small: Any) -> Callable[..., Path]:
    """Write parcels as CSV, some records replaced."""

    def write(*, rows: int = 30, header: list[str] | None = None, records: dict[int, list[str]] | None = None) -> Path:
        with small.csv.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.reader(stream))[: rows + 1]
        if header is not None:
            lines[0] = header
        for number, record in (records or {}).items():
            lines[number] = record
        path = tmp_path / "parcels.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(lines)
        return path

    return write


@pytest.fixture
def strict() -> Callable[[str], Any]:
    """Read JSON as the standard has it: without `NaN` and its like."""

    def no_constant(text: str) -> None:
        raise AssertionError(f"{text} is not JSON")

    return partial(json.loads, parse_constant=no_constant)


@pytest.fixture
def json_lines(strict: Callable[[str], Any]) -> Callable[[Path], list[Any]]:
    """Read a file of JSON lines."""
    return lambda path: [strict(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def cut(small: Any, tmp_path: Path) -> Path:
    """The parcels, of which two are bad, as one CSV, as eight, and as Parquet, in a folder."""
    with small.csv.open(encoding="utf-8", newline="") as stream:
        header, *lines = csv.reader(stream)
    lines[3][0], lines[299][3] = "", "NaN"

    def write(name: str, records: list[list[str]]) -> None:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *records])

    write("whole.csv", lines)
    size = -(-len(lines) // SHARDS)
    for shard in range(SHARDS):
        write(f"part-{shard}.csv", lines[shard * size : (shard + 1) * size])
    names = small.batch.schema.names
    typed = small.batch.set_column(0, names[0], pa.array([line[0] or None for line in lines], pa.string()))
    typed = typed.set_column(3, names[3], pa.array([float(line[3]) if line[3] else None for line in lines]))
    typed = typed.set_column(4, names[4], typed["Sent"].cast(pa.timestamp("ms")))
    pq.write_table(pa.Table.from_batches([typed]), tmp_path / "whole.parquet", row_group_size=100)
    return tmp_path
