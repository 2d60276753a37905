"""How much memory there was in use at the most, while something ran."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

POLL_SECONDS = 0.5


@contextmanager
def peaks(now: Callable[[], Mapping[str, float]]) -> Iterator[dict[str, float]]:
    """Fill in the most of each figure that `now` returns meanwhile; it is asked twice a second, and at the end.

    What it raises is raised at the end.
    """
    found: dict[str, float] = {}
    done = threading.Event()

    def watch() -> None:
        ended = False
        while not ended:
            ended = done.wait(POLL_SECONDS)
            for name, value in now().items():
                found[name] = max(value, found.get(name, 0.0))

    with ThreadPoolExecutor(1) as thread:
        watching = thread.submit(watch)
        try:
            yield found
        finally:
            done.set()
        watching.result()
