"""What a process that serves imports: each of these packages costs its start between a tenth of a second and two."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from anomaly_detection.importing import importing

MODEL = Path(__file__).resolve().parents[3] / "pretrained"
LOADED = "; import sys; print(*(name for name in sorted(sys.modules) if '.' not in name or name == 'torch._dynamo'))"


def imported(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code + LOADED], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_command_imports_nothing_for_commands_that_are_not_run() -> None:
    modules = imported("from anomaly_detection.cli import main")
    assert "click" in modules
    assert modules.isdisjoint({"apache_beam", "numpy", "pyarrow", "rich", "torch"})


@pytest.mark.parametrize("server", ["server", "pool_server"])
def test_a_service_listens_before_torch_is_there(server: str) -> None:
    modules = imported(f"import anomaly_detection.service.{server}")
    assert "apache_beam" in modules
    assert "torch" not in modules


def test_scoring_needs_no_packages_of_training() -> None:
    uris = ", ".join(repr(str(MODEL / name)) for name in ("encoder.pth", "anomaly_detection.model", "model.params"))
    modules = imported(
        "import anomaly_detection.beam.transform; from anomaly_detection.beam.model_uris import load_detector; "
        f"load_detector({uris})"
    )
    assert "torch" in modules
    assert modules.isdisjoint({"hdbscan", "matplotlib", "scipy", "sklearn", "torch._dynamo"})


@pytest.mark.parametrize("enabled", [True, False])
def test_imports_hold_the_collector_back_and_leave_it_as_it_was(enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with importing():
            assert not gc.isenabled()
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()
