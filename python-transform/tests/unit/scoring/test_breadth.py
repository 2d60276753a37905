"""How uncommon the values of a row are, all columns together."""

from __future__ import annotations

import numpy as np
import pytest

from anomaly_detection.features.featurizer import FIRST_LEVEL, MISSING, UNKNOWN, Encoded
from anomaly_detection.scoring.breadth import BINS, FLOOR, Breadth


def rows_of(codes: list[int], numbers: list[float | None]) -> Encoded:
    values = np.array([[np.nan if value is None else value] for value in numbers])
    missing = np.isnan(values)
    return Encoded(np.array(codes)[:, None], np.where(missing, 0.0, values), missing)


@pytest.fixture
def breadth() -> Breadth:
    """Level a in nine rows of ten, b in one; numbers evenly from 0 to 10, and a tenth of them missing."""
    codes = [FIRST_LEVEL] * 90 + [FIRST_LEVEL + 1] * 10
    numbers: list[float | None] = np.linspace(0, 10, 90).tolist() + [None] * 10
    return Breadth.fit(rows_of(codes, numbers), (4,))


def test_a_value_is_as_uncommon_as_its_share_is_small_and_the_floor_is_the_least(breadth: Breadth) -> None:
    codes = [FIRST_LEVEL, FIRST_LEVEL + 1, UNKNOWN, MISSING]
    found = breadth(rows_of(codes, [5.0] * 4))[:, 0]
    assert np.allclose(found, -np.log(np.array([0.9, 0.1, 0.0, 0.0]) + FLOOR))


def test_numbers_are_as_uncommon_as_their_bin_and_beyond_all_bins_as_the_floor(breadth: Breadth) -> None:
    found = breadth(rows_of([FIRST_LEVEL] * 6, [0.0, 5.0, 10.0, 10.5, -1e9, None]))[:, 1]
    assert np.allclose(found[:3], -np.log(0.9 / BINS + FLOOR))
    assert np.allclose(found[3:5], -np.log(FLOOR))
    assert found[5] == pytest.approx(-np.log(0.1 + FLOOR))


def test_what_is_usual_is_the_mean_of_the_training_rows(breadth: Breadth) -> None:
    assert breadth.usual[0] == pytest.approx(-0.9 * np.log(0.9 + FLOOR) - 0.1 * np.log(0.1 + FLOOR))


def test_rows_odd_in_many_columns_are_broader_than_rows_with_one_wild_cell() -> None:
    random = np.random.default_rng(0)
    numbers = random.normal(0, 1, (2000, 12))
    rows = Encoded(np.zeros((2000, 0), np.int64), numbers, np.zeros(numbers.shape, dtype=bool))
    breadth = Breadth.fit(rows, ())
    wild, other = numbers[:50].copy(), random.normal(2, 0.5, (50, 12))
    wild[:, 3] = 1e6
    here = np.zeros(wild.shape, dtype=bool)
    found = [breadth(Encoded(np.zeros((50, 0), np.int64), each, here)).sum(1) for each in (wild, other)]
    assert found[1].min() > found[0].max()


def test_constant_and_absent_numbers_are_finite() -> None:
    for numbers in ([3.0] * 20, [None] * 20):
        breadth = Breadth.fit(rows_of([FIRST_LEVEL] * 20, list(numbers)), (3,))
        assert np.isfinite(breadth(rows_of([FIRST_LEVEL] * 3, [3.0, 4.0, None]))).all()


def test_arrays_are_enough(breadth: Breadth) -> None:
    again, rows = Breadth.of_arrays(breadth.arrays()), rows_of([FIRST_LEVEL, UNKNOWN], [1.0, None])
    assert np.array_equal(again(rows), breadth(rows))
