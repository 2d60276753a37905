"""The same rows by every way into the container: the results of the transform in one process, bit by bit."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.timeout(1800)
JAVA = ("URN", "NAME", "ROWS", "COLUMNS")
PYTHON = ("URN", "NAME")


@pytest.fixture(scope="module")
def make(case: Any, opportunities: Any) -> Any:
    def cases(*ways: str) -> list[Any]:
        return [
            case(way, way=way, fields=opportunities.fields, rows=opportunities.rows, explain_all=True,
                 keep_fields=["Name", "Amount", "IsWon"])
            for way in ways
        ]  # fmt: skip

    return cases


@pytest.fixture(scope="module")
def expected(in_process: Any, make: Any) -> Any:
    return in_process(make("DIRECT"))["DIRECT"]


def test_the_rows_are_of_all_kinds(expected: Any, opportunities: Any) -> None:
    assert len(expected.scored) + len(expected.errors) == len(opportunities.rows) == 30
    assert sum(row["label"] for row in expected.scored) >= 8
    assert sum(1 - row["label"] for row in expected.scored) >= 8
    assert {error["column"] for error in expected.errors} == {"Amount", "CloseDate", "Id"}
    assert {reason["value"] is None for row in expected.scored for reason in row["reasons"]} == {True, False}


def test_java_gets_them(java_client: Any, make: Any, expected: Any, rows_of: Any) -> None:
    found = java_client(make(*JAVA))
    for way in JAVA:
        assert rows_of(found[way].scored) == rows_of(expected.scored), way
        assert rows_of(found[way].errors) == rows_of(expected.errors), way


def test_python_gets_them(python_client: Any, make: Any, expected: Any, rows_of: Any) -> None:
    found = python_client(make(*PYTHON))
    for way in PYTHON:
        assert rows_of(found[way].scored) == rows_of(expected.scored), way
        assert rows_of(found[way].errors) == rows_of(expected.errors), way
