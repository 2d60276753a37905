"""Why a row is odd: the injected column first, with what was expected instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import t as student_t

from anomaly_detection.encoders.network import DEGREES
from anomaly_detection.features.feature import parse_features
from anomaly_detection.generate import write_opportunities
from anomaly_detection.models.detector import Detector, Scored
from anomaly_detection.models.training import TrainOptions, train
from anomaly_detection.scoring.reasons import T90, Explainer, Reason
from anomaly_detection.tables.input_table import InputTable

Change = Callable[..., pa.RecordBatch]
SOME = range(0, 300, 7)


def score(detector: Detector, batch: pa.RecordBatch, explain: int = 3) -> Scored:
    return detector.score(batch, explain_all=True, explain=explain)


def injected(
    trained: Any, column: str, change: Callable[[Any], Any], source: pa.RecordBatch | None = None
) -> list[tuple[Any, list[Reason]]]:
    """Return for some rows, the training's where no others are given, what stood in a column and the reasons after."""
    source = trained.batch if source is None else source
    rows = [i for i in SOME if source[column][i].as_py() is not None]
    before = [source[column][i].as_py() for i in rows]
    batch = source.take(pa.array(rows))
    place = batch.schema.get_field_index(column)
    after = pa.array([change(value) for value in before], batch.schema.field(column).type)
    found = score(trained.detector, batch.set_column(place, column, after))
    return list(zip(before, found.reasons, strict=True))


AS_IN = ", as in a row that is the same to the model but for numbers"


def original(text: str) -> float:
    return float(text.removesuffix(" and dates").removesuffix(AS_IN).replace(",", ""))


def span(text: str) -> tuple[float, float]:
    low, high = re.match(r"(-?[\d,.e+]+) to (-?[\d,.e+]+)", text).groups()  # type: ignore[union-attr]
    return float(low.replace(",", "")), float(high.replace(",", ""))


@pytest.fixture(scope="module")
def unseen(opportunities: Any, tmp_path_factory: pytest.TempPathFactory) -> pa.RecordBatch:
    """Other opportunities of the same world: none is a copy of a training row."""
    csv = tmp_path_factory.mktemp("unseen") / "unseen.csv"
    write_opportunities(csv, rows=300, seed=8)
    table = InputTable(csv, id_column="Id", types=opportunities.detector.columns)
    batch = pa.Table.from_batches([b.columns for b in table.batches()], schema=table.arrow_schema)
    return batch.combine_chunks().to_batches()[0]


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_an_amount_with_digits_too_many_or_too_few_is_the_first_reason(
    opportunities: Any, unseen: pa.RecordBatch, factor: float
) -> None:
    inside = []
    for amount, reasons in injected(opportunities, "Amount", lambda value: value * factor, unseen):
        first = reasons[0]
        assert first.field == "Amount"
        assert float(first.value or "nan") == pytest.approx(amount * factor)
        assert first.contribution > 0.5
        low, high = span(first.expected or "")
        assert not low <= amount * factor <= high
        inside.append(low <= amount <= high)
    assert np.mean(inside) > 0.75


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("ProductFamily", ("Services", "Storage")),
        ("OwnerRole", ("APAC Sales", "Channel Sales")),
        ("Stage", ("nobody's", "")),
        ("IsWon", (True, False)),
    ],
)
def test_a_value_that_contradicts_the_others_is_the_first_reason_beside_the_right_one(
    opportunities: Any, column: str, values: tuple[Any, Any]
) -> None:
    first, second = values
    found = injected(opportunities, column, lambda value: second if value == first else first)
    # Of an owner and a role that do not go together, either may be the wrong one.
    either = (column, "Owner") if column == "OwnerRole" else (column,)
    named = [reasons[0].field in either for _, reasons in found]
    found = [(value, reasons) for value, reasons in found if reasons[0].field == column]
    right = [reasons[0].expected == (str(value).lower() if column == "IsWon" else value) for value, reasons in found]
    assert np.mean(named) > 0.95
    assert len(right) > 0.8 * len(named)
    assert np.mean(right) > 0.9


