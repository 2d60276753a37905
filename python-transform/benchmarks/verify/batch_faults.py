"""A batch on a cluster, once unharmed and once with each fault."""

from __future__ import annotations

import contextlib
import csv
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from anomaly_detection.cli.console import err
from anomaly_detection.errors import AnomalyDetectionError
from anomaly_detection.generate import write_opportunities
from bench.plan import ANOMALIES, SEED
from cluster import run
from cluster.run import Cluster
from verify.fault import Fault, Struck
from verify.product import Product

ROWS = 1_000_000
SHARDS = 8
BAD_ROWS = 100
"""Rows without an id, besides; they are to come out as errors."""

_NOT_STRUCK = -1
"""For the exit code of a run that did not get as far."""

_BEGUN = re.compile(r"^reading \d+ files", re.MULTILINE)


def batch_faults(cluster: Cluster, faults: Sequence[Fault], folder: Path, rows: int = ROWS) -> Iterator[Struck]:
    """Score so many rows on a cluster that runs, and again with each fault; compare what comes out.

    The cluster runs afterwards too, maybe as other processes: `Cluster.of` its folder knows which.

    Raises:
        AnomalyDetectionError: a batch without a fault is not complete.
    """
    batch = _Batch(_input(folder, rows), folder)
    batch.score(cluster)  # what a cluster does for the first time takes longer
    unharmed = batch.score(cluster)
    if unharmed.exit_code or not unharmed.rows.total() == len(unharmed.rows) == rows + BAD_ROWS:
        raise AnomalyDetectionError(
            f"an unharmed batch: expected {rows + BAD_ROWS:,} rows, found {unharmed.rows.total():,}, of which "
            f"{len(unharmed.rows):,} are different; {unharmed.error}",
            exit_code=1,
        )
    err.print(f"an unharmed batch takes {unharmed.seconds:.1f} s")
    for fault in faults:
        try:
            ran = batch.score(cluster, fault, unharmed)
        except AnomalyDetectionError as error:
            ran = _Ran(_NOT_STRUCK, str(error), 0.0, 0.0, Counter(), 0)
        struck = Struck(
            run="batch",
            fault=fault,
            after=ran.struck,
            outcome=ran.error or "done",
            exit_code=ran.exit_code,
            rows_in=unharmed.rows.total(),
            rows_out=ran.rows.total(),
            lost=0 if fault.says else (unharmed.rows - ran.rows).total(),
            twice=(ran.rows - unharmed.rows).total(),
            recovered=None if ran.exit_code else ran.seconds - unharmed.seconds,
            complete=not fault.says,
        )
        err.print(f"{struck.name}, after {struck.after:.1f} s: {struck.outcome}", soft_wrap=True)
        yield struck
        cluster = Cluster.of(cluster.folder, cluster.ports.first)
        if ran.exit_code:
            # What is left of the job would take time from the next one.
            cluster = renewed(cluster)


def renewed(cluster: Cluster) -> Cluster:
    """End a cluster and start one like it."""
    run.stop(cluster)
    return run.start(
        Cluster.of(cluster.folder, cluster.ports.first, cluster.engine, worker_options=cluster.worker_options)
    )


@dataclass(frozen=True)
class _Ran:
    """How a run ended, how long its job took and after how much of that it was struck, in seconds; rows by hash."""

    exit_code: int
    error: str
    seconds: float
    struck: float
    rows: Counter[int]
    bytes: int


@dataclass(frozen=True)
class _Batch:
    """Files to score, and a folder for what comes out."""

    given: str
    folder: Path

    def score(self, cluster: Cluster, fault: Fault | None = None, unharmed: _Ran | None = None) -> _Ran:
        """Score them, with a fault that strikes at its share of what an unharmed run takes or writes."""
        output = (fault.output if fault and fault.output else self.folder) / "scored"
        shutil.rmtree(output, ignore_errors=True)
        options = (f"--input={self.given}", f"--output={output}", "--report=false", *(fault.options if fault else ()))
        with Product(cluster, options, self.folder / "batch.log") as product:
            product.await_words(_BEGUN)
            begun = struck = time.monotonic()
            if fault and unharmed:
                if fault.of_time:
                    time.sleep(fault.share * unharmed.seconds)
                else:
                    written = int(fault.share * unharmed.bytes)
                    product.await_that(lambda: _bytes(output, ".run-*/*") >= written, f"{written:,} bytes in {output}")
                struck = time.monotonic()
                fault.strike(cluster)
                time.sleep(fault.seconds)
                fault.mend(cluster)
            exit_code = product.await_end()
            error = product.error if exit_code else ""
            ran = _Ran(exit_code, error, product.ended - begun, struck - begun, _rows(output), _bytes(output, "*"))
            shutil.rmtree(output, ignore_errors=True)
            return ran


def _bytes(folder: Path, pattern: str) -> int:
    """Return how large files are in all."""
    total = 0
    for file in folder.glob(pattern):
        with contextlib.suppress(FileNotFoundError):  # it was moved just now
            total += file.stat().st_size
    return total


def _rows(output: Path) -> Counter[int]:
    """Count the lines of the files that were published, of errors too; equal hashes stand for equal lines."""
    rows: Counter[int] = Counter()
    for file in output.glob("*.jsonl"):
        with file.open("rb") as lines:
            rows.update(map(hash, lines))
    return rows


def _input(folder: Path, rows: int) -> str:
    """Generate so many rows in files, and some bad ones in one more; return the pattern of all."""
    shards = folder / "input"
    shards.mkdir()
    for i in range(SHARDS):
        own = rows // SHARDS + (i < rows % SHARDS)
        write_opportunities(shards / f"{i}.csv", rows=own, seed=SEED + i, anomalies=ANOMALIES)
    with (shards / "0.csv").open(newline="", encoding="utf-8") as good:
        header, *records = islice(csv.reader(good), 1 + BAD_ROWS)
    id_ = header.index("Id")
    with (shards / "bad.csv").open("w", newline="", encoding="utf-8") as bad:
        csv.writer(bad).writerows([header, *([*record[:id_], "", *record[id_ + 1 :]] for record in records)])
    return str(shards / "*.csv")
