"""p-values and the threshold: one decision in two forms."""

from __future__ import annotations

import numpy as np
import pytest

from anomaly_detection.errors import ConfigError
from anomaly_detection.features.arrays import Floats
from anomaly_detection.scoring.calibration import DECADES, Calibration

SIZES = (1, 2, 9, 49, 99, 100, 135, 199, 999)


def candidates(scores: Floats) -> Floats:
    """Return all scores that matter: each held-out one and its neighbors among the doubles."""
    beyond = scores[-1] + (1 - scores[-1]) * np.linspace(0, 1, 301)[:-1]
    marks = np.concatenate([scores, beyond])
    edges = [np.nextafter(marks, -np.inf), marks, np.nextafter(marks, np.inf)]
    return np.unique(np.concatenate([*edges, [0.0, 0.5]]))


def alphas(n: int) -> Floats:
    """Return shares at, just below and just above each p-value that there is, and round ones."""
    steps = np.arange(1, n + 1) / (n + 1)
    near = np.concatenate([steps, np.nextafter(steps, 0), np.nextafter(steps, 1), np.arange(1, n + 1) * (1 / (n + 1))])
    tail = 10.0 ** (-np.arange(0.0, DECADES, 0.03)) / (n + 1)
    round_ones = [0.0001, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 0.5, 0.9, 0.999]
    every = np.unique(np.concatenate([near, tail, np.nextafter(tail, 0), np.nextafter(tail, 1), round_ones]))
    return every[(every >= 10.0**-DECADES / (n + 1) * 1.001) & (every < 1)]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("ties", [False, True])
def test_a_score_reaches_the_threshold_exactly_when_its_p_value_is_at_most_alpha(n: int, ties: bool) -> None:
    scores = np.random.default_rng(n).random(n)
    calibration = Calibration.fit(np.floor(scores * 10) / 10 if ties else scores)
    asked = candidates(calibration.scores)
    p_values = calibration.p_values(asked)
    some = alphas(n)
    for alpha in some[:: max(1, len(some) // 400)]:
        assert np.array_equal(asked >= calibration.threshold(float(alpha)), p_values <= alpha), alpha


def test_the_threshold_is_the_least_score_with_that_p_value() -> None:
    calibration = Calibration.fit(np.arange(99.0) / 100)
    threshold = calibration.threshold(0.05)
    assert calibration.p_values(np.array([threshold]))[0] <= 0.05
    assert calibration.p_values(np.array([np.nextafter(threshold, -np.inf)]))[0] > 0.05


def test_p_values_count_held_out_rows_that_are_at_least_as_odd() -> None:
    calibration = Calibration.fit(np.array([0.3, 0.1, 0.2, 0.2]))
    found = calibration.p_values(np.array([0.0, 0.1, 0.15, 0.2, 0.3]))
    assert found.tolist() == [1.0, 1.0, 0.8, 0.8, 0.4]


@pytest.mark.parametrize("n", SIZES)
def test_beyond_all_held_out_rows_p_falls_from_where_counting_ends(n: int) -> None:
    scores = np.random.default_rng(n).random(n) / 2
    calibration = Calibration.fit(scores)
    beyond = np.linspace(np.nextafter(scores.max(), 1), 1, 500)[:-1]
    found = calibration.p_values(beyond)
    assert found[0] == 1 / (n + 1)
    assert (np.diff(found) <= 0).all()
    assert found[-1] < 0.5 / (n + 1)
    assert found.min() >= calibration.smallest_alpha > 0


@pytest.mark.parametrize(("draw", "most"), [("gamma", 1.5), ("lognormal", 2.0)])
def test_the_tail_of_small_sets_promises_about_what_comes(draw: str, most: float) -> None:
    random = np.random.default_rng(0)
    odds = {"gamma": lambda n: random.gamma(2.0, size=n), "lognormal": lambda n: random.lognormal(0, 0.5, n)}[draw]
    later = odds(200_000)
    for alpha in (0.004, 0.001):
        rates = []
        for _ in range(200):
            held_out = odds(134)
            calibration = Calibration.fit(held_out / (1 + held_out))
            rates.append((later / (1 + later) >= calibration.threshold(alpha)).mean())
        assert alpha / most < np.mean(rates) < alpha * most


def test_held_out_rows_that_are_all_alike_have_a_tail_too() -> None:
    calibration = Calibration.fit(np.full(50, 0.25))
    assert calibration.p_values(np.array([0.25, 0.26])).tolist() == [1.0, calibration.smallest_alpha]


def test_a_score_of_one_is_no_division_by_zero() -> None:
    calibration = Calibration.fit(np.array([0.5, 1.0]))
    assert calibration.p_values(np.array([1.0]))[0] == 2 / 3


@pytest.mark.parametrize("n", SIZES)
def test_an_alpha_below_every_p_value_is_refused(n: int) -> None:
    calibration = Calibration.fit(np.random.default_rng(0).random(n))
    assert calibration.smallest_alpha == pytest.approx(10.0**-DECADES / (n + 1))
    assert calibration.threshold(calibration.smallest_alpha) > calibration.scores[-1]
    with pytest.raises(
        ConfigError, match=rf"^alpha: expected a share from .* \(the model was calibrated on {n} rows\)"
    ):
        calibration.threshold(float(np.nextafter(calibration.smallest_alpha, 0)))


@pytest.mark.parametrize("alpha", [0.0, -0.1, 1.0, 1.5, float("nan"), float("inf")])
def test_an_alpha_that_is_no_share_is_refused(alpha: float) -> None:
    with pytest.raises(ConfigError, match=r"^alpha: expected a share"):
        Calibration.fit(np.arange(100.0) / 100).threshold(alpha)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_normal_rows_are_labelled_no_more_often_than_alpha(alpha: float) -> None:
    # Mean over many calibration sets: the guarantee of split conformal prediction is marginal.
    random = np.random.default_rng(0)
    rates, n = [], 199
    for _ in range(400):
        draws = random.gamma(2.0, size=n + 300)
        draws /= 1 + draws
        rates.append((Calibration.fit(draws[:n]).p_values(draws[n:]) <= alpha).mean())
    error = 3 * np.std(rates) / np.sqrt(len(rates))
    assert np.mean(rates) <= alpha + error
    assert np.mean(rates) >= alpha - 1 / (n + 1) - error


def test_held_out_scores_are_sorted_and_not_changed() -> None:
    scores = np.array([0.3, 0.1, 0.2])
    assert Calibration.fit(scores).scores.tolist() == [0.1, 0.2, 0.3]
    assert scores.tolist() == [0.3, 0.1, 0.2]
