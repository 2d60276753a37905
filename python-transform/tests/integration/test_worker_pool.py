"""Worker pools, in the process of a service and on their own: who may have a worker, how many, and how they end."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
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

from anomaly_detection.errors import ConfigError, ServiceError
from anomaly_detection.service.pool_server import serve_workers
from anomaly_detection.service.runners import Runners
from anomaly_detection.service.thread_worker import ThreadWorker
from anomaly_detection.service.worker_pool import WorkerPool

ENDPOINTS = ["control_endpoint", "logging_endpoint", "artifact_endpoint", "provision_endpoint"]


def start_request(worker_id: str = "test", **urls: str) -> beam_fn_api_pb2.StartWorkerRequest:
    endpoints = {name: endpoints_pb2.ApiServiceDescriptor(url=url) for name, url in urls.items()}
    return beam_fn_api_pb2.StartWorkerRequest(worker_id=worker_id, **endpoints)


@contextmanager
def pool_at(url: str) -> Iterator[beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub]:
    with grpc.insecure_channel(url, options=[("grpc.enable_http_proxy", 0)]) as channel:
        yield beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(channel)


@pytest.fixture(scope="module")
def pool(start_pool: Any) -> Iterator[Any]:
    """One pool of processes for all tests that leave it running."""
    with start_pool(limit=3) as running_pool:
        yield running_pool


@pytest.fixture(scope="module", params=["threads", "processes"])
def stub(request: Any, service: Any, pool: Any, config: dict[str, str], make_request: Any) -> Iterator[Any]:
    """The pool that an expansion names, and the one of its own."""
    url = pool.address
    if request.param == "threads":
        response = service.expand(make_request(ImplicitSchemaPayloadBuilder(config).payload()))
        (environment,) = response.components.environments.values()
        url = beam_runner_api_pb2.ExternalPayload.FromString(environment.payload).endpoint.url
    with pool_at(url) as connected:
        yield connected


@pytest.fixture(scope="module")
def start_worker(stub: Any) -> Callable[..., str]:
    """Ask for a worker; gives the error."""
    return lambda **urls: stub.StartWorker(start_request(**urls), timeout=10).error


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


@pytest.mark.parametrize(
    "worker_id", ["", "a\nWARNING forged", "a\0b", "Größe", "\x1b[2J", "\x7f", "x" * 1001, "y" * 1_000_000]
)
def test_no_worker_of_an_odd_id(start_worker: Any, worker_id: str) -> None:
    error = start_worker(worker_id=worker_id, control_endpoint="localhost:9")
    assert error.startswith("refused a worker: expected an id of 1 to 1000 printable ASCII characters, found ")
    assert len(error) < 300


def test_a_call_with_huge_metadata_is_refused(stub: Any, start_worker: Any) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        stub.StartWorker(start_request(), metadata=[("x-huge", "x" * 100_000)], timeout=10)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert start_worker().startswith("refused a worker"), "the pool goes on"


def test_a_request_of_more_than_4_mib_is_refused(stub: Any, start_worker: Any) -> None:
    request = start_request()
    request.params["huge"] = "x" * (5 << 20)
    with pytest.raises(grpc.RpcError) as refused:
        stub.StartWorker(request, timeout=10)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert start_worker().startswith("refused a worker"), "the pool goes on"


def test_the_end_of_a_worker_that_is_not_there_is_nothing(stub: Any) -> None:
    assert not stub.StopWorker(beam_fn_api_pb2.StopWorkerRequest(worker_id="../\n"), timeout=10).error


@pytest.mark.parametrize(
    "method",
    [
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "grpc.health.v1.Health/Check",
        "org.apache.beam.model.expansion.v1.ExpansionService/Expand",
        "org.apache.beam.model.job_management.v1.ArtifactRetrievalService/GetArtifact",
    ],
)
def test_a_pool_serves_nothing_else(pool: Any, method: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        pool.channel.unary_unary(f"/{method}")(b"", timeout=10)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    "runner", ["", "10.0.0.1/8", "300.1.2.3", "*", "*.example", "a b", "host:50000", "unix:x", "10"]
)
def test_a_runner_that_is_no_host_is_an_error(runner: str) -> None:
    with pytest.raises(ConfigError, match="expected a host name, an address or a network"):
        serve_workers(runners=[runner])


def test_a_pool_takes_no_others_than_the_runners_it_was_told_of(start_pool: Any) -> None:
    with start_pool(runners=["192.0.2.0/24"]) as pool, pool_at(pool.address) as stub:
        for url in ("198.51.100.1:1", "192.0.3.1:1", "runner.example:1", "unix:/run/runner.sock"):
            assert stub.StartWorker(start_request(control_endpoint=url), timeout=10).error.startswith("refused")


def test_a_taken_port_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServiceError, match=rf"port {port} on 127\.0\.0\.1 is taken: .*--port"):
            serve_workers(port=port)


class Caller:
    def peer(self) -> str:
        return "test"


def test_the_number_of_workers_is_limited_and_ended_ones_do_not_count(silent_runner: Any) -> None:
    pool = WorkerPool(ThreadWorker, runners=Runners.of([]), limit=2)
    with silent_runner() as (runner, address):
        request = start_request(control_endpoint=address)
        assert [pool.StartWorker(request, Caller()).error for _ in range(2)] == ["", ""]
        assert "2 are running" in pool.StartWorker(request, Caller()).error
        runner.closed.set()
        deadline = time.monotonic() + 20
        while pool.StartWorker(request, Caller()).error and time.monotonic() < deadline:
            time.sleep(0.1)
        assert time.monotonic() < deadline


def test_a_worker_reaches_its_runner_past_a_proxy(silent_runner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    monkeypatch.setenv("no_grpc_proxy", "")
    pool = WorkerPool(ThreadWorker, runners=Runners.of([]), limit=1)
    with silent_runner() as (_, address):
        began = time.monotonic()
        assert pool.StartWorker(start_request(control_endpoint=address), Caller()).error == ""
        assert time.monotonic() - began < 20
