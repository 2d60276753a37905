"""The sections of whole pipelines: the arms side by side, and the best of them by rows."""

from __future__ import annotations

from collections.abc import Iterator

from bench.arms import COLUMNS, ROWS, available, measure
from bench.plan import Bench, Measurement

MOST_ROWS = 1_000_000
"""More would fill the memory of a runner that holds them as Beam's rows."""


def boundary(bench: Bench) -> Iterator[Measurement]:
    """Run all arms on the same rows, one after the other and all again, so that a slow minute meets every arm."""
    _warm(bench, bench.plan.rows)
    for repeat in range(bench.plan.repeats):
        for arm in available(bench):
            yield measure(bench, arm, bench.plan.rows, repeat)


def volume(bench: Bench) -> Iterator[Measurement]:
    """Run the product on more and more rows."""
    arm = COLUMNS if COLUMNS in available(bench) else ROWS
    for rows in bench.plan.volumes:
        if arm == ROWS and rows > MOST_ROWS:
            continue
        _warm(bench, rows)
        for repeat in range(bench.plan.repeats_of_volume(rows)):
            yield measure(bench, arm, rows, repeat)


def _warm(bench: Bench, rows: int) -> None:
    """Read the file once, so that none of the arms finds it on the disk and the next in memory."""
    with bench.opportunities(rows).open("rb") as stream:
        while stream.read(1 << 20):
            pass
