"""A cluster on this machine, and the pipeline on it, as tests of either engine use them."""

from __future__ import annotations

import csv
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[3]
APP = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "bin" / "java-pipeline"
SAMPLE = ROOT / "data" / "opportunities.csv"
SECONDS = 150


@dataclass(frozen=True)
class Command:
    """`python -m cluster` for the cluster of one folder."""

    folder: Path
    first_port: int
    engine: str = "flink"
    worker_options: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = [ROOT / "python-transform" / "deploy", ROOT / "python-transform" / "src"]
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "cluster", f"--folder={self.folder}", *arguments],
            env={**os.environ, **self.env, "PYTHONPATH": os.pathsep.join(map(str, path))},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def start(self) -> subprocess.CompletedProcess[str]:
        options = (f"--worker-option={option}" for option in self.worker_options)
        return self("start", f"--first-port={self.first_port}", f"--engine={self.engine}", *options)

    @property
    def pids(self) -> dict[str, int]:
        content = json.loads((self.folder / "processes.json").read_text())
        return {name: process["pid"] for name, process in content["processes"].items()}

    def options(self) -> list[str]:
        done = self("options")
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    def asked(self, path: str, body: Any = None) -> Any:
        """What the engine's page says, or answers to a body."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.first_port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)


@contextmanager
def running(
    folder: Path, engine: str, worker_options: tuple[str, ...] = (), env: Mapping[str, str] | None = None
) -> Iterator[Command]:
    """A cluster that is started by its command and ended by it, with nothing left."""
    command = Command(folder, free_ports(6), engine, worker_options, env or {})
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


def run(output: Path | str, *options: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [APP, *options, f"--output={output}"],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def rows(output: Path) -> list[dict[str, Any]]:
    lines = [line for file in output.glob("scored-*.jsonl") for line in file.read_text("utf-8").splitlines()]
    return sorted(map(json.loads, lines), key=lambda row: row["id"])


def summary(printed: str, output: Path) -> str:
    """What a run printed, without its times and its folder."""
    return re.sub(r"[0-9.]+ s\b", "_ s", printed).replace(str(output), "OUTPUT")


def strange(path: Path) -> Path:
    """The sample with a stage that training never saw."""
    with SAMPLE.open(encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, records[0])
        writer.writeheader()
        writer.writerows({**record, "Stage": "Dreaming"} for record in records[:500])
    return path


def await_that(holds: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.3)
