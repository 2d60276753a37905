"""Processes that outlive the command that started them: which they are, whether they run, and their end.

Each has a session of its own, by which what it started in turn is found as well.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from cluster.layout import ROOT

GRACE_SECONDS = 10.0
_POLL_SECONDS = 0.1
_LOG_LINES = 15


@dataclass(frozen=True)
class Started:
    """A process by its number, and what tells it from a later one, as numbers are used again.

    `boot` is the machine's start by its id, `ticks` when the process started after that, in ticks of the kernel:
    neither moves when the clock is set.
    """

    pid: int
    boot: str
    ticks: int

    @classmethod
    def of(cls, pid: int) -> Started:
        """Return a process that is there, or has ended and is not waited for yet."""
        return cls(pid, _boot(), _ticks(pid))

    def process(self) -> psutil.Process | None:
        """Return the process while it runs."""
        try:
            process = psutil.Process(self.pid) if self == Started.of(self.pid) else None
            return process if process and process.status() != psutil.STATUS_ZOMBIE else None
        except (psutil.Error, OSError):
            return None

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal, if it is still there."""
        process = self.process()
        if process is not None:
            with contextlib.suppress(psutil.Error):  # it has just ended
                process.send_signal(number)

    def memory(self) -> float:
        """Return the resident memory of the process and of what it started, in MiB; shared memory counts for each."""
        total = 0.0
        for one in self.session():
            try:
                total += one.memory_info().rss / 2**20
            except psutil.Error:
                continue  # it has just ended
        return total

    def session(self) -> list[psutil.Process]:
        """Return all living processes of its session, also when it has ended itself."""
        if self._is_another():
            return []
        found = []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == self.pid:
                    found.append(process)
            except (psutil.Error, OSError):
                continue  # it has just ended
        return found

    def _is_another(self) -> bool:
        """Tell whether the number, and the session of that number, may be those of others by now."""
        if self.boot != _boot():
            return True
        try:
            return self.ticks != _ticks(self.pid)
        except OSError:
            return False  # as long as something is left of its session, the kernel gives its number to none


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def _ticks(pid: int) -> int:
    """Return when a process started; raise `OSError` if it is not there."""
    # Field 22; the second one, a name in brackets, may hold anything.
    return int(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19])


def start(command: Iterable[str], log: Path, environment: Mapping[str, str]) -> Started:
    """Start a process in the project's folder, from which it resolves the paths of models; it adds to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    return Started.of(process.pid)


def end(all_started: Iterable[Started]) -> None:
    """End processes and what they started: kindly, side by side, and by force what is left after some seconds."""
    started = list(all_started)
    for one in started:
        one.send(signal.SIGTERM)
    limit = time.monotonic() + GRACE_SECONDS
    while any(one.process() for one in started) and time.monotonic() < limit:
        time.sleep(_POLL_SECONDS)
    left = [process for one in started for process in one.session()]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=GRACE_SECONDS)


def tail(log: Path) -> str:
    """Return the end of a log, for a message."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    return "\n  ".join([f"the end of {log}:", *lines[-_LOG_LINES:]]) if lines else f"{log} is empty"
