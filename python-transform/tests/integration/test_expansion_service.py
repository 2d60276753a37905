"""The expansion service as its clients and its parent process meet it."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.external import (
    ExternalTransform,
    ImplicitSchemaPayloadBuilder,
    SchemaAwareExternalTransform,
)
from apache_beam.transforms.fully_qualified_named_transform import (
    PYTHON_FULLY_QUALIFIED_NAMED_TRANSFORM_URN,
    FullyQualifiedNamedTransform,
)

from anomaly_detection.columns import read_column, write_column
from anomaly_detection.errors import ConfigError, ServiceError
from anomaly_detection.schema import CONFIG, CONTRACT, SCORED
from anomaly_detection.service.server import serve

DOCKER, EXTERNAL = common_urns.environments.DOCKER.urn, common_urns.environments.EXTERNAL.urn
ROWS = [
    beam.Row(Id="ordinary", Stage="Won", Amount=9000.0),
    beam.Row(Id="odd", Stage="Won", Amount=0.01),
]


def by_urn(config: dict[str, Any]) -> tuple[str, bytes]:
    return CONTRACT.urn, ImplicitSchemaPayloadBuilder(config).payload()


def by_name(config: dict[str, Any]) -> tuple[str, bytes]:
    call = FullyQualifiedNamedTransform(CONTRACT.transform, (), config)
    return PYTHON_FULLY_QUALIFIED_NAMED_TRANSFORM_URN, call.to_runner_api_parameter(None)[1].SerializeToString()


@pytest.mark.parametrize("way", [by_urn, by_name])
def test_a_pipeline_runs_on_the_loopback_worker(service: Any, config: dict[str, Any], way: Any) -> None:
    urn, payload = way({**config, "explain_all": True})
    with beam.Pipeline() as pipeline:
        results = pipeline | beam.Create(ROWS) | ExternalTransform(urn, payload, service.address)

        def scored(rows: Any) -> None:
            found = {row.id: row for row in rows}
            assert found.keys() == {"ordinary", "odd"}
            assert found["odd"].score > found["ordinary"].score

        assert_that(results["scored"], scored)


@pytest.mark.parametrize("way", [by_urn, by_name])
def test_blocks_of_columns_run_on_the_loopback_worker(service: Any, config: dict[str, Any], way: Any) -> None:
    columns = {"Id": pa.array([row.Id for row in ROWS]), "Stage": pa.array([row.Stage for row in ROWS]),
               "Amount": pa.array([row.Amount for row in ROWS])}  # fmt: skip
    fields = {f"f{i}": write_column(column) for i, column in enumerate(columns.values())}
    block = beam.Row(version=CONTRACT.blocks.version, rows=2, timestamps=bytes(16), **fields)
    names = {"field_names": list(columns), "field_types": ["STRING", "STRING", "DOUBLE"]}
    urn, payload = way({**config, **names})
    with beam.Pipeline() as pipeline:
        results = pipeline | beam.Create([block]) | ExternalTransform(urn, payload, service.address)

        def scored(blocks: Any) -> None:
            (found,) = blocks
            assert (found.scored, found.id) == (b"\3", block.f0)
            ordinary, odd = read_column(found.score, SCORED["score"], rows=2).to_pylist()
            assert odd > ordinary

        assert_that(results["scored"], scored)


def test_rows_where_the_config_says_blocks_are_refused(service: Any, config: dict[str, Any], make_request: Any) -> None:
    names = {"field_names": ["Id", "Stage", "Amount"], "field_types": ["STRING", "STRING", "DOUBLE"]}
    for urn, payload in (by_urn({**config, **names}), by_name({**config, **names})):
        error = service.expand(make_request(payload, urn=urn)).error
        assert "SchemaError: input: expected blocks of 3 columns" in error
    for types in (["STRING"], ["STRING"] * 100_000):
        error = service.expand(make_request(by_urn({**config, **names, "field_types": types})[1])).error
        assert f"expected one for each of 3 field_names, found {len(types)}" in error


@pytest.mark.parametrize("way", [by_urn, by_name])
def test_an_expansion_names_the_outputs_and_a_worker_without_artifacts(
    service: Any, config: dict[str, Any], make_request: Any, way: Any
) -> None:
    urn, payload = way(config)
    response = service.expand(make_request(payload, urn=urn))
    assert response.error == ""
    assert set(response.transform.outputs) == set(CONTRACT.outputs)
    assert [environment.urn for environment in response.components.environments.values()] == [
        common_urns.environments.EXTERNAL.urn
    ]
    for environment in response.components.environments.values():
        assert not environment.dependencies
        worker = beam_runner_api_pb2.ExternalPayload.FromString(environment.payload).endpoint.url
        assert worker.startswith("127.0.0.1:")
    scored = response.components.pcollections[response.transform.outputs["scored"]].coder_id
    assert response.components.coders[scored].spec.urn == common_urns.coders.ROW.urn
    assert SCORED.names[0].encode() in response.components.coders[scored].spec.payload


def test_pipeline_options_of_a_request_have_no_effect(service: Any, config: dict[str, Any], make_request: Any) -> None:
    request = make_request(by_urn(config)[1])
    # Beam's service parses these; --help ends the call with SystemExit and no answer.
    request.pipeline_options["beam:option:flags:v1"] = ["--help"]
    request.pipeline_options["beam:option:environment_type:v1"] = "PROCESS"
    request.pipeline_options["beam:option:environment_config:v1"] = '{"command": "/bin/false"}'
    response = service.expand(request)
    assert response.error == ""
    assert common_urns.environments.PROCESS.urn not in str(response.components.environments)


def test_an_error_of_the_transform_ends_with_its_class_and_message(
    service: Any, config: dict[str, Any], make_request: Any
) -> None:
    for values, message in (
        ({"explian": 2}, "errors.ConfigError: config: unknown field 'explian'"),
        ({"params_uri": "/nowhere/model.params"}, "errors.ModelError: /nowhere/model.params"),
    ):
        for urn, payload in (by_urn({**config, **values}), by_name({**config, **values})):
            last = service.expand(make_request(payload, urn=urn)).error.strip().rpartition("\n")[2]
            assert last.startswith(f"anomaly_detection.{message}"), last


@pytest.mark.parametrize("urn", [CONTRACT.urn, PYTHON_FULLY_QUALIFIED_NAMED_TRANSFORM_URN])
def test_a_call_without_configuration_says_what_is_missing(service: Any, make_request: Any, urn: str) -> None:
    payload = b"" if urn == CONTRACT.urn else by_name({})[1]
    assert "encoder_uri is missing" in service.expand(make_request(payload, urn=urn)).error


def test_concurrent_expansions_agree(service: Any, config: dict[str, Any], make_request: Any) -> None:
    request, bad = make_request(by_urn(config)[1]), make_request(b"", urn="beam:unknown")
    with ThreadPoolExecutor(16) as pool:
        responses = list(pool.map(service.expand, [request, bad] * 16))
    assert all("refused" in response.error for response in responses[1::2])
    assert [response.error for response in responses[::2]] == [""] * 16
    assert len({tuple(sorted(response.components.transforms)) for response in responses[::2]}) == 1


def test_a_client_can_list_the_transform_and_its_configuration(service: Any) -> None:
    (found,) = SchemaAwareExternalTransform.discover(service.address)
    assert found.identifier == CONTRACT.urn
    assert found.configuration_schema._fields == CONFIG.names
    types = found.configuration_schema.__annotations__
    assert types["encoder_uri"] is str
    assert types["explain_all"] == (bool | None)
    assert (list(found.inputs), tuple(found.outputs)) == (["input"], CONTRACT.outputs)
    (sent,) = service.discover().schema_transform_configs.values()
    assert [field.description for field in sent.config_schema.fields] == [field.description for field in CONFIG.fields]


@pytest.mark.parametrize("discovered", [True, False])
def test_a_pipeline_runs_with_the_schema_transform(service: Any, config: dict[str, Any], discovered: bool) -> None:
    with beam.Pipeline() as pipeline:
        results = (
            pipeline
            | beam.Create(ROWS)
            | SchemaAwareExternalTransform(
                CONTRACT.urn, service.address, rearrange_based_on_discovery=discovered, **config, explain_all=True
            )
        )
        assert_that(results["scored"] | beam.Map(lambda row: len(row.reasons) > 0), equal_to([True, True]))


def test_listens_on_loopback_alone(service: Any, listening: Any) -> None:
    sockets = listening(service.process.pid)
    assert len(sockets) == 2
    assert {address for address, _ in sockets} == {"127.0.0.1"}
    assert service.port in {port for _, port in sockets}


def test_a_host_name_is_one_address(listening: Any) -> None:
    before = listening(os.getpid())

    def check(address: str) -> None:
        assert address.startswith("localhost:")
        assert len(listening(os.getpid()) - before) == 1

    while_serving(check, host="localhost")


def while_serving(action: Callable[[str], None], **arguments: Any) -> None:
    """Serve in this process for as long as the action takes."""

    def announced(line: str) -> None:
        try:
            action(line.removeprefix("ready "))
        finally:
            signal.raise_signal(signal.SIGTERM)

    serve(port=0, announce=announced, **arguments)


def test_a_taken_port_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServiceError, match=rf"port {port} on 127\.0\.0\.1 is taken: .*--port"):
            serve(port=port)


def test_two_services_do_not_share_a_port() -> None:
    def check(address: str) -> None:
        port = address.rpartition(":")[2]
        with pytest.raises(ServiceError, match=f"port {port} on"):
            serve(port=int(port))

    while_serving(check)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_a_foreign_address_is_an_error_that_names_it(host: str) -> None:
    with pytest.raises(ServiceError, match=f"cannot listen on .*{host}"):
        serve(host=host, port=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"beam_args": ["--environment_type=PROCESS"]}, "expected EXTERNAL or DOCKER, found PROCESS"),
        ({"beam_args": ["--environment_type=EXTERNAL"]}, "--environment_config=HOST:PORT"),
        ({"beam_args": ["--environment_type=DOCKER"], "loopback_worker": True}, "found .* and --environment"),
        ({"worker_pool": "localhost:50000", "loopback_worker": True}, "found the loopback worker and a worker pool"),
        ({"worker_pool": "localhost"}, "expected HOST:PORT, such as localhost:50000, found 'localhost'"),
    ],
)
def test_workers_that_cannot_be_used_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        serve(port=0, **arguments)


@pytest.mark.parametrize(
    ("arguments", "urn", "expected"),
    [
        ({"worker_pool": "pool.example:50000"}, EXTERNAL, b"pool.example:50000"),
        (
            {"beam_args": ["--environment_type=EXTERNAL", "--environment_config=pool.example:50000"]},
            EXTERNAL,
            b"pool.example:50000",
        ),
        (
            {"beam_args": ["--environment_type=DOCKER", "--environment_config=registry.example/image:1"]},
            DOCKER,
            b"registry.example/image:1",
        ),
        ({}, DOCKER, b"apache/beam_python"),
    ],
)
def test_other_workers_are_named_in_expansions(
    connect: Any, config: dict[str, Any], make_request: Any, arguments: dict[str, Any], urn: str, expected: bytes
) -> None:
    def check(address: str) -> None:
        with connect(address) as client:
            response = client.expand(make_request(by_urn(config)[1]))
        (environment,) = response.components.environments.values()
        assert environment.urn == urn
        assert expected in environment.payload
        assert not environment.dependencies

    while_serving(check, **arguments)


def test_sigint_ends_it_in_order(start_service: Any) -> None:
    with start_service(loopback_worker=True) as running:
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(timeout=20) == 0
    assert not any("Traceback" in line for line in running.log)


def test_sigterm_ends_it_in_order(start_service: Any) -> None:
    with start_service(loopback_worker=True) as running:
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(timeout=20) == 0


@pytest.mark.parametrize("uri", ["encoder_uri", "model_uri", "params_uri"])
def test_a_pipe_is_no_model_and_keeps_nobody_waiting(
    service: Any, config: dict[str, Any], make_request: Any, tmp_path: Path, uri: str
) -> None:
    silent = tmp_path / "silent"
    os.mkfifo(silent)
    response = service.expand(make_request(by_urn({**config, uri: str(silent)})[1]))
    assert response.error.rstrip().endswith(f"ModelError: {silent}: expected a file, found something else")


def test_it_ends_with_its_standard_input(start_service: Any) -> None:
    with start_service(until_stdin_closes=True) as running:
        running.process.stdin.write("still here\n")
        running.process.stdin.flush()
        time.sleep(0.5)
        assert running.process.poll() is None
        running.process.stdin.close()
        assert running.process.wait(timeout=20) == 0


def test_it_outlives_its_standard_input_unless_told_otherwise(service: Any) -> None:
    service.process.stdin.close()
    time.sleep(0.5)
    assert not service.discover().error


def test_the_callers_signal_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    while_serving(lambda address: None)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
