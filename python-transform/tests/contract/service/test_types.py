"""Every type of the contract crosses both ways: columns that pass by come back in scored rows as they went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(1800)
JAVA = ("URN", "NAME", "ROWS", "COLUMNS")
PYTHON = ("URN", "NAME")
LEAST, MOST = -(2**63), 2**63 - 1
NOT_FINITE = [{"double": "NaN"}, {"double": "Infinity"}, {"double": "-Infinity"}]
VALUES: dict[str, list[Any]] = {
    "STRING": ["", "a", "Zoë", "e\u0301", "東京 🗼 👩\u200d👧", "\u202eabc", "a\0b", "\r\n\"'", "\uffff", "x" * 2**20,
               "🗼" * 2**18],
    "DOUBLE": [0.5, 0.0, -0.0, 5e-324, 1.7976931348623157e308, *NOT_FINITE],
    "FLOAT": [0.5, -0.0, 1.401298464324817e-45, -3.4028234663852886e38, *NOT_FINITE],
    "INT64": [0, -1, 127, 128, LEAST, MOST],
    "INT32": [0, -1, -(2**31), 2**31 - 1],
    "INT16": [0, -1, -(2**15), 2**15 - 1],
    "BOOLEAN": [True, False],
    "BYTES": [{"hex": ""}, {"hex": "00ff"}, {"hex": "c328"}, {"hex": "00" * 2**16}],
}  # fmt: skip
ITEMS = [
    {"name": "text", "type": "STRING", "nullable": True},
    {"name": "number", "type": "DOUBLE", "nullable": False},
    {"name": "whole", "type": "INT64", "nullable": True},
]
ARRAYS: dict[str, tuple[Any, list[Any]]] = {
    "strings": ("STRING", [[], [""], ["Zoë", "", "🗼"], ["x"] * 1000]),
    "doubles": ("DOUBLE", [[], [-0.0, *NOT_FINITE], [5e-324]]),
    "whole": ("INT64", [[], [LEAST, MOST], [0]]),
    "flags": ("BOOLEAN", [[], [True, False] * 9]),
    "rows": (
        ITEMS,
        [[], [{"text": None, "number": -0.0, "whole": MOST}, {"text": "🗼", "number": 0.5, "whole": None}]],
    ),
}


def columns() -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """Yield a column of each type with its values, once with nulls among them and once without."""
    for nullable in (True, False):
        name = "nullable" if nullable else "required"
        for type_, values in VALUES.items():
            field = {"name": f"{name}_{type_.lower()}", "type": type_, "nullable": nullable}
            yield field, [None, *values] if nullable else values
        for kind, (items, values) in ARRAYS.items():
            field = {"name": f"{name}_array_of_{kind}", "type": "ARRAY", "items": items, "nullable": nullable}
            yield field, [None, *values] if nullable else values


COLUMNS = list(columns())


@pytest.fixture(scope="module")
def make(case: Any, opportunities: Any) -> Any:
    """Make a case for each way, of opportunities with columns that have all values, each in some row."""
    names = [field["name"] for field, _ in COLUMNS]
    rows = []
    for i in range(max(len(values) for _, values in COLUMNS)):
        more = {field["name"]: values[i % len(values)] for field, values in COLUMNS}
        rows.append({**opportunities.rows[0], "Id": f"row-{i}", **more})
    # A row of nothing but nulls beside its id: more than eight of them, which is more than a byte of the coder's bits.
    rows.append({name: None if name not in VALUES and not name.startswith("required") else value
                 for name, value in rows[0].items()} | {"Id": "nulls"})  # fmt: skip
    fields = [*opportunities.fields, *(field for field, _ in COLUMNS)]

    def cases(*ways: str) -> list[Any]:
        return [case(way, way=way, fields=fields, rows=rows, keep_fields=names) for way in ways]

    return cases


def kept(rows: list[Mapping[str, Any]], id_: str) -> list[dict[str, Any]]:
    return [{name: row[name] for name in (id_, *(field["name"] for field, _ in COLUMNS))} for row in rows]


def check(found: Mapping[str, Any], cases: list[Any], rows_of: Any) -> None:
    sent = [{"id": row.pop("Id"), **row} for row in kept(cases[0]["rows"], "Id")]
    assert len(sent) > 10
    for way, outcome in found.items():
        assert outcome.errors == [], way
        assert rows_of(kept(outcome.scored, "id")) == rows_of(sent), way


def test_the_columns_are_those_of_the_contract() -> None:
    assert {field["type"] for field, _ in COLUMNS} == {*VALUES, "ARRAY"}
    assert sum(field["nullable"] for field, _ in COLUMNS) > 8


def test_from_java_and_back(java_client: Any, make: Any, rows_of: Any) -> None:
    check(java_client(make(*JAVA)), make("URN"), rows_of)


def test_from_python_and_back(python_client: Any, make: Any, rows_of: Any) -> None:
    check(python_client(make(*PYTHON)), make("URN"), rows_of)


def test_half_of_a_pair_is_an_error_of_its_row(java_client: Any, case: Any, opportunities: Any) -> None:
    good = opportunities.rows[0]
    halves = {"high": "\ud83d", "low": "a\udc00b"}
    rows = [good, *({**good, "Id": id_, "Name": half} for id_, half in halves.items())]
    found = java_client([case(way, way=way, fields=opportunities.fields, rows=rows) for way in ("ROWS", "COLUMNS")])
    for outcome in found.values():
        assert [row["id"] for row in outcome.scored] == [good["Id"]]
        assert {error["id"] for error in outcome.errors} == halves.keys()
        assert {(error["column"], error["expected"]) for error in outcome.errors} == {("Name", "UTF-8 text")}
