"""How far out a number lies, in nats: empirical ranks inside, exponential tails outside.

The surprise is −log 2 min(F, 1 − F) − 1, which a column of numbers has 0 of on average; beyond the 10 % and 90 %
quantiles F follows an exponential distribution of the mean excess there, each side for itself (the peaks over
threshold of J. Pickands, "Statistical inference using extreme order statistics", 1975, with shape 0).

**Shape**: n rows, K numeric columns; G grid points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.features.arrays import Floats, by_column

EDGE = 0.1
GRID = 81
"""Quantiles that are kept from `EDGE` to 1 less `EDGE`: one for every percent."""

MOST = 30.0
"""Nats at which a surprise ends."""

_LEAST_EXCESS = 1e-3


@dataclass(frozen=True)
class Tails:
    """The grid, (K, G), and the mean excess below and above it, (K, 2)."""

    grid: Floats
    excess: Floats

    @classmethod
    def fit(cls, numbers: Floats, there: NDArray[np.bool_]) -> Tails:
        """Fit every column, (n, K), on the values that are there."""
        grid = np.zeros((numbers.shape[1], GRID))
        excess = np.ones((numbers.shape[1], 2))
        for j in range(numbers.shape[1]):
            values = numbers[there[:, j], j]
            if len(values):
                grid[j] = np.quantile(values, np.linspace(EDGE, 1 - EDGE, GRID))
                below, above = grid[j, 0] - values[values < grid[j, 0]], values[values > grid[j, -1]] - grid[j, -1]
                excess[j] = [max(side.mean(), _LEAST_EXCESS) if len(side) else _LEAST_EXCESS for side in (below, above)]
        return cls(grid, excess)

    def __call__(self, numbers: Floats) -> Floats:
        """Return the surprise of each number, (n, K), from −1 to `MOST`."""
        result = by_column(numbers.shape)
        edge = -np.log(2 * EDGE)
        share = EDGE + (1 - 2 * EDGE) * (np.arange(2 * GRID + 1) / (2 * GRID))
        by_rank = -np.log(np.minimum(2 * np.minimum(share, 1 - share), 1.0))
        for j, (grid, (low, high)) in enumerate(zip(self.grid, self.excess, strict=True)):
            x = numbers[:, j]
            # The mean of how many grid points are below x and how many are not above it, twice.
            rank = 2 * np.searchsorted(grid, x, side="left")
            on_grid = np.flatnonzero(grid.take(rank >> 1, mode="clip") == x)
            rank[on_grid] += np.searchsorted(grid, x[on_grid], side="right") - (rank[on_grid] >> 1)
            outside = np.maximum((grid[0] - x) / low, (x - grid[-1]) / high)
            result[:, j] = np.minimum(np.where(outside > 0, edge + outside, by_rank[rank]) - 1, MOST)
        return result
