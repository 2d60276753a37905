"""The pipeline on a Flink cluster of this machine: as complete as embedded, and how much slower."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from anomaly_detection.errors import AnomalyDetectionError
from anomaly_detection.generate import write_opportunities
from bench.plan import ANOMALIES, SEED
from cluster import run
from cluster.layout import Folder
from cluster.run import Cluster
from verify.measure import Measure
from verify.product import Product

ROWS = 1_000_000
FIRST_PORT = 28070

_END = re.compile(r"in error\. ([0-9.]+) s\.")


@dataclass(frozen=True)
class _Ran:
    """How long a run took, in seconds by its own word, and what it wrote."""

    seconds: float
    rows: list[str]


def cluster() -> Iterator[Measure]:
    """Start a cluster, run there what runs embedded, and compare."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin = time.monotonic()
        running = run.start(Cluster.of(Folder(folder / "cluster"), FIRST_PORT))
        try:
            yield Measure("cluster_start", time.monotonic() - begin, "s")
            csv = folder / "opportunities.csv"
            write_opportunities(csv, rows=ROWS, seed=SEED, anomalies=ANOMALIES)
            _score(running, folder, csv)  # what a cluster does for the first time takes longer
            there, here = _score(running, folder, csv), _score(None, folder, csv)
            yield Measure("cluster_seconds", there.seconds, "s")
            yield Measure("embedded_seconds", here.seconds, "s")
            yield Measure("cluster_over_embedded", there.seconds / here.seconds, most=2.0)
            yield Measure("rows_out", len(there.rows), least=ROWS, most=ROWS)
            yield Measure("rows_that_differ_from_embedded", len(set(there.rows) ^ set(here.rows)), most=0)
            yield Measure("cluster_memory", sum(one.memory() for one in running.started.values()), "MiB")
        finally:
            run.stop(running)


def _score(running: Cluster | None, folder: Path, csv: Path) -> _Ran:
    """Score a file on the cluster or embedded."""
    output = folder / "scored"
    shutil.rmtree(output, ignore_errors=True)
    options = (f"--input={csv}", f"--output={output}", "--report=false")
    with Product(running, options, folder / "run.log") as product:
        exit_code = product.await_end()
        end = _END.search(product.said)
    if exit_code or not end:
        raise AnomalyDetectionError(f"the run ended with {exit_code}: {product.error}", exit_code=1)
    rows = sorted(line for file in output.glob("*.jsonl") for line in file.read_text("utf-8").splitlines())
    return _Ran(float(end[1]), rows)
