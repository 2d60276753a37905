"""Rows that were entered again with another amount."""

from __future__ import annotations

import numpy as np
import pytest

from anomaly_detection.features.feature import Feature
from anomaly_detection.features.featurizer import Encoded
from anomaly_detection.scoring.duplicates import MOST_COPIES, Duplicates
from anomaly_detection.scoring.weights import WEIGHTS

AMOUNT = Feature(name="Amount", kind="numeric", type="DOUBLE")
DATE = Feature(name="Close", kind="date", type="STRING")


def unlike(n: int = 500, seed: int = 0) -> Encoded:
    """Rows of which no two have the same categories; an amount and a date."""
    codes = np.stack([np.arange(n) % 25, np.arange(n) // 25], 1)
    numbers = np.random.default_rng(seed).normal(0, 1, (n, 2))
    return Encoded(codes, numbers, np.zeros((n, 2), dtype=bool))


def with_numbers(rows: Encoded, amount: float = 0.0, date: float = 0.0) -> Encoded:
    return Encoded(rows.codes, rows.numbers + np.array([amount, date]), rows.missing)


@pytest.fixture
def duplicates() -> Duplicates:
    return Duplicates.fit(unlike(), [AMOUNT, DATE])


def test_a_training_row_with_another_amount_is_a_copy_and_the_row_itself_is_none(duplicates: Duplicates) -> None:
    assert (duplicates(unlike()) == 0).all()
    found = duplicates(with_numbers(unlike(), amount=0.5))
    assert np.allclose(found, WEIGHTS.copies * np.log(501))


def test_a_row_of_other_categories_is_no_copy(duplicates: Duplicates) -> None:
    other = unlike()
    other.codes[:, 0] += 25
    assert (duplicates(other) == 0).all()


def test_the_original_of_a_copy_is_found(duplicates: Duplicates) -> None:
    rows = unlike()
    order = np.random.default_rng(1).permutation(len(rows))
    originals = duplicates.originals(with_numbers(rows, amount=3.0).take(order))
    assert np.array_equal(originals.numbers[:, 0], rows.numbers[order, 0])
    assert originals.with_dates.all()


@pytest.mark.parametrize("at_once", [1, 1000, 1 << 20])
def test_the_original_of_a_copy_is_the_row_of_its_date_and_not_the_first_of_its_categories(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("anomaly_detection.scoring.duplicates._AT_ONCE", at_once)
    rows = unlike(400)
    crowded = Encoded(rows.codes % 4, rows.numbers, rows.missing)
    crowded.missing[::7, 0] = True
    crowded.numbers[::7, 0] = 0.0
    found = Duplicates.fit(crowded, [AMOUNT, DATE])
    order = np.random.default_rng(1).permutation(400)
    copies = with_numbers(crowded, amount=3.0).take(order)
    copies.missing[:] = False
    originals = found.originals(copies)
    assert np.array_equal(originals.numbers, found.amounts_of(crowded.take(order)))
    assert originals.with_dates.all()
    monkeypatch.setattr("anomaly_detection.scoring.duplicates.MOST_TRIED", 0)
    assert not found.originals(copies).with_dates.any()
    monkeypatch.undo()
    others = found.originals(with_numbers(copies, date=0.5))
    assert not others.with_dates.any()
    assert np.isin(others.numbers, found.amounts_of(crowded)).all()


def test_a_rule_that_ordinary_rows_break_counts_nothing() -> None:
    rows = unlike(400)
    crowded = Encoded(rows.codes % 4, rows.numbers, rows.missing)
    found = Duplicates.fit(crowded, [AMOUNT, DATE])
    assert found.evidence[0] == 0
    # Dates tell the rows of one category apart, so a copy must have the date as well.
    assert found.evidence[1] > 0
    assert (found(with_numbers(crowded, amount=0.5)) > 0).all()
    assert (found(with_numbers(crowded, amount=0.5, date=0.5)) == 0).all()


def test_evidence_is_the_less_the_more_training_rows_are_copies() -> None:
    def evidence(copies: int) -> float:
        rows = unlike(1000)
        rows.codes[:copies] = rows.codes[500 : 500 + copies]
        return float(Duplicates.fit(rows, [AMOUNT, DATE]).evidence[0])

    most = round(MOST_COPIES * 1000)
    assert evidence(0) > evidence(1) > evidence(most) > 0
    assert evidence(most + 1) == 0


def test_equal_rows_are_not_copies_of_each_other() -> None:
    rows = unlike().take(np.tile(np.arange(500), 2))
    assert Duplicates.fit(rows, [AMOUNT, DATE]).evidence[0] > 0


def test_a_missing_amount_differs_from_every_amount(duplicates: Duplicates) -> None:
    rows = unlike()
    gone = Encoded(rows.codes, rows.numbers * np.array([0.0, 1.0]), rows.missing | np.array([True, False]))
    assert (duplicates(gone) > 0).all()


def test_without_categories_or_amounts_there_are_no_copies() -> None:
    rows = unlike()
    bare = Encoded(np.zeros((500, 0), np.int64), rows.numbers, rows.missing)
    assert (Duplicates.fit(bare, [AMOUNT, DATE])(bare) == 0).all()
    dates = Duplicates.fit(rows, [DATE, DATE])
    assert (dates(with_numbers(rows, amount=1.0)) == 0).all()


def test_arrays_are_enough(duplicates: Duplicates) -> None:
    again = Duplicates.of_arrays(duplicates.arrays())
    rows = with_numbers(unlike(), amount=0.5)
    assert np.array_equal(again(rows), duplicates(rows))
    assert np.array_equal(again.originals(rows).numbers, duplicates.originals(rows).numbers)
