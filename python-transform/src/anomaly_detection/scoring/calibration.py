"""From a score to a p-value and a label: split conformal prediction, with an extreme-value tail beyond it.

p = (1 + number of held-out normal rows at least as odd) / (1 + number of held-out rows): if the scored row is
drawn as they were, P(p <= alpha) <= alpha (V. Vovk et al., "Algorithmic Learning in a Random World", 2005).

A row odder than all n held-out ones would always get 1/(n + 1). There, and only there, p goes on falling as a
generalised Pareto distribution says that is fitted to the oddest held-out rows (see `pareto`). Whatever its fit is
worth, labels at an alpha of 1/(n + 1) or more keep the guarantee above.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from anomaly_detection.errors import ConfigError
from anomaly_detection.features.arrays import Floats
from anomaly_detection.scoring.pareto import Tail

TAIL_SHARE, LEAST_TAIL = 0.1, 20
"""The tail is fitted to this share of the held-out rows, the oddest, and to so many at least."""

DECADES, STEPS = 2, 50
"""The tail ends at 10^-DECADES of 1/(n + 1), in so many steps a decade; between two the larger p holds."""


@dataclass(frozen=True)
class Calibration:
    """The held-out rows' scores in [0, 1), ascending.

    >>> held_out = Calibration.fit(np.arange(199.0) / 200)
    >>> held_out.p_values(np.array([0.99, 0.5]))
    array([0.01, 0.5 ])
    >>> held_out.threshold(0.01) > 0.985
    True
    >>> bool(held_out.p_values(np.array([0.9999]))[0] < 1 / 200)
    True
    """

    scores: Floats

    @classmethod
    def fit(cls, scores: Floats) -> Calibration:
        """Keep the scores of held-out rows."""
        return cls(np.sort(scores))

    @property
    def smallest_alpha(self) -> float:
        """The least p-value that can come out."""
        return smallest_alpha(len(self.scores))

    @cached_property
    def _levels(self) -> Floats:
        """The p-values of the tail, falling from the last that is counted, 1/(n + 1)."""
        return _levels(len(self.scores))

    @cached_property
    def _tail(self) -> Floats:
        """The least score of each level but the first, which begins above the last held-out row."""
        odds = _odds(self.scores)
        highest = odds[-min(len(odds), max(LEAST_TAIL, round(TAIL_SHARE * len(odds)))) :]
        excess = highest - highest[0]
        tail = Tail.fit(excess, least_scale=1e-9).beyond(float(excess[-1]))
        beyond = tail.excess(np.log(self._levels[0] / self._levels[1:]))
        reached = odds[-1] + beyond
        least: Floats = np.maximum(reached / (1 + reached), np.nextafter(self.scores[-1], np.inf))
        return least

    def p_values(self, scores: Floats) -> Floats:
        """Return p for each score."""
        at_least = len(self.scores) - np.searchsorted(self.scores, scores, side="left")
        counted = (1.0 + at_least) / (len(self.scores) + 1)
        beyond = self._levels[np.searchsorted(self._tail, scores, side="right")]
        p_values: Floats = np.where(at_least > 0, counted, beyond)
        return p_values

    def threshold(self, alpha: float) -> float:
        """Return the least score whose p-value is at most `alpha`."""
        if not self.smallest_alpha <= alpha < 1:
            raise ConfigError(
                f"alpha: expected a share from {self.smallest_alpha:.4g} (the model was calibrated on "
                f"{len(self.scores)} rows) to below 1, found {alpha:g}"
            )
        if alpha < self._levels[0]:
            return float(self._tail[np.searchsorted(-self._levels, -alpha, side="left") - 1])
        # p <= alpha holds for at most this many held-out rows at or above the score, as p_values rounds.
        possible = (1.0 + np.arange(len(self.scores))) / (len(self.scores) + 1)
        allowed = int(np.searchsorted(possible, alpha, side="right")) - 1
        return float(np.nextafter(self.scores[len(self.scores) - 1 - allowed], np.inf))


def smallest_alpha(rows: int) -> float:
    """Return the least p-value that can come out of a calibration on so many rows."""
    return float(_levels(rows)[-1])


def _levels(rows: int) -> Floats:
    levels: Floats = 10.0 ** (-np.arange(DECADES * STEPS + 1) / STEPS) / (rows + 1)
    return levels


def _odds(scores: Floats) -> Floats:
    """Undo the squeeze of scores into [0, 1): a tail is fitted to what has no upper end."""
    below_one = np.minimum(scores, np.nextafter(1.0, 0.0))
    odds: Floats = below_one / (1 - below_one)
    return odds
