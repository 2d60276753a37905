"""What the benchmark measures of a run on a cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil  # type: ignore[import-untyped]
import pytest

from bench import cluster_runs, plan

PRODUCT = """#!{python}
import sys, time
held = bytearray(300 * 2**20)  # while it runs, and not at its end
time.sleep(1.5)
del held
time.sleep(1.0)
output = next(word for word in sys.argv if word.startswith("--output=")).removeprefix("--output=")
import os
os.makedirs(output)
print("10 rows of 1 files read: 10 scored")
"""
GROWS = "import time; time.sleep(1); held = bytearray(500 * 2**20); time.sleep(60)"


def test_memory_is_the_peak_of_the_run_with_the_product_s_own_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = tmp_path / "product"
    product.write_text(PRODUCT.format(python=sys.executable), "utf-8")
    product.chmod(0o755)
    monkeypatch.setattr(cluster_runs, "PRODUCT", product)
    monkeypatch.setattr(cluster_runs.clusters, "options", lambda cluster, given: [])
    bench = plan.Bench(plan=plan.Plan(rows=1000, repeats=1), folder=tmp_path, model=tmp_path)
    cluster = SimpleNamespace(started={})
    with subprocess.Popen([sys.executable, "-c", GROWS]) as other:  # which another test may have started
        try:
            measured = cluster_runs._measure(bench, cluster, "in.csv", rows=10, count=1, repeat=0)
        finally:
            other.kill()
    assert 300 < measured["peak_mib"] < 400


def test_memory_of_a_process_that_is_being_started_is_not_its_parent_s() -> None:
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(0)
    try:
        others = {*psutil.Process().children(recursive=True)} - {psutil.Process(child)}
        assert cluster_runs._memory(SimpleNamespace(started={}), others) == 0
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
