"""The product as a process, and what it says."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from anomaly_detection.errors import AnomalyDetectionError
from bench.plan import ROOT
from cluster import run
from cluster.run import Cluster

LIMIT_SECONDS = 600.0
POLL_SECONDS = 0.05

_APP = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "bin" / "java-pipeline"
_ERROR = re.compile(r"^error: .*", re.MULTILINE | re.DOTALL)
_KILLED = -signal.SIGKILL


class Product:
    """A run on a cluster or embedded, for as long as this context lasts at most."""

    def __init__(self, cluster: Cluster | None, given: Sequence[str], log: Path) -> None:
        """Start it with options besides those of the cluster; all that it says is in the log."""
        self.began = time.monotonic()
        self.ended = 0.0
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [_APP, *(run.options(cluster, given) if cluster else ()), *given],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        # Whoever mends a cluster meanwhile does not see when it ends.
        self._waiting = threading.Thread(target=self._wait)
        self._waiting.start()

    def __enter__(self) -> Product:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._waiting.join()

    def _wait(self) -> None:
        self._process.wait()
        self.ended = time.monotonic()

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.returncode if self.ended else None

    @property
    def said(self) -> str:
        """All that it said."""
        return self._log.read_text("utf-8", "replace")

    @property
    def error(self) -> str:
        """What it failed with, nothing if it did not, or not yet."""
        found = _ERROR.search(self.said)
        if found:
            return found[0].strip()
        if self.exit_code == _KILLED:
            return "did not end in time"
        return f"ended with exit code {self.exit_code} and no word" if self.exit_code else ""

    def await_words(self, words: re.Pattern[str]) -> None:
        """Wait until it says something; raise `AnomalyDetectionError` if it ends before."""
        self.await_that(lambda: words.search(self.said) is not None, words.pattern)

    def await_that(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for something while it runs; raise `AnomalyDetectionError` if it ends before."""
        while not holds():
            if self.ended or time.monotonic() > self.began + LIMIT_SECONDS:
                raise AnomalyDetectionError(
                    f"expected {what} of the run, found that it ended with {self.exit_code}: {self.error}", exit_code=1
                )
            time.sleep(POLL_SECONDS)

    def await_end(self) -> int:
        """Wait until it has ended, or too much time has passed; return the exit code."""
        self._waiting.join(LIMIT_SECONDS)
        self._process.kill()
        self._waiting.join()
        return int(self._process.returncode)

    def end(self) -> int:
        """Tell it to end, and return the exit code."""
        self._process.terminate()
        return self.await_end()
