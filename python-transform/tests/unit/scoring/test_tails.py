"""How far out a number lies."""

from __future__ import annotations

import numpy as np
import pytest

from anomaly_detection.features.arrays import Floats
from anomaly_detection.scoring.tails import MOST, Tails


def fit(values: Floats) -> Tails:
    return Tails.fit(values[:, None], np.ones((len(values), 1), dtype=bool))


def test_ordinary_numbers_have_a_surprise_of_zero_on_average() -> None:
    random = np.random.default_rng(0)
    for draw in (random.normal(0, 1, 5000), random.exponential(1, 5000), random.uniform(0, 1, 5000)):
        found = fit(draw)(draw[:, None])
        assert abs(found.mean()) < 0.05
        assert found.min() >= -1


@pytest.mark.parametrize("multiple", [5.0, 10.0])
def test_beyond_the_edge_the_surprise_is_the_exponential_tails(multiple: float) -> None:
    # Exact for an exponential distribution: 1 − F(x) = e^-x, and the lower side does not matter.
    values = np.random.default_rng(1).exponential(1, 100_000)
    found = fit(values)(np.array([[multiple]]))[0, 0]
    assert found == pytest.approx(multiple - np.log(2) - 1, rel=0.03)


def test_surprise_grows_outwards_on_both_sides_up_to_a_limit() -> None:
    tails = fit(np.random.default_rng(2).normal(0, 1, 2000))
    outwards = np.array([0.0, 1.0, 2.0, 4.0, 8.0, 1e9])[:, None]
    for side in (outwards, -outwards):
        found = tails(side)[:, 0]
        assert (np.diff(found[:5]) > 0).all()
        assert found[-1] == MOST


def test_constant_and_absent_columns_are_finite() -> None:
    constant = fit(np.full(50, 3.0))(np.array([[3.0], [4.0]]))[:, 0]
    assert constant[0] < 1
    assert constant[1] == MOST
    absent = Tails.fit(np.zeros((50, 1)), np.zeros((50, 1), dtype=bool))
    assert np.isfinite(absent(np.array([[0.0], [5.0]]))).all()
