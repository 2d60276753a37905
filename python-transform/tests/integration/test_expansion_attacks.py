"""What a stranger who reaches the expansion service can ask of it, and does not get.

Every attack that runs code is first shown to work on Beam's own service.
"""

from __future__ import annotations

import gc
import hashlib
import inspect
import os
import re
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import grpc
import pytest
from apache_beam import coders
from apache_beam.coders import RowCoder
from apache_beam.internal import pickler
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import common_urns, python_urns
from apache_beam.portability.api import (
    beam_artifact_api_pb2,
    beam_expansion_api_pb2,
    beam_expansion_api_pb2_grpc,
    beam_runner_api_pb2,
    external_transforms_pb2,
    schema_pb2,
)
from apache_beam.runners.portability import artifact_service, expansion_service
from apache_beam.transforms import environments
from apache_beam.transforms.external import ImplicitSchemaPayloadBuilder
from apache_beam.transforms.fully_qualified_named_transform import (
    PYTHON_FULLY_QUALIFIED_NAMED_TRANSFORM_URN as BY_NAME,
)
from apache_beam.transforms.fully_qualified_named_transform import FullyQualifiedNamedTransform
from apache_beam.typehints.schemas import named_fields_to_schema
from google.protobuf.wrappers_pb2 import BytesValue

import anomaly_detection.beam.transform  # noqa: F401  (registers the URN with Beam's own service)
from anomaly_detection.beam.beam_schema import row_schema
from anomaly_detection.columns.blocks import block_schema
from anomaly_detection.schema import CONTRACT
from anomaly_detection.service.services import GuardedExpansionService

Request = beam_expansion_api_pb2.ExpansionRequest
Attack = Callable[[Request, Path], None]


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (self.folder,)


def pickled(folder: Path) -> bytes:
    return pickler.dumps(Bomb(folder))


def source(folder: Path) -> str:
    return f"import os\nos.mkdir({str(folder)!r})\ndef made(*args, **kwargs):\n  pass"


def pickled_transform(request: Request, folder: Path) -> None:
    request.transform.spec.urn = python_urns.PICKLED_TRANSFORM
    request.transform.spec.payload = pickled(folder)


def pickled_fn_beside_the_transform(request: Request, folder: Path) -> None:
    pardo = beam_runner_api_pb2.ParDoPayload(
        do_fn=beam_runner_api_pb2.FunctionSpec(urn=python_urns.PICKLED_DOFN_INFO, payload=pickled(folder))
    )
    part = request.components.transforms["evil"]
    part.spec.urn = common_urns.primitives.PAR_DO.urn
    part.spec.payload = pardo.SerializeToString()
    part.inputs["in"] = "rows"
    part.outputs["out"] = "rows"


def pickled_transform_inside_an_impulse(request: Request, folder: Path) -> None:
    part = request.components.transforms["evil"]
    part.spec.urn = python_urns.PICKLED_TRANSFORM
    part.spec.payload = pickled(folder)
    request.components.transforms["impulse"].subtransforms.append("evil")


def pickled_coder(request: Request, folder: Path) -> None:
    payload = b"coder$" + pickler.dumps(Bomb(folder), use_zlib=True)
    coder = request.components.coders["row"]
    coder.spec.urn = python_urns.PICKLED_CODER
    coder.spec.payload = BytesValue(value=payload).SerializeToString()


def pickled_part_of_a_coder(request: Request, folder: Path) -> None:
    payload = b"coder$" + pickler.dumps(Bomb(folder), use_zlib=True)
    request.components.coders["row"].component_coder_ids.append("evil")
    coder = request.components.coders["evil"]
    coder.spec.urn = python_urns.PICKLED_CODER
    coder.spec.payload = BytesValue(value=payload).SerializeToString()


def pickled_name_of_a_coder(request: Request, folder: Path) -> None:
    request.components.pcollections["rows"].coder_id = pickled(folder).decode()


def pickled_name_of_an_output_coder(request: Request, folder: Path) -> None:
    request.output_coder_requests["scored"] = pickled(folder).decode()


