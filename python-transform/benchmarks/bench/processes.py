"""A command run to its end, and what each of its processes took: processor time and memory, by language.

The processes are looked at ten times a second, which takes about 2 % of one core.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from anomaly_detection.errors import AnomalyDetectionError

ROLES = ("java", "python", "prism")
INTERVAL = 0.1
LOG_LINES = 15
GRACE_SECONDS = 15.0


class CommandError(AnomalyDetectionError):
    """A command of the benchmark failed; the message ends with its log."""

    exit_code = 1


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What the processes of one role took: CPU seconds in all, and the most resident memory at one time, in MiB."""

    cpu_seconds: float
    peak_mib: float


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command that ended well: how long it took, what it printed, what each role took.

    `seen` has when a process of each role was first seen, in seconds since 1970.
    """

    wall_seconds: float
    output: str
    taken: Mapping[str, Taken]
    seen: Mapping[str, float]

    def processes(self) -> dict[str, Any]:
        """Return what each role took, as JSON has it."""
        return {role: asdict(taken) for role, taken in self.taken.items()}


@dataclass
class _Watch:
    """Sums over the process tree below a root; memory that processes share counts for each."""

    root: psutil.Process
    cpu: dict[str, dict[int, float]] = field(default_factory=dict)
    peak: dict[str, float] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)

    def look(self) -> None:
        now: dict[str, float] = {}
        for process in self._tree():
            try:
                with process.oneshot():
                    role = role_of(process.name(), process.cmdline())
                    times, memory = process.cpu_times(), process.memory_info().rss
            except psutil.Error:
                continue  # it has just ended
            if role is not None:
                self.cpu.setdefault(role, {})[process.pid] = times.user + times.system
                now[role] = now.get(role, 0.0) + memory / 2**20
        for role, memory in now.items():
            self.seen.setdefault(role, time.time())
            self.peak[role] = max(memory, self.peak.get(role, 0.0))

    def _tree(self) -> list[psutil.Process]:
        try:
            return [self.root, *self.root.children(recursive=True)]
        except psutil.Error:
            return []

    def taken(self) -> dict[str, Taken]:
        return {
            role: Taken(cpu_seconds=sum(self.cpu[role].values()), peak_mib=self.peak[role])
            for role in ROLES
            if role in self.peak
        }


def role_of(name: str, command: Sequence[str]) -> str | None:
    """Return what a process does in a run, None for a shell and the like.

    >>> role_of("java", ["java", "-cp", "…"]), role_of("prism", ["/opt/prism"]), role_of("sh", ["sh", "bin/app"])
    ('java', 'prism', None)
    >>> role_of("anomaly-detecti", ["/venv/bin/python", "/venv/bin/anomaly-detection", "serve"])
    'python'
    """
    if name in ("java", "prism"):
        return name
    program = Path(command[0]).name if command else name
    return "python" if program.startswith("python") else None


def run(
    name: str,
    command: Sequence[str | Path],
    *,
    logs: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Ran:
    """Run a command to its end; its output and log are left in `logs` under `name`.

    Raises `CommandError` if it fails. Whatever it started is ended with it.
    """
    logs.mkdir(parents=True, exist_ok=True)
    out, err = logs / f"{name}.out", logs / f"{name}.log"
    start = time.perf_counter()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )
        watch, done = _Watch(psutil.Process(process.pid)), threading.Event()
        watcher = threading.Thread(target=_keep_looking, args=(watch, done), daemon=True)
        watcher.start()
        try:
            status = process.wait()
            wall = time.perf_counter() - start
        finally:
            done.set()
            watcher.join()
            _end(process)
    if status != 0:
        raise CommandError(f"{name} ended with {status}; {tail(err, out)}")
    return Ran(wall_seconds=wall, output=out.read_text("utf-8", "replace"), taken=watch.taken(), seen=watch.seen)


def _keep_looking(watch: _Watch, done: threading.Event) -> None:
    while not done.wait(INTERVAL):
        watch.look()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the group of a command: kindly while it runs, else only what it left behind."""
    if process.poll() is None:
        _signal(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    _signal(process.pid, signal.SIGKILL)
    process.wait()


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def tail(*files: Path) -> str:
    """Return the end of the first file that has something in it."""
    for file in files:
        lines = file.read_text("utf-8", "replace").splitlines()
        if lines:
            return "\n  ".join([f"the end of {file}:", *lines[-LOG_LINES:]])
    return f"{files[0]} is empty"
