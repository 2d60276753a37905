"""Columns as codes for the tree: values, and for columns that are often empty whether there is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.features.arrays import Floats, by_column
from anomaly_detection.features.featurizer import MISSING, Encoded

BINS = 8
OFTEN = 0.005
"""A column that is empty, or filled, more rarely than this has no column of its own for it."""

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Discretizer:
    """Edges of the bins of numeric columns, (K, BINS − 1), and the columns that are often empty, (R,).

    The codes of rows, (n, D + R), are the values of all columns and then 0 or 1 for each of the R. A number
    beyond all that was seen is in the bin at the end: how far it is out is not the tree's to judge.
    """

    edges: Floats
    optional: Codes

    @classmethod
    def fit(cls, rows: Encoded) -> Discretizer:
        """Learn the edges from the numbers that are there, and which columns are often empty."""
        edges = np.zeros((rows.numbers.shape[1], BINS - 1))
        for j in range(len(edges)):
            there = rows.numbers[~rows.missing[:, j], j]
            if len(there):
                edges[j] = np.quantile(there, np.linspace(0, 1, BINS + 1)[1:-1])
        share = present(rows).mean(0)
        return cls(edges, np.flatnonzero((share > OFTEN) & (share < 1 - OFTEN)))

    def sizes(self, cards: tuple[int, ...]) -> tuple[int, ...]:
        """Return how many codes each column has; `cards` are those of the categorical ones."""
        return (*cards, *[BINS] * len(self.edges), *[2] * len(self.optional))

    def columns(self, d: int) -> Codes:
        """Return which of the D columns each code is about, (D + R,)."""
        return np.concatenate([np.arange(d), self.optional])

    def apply(self, rows: Encoded) -> tuple[Codes, Mask]:
        """Return the codes, and where they mean something: a value that is missing has no code."""
        bins = by_column(rows.numbers.shape, np.int64)
        for j, edges in enumerate(self.edges):
            bins[:, j] = np.searchsorted(edges, rows.numbers[:, j], side="left")
        there = present(rows)
        flags = there[:, self.optional]
        codes = np.concatenate([rows.codes, bins, flags.astype(np.int64)], 1)
        return codes, np.concatenate([there, np.ones_like(flags)], 1)


def present(rows: Encoded) -> Mask:
    """Return which cells hold a value, (n, D)."""
    return np.concatenate([rows.codes != MISSING, ~rows.missing], 1)
