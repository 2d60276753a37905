"""The workers of a pool as processes: each ends alone, all end with the pool."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import apache_beam as beam
import psutil
import pytest
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc, endpoints_pb2
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.external import ExternalTransform, ImplicitSchemaPayloadBuilder

from anomaly_detection.schema import CONTRACT


class Pool:
    """A running pool, with a runner that keeps its workers waiting."""

    def __init__(self, service: Any, runner: Any, address: str, untouched: Path) -> None:
        self.service, self.runner, self.address = service, runner, address
        self.untouched = untouched
        self._stub = beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(service.channel)

    def start(self, worker_id: str) -> str:
        endpoint = endpoints_pb2.ApiServiceDescriptor(url=self.address)
        params = {"command": f"touch {self.untouched}", "PATH": "."}
        request = beam_fn_api_pb2.StartWorkerRequest(worker_id=worker_id, control_endpoint=endpoint, params=params)
        return self._stub.StartWorker(request, timeout=60).error

    def stop(self, worker_id: str) -> str:
        return self._stub.StopWorker(beam_fn_api_pb2.StopWorkerRequest(worker_id=worker_id), timeout=10).error

    @property
    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.service.process.pid).children(recursive=True)

    @property
    def workers(self) -> set[psutil.Process]:
        """The processes that hold a connection to the runner."""
        port = int(self.address.rpartition(":")[2])
        return {
            process
            for process in self.processes
            if any(link.raddr and link.raddr.port == port for link in process.net_connections())
        }


@pytest.fixture
def started(start_pool: Any, silent_runner: Any, tmp_path: Path) -> Iterator[Callable[..., Pool]]:
    with ExitStack() as stack:

        def start(**arguments: Any) -> Pool:
            runner, address = stack.enter_context(silent_runner())
            return Pool(stack.enter_context(start_pool(**arguments)), runner, address, tmp_path / "touched")

        yield start


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_pipeline_runs_on_a_pool(start_pool: Any, start_service: Any, config: dict[str, Any], tmp_path: Path) -> None:
    rows = [beam.Row(Id=str(i), Stage="Won", Amount=9000.0) for i in range(20)]
    with start_pool(log_format="json") as pool, start_service(worker_pool=pool.address) as service:
        for _ in range(2):
            with beam.Pipeline() as pipeline:
                payload = ImplicitSchemaPayloadBuilder(config).payload()
                scored = pipeline | beam.Create(rows) | ExternalTransform(CONTRACT.urn, payload, service.address)
                assert_that(scored["scored"] | beam.combiners.Count.Globally(), equal_to([len(rows)]))
        eventually(lambda: sum('"worker ended"' in line for line in pool.log) == 2)
        assert not [line for line in pool.log if "WARNING" in line or "Traceback" in line or not line.startswith("{")]


def test_sigterm_ends_the_pool_and_its_workers(started: Any) -> None:
    pool = started()
    assert [pool.start("a"), pool.start("b")] == ["", ""]
    children = pool.processes
    assert len(pool.workers) == 2
    pool.service.process.send_signal(signal.SIGTERM)
    assert pool.service.process.wait(timeout=20) == 0
    eventually(lambda: not any(child.is_running() for child in children))
    assert not any("Traceback" in line for line in pool.service.log)


def test_workers_end_when_the_pool_is_killed(started: Any) -> None:
    pool = started()
    assert pool.start("a") == ""
    children = pool.processes
    pool.service.process.kill()
    eventually(lambda: not any(child.is_running() for child in children))


def test_a_killed_worker_takes_no_other_with_it_and_frees_its_place(started: Any) -> None:
    pool = started(limit=2)
    assert pool.start("a") == ""
    (first,) = pool.workers
    assert pool.start("b") == ""
    assert pool.start("c") == "refused a worker: 2 are running, which is the limit"
    first.kill()
    eventually(lambda: pool.start("c") == "")
    assert len(pool.workers) == 2
    assert first not in pool.workers
    eventually(lambda: any('problem="signal SIGKILL"' in line for line in pool.service.log))


def test_the_pool_outlives_the_process_that_it_forks_from(started: Any) -> None:
    pool = started()
    assert pool.start("a") == ""
    (worker,) = pool.workers
    worker.parent().kill()
    eventually(lambda: pool.start("b") == "")
    assert pool.workers
    pool.service.process.terminate()
    assert pool.service.process.wait(timeout=20) == 0
    eventually(lambda: not worker.is_running())


def test_workers_end_with_their_runner(started: Any) -> None:
    pool = started()
    assert [pool.start("a"), pool.start("b")] == ["", ""]
    workers = pool.workers
    pool.runner.closed.set()
    eventually(lambda: not any(worker.is_running() for worker in workers))
    eventually(lambda: sum("worker ended" in line for line in pool.service.log) == 2)
    assert not any("WARNING" in line for line in pool.service.log)


def test_a_stopped_worker_ends_even_if_it_hangs(started: Any) -> None:
    pool = started()
    assert pool.start("a") == ""
    (worker,) = pool.workers
    worker.suspend()
    assert pool.stop("a") == ""
    eventually(lambda: not worker.is_running())
    eventually(lambda: any("worker ended" in line for line in pool.service.log))
    assert not any("WARNING" in line for line in pool.service.log)


def test_a_runner_cannot_stop_the_worker_of_another_with_the_same_id(started: Any) -> None:
    pool = started()
    assert [pool.start("worker_1"), pool.start("worker_1")] == ["", ""]
    assert pool.stop("worker_1") == ""
    time.sleep(1)
    assert len(pool.workers) == 2


def test_command_lines_tell_nothing_and_nothing_else_listens(started: Any, listening: Any) -> None:
    pool = started()
    assert pool.start("name-of-a-job") == ""
    assert listening(pool.service.process.pid) == {("127.0.0.1", pool.service.port)}
    for process in pool.processes:
        line = " ".join(process.cmdline())
        assert "name-of-a-job" not in line
        assert pool.address not in line
        assert not listening(process.pid)
    assert not pool.untouched.exists()