def pickled_window_fn(request: Request, folder: Path) -> None:
    window_fn = request.components.windowing_strategies["windowing"].window_fn
    window_fn.urn = python_urns.PICKLED_WINDOWFN
    window_fn.payload = BytesValue(value=pickled(folder)).SerializeToString()


def call_by_name(request: Request, name: str, *args: Any, **kwargs: Any) -> None:
    request.transform.spec.urn = BY_NAME
    payload = FullyQualifiedNamedTransform(name, args, kwargs).to_runner_api_parameter(None)[1]
    request.transform.spec.payload = payload.SerializeToString()


def another_callable_by_name(request: Request, folder: Path) -> None:
    call_by_name(request, "os.mkdir", str(folder))


def source_of_a_callable(request: Request, folder: Path) -> None:
    call_by_name(request, "__callable__", source=source(folder))


def source_of_a_constructor(request: Request, folder: Path) -> None:
    call_by_name(request, "__constructor__", source(folder))


def config_field(request: Request, type_: schema_pb2.FieldType, data: bytes, name: str = "encoder_uri") -> None:
    """Send `{constructor: the class, kwargs: {name: data}}`."""
    kwargs = schema_pb2.Schema(id="kwargs", fields=[schema_pb2.Field(name=name, type=type_)])
    row = schema_pb2.FieldType(row_type=schema_pb2.RowType(schema=kwargs))
    text = schema_pb2.FieldType(atomic_type=schema_pb2.STRING)
    fields = [schema_pb2.Field(name="constructor", type=text), schema_pb2.Field(name="kwargs", type=row)]
    called = CONTRACT.transform.encode()
    request.transform.spec.urn = BY_NAME
    request.transform.spec.payload = external_transforms_pb2.ExternalConfigurationPayload(
        schema=schema_pb2.Schema(id="call", fields=fields),
        payload=b"\x02\x00" + bytes([len(called)]) + called + b"\x01\x00" + data,
    ).SerializeToString()


def source_in_the_configuration(request: Request, folder: Path) -> None:
    text = source(folder).encode()
    representation = schema_pb2.FieldType(atomic_type=schema_pb2.STRING)
    type_ = schema_pb2.LogicalType(urn=common_urns.python_callable.urn, representation=representation)
    length = bytes([len(text) & 0x7F | 0x80, len(text) >> 7])
    config_field(request, schema_pb2.FieldType(logical_type=type_), length + text)


def pickle_in_the_configuration(request: Request, folder: Path) -> None:
    type_ = schema_pb2.FieldType(logical_type=schema_pb2.LogicalType(urn="beam:logical:pythonsdk_any:v1"))
    schema = schema_pb2.Schema(id="any", fields=[schema_pb2.Field(name="x", type=type_)])
    config_field(request, type_, RowCoder(schema).encode(beam.Row(x=Bomb(folder)))[2:])


RUNS_CODE: list[Attack] = [
    pickled_transform,
    pickled_fn_beside_the_transform,
    pickled_transform_inside_an_impulse,
    pickled_coder,
    pickled_part_of_a_coder,
    pickled_name_of_a_coder,
    pickled_name_of_an_output_coder,
    pickled_window_fn,
    another_callable_by_name,
    source_of_a_callable,
    source_of_a_constructor,
    source_in_the_configuration,
    pickle_in_the_configuration,
]


@pytest.fixture
def request_of(make_request: Any, config: dict[str, str]) -> Callable[[], Request]:
    payload = ImplicitSchemaPayloadBuilder(config).payload()
    return lambda: make_request(payload)


@pytest.mark.parametrize("attack", RUNS_CODE)
def test_no_code_of_a_request_runs(service: Any, request_of: Any, attack: Attack, tmp_path: Path) -> None:
    request, proof = request_of(), tmp_path / "ran"
    attack(request, proof)
    with FullyQualifiedNamedTransform.with_filter("*"):
        expansion_service.ExpansionServiceServicer().Expand(request)
    assert proof.is_dir(), "Beam's own service runs this"
    proof.rmdir()

    response = service.expand(request)
    assert not proof.exists()
    assert response.error.startswith("anomaly_detection.errors.ServiceError: ")
    assert response.error.count("\n") == 0
    assert not response.HasField("transform")
    assert service.expand(request_of()).error == "", "the service goes on"


