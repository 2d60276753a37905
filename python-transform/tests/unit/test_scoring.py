"""From surprises, places and copies to one score."""

from __future__ import annotations

import numpy as np
import pytest

from anomaly_detection.features import Floats
from anomaly_detection.neighbors import Neighbors
from anomaly_detection.scoring import NEAREST, Scorer
from anomaly_detection.weights import WEIGHTS


def draw(n: int, d: int = 4, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    random = np.random.default_rng(seed)
    surprises, places = np.abs(random.normal(0, 1, (3, n, d))), random.normal(0, 1, (n, d))
    return surprises, places, np.where(random.random(n) < 0.1, 5.0, 0.0)


@pytest.fixture
def scorer() -> Scorer:
    return Scorer.fit(Neighbors(draw(300, seed=9)[1])).with_midpoint(3.0)


def test_distance_is_in_nats_zero_up_to_the_median_and_the_tails_beyond_the_90_percent_quantile(
    scorer: Scorer,
) -> None:
    # Points of the reference's own distribution: their distances are about those that the scorer was fitted to.
    far = scorer.far(draw(3000, seed=11)[1]) / WEIGHTS.neighbors
    assert (far == 0).mean() == pytest.approx(0.5, abs=0.1)
    assert (far > -np.log(0.1) - 1).mean() == pytest.approx(0.1, abs=0.05)
    for nats in (3.0, 5.0):
        assert (far > nats - 1).mean() == pytest.approx(np.exp(-nats), abs=0.02)


def test_distance_grows_without_a_jump_where_the_tail_begins(scorer: Scorer) -> None:
    line = np.linspace(0, 30, 3000)[:, None] * np.array([[1.0, 0, 0, 0]])
    order = np.argsort(scorer.neighbors.query(line, NEAREST)[0].mean(1))
    far = scorer.far(line[order])
    assert (np.diff(far) >= 0).all()
    assert np.diff(far).max() < 0.1
    assert far.max() > 10 * WEIGHTS.neighbors


def test_oddness_is_the_cubic_norm_of_each_columns_worst_the_distance_and_the_copy(scorer: Scorer) -> None:
    surprises, places, copies = draw(50, seed=1)
    parts = np.concatenate([surprises.max(0), scorer.far(places)[:, None], copies[:, None]], 1)
    assert np.allclose(scorer.oddness(surprises, places, copies), np.linalg.norm(parts, 3, axis=1))


def test_oddness_never_falls_with_a_surprise_a_distance_or_a_copy(scorer: Scorer) -> None:
    surprises, places, copies = draw(50, seed=1)
    before = scorer.oddness(surprises, places, copies)
    for model in range(3):
        for column in range(4):
            more = surprises.copy()
            more[model, :, column] += 5.0
            assert (scorer.oddness(more, places, copies) > before).all()
    assert (scorer.oddness(surprises, places + 20.0, copies) > before).all()
    assert (scorer.oddness(surprises, places, copies + 1.0) > before).all()


def test_one_bad_cell_counts_more_than_the_same_spread_over_all(scorer: Scorer) -> None:
    nothing, places = np.zeros((3, 1, 4)), scorer.neighbors.reference[:1]
    one, spread = nothing.copy(), nothing + 2.0
    one[0, 0, 0] = 8.0
    assert scorer.oddness(one, places, np.zeros(1)) > scorer.oddness(spread, places, np.zeros(1))


def test_the_score_is_a_half_at_the_midpoint_and_grows_from_zero_to_below_one(scorer: Scorer) -> None:
    found = scorer.score(np.array([0.0, 1.0, 3.0, 10.0, 1e6]))
    assert found[0] == 0.0
    assert found[2] == 0.5
    assert (np.diff(found) > 0).all()
    assert found[-1] < 1.0


def test_a_midpoint_of_nothing_is_not_divided_by(scorer: Scorer) -> None:
    assert scorer.with_midpoint(0.0).score(np.array([0.0]))[0] == 0.0


def test_places_that_never_vary_do_not_blow_up() -> None:
    places = np.zeros((100, 2))
    scorer = Scorer.fit(Neighbors(places))
    assert (scorer.far(places) == 0).all()
    assert np.isfinite(scorer.far(places + 1.0)).all()


def test_distance_by_column_adds_up_to_the_squared_distances(scorer: Scorer) -> None:
    places = draw(40, seed=2)[1]
    distances = scorer.neighbors.query(places, NEAREST)[0]
    assert np.allclose(scorer.distance_by_column(places).sum(1), (distances**2).mean(1))


def test_a_row_is_scored_the_same_alone(scorer: Scorer) -> None:
    surprises, places, copies = draw(300, seed=3)
    together = scorer.oddness(surprises, places, copies)
    alone = [
        scorer.oddness(surprises[:, i : i + 1], places[i : i + 1], copies[i : i + 1])[0] for i in range(len(copies))
    ]
    assert np.array_equal(together, np.array(alone))


def test_arrays_are_enough(scorer: Scorer) -> None:
    again = Scorer.of_arrays(scorer.arrays())
    rows = draw(30, seed=4)
    assert np.array_equal(again.score(again.oddness(*rows)), scorer.score(scorer.oddness(*rows)))
