"""The generalised Pareto distribution of what exceeds a high threshold.

The peaks over threshold of J. Pickands, "Statistical inference using extreme order statistics", 1975, fitted by the
probability-weighted moments of J. Hosking, J. Wallis, "Parameter and quantile estimation for the generalized Pareto
distribution", 1987.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from anomaly_detection.features.arrays import Floats

MOST_SHAPE = 0.5
"""The shape is kept within 0, an exponential tail, and this: few rows would give any number."""


@dataclass(frozen=True)
class Tail:
    """P(excess > x) = (1 + shape · x / scale)^(−1 / shape), with shape 0 for e^(−x / scale)."""

    shape: float
    scale: float

    @classmethod
    def fit(cls, excess: Floats, *, least_scale: float) -> Tail:
        """Fit on excesses, at least 0 and in any order; a scale below `least_scale` is made it."""
        n = len(excess)
        mean = float(excess.mean()) if n else 0.0
        # a_1 of Hosking and Wallis, with plotting positions (i − 0.35) / n.
        weighted = float((np.sort(excess) * (1 - (np.arange(1, n + 1) - 0.35) / n)).mean()) if n else 0.0
        shape = 2 - mean / (mean - 2 * weighted) if mean > 2 * weighted else 0.0
        shape = min(max(shape, 0.0), MOST_SHAPE)
        return cls(shape, max(mean * (1 - shape), least_scale))

    def beyond(self, higher: float) -> Tail:
        """Return the tail above a threshold that is higher by so much."""
        return Tail(self.shape, self.scale + self.shape * higher)

    def excess(self, nats: Floats) -> Floats:
        """Return the x with −log P(excess > x) of so many nats."""
        excess: Floats = self.scale * (np.expm1(self.shape * nats) / self.shape if self.shape > 0 else nats)
        return excess
