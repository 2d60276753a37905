"""The tail of what exceeds a high threshold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import genpareto

from anomaly_detection.scoring.pareto import MOST_SHAPE, Tail


@pytest.mark.parametrize("shape", [0.0, 0.2, 0.4])
def test_shape_and_scale_are_found_again(shape: float) -> None:
    tails = [
        Tail.fit(genpareto.rvs(shape, scale=3.0, size=4000, random_state=seed), least_scale=1e-9) for seed in range(20)
    ]
    assert np.mean([tail.shape for tail in tails]) == pytest.approx(shape, abs=0.03)
    assert np.mean([tail.scale for tail in tails]) == pytest.approx(3.0, rel=0.05)


@pytest.mark.parametrize("tail", [Tail(0.0, 2.0), Tail(0.3, 2.0), Tail(MOST_SHAPE, 0.1)])
def test_the_excess_of_so_many_nats_is_the_quantile_of_the_distribution(tail: Tail) -> None:
    nats = np.array([0.0, 0.1, 1.0, 10.0])
    assert np.allclose(tail.excess(nats), genpareto.isf(np.exp(-nats), tail.shape, scale=tail.scale))


@pytest.mark.parametrize("tail", [Tail(0.0, 2.0), Tail(0.3, 2.0)])
def test_beyond_a_higher_threshold_it_is_the_conditional_distribution(tail: Tail) -> None:
    reached = -genpareto.logsf(3.0, tail.shape, scale=tail.scale)
    nats = np.array([0.5, 2.0, 20.0])
    assert np.allclose(tail.beyond(3.0).excess(nats), tail.excess(nats + reached) - 3.0)


def test_a_few_excesses_or_none_make_a_tail_too() -> None:
    assert Tail.fit(np.zeros(0), least_scale=0.5) == Tail(0.0, 0.5)
    assert Tail.fit(np.zeros(9), least_scale=0.5) == Tail(0.0, 0.5)
    assert Tail.fit(np.array([2.0]), least_scale=0.5).scale > 0
    assert Tail.fit(np.array([1e-3] * 20 + [1e9]), least_scale=0.5).shape == MOST_SHAPE
