"""A cluster against the embedded engine, on the same input: seconds, rows, and memory at its most."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from anomaly_detection.errors import AnomalyDetectionError
from bench.peaks import peaks
from cluster.run import Cluster
from verify.kills import executors
from verify.measure import Measure
from verify.product import Product

_END = re.compile(r"in error\. ([0-9.]+) s\.")


@dataclass(frozen=True)
class Ran:
    """How long a run took, in seconds by its own word, and what it wrote."""

    seconds: float
    rows: list[str]


def against_embedded(running: Cluster, given: str, rows: int, folder: Path, name: str) -> Iterator[Measure]:
    """Score so many rows of files on a cluster and embedded, and compare."""
    score(running, given, folder)  # what a cluster does for the first time takes longer
    with peaks(lambda: _memory(running)) as most:
        there = score(running, given, folder)
    here = score(None, given, folder)
    yield Measure(f"{name}_seconds", there.seconds, "s")
    yield Measure(f"{name}_embedded_seconds", here.seconds, "s")
    yield Measure(f"{name}_over_embedded", there.seconds / here.seconds, most=2.0)
    yield Measure(f"{name}_rows_out", len(there.rows), least=rows, most=rows)
    yield Measure(f"{name}_rows_that_differ_from_embedded", _differing(there.rows, here.rows), most=0)
    for part, memory in most.items():
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


def _memory(running: Cluster) -> dict[str, float]:
    """Return how much memory each part has, in MiB, and an executor apart from its Worker."""
    now = {name: started.memory() for name, started in running.started.items()}
    for executor in executors(running):
        with suppress(psutil.Error):  # it has just ended
            now["executor"] = executor.memory_info().rss / 2**20
            now["worker"] -= now["executor"]
    return now
