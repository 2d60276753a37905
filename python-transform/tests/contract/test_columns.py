"""Packed columns have the bytes of `contract/golden/columns.json`, and malformed ones are refused for what it says."""

from __future__ import annotations

import json
import runpy
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from anomaly_detection.columns import read_column, write_column
from anomaly_detection.columns.types import NUMBERS, TEXTS
from anomaly_detection.errors import BlockError
from anomaly_detection.schema import Field

GOLDEN = Path(__file__).parents[3] / "contract" / "golden" / "columns.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text("utf-8"))
GOOD = [case for case in CASES if "refused" not in case]
BAD = [case for case in CASES if "refused" in case]
TYPES = {**{name: arrow for name, (_, arrow) in NUMBERS.items()}, **TEXTS, "BOOLEAN": pa.bool_()}


def field_of(case: Mapping[str, Any]) -> Field:
    return Field.of({"name": "It", **case["type"]})


def arrow_type(field: Field) -> pa.DataType:
    if field.type != "ARRAY":
        return TYPES[field.type]
    if isinstance(field.items, str):
        return pa.list_(TYPES[field.items])
    return pa.list_(pa.struct([(item.name, arrow_type(item)) for item in field.items or ()]))


def of_json(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"hex"}:
        return bytes.fromhex(value["hex"])
    if isinstance(value, dict) and value.keys() == {"double"}:
        return float(value["double"])
    return list(map(of_json, value)) if isinstance(value, list) else value


def exact(value: Any) -> Any:
    """Return a value so that equal ones are equal bit by bit."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    if isinstance(value, Mapping):
        return {name: exact(item) for name, item in value.items()}
    return list(map(exact, value)) if isinstance(value, list) else value


def array_of(case: Mapping[str, Any]) -> pa.Array:
    """Return a case's values as an array that has the layouts of the case."""
    field = field_of(case)
    array = pa.array(of_json(case["values"]), arrow_type(field))
    if case["layout"] == "dictionary":
        return array.dictionary_encode()
    layouts = case.get("item_layouts", {})
    if "dictionary" not in layouts.values():
        return array
    if isinstance(field.items, str):
        items = array.values.dictionary_encode()
    else:
        columns = {item.name: array.values.field(item.name) for item in field.items or ()}
        columns = {n: c.dictionary_encode() if layouts.get(n) == "dictionary" else c for n, c in columns.items()}
        items = pa.StructArray.from_arrays(list(columns.values()), list(columns))
    return pa.Array.from_buffers(pa.list_(items.type), len(array), array.buffers()[:2], children=[items])


def test_the_file_is_what_its_script_writes() -> None:
    script = runpy.run_path(str(Path(__file__).with_name("columns_golden.py")))
    assert script["text"]() == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case["name"])
def test_a_column_is_read(case: dict[str, Any]) -> None:
    array = read_column(bytes.fromhex(case["hex"]), field_of(case), rows=len(case["values"]))
    array.validate(full=True)
    assert exact(array.to_pylist()) == exact(of_json(case["values"]))
    assert pa.types.is_dictionary(array.type) == (case["layout"] == "dictionary")


@pytest.mark.parametrize("case", [case for case in GOOD if case.get("packed", True)], ids=lambda case: case["name"])
def test_a_column_is_written(case: dict[str, Any]) -> None:
    array = array_of(case)
    assert write_column(array).hex() == case["hex"]
    assert write_column(read_column(bytes.fromhex(case["hex"]), field_of(case), rows=len(array))).hex() == case["hex"]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case["name"])
def test_a_malformed_column_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(BlockError) as error:
        read_column(bytes.fromhex(case["hex"]), field_of(case), rows=case["rows"])
    assert str(error.value).startswith("column 'It': ")
    assert case["refused"] in str(error.value)
