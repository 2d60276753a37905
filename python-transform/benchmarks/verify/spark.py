"""The pipeline on a Spark cluster of this machine: as complete as embedded, how much slower, and what faults do."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from anomaly_detection.generate import write_opportunities
from bench.plan import ANOMALIES, SEED
from cluster import run
from cluster.engines import SPARK
from cluster.layout import Folder
from cluster.run import Cluster
from verify.against import against_embedded
from verify.batch_faults import batch_faults
from verify.fault import Fault
from verify.faults import KILLS_OF_ANY
from verify.kills import executors, killed, part
from verify.measure import Finding

ROWS = 1_000_000
SHARDS = 8
FIRST_PORT = 28080

KILLS = (
    Fault("the executor killed", killed(executors), of_time=True),
    Fault("the Worker and its executor killed", killed(part("worker")), of_time=True),
    Fault("the Master killed", killed(part("master")), of_time=True),
    *KILLS_OF_ANY,
)
"""Each part comes back 2 s later; Spark itself starts another executor. A task writes when all of it is scored."""


def spark() -> Iterator[Finding]:
    """Start a cluster, run there what runs embedded, of one file and of eight, and strike a batch with each fault."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = Folder(folder / "cluster")
        stack.callback(lambda: run.stop(Cluster.of(running, FIRST_PORT)))
        cluster = run.start(Cluster.of(running, FIRST_PORT, SPARK))
        for files in (1, SHARDS):
            given = folder / f"of-{files}"
            given.mkdir()
            for i in range(files):
                write_opportunities(given / f"{i}.csv", rows=ROWS // files, seed=SEED + i, anomalies=ANOMALIES)
            yield from against_embedded(cluster, f"{given}/*.csv", ROWS, folder, "one_file" if files == 1 else "shards")
        yield from batch_faults(cluster, KILLS, folder)
