"""The bytes that rows of the contract have at the language boundary (`beam:coder:row:v1`).

Java leaves out the trailing zero bytes of the bitmap of nulls, which Python writes; both read either form.
`row_coder_hex` is Python's, `java_hex` stands beside it where Java's differs.
"""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

import pytest
from apache_beam import coders
from apache_beam.typehints.row_type import RowTypeConstraint

from anomaly_detection.beam.beam_schema import item_type, named_tuple, row_schema
from anomaly_detection.errors import SchemaError
from anomaly_detection.schema import CONFIG, ERRORS, INPUT, SCORED, Schema

GOLDEN: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "contract" / "golden" / "encodings.json").read_text("utf-8")
)
SCHEMAS = {schema.name: schema for schema in (CONFIG, INPUT, SCORED, ERRORS)}


def row(schema: Schema, value: Mapping[str, Any]) -> Any:
    """Build a row from its JSON form."""
    values = dict(value)
    for field in schema.fields:
        if isinstance(field.items, tuple):
            values[field.name] = [item_type(schema, field.name)(**item) for item in values[field.name]]
    return named_tuple(schema)(**values)


def plain(value: Any) -> Any:
    """Return a row's JSON form."""
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['schema']}-{case['row_coder_hex'][:8]}")
def test_rows_have_their_golden_bytes(case: dict[str, Any]) -> None:
    schema = SCHEMAS[case["schema"]]
    assert list(case["value"]) == list(schema.names)
    coder = coders.registry.get_coder(named_tuple(schema))
    assert coder.encode(row(schema, case["value"])).hex() == case["row_coder_hex"]
    for key in {"row_coder_hex", "java_hex"} & case.keys():
        decoded = plain(coder.decode(bytes.fromhex(case[key])))
        assert json.dumps(decoded) == json.dumps(case["value"])


def test_golden_values_cover_the_schemas() -> None:
    for schema in SCHEMAS.values():
        values = [case["value"] for case in GOLDEN if case["schema"] == schema.name]
        for field in schema.fields:
            seen = {value[field.name] is None for value in values}
            assert seen == ({True, False} if field.nullable else {False}), (schema.name, field.name)


def test_coder_of_the_type_is_the_row_coder_of_the_schema() -> None:
    assert coders.registry.get_coder(named_tuple(SCORED)) == coders.RowCoder(row_schema(SCORED))


def test_extra_fields_come_after_those_of_the_contract() -> None:
    schema = row_schema(SCORED, [("Name", str | None), ("Amount", float)])
    assert [field.name for field in schema.fields] == [*SCORED.names, "Name", "Amount"]
    assert [field.type.nullable for field in schema.fields[-2:]] == [True, False]
    assert schema.id != row_schema(SCORED).id
    assert schema.id == row_schema(SCORED, [("Name", str | None), ("Amount", float)]).id


def test_a_kept_array_of_rows_may_be_null() -> None:
    rows: Any = Sequence[RowTypeConstraint.from_fields([("text", str)])]  # type: ignore[misc]
    kept = named_tuple(SCORED, [("more", Optional[rows])])  # noqa: UP045
    case = next(case for case in GOLDEN if case["schema"] == "scored")
    coder = coders.registry.get_coder(kept)
    assert coder.decode(coder.encode(kept(*row(SCORED, case["value"]), None))).more is None


@pytest.mark.parametrize("name", ["score", "#", "Annual Revenue", "class", "_hidden"])
def test_names_that_a_row_cannot_have_are_refused(name: str) -> None:
    with pytest.raises(SchemaError, match=name):
        named_tuple(SCORED, [(name, str)])


def test_a_name_that_is_kept_twice_is_refused() -> None:
    with pytest.raises(SchemaError, match="Name"):
        named_tuple(SCORED, [("Name", str), ("Name", str)])


def test_rows_survive_pickling() -> None:
    case = next(case for case in GOLDEN if case["schema"] == "scored" and case["value"]["reasons"])
    value = row(SCORED, case["value"])
    copy = pickle.loads(pickle.dumps(value))
    assert copy == value
    assert type(copy) is type(value)


def test_not_a_number_crosses_too() -> None:
    coder = coders.registry.get_coder(named_tuple(INPUT))
    value = named_tuple(INPUT)(**{name: "x" if name == "Id" else None for name in INPUT.names})
    assert math.isnan(coder.decode(coder.encode(value._replace(Amount=math.nan))).Amount)
