"""How long `make run` takes on the sample, from its start to the first scored row and to the end."""

from __future__ import annotations

import re
import statistics
import subprocess
import tempfile
from collections.abc import Iterator

from anomaly_detection.errors import AnomalyDetectionError
from bench.plan import ROOT
from verify.measure import Measure

RUNS = 5
_APP = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "bin" / "java-pipeline"
_FIRST = re.compile(r"first row scored after ([0-9.]+) s")
_END = re.compile(r"in error\. ([0-9.]+) s\.")


def start() -> Iterator[Measure]:
    """Run the sample several times; the median counts."""
    firsts, ends = zip(*(_run() for _ in range(RUNS)), strict=True)
    yield Measure("first_row_scored", statistics.median(firsts), "s", most=6.0)
    yield Measure("end", statistics.median(ends), "s", most=10.0)


def _run() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([_APP, f"--output={folder}"], cwd=ROOT, capture_output=True, text=True, check=False)
    first, end = _FIRST.search(done.stdout), _END.search(done.stdout)
    if done.returncode or not first or not end:
        raise AnomalyDetectionError(f"the run of the sample failed: {done.stderr or done.stdout}", exit_code=1)
    return float(first[1]), float(end[1])
