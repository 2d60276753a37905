"""Tables that nobody would want to train on: a model that is still good, or a refusal that says what to change."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from anomaly_detection.errors import DataError
from anomaly_detection.features.feature import parse_features
from anomaly_detection.features.featurizer import UNKNOWN
from anomaly_detection.models.detector import Detector, Scored
from anomaly_detection.models.training import TrainOptions, train

pytestmark = pytest.mark.slow

ALPHA = 0.05
SPEC: dict[str, dict[str, str]] = {
    "Stage": {"kind": "categorical"},
    "Success": {"kind": "categorical", "type": "BOOLEAN"},
    "Amount": {"kind": "numeric"},
    "Begun": {"kind": "date"},
    "Ended": {"kind": "date"},
    "Days": {"kind": "duration", "from": "Begun", "to": "Ended"},
}


def deals(rows: int = 500, *, seed: int = 0) -> pa.Table:
    """Make deals: whether one is won follows from its stage, its amount nearly so."""
    random = np.random.default_rng(seed)
    stage = random.choice(["Open", "Won", "Lost"], rows, p=[0.4, 0.4, 0.2])
    created = np.datetime64("2024-01-01") + random.integers(0, 300, rows)
    return pa.table(
        {
            "Id": [f"d{i}" for i in range(rows)],
            "Stage": stage.tolist(),
            "Success": pa.array((stage == "Won").tolist(), pa.bool_()),
            "Amount": random.lognormal(np.where(stage == "Won", 8, 6), 0.3),
            "Begun": created.astype(str).tolist(),
            "Ended": (created + random.integers(20, 40, rows)).astype(str).tolist(),
        }
    )


def with_column(
    table: pa.Table, name: str, values: Sequence[Any] | pa.Array, type_: pa.DataType | None = None
) -> pa.Table:
    column = values if isinstance(values, pa.Array) else pa.array(values, type_)
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, column)
    return table.append_column(name, column)


def spec(*names: str, **more: dict[str, str]) -> Any:
    chosen = {name: SPEC[name] for name in names or SPEC} | more
    return parse_features([{"name": name, **what} for name, what in chosen.items()], where="test")


def trained(table: pa.Table, *names: str, alpha: float = ALPHA, **more: dict[str, str]) -> Detector:
    return train(table, spec(*names, **more), id_column="Id", options=TrainOptions(alpha=alpha)).detector()


def score(detector: Detector, table: pa.Table) -> Scored:
    return detector.score(table.combine_chunks().to_batches()[0], explain_all=True)


def assert_good(detector: Detector, fresh: pa.Table, *, column: str, wrong: pa.Table | None) -> None:
    """Assert that few of the fresh rows are labelled, and of the wrong ones nearly all, for the right reason."""
    ordinary = score(detector, fresh)
    assert ordinary.bad == []
    assert ordinary.label.mean() < 2.5 * detector.alpha
    arrays = (ordinary.score, ordinary.p_value, *vars(ordinary.prediction).values())
    assert all(np.isfinite(array).all() for array in arrays)
    if wrong is not None:
        found = score(detector, wrong)
        assert found.label.mean() > 0.9
        assert np.mean([reasons[0].field == column for reasons in found.reasons]) > 0.9


FRESH = deals(300, seed=1)
GOOD: dict[str, tuple[pa.Table, pa.Table, tuple[str, ...], dict[str, dict[str, str]], str, pa.Table]] = {
    # what: (training, fresh, features, more features, wrong column, rows that are wrong there)
    "no numeric column": (
        deals(), FRESH, ("Stage", "Success"), {}, "Stage", with_column(FRESH, "Stage", ["Wonn"] * 300),
    ),
    "no categorical column": (
        deals(), FRESH, ("Amount", "Begun", "Ended", "Days"), {}, "Amount",
        with_column(FRESH, "Amount", [5e7] * 300),
    ),
    "dates alone": (
        deals(), FRESH, ("Begun", "Ended", "Days"), {}, "Ended",
        with_column(FRESH, "Ended", ["2023-06-30"] * 300),
    ),
    "one column": (
        deals(), FRESH, ("Stage",), {}, "Stage", with_column(FRESH, "Stage", ["Wonn"] * 300),
    ),
    "a constant text": (
        with_column(deals(), "Org", ["ours"] * 500), with_column(FRESH, "Org", ["ours"] * 300), tuple(SPEC),
        {"Org": {"kind": "categorical"}}, "Org", with_column(FRESH, "Org", ["theirs"] * 300),
    ),
    "a constant number": (
        with_column(deals(), "Rate", [0.19] * 500), with_column(FRESH, "Rate", [0.19] * 300), tuple(SPEC),
        {"Rate": {"kind": "numeric"}}, "Rate", with_column(FRESH, "Rate", [19.0] * 300),
    ),
    "texts that are all missing": (
        with_column(deals(), "Note", [None] * 500, pa.string()), with_column(FRESH, "Note", [None] * 300, pa.string()),
        tuple(SPEC), {"Note": {"kind": "categorical"}}, "Note", with_column(FRESH, "Note", ["x"] * 300),
    ),
    "numbers that are all missing": (
        with_column(deals(), "Tax", [None] * 500, pa.float64()),
        with_column(FRESH, "Tax", [None] * 300, pa.float64()),
        tuple(SPEC), {"Tax": {"kind": "numeric"}}, "Tax", with_column(FRESH, "Tax", [7000.0] * 300),
    ),
    "dates that are all missing": (
        with_column(deals(), "Due", pa.nulls(500)), with_column(FRESH, "Due", [None] * 300, pa.string()), tuple(SPEC),
        {"Due": {"kind": "date"}, "Left": {"kind": "duration", "from": "Ended", "to": "Due"}}, "Stage",
        with_column(with_column(FRESH, "Stage", ["Wonn"] * 300), "Due", [None] * 300, pa.string()),
    ),
    "numbers that nobody writes": (
        with_column(deals(), "Odd", ([5e-324, -0.0, 1e300, -1e300, 3.0] * 100)),
        with_column(FRESH, "Odd", ([-0.0, 0.0, 1e300, -1e300, 3.0] * 60)), tuple(SPEC), {"Odd": {"kind": "numeric"}},
        "Stage", with_column(with_column(FRESH, "Stage", ["Wonn"] * 300), "Odd", ([0.0, 3.0, 1e300] * 100)),
    ),
    "numbers below the least normal one": (
        with_column(deals(), "Tiny", [5e-324 * (1 + i % 9) for i in range(500)]),
        with_column(FRESH, "Tiny", [5e-324 * (1 + i % 9) for i in range(300)]), tuple(SPEC),
        {"Tiny": {"kind": "numeric"}}, "Tiny", with_column(FRESH, "Tiny", [1.0] * 300),
    ),
    "whole numbers": (
        with_column(deals(), "Seats", [1 + i % 9 for i in range(500)]),
        with_column(FRESH, "Seats", [1.0 + i % 9 for i in range(300)]), tuple(SPEC), {"Seats": {"kind": "numeric"}},
        "Seats", with_column(FRESH, "Seats", [40_000.0] * 300),
    ),
    "numbers and words as names": (
        with_column(deals(), "Code", [("7", "8.5", "n/a", "B2")[i % 4] for i in range(500)]),
        with_column(FRESH, "Code", [("7", "8.5", "n/a", "B2")[i % 4] for i in range(300)]), tuple(SPEC),
        {"Code": {"kind": "categorical"}}, "Code", with_column(FRESH, "Code", ["NaN"] * 300),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", GOOD)
def test_a_good_model_of(what: str) -> None:
    table, fresh, names, more, column, wrong = GOOD[what]
    assert_good(trained(table, *names, **more), fresh, column=column, wrong=wrong)


def owned(rows: int, *, owners: int, seed: int) -> pa.Table:
    """Give every deal an owner, a few of whom have many and most of whom have few, and the owner's role."""
    random = np.random.default_rng([seed, 1])  # not the numbers that the deals are made of
    weights = 1 / (np.arange(owners) + 20)
    owner = random.choice(owners, rows, p=weights / weights.sum())
    table = with_column(deals(rows, seed=seed), "Owner", [f"owner {i}" for i in owner])
    return with_column(table, "Role", [f"role {i % 8}" for i in owner])


