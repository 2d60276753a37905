"""The pipeline on a Flink cluster of this machine: as complete as embedded, how much slower, and what faults do."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomaly_detection.cli.console import err
from anomaly_detection.errors import AnomalyDetectionError
from anomaly_detection.generate import write_opportunities
from bench.plan import ANOMALIES, ROOT, SEED
from cluster import run
from cluster.layout import HOST, Folder
from cluster.run import Cluster
from verify.measure import Measure

ROWS = 1_000_000
FAULT_ROWS = 200_000
FIRST_PORT = 28070
FAULTS = {
    "task-manager": 0,
    "python-pool": 0,
    "java-pool": 0,
    "expansion-service": 0,
    "job-service": 1,
    "job-manager": 1,
}
"""What is killed in the middle of a run, and the exit code of that run; what was killed comes back 2 s later."""

_APP = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "bin" / "java-pipeline"
_END = re.compile(r"in error\. ([0-9.]+) s\.")
_BACK_SECONDS = 2.0
_POLL_SECONDS = 0.1
_LIMIT_SECONDS = 600.0


@dataclass(frozen=True)
class _Ran:
    """A run: its exit code, its seconds by its own word, what it wrote, and its error if it failed."""

    status: int
    seconds: float
    rows: list[str]
    error: str

    @classmethod
    def of(cls, process: subprocess.Popen[str], output: Path) -> _Ran:
        try:
            out, log = process.communicate(timeout=_LIMIT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise AnomalyDetectionError(f"the run did not end within {_LIMIT_SECONDS:.0f} s", exit_code=1) from error
        end = _END.search(out)
        files = sorted(output.glob("*.jsonl"))
        rows = sorted(line for file in files for line in file.read_text("utf-8").splitlines())
        error = "".join(log.partition("error: ")[1:]).strip()
        return cls(process.returncode, float(end[1]) if end else 0.0, rows, error)


def cluster() -> Iterator[Measure]:
    """Start a cluster, run there what runs embedded, compare, and kill its parts one after the other."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin = time.monotonic()
        running = run.start(Cluster.of(Folder(folder / "cluster"), FIRST_PORT))
        try:
            yield Measure("cluster_start", time.monotonic() - begin, "s")
            yield from _speed(running, folder)
            yield from _faults(running, folder)
        finally:
            run.stop(Cluster.of(running.folder, FIRST_PORT))


def _speed(running: Cluster, folder: Path) -> Iterator[Measure]:
    csv = _generated(folder, ROWS)
    _finished(running, folder, csv)  # what a cluster does for the first time takes longer
    there, here = _finished(running, folder, csv), _finished(None, folder, csv)
    yield Measure("cluster_seconds", there.seconds, "s")
    yield Measure("embedded_seconds", here.seconds, "s")
    yield Measure("cluster_over_embedded", there.seconds / here.seconds, most=2.0)
    yield Measure("rows_out", len(there.rows), least=ROWS, most=ROWS)
    yield Measure("rows_that_differ_from_embedded", len(set(there.rows) ^ set(here.rows)), most=0)
    yield Measure("cluster_memory", sum(one.memory() for one in running.started.values()), "MiB")


def _faults(running: Cluster, folder: Path) -> Iterator[Measure]:
    csv = _generated(folder, FAULT_ROWS)
    _finished(running, folder, csv)
    unharmed = _finished(running, folder, csv)
    middle = _last_job_seconds() / 2
    for part, status in FAULTS.items():
        label = f"{part}_killed"
        with _started(running, folder, csv) as (process, output):
            job = _await_job(process)
            time.sleep(middle)
            victim = _working(job) if part == "task-manager" else part
            running.started[victim].send(signal.SIGKILL)
            time.sleep(_BACK_SECONDS)
            running = run.start(running)
            ran = _Ran.of(process, output)
        err.print(f"{victim} killed after {middle:.1f} s of the job: {ran.error or 'done'}", soft_wrap=True)
        yield Measure(f"{label}_exit_code", ran.status, least=status, most=status)
        if status == 0:
            yield Measure(f"{label}_rows_that_differ", len(set(ran.rows) ^ set(unharmed.rows)), most=0)
            yield Measure(f"{label}_rows_out", len(ran.rows), least=FAULT_ROWS, most=FAULT_ROWS)
            yield Measure(f"{label}_seconds_more", ran.seconds - unharmed.seconds, "s")
        else:
            yield Measure(f"{label}_rows_published", len(ran.rows), most=0)
            yield Measure(f"{label}_says_why", float("found one gone" in ran.error), least=1)


def _generated(folder: Path, rows: int) -> Path:
    path = folder / f"{rows}.csv"
    write_opportunities(path, rows=rows, seed=SEED, anomalies=ANOMALIES)
    return path


def _finished(running: Cluster | None, folder: Path, csv: Path) -> _Ran:
    with _started(running, folder, csv) as (process, output):
        ran = _Ran.of(process, output)
    if ran.status or not ran.seconds:
        raise AnomalyDetectionError(f"the run failed: {ran.error}", exit_code=1)
    return ran


@contextmanager
def _started(running: Cluster | None, folder: Path, csv: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Start a run, on the cluster or embedded; it has ended afterwards, whatever happens meanwhile."""
    output = folder / "scored"
    shutil.rmtree(output, ignore_errors=True)
    options = run.options(running, ()) if running else []
    command = [_APP, *options, f"--input={csv}", f"--output={output}", "--report=false"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, output
        finally:
            process.kill()  # it has ended if all went well


def _await_job(process: subprocess.Popen[str]) -> str:
    """Return the job that runs, as soon as one does."""
    while process.poll() is None:
        for job in _flink("/jobs/overview")["jobs"]:
            if job["state"] == "RUNNING":
                return str(job["jid"])
        time.sleep(_POLL_SECONDS)
    raise AnomalyDetectionError(f"the run ended before its job began, with {process.returncode}", exit_code=1)


def _last_job_seconds() -> float:
    """Return how long the job took that was begun last, in Flink."""
    jobs = _flink("/jobs/overview")["jobs"]
    return float(max(jobs, key=lambda job: job["start-time"])["duration"]) / 1000


def _working(job: str) -> str:
    """Return a TaskManager that works on a job."""
    for vertex in _flink(f"/jobs/{job}")["vertices"]:
        if vertex["status"] == "RUNNING":
            for task in _flink(f"/jobs/{job}/vertices/{vertex['id']}")["subtasks"]:
                if task["status"] == "RUNNING":
                    return str(task["taskmanager-id"])
    raise AnomalyDetectionError(f"no TaskManager works on job {job}: it is over, or waits", exit_code=1)


def _flink(path: str) -> Any:
    with urllib.request.urlopen(f"http://{HOST}:{FIRST_PORT}{path}", timeout=10) as answer:
        return json.load(answer)
