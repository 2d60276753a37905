"""The contract's files agree with each other, and the installed package carries them."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from anomaly_detection.schema import (
    ALIASES,
    CONFIG,
    CONTRACT,
    ERRORS,
    INPUT,
    SCORED,
    Field,
    Schema,
    contract_json,
    contract_name,
)

CONTRACT_FOLDER = Path(__file__).parents[3] / "contract"
PYTHON_TYPES = {"STRING": str, "DOUBLE": float, "INT64": int, "BOOLEAN": bool, "ARRAY": list}


def every_field(fields: tuple[Field, ...]) -> list[Field]:
    inner = [every_field(field.items) for field in fields if isinstance(field.items, tuple)]
    return [*fields, *(field for found in inner for field in found)]


@pytest.mark.parametrize("schema", [CONFIG, INPUT, SCORED, ERRORS], ids=lambda schema: schema.name)
def test_fields_have_known_types_and_names_of_their_own(schema: Schema) -> None:
    assert len(set(schema.names)) == len(schema.names)
    for field in every_field(schema.fields):
        assert field.type in PYTHON_TYPES, field
        assert (field.type == "ARRAY") == (field.items is not None), field
        assert not isinstance(field.items, str) or field.items in PYTHON_TYPES, field
        assert field.format in {None, "date"}, field
        assert field.format is None or field.type == "STRING", field


def test_defaults_have_the_types_of_their_fields() -> None:
    for field in CONFIG.fields:
        if field.default is not None:
            assert field.nullable, field
            assert type(field.default) is PYTHON_TYPES[field.type], field


def test_required_options_are_the_three_uris() -> None:
    required = [field.name for field in CONFIG.fields if not field.nullable]
    assert required == ["encoder_uri", "model_uri", "params_uri"]


def test_every_alias_names_an_input_column() -> None:
    assert tuple(entry["name"] for entry in contract_json("aliases.json")["fields"]) == INPUT.names
    assert set(ALIASES.values()) == set(INPUT.names)


def test_no_alias_is_ambiguous() -> None:
    meanings: dict[str, set[str]] = {}
    for entry in contract_json("aliases.json")["fields"]:
        for alias in (entry["name"], entry["label"], *entry.get("also", ())):
            meanings.setdefault(alias, set()).add(entry["name"])
    for name, path in contract_json("salesforce.json").items():
        meanings.setdefault(path, set()).add(name)
    assert {alias: names for alias, names in meanings.items() if len(names) > 1} == {}


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Opportunity ID", "Id"),
        ("Account.Owner.Name", "AccountOwner"),
        ("Segment__c", "Segment"),
        ("Stage", "Stage"),
        ("#", "#"),
    ],
)
def test_headers_get_their_contract_names(header: str, name: str) -> None:
    assert contract_name(header) == name


def test_id_field_defaults_to_the_id_of_an_opportunity() -> None:
    assert CONFIG["id_field"].default == "Id"
    assert not INPUT["Id"].nullable


def test_outputs_are_schemas() -> None:
    assert CONTRACT.outputs == (SCORED.name, ERRORS.name)
    assert re.fullmatch(r"[a-z_]+:[a-z_]+:v\d+", CONTRACT.urn)
    assert CONTRACT.urn.endswith(f":v{CONTRACT.version}")


def test_package_carries_the_whole_contract() -> None:
    packaged = files("anomaly_detection") / "contract"
    names = [path.relative_to(CONTRACT_FOLDER) for path in CONTRACT_FOLDER.rglob("*.json")]
    assert Path("schemas/scored.json") in names
    for name in names:
        assert packaged.joinpath(*name.parts).read_bytes() == (CONTRACT_FOLDER / name).read_bytes()
