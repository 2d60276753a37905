"""Where the processor's time goes, by module of this package, without a change to what is measured."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable
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
    """Return the innermost module of this package among the callers, by its name inside the package."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith(PACKAGE):
            return name.removeprefix(PACKAGE)
        frame = frame.f_back
    return OTHER
