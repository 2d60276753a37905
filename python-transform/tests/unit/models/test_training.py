"""What training is told, refuses, and leaves behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.features.feature import Feature, parse_features
from anomaly_detection.models.artifacts import FORMAT_VERSION
from anomaly_detection.models.training import FOLDS, LEAST_ROWS, Split, TrainOptions, train
from anomaly_detection.scoring.calibration import smallest_alpha

Make = Callable[..., pa.Table]


def test_the_parts_of_a_split_are_all_rows_once() -> None:
    split = Split.draw(1000, TrainOptions())
    parts = (split.train, split.validation, split.calibration)
    assert sorted(np.concatenate(parts).tolist()) == list(range(1000))
    assert [len(part) for part in parts] == [700, 100, 200]
    assert all((np.diff(part) > 0).all() for part in parts)


def test_a_split_is_that_of_its_seed() -> None:
    first, again, other = (Split.draw(500, TrainOptions(seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.train, again.train)
    assert not np.array_equal(first.train, other.train)


@pytest.mark.parametrize("rows", [LEAST_ROWS, 137, 1000])
def test_the_calibration_part_allows_an_alpha_far_below_one_of_its_rows(rows: int) -> None:
    split = Split.draw(rows, TrainOptions(alpha=0.001))
    assert smallest_alpha(len(split.calibration)) <= 0.001
    assert len(split.train) > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            TrainOptions(alpha=0.0),
            "alpha: expected a share from 0.00016 (60 of 300 rows are for calibration) to below 1, found 0",
        ),
        (
            TrainOptions(alpha=1.0),
            "alpha: expected a share from 0.00016 (60 of 300 rows are for calibration) to below 1, found 1",
        ),
        (
            TrainOptions(alpha=-1.0),
            "alpha: expected a share from 0.00016 (60 of 300 rows are for calibration) to below 1, found -1",
        ),
        (
            TrainOptions(alpha=float("nan")),
            "alpha: expected a share from 0.00016 (60 of 300 rows are for calibration) to below 1, found nan",
        ),
        (
            TrainOptions(alpha=5e-324),
            "alpha: expected a share from 0.00016 (60 of 300 rows are for calibration) to below 1, found 4.94066e-324",
        ),
        (TrainOptions(seed=-1), "seed: expected 0 to 9223372036854775807, found -1"),
        (TrainOptions(seed=2**63), "seed: expected 0 to 9223372036854775807, found 9223372036854775808"),
        (TrainOptions(reference_rows=5), "reference_rows: expected 50 to 131072, found 5"),
        (TrainOptions(encoder="bold"), "encoder: expected masked or autoembedder, found 'bold'"),
    ],
)
def test_options_that_cannot_be_used_are_refused(
    options: TrainOptions, message: str, parcel_table: Make, parcel_features: tuple[Feature, ...]
) -> None:
    with pytest.raises(ConfigError) as error:
        train(parcel_table(300), parcel_features, id_column="Code", options=options)
    assert str(error.value) == message


def test_too_few_rows_are_refused(parcel_table: Make, parcel_features: tuple[Feature, ...]) -> None:
    with pytest.raises(DataError, match=rf"expected at least {LEAST_ROWS} good rows, found {LEAST_ROWS - 1};"):
        train(parcel_table(LEAST_ROWS - 1), parcel_features, id_column="Code")


def test_the_id_is_not_looked_at(parcel_table: Make) -> None:
    features = [Feature(name="Code", kind="categorical"), Feature(name="Route", kind="categorical")]
    with pytest.raises(ConfigError, match=r"^features: expected columns beside the id, found 'Code', which is the id"):
        train(parcel_table(300), features, id_column="Code")


def test_features_that_do_not_fit_together_are_refused_before_the_training(parcel_table: Make) -> None:
    features = [Feature(name="Days", kind="duration", start="Sent", end="Arrived")]
    with pytest.raises(ConfigError, match="expected 'from' and 'to' to be date features"):
        train(parcel_table(300), features, id_column="Code")


def test_the_summary_says_what_was_done(small: Any) -> None:
    params = json.loads(small.artifacts.params)
    assert params["training"].keys() == {
        "rows", "validation_rows", "calibration_rows", "reference_rows", "validation_loss", "unseen_share",
        "seed", "encoder", "look_for",
    }  # fmt: skip
    assert params["training"]["rows"] == params["training"]["reference_rows"] == 300
    assert (params["training"]["seed"], params["training"]["encoder"]) == (0, "masked")
    assert (params["alpha"], params["id_column"], params["format_version"]) == (0.05, "Code", FORMAT_VERSION)
    assert [(f["name"], f["kind"]) for f in params["features"]][:2] == [
        ("Route", "categorical"),
        ("Express", "categorical"),
    ]
    assert params["features"][-1] == {"name": "Days", "kind": "duration", "from": "Sent", "to": "Arrived"}


def test_progress_is_told_step_by_step(parcel_table: Make) -> None:
    seen: list[tuple[str, int, int]] = []
    features = parse_features([{"name": "Route", "kind": "categorical"}], where="test")
    train(
        parcel_table(120),
        features,
        id_column="Code",
        options=TrainOptions(alpha=0.1),
        progress=lambda step, done, total: seen.append((step, done, total)),
    )
    assert list(dict.fromkeys(step for step, _, _ in seen)) == ["encoder", "clusters", "calibration"]
    assert all(0 <= done <= total for _, done, total in seen)
    assert seen[-1] == ("calibration", FOLDS, FOLDS)


@pytest.mark.parametrize(
    "names", [["Route"], ["Weight"], ["Route", "Express"], ["Weight", "Built"], ["Sent", "Arrived", "Days"]]
)
def test_features_of_one_kind_are_enough(
    names: list[str], parcel_table: Make, parcel_features: tuple[Feature, ...]
) -> None:
    features = [feature for feature in parcel_features if feature.name in names]
    table = parcel_table(120)
    detector = train(table, features, id_column="Code", options=TrainOptions(alpha=0.1)).detector()
    found = detector.score(table.combine_chunks().to_batches()[0], explain_all=True)
    assert len(found.score) == 120
    assert np.isfinite([found.score, found.p_value, found.prediction.membership, found.prediction.outlier_score]).all()


def test_a_table_of_equal_rows_can_be_trained_on(parcel_table: Make) -> None:
    one = parcel_table(1).drop_columns(["Code"])
    table = pa.concat_tables([one] * 150).append_column("Code", pa.array([f"c{i}" for i in range(150)]))
    features = parse_features(
        [{"name": "Route", "kind": "categorical"}, {"name": "Weight", "kind": "numeric"}], where="test"
    )
    detector = train(table, features, id_column="Code", options=TrainOptions(alpha=0.1)).detector()
    found = detector.score(table.combine_chunks().to_batches()[0])
    assert found.label.sum() == 0
    assert (found.prediction.outlier_score == 0).all()
    other = detector.score(parcel_table(50, seed=5).combine_chunks().to_batches()[0])
    assert np.isfinite([other.score, other.prediction.outlier_score, other.prediction.membership]).all()
    assert other.label.any()


def test_wild_numbers_in_the_training_rows_leave_a_model_that_can_be_used(parcel_table: Make) -> None:
    table = parcel_table(150)
    weights = table["Weight"].to_pylist()
    weights[:3] = [1e200, -1e200, 1.7e308]
    table = table.set_column(table.schema.get_field_index("Weight"), "Weight", pa.array(weights, pa.float64()))
    features = parse_features([{"name": "Weight", "kind": "numeric"}], where="test")
    detector = train(table, features, id_column="Code", options=TrainOptions(alpha=0.1)).detector()
    assert np.isfinite(detector.score(table.combine_chunks().to_batches()[0]).score).all()


def test_the_seed_decides_the_model(parcel_table: Make) -> None:
    features = parse_features([{"name": "Route", "kind": "categorical"}], where="test")

    def model(seed: int) -> Any:
        return train(parcel_table(120), features, id_column="Code", options=TrainOptions(alpha=0.1, seed=seed))

    assert model(1) == model(1)
    assert model(1).detector().model_id != model(2).detector().model_id