@pytest.mark.parametrize(
    "urn",
    [
        "",
        "beam:transform:generic_composite:v1",
        "beam:transform:read_from_impulse_python:v1",
        "beam:transform:combine_globally:v1",
        "beam:expansion:payload:java_class_lookup:v1",
        "beam:transform:managed:v1",
        "beam:schematransform:org.apache.beam:yaml:map_to_fields-python:v1",
        CONTRACT.urn.upper(),
        CONTRACT.urn[:-1] + "*",
        "\n" * 1000,
    ],
)
def test_other_transforms_are_refused(service: Any, request_of: Any, urn: str) -> None:
    request = request_of()
    request.transform.spec.urn = urn
    error = service.expand(request).error
    assert error.startswith("anomaly_detection.errors.ServiceError: refused the transform")
    assert CONTRACT.urn in error
    assert len(error) < 500


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        "anomaly_detection.*",
        "anomaly_detection.[A]nomalyDetection",
        "anomaly_detection.Detector",
        "anomaly_detection.beam.transform.AnomalyDetection",
        "anomaly_detection.AnomalyDetection.__init__",
        CONTRACT.transform + "\0",
        CONTRACT.transform + " ",
        "apache_beam.Create",
    ],
)
def test_other_names_are_refused(service: Any, request_of: Any, name: str) -> None:
    request = request_of()
    call_by_name(request, name)
    error = service.expand(request).error
    assert error.startswith("anomaly_detection.errors.ServiceError: refused the class")


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        "*",
        CONTRACT.transform,
        CONTRACT.urn + "\n",
        "beam:schematransform:org.apache.beam:yaml:map_to_fields-python:v1",
        "beam:schematransform:org.apache.beam:python_transform:v1",
    ],
)
def test_other_schema_transforms_are_refused(service: Any, request_of: Any, identifier: str) -> None:
    request = request_of()
    request.transform.spec.urn = common_urns.schematransform_based_expand.urn
    payload = external_transforms_pb2.SchemaTransformPayload(identifier=identifier)
    request.transform.spec.payload = payload.SerializeToString()
    error = service.expand(request).error
    assert error.startswith("anomaly_detection.errors.ServiceError: refused the schema transform")


def test_a_schema_transform_that_carries_a_pickle_is_refused(service: Any, request_of: Any, tmp_path: Path) -> None:
    request, proof = request_of(), tmp_path / "ran"
    pickle_in_the_configuration(request, proof)
    sent = external_transforms_pb2.ExternalConfigurationPayload.FromString(request.transform.spec.payload)
    request.transform.spec.urn = common_urns.schematransform_based_expand.urn
    request.transform.spec.payload = external_transforms_pb2.SchemaTransformPayload(
        identifier=CONTRACT.urn,
        configuration_schema=sent.schema.fields[1].type.row_type.schema,
        configuration_row=sent.payload[3 + len(CONTRACT.transform) :],
    ).SerializeToString()
    assert "refused the configuration's field" in service.expand(request).error
    assert not proof.exists()


def test_positional_arguments_are_refused(service: Any, request_of: Any) -> None:
    request = request_of()
    call_by_name(request, CONTRACT.transform, "encoder", "model", "params")
    assert "expected keyword arguments only" in service.expand(request).error


@pytest.mark.parametrize("urn", [common_urns.python_callable.urn, "beam:logical:pythonsdk_any:v1", "custom:v1"])
@pytest.mark.parametrize("nested", [False, True])
def test_columns_that_run_code_when_decoded_are_refused(service: Any, request_of: Any, urn: str, nested: bool) -> None:
    type_ = schema_pb2.FieldType(logical_type=schema_pb2.LogicalType(urn=urn))
    if nested:
        type_ = schema_pb2.FieldType(map_type=schema_pb2.MapType(key_type=type_, value_type=type_))
    schema = schema_pb2.Schema(id="evil", fields=[schema_pb2.Field(name="Extra", type=type_)])
    request = request_of()
    request.components.coders["row"].spec.payload = schema.SerializeToString()
    error = service.expand(request).error
    assert error.startswith("anomaly_detection.errors.ServiceError: refused the input column 'Extra'")
    assert urn in error


