"""The whole bench, of which the headline counts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from anomaly_detection.errors import AnomalyDetectionError
from bench.plan import ROOT
from verify.measure import Measure

_ASKED: dict[str, dict[str, Any]] = {
    "pipeline_over_row_identity": {"most": 1.0},
    "pipeline_over_row_identity_wall": {},
    "core_rows_per_second_per_core": {"least": 100_000.0},
    "core_over_accelerator": {"least": 300.0},
    "peak_memory_10m_over_1m": {"most": 1.3},
    "time_1m_over_100k": {"most": 10.0},
}


def speed() -> Iterator[Measure]:
    """Measure what `make bench` does."""
    if _run(sys.executable, "-W", "ignore::FutureWarning", "-m", "bench"):
        raise AnomalyDetectionError("the bench failed; what it says of it stands above", exit_code=1)
    found = json.loads((ROOT / "build" / "bench" / "bench.json").read_text("utf-8"))["headline"]
    for name, limits in _ASKED.items():
        yield Measure(name, found[name], **limits)


def _run(*command: str) -> int:
    """Run a command and return its exit code; told to end, it is waited for, as it has processes to end itself."""
    # In a session of its own a Ctrl-C comes once, from here.
    process = subprocess.Popen(command, start_new_session=True)
    try:
        return process.wait()
    finally:
        process.terminate()
        process.wait()