OWNED = {"Owner": {"kind": "categorical"}, "Role": {"kind": "categorical"}}


@pytest.fixture(scope="module")
def of_owners() -> Detector:
    return trained(owned(3000, owners=1200, seed=0), "Stage", "Success", "Amount", alpha=0.02, **OWNED)


def test_rows_of_new_and_of_rare_owners_are_nothing_unusual(of_owners: Detector) -> None:
    fresh = owned(1000, owners=1200, seed=1)
    found, codes = score(of_owners, fresh), of_owners.featurizer.encode(fresh).codes
    owner = [feature.name for feature in of_owners.featurizer.categorical].index("Owner")
    rare = codes[:, owner] == UNKNOWN
    assert 0.05 < rare.mean() < 0.5
    assert found.label[rare].mean() < 0.05
    assert found.label[~rare].mean() < 0.05


def test_a_new_value_is_odd_where_there_are_never_new_ones(of_owners: Detector) -> None:
    fresh = owned(300, owners=1200, seed=2)
    for column in ("Stage", "Role"):
        found = score(of_owners, with_column(fresh, column, ["do not use"] * 300))
        assert found.label.mean() > 0.95
        assert np.mean([reasons[0].field == column for reasons in found.reasons]) > 0.9
    hired = score(of_owners, with_column(fresh, "Owner", ["somebody new"] * 300))
    assert hired.label.mean() < 0.05


