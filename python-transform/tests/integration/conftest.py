"""A running expansion service, a small model for it, and requests as a client's bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pyarrow as pa
import pytest
from apache_beam.coders import RowCoder
from apache_beam.portability import common_urns
from apache_beam.portability.api import (
    beam_artifact_api_pb2_grpc,
    beam_expansion_api_pb2,
    beam_expansion_api_pb2_grpc,
    beam_fn_api_pb2_grpc,
    beam_runner_api_pb2,
    schema_pb2,
)

from anomaly_detection.features.feature import parse_features
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS
from anomaly_detection.models.training import train
from anomaly_detection.schema import CONTRACT

SERVICE, POOL = "server import serve", "pool_server import serve_workers"
CHILD = """
import json, sys
from anomaly_detection.importing import importing
with importing():
    from anomaly_detection.service.{} as main
main(**json.loads(sys.argv[1]))
"""
SECONDS = 60


@dataclass(frozen=True)
class Client:
    """A channel to a service, and Beam's calls on it."""

    address: str
    channel: grpc.Channel

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def expand(self, request: beam_expansion_api_pb2.ExpansionRequest) -> beam_expansion_api_pb2.ExpansionResponse:
        stub = beam_expansion_api_pb2_grpc.ExpansionServiceStub(self.channel)
        return stub.Expand(request, timeout=SECONDS)

    def discover(self) -> beam_expansion_api_pb2.DiscoverSchemaTransformResponse:
        stub = beam_expansion_api_pb2_grpc.ExpansionServiceStub(self.channel)
        return stub.DiscoverSchemaTransform(beam_expansion_api_pb2.DiscoverSchemaTransformRequest(), timeout=SECONDS)

    @property
    def artifacts(self) -> Any:
        return beam_artifact_api_pb2_grpc.ArtifactRetrievalServiceStub(self.channel)


@dataclass(frozen=True)
class Service(Client):
    """A service or worker pool in a child process."""

    process: subprocess.Popen[str]
    log: list[str]


@contextmanager
def connected(address: str) -> Iterator[Client]:
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        yield Client(address, channel)


@contextmanager
def running(
    program: str, *, arguments: Mapping[str, Any], cwd: Path, env: Mapping[str, str] | None = None
) -> Iterator[Service]:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(program), json.dumps({"port": 0, **arguments})],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **(env or {})},
    )
    log: list[str] = []
    assert process.stdout is not None
    assert process.stderr is not None
    reader = threading.Thread(target=log.extend, args=(process.stderr,), daemon=True)
    reader.start()
    try:
        ready = process.stdout.readline().split()
        assert ready[:1] == ["ready"], "".join(log)
        with connected(ready[1]) as client:
            yield Service(client.address, client.channel, process, log)
    finally:
        process.kill()
        process.wait()
        reader.join()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


