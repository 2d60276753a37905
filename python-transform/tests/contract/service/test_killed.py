"""The Java pipeline when a container that it needs is killed: it says so within seconds, and the next run is well."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.timeout(1800)
ROOT = Path(__file__).parents[4]
PROGRAM = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "bin" / "java-pipeline"
SAMPLE = ROOT / "data" / "opportunities.csv"
COPIES = 100
SECONDS = 20
"""That a run may go on after the kill."""
MINUTES = 2 * 60


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Start a run of the Java pipeline on an engine of its own."""
    assert PROGRAM.exists(), f"expected {PROGRAM}; run `build/tools/gradle :java-pipeline:installDist`"
    started: list[subprocess.Popen[str]] = []

    def run(service: Any, source: Path = SAMPLE) -> Any:
        options = [f"--expansionService={service.address}", f"--input={source}", f"--output={tmp_path / 'out'}"]
        log = tmp_path / f"run-{len(started)}.log"
        with log.open("w") as stream:
            process = subprocess.Popen(
                [PROGRAM, *options, "--report=false"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=stream, text=True
            )
        started.append(process)
        return process, log

    yield run
    for process in started:
        process.terminate()
        process.wait(MINUTES)


def wait_for(process: subprocess.Popen[str], log: Path, happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + MINUTES
    while not happened():
        assert process.poll() is None, f"it ended too early: {log.read_text('utf-8')}"
        assert time.monotonic() < deadline, log.read_text("utf-8")
        time.sleep(0.05)


def ended(process: subprocess.Popen[str], log: Path, *, within: float) -> str:
    """Return what a run that failed has said."""
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        pytest.fail(f"the run goes on after {within} s: {log.read_text('utf-8')}")
    assert process.returncode == 1
    return log.read_text("utf-8")


def check_next_run(start: Any, service: Any) -> None:
    process, log = start(service)
    assert process.wait(MINUTES) == 0, log.read_text("utf-8")


def test_the_service_is_killed_while_it_expands(start_server: Any, worker_pool: Any, start: Any) -> None:
    with start_server("serve", f"--worker-pool={worker_pool.address}", host_network=False) as service:
        service.freeze()
        process, log = start(service)
        port = int(service.address.rpartition(":")[2])

        def asks() -> bool:
            connections = psutil.Process(process.pid).net_connections(kind="tcp")
            return any(one.raddr and one.raddr.port == port and one.status == "ESTABLISHED" for one in connections)

        wait_for(process, log, asks)
        service.kill()
        said = ended(process, log, within=SECONDS)
        assert f"error: expected an expansion service at {service.address}, found none that answers" in said
        assert "Exception" not in said
        service.start_again()
        check_next_run(start, service)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """So many rows that a run of them takes some time."""
    header, _, rows = SAMPLE.read_text("utf-8").partition("\n")
    path = tmp_path / "many.csv"
    path.write_text(f"{header}\n{rows * COPIES}", "utf-8")
    return path


@pytest.fixture(params=["pool", "loopback"])
def service_and_worker(request: pytest.FixtureRequest, start_server: Any) -> Iterator[tuple[Any, Any]]:
    """A service, and the container that its transforms run in, which may be its own."""
    with ExitStack() as stack:
        if request.param == "loopback":
            service = worker = stack.enter_context(start_server("serve", "--loopback-worker", host_network=True))
        else:
            worker = stack.enter_context(start_server("worker-pool", host_network=True))
            pool = f"--worker-pool={worker.address}"
            service = stack.enter_context(start_server("serve", pool, host_network=False))
        yield service, worker


def test_the_worker_is_killed_while_it_processes(service_and_worker: tuple[Any, Any], start: Any, many: Path) -> None:
    service, worker = service_and_worker
    process, log = start(service, many)
    wait_for(process, log, lambda: "rows read, " in log.read_text("utf-8"))
    worker.kill()
    said = ended(process, log, within=SECONDS)
    assert "error: the job failed: expected the Python worker to work to the end, found it gone" in said
    assert "goroutine" not in said
    worker.start_again()
    check_next_run(start, service)


def test_no_pool_is_where_the_service_says(start_server: Any, start: Any, free_port: Any) -> None:
    nowhere = f"localhost:{free_port()}"
    with start_server("serve", f"--worker-pool={nowhere}", host_network=False) as service:
        process, log = start(service)
        assert f"unable to start sdk worker {nowhere}" in ended(process, log, within=MINUTES)
