"""Tables that are not like the training's, scored by the command."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Rows = list[dict[str, str]]


@pytest.fixture
def scored(run: Any, small: Any, tmp_path: Path) -> Callable[..., list[Any]]:
    """Score rows of parcels by the command and return the lines."""

    def call(rows: Rows) -> list[Any]:
        done = run(
            "score", write(tmp_path, rows), "--model", small.folder, "--output", tmp_path / "o.jsonl", "--explain-all"
        )
        assert done.status == 0
        assert (tmp_path / "o.errors.jsonl").read_text("utf-8") == ""
        return [json.loads(line) for line in (tmp_path / "o.jsonl").read_text("utf-8").splitlines()]

    return call


@pytest.fixture
def parcels(small: Any) -> Rows:
    with small.csv.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))[:40]


def write(folder: Path, rows: Rows) -> Path:
    path = folder / "parcels.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        lines = csv.DictWriter(stream, list(rows[0]))
        lines.writeheader()
        lines.writerows(rows)
    return path


def test_columns_in_another_order_and_more_of_them_change_nothing(scored: Any, parcels: Rows) -> None:
    plain = scored(parcels)
    other = scored([{"More": "x", **dict(reversed(row.items())), "Last": "?"} for row in parcels])
    assert other == plain


def test_unseen_categories_are_odd_and_named(scored: Any, parcels: Rows) -> None:
    lines = scored([{**row, "Route": "nroth"} for row in parcels])
    assert all(line["label"] == 1 for line in lines)
    told = [[(reason["field"], reason["value"]) for reason in line["reasons"]] for line in lines]
    assert all(("Route", "nroth") in reasons for reasons in told)
    assert sum(reasons[0] == ("Route", "nroth") for reasons in told) > 25


def test_rows_of_nothing_are_scored_alike(scored: Any, parcels: Rows) -> None:
    lines = scored([{name: value if name == "Code" else "" for name, value in row.items()} for row in parcels])
    assert len(lines) == 40
    assert len({(line["score"], line["p_value"], line["cluster"]) for line in lines}) == 1
    assert all(reason["value"] is None for line in lines for reason in line["reasons"])


def test_a_missing_column_is_named_with_those_that_are_there(
    refused: Any, small: Any, parcels: Rows, tmp_path: Path
) -> None:
    path = write(tmp_path, [{name: value for name, value in row.items() if name != "Weight"} for row in parcels])
    message = refused("score", path, "--model", small.folder, "--output", tmp_path / "o.jsonl")
    assert message == (
        f"column 'Weight': expected DOUBLE ({small.folder}/model.params), found no such column; "
        "there are Code, Route, Express, Sent, Arrived, Built"
    )
    assert not (tmp_path / "o.jsonl").exists()


def test_wild_but_finite_numbers_are_scored_and_short_to_read(scored: Any, parcels: Rows) -> None:
    weights = ["1e300", "-1e300", "5e-324", "-0"]
    lines = scored([{**row, "Weight": weight} for row, weight in zip(parcels, weights, strict=False)])
    assert [line["label"] for line in lines[:2]] == [1, 1]
    told = {reason["value"] for line in lines for reason in line["reasons"] if reason["field"] == "Weight"}
    assert {"1e+300", "-1e+300"} <= told
    assert all(len(value) < 10 for value in told if value)
