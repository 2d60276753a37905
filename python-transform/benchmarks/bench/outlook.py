"""What a billion rows would take, worked out of what smaller numbers took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.plan import Measurement
from bench.spreads import process_spread, spread

BILLION = 10**9
CORES = 2
"""Of the machine that was measured, and of each worker that is reckoned with: a Java and a Python process."""

VCPU_HOUR, GIB_HOUR = 0.056, 0.003557
"""US dollars, as others quote Dataflow's price for batch in US regions, without disks (0.000054 for a GB and hour).

Google's own list, https://cloud.google.com/dataflow/pricing, was out of reach: put what it says today in their place.
"""

_SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """A billion rows on workers of two cores.

    `core_hours` are of all workers; `busy` is the share of the time in which a worker's cores have something to do.
    """

    workers: int
    core_hours: float
    busy: float
    gib: float

    @property
    def hours(self) -> float:
        """How long it takes, if the rows are spread evenly."""
        return self.core_hours / (self.workers * CORES * self.busy)

    @property
    def dollars(self) -> float:
        """The price of the workers' cores and memory."""
        return self.hours * self.workers * (CORES * VCPU_HOUR + self.gib * GIB_HOUR)


def embedded(volume: Sequence[Measurement], workers: int) -> Outlook | None:
    """Reckon with what Java and Python took beyond a million rows; the runner's own work is not the workers'.

    None where ten million rows were not measured, or took no longer than one.
    """
    more, fewer = _seconds(volume, 10**7), _seconds(volume, 10**6)
    wall = [spread(volume, "data_seconds", rows=rows) for rows in (10**7, 10**6)]
    if more is None or fewer is None or wall[0] is None or wall[1] is None:
        return None
    seconds, took = more - fewer, wall[0].median - wall[1].median
    if seconds <= 0 or took <= 0:
        return None
    peaks = [process_spread(volume, role, "peak_mib", rows=10**7) for role in ("java", "python")]
    return Outlook(
        workers=workers,
        core_hours=seconds / (10**7 - 10**6) * BILLION / _SECONDS,
        busy=min(seconds / (CORES * took), 1.0),
        gib=sum(peak.median for peak in peaks if peak) / 1024,
    )


def on_flink(runs: Sequence[Measurement], workers: int) -> Outlook | None:
    """Reckon with what a cluster's processes took for the largest table, Flink's among them; None if there is none."""
    rows = max((each["rows"] for each in runs), default=0)
    cpu, wall, peak = (spread(runs, name, rows=rows, workers=1) for name in ("cpu_seconds", "wall_seconds", "peak_mib"))
    if cpu is None or wall is None or peak is None:
        return None
    return Outlook(
        workers=workers,
        core_hours=cpu.median / rows * BILLION / _SECONDS,
        busy=min(cpu.median / (CORES * wall.median), 1.0),
        gib=peak.median / 1024,
    )


def _seconds(volume: Sequence[Measurement], rows: int) -> float | None:
    found = [process_spread(volume, role, "cpu_seconds", rows=rows) for role in ("java", "python")]
    return sum(each.median for each in found if each) if all(found) else None
