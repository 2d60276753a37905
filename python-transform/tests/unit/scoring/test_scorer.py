"""From surprises, places, copies and breadth to one score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from anomaly_detection.features.arrays import Floats
from anomaly_detection.scoring.neighbors import Neighbors
from anomaly_detection.scoring.scorer import AMONG, BEYOND, NEAREST, SURE, Evidence, Scorer
from anomaly_detection.scoring.weights import LOOK_FOR, WEIGHTS

EDGE = -np.log(BEYOND) - 1


def draw_points(n: int, seed: int) -> Floats:
    return np.random.default_rng([seed, 1]).normal(0, 1, (n, 4))


NEIGHBORS = Neighbors(draw_points(300, 9))


def draw(n: int, d: int = 4, seed: int = 0) -> Evidence:
    random = np.random.default_rng(seed)
    surprises, near = np.abs(random.normal(0, 1, (3, n, d))), NEIGHBORS.query(draw_points(n, seed), AMONG)
    return Evidence(surprises, near, np.where(random.random(n) < 0.1, 5.0, 0.0), random.normal(2, 1, (n, d)))


@pytest.fixture
def scorer() -> Scorer:
    return Scorer.fit(NEIGHBORS, draw(300, seed=9).uncommon.sum(1)).with_midpoint(3.0)


def test_distance_and_breadth_are_zero_up_to_the_median_and_reach_the_edge_with_one_row_in_ten(scorer: Scorer) -> None:
    # Rows of the reference's own distribution: they lie about as the scorer was fitted to.
    rows = draw(3000, seed=11)
    for found, weight in (
        (scorer.far(rows.near), WEIGHTS.neighbors),
        (scorer.broad(rows.uncommon), WEIGHTS.breadth),
    ):
        assert (found == 0).mean() == pytest.approx(0.5, abs=0.1)
        assert (found > weight * EDGE).mean() == pytest.approx(0.1, abs=0.05)


def test_breadth_grows_like_the_surprise_of_a_normal_distribution() -> None:
    scorer = Scorer.fit(NEIGHBORS, np.random.default_rng(0).normal(8, 2, 20_000))
    z = np.array([2.0, 4.0, 6.0])
    found = scorer.broad((8 + 2 * z)[:, None]) / WEIGHTS.breadth
    assert np.allclose(found, EDGE * (z / 1.2816) ** 2, rtol=0.05)


def test_distance_grows_without_a_jump(scorer: Scorer) -> None:
    line = np.linspace(0, 30, 3000)[:, None] * np.array([[1.0, 0, 0, 0]])
    near = NEIGHBORS.query(line, AMONG)
    far = scorer.far(near.take(np.argsort(near.distances[:, :NEAREST].mean(1))))
    assert (np.diff(far) >= 0).all()
    assert np.diff(far).max() < 0.1
    assert far.max() > 10 * WEIGHTS.neighbors


def test_a_few_odd_rows_in_training_move_the_scale_little() -> None:
    breadths = np.random.default_rng(0).normal(0, 1, 1000)
    spoiled = np.concatenate([breadths, np.full(50, 100.0)])
    asked = np.full((1, 1), 6.0)
    found = [Scorer.fit(NEIGHBORS, values).broad(asked)[0] for values in (breadths, spoiled)]
    assert found[1] > 0.6 * found[0]


def test_oddness_is_the_cubic_norm_of_each_columns_worst_the_distance_the_breadth_and_the_copy(scorer: Scorer) -> None:
    rows = draw(50, seed=1)
    others = np.stack([scorer.far(rows.near), scorer.broad(rows.uncommon), rows.copies], 1)
    parts = np.concatenate([rows.surprises.max(0), others], 1)
    assert np.allclose(scorer.oddness(rows), np.linalg.norm(parts, 3, axis=1))


def test_oddness_never_falls_with_any_part(scorer: Scorer) -> None:
    rows = draw(50, seed=1)
    before = scorer.oddness(rows)
    for model in range(3):
        for column in range(4):
            more = rows.surprises.copy()
            more[model, :, column] += 5.0
            assert (scorer.oddness(replace(rows, surprises=more)) > before).all()
    assert (scorer.oddness(replace(rows, near=replace(rows.near, tail=rows.near.tail + 400.0))) > before).all()
    assert (scorer.oddness(replace(rows, copies=rows.copies + 1.0)) > before).all()
    assert (scorer.oddness(replace(rows, uncommon=rows.uncommon + 5.0)) > before).all()


def test_a_surprise_beyond_what_is_sure_grows_like_a_logarithm(scorer: Scorer) -> None:
    asked = np.array([0.0, 1.0, SURE, SURE + 1, SURE + 20])[None, :, None]
    found = scorer.cells(asked)[:, 0]
    assert found[:3].tolist() == [0.0, 1.0, SURE]
    assert found[3] == pytest.approx(SURE + np.log(2))
    assert found[4] == pytest.approx(SURE + np.log(21))


def test_one_bad_cell_counts_more_than_the_same_spread_over_all(scorer: Scorer) -> None:
    near = NEIGHBORS.query(NEIGHBORS.reference[:1], AMONG)
    rows = Evidence(np.zeros((3, 1, 4)), near, np.zeros(1), np.zeros((1, 4)))
    one, spread = rows.surprises.copy(), rows.surprises + 2.0
    one[0, 0, 0] = 8.0
    assert scorer.oddness(replace(rows, surprises=one)) > scorer.oddness(replace(rows, surprises=spread))


def test_who_looks_for_outliers_hears_less_of_single_cells_and_more_of_whole_rows(scorer: Scorer) -> None:
    outliers = replace(scorer, weights=LOOK_FOR["outliers"])
    rows = draw(50, seed=2)
    assert np.allclose(outliers.cells(rows.surprises), np.maximum(rows.surprises.max(0) - np.log(4), 0))
    assert (outliers.broad(rows.uncommon) >= scorer.broad(rows.uncommon)).all()
    assert outliers.broad(rows.uncommon).sum() > scorer.broad(rows.uncommon).sum()
    again = Scorer.of_arrays(outliers.arrays())
    assert np.array_equal(again.oddness(rows), outliers.oddness(rows))


def test_the_score_is_a_half_at_the_midpoint_and_grows_from_zero_to_below_one(scorer: Scorer) -> None:
    found = scorer.score(np.array([0.0, 1.0, 3.0, 10.0, 1e6]))
    assert found[0] == 0.0
    assert found[2] == 0.5
    assert (np.diff(found) > 0).all()
    assert found[-1] < 1.0


def test_a_midpoint_of_nothing_is_not_divided_by(scorer: Scorer) -> None:
    assert scorer.with_midpoint(0.0).score(np.array([0.0]))[0] == 0.0


def test_rows_that_never_vary_do_not_blow_up() -> None:
    points = np.zeros((100, 2))
    neighbors = Neighbors(points)
    scorer = Scorer.fit(neighbors, np.zeros(100))
    assert (scorer.far(neighbors.query(points, AMONG)) == 0).all()
    assert np.isfinite(scorer.far(neighbors.query(points + 1.0, AMONG))).all()
    assert np.isfinite(scorer.broad(points + 1.0)).all()


def test_a_row_is_scored_the_same_alone(scorer: Scorer) -> None:
    rows: Evidence = draw(300, seed=3)
    together: Floats = scorer.oddness(rows)
    alone = [scorer.oddness(rows.take(np.array([i])))[0] for i in range(300)]
    assert np.array_equal(together, np.array(alone))


def test_arrays_are_enough(scorer: Scorer) -> None:
    again, rows = Scorer.of_arrays(scorer.arrays()), draw(30, seed=4)
    assert again.weights == scorer.weights
    assert np.array_equal(again.score(again.oddness(rows)), scorer.score(scorer.oddness(rows)))
