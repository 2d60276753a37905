"""How uncommon the values of a row are, all columns together: what a row of another kind is odd in.

Many columns that are each a little unusual are what single cells do not show. A cell is as uncommon as
−log(share + `FLOOR`) of its code, or of the number's bin among `BINS` of equal width (M. Goldstein, A. Dengel,
"Histogram-based outlier score (HBOS)", 2012). What is rarer than the floor counts like it: one extreme cell is
the surprises' business.

**Shape**: n rows, C categorical and K numeric columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.features.arrays import Floats, by_column
from anomaly_detection.features.featurizer import Encoded

BINS, FLOOR = 10, 0.03
_NAMES = ("codes", "bins", "missing", "low", "width", "usual")


@dataclass(frozen=True)
class Breadth:
    """How uncommon each code is, (C, k), each bin, (K, BINS + 1) with what is in none last, and no number, (K,).

    `low` and `width`, (K,), are of the bins, and `usual`, (C + K,), is the mean of each column.
    """

    codes: Floats
    bins: Floats
    missing: Floats
    low: Floats
    width: Floats
    usual: Floats

    @classmethod
    def fit(cls, rows: Encoded, cards: tuple[int, ...]) -> Breadth:
        """Count codes and bins of training rows."""
        codes = np.zeros((len(cards), max(cards, default=0)))
        for j, card in enumerate(cards):
            codes[j, :card] = _uncommon(np.bincount(rows.codes[:, j], minlength=card) / len(rows))
        count = rows.numbers.shape[1]
        shares, low, width = np.zeros((count, BINS + 1)), np.zeros(count), np.ones(count)
        for j in range(count):
            values = rows.numbers[~rows.missing[:, j], j]
            if len(values):
                low[j], width[j] = values.min(), max(float(np.ptp(values)) / BINS, 1e-9)
                shares[j] = np.bincount(_bins(values, low[j], width[j]), minlength=BINS + 1) / len(rows)
        fitted = cls(
            codes, _uncommon(shares), _uncommon(rows.missing.mean(0)), low, width, np.zeros(len(cards) + count)
        )
        return replace(fitted, usual=fitted(rows).mean(0))

    def __call__(self, rows: Encoded) -> Floats:
        """Return how uncommon each cell is, (n, C + K)."""
        c = rows.codes.shape[1]
        result = by_column((len(rows), c + rows.numbers.shape[1]))
        for j in range(c):
            result[:, j] = self.codes[j][rows.codes[:, j]]
        for j in range(rows.numbers.shape[1]):
            uncommon = self.bins[j][_bins(rows.numbers[:, j], self.low[j], self.width[j])]
            result[:, c + j] = np.where(rows.missing[:, j], self.missing[j], uncommon)
        return result

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what this consists of, by name."""
        return {f"breadth_{name}": getattr(self, name) for name in _NAMES}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Breadth:
        """Undo `arrays`."""
        return cls(*(arrays[f"breadth_{name}"] for name in _NAMES))


def _bins(values: Floats, low: float, width: float) -> NDArray[np.int64]:
    """Return the bin of each value, `BINS` for none; the ends have room for rounding."""
    place = (values - low) / width
    inside = (place > -1e-6) & (place < BINS + 1e-6)
    return np.where(inside, place.clip(0, BINS - 1), BINS).astype(np.int64)


def _uncommon(shares: NDArray[Any]) -> Floats:
    uncommon: Floats = -np.log(shares + FLOOR)
    return uncommon
