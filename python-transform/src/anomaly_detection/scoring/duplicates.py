"""Rows that were there before with another amount: copies that somebody entered again.

A row is a copy if all but its numbers equal a training row, and no training row equals it in the numbers too.
Two rules are tried: the categories alone, and the categories with the dates. What a copy counts is how seldom the
training rows themselves are copies; a rule that ordinary rows break often counts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.feature import Feature
from anomaly_detection.features.featurizer import Encoded
from anomaly_detection.features.scale import FARTHEST
from anomaly_detection.scoring.weights import WEIGHTS

MOST_COPIES = 0.01
"""A rule that more training rows than this break says nothing."""

Keys = NDArray[np.uint64]
_MULTIPLIERS = np.array([0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0x9E3779B97F4A7C15], np.uint64)

_AT_ONCE = 1 << 20
"""Pairs of a copy and a training row that are compared at a time."""

MOST_TRIED = 4_000
"""Where more training rows have a copy's categories, none is looked for that has its dates too."""


@dataclass(frozen=True)
class Originals:
    """Of each copy the numbers, (n, A), of a training row with its categories, and whether that has its dates, (n,)."""

    numbers: Floats
    with_dates: NDArray[np.bool_]


@dataclass(frozen=True)
class Duplicates:
    """Hashes of the training rows, ascending: of the categories, with the dates, and of the whole row.

    `numbers`, (m, A), are those of the rows in the order of `by_category`; `evidence` is what a copy counts by
    the first and by the second rule; `amounts` says which numeric columns may differ.
    """

    amounts: NDArray[np.bool_]
    by_category: Keys
    by_date: Keys
    whole: Keys
    numbers: Floats
    evidence: Floats

    @classmethod
    def fit(cls, rows: Encoded, numeric: Sequence[Feature]) -> Duplicates:
        """Remember the training rows; without categories or numbers there are no copies."""
        amounts = np.array([feature.kind == "numeric" for feature in numeric], np.bool_)
        category = _category(rows)
        dated, whole = _with_numbers(rows, category, amounts)
        evidence = np.zeros(2)
        if rows.codes.shape[1] and amounts.any():
            different = len(np.unique(whole))
            for i, keys in enumerate((category, dated)):
                copies = different - len(np.unique(keys))
                if copies <= MOST_COPIES * len(rows):
                    evidence[i] = WEIGHTS.copies * np.log((len(rows) + 1) / (copies + 1))
        order = np.argsort(category, kind="stable")
        return cls(amounts, category[order], np.sort(dated), np.sort(whole), _amounts(rows, amounts)[order], evidence)

    def __call__(self, rows: Encoded) -> Floats:
        """Return what being a copy counts for each row, (n,); 0 where it is none."""
        found = np.zeros(len(rows))
        # Few rows have the categories of a training row; only these can be copies.
        where = np.flatnonzero(_within(_category(rows), self.by_category))
        some = rows.take(where)
        dated, whole = _with_numbers(some, _category(some), self.amounts)
        evidence = np.where(_within(dated, self.by_date), self.evidence.max(), self.evidence[0])
        found[where] = ~_within(whole, self.whole) * evidence
        return found

    def originals(self, rows: Encoded) -> Originals:
        """Return what training rows hold in place of copies; of those with the same dates where there are any."""
        category = _category(rows)
        dated, _ = _with_numbers(rows, category, self.amounts)
        first = np.searchsorted(self.by_category, category).clip(max=len(self.by_category) - 1)
        counts = np.searchsorted(self.by_category, category, "right") - first
        places, with_dates = first.copy(), np.zeros(len(rows), np.bool_)
        where = np.flatnonzero(_within(dated, self.by_date) & (counts <= MOST_TRIED))
        pairs = counts[where].cumsum()
        for some in np.split(where, np.flatnonzero(np.diff(pairs // _AT_ONCE)) + 1):
            # Whose dates are whose is not kept, but a row that has these and the candidate's numbers must be there.
            asked = np.repeat(some, counts[some])
            begins = counts[some].cumsum() - counts[some]
            tried = np.arange(len(asked)) - np.repeat(begins - first[some], counts[some])
            numbers = np.where(self.numbers[tried] == FARTHEST, np.inf, self.numbers[tried] + 0.0)
            # Backwards, so that the first that is right stays.
            found = np.flatnonzero(_within(_add(dated[asked], numbers.T), self.whole))[::-1]
            places[asked[found]] = tried[found]
            with_dates[asked[found]] = True
        return Originals(self.numbers[places], with_dates)

    def amounts_of(self, rows: Encoded) -> Floats:
        """Return the numbers that may differ, (n, A), as `originals` has them: `FARTHEST` where one is missing."""
        return _amounts(rows, self.amounts)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what this consists of, by name."""
        return {
            "copies_amounts": self.amounts,
            "copies_by_category": self.by_category,
            "copies_by_date": self.by_date,
            "copies_whole": self.whole,
            "copies_numbers": self.numbers,
            "copies_evidence": self.evidence,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Duplicates:
        """Undo `arrays`."""
        names = ("amounts", "by_category", "by_date", "whole", "numbers", "evidence")
        return cls(*(arrays[f"copies_{name}"] for name in names))


def _amounts(rows: Encoded, amounts: NDArray[np.bool_]) -> Floats:
    numbers: Floats = np.where(rows.missing, FARTHEST, rows.numbers)[:, amounts]
    return numbers


def _category(rows: Encoded) -> Keys:
    category: Keys = np.zeros(len(rows), np.uint64)
    for codes in rows.codes.T:
        category = _mix(category, np.ascontiguousarray(codes).view(np.uint64))
    return category


def _with_numbers(rows: Encoded, category: Keys, amounts: NDArray[np.bool_]) -> tuple[Keys, Keys]:
    """Return the hashes of the categories with the dates, and of the whole rows."""
    numbers = np.where(rows.missing, np.inf, rows.numbers + 0.0)
    dated = _add(category, numbers.T[~amounts])
    return dated, _add(dated, numbers.T[amounts])


def _add(keys: Keys, columns: Floats) -> Keys:
    """Add numbers, (columns, n) and infinite where one is missing, to the hashes."""
    for column in columns:
        keys = _mix(keys, np.ascontiguousarray(column).view(np.uint64))
    return keys


def _mix(state: Keys, values: Keys) -> Keys:
    """Add a column to the hashes: the finalizer of SplitMix64 (G. Steele et al., 2014)."""
    one, two, step = _MULTIPLIERS
    state = (state * np.uint64(31) + values) + step
    state = (state ^ (state >> np.uint64(30))) * one
    state = (state ^ (state >> np.uint64(27))) * two
    return state ^ (state >> np.uint64(31))


def _within(keys: Keys, known: Keys) -> NDArray[np.bool_]:
    places = np.searchsorted(known, keys).clip(max=len(known) - 1)
    there: NDArray[np.bool_] = known[places] == keys
    return there
