"""Numbers on a standard scale: mean 0, deviation 1, of signed logarithms where they are skewed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from anomaly_detection.features.arrays import Floats

FARTHEST = 1e9
"""How many deviations from the mean a number can be: squares of it are finite, and all beyond are as odd."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The map from a number to its standardised form; both ways are monotone."""

    mean: float
    deviation: float
    log: bool

    @classmethod
    def fit(cls, values: Floats, *, log: bool | None = None) -> Scale:
        """Fit on finite values; the scale is logarithmic when they are skewed and `log` does not say."""
        if len(values) == 0:
            return cls(mean=0.0, deviation=1.0, log=False)
        if log is None:
            with np.errstate(over="ignore", invalid="ignore"):
                deviation = values.std()
                skewed = deviation > 0 and abs(((values - values.mean()) / deviation) ** 3).mean() > 2
            log = bool(skewed or not np.isfinite(deviation))
        scaled = _signed_log(values) if log else values
        return cls(mean=float(scaled.mean()), deviation=float(scaled.std()) or 1.0, log=log)

    def apply(self, values: Floats) -> Floats:
        """Return the standardised values, at most ± `FARTHEST`."""
        scaled = _signed_log(values) if self.log else values
        with np.errstate(over="ignore"):
            standardized: Floats = np.clip((scaled - self.mean) / self.deviation, -FARTHEST, FARTHEST)
        return standardized

    def invert(self, values: Floats) -> Floats:
        """Return the values in their own unit."""
        scaled = values * self.deviation + self.mean
        unscaled: Floats = np.sign(scaled) * np.expm1(np.minimum(np.abs(scaled), 700.0)) if self.log else scaled
        return unscaled


def _signed_log(values: Floats) -> Floats:
    logs: Floats = np.sign(values) * np.log1p(np.abs(values))
    return logs
