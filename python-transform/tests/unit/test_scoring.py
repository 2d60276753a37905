"""From surprises and places to one score."""

from __future__ import annotations

import numpy as np
import pytest

from anomaly_detection.features import Floats
from anomaly_detection.neighbors import Neighbors
from anomaly_detection.scoring import NEAREST, WEIGHTS, Scorer


def draw(n: int, d: int = 4, seed: int = 0) -> tuple[Floats, Floats]:
    random = np.random.default_rng(seed)
    return np.abs(random.normal(0, 1, (3, n, d))), random.normal(0, 1, (n, d))


@pytest.fixture
def scorer() -> Scorer:
    return Scorer.fit(Neighbors(draw(300, seed=9)[1]), *draw(200)).with_midpoint(3.0)


def test_a_part_is_zero_up_to_its_median_and_its_weight_at_its_90_percent_quantile(scorer: Scorer) -> None:
    weighted = scorer.weighted_parts(*draw(200))
    assert weighted.shape == (200, 4)
    assert np.allclose((weighted == 0).mean(0), 0.5, atol=0.01)
    assert np.allclose(np.quantile(weighted, 0.9, axis=0), WEIGHTS, rtol=1e-6)


def test_oddness_grows_with_every_surprise(scorer: Scorer) -> None:
    surprises, places = draw(50, seed=1)
    before = scorer.oddness(surprises, places)
    for model in range(3):
        for column in range(4):
            more = surprises.copy()
            more[model, :, column] += 5.0
            assert (scorer.oddness(more, places) > before).all()


def test_oddness_grows_with_the_distance_from_all_others(scorer: Scorer) -> None:
    surprises, places = draw(50, seed=1)
    assert (scorer.oddness(surprises, places + 20.0) > scorer.oddness(surprises, places)).all()


def test_the_score_is_a_half_at_the_midpoint_and_grows_from_zero_to_below_one(scorer: Scorer) -> None:
    found = scorer.score(np.array([0.0, 1.0, 3.0, 10.0, 1e6]))
    assert found[0] == 0.0
    assert found[2] == 0.5
    assert (np.diff(found) > 0).all()
    assert found[-1] < 1.0


def test_a_midpoint_of_nothing_is_not_divided_by(scorer: Scorer) -> None:
    assert scorer.with_midpoint(0.0).score(np.array([0.0]))[0] == 0.0


def test_a_part_that_never_varies_does_not_blow_up() -> None:
    surprises, places = np.zeros((3, 100, 2)), np.zeros((100, 2))
    scorer = Scorer.fit(Neighbors(places), surprises, places)
    assert (scorer.oddness(surprises, places) == 0).all()
    assert np.isfinite(scorer.oddness(surprises + 1.0, places + 1.0)).all()


def test_distance_by_column_adds_up_to_the_squared_distances(scorer: Scorer) -> None:
    places = draw(40, seed=2)[1]
    distances = scorer.neighbors.query(places, NEAREST)[0]
    assert np.allclose(scorer.distance_by_column(places).sum(1), (distances**2).mean(1))


def test_a_row_is_scored_the_same_alone(scorer: Scorer) -> None:
    surprises, places = draw(300, seed=3)
    together = scorer.oddness(surprises, places)
    alone = [scorer.oddness(surprises[:, i : i + 1], places[i : i + 1])[0] for i in range(300)]
    assert np.array_equal(together, np.array(alone))


def test_arrays_are_enough(scorer: Scorer) -> None:
    again = Scorer.of_arrays(scorer.arrays())
    surprises, places = draw(30, seed=4)
    assert np.array_equal(
        again.score(again.oddness(surprises, places)), scorer.score(scorer.oddness(surprises, places))
    )
