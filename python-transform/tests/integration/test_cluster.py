"""A Flink cluster on this machine: its commands, the pipeline on it, and what is left of it."""

from __future__ import annotations

import csv
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import psutil
import pytest

from anomaly_detection.generate import write_opportunities

ROOT = Path(__file__).parents[3]
APP = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "bin" / "java-pipeline"
SAMPLE = ROOT / "data" / "opportunities.csv"
PARTS = (
    *("job-manager", "task-manager-1", "task-manager-2", "job-service"),
    *("java-pool", "python-pool", "expansion-service"),
)
SECONDS = 150


@dataclass(frozen=True)
class Command:
    """`python -m cluster` for the cluster of one folder."""

    folder: Path
    first_port: int

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = [ROOT / "python-transform" / "deploy", ROOT / "python-transform" / "src"]
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "cluster", f"--folder={self.folder}", *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def start(self) -> subprocess.CompletedProcess[str]:
        return self("start", f"--first-port={self.first_port}")

    @property
    def pids(self) -> dict[str, int]:
        content = json.loads((self.folder / "processes.json").read_text())
        return {name: process["pid"] for name, process in content["processes"].items()}

    def options(self) -> list[str]:
        done = self("options")
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    def flink(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.first_port}{path}", timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    command = Command(tmp_path_factory.mktemp("cluster"), free_ports(6))
    started = command.start()
    assert started.returncode == 0, started.stderr
    assert "the cluster runs, after " in started.stdout
    pids = command.pids
    try:
        yield command
    finally:
        pids = {**pids, **command.pids}
        stopped = command("stop")
    assert stopped.stdout == "the cluster has ended\n"
    assert stopped.returncode == 0
    assert members(pids) == {}
    assert "no cluster runs" in command("status").stderr
    assert command("stop").stdout == "no cluster runs\n"


def free_ports(count: int) -> int:
    """The first of so many ports in a row that are free, below those that the system hands out."""
    while True:
        first = 20_000 + secrets.randbelow(10_000)
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue


def members(pids: dict[str, int]) -> dict[int, str]:
    """The living processes of the parts and what they started, with the name of the part."""
    names = {pid: name for name, pid in pids.items()}
    found = {}
    for pid in psutil.pids():
        try:
            name = names.get(os.getsid(pid))
        except OSError:
            continue
        if name is not None:
            found[pid] = name
    return found


