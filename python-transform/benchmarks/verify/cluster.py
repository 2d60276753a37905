"""The pipeline on a Flink cluster of this machine: as complete as embedded, and how much slower."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from anomaly_detection.generate import write_opportunities
from bench.plan import ANOMALIES, SEED
from cluster import run
from cluster.layout import Folder
from cluster.run import Cluster
from verify.against import against_embedded
from verify.measure import Measure

ROWS = 1_000_000
FIRST_PORT = 28070


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
            yield from against_embedded(running, str(csv), ROWS, folder, "cluster")
        finally:
            run.stop(running)
