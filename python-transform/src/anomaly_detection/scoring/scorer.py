"""One score per row from its parts: the columns, the neighbors, the breadth, and whether it is a copy.

All parts are nats. A column's surprise is that of the model that finds it most surprising; beyond `SURE` it grows
like a logarithm, as no table has enough rows to tell a chance of e⁻²⁰ from one of e⁻³⁰. Distance from the neighbors
and breadth are 0 up to the median of the training rows and −log `BEYOND` − 1 at that quantile from above, which
a few odd rows among them do not move; from there the distance grows as an exponential tail does and the breadth,
a sum of many columns, as a normal one.

The oddness is the cubic norm of the parts. It is between the sum, which drowns one bad cell, and the maximum, which
ignores the second. The score maps oddness monotonically into [0, 1): oddness / (oddness + midpoint), with the
midpoint at the model's own threshold.

**Shape**: surprises (3, n, D), neighbors (n, k), copies (n,) and how uncommon cells are (n, D) in, n scores out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.features.arrays import Floats, total
from anomaly_detection.scoring.neighbors import Near, Neighbors
from anomaly_detection.scoring.weights import WEIGHTS, Weights

NEAREST, AMONG = 5, 10
"""How many neighbors a row's distance is averaged over: those with the nearest places of so many nearest rows."""

SURE = 8.0
"""Nats up to which a surprise is taken at its word."""

BEYOND, LEAST_SPREAD = 0.1, 1e-3
"""The share of training rows that is far out, and the least difference of distances or breadths that counts."""

_EDGE = -np.log(BEYOND) - 1
_KEPT = ("neighbors", "breadth", "columns")


@dataclass(frozen=True)
class Evidence:
    """What speaks against n rows."""

    surprises: Floats
    """How surprising each of D columns is, by encoder, tree and marginals, in nats, (3, n, D)."""

    near: Near
    """The nearest training rows."""

    copies: Floats
    """How much it looks like another row that was entered again, in nats, (n,)."""

    uncommon: Floats
    """How uncommon each value is in its column, in nats, (n, D)."""

    def take(self, rows: NDArray[np.int64]) -> Evidence:
        """Return those of the rows at these positions."""
        return Evidence(self.surprises[:, rows], self.near.take(rows), self.copies[rows], self.uncommon[rows])


@dataclass(frozen=True)
class Scorer:
    """The median and upper quantile, (2,) each, of the distances from neighbors and of breadths."""

    distances: Floats
    breadths: Floats
    weights: Weights
    midpoint: float

    @classmethod
    def fit(cls, neighbors: Neighbors, breadths: Floats, weights: Weights = WEIGHTS) -> Scorer:
        """Measure how far the reference rows are from each other; `breadths`, (m,), are of training rows.

        `with_midpoint` comes after.
        """
        # The nearest to a reference row is the row itself.
        others = neighbors.query(neighbors.reference, AMONG + 1).tail[:, 1:]
        return cls(_scale(_distances(others)), _scale(breadths), weights, 1.0)

    def with_midpoint(self, midpoint: float) -> Scorer:
        """Return the scorer whose score is 0.5 at this oddness."""
        return replace(self, midpoint=max(midpoint, 1e-9))

    def oddness(self, rows: Evidence) -> Floats:
        """Return the oddness, (n,), at least 0."""
        others = cube(self.far(rows.near)) + cube(self.broad(rows.uncommon)) + cube(rows.copies)
        oddness: Floats = np.cbrt(total(cube(self.cells(rows.surprises))) + others)
        return oddness

    def cells(self, surprises: Floats) -> Floats:
        """Return what each column counts, (n, D), at least 0."""
        most = surprises.max(0)
        beyond = most > SURE
        most[beyond] = SURE + np.log1p(most[beyond] - SURE)
        cells: Floats = np.maximum(most - self.weights.columns * np.log(max(most.shape[1], 1)), 0.0)
        return cells

    def far(self, near: Near) -> Floats:
        """Return how far the places of rows are from their neighbors', (n,), at least 0."""
        distances = _distances(near.tail[:, :AMONG])
        far: Floats = self.weights.neighbors * _EDGE * _out(distances, self.distances)
        return far

    def broad(self, uncommon: Floats) -> Floats:
        """Return how uncommon rows are as a whole, (n,), at least 0."""
        broad: Floats = self.weights.breadth * _EDGE * _out(total(uncommon), self.breadths) ** 2
        return broad

    def score(self, oddness: Floats) -> Floats:
        """Return the score in [0, 1) of an oddness."""
        return oddness / (oddness + self.midpoint)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what the scorer consists of, by name."""
        return {
            "score_distances": self.distances,
            "score_breadths": self.breadths,
            "score_weights": np.array([getattr(self.weights, name) for name in _KEPT]),
            "score_midpoint": np.array(self.midpoint),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Scorer:
        """Undo `arrays`."""
        return cls(
            arrays["score_distances"],
            arrays["score_breadths"],
            replace(WEIGHTS, **dict(zip(_KEPT, arrays["score_weights"].tolist(), strict=True))),
            float(arrays["score_midpoint"]),
        )


def cube(values: Floats) -> Floats:
    """Return the third powers, many times faster than `**` does."""
    return values * values * values


def _distances(squares: Floats) -> Floats:
    """Return the mean distance of each row, (n,), from its nearest, given squared distances, (n, `AMONG`)."""
    nearest = np.partition(squares, min(NEAREST, squares.shape[1]) - 1, axis=1)[:, :NEAREST]
    nearest.sort(1)
    distances: Floats = np.sqrt(nearest).mean(1)
    return distances


def _scale(values: Floats) -> Floats:
    median, high = np.quantile(values, [0.5, 1 - BEYOND])
    return np.array([median, max(high, median + LEAST_SPREAD)])


def _out(values: Floats, scale: Floats) -> Floats:
    """Return how far out values are: 0 up to the median, 1 at the upper quantile."""
    out: Floats = np.maximum((values - scale[0]) / (scale[1] - scale[0]), 0.0)
    return out
