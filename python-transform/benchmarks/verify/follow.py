"""An org that is followed for minutes while it changes, by a run that is killed in the middle and started again."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from anomaly_detection.errors import AnomalyDetectionError
from bench.plan import ROOT
from verify.measure import Measure
from verify.org import Org
from verify.watch import Watch, changes

MINUTES = 5.0
LAG, POLL, MARGIN = 5.0, 30.0, 15.0
"""In seconds: how far the run stays behind the clock, how often it looks (its default), what else it may take."""

DOWN = 5.0
"""Seconds from the kill to the next start."""

_APP = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "bin" / "java-pipeline"
_OLD = "2025-01-01"


def follow() -> Iterator[Measure]:
    """Follow live inserts and updates, and compare what was committed with what happened."""
    limit = LAG + POLL + MARGIN
    with tempfile.TemporaryDirectory() as folder, Org() as org:
        watch = Watch(Path(folder))
        sample = list(org.names().items())
        happened, killed, up = {}, 0.0, 0.0
        run = _start(org, folder, f"--since={_OLD}")
        try:
            _await(watch, run)
            started = time.time()
            for version in changes(org, [record for record, _ in sample]):
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
            _await(watch, run)
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


def _await(watch: Watch, run: subprocess.Popen[bytes]) -> None:
    """Wait until all that has happened is committed."""
    now = time.time()
    while not watch.has_passed(now):
        _require(run)
        time.sleep(0.2)
        watch.look()


def _require(run: subprocess.Popen[bytes]) -> None:
    if run.poll() is not None:
        raise AnomalyDetectionError(f"the run ended with exit code {run.returncode}", exit_code=1)
