"""One score per row from its parts: encoder, tree, neighbors and rarity.

Each part is a number per row; it is shifted and scaled so that a row like half of the others has 0 and a row
at the 90 % quantile has 1, and the oddness of a row is the weighted sum of its parts. The score maps oddness
monotonically into [0, 1): oddness / (oddness + midpoint), with the midpoint at the model's own threshold.

**Shape**: surprises (3, n, D) and places (n, D) in, n scores out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.features import Floats
from anomaly_detection.neighbors import Neighbors

NEAREST = 5
"""How many neighbors a row's distance is averaged over."""

WEIGHTS = np.array([2.0, 2.0, 1.0, 1.0])
"""Of the parts, in their order: encoder, tree, rarity, neighbors."""


@dataclass(frozen=True)
class Scorer:
    """The neighbors, and the median and 90 % quantile of each part on rows that were not trained on."""

    neighbors: Neighbors
    medians: Floats
    spreads: Floats
    midpoint: float

    @classmethod
    def fit(cls, neighbors: Neighbors, surprises: Floats, places: Floats) -> Scorer:
        """Fit the scales of the parts; `with_midpoint` comes after."""
        parts = _parts(surprises, neighbors.query(places, NEAREST)[0])
        medians = np.median(parts, 0)
        spreads = np.maximum(np.quantile(parts, 0.9, axis=0) - medians, 1e-3)
        return cls(neighbors, medians, spreads, 1.0)

    def with_midpoint(self, midpoint: float) -> Scorer:
        """Return the scorer whose score is 0.5 at this oddness."""
        return Scorer(self.neighbors, self.medians, self.spreads, max(midpoint, 1e-9))

    def oddness(self, surprises: Floats, places: Floats) -> Floats:
        """Return the weighted sum of the scaled parts, (n,), at least 0."""
        total: Floats = self.weighted_parts(surprises, places).sum(1)
        return total

    def weighted_parts(self, surprises: Floats, places: Floats) -> Floats:
        """Return what each part adds to the oddness, (n, 4)."""
        parts = _parts(surprises, self.neighbors.query(places, NEAREST)[0])
        weighted: Floats = np.maximum((parts - self.medians) / self.spreads, 0.0) * WEIGHTS
        return weighted

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
            "part_medians": self.medians,
            "part_spreads": self.spreads,
            "score_midpoint": np.array(self.midpoint),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Scorer:
        """Undo `arrays`."""
        return cls(
            Neighbors(arrays["neighbors_reference"]),
            arrays["part_medians"],
            arrays["part_spreads"],
            float(arrays["score_midpoint"]),
        )


def _parts(surprises: Floats, distances: Floats) -> Floats:
    # The cubic norm is between the sum, which drowns one bad cell, and the maximum, which ignores the second.
    norms = np.cbrt((surprises * surprises * surprises).sum(2)).T
    return np.concatenate([norms, distances.mean(1)[:, None]], 1)
