"""From a score to a p-value and a label: split conformal prediction.

p = (1 + number of held-out normal rows at least as odd) / (1 + number of held-out rows): if the scored row is
drawn as they were, P(p <= alpha) <= alpha (V. Vovk et al., "Algorithmic Learning in a Random World", 2005).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from anomaly_detection.errors import ConfigError
from anomaly_detection.features import Floats


@dataclass(frozen=True)
class Calibration:
    """The held-out rows' scores, ascending.

    >>> held_out = Calibration.fit(np.arange(199.0))
    >>> held_out.p_values(np.array([198.0, 500.0]))
    array([0.01 , 0.005])
    >>> held_out.threshold(0.01) > 197
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
        return 1.0 / (len(self.scores) + 1)

    def p_values(self, scores: Floats) -> Floats:
        """Return p for each score."""
        at_least = len(self.scores) - np.searchsorted(self.scores, scores, side="left")
        return (1.0 + at_least) / (len(self.scores) + 1)

    def threshold(self, alpha: float) -> float:
        """Return the least score whose p-value is at most `alpha`."""
        if not self.smallest_alpha <= alpha < 1:
            raise ConfigError(
                f"alpha: expected a share from {self.smallest_alpha:.4g} (the model was calibrated on "
                f"{len(self.scores)} rows) to below 1, found {alpha:g}"
            )
        # p <= alpha holds for at most this many held-out rows at or above the score, as p_values rounds.
        possible = (1.0 + np.arange(len(self.scores))) / (len(self.scores) + 1)
        allowed = int(np.searchsorted(possible, alpha, side="right")) - 1
        return float(np.nextafter(self.scores[len(self.scores) - 1 - allowed], np.inf))
