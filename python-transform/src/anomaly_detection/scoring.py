"""One score per row from its parts: the columns, the neighbors, and whether it is a copy.

The oddness of a row is the cubic norm of its columns' surprises, each by the model that finds it most surprising,
of its distance from its neighbors, 0 for half of the training rows and 1 at their 90 % quantile, and of what being
a copy counts. The cubic norm is between the sum, which drowns one bad cell, and the maximum, which ignores the
second. The score maps oddness monotonically into [0, 1): oddness / (oddness + midpoint), with the midpoint at
the model's own threshold.

**Shape**: surprises (3, n, D), places (n, D) and copies (n,) in, n scores out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.features import Floats
from anomaly_detection.neighbors import Neighbors
from anomaly_detection.pareto import Tail
from anomaly_detection.weights import WEIGHTS

NEAREST = 5
"""How many neighbors a row's distance is averaged over."""

BEYOND, LEAST_SPREAD = 0.1, 1e-3
"""The share of reference rows that are in the tail, and the least difference of distances that counts."""


@dataclass(frozen=True)
class Scorer:
    """The neighbors, and how far rows are from them: the median, the 90 % quantile, and the tail beyond that."""

    neighbors: Neighbors
    median: float
    high: float
    tail: Tail
    midpoint: float

    @classmethod
    def fit(cls, neighbors: Neighbors) -> Scorer:
        """Measure how far the reference rows are from each other; `with_midpoint` comes after."""
        # The nearest to a reference row is the row itself.
        found = neighbors.query(neighbors.reference, NEAREST + 1)[0][:, 1:].mean(1)
        median, high = map(float, np.quantile(found, [0.5, 1 - BEYOND]))
        high = max(high, median + LEAST_SPREAD)
        return cls(neighbors, median, high, Tail.fit(found[found > high] - high, least_scale=LEAST_SPREAD), 1.0)

    def with_midpoint(self, midpoint: float) -> Scorer:
        """Return the scorer whose score is 0.5 at this oddness."""
        return replace(self, midpoint=max(midpoint, 1e-9))

    def oddness(self, surprises: Floats, places: Floats, copies: Floats) -> Floats:
        """Return the oddness, (n,), at least 0."""
        far = self.far(places)
        total: Floats = np.cbrt(cubes(surprises).sum(1) + far**3 + copies**3)
        return total

    def far(self, places: Floats) -> Floats:
        """Return how far rows are from their neighbors, (n,), in nats and at least 0."""
        distances = self.neighbors.query(places, NEAREST)[0].mean(1)
        edge = -np.log(BEYOND) - 1
        inside = edge * np.maximum(distances - self.median, 0.0) / (self.high - self.median)
        outside = edge + self.tail.nats(distances - self.high)
        far: Floats = WEIGHTS.neighbors * np.where(distances > self.high, outside, inside)
        return far

    def distance_by_column(self, places: Floats) -> Floats:
        """Return how far each column is from the nearest rows', squared and averaged over them, (n, D)."""
        nearest = self.neighbors.query(places, NEAREST)[1]
        squared: Floats = ((places[:, None] - self.neighbors.reference[nearest]) ** 2).mean(1)
        return squared

    def score(self, oddness: Floats) -> Floats:
        """Return the score in [0, 1) of an oddness."""
        return oddness / (oddness + self.midpoint)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what the scorer consists of, by name."""
        return {
            "neighbors_reference": self.neighbors.reference,
            "neighbors_distances": np.array([self.median, self.high, self.tail.shape, self.tail.scale]),
            "score_midpoint": np.array(self.midpoint),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Scorer:
        """Undo `arrays`."""
        median, high, shape, scale = map(float, arrays["neighbors_distances"])
        neighbors = Neighbors(arrays["neighbors_reference"])
        return cls(neighbors, median, high, Tail(shape, scale), float(arrays["score_midpoint"]))


def cubes(surprises: Floats) -> Floats:
    """Return what each column adds to the cube of the oddness, (n, D)."""
    most = surprises.max(0)
    cubed: Floats = most * most * most
    return cubed
