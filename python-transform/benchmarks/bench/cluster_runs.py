"""The section `workers`: the product on a Flink cluster of this machine, with one worker and with two."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Set
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from bench.arms import PRODUCT, require_complete, scored
from bench.peaks import peaks
from bench.plan import ROOT, Bench, Measurement
from bench.processes import run
from cluster import run as clusters
from cluster.layout import Folder
from cluster.run import Cluster

WORKERS = (1, 2)
SHARDS = 8
"""Files of the input, so that there is something to share."""

FIRST_PORT = 29070


def workers(bench: Bench) -> Iterator[Measurement]:
    """Start a cluster, score more and more rows with one worker and with two, and end it."""
    folder = Folder(bench.folder / "cluster")
    with bench.step("starting a Flink cluster"):
        cluster = clusters.start(Cluster.of(folder, FIRST_PORT))
    try:
        for count in WORKERS:
            # What a cluster does for the first time takes longer.
            first = bench.plan.volumes[0]
            _measure(bench, cluster, bench.shards(first, SHARDS), first, count, -1)
        for rows in bench.plan.volumes:
            shards = bench.shards(rows, SHARDS)
            for repeat in range(bench.plan.repeats_of_volume(rows)):
                for count in WORKERS:
                    yield _measure(bench, cluster, shards, rows, count, repeat)
    finally:
        clusters.stop(Cluster.of(folder, FIRST_PORT))
        shutil.rmtree(folder.path, ignore_errors=True)


def _measure(bench: Bench, cluster: Cluster, shards: str, rows: int, count: int, repeat: int) -> Measurement:
    output = bench.folder / "output"
    shutil.rmtree(output, ignore_errors=True)
    given = (f"--parallelism={count}", f"--input={shards}", f"--model={bench.model}", f"--output={output}")
    command: list[str | Path] = [PRODUCT, *clusters.options(cluster, given), *given, "--report=false"]
    name = f"workers-{count}-{rows}-{repeat}"
    try:
        with bench.step(f"Flink, {count} of {WORKERS[-1]} workers, {rows:,} rows, run {repeat + 1}") as words:
            before, others = _cpu_seconds(cluster), {*psutil.Process().children(recursive=True)}
            with peaks(lambda: {"all": _memory(cluster, others)}) as most:
                ran = run(name, command, logs=bench.logs, cwd=ROOT, env=bench.environment)
            taken = _cpu_seconds(cluster) - before + sum(each.cpu_seconds for each in ran.taken.values())
            require_complete(name, scored(ran.output), rows, bench.logs)
            words.append(f"wall {ran.wall_seconds:.1f} s")
        written = [file for file in output.iterdir() if file.is_file()]
        return {
            "workers": count,
            "rows": rows,
            "repeat": repeat,
            "wall_seconds": ran.wall_seconds,
            "cpu_seconds": taken,
            "peak_mib": most["all"],
            "files": len(written),
            "bytes": sum(file.stat().st_size for file in written),
        }
    finally:
        shutil.rmtree(output, ignore_errors=True)


def _cpu_seconds(cluster: Cluster) -> float:
    """Return what the cluster's processes took since their start, and those that they started and that have ended."""
    total = 0.0
    for one in cluster.started.values():
        for process in one.session():
            try:
                total += sum(process.cpu_times()[:4])
            except psutil.Error:
                continue  # it has just ended
    return total


def _memory(cluster: Cluster, others: Set[psutil.Process]) -> float:
    """Return the resident memory of the cluster's processes and of the product's, in MiB; shared counts for each.

    `others` are the processes that were there before the product.
    """
    here = psutil.Process()
    cluster_s = {process for one in cluster.started.values() for process in one.session()}
    total = 0.0
    for process in cluster_s | ({*here.children(recursive=True)} - others):
        try:
            # One that is being started is a copy of this process for a moment, with all that this one has.
            if process.cmdline() != here.cmdline():
                total += process.memory_info().rss / 2**20
        except psutil.Error:
            continue  # it has just ended
    return total
