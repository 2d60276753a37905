"""A Beam worker as a process of its own, forked from one that has imported everything.

Imports take seconds and a few hundred megabytes; a fork takes neither, and leaves this process, whose gRPC threads
would not survive one, alone. A worker that crashes takes no other with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import Connection, wait
from multiprocessing.forkserver import ensure_running
from multiprocessing.process import parent_process

from anomaly_detection.errors import ServiceError
from anomaly_detection.service.logs import LogFormat, configure_logs

_STOP_SECONDS = 3.0
_CONTEXT = multiprocessing.get_context("forkserver")
# `Process` keeps a set of what was started and reaps it; neither is meant for several threads.
_LOCK = threading.Lock()


def prepare() -> None:
    """Start the process that workers are forked from, and its imports; returns at once."""
    _CONTEXT.set_forkserver_preload(["anomaly_detection.service.worker_main"])
    ensure_running()


class ProcessWorker:
    """A process that ends with its runner's connection, or with this process."""

    def __init__(self, control: str, worker_id: str, *, log_format: LogFormat) -> None:
        """Start it; raises `ServiceError` if no runner answers within a minute."""
        self._stopped = False
        receiver, sender = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_work, args=(sender, control, worker_id, log_format), daemon=True)
        with receiver:
            try:
                with sender, _LOCK:
                    self._process.start()
            except (EOFError, OSError) as error:
                raise ServiceError(f"cannot start a process: {error}; try again") from error
            try:
                # Bytes, not objects: the worker is about to run its runner's code.
                problem = receiver.recv_bytes(1 << 16).decode()
            except (EOFError, OSError):
                problem = f"the worker ended while it started: {self.wait()}"
        if problem:
            self.stop()
            raise ServiceError(problem)

    def wait(self) -> str:
        """Return what went wrong, as soon as it has ended."""
        wait([self._process.sentinel])
        with _LOCK:
            self._process.join()
            code = self._process.exitcode
        if code == 0 or self._stopped:
            return ""
        return f"signal {signal.Signals(-code).name}" if code and code < 0 else f"exit code {code}"

    def stop(self) -> None:
        """End it, by force if it does not within seconds."""
        self._stopped = True
        self._process.terminate()
        if not wait([self._process.sentinel], _STOP_SECONDS):
            self._process.kill()


def _work(sender: Connection, control: str, worker_id: str, log_format: LogFormat) -> None:
    from anomaly_detection.service.worker_main import work

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the pool ends its workers
    configure_logs(log_format)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work(sender, control, worker_id)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
