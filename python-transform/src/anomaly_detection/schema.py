"""The contract that both languages read: schemas, aliases and names, as Python objects.

>>> SCORED.names[:3]
('id', 'score', 'label')
>>> CONFIG["explain"].default
3
>>> contract_name("Account.BillingState"), contract_name("Billing State/Province"), contract_name("#")
('BillingState', 'BillingState', '#')
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, cast

ColumnType = Literal["STRING", "DOUBLE", "BOOLEAN", "date"]
"""What a column of a table holds; a date is a STRING of ISO form."""


def contract_json(name: str) -> Any:
    """Return one JSON file of the contract, parsed."""
    return json.loads((files("anomaly_detection") / "contract" / name).read_text("utf-8"))


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a schema.

    `items` holds an array's element: its type, or the fields of its rows; `currency` is the field that says which
    currency this one is an amount of.
    """

    name: str
    type: str
    nullable: bool
    default: Any = None
    description: str = ""
    format: str | None = None
    items: str | tuple[Field, ...] | None = None
    currency: str | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Field:
        """Build a field from its JSON form."""
        items = data.get("items")
        if isinstance(items, list):
            items = tuple(cls.of(item) for item in items)
        return cls(**{**data, "items": items})

    @property
    def column_type(self) -> ColumnType:
        """The type of a table's column of this field."""
        return cast(ColumnType, self.format or self.type)


@dataclass(frozen=True)
class Schema:
    """The fields of one kind of row, in order."""

    name: str
    fields: tuple[Field, ...]

    @classmethod
    def load(cls, name: str) -> Schema:
        """Read `contract/schemas/{name}.json`."""
        data = contract_json(f"schemas/{name}.json")
        return cls(data["name"], tuple(Field.of(field) for field in data["fields"]))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, in order."""
        return tuple(field.name for field in self.fields)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """The names of the transform's counters; those of a column begin with `unseen` and `unseen_expected`.

    Those of a model begin with `scored_by`, and those of reasons for refusing one with `model_refused`.
    """

    namespace: str
    scored: str
    errors: str
    odd: str
    odd_expected: str
    unseen: str
    unseen_expected: str
    scored_by: str
    model_refused: str
    per_training_row: str
    per_calibration_row: str
    unit: int
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class DriftLimits:
    """How far from what is expected a number may be; see `drift`."""

    deviations: float
    rows: float
    odd_times: float
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """The version of the format of blocks of columns, and the most rows of one."""

    version: int
    most_rows: int
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What names the transform: the version of the contract, its URN, its class and its counters."""

    version: int
    urn: str
    transform: str
    outputs: tuple[str, ...]
    blocks: Blocks
    metrics: Metrics
    drift: DriftLimits


def _load_contract() -> Contract:
    data = contract_json("contract.json")
    return Contract(
        **{
            **data,
            "outputs": tuple(data["outputs"]),
            "blocks": Blocks(**data["blocks"]),
            "metrics": Metrics(**data["metrics"]),
            "drift": DriftLimits(**data["drift"]),
        }
    )


def _load_aliases() -> dict[str, str]:
    paths = {path: name for name, path in contract_json("salesforce.json").items()}
    return paths | {
        alias: field["name"]
        for field in contract_json("aliases.json")["fields"]
        for alias in (*field.get("also", ()), field["label"], field["name"])
    }


CONTRACT = _load_contract()
CONFIG = Schema.load("config")
INPUT = Schema.load("input")
SCORED = Schema.load("scored")
ERRORS = Schema.load("errors")
ALIASES = _load_aliases()
"""Label of an export, or path of a SOQL query → name in the contract."""


def contract_name(header: str) -> str:
    """Return the contract's name of a column; a header without an alias stays as it is."""
    return ALIASES.get(header, header)