@pytest.fixture(scope="session")
def start_service(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Start a service with arguments of `serve`, as a context manager."""

    def start(*, env: Mapping[str, str] | None = None, **arguments: Any) -> Any:
        return running(SERVICE, arguments=arguments, cwd=tmp_path_factory.mktemp("service"), env=env)

    return start


@pytest.fixture(scope="session")
def start_pool(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Start a worker pool with arguments of `serve_workers`, as a context manager."""

    def start(**arguments: Any) -> Any:
        return running(POOL, arguments=arguments, cwd=tmp_path_factory.mktemp("pool"))

    return start


@pytest.fixture(scope="session")
def connect() -> Callable[[str], Any]:
    """Connect to a service by its address, as a context manager."""
    return connected


class SilentRunner(beam_fn_api_pb2_grpc.BeamFnControlServicer):
    """Keeps its workers waiting until it is closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def Control(self, responses: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        self.closed.wait(30)
        return iter(())


@contextmanager
def _silent_runner() -> Iterator[tuple[SilentRunner, str]]:
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


@pytest.fixture(scope="session")
def silent_runner() -> Callable[[], Any]:
    """Run a `SilentRunner`, as a context manager; gives it and its address."""
    return _silent_runner


def _listening(pid: int) -> set[tuple[str, int]]:
    """Return the TCP sockets that a process listens on, as the kernel lists them."""
    links = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    inodes = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A" and rest[5] in inodes:
                address, port = local.split(":")
                words = bytes.fromhex(address)
                packed = b"".join(words[start : start + 4][::-1] for start in range(0, len(words), 4))
                ip = ip_address(packed)
                # gRPC holds 127.0.0.1 as ::ffff:127.0.0.1.
                found.add((str(getattr(ip, "ipv4_mapped", None) or ip), int(port, 16)))
    return found


@pytest.fixture(scope="session")
def listening() -> Callable[[int], set[tuple[str, int]]]:
    """Return the addresses and ports that a process listens on."""
    return _listening


@pytest.fixture(scope="session")
def service(start_service: Callable[..., Any]) -> Iterator[Service]:
    """One service with its loopback worker for all tests that leave it running."""
    with start_service(loopback_worker=True) as running_service:
        yield running_service


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The three URIs of a model of two columns."""
    random = np.random.default_rng(0)
    stages = random.choice(["Open", "Won", "Lost"], 400)
    table = pa.table({"Stage": stages, "Amount": random.lognormal(np.where(stages == "Won", 9, 7), 0.2)})
    spec = [{"name": "Stage", "kind": "categorical"}, {"name": "Amount", "kind": "numeric"}]
    folder = tmp_path_factory.mktemp("model")
    train(table, parse_features(spec, where="test"), id_column="Id").write(folder)
    files = {"encoder_uri": ENCODER, "model_uri": MODEL, "params_uri": PARAMS}
    return {field: str(folder / name) for field, name in files.items()}


def row_schema() -> schema_pb2.Schema:
    fields = [
        schema_pb2.Field(name="Id", type=schema_pb2.FieldType(atomic_type=schema_pb2.STRING)),
        schema_pb2.Field(name="Stage", type=schema_pb2.FieldType(atomic_type=schema_pb2.STRING, nullable=True)),
        schema_pb2.Field(name="Amount", type=schema_pb2.FieldType(atomic_type=schema_pb2.DOUBLE, nullable=True)),
    ]
    return schema_pb2.Schema(id="integration-test-rows", fields=fields)


@pytest.fixture(scope="session")
def make_request() -> Callable[..., beam_expansion_api_pb2.ExpansionRequest]:
    """Make the request that a Java or Python client sends for one input of rows."""

    def make(payload: bytes, *, urn: str = CONTRACT.urn) -> beam_expansion_api_pb2.ExpansionRequest:
        request = beam_expansion_api_pb2.ExpansionRequest(namespace="test_1")
        parts = request.components
        parts.coders["row"].CopyFrom(RowCoder(row_schema()).to_runner_api(None))
        parts.coders["window"].spec.urn = common_urns.coders.GLOBAL_WINDOW.urn
        parts.windowing_strategies["windowing"].CopyFrom(
            beam_runner_api_pb2.WindowingStrategy(
                window_fn=beam_runner_api_pb2.FunctionSpec(urn=common_urns.global_windows.urn),
                window_coder_id="window",
                trigger=beam_runner_api_pb2.Trigger(default=beam_runner_api_pb2.Trigger.Default()),
                merge_status=beam_runner_api_pb2.MergeStatus.NON_MERGING,
                accumulation_mode=beam_runner_api_pb2.AccumulationMode.DISCARDING,
                output_time=beam_runner_api_pb2.OutputTime.END_OF_WINDOW,
            )
        )
        parts.pcollections["rows"].CopyFrom(
            beam_runner_api_pb2.PCollection(
                unique_name="rows",
                coder_id="row",
                windowing_strategy_id="windowing",
                is_bounded=beam_runner_api_pb2.IsBounded.BOUNDED,
            )
        )
        parts.transforms["impulse"].CopyFrom(
            beam_runner_api_pb2.PTransform(
                unique_name="impulse",
                spec=beam_runner_api_pb2.FunctionSpec(urn=common_urns.primitives.IMPULSE.urn),
                outputs={"out": "rows"},
            )
        )
        request.transform.unique_name = "Detect"
        request.transform.spec.urn = urn
        request.transform.spec.payload = payload
        request.transform.inputs["input"] = "rows"
        return request

    return make
