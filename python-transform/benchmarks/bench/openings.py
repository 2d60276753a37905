"""When a file was opened, told by the kernel: nothing in the programs that are measured is changed for it.

Of Linux: `inotify`, which the standard library does not have.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from anomaly_detection.errors import ConfigError

_CLOSE_NOWRITE, _OPEN = 0x10, 0x20
_EVENT = struct.Struct("iIII")
SHORT = 0.1
"""When the file was open for less than this share of the longest time, it was for its header."""


@dataclass(frozen=True)
class Opened:
    """A time in which a file was open, in seconds since 1970."""

    begin: float
    end: float


class Openings:
    """Notes when a file is open, as a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._events: list[tuple[float, bool]] = []

    def __enter__(self) -> Openings:
        library = ctypes.CDLL(None, use_errno=True)
        self._queue = library.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        watch = library.inotify_add_watch(self._queue, os.fsencode(self._path), _OPEN | _CLOSE_NOWRITE)
        if self._queue < 0 or watch < 0:
            raise ConfigError(f"{self._path}: cannot be watched: {os.strerror(ctypes.get_errno())}")
        self._wake, self._woken = os.pipe()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.write(self._woken, b".")
        self._reader.join()
        for descriptor in (self._queue, self._wake, self._woken):
            os.close(descriptor)

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._queue, self._wake], [], [])
            now = time.time()
            if self._queue in ready:
                content = os.read(self._queue, 4096)
                self._events += [(now, bool(mask & _OPEN)) for _, mask, _, _ in _EVENT.iter_unpack(content)]
            elif self._wake in ready:
                return

    def times(self) -> list[Opened]:
        """Return when the file was open, times that overlap as one."""
        return joined(self._events)


def joined(events: Sequence[tuple[float, bool]]) -> list[Opened]:
    """Return the times between openings (True) and closings (False).

    >>> joined([(1.0, True), (1.5, False), (2.0, True), (2.5, True), (3.0, False), (6.0, False)])
    [Opened(begin=1.0, end=1.5), Opened(begin=2.0, end=6.0)]
    """
    found, begin, count = [], 0.0, 0
    for moment, is_opening in events:
        if is_opening:
            begin = begin if count else moment
            count += 1
        elif count:
            count -= 1
            if count == 0:
                found.append(Opened(begin, moment))
    return found


def reading(times: Sequence[Opened], *, after: float = 0.0) -> float | None:
    """Return when the reading of the rows began, None if there was none.

    Looks at the header alone precede it: they are over before the runner is there, `after`, or else are short.

    >>> header, first, second = Opened(1.0, 1.1), Opened(5.0, 9.0), Opened(9.0, 12.0)
    >>> reading([header, first, second]), reading([first, second], after=4.0), reading([header], after=4.0)
    (5.0, 5.0, None)
    """
    later = [time for time in times if time.begin >= after]
    longest = max((time.end - time.begin for time in later), default=0.0)
    return next((time.begin for time in later if time.end - time.begin >= SHORT * longest), None)