def truncated(request: Request) -> None:
    request.transform.spec.payload = request.transform.spec.payload[:-5]


def short_row(request: Request) -> None:
    # Beam decodes the rest of the text from whatever lies behind the payload in memory.
    config_field(request, schema_pb2.FieldType(atomic_type=schema_pb2.STRING), b"\x7fshort")


def huge_array(request: Request) -> None:
    # Beam reads past the end of the heap.
    array_field(request, schema_pb2.FieldType(atomic_type=schema_pb2.STRING), struct.pack(">i", 2**31 - 1))


def short_array(request: Request) -> None:
    array_field(request, schema_pb2.FieldType(atomic_type=schema_pb2.STRING), struct.pack(">i", 9))


def rows_in_an_array(request: Request) -> None:
    # Four megabytes, which take a hundred times that when they are read.
    schema = schema_pb2.Schema(id="row", fields=[schema_pb2.Field(name="x", type=schema_pb2.FieldType())])
    schema.fields[0].type.atomic_type = schema_pb2.INT64
    row = schema_pb2.FieldType(row_type=schema_pb2.RowType(schema=schema))
    array_field(request, row, struct.pack(">i", 1_390_000) + b"\x01\x00\x00" * 1_390_000)


def array_field(request: Request, element: schema_pb2.FieldType, data: bytes) -> None:
    type_ = schema_pb2.FieldType(array_type=schema_pb2.ArrayType(element_type=element))
    config_field(request, type_, data, "keep_fields")


def negative_length(request: Request) -> None:
    config_field(request, schema_pb2.FieldType(atomic_type=schema_pb2.BYTES), b"\xff" * 9 + b"\x01")


def endless_number(request: Request) -> None:
    config_field(request, schema_pb2.FieldType(atomic_type=schema_pb2.INT64), b"\xff" * 40)


def not_utf8(request: Request) -> None:
    config_field(request, schema_pb2.FieldType(atomic_type=schema_pb2.STRING), b"\x02\xc3\x28")


def longer_than_its_row(request: Request) -> None:
    config_field(request, schema_pb2.FieldType(atomic_type=schema_pb2.STRING), b"\x01xmore")


def fields_of_one_name(request: Request) -> None:
    payload = external_transforms_pb2.ExternalConfigurationPayload.FromString(request.transform.spec.payload)
    for field in payload.schema.fields:
        field.name = "encoder_uri"
    request.transform.spec.payload = payload.SerializeToString()


def bytes_of_nothing(request: Request) -> None:
    request.transform.spec.payload = b"\xff\xfe not a message"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncated, "damaged"),
        (short_row, "expected 127 bytes"),
        (huge_array, "expected at most 131072 texts, found 2147483647"),
        (short_array, "expected 1 bytes"),
        (rows_in_an_array, "expected an array of STRING, found 'row_type'"),
        (negative_length, "expected -1 bytes"),
        (endless_number, "no number ends"),
        (not_utf8, "not UTF-8"),
        (longer_than_its_row, "bytes were sent"),
        (fields_of_one_name, "two fields named 'encoder_uri'"),
        (bytes_of_nothing, "are no ExternalConfigurationPayload"),
    ],
)
def test_damaged_payloads_are_errors(
    service: Any, request_of: Any, damage: Callable[[Request], None], message: str
) -> None:
    request = request_of()
    damage(request)
    error = service.expand(request).error
    assert error.startswith("anomaly_detection.errors.ServiceError: ")
    assert message in error
    assert service.expand(request_of()).error == "", "the service goes on"


def without_input(request: Request) -> None:
    request.transform.inputs.clear()


def two_inputs(request: Request) -> None:
    request.transform.inputs["other"] = "rows"


