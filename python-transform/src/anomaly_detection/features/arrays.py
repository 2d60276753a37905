"""Arrays of numbers, (n, D), whose columns are worked on one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def by_column(shape: tuple[int, ...], dtype: type[np.generic] = np.float64) -> NDArray[Any]:
    """Return an array to be filled whose columns are contiguous in memory, as they are worked on one at a time."""
    return np.empty(shape, dtype, order="F")


def total(values: Floats) -> Floats:
    """Return the sums of rows, (n,), of values, (n, D); how they are rounded does not depend on n."""
    sums: Floats = np.ascontiguousarray(values).sum(1)
    return sums
