"""Features from their JSON form, and tables as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from anomaly_detection.errors import ConfigError
from anomaly_detection.features.feature import Feature, parse_features, scored_numbers
from anomaly_detection.features.featurizer import FIRST_LEVEL, MISSING, UNKNOWN, Featurizer, numbers_of
from anomaly_detection.features.scale import FARTHEST, Scale

KINDS = "categorical, numeric, date, duration"
SPEC: list[dict[str, Any]] = [
    {"name": "Stage", "kind": "categorical"},
    {"name": "Won", "kind": "categorical", "type": "BOOLEAN"},
    {"name": "Amount", "kind": "numeric"},
    {"name": "Created", "kind": "date"},
    {"name": "Closed", "kind": "date"},
    {"name": "Founded", "kind": "date"},
    {"name": "Age", "kind": "duration", "from": "Created", "to": "Closed"},
]


def table(**columns: list[Any]) -> pa.Table:
    types = {"Won": pa.bool_(), "Amount": pa.float64()}
    return pa.table({name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()})


ROWS = table(
    Stage=["Open", "Won", None, "Open"],
    Won=[False, True, None, False],
    Amount=[1.0, 2.0, 4.0, None],
    Created=["2024-01-01", "2024-01-02", "2024-01-03", None],
    Closed=["2024-01-11", "2024-01-02", None, "2024-01-05"],
    Founded=["2000-01-01", "2000-01-02T10:00:00Z", None, "2000-01-04"],
)


@pytest.fixture
def featurizer() -> Featurizer:
    return Featurizer.fit(parse_features(SPEC, where="spec"), ROWS)


def test_features_take_the_type_of_their_kind_and_keep_their_form() -> None:
    features = parse_features(SPEC, where="spec")
    assert [feature.type for feature in features] == ["STRING", "BOOLEAN", "DOUBLE", "STRING", "STRING", "STRING", ""]
    assert [feature.column_type for feature in features][3:6] == ["date"] * 3
    assert [feature.is_column for feature in features] == [True] * 6 + [False]
    assert parse_features([feature.as_json() for feature in features], where="again") == features


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ([], "spec: expected a list of features, found []"),
        ({"name": "a"}, "spec: expected a list of features, found {'name': 'a'}"),
        (None, "spec: expected a list of features, found None"),
        (["Stage"], "spec: expected a feature with a name and a kind, found 'Stage'"),
        ([{"kind": "numeric"}], "spec: expected a feature with a name and a kind, found {'kind': 'numeric'}"),
        ([{"name": 3, "kind": "numeric"}], "spec: expected a feature with a name and a kind, found {'name': 3, "),
        ([{"name": "a"}], f"spec: feature 'a': expected a kind of {KINDS}, found None"),
        ([{"name": "a", "kind": "text"}], f"spec: feature 'a': expected a kind of {KINDS}, found 'text'"),
        ([{"name": "a", "kind": ["numeric"]}], f"spec: feature 'a': expected a kind of {KINDS}, found ['numeric']"),
        ([{"name": "a", "kind": "numeric", "bins": 3}], "spec: feature 'a': unknown key 'bins'"),
        (
            [{"name": "a", "kind": "numeric", "type": "STRING"}],
            "spec: feature 'a': expected a numeric type of DOUBLE, found 'STRING'",
        ),
        (
            [{"name": "a", "kind": "categorical", "type": "DOUBLE"}],
            "spec: feature 'a': expected a categorical type of STRING or BOOLEAN, found 'DOUBLE'",
        ),
        (
            [{"name": "a", "kind": "date", "type": "BOOLEAN"}],
            "spec: feature 'a': expected a date type of STRING, found 'BOOLEAN'",
        ),
        ([{"name": "a", "kind": "numeric"}] * 2, "spec: feature 'a' is there twice"),
        ([{"name": "a", "kind": "date"}], "spec: expected at least one categorical, numeric or duration feature"),
        (
            [{"name": "a", "kind": "duration"}],
            "spec: feature 'a': expected 'from' and 'to' with a duration and nowhere else, found None",
        ),
        (
            [{"name": "a", "kind": "duration", "from": ["x"], "to": "y"}],
            "spec: feature 'a': expected 'from' and 'to' with a duration and nowhere else, found ['x']",
        ),
        (
            [{"name": "a", "kind": "numeric", "from": "x"}],
            "spec: feature 'a': expected 'from' and 'to' with a duration and nowhere else, found 'x'",
        ),
        (
            [{"name": "a", "kind": "duration", "from": "x", "to": "y"}],
            "spec: feature 'a': expected 'from' and 'to' to be date features (there are none), found 'x', 'y'",
        ),
        (
            [{"name": "x", "kind": "date"}, {"name": "a", "kind": "duration", "from": "x", "to": "y"}],
            "spec: feature 'a': expected 'from' and 'to' to be date features (x), found 'x', 'y'",
        ),
    ],
)
def test_a_wrong_spec_is_refused(spec: Any, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_features(spec, where="spec")
    assert str(error.value).startswith(message)


def test_names_are_not_compared_each_with_each() -> None:
    class Name(str):
        compared = 0
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            Name.compared += 1
            return str.__eq__(self, other)

    spec = [{"name": Name(f"column {i}"), "kind": "numeric"} for i in range(1000)]
    assert len(parse_features(spec, where="spec")) == 1000
    # A name may meet others in a dictionary.
    assert Name.compared < 100 * 1000


def test_codes_are_unknown_missing_or_a_level_in_order(featurizer: Featurizer) -> None:
    assert featurizer.vocabularies["Stage"] == ("Open", "Won")
    assert featurizer.vocabularies["Won"] == ("false", "true")
    assert featurizer.cards == (4, 4)
    asked = ROWS.set_column(0, "Stage", pa.array(["Won", "never seen", None, ""]))
    codes = featurizer.encode(asked).codes
    assert codes[:, 0].tolist() == [FIRST_LEVEL + 1, UNKNOWN, MISSING, UNKNOWN]
    assert codes[:, 1].tolist() == [FIRST_LEVEL, FIRST_LEVEL + 1, MISSING, FIRST_LEVEL]


def test_values_that_differ_in_case_or_form_are_other_values(featurizer: Featurizer) -> None:
    asked = ROWS.set_column(0, "Stage", pa.array(["open", " Open", "Open ", "Open"]))
    assert featurizer.encode(asked).codes[:, 0].tolist() == [UNKNOWN, UNKNOWN, UNKNOWN, FIRST_LEVEL]


def test_a_column_that_was_always_missing_knows_no_value() -> None:
    features = parse_features([{"name": "Stage", "kind": "categorical"}], where="spec")
    featurizer = Featurizer.fit(features, table(Stage=[None, None]))
    assert featurizer.cards == (2,)
    assert featurizer.encode(table(Stage=["x", None])).codes[:, 0].tolist() == [UNKNOWN, MISSING]


def test_numbers_are_standardised_and_zero_where_missing(featurizer: Featurizer) -> None:
    rows = featurizer.encode(ROWS)
    amounts = rows.numbers[:, 0]
    assert rows.missing[:, 0].tolist() == [False, False, False, True]
    assert amounts[3] == 0.0
    assert np.isclose(amounts[:3].mean(), 0)
    assert np.isclose(amounts[:3].std(), 1)


def test_dates_of_a_duration_are_scored_through_it_alone(featurizer: Featurizer) -> None:
    assert [feature.name for feature in featurizer.numeric] == ["Amount", "Founded", "Age"]
    assert [feature.name for feature in featurizer.scored] == ["Stage", "Won", "Amount", "Founded", "Age"]


def test_a_date_without_a_duration_is_scored() -> None:
    features = parse_features([spec for spec in SPEC if spec["kind"] != "duration"], where="spec")
    assert [feature.name for feature in scored_numbers(features)] == ["Amount", "Created", "Closed", "Founded"]


def test_durations_are_days_and_missing_where_either_end_is() -> None:
    age = parse_features(SPEC, where="spec")[-1]
    assert np.array_equal(numbers_of(age, ROWS), [10, 0, np.nan, np.nan], equal_nan=True)


def test_dates_are_days_since_1970_whatever_their_time_of_day() -> None:
    found = numbers_of(Feature(name="Founded", kind="date", type="STRING"), ROWS)
    assert np.array_equal(found, [10957, 10958, np.nan, 10960], equal_nan=True)


@pytest.mark.parametrize("log", [False, True])
def test_a_scale_can_be_inverted(log: bool) -> None:
    values = np.array([-1e6, -3.0, 0.0, 0.5, 7.0, 1e6])
    scale = Scale.fit(values, log=log)
    assert np.allclose(scale.invert(scale.apply(values)), values)
    assert np.isclose(scale.apply(values).mean(), 0)
    assert np.isclose(scale.apply(values).std(), 1)
    assert (np.diff(scale.apply(values)) > 0).all()


def test_a_scale_is_logarithmic_where_numbers_are_skewed() -> None:
    random = np.random.default_rng(0)
    assert Scale.fit(random.lognormal(10, 2, 1000)).log
    assert not Scale.fit(random.normal(10, 2, 1000)).log


def test_a_duration_has_a_logarithmic_scale(featurizer: Featurizer) -> None:
    assert featurizer.scales["Age"].log


@pytest.mark.parametrize("values", [[], [5.0], [5.0] * 9, [0.0]])
def test_a_scale_of_one_value_or_none_can_be_used(values: list[float]) -> None:
    scale = Scale.fit(np.array(values))
    assert np.isfinite(scale.apply(np.array([0.0, 5.0, 7.0]))).all()
    assert scale.deviation > 0


def test_numbers_near_the_end_of_their_range_have_a_place() -> None:
    for log in (False, True):
        scale = Scale.fit(np.array([1.0, 2.0, 3.0]), log=log)
        found = scale.apply(np.array([1.7e308, -1.7e308]))
        assert found[0] == -found[1] or log
        assert (np.abs(found) <= FARTHEST).all()
        assert np.isfinite(scale.invert(found)).all()
    scale = Scale.fit(np.array([1e300, 1.0, 3.0]))
    assert scale.log
    assert np.isfinite([scale.mean, scale.deviation]).all()


def test_encoding_a_slice_or_chunks_is_encoding_the_rows(featurizer: Featurizer) -> None:
    whole = featurizer.encode(ROWS)
    part = featurizer.encode(ROWS.to_batches()[0].slice(1, 2))
    chunks = featurizer.encode(pa.concat_tables([ROWS.slice(0, 1), ROWS.slice(1)]))
    assert np.array_equal(part.codes, whole.codes[1:3])
    assert np.array_equal(part.numbers, whole.numbers[1:3])
    assert np.array_equal(chunks.codes, whole.codes)
    assert np.array_equal(chunks.numbers, whole.numbers)


def test_no_rows_encode_to_no_rows(featurizer: Featurizer) -> None:
    rows = featurizer.encode(ROWS.slice(0, 0))
    assert len(rows) == 0
    assert rows.codes.shape == (0, 2)
    assert rows.numbers.shape == rows.missing.shape == (0, 3)


def test_rows_can_be_taken_by_position_and_by_mask(featurizer: Featurizer) -> None:
    rows = featurizer.encode(ROWS)
    assert np.array_equal(rows.take(np.array([2, 0])).codes, rows.codes[[2, 0]])
    assert np.array_equal(rows.take(np.array([False, True, False, True])).numbers, rows.numbers[[1, 3]])


def vocabulary(values: list[str | None]) -> tuple[str, ...]:
    features = parse_features([{"name": "Owner", "kind": "categorical"}], where="test")
    table = pa.table({"Owner": pa.array(values, pa.string())})
    return Featurizer.fit(features, table).vocabularies["Owner"]


def test_the_vocabulary_begins_with_the_most_frequent_value() -> None:
    assert vocabulary(["b", "c", "a", "c", None, "a", "c"]) == ("c", "a", "b")


def test_in_an_open_column_a_value_that_was_seen_once_stands_for_those_that_were_not() -> None:
    often = ["x"] * 60 + ["y"] * 32
    assert vocabulary(often + [f"once {i}" for i in range(8)]) == ("x", "y")
    assert len(vocabulary(often + [f"once {i}" for i in range(5)])) == 7
    assert len(vocabulary(often * 5 + [f"once {i}" for i in range(8)])) == 10


def test_an_open_column_knows_how_often_there_is_a_new_value() -> None:
    features = parse_features([{"name": "Owner", "kind": "categorical"}], where="test")
    values = ["x"] * 60 + [f"once {i}" for i in range(40)]
    featurizer = Featurizer.fit(features, pa.table({"Owner": values}))
    codes = featurizer.encode(pa.table({"Owner": [*values, "new"]})).codes[:, 0]
    assert (codes == UNKNOWN).sum() == 41


def test_values_beyond_what_can_be_told_apart_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anomaly_detection.features.featurizer.MOST_LEVELS", 3)
    assert vocabulary(["a"] * 2 + ["b"] * 3 + ["c"] * 4 + ["d"] * 5) == ("d", "c", "b")
    assert vocabulary(["é" * 500, "é" * 501] * 2) == ("é" * 500,)