def input_from_nowhere(request: Request) -> None:
    request.transform.inputs["input"] = "nowhere"


def input_that_nothing_makes(request: Request) -> None:
    request.components.transforms["impulse"].outputs.clear()


def unknown_windowing(request: Request) -> None:
    request.components.pcollections["rows"].windowing_strategy_id = "nowhere"


def unknown_part_of_a_coder(request: Request) -> None:
    request.components.coders["row"].component_coder_ids.append("nowhere")


def schema_of_nothing(request: Request) -> None:
    request.components.coders["row"].spec.payload = b"\xff\xff"


def too_many_columns(request: Request) -> None:
    many_columns(request, 0, 9_998)


def columns_in_columns(request: Request) -> None:
    coder = request.components.coders["row"]
    inner = schema_pb2.Schema.FromString(coder.spec.payload)
    type_ = schema_pb2.FieldType(row_type=schema_pb2.RowType(schema=inner))
    fields = [schema_pb2.Field(name=f"c{i}", type=type_) for i in range(2_501)]
    coder.spec.payload = schema_pb2.Schema(id="rows", fields=fields).SerializeToString()


def coder_of_another_language(request: Request) -> None:
    request.components.coders["row"].spec.urn = "beam:coders:javasdk:0.1"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (without_input, "expected one collection of rows, found 0"),
        (two_inputs, "expected one collection of rows, found 2"),
        (input_from_nowhere, "names 'nowhere'"),
        (input_that_nothing_makes, "which no impulse makes"),
        (unknown_windowing, "names 'nowhere'"),
        (unknown_part_of_a_coder, "names 'nowhere'"),
        (schema_of_nothing, "holds no schema"),
        (coder_of_another_language, "give the input a row schema"),
        (too_many_columns, "expected at most 10000 columns, found 10001"),
        (columns_in_columns, "expected at most 10000 columns, found 10004"),
    ],
)
def test_damaged_components_are_errors(
    service: Any, request_of: Any, damage: Callable[[Request], None], message: str
) -> None:
    request = request_of()
    damage(request)
    error = service.expand(request).error
    assert error.startswith("anomaly_detection.errors.ServiceError: ")
    assert message in error


def test_a_coder_of_itself_is_an_error(service: Any, request_of: Any) -> None:
    request = request_of()
    request.components.coders["row"].component_coder_ids.append("row")
    assert service.expand(request).error
    assert service.expand(request_of()).error == "", "the service goes on"


def test_a_request_of_more_than_4_mib_is_refused(service: Any, request_of: Any) -> None:
    request = request_of()
    request.transform.spec.payload = bytes(5 << 20)
    with pytest.raises(grpc.RpcError) as refused:
        service.expand(request)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert service.expand(request_of()).error == "", "the service goes on"


def unknown_fields(request: Request, number: int) -> None:
    schema = named_fields_to_schema([(f"field_{number}_{i}", int) for i in range(2000)])
    request.transform.spec.payload = external_transforms_pb2.ExternalConfigurationPayload(
        schema=schema, payload=b"\xd0\x0f\x00" + bytes(2000)
    ).SerializeToString()


def many_columns(request: Request, number: int, columns: int = 500) -> None:
    schema = schema_pb2.Schema.FromString(request.components.coders["row"].spec.payload)
    schema.id = f"columns-{number}"
    schema.fields.extend(schema_pb2.Field(name=f"c_{number}_{i}", type=schema.fields[1].type) for i in range(columns))
    request.components.coders["row"].spec.payload = schema.SerializeToString()


def many_kept_columns(request: Request, number: int) -> None:
    many_columns(request, number)
    keep_fields(request, [f"c_{number}_{i}" for i in range(500)])


def many_kept_columns_of_blocks(request: Request, number: int) -> None:
    names = ["Id", "Stage", "Amount", *(f"c{i}" for i in range(100 + number))]
    schema = row_schema(block_schema(len(names)))
    request.components.coders["row"].spec.payload = schema.SerializeToString()
    types = ["STRING", "STRING", "DOUBLE", *["STRING"] * (100 + number)]
    keep_fields(request, names, field_names=names, field_types=types)


