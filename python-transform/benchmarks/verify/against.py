"""A cluster against the embedded engine, on the same input: seconds, rows, and memory at its most."""

from __future__ import annotations

import re
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from anomaly_detection.errors import AnomalyDetectionError
from cluster.run import Cluster
from verify.kills import executors
from verify.measure import Measure
from verify.product import Product

_END = re.compile(r"in error\. ([0-9.]+) s\.")
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Ran:
    """How long a run took, in seconds by its own word, and what it wrote."""

    seconds: float
    rows: list[str]


def against_embedded(running: Cluster, given: str, rows: int, folder: Path, name: str) -> Iterator[Measure]:
    """Score so many rows of files on a cluster and embedded, and compare."""
    score(running, given, folder)  # what a cluster does for the first time takes longer
    with _peaks(running) as peaks:
        there = score(running, given, folder)
    here = score(None, given, folder)
    yield Measure(f"{name}_seconds", there.seconds, "s")
    yield Measure(f"{name}_embedded_seconds", here.seconds, "s")
    yield Measure(f"{name}_over_embedded", there.seconds / here.seconds, most=2.0)
    yield Measure(f"{name}_rows_out", len(there.rows), least=rows, most=rows)
    yield Measure(f"{name}_rows_that_differ_from_embedded", _differing(there.rows, here.rows), most=0)
    for part, memory in peaks.items():
        yield Measure(f"{name}_memory_of_{part}", memory, "MiB")


def _differing(some: list[str], others: list[str]) -> int:
    """Return how many lines are in the one more often than in the other."""
    one, other = Counter(some), Counter(others)
    return ((one - other) + (other - one)).total()


def score(running: Cluster | None, given: str, folder: Path) -> Ran:
    """Score files on a cluster or embedded; raise `AnomalyDetectionError` if that fails."""
    output = folder / "scored"
    shutil.rmtree(output, ignore_errors=True)
    options = (f"--input={given}", f"--output={output}", "--report=false")
    with Product(running, options, folder / "run.log") as product:
        exit_code = product.await_end()
        end = _END.search(product.said)
    if exit_code or not end:
        raise AnomalyDetectionError(f"the run ended with {exit_code}: {product.error}", exit_code=1)
    rows = sorted(line for file in output.glob("*.jsonl") for line in file.read_text("utf-8").splitlines())
    shutil.rmtree(output)
    return Ran(float(end[1]), rows)


@contextmanager
def _peaks(running: Cluster) -> Iterator[dict[str, float]]:
    """Fill in how much memory each part had at the most meanwhile, in MiB, and an executor apart from its Worker."""
    peaks: dict[str, float] = {}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_SECONDS):
            now = {name: started.memory() for name, started in running.started.items()}
            for executor in executors(running):
                with suppress(psutil.Error):  # it has just ended
                    now["executor"] = executor.memory_info().rss / 2**20
                    now["worker"] -= now["executor"]
            for name, memory in now.items():
                peaks[name] = max(memory, peaks.get(name, 0.0))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        done.set()
        watcher.join()
