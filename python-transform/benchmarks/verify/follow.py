"""An org that is followed for minutes while it changes, by a run that is killed in the middle and started again."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np

from anomaly_detection.errors import AnomalyDetectionError
from bench.plan import ROOT
from verify.measure import Measure
from verify.org import Org

MINUTES = 5.0
LAG, POLL, MARGIN = 5.0, 30.0, 15.0
"""In seconds: how far the run stays behind the clock, how often it looks (its default), what else it may take."""

DOWN = 5.0
"""Seconds from the kill to the next start."""

_APP = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "bin" / "java-pipeline"
_OLD = "2025-01-01"

Version = tuple[str, str]
"""The id and the Name of a record: each change gives it a new one."""


def follow() -> Iterator[Measure]:
    """Follow live inserts and updates, and compare what was committed with what happened."""
    limit = LAG + POLL + MARGIN
    with tempfile.TemporaryDirectory() as folder, Org() as org:
        watch = _Watch(Path(folder))
        sample = list(org.names().items())
        run = _start(org, folder, f"--since={_OLD}")
        watch.until(time.time(), run)
        happened, killed, up = {}, 0.0, 0.0
        started = time.time()
        try:
            for version in _changes(org, [record for record, _ in sample]):
                happened[version] = time.time()
                watch.look()
                if not killed and time.time() > started + 30 * MINUTES:
                    run.kill()
                    run.wait()
                    killed = time.time()
                if killed and not up and time.time() > killed + DOWN:
                    run = _start(org, folder)
                    up = time.time()
                if not killed or up:
                    _require(run)
                if time.time() > started + 60 * MINUTES:
                    break
            watch.until(time.time(), run)
            run.send_signal(signal.SIGTERM)
            exit_code = run.wait(60)
        finally:
            run.kill()
        committed = watch.committed()
    expected = Counter([*sample, *happened])
    down = {version for version, at in happened.items() if killed - limit < at < watch.past(up)}
    waited = {version: watch.seen[version] - at for version, at in happened.items() if version in watch.seen}
    steady = [seconds for version, seconds in waited.items() if version not in down]
    yield Measure("changes", len(happened))
    yield Measure("lost", (expected - committed).total(), most=0)
    yield Measure("committed_twice", (committed - expected).total(), most=0)
    yield Measure("latency_median", statistics.median(steady), "s")
    yield Measure("latency_most", max(steady), "s", most=limit)
    yield Measure("latency_most_over_the_kill", max(waited[version] for version in down & waited.keys()), "s")
    yield Measure("exit_code_when_told_to_end", exit_code, most=0)


def _changes(org: Org, sample: list[str]) -> Iterator[Version]:
    """Insert and update for ever, in random order and at random times; each record of the sample changes once."""
    chance = np.random.default_rng(7)
    chance.shuffle(sample)
    number = 0
    while True:
        number += 1
        name = f"Live {number}"
        if chance.random() < 0.5 and sample:
            record = sample.pop()
            org.update(record, name)
        else:
            record = org.insert(name)
        yield record, name
        time.sleep(chance.exponential(0.25))


def _start(org: Org, folder: str, *options: str) -> subprocess.Popen[bytes]:
    command = [
        str(_APP),
        "--source=salesforce",
        f"--salesforceUrl={org.url}",
        "--follow",
        f"--lag={LAG:.0f}s",
        f"--output={folder}",
        *options,
    ]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **org.login})


def _require(run: subprocess.Popen[bytes]) -> None:
    if run.poll() is not None:
        raise AnomalyDetectionError(f"the run ended with exit code {run.returncode}", exit_code=1)


class _Watch:
    """Looks at committed files, as somebody does who waits for them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[tuple[str, int], list[Version]] = {}
        self._positions: list[tuple[float, float]] = []
        self.seen: dict[Version, float] = {}

    def look(self) -> None:
        """Note what is new: rows that were committed, and the position."""
        now = time.time()
        for file in self._folder.glob("scored-*.jsonl"):
            key = file.name, file.stat().st_ino
            if key not in self._files:
                rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
                self._files[key] = [(row["id"], row["Name"]) for row in rows]
                for version in self._files[key]:
                    self.seen.setdefault(version, now)
        try:
            saved = json.loads((self._folder / "position.json").read_text("utf-8"))
        except FileNotFoundError:
            return
        self._positions.append((datetime.fromisoformat(saved["position"].replace("Z", "+00:00")).timestamp(), now))

    def until(self, at: float, run: subprocess.Popen[bytes]) -> None:
        """Wait until all that happened before a time is committed."""
        while not self._positions or self._positions[-1][0] <= at:
            _require(run)
            time.sleep(0.2)
            self.look()

    def past(self, at: float) -> float:
        """Return when the position had passed a time."""
        return next(now for position, now in self._positions if position > at)

    def committed(self) -> Counter[Version]:
        """Count the versions in the files that are there now, of rows in error too."""
        self.look()
        present = {(file.name, file.stat().st_ino) for file in self._folder.glob("scored-*.jsonl")}
        errors = [json.loads(line) for file in self._folder.glob("errors-*.jsonl") for line in file.open()]
        versions = [version for key, rows in self._files.items() if key in present for version in rows]
        return Counter([*versions, *((str(row["id"]), "in error") for row in errors)])
