"""Medians and spreads over the runs of a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from bench.plan import Measurement


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The median of a figure's runs, the least and the most, and how many runs there were."""

    median: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Sum up at least one value.

        >>> Spread.of([3.0, 1.0, 2.0])
        Spread(median=2.0, low=1.0, high=3.0, runs=3)
        """
        return cls(median=median(values), low=min(values), high=max(values), runs=len(values))


def spread(measurements: Sequence[Measurement], figure: str, **where: Any) -> Spread | None:
    """Return the spread of a figure over the measurements of these settings, None if there are none.

    >>> spread([{"arm": "a", "s": 1.0}, {"arm": "b", "s": 9.0}, {"arm": "a", "s": 2.0}], "s", arm="a").median
    1.5
    """
    values = [each[figure] for each in chosen(measurements, **where) if each.get(figure) is not None]
    return Spread.of(values) if values else None


def chosen(measurements: Sequence[Measurement], **where: Any) -> list[Measurement]:
    """Return the measurements that have these settings."""
    return [each for each in measurements if all(each.get(name) == value for name, value in where.items())]


def process_spread(measurements: Sequence[Measurement], role: str, figure: str, **where: Any) -> Spread | None:
    """Return the spread of what a process took, `cpu_seconds` or `peak_mib`."""
    flat = [each["processes"][role] for each in chosen(measurements, **where) if role in each["processes"]]
    return spread(flat, figure)


def as_json(found: Spread | None) -> dict[str, Any] | None:
    """Return a spread as JSON has it."""
    return None if found is None else asdict(found)