def test_an_owner_of_many_with_the_role_of_another_is_odd(of_owners: Detector) -> None:
    fresh = owned(2000, owners=60, seed=3)
    others = [f"role {(int(role.split()[1]) + 3) % 8}" for role in fresh["Role"].to_pylist()]
    found = score(of_owners, with_column(fresh, "Role", others))
    assert found.label.mean() > 0.9


def test_texts_of_a_megabyte_are_no_values_of_a_column() -> None:
    random = np.random.default_rng(0)
    long = [chr(65 + i) * 2**20 for i in range(5)]

    def notes(rows: int) -> list[str]:
        return [long[i] if i < 5 else "short" for i in random.integers(0, 9, rows)]

    table, fresh = with_column(deals(120), "Note", notes(120)), with_column(deals(60, seed=1), "Note", notes(60))
    features = spec("Stage", "Success", Note={"kind": "categorical"})
    artifacts = train(table, features, id_column="Id", options=TrainOptions(alpha=0.1))
    assert len(artifacts.params) < 20_000
    detector = artifacts.detector()
    assert_good(detector, fresh, column="Stage", wrong=with_column(fresh, "Stage", ["Wonn"] * 60))


# Refusals.


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        (
            "Amount", [1.0, float("inf"), float("-inf"), float("nan"), *[2.0] * 496],
            "column 'Amount': expected a finite number, found inf in row 2 and 2 more rows; correct or",
        ),
        (
            "Ended", ["2024-01-31", "10000-01-01", *["2024-02-01"] * 498],
            "column 'Ended': expected a date such as 2024-01-31 or 1/31/24, found 10000-01-01 in row 2; correct or",
        ),
        (
            "Ended", ["0000-01-01", *["2024-02-01"] * 499],
            "column 'Ended': expected a date such as 2024-01-31 or 1/31/24, found 0000-01-01 in row 1; correct or",
        ),
        ("Amount", ["1.5"] * 500, "column 'Amount': expected DOUBLE (features), found string; convert it, or change"),
        ("Stage", [1.5] * 500, "column 'Stage': expected STRING (features), found double; convert it, or "),
        ("Success", ["true"] * 500, "column 'Success': expected BOOLEAN (features), found string; convert it, or "),
        ("Amount", [True] * 500, "column 'Amount': expected DOUBLE (features), found bool; convert it, or "),
    ],
)  # fmt: skip
def test_values_that_could_not_be_scored_are_refused(column: str, values: list[Any], message: str) -> None:
    with pytest.raises(DataError) as error:
        trained(with_column(deals(), column, values))
    assert str(error.value).startswith(message)


def test_a_column_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(DataError) as error:
        trained(deals().drop_columns(["Success"]))
    assert str(error.value) == (
        "column 'Success': expected a column of that name (features), found Id, Stage, Amount, Begun, Ended"
    )


def test_texts_of_any_arrow_type_are_texts() -> None:
    table = deals(200)
    plain = train(table, spec("Stage", "Success"), id_column="Id", options=TrainOptions(alpha=0.1))
    for type_ in (pa.large_string(), pa.dictionary(pa.int32(), pa.string())):
        other = with_column(table, "Stage", table["Stage"].combine_chunks().cast(type_))
        assert train(other, spec("Stage", "Success"), id_column="Id", options=TrainOptions(alpha=0.1)) == plain


# The command.


def write(path: Path, table: pa.Table) -> Path:
    pyarrow.csv.write_csv(table, path)
    return path


@pytest.fixture
def refusal(refused: Callable[..., str], tmp_path: Path) -> Callable[..., str]:
    """Train by the command, assert that it is refused in one line, and return it without the file's path."""

    def call(content: pa.Table | str, *arguments: str | Path) -> str:
        path = tmp_path / "deals.csv"
        if isinstance(content, str):
            path.write_text(content, "utf-8")
        else:
            write(path, content)
        line = refused("train", path, "--id-column", "Id", "--output", tmp_path / "model", *arguments)
        assert not (tmp_path / "model").exists()
        return line.replace(str(path), "CSV")

    return call


