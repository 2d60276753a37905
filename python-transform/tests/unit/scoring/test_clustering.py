"""Prediction from plain arrays against `hdbscan` itself."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import hdbscan
import numpy as np
import pytest

from anomaly_detection.features.arrays import Floats
from anomaly_detection.scoring.clustering import Clustering, fit_hdbscan, freeze


def blobs(seed: int = 0) -> Floats:
    random = np.random.default_rng(seed)
    return np.concatenate([random.normal(6.0 * i, 1, (150, 4)) for i in range(4)])


def grid(rows: int, top: int = 3, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).integers(0, top, (rows, 3)).astype(float)


def one_cloud() -> Floats:
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(0, 1, (300, 3)), random.normal(0, 0.4, (40, 3)), random.normal(0, 5, (30, 3))])


def mixed() -> Floats:
    random = np.random.default_rng(4)
    return np.concatenate([np.repeat(random.normal(0, 3, (5, 3)), 40, 0), random.normal(0, 3, (200, 3))])


CASES = {
    "continuous": (blobs(), np.concatenate([np.random.default_rng(1).normal(9, 8, (400, 4)), blobs()[::3]])),
    "duplicates": (grid(600), np.concatenate([grid(200, 4, seed=1), grid(600)[:200], grid(200) + 0.1])),
    "one cluster": (one_cloud(), np.concatenate([np.random.default_rng(5).normal(0, 2, (300, 3)), one_cloud()])),
    "duplicates among others": (mixed(), np.concatenate([mixed(), np.random.default_rng(6).normal(0, 3, (200, 3))])),
    "rounded": (np.round(blobs(), 0), np.round(blobs(7), 0)),
    "far away": (blobs(), np.full((3, 4), 1e9) * np.array([[1.0], [-1.0], [1e3]])),
}


def expected(fitted: Any, points: Floats) -> tuple[Any, Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return *hdbscan.approximate_predict(fitted, points), hdbscan.approximate_predict_scores(fitted, points)


def assert_as_hdbscan(fitted: Any, points: Floats) -> None:
    found = Clustering.of_arrays(freeze(fitted).arrays()).predict(points)
    labels, strengths, scores = expected(fitted, points)
    assert np.array_equal(found.cluster, labels)
    assert np.array_equal(found.membership, strengths)
    there = ~np.isnan(scores)
    assert np.array_equal(found.outlier_score[there], scores[there])
    assert np.isfinite(found.outlier_score).all()


@pytest.mark.parametrize("case", CASES)
def test_prediction_is_that_of_hdbscan_bit_for_bit(case: str) -> None:
    reference, points = CASES[case]
    fitted = fit_hdbscan(reference)
    assert len(fitted.prediction_data_.cluster_tree) > 0
    assert_as_hdbscan(fitted, points)


@pytest.mark.parametrize("min_samples", [1, 2, 15])
def test_prediction_is_that_of_hdbscan_whatever_min_samples(min_samples: int) -> None:
    assert_as_hdbscan(fit_hdbscan(blobs(), min_samples=min_samples), CASES["continuous"][1])


@pytest.mark.parametrize("seed", range(8))
def test_prediction_is_that_of_hdbscan_on_random_ties(seed: int) -> None:
    random = np.random.default_rng(seed)
    centers = random.integers(-8, 8, (5, 3))
    reference = np.round(centers[random.integers(0, 5, 500)] + random.normal(0, 1, (500, 3)), 1)
    fitted = fit_hdbscan(reference)
    assert len(fitted.prediction_data_.cluster_tree) > 0
    assert_as_hdbscan(fitted, np.round(random.normal(0, 6, (300, 3)), 1))


def test_the_cases_reach_every_kind_of_answer() -> None:
    labels, strengths, scores = (
        np.concatenate(parts)
        for parts in zip(*(expected(fit_hdbscan(ref), points) for ref, points in CASES.values()), strict=True)
    )
    assert labels.min() == -1
    assert labels.max() > 3
    assert ((strengths > 0) & (strengths < 1)).any()
    assert (scores < 0).any()
    assert np.isnan(scores).any()


def test_prediction_is_that_of_hdbscan_on_rows_of_a_real_model(opportunities: Any) -> None:
    detector = opportunities.detector
    rows = detector.featurizer.encode(opportunities.batch)
    points = detector.surprises.points(rows, detector.surprises(rows))
    assert_as_hdbscan(fit_hdbscan(points[:500]), points)
    stored, again = detector.clustering.arrays(), freeze(fit_hdbscan(detector.clustering.reference)).arrays()
    assert all(np.array_equal(stored[name], again[name]) for name in again)


@pytest.mark.parametrize("case", ["continuous", "one cluster"])
def test_reference_rows_keep_their_own_outlier_scores(case: str) -> None:
    fitted = fit_hdbscan(CASES[case][0])
    assert np.array_equal(freeze(fitted).predict(CASES[case][0]).outlier_score, fitted.outlier_scores_)


@pytest.mark.parametrize("seed", range(3))
def test_a_hierarchy_without_a_split_is_one_cluster(seed: int) -> None:
    reference = np.round(np.random.default_rng(seed + 1).normal(0, 2, (1000, 6)), 1)
    fitted = fit_hdbscan(reference)
    assert len(fitted.prediction_data_.cluster_tree) == 0
    found = freeze(fitted).predict(np.concatenate([reference, reference[:5] + 1e6]))
    assert (found.cluster == 0).all()
    assert np.array_equal(found.outlier_score[:1000], fitted.outlier_scores_)
    assert (found.outlier_score[1000:] > 0.999).all()
    assert (found.membership[1000:] < 0.001).all()


def test_equal_rows_do_not_make_every_other_row_an_outlier_or_nan() -> None:
    random = np.random.default_rng(0)
    cloud = random.normal(0, 1, (300, 3))
    clustering = freeze(fit_hdbscan(np.concatenate([cloud, np.zeros((6, 3))])))
    found = clustering.predict(np.array([[0.0, 0.0, 0.0], [0.1, 0.1, 0.1], [8.0, 8.0, 8.0]])).outlier_score
    assert np.isfinite(found).all()
    assert found[0] <= 0.0
    assert found[1] < found[2]
    assert 0.8 < found[2] <= 1.0


def test_where_all_reference_rows_are_equal_only_an_equal_row_is_ordinary() -> None:
    clustering = freeze(fit_hdbscan(np.ones((200, 3))))
    found = clustering.predict(np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 1.5]]))
    assert found.outlier_score.tolist() == [0.0, 1.0]


def test_where_glosh_is_constant_the_core_distance_tells_rows_apart() -> None:
    fitted = freeze(fit_hdbscan(blobs()))
    flat = replace(
        fitted, point_parent=np.zeros(600, np.int64), point_lambda=np.full(600, fitted.subtree_max_lambda[0])
    )
    points = np.array([[0.0] * 4, [3.0] * 4, [300.0] * 4])
    found = flat.predict(points).outlier_score
    assert (np.diff(found) > 0).all()
    assert (fitted.predict(points).outlier_score != found).all()
    reference = flat.predict(blobs()).outlier_score
    assert np.median(reference) == pytest.approx(0.5, abs=0.02)
    assert reference.min() > 0
    assert found.max() < 1


def test_arrays_are_plain_and_enough() -> None:
    clustering = freeze(fit_hdbscan(blobs()))
    arrays = clustering.arrays()
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float64), np.dtype(np.int64)}
    assert all(name.startswith("cluster_") for name in arrays)
    again = Clustering.of_arrays(arrays)
    assert again.arrays().keys() == arrays.keys()
    assert all(np.array_equal(again.arrays()[name], array) for name, array in arrays.items())


def test_a_parent_stands_before_its_children() -> None:
    for reference, _ in CASES.values():
        clustering = freeze(fit_hdbscan(reference))
        nodes = np.arange(len(clustering.node_parent))
        assert (clustering.node_parent[1:] < nodes[1:]).all()


def test_no_points_give_no_predictions() -> None:
    found = freeze(fit_hdbscan(blobs())).predict(np.zeros((0, 4)))
    assert len(found.cluster) == len(found.membership) == len(found.outlier_score) == 0


def test_a_point_alone_is_predicted_as_among_others() -> None:
    reference, points = CASES["continuous"]
    clustering = freeze(fit_hdbscan(reference))
    together = clustering.predict(points)
    for i in range(0, len(points), 37):
        alone = clustering.predict(points[i : i + 1])
        assert alone.cluster[0] == together.cluster[i]
        assert alone.membership[0] == together.membership[i]
        assert alone.outlier_score[0] == together.outlier_score[i]