def test_a_product_outside_its_family_is_a_contradiction_of_the_two(opportunities: Any) -> None:
    found = injected(opportunities, "Product", lambda value: "Onsite Audit" if value != "Onsite Audit" else "Edge Hub")
    named = [reasons[0].field in ("Product", "ProductFamily") for _, reasons in found]
    assert np.mean(named) > 0.85
    family = [reasons[0].expected for _, reasons in found if reasons[0].field == "ProductFamily"]
    assert family.count("Services") > 0.8 * len(family)


def test_a_duration_is_told_of_the_date_that_ends_it(opportunities: Any) -> None:
    for _, reasons in injected(opportunities, "CloseDate", lambda value: "1999-12-31"):
        first = reasons[0]
        assert first.field == "CloseDate"
        assert re.fullmatch(r"1999-12-31, -\d+ days after CreatedDate", first.value or "")
        assert re.fullmatch(r"[\d.]+ to [\d,.]+ days after CreatedDate", first.expected or "")


def test_a_missing_value_is_none_beside_the_expected_one(opportunities: Any) -> None:
    found = injected(opportunities, "Stage", lambda value: None)
    for _, reasons in found:
        assert (reasons[0].field, reasons[0].value) == ("Stage", None)
    assert np.mean([reasons[0].expected == value for value, reasons in found]) > 0.9


def test_booleans_are_written_in_lower_case(opportunities: Any) -> None:
    for value, reasons in injected(opportunities, "IsWon", lambda value: not value):
        first = reasons[0]
        assert (first.field, first.value, first.expected) == ("IsWon", str(not value).lower(), str(value).lower())


def test_a_missing_number_and_a_missing_date_are_none(small: Any, changed: Change) -> None:
    rows = [changed(small.batch, i, Weight=None, Arrived=None, Built=None, Route="?", Express=None) for i in range(20)]
    batch = pa.Table.from_batches(rows).combine_chunks().to_batches()[0]
    reasons = [reason for told in score(small.detector, batch, explain=9).reasons for reason in told]
    values = {reason.field: reason.value for reason in reasons}
    assert values["Route"] == "?"
    assert values["Express"] is None
    assert all(values.get(field) is None for field in ("Weight", "Arrived", "Built"))


def test_a_date_is_told_with_a_range_of_dates(small: Any, changed: Change) -> None:
    first = score(small.detector, changed(small.batch, 0, Built="1850-06-01")).reasons[0][0]
    assert (first.field, first.value) == ("Built", "1850-06-01")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d", first.expected or "")
    assert "2005" < (first.expected or "") < "2019"


def test_dates_at_the_ends_of_the_calendar_can_be_told(small: Any, changed: Change) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        found = score(small.detector, changed(small.batch, 0, Built=day, Sent="0001-01-01", Arrived=day), explain=9)
        assert {"Built"} <= {reason.field for reason in found.reasons[0]}


def test_numbers_at_the_ends_of_their_range_can_be_told(small: Any, changed: Change) -> None:
    for weight in (1.7e308, -1.7e308, 5e-324, 0.0, -0.0, 12345678.9):
        found = score(small.detector, changed(small.batch, 0, Weight=weight), explain=9)
        told = {reason.field: reason for reason in found.reasons[0]}
        if "Weight" in told:
            assert float(told["Weight"].value or "nan") == weight
    assert told["Weight"].value == "12345678.9"


def test_the_contributions_of_all_columns_add_up_to_one(opportunities: Any) -> None:
    detector = opportunities.detector
    rows = detector.featurizer.encode(opportunities.batch)
    evidence = detector.evidence(rows)
    explainer = Explainer(
        detector.featurizer,
        detector.surprises,
        detector.duplicates,
        detector.breadth,
        detector.scorer,
        detector.clustering.reference,
    )
    found = explainer.contributions(rows, evidence)
    odd = detector.scorer.oddness(evidence) > 0
    assert np.allclose(found[odd].sum(1), 1)
    assert (found[~odd] == 0).all()
    assert (found >= 0).all()
    assert odd.mean() > 0.5


