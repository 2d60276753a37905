"""Where the processor's time goes, by module of this package, without a change to what is measured."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

PACKAGE = "anomaly_detection."
OTHER = "elsewhere"
TICK = 0.001


def shares(work: Callable[[], Any]) -> dict[str, float]:
    """Return the share of the CPU time of `work` that each module took, the largest first.

    Every millisecond of CPU the module is noted whose function runs, or waits for what it called outside of the
    package; the time since the last note is its own. To be called in the main thread.
    """
    spent: Counter[str] = Counter()
    last = time.process_time()

    def note(unused_number: int, frame: FrameType | None) -> None:
        nonlocal last
        now = time.process_time()
        spent[module_of(frame)] += now - last  # type: ignore[assignment]
        last = now

    before = signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, TICK, TICK)
    try:
        work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    whole = sum(spent.values())
    return {name: seconds / whole for name, seconds in spent.most_common()}


def module_of(frame: FrameType | None) -> str:
    """Return whose function runs, by the modules of this package among the callers.

    That is the part that the detector called, and the innermost module where that is another.
    """
    inside: list[str] = []
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith(PACKAGE):
            inside.append(name.rpartition(".")[2])
        frame = frame.f_back
    return label(inside)


def label(inside: Sequence[str]) -> str:
    """Name a place by the modules on the way out from it.

    >>> label(["neighbors", "clustering", "detector", "threads", "detector", "transform"])
    'clustering > neighbors'
    >>> label(["tree", "detector", "transform"]), label(["row_columns", "transform"]), label([])
    ('tree', 'row_columns', 'elsewhere')
    """
    if not inside:
        return OTHER
    parts = inside[: inside.index("detector")] if "detector" in inside else []
    return " > ".join(dict.fromkeys([parts[-1], inside[0]])) if parts else inside[0]
