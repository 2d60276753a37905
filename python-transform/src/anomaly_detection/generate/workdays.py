"""The days that opportunities are created and closed on: working days up to, and planned after, an export."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.generate.catalogue import Floats, Ints

EXPORTED_ON = np.datetime64("2025-06-30")
"""What has closed by this day is closed."""

CREATED_OVER_DAYS = 546
"""The days before the export that opportunities were created on; the first and the last are Mondays."""

LONGEST_SALE_DAYS = 720

_FIRST = EXPORTED_ON - CREATED_OVER_DAYS
_OPENS, _OPEN_HOURS = 8, 10


@cache
def working_days() -> Ints:
    """Return for each day since the first that day, or the working day before it."""
    days = _days()
    return np.asarray((np.busday_offset(days, 0, roll="preceding") - _FIRST).astype(np.int64))


@cache
def dates() -> NDArray[np.object_]:
    """Return for each day since the first its ISO date."""
    return np.datetime_as_string(_days()).astype(object)


def moments(days: Ints, draws: Floats) -> list[str]:
    """Return moments in the working hours of days since the first, as an export writes them."""
    seconds = _OPENS * 3600 + (draws * _OPEN_HOURS * 3600).astype(np.int64)
    texts = np.datetime_as_string(_FIRST + days.astype("m8[D]") + seconds.astype("m8[s]"), unit="s").tolist()
    return [text + ".000Z" for text in texts]


def _days() -> NDArray[np.datetime64]:
    return np.asarray(_FIRST + np.arange(CREATED_OVER_DAYS + LONGEST_SALE_DAYS + 1))
