"""The org's clock, which may go wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Clock:
    """Seconds since 1970 as the org has them: `skew` seconds ahead of another clock, or behind it."""

    base: Callable[[], float] = time.time
    skew: float = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.base() + self.skew
