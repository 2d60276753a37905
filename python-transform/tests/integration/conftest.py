"""A running expansion service, a small model for it, and requests as a client's bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
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
    beam_runner_api_pb2,
    schema_pb2,
)

from anomaly_detection.artifacts import ENCODER, MODEL, PARAMS
from anomaly_detection.features import parse_features
from anomaly_detection.schema import CONTRACT
from anomaly_detection.training import train

CHILD = "import json, sys; from anomaly_detection.service import serve; serve(**json.loads(sys.argv[1]))"
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
    """A service in a child process."""

    process: subprocess.Popen[str]
    log: list[str]


@contextmanager
def connected(address: str) -> Iterator[Client]:
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        yield Client(address, channel)


@contextmanager
def running(*, arguments: Mapping[str, Any], cwd: Path, env: Mapping[str, str] | None = None) -> Iterator[Service]:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps({"port": 0, **arguments})],
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
        return running(arguments=arguments, cwd=tmp_path_factory.mktemp("service"), env=env)

    return start


@pytest.fixture(scope="session")
def connect() -> Callable[[str], Any]:
    """Connect to a service by its address, as a context manager."""
    return connected


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