def test_reasons_are_told_by_contribution_largest_first_at_most_as_many_as_wanted(opportunities: Any) -> None:
    for most in (1, 2, 5, 100):
        for reasons in score(opportunities.detector, opportunities.batch.slice(0, 60), most).reasons:
            shares = [reason.contribution for reason in reasons]
            assert shares == sorted(shares, reverse=True)
            assert len(shares) <= most
            assert sum(shares) <= 1 + 1e-9
            assert all(share > 0 for share in shares)


def test_a_column_is_not_told_twice(opportunities: Any) -> None:
    for reasons in score(opportunities.detector, opportunities.batch.slice(0, 60), 100).reasons:
        fields = [reason.field for reason in reasons]
        assert len(fields) == len(set(fields))


def test_no_reasons_are_told_where_none_are_wanted(opportunities: Any) -> None:
    found = score(opportunities.detector, opportunities.batch.slice(0, 20), 0)
    assert found.reasons == [()] * 20


def test_a_reason_says_something_else_than_what_stands_there(opportunities: Any) -> None:
    for reasons in score(opportunities.detector, opportunities.batch.slice(0, 100)).reasons:
        assert all(reason.value != reason.expected for reason in reasons) or len(reasons) == 1


def test_a_copy_is_told_beside_the_amount_of_its_original(opportunities: Any) -> None:
    found = injected(opportunities, "Amount", lambda value: value * 1.3)
    told = [(amount, reasons[0].expected or "") for amount, reasons in found if reasons[0].field == "Amount"]
    copies = [(amount, expected) for amount, expected in told if expected.endswith(AS_IN)]
    assert len(copies) > 0.8 * len(found)
    for amount, expected in copies:
        assert original(expected) == pytest.approx(amount, rel=5e-3)


def test_a_copy_of_a_row_without_an_amount_says_so(opportunities: Any) -> None:
    row = next(i for i, value in enumerate(opportunities.batch["Amount"].to_pylist()) if value is None)
    batch = opportunities.batch.slice(row, 1)
    place = batch.schema.get_field_index("Amount")
    first = score(opportunities.detector, batch.set_column(place, "Amount", pa.array([5000.0]))).reasons[0][0]
    assert (first.field, first.expected) == ("Amount", f"none{AS_IN}")


def test_a_copy_is_told_beside_the_amount_of_its_date_where_other_rows_have_its_categories() -> None:
    random = np.random.default_rng(3)
    table = pa.table(
        {
            "Id": [f"d{i}" for i in range(300)],
            "Stage": random.choice(["Open", "Lost", "Won"], 300),
            "Close": np.datetime_as_string(np.datetime64("2024-01-01") + random.permutation(300)),
            "Amount": random.lognormal(9, 0.3, 300),
        }
    )
    kinds = {"Stage": "categorical", "Close": "date", "Amount": "numeric"}
    features = parse_features([{"name": name, "kind": kind} for name, kind in kinds.items()], where="test")
    detector = train(table, features, id_column="Id", options=TrainOptions(alpha=0.1)).detector()
    copies = table.set_column(3, "Amount", pa.array(table["Amount"].to_numpy() * 1.3))
    told = [
        (amount, reason.expected or "")
        for amount, reasons in zip(
            table["Amount"].to_pylist(), score(detector, copies.to_batches()[0]).reasons, strict=True
        )
        for reason in reasons
        if (reason.expected or "").endswith(AS_IN)
    ]
    assert len(told) > 200
    for amount, expected in told:
        assert original(expected) == pytest.approx(amount, rel=5e-3)


def test_a_copy_on_another_date_is_not_said_to_have_the_dates_of_its_original(
    opportunities: Any, changed: Change
) -> None:
    copies = [
        changed(opportunities.batch, i, CloseDate="2019-02-03", Amount=opportunities.batch["Amount"][i].as_py() * 1.3)
        for i in range(40)
        if opportunities.batch["Amount"][i].as_py()
    ]
    told = [
        reason.expected or ""
        for copy in copies
        for reasons in score(opportunities.detector, copy, 100).reasons
        for reason in reasons
        if AS_IN in (reason.expected or "")
    ]
    assert told
    assert all(text.endswith(f"{AS_IN} and dates") for text in told)


def test_half_of_the_expected_range_is_that_of_the_predicted_distribution() -> None:
    assert pytest.approx(student_t.ppf(0.95, DEGREES), rel=1e-15) == T90
