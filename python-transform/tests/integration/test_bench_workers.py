"""What the benchmark measures of a run on a cluster."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
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


def test_memory_is_the_peak_of_the_run_with_the_product_s_own_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("benchmarks", "deploy"):
        monkeypatch.syspath_prepend(str(ROOT / folder))
    runs, plan = import_module("bench.cluster_runs"), import_module("bench.plan")
    product = tmp_path / "product"
    product.write_text(PRODUCT.format(python=sys.executable), "utf-8")
    product.chmod(0o755)
    monkeypatch.setattr(runs, "PRODUCT", product)
    monkeypatch.setattr(runs.clusters, "options", lambda cluster, given: [])
    bench = plan.Bench(plan=plan.Plan(rows=1000, repeats=1), folder=tmp_path, model=tmp_path)
    cluster = SimpleNamespace(started={})
    before = runs._memory(cluster)  # of what other tests have started
    measured = runs._measure(bench, cluster, "in.csv", rows=10, count=1, repeat=0)
    assert 300 < measured["peak_mib"] - before < 600