NAMES = "Stage: one value; Success: one value; Amount: one value; Begun: one value; Ended: one value"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "CSV: expected a CSV file with a header, found an empty file"),
        ("Id,Stage\n", "training: expected at least "),
        ("Id,Stage,Stage\n1,a,b\n", "CSV: header, column 3: expected different names, found 'Stage' and 'Stage'"),
        ("Id,Stage,StageName\n1,a,b\n", "CSV: header, column 3: expected different names, found 'Stage' and 'Sta"),
        ("Stage\na\n", "CSV: expected the id column 'Id', found the columns Stage; name the one that identifies a row"),
        (deals(1), "training: expected at least "),
        (
            pa.concat_tables([deals(1)] * 300),
            f"CSV: no column can be looked at: {NAMES}; give it columns that vary, or say what to look at with --spec",
        ),
        (
            with_column(deals(), "Size", [str(i * i) for i in range(450)] + ["n/a"] * 30 + ["?"] * 20),
            "column 'Size': expected numbers throughout, as in 450 rows, found 'n/a', '?' in 50; correct or empty "
            "those cells, or say with --spec that it is numeric (such rows are left out) or categorical",
        ),
        (
            with_column(deals(), "Size", [str(i * i) for i in range(499)] + ["NaN"]),
            "column 'Size': expected numbers throughout, as in 499 rows, found 'NaN' in 1; correct or empty those",
        ),
        (
            with_column(deals(), "Size", [str(i * i) for i in range(498)] + ["Infinity", "1e400"]),
            "column 'Size': expected numbers throughout, as in 498 rows, found 'Infinity', '1e400' in 2; correct or",
        ),
        (
            with_column(deals(), "Due", [f"2024-03-{1 + i % 28:02d}" for i in range(490)] + ["soon"] * 10),
            "column 'Due': expected dates throughout, as in 490 rows, found 'soon' in 10; correct or empty those "
            "cells, or say with --spec that it is a date (such rows are left out) or categorical",
        ),
    ],
)  # fmt: skip
def test_the_command_refuses_in_one_line(refusal: Any, content: pa.Table | str, message: str) -> None:
    assert refusal(content).startswith(message)


def test_a_refusal_because_nearly_all_rows_are_bad_lists_them_first(run: Any, tmp_path: Path) -> None:
    table = with_column(deals(300), "Amount", [1.0] * 20 + [float("inf")] * 280)
    done = run("train", write(tmp_path / "d.csv", table), "--id-column", "Id", "--output", tmp_path / "model")
    assert done.status == 2
    lines = done.err.splitlines()
    assert lines[:2] == ["280 bad rows are left out:", "  row 21: Amount: expected a finite number, found inf"]
    assert lines[-1].startswith("error: training: expected at least ")
    assert "found 20" in lines[-1]


def test_what_the_refusal_of_mixed_cells_says_to_do_works(run: Any, tmp_path: Path) -> None:
    table = with_column(deals(300), "Size", [str(100 + i % 97 * i) for i in range(270)] + ["n/a"] * 30)
    path, given = write(tmp_path / "d.csv", table), tmp_path / "spec.json"
    for kind, rows in (("numeric", 270), ("categorical", 300)):
        given.write_text(
            json.dumps([{"name": "Stage", "kind": "categorical"}, {"name": "Size", "kind": kind}]), "utf-8"
        )
        arguments = ("--id-column", "Id", "--output", tmp_path / kind, "--alpha", 0.1, "--spec", given)
        done = run("train", path, *arguments)
        assert done.status == 0
        assert f": {rows} rows, alpha 0.1" in done.out
        assert done.err.startswith("30 bad rows are left out:\n  row 271: Size: " if kind == "numeric" else "")


def test_ids_that_repeat_or_are_missing_do_not_matter_beyond_their_rows(run: Any, tmp_path: Path) -> None:
    table = with_column(deals(300), "Id", [None] * 10 + ["same"] * 290, pa.string())
    path = write(tmp_path / "d.csv", table)
    done = run("train", path, "--id-column", "Id", "--output", tmp_path / "model", "--alpha", ALPHA)
    assert done.status == 0
    assert done.err.startswith("10 bad rows are left out:\n  row 1: Id: expected an id, found nothing\n")
    assert f": 290 rows, alpha {ALPHA}" in done.out
    assert_good(
        Detector.load(tmp_path / "model"), FRESH, column="Stage", wrong=with_column(FRESH, "Stage", ["Wonn"] * 300)
    )


def test_what_says_nothing_is_left_out_and_the_rest_is_a_good_model(run: Any, tmp_path: Path) -> None:
    table = with_column(with_column(deals(), "Org", ["ours"] * 500), "Note", pa.nulls(500, pa.string()))
    path = write(tmp_path / "d.csv", table)
    done = run("train", path, "--id-column", "Id", "--output", tmp_path / "model", "--alpha", ALPHA)
    assert (done.status, done.err) == (0, "")
    assert "one value" in done.out
    assert "no value" in done.out
    detector = Detector.load(tmp_path / "model")
    assert {"Org", "Note"}.isdisjoint(detector.columns)
    assert_good(detector, FRESH, column="Stage", wrong=with_column(FRESH, "Stage", ["Wonn"] * 300))