@contextmanager
def watched_sockets(cluster: Command) -> Iterator[set[tuple[str, str]]]:
    """Whatever the cluster listens on meanwhile: parts and addresses."""
    seen: set[tuple[str, str]] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            parts = members(cluster.pids)
            for one in psutil.net_connections("tcp"):
                if one.status == psutil.CONN_LISTEN and one.pid in parts:
                    seen.add((parts[one.pid], one.laddr.ip))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def run(output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [APP, *options, f"--output={output}"], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def rows(output: Path) -> list[dict[str, Any]]:
    lines = [line for file in output.glob("scored-*.jsonl") for line in file.read_text("utf-8").splitlines()]
    return sorted(map(json.loads, lines), key=lambda row: row["id"])


def summary(done: subprocess.CompletedProcess[str], output: Path) -> str:
    """What a run printed, without its times and its folder."""
    return re.sub(r"[0-9.]+ s\b", "_ s", done.stdout).replace(str(output), "OUTPUT")


def strange(path: Path) -> Path:
    """The sample with a stage that training never saw."""
    with SAMPLE.open(encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, records[0])
        writer.writeheader()
        writer.writerows({**record, "Stage": "Dreaming"} for record in records[:500])
    return path


def test_two_jobs_give_what_the_embedded_engine_gives_and_nothing_listens_beyond_this_machine(
    cluster: Command, tmp_path: Path
) -> None:
    jobs: dict[str, tuple[str, ...]] = {
        "sample": (),
        "strange": (f"--input={strange(tmp_path / 'strange.csv')}", "--alertAbove=0.5", "--parallelism=2"),
    }
    with watched_sockets(cluster) as seen:
        done = {name: run(tmp_path / name, *cluster.options(), *options) for name, options in jobs.items()}
    for name, options in jobs.items():
        embedded = run(tmp_path / f"{name}-embedded", *options)
        assert done[name].returncode == embedded.returncode == (3 if name == "strange" else 0), done[name].stderr
        assert rows(tmp_path / name) == rows(tmp_path / f"{name}-embedded")
        assert summary(done[name], tmp_path / name) == summary(embedded, tmp_path / f"{name}-embedded")
        assert (tmp_path / name / "report.html").exists()
    assert "drift: Stage: 100.00% of the rows hold a value that training never saw" in done["strange"].stdout
    assert {part for part, _ in seen} == {*PARTS}
    assert all(ip_address(address.removeprefix("::ffff:")).is_loopback for _, address in seen), seen
    ended = [job for job in cluster.flink("/jobs/overview")["jobs"] if job["state"] == "FINISHED"]
    assert slots(cluster, ended) == [1, 2]


def test_counts_come_while_a_job_runs_and_an_interrupt_ends_it(cluster: Command, tmp_path: Path) -> None:
    write_opportunities(tmp_path / "many.csv", rows=60_000, seed=2, anomalies=0.01)
    slow = ["--boundary=rows", "--explainAll", f"--input={tmp_path / 'many.csv'}", f"--output={tmp_path / 'out'}"]
    process = subprocess.Popen(
        ["env", "--default-signal=INT", APP, *cluster.options(), *slow],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def state(name: str) -> bool:
        return any(job["state"] == name for job in cluster.flink("/jobs/overview")["jobs"])

    with process:
        assert process.stderr is not None
        assert process.stderr.readline() == "60,000 rows read, 0 scored, 0 in error\n"
        assert state("RUNNING")
        os.killpg(process.pid, signal.SIGINT)
        _, log = process.communicate(timeout=SECONDS)
    assert "interrupted; nothing was published" in log
    assert process.returncode != 0
    await_that(lambda: state("CANCELED"))
    assert not state("RUNNING")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_part_that_has_ended_is_named_and_started_again(cluster: Command, tmp_path: Path) -> None:
    before = cluster.pids
    shown = cluster("status")
    assert shown.returncode == 0
    assert [line for line in PARTS if line in shown.stdout] == [*PARTS]
    assert "the cluster runs already" in cluster.start().stdout
    assert cluster.pids == before

    os.kill(before["python-pool"], signal.SIGKILL)
    await_that(lambda: cluster("status").returncode == 1)
    assert "ended: python-pool" in cluster("status").stderr
    asked = cluster("options")
    assert asked.returncode == 1
    assert asked.stdout == ""
    assert "expected all parts of the cluster to run, found none of python-pool" in asked.stderr

    assert cluster.start().returncode == 0
    assert {name for name, pid in cluster.pids.items() if pid != before[name]} == {"python-pool"}
    done = run(tmp_path / "out", *cluster.options(), "--report=false")
    assert done.returncode == 0, done.stderr


def test_a_job_without_workers_is_given_up(cluster: Command, tmp_path: Path) -> None:
    """The pool of this job takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = [
            option for option in cluster.options() if "EnvironmentConfig" not in option and "stall" not in option
        ]
        done = run(
            tmp_path / "out",
            *options,
            f"--defaultEnvironmentConfig=127.0.0.1:{silent.getsockname()[1]}",
            "--stallLimit=3",
        )
    assert done.returncode == 1
    assert "expected counts of rows to grow within --stallLimit=3 s, found none" in done.stderr
    await_that(lambda: not any(job["state"] == "RUNNING" for job in cluster.flink("/jobs/overview")["jobs"]))


def test_a_port_that_is_taken_is_named(cluster: Command, tmp_path: Path) -> None:
    other = Command(tmp_path / "other", cluster.first_port)
    done = other.start()
    assert done.returncode == 2
    assert f"port {cluster.first_port} on 127.0.0.1: Address already in use" in done.stderr
    assert "no cluster runs" in other("status").stderr


def test_the_user_s_own_options_come_instead_of_the_cluster_s(cluster: Command) -> None:
    names = [option.split("=")[0] for option in cluster.options()]
    assert "--stallLimit" in names
    given = cluster("options", "--stallLimit=7", "--input=a b.csv").stdout.split()
    assert [option.split("=")[0] for option in given] == [name for name in names if name != "--stallLimit"]
    assert "--stallLimit" not in cluster("options", "--follow").stdout


def slots(cluster: Command, jobs: list[dict[str, Any]]) -> list[int]:
    """How many slots jobs took, in the order in which they began."""
    details = [cluster.flink(f"/jobs/{job['jid']}") for job in sorted(jobs, key=lambda job: job["start-time"])]
    return [max(vertex["parallelism"] for vertex in job["vertices"]) for job in details]


def await_that(holds: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.3)
