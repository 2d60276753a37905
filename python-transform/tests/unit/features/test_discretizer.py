"""Columns as codes: bins, and whether there is a value."""

from __future__ import annotations

import numpy as np

from anomaly_detection.features.discretizer import BINS, Discretizer, present
from anomaly_detection.features.featurizer import FIRST_LEVEL, MISSING, Encoded


def rows_of(numbers: list[float | None], codes: list[int] | None = None) -> Encoded:
    values = np.array([[np.nan if value is None else value] for value in numbers])
    missing = np.isnan(values)
    columns = np.zeros((len(numbers), 0), np.int64) if codes is None else np.array(codes)[:, None]
    return Encoded(columns, np.where(missing, 0.0, values), missing)


def test_numbers_fall_into_bins_of_equal_share_and_the_last_ones_are_open() -> None:
    discretizer = Discretizer.fit(rows_of(np.linspace(-2, 2, 801).tolist()))
    codes, known = discretizer.apply(rows_of([-100.0, -2.0, 0.1, 2.0, 100.0]))
    assert codes[:, 0].tolist() == [0, 0, BINS // 2, BINS - 1, BINS - 1]
    assert known.all()
    counts = np.bincount(discretizer.apply(rows_of(np.linspace(-2, 2, 801).tolist()))[0][:, 0])
    assert np.ptp(counts) <= 1
    assert discretizer.sizes(()) == (BINS,)


def test_a_column_that_is_often_empty_has_a_code_for_whether_it_is() -> None:
    seldom, often = [1.0] * 999 + [None], [1.0, None] * 500
    assert len(Discretizer.fit(rows_of(seldom)).optional) == 0
    discretizer = Discretizer.fit(rows_of(often, [FIRST_LEVEL] * 1000))
    assert discretizer.optional.tolist() == [1]
    assert discretizer.sizes((4,)) == (4, BINS, 2)
    assert discretizer.columns(2).tolist() == [0, 1, 1]
    codes, known = discretizer.apply(rows_of([1.0, None], [FIRST_LEVEL, MISSING]))
    assert codes[:, 2].tolist() == [1, 0]
    assert known.tolist() == [[True, True, True], [False, False, True]]


def test_a_column_without_any_number_has_bins_too() -> None:
    discretizer = Discretizer.fit(rows_of([None] * 50))
    codes, known = discretizer.apply(rows_of([5.0, None]))
    assert ((codes >= 0) & (codes < BINS)).all()
    assert known[:, 0].tolist() == [True, False]


def test_present_is_what_is_neither_missing_code_nor_missing_number() -> None:
    assert present(rows_of([1.0, None], [MISSING, FIRST_LEVEL])).tolist() == [[False, True], [True, False]]
