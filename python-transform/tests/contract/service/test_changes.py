"""Rows and configurations of another shape: which are taken and which refused, as `contract/README.md` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(1800)
Fields = list[dict[str, Any]]
Change = Callable[[Fields], Fields]
REPLACED = {"DOUBLE": 7.0, "FLOAT": 7.0, "INT64": 7, "INT32": 7, "INT16": 7, "STRING": "7", "BOOLEAN": True}


def more(fields: Fields) -> Fields:
    return [fields[0], {"name": "More", "type": "INT64", "nullable": False}, *fields[1:]]


def without(name: str) -> Change:
    return lambda fields: [field for field in fields if field["name"] != name]


def renamed(fields: Fields) -> Fields:
    return [{**field, "name": "StageName"} if field["name"] == "Stage" else field for field in fields]


def typed(name: str, type_: str) -> Change:
    return lambda fields: [{**field, "type": type_} if field["name"] == name else field for field in fields]


def required(fields: Fields) -> Fields:
    return [{**field, "nullable": False} for field in fields]


@dataclass(frozen=True)
class Refused:
    """What the message says."""

    expected: str
    found: str


MISSING = Refused("column 'Stage': expected STRING", "found no such column; there are Id")
ROWS: dict[str, tuple[Change, Refused | None]] = {
    "as it is": (lambda fields: fields, None),
    "one more column": (more, None),
    "another order": (lambda fields: fields[::-1], None),
    "not nullable": (required, None),
    "a column of nobody missing": (without("Name"), None),
    "a column missing": (without("Stage"), MISSING),
    "the id missing": (without("Id"), Refused("column 'Id': expected STRING", "found no such column")),
    "a column renamed": (renamed, MISSING),
    "DOUBLE narrowed to FLOAT": (typed("Amount", "FLOAT"), Refused("column 'Amount': expected DOUBLE", "found FLOAT")),
    "DOUBLE as INT64": (typed("Amount", "INT64"), Refused("column 'Amount': expected DOUBLE", "found INT64")),
    "DOUBLE as STRING": (typed("Amount", "STRING"), Refused("column 'Amount': expected DOUBLE", "found STRING")),
    "BOOLEAN as INT64": (typed("IsWon", "INT64"), Refused("column 'IsWon': expected BOOLEAN", "found INT64")),
    "STRING as BOOLEAN": (typed("Stage", "BOOLEAN"), Refused("column 'Stage': expected STRING", "found BOOLEAN")),
}


@dataclass(frozen=True)
class Options:
    """Fields of a configuration, and their types where they are not the contract's."""

    given: Mapping[str, Any]
    types: Mapping[str, str] = field(default_factory=dict)


CONFIGS: dict[str, tuple[Options, Refused | None]] = {
    "explain as INT32": (Options({"explain": 1}, {"explain": "INT32"}), None),
    "explain as INT16": (Options({"explain": 1}, {"explain": "INT16"}), None),
    "alpha as FLOAT": (Options({"alpha": 0.5, "explain": 1}, {"alpha": "FLOAT"}), None),
    "alpha as INT64": (Options({"alpha": 1}, {"alpha": "INT64"}), Refused("alpha: expected a share", "found 1")),
    "explain as DOUBLE": (Options({"explain": 1.0}, {"explain": "DOUBLE"}), Refused("explain: expected INT64", "1.0")),
    "explain_all as STRING": (
        Options({"explain_all": "yes"}, {"explain_all": "STRING"}),
        Refused("explain_all: expected BOOLEAN", "'yes'"),
    ),
    "an unknown field": (
        Options({"explian": 1}, {"explian": "INT64"}),
        Refused("unknown field 'explian'", "'explain'?"),
    ),
}


@pytest.fixture(scope="module")
def rows(case: Any, opportunities: Any) -> Any:
    """Make a case of each change of the rows, for each way."""
    opportunity = {**opportunities.rows[0], "More": 7}

    def cases(*ways: str) -> list[Any]:
        found = []
        for name, (change, _) in ROWS.items():
            fields = change(opportunities.fields)
            types = {field["name"]: field["type"] for field in opportunities.fields}
            row = {
                name: opportunity.get(name) if types.get(name, type_) == type_ else REPLACED[type_]
                for name, type_ in ((field["name"], field["type"]) for field in fields)
            }
            found += [case(f"{name} ({way})", way=way, fields=fields, rows=[row]) for way in ways]
        return found

    return cases


@pytest.fixture(scope="module")
def configs(case: Any, opportunities: Any) -> Any:
    """Make a case of each change of the configuration, for each way."""

    def cases(*ways: str) -> list[Any]:
        return [
            case(f"{name} ({way})", way=way, fields=opportunities.fields, rows=opportunities.rows[:1],
                 types=options.types, **{"explain_all": True, **options.given})
            for name, (options, _) in CONFIGS.items()
            for way in ways
        ]  # fmt: skip

    return cases


def check(found: Mapping[str, Any], expected: Mapping[str, tuple[Any, Refused | None]], ways: Sequence[str]) -> None:
    assert len(found) == len(expected) * len(ways)
    accepted = []
    for name, outcome in found.items():
        refused = expected[name.partition(" (")[0]][1]
        assert not outcome.errors, name
        if refused is None:
            assert outcome.refused is None, name
            accepted.append(outcome.scored)
        else:
            assert refused.expected in outcome.refused, name
            assert refused.found in outcome.refused, name
    assert len(accepted[0]) == 1
    if expected is ROWS:
        assert all(scored == accepted[0] for scored in accepted)
    else:
        assert all(len(scored[0]["reasons"]) == 1 for scored in accepted)


def test_changed_rows_from_java(java_client: Any, rows: Any) -> None:
    ways = ("URN", "COLUMNS")
    check(java_client(rows(*ways)), ROWS, ways)


def test_changed_rows_from_python(python_client: Any, rows: Any) -> None:
    check(python_client(rows("URN")), ROWS, ["URN"])


def test_changed_configurations_from_java(java_client: Any, configs: Any) -> None:
    ways = ("URN", "NAME")
    check(java_client(configs(*ways)), CONFIGS, ways)


def test_changed_configurations_from_python(python_client: Any, configs: Any) -> None:
    ways = ("URN", "NAME")
    check(python_client(configs(*ways)), CONFIGS, ways)