def keep_fields(request: Request, names: list[str], **more: Any) -> None:
    payload = external_transforms_pb2.ExternalConfigurationPayload.FromString(request.transform.spec.payload)
    values = RowCoder(payload.schema).decode(payload.payload)._asdict()
    request.transform.spec.payload = ImplicitSchemaPayloadBuilder({**values, "keep_fields": names, **more}).payload()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda request, number: None, ""),
        (unknown_fields, "unknown field"),
        (many_columns, ""),
        (many_kept_columns, ""),
        (many_kept_columns_of_blocks, ""),
    ],
    ids=["ordinary", "unknown fields", "columns", "kept columns", "kept columns of blocks"],
)
def test_nothing_of_a_request_is_kept(request_of: Any, ask: Callable[[Request, int], None], message: str) -> None:
    worker = environments.ExternalEnvironment("localhost:50000")
    service = GuardedExpansionService(PipelineOptions(["--experiments=beam_fn_api"]), worker)
    requests = [request_of() for _ in range(11)]
    for number, request in enumerate(requests):
        ask(request, number)

    def expand(request: Request) -> None:
        error = service.Expand(request).error
        assert message in error if message else error == ""

    expand(requests.pop())
    before = types_of_beam()
    for request in requests:
        expand(request)
    assert types_of_beam() == before


def types_of_beam() -> tuple[int, int]:
    """Return how many types of rows there are, and how many Beam has registered."""
    gc.collect()
    rows = [type_ for type_ in tuple.__subclasses__() if hasattr(type_, "_fields")]
    return len(rows), len(coders.registry.custom_types)


def test_a_call_with_huge_metadata_is_refused(service: Any, request_of: Any) -> None:
    stub = beam_expansion_api_pb2_grpc.ExpansionServiceStub(service.channel)
    with pytest.raises(grpc.RpcError) as refused:
        stub.Expand(request_of(), metadata=[("x-huge", "x" * 100_000)], timeout=10)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert service.expand(request_of()).error == "", "the service goes on"


def test_calls_that_never_send_their_request_do_not_pile_up(start_service: Any) -> None:
    closed = threading.Event()

    def nothing() -> Iterator[bytes]:
        closed.wait(60)
        yield from ()

    with start_service(loopback_worker=True) as service:
        call = service.channel.stream_unary("/org.apache.beam.model.expansion.v1.ExpansionService/Expand")
        calls = [call.future(nothing(), timeout=60) for _ in range(64)]
        wait_until(lambda: refuses_calls(service))
        for each in calls:
            each.cancel()
        closed.set()
        wait_until(lambda: not refuses_calls(service))


def refuses_calls(service: Any) -> bool:
    try:
        service.discover()
    except grpc.RpcError as refused:
        return refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_bytes_that_are_no_request_are_refused(service: Any, request_of: Any) -> None:
    call = service.channel.unary_unary("/org.apache.beam.model.expansion.v1.ExpansionService/Expand")
    with pytest.raises(grpc.RpcError):
        call(b"\xff" * 100, timeout=10)
    assert service.expand(request_of()).error == "", "the service goes on"


