"""The loopback worker pool: who may have a worker, and how many."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from apache_beam.portability.api import (
    beam_fn_api_pb2,
    beam_fn_api_pb2_grpc,
    beam_runner_api_pb2,
    endpoints_pb2,
)
from apache_beam.transforms.external import ImplicitSchemaPayloadBuilder

from anomaly_detection.service.loopback_worker import LoopbackWorkerPool

ENDPOINTS = ["control_endpoint", "logging_endpoint", "artifact_endpoint", "provision_endpoint"]


def start_request(**urls: str) -> beam_fn_api_pb2.StartWorkerRequest:
    endpoints = {name: endpoints_pb2.ApiServiceDescriptor(url=url) for name, url in urls.items()}
    return beam_fn_api_pb2.StartWorkerRequest(worker_id="test", **endpoints)


@pytest.fixture(scope="module")
def start_worker(service: Any, config: dict[str, str], make_request: Any) -> Iterator[Callable[..., str]]:
    """Ask the pool that an expansion names for a worker; gives its error."""
    response = service.expand(make_request(ImplicitSchemaPayloadBuilder(config).payload()))
    (environment,) = response.components.environments.values()
    url = beam_runner_api_pb2.ExternalPayload.FromString(environment.payload).endpoint.url
    with grpc.insecure_channel(url, options=[("grpc.enable_http_proxy", 0)]) as channel:
        stub = beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(channel)
        yield lambda **urls: stub.StartWorker(start_request(**urls), timeout=10).error


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "url",
    [
        "192.0.2.1:50000",
        "0.0.0.0:50000",
        "[2001:db8::1]:50000",
        "runner.example:50000",
        "localhost.example:50000",
        "127.0.0.1.example:50000",
        "127.1:50000",
        "dns:///127.0.0.1:50000",
        "dns://192.0.2.1/localhost:50000",
        "ipv4:192.0.2.1:50000,127.0.0.1:50000",
        "unix:/run/runner.sock",
        "unix-abstract:runner",
        "xds:///localhost:50000",
        "http://localhost:50000",
        "localhost:50000@192.0.2.1",
        "localhost:50000\n",
        "localhost",
        "x" * 1000,
    ],
)
def test_no_worker_for_a_runner_elsewhere(start_worker: Any, endpoint: str, url: str) -> None:
    urls = dict.fromkeys(ENDPOINTS, "localhost:9")
    began = time.monotonic()
    error = start_worker(**{**urls, endpoint: url})
    assert error.startswith(f"refused a worker for the {endpoint.replace('_', ' ')}")
    assert len(error) < 300
    assert time.monotonic() - began < 5, "it is refused before any connection"


def test_no_worker_without_a_runner(start_worker: Any) -> None:
    assert start_worker(logging_endpoint="localhost:9").startswith("refused a worker for the control endpoint ''")


class SilentRunner(beam_fn_api_pb2_grpc.BeamFnControlServicer):
    """Keeps its workers waiting until it is closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def Control(self, responses: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        self.closed.wait(30)
        return iter(())


@contextmanager
def silent_runner() -> Iterator[tuple[SilentRunner, str]]:
    runner = SilentRunner()
    server = grpc.server(ThreadPoolExecutor(4))
    beam_fn_api_pb2_grpc.add_BeamFnControlServicer_to_server(runner, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield runner, f"localhost:{port}"
    finally:
        runner.closed.set()
        server.stop(0).wait()


class Caller:
    def peer(self) -> str:
        return "test"


def test_the_number_of_workers_is_limited_and_ended_ones_do_not_count() -> None:
    pool = LoopbackWorkerPool(limit=2)
    with silent_runner() as (runner, address):
        request = start_request(control_endpoint=address)
        assert [pool.StartWorker(request, Caller()).error for _ in range(2)] == ["", ""]
        assert "2 are running" in pool.StartWorker(request, Caller()).error
        runner.closed.set()
        deadline = time.monotonic() + 20
        while pool.StartWorker(request, Caller()).error and time.monotonic() < deadline:
            time.sleep(0.1)
        assert time.monotonic() < deadline


def test_a_worker_reaches_its_runner_past_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    monkeypatch.setenv("no_grpc_proxy", "")
    pool = LoopbackWorkerPool(limit=1)
    with silent_runner() as (_, address):
        began = time.monotonic()
        assert pool.StartWorker(start_request(control_endpoint=address), Caller()).error == ""
        assert time.monotonic() - began < 20