@pytest.mark.parametrize(
    "method",
    [
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "grpc.health.v1.Health/Check",
        "org.apache.beam.model.fn_execution.v1.BeamFnExternalWorkerPool/StartWorker",
        "org.apache.beam.model.job_management.v1.JobService/Prepare",
        "org.apache.beam.model.job_management.v1.ArtifactStagingService/ReverseArtifactRetrievalService",
    ],
)
def test_nothing_else_is_served_on_its_port(service: Any, method: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        service.channel.unary_unary(f"/{method}")(b"", timeout=10)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def artifact(kind: str, payload: Any, role: str = "") -> beam_runner_api_pb2.ArtifactInformation:
    staged = beam_runner_api_pb2.ArtifactStagingToRolePayload(staged_name="../../staged")
    return beam_runner_api_pb2.ArtifactInformation(
        type_urn=f"beam:artifact:type:{kind}:v1",
        type_payload=payload.SerializeToString(),
        role_urn=role,
        role_payload=staged.SerializeToString(),
    )


def read_by(artifacts: Any, wanted: beam_runner_api_pb2.ArtifactInformation) -> bytes:
    chunks = artifacts.GetArtifact(beam_artifact_api_pb2.GetArtifactRequest(artifact=wanted))
    return b"".join(chunk.data for chunk in chunks)


FILE, URL = beam_runner_api_pb2.ArtifactFilePayload, beam_runner_api_pb2.ArtifactUrlPayload


@pytest.mark.parametrize(
    "wanted",
    [
        lambda secret: artifact("file", FILE(path=str(secret))),
        lambda secret: artifact("file", FILE(path=f"{secret.parent}/../{secret.parent.name}/{secret.name}")),
        lambda secret: artifact("file", FILE(path=str(secret.with_name("link")))),
        lambda secret: artifact("file", FILE(path=os.path.relpath(secret))),
        lambda secret: artifact("file", FILE(path=str(secret)), role="beam:artifact:role:staging_to:v1"),
        lambda secret: artifact("file", FILE(path=str(secret)), role="beam:artifact:role:pip_requirements_file:v1"),
        lambda secret: artifact("url", URL(url=f"file://{secret}")),
    ],
)
def test_no_file_is_read(service: Any, wanted: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not read")
    secret.with_name("link").symlink_to(secret)
    beams_own = artifact_service.ArtifactRetrievalService(artifact_service.BeamFilesystemHandler(None).file_reader)
    assert read_by(beams_own, wanted(secret)) == b"do not read"
    with pytest.raises(grpc.RpcError) as refused:
        read_by(service.artifacts, wanted(secret))
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert "do not read" not in str(refused.value)


@pytest.mark.parametrize(
    "wanted",
    [
        artifact("file", FILE(path="/etc/hostname")),
        *(artifact("file", FILE(path=path)) for path in ("gs://bucket/file", "s3://bucket/file", "hdfs://host/file")),
        *(artifact("url", URL(url=url)) for url in ("http://169.254.169.254/", "ftp://127.0.0.1/", "data:,x", "x:y")),
        artifact("embedded", beam_runner_api_pb2.EmbeddedFilePayload(data=b"echo")),
        artifact("deferred", beam_runner_api_pb2.DeferredArtifactPayload(key="k")),
        beam_runner_api_pb2.ArtifactInformation(),
    ],
)
def test_artifacts_of_no_kind_are_served(service: Any, wanted: Any) -> None:
    for call in (
        lambda: read_by(service.artifacts, wanted),
        lambda: service.artifacts.ResolveArtifacts(beam_artifact_api_pb2.ResolveArtifactsRequest(artifacts=[wanted])),
    ):
        with pytest.raises(grpc.RpcError) as refused:
            call()
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_no_artifacts_resolve_to_none(service: Any) -> None:
    response = service.artifacts.ResolveArtifacts(beam_artifact_api_pb2.ResolveArtifactsRequest())
    assert not response.replacements


@pytest.mark.parametrize("field", ["encoder_uri", "model_uri", "params_uri"])
def test_a_model_that_is_another_file_does_not_appear_in_the_error(
    service: Any, make_request: Any, config: dict[str, str], field: str, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text('{"password": "do-not-show"}')
    payload = ImplicitSchemaPayloadBuilder({**config, field: str(secret)}).payload()
    error = service.expand(make_request(payload)).error
    assert "anomaly_detection.errors.ModelError" in error
    assert "do-not-show" not in error
    assert hashlib.sha256(secret.read_bytes()).hexdigest() not in error


def test_the_guard_covers_all_that_beam_reads_of_a_request() -> None:
    # What a later Beam reads besides needs a check or must stay out of the admitted request.
    code = inspect.getsource(expansion_service.ExpansionServiceServicer.Expand)
    assert set(re.findall(r"\brequest\.(\w+)", code)) == {
        "components",
        "namespace",
        "output_coder_requests",
        "pipeline_options",
        "requirements",
        "transform",
    }
