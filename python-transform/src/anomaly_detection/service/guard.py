"""Decides what the service expands: one transform, of inputs that can be read without running code.

Each check stands for a way in which Beam's own service (2.65) runs what a request carries: pickled
transforms; pickled parts of any transform, coder or window function; the *name* of an unknown coder, which it
unpickles; source text and pickles in typed rows; any importable name. What passes is copied into a fresh
request, so that the rest (pipeline options, annotations, requirements) never reaches Beam.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apache_beam.portability import common_urns
from apache_beam.portability.api import (
    beam_expansion_api_pb2,
    beam_runner_api_pb2,
    external_transforms_pb2,
    schema_pb2,
)
from apache_beam.transforms.fully_qualified_named_transform import PYTHON_FULLY_QUALIFIED_NAMED_TRANSFORM_URN
from google.protobuf.message import DecodeError

from anomaly_detection.beam.config_payload import payload_of
from anomaly_detection.config import Config
from anomaly_detection.errors import ServiceError
from anomaly_detection.schema import CONTRACT
from anomaly_detection.service.payload import parse, read_call, read_config

_CODERS = frozenset(
    coder.urn
    for coder in (
        common_urns.coders.BOOL,
        common_urns.coders.BYTES,
        common_urns.coders.DOUBLE,
        common_urns.coders.GLOBAL_WINDOW,
        common_urns.coders.INTERVAL_WINDOW,
        common_urns.coders.ITERABLE,
        common_urns.coders.KV,
        common_urns.coders.LENGTH_PREFIX,
        common_urns.coders.NULLABLE,
        common_urns.coders.ROW,
        common_urns.coders.STRING_UTF8,
        common_urns.coders.VARINT,
        common_urns.coders.WINDOWED_VALUE,
    )
)
_WINDOW_FNS = frozenset(
    window_fn.urn
    for window_fn in (
        common_urns.global_windows,
        common_urns.fixed_windows,
        common_urns.sliding_windows,
        common_urns.session_windows,
    )
)
_LOGICAL_TYPES = frozenset(
    logical_type.urn
    for logical_type in (
        common_urns.decimal,
        common_urns.fixed_bytes,
        common_urns.fixed_char,
        common_urns.micros_instant,
        common_urns.millis_instant,
        common_urns.var_bytes,
        common_urns.var_char,
    )
)
_MOST_TYPES = 10_000
"""Of all columns of a request, with those inside them: Beam takes a second for so many, and more for more."""

_IMPULSE = common_urns.primitives.IMPULSE.urn


def admit(request: beam_expansion_api_pb2.ExpansionRequest) -> beam_expansion_api_pb2.ExpansionRequest:
    """Return the request with nothing but what was checked, under the contract's URN.

    Raises:
        ServiceError: the request asks for another transform, carries code, or is damaged.
        ConfigError: the configuration is wrong, or the class is called with positional arguments.
    """
    config = _configuration(request.transform.spec)
    _check_components(request.components)
    _check_inputs(request)
    if request.output_coder_requests:
        raise ServiceError("refused the output coders: the outputs of this transform have their own")
    return beam_expansion_api_pb2.ExpansionRequest(
        namespace=request.namespace,
        components=request.components,
        transform=beam_runner_api_pb2.PTransform(
            unique_name=request.transform.unique_name,
            spec=beam_runner_api_pb2.FunctionSpec(urn=CONTRACT.urn, payload=payload_of(config)),
            inputs=request.transform.inputs,
        ),
    )


def _configuration(spec: beam_runner_api_pb2.FunctionSpec) -> Config:
    if spec.urn == CONTRACT.urn:
        sent = parse(external_transforms_pb2.ExternalConfigurationPayload, spec.payload)
        values = read_config(sent.schema, sent.payload)
    elif spec.urn == common_urns.schematransform_based_expand.urn:
        named = parse(external_transforms_pb2.SchemaTransformPayload, spec.payload)
        if named.identifier != CONTRACT.urn:
            raise ServiceError(f"refused the schema transform {named.identifier!r:.80}: expected {CONTRACT.urn!r}")
        values = read_config(named.configuration_schema, named.configuration_row)
    elif spec.urn == PYTHON_FULLY_QUALIFIED_NAMED_TRANSFORM_URN:
        # The configuration in the call of the class, so that Beam imports nothing.
        call = parse(external_transforms_pb2.ExternalConfigurationPayload, spec.payload)
        values = read_call(call.schema, call.payload)
    else:
        raise ServiceError(
            f"refused the transform {spec.urn!r:.80}: this service expands {CONTRACT.urn!r}, also as a schema "
            f"transform, and, by name, {CONTRACT.transform!r}, nothing else"
        )
    return Config.of(values)


def _check_components(components: beam_runner_api_pb2.Components) -> None:
    for key, transform in components.transforms.items():
        if transform.spec.urn != _IMPULSE or transform.subtransforms:
            raise ServiceError(
                f"refused the component {key!r:.80}: expected an impulse in place of each input, "
                f"found {transform.spec.urn!r:.80}"
            )
    types = 0
    for key, coder in components.coders.items():
        if coder.spec.urn not in _CODERS:
            raise ServiceError(
                f"refused the coder {key!r:.80}, {coder.spec.urn!r:.80}: expected rows with a schema, in portable "
                "windows; give the input a row schema"
            )
        if coder.spec.urn == common_urns.coders.ROW.urn:
            types += _check_types(_schema(key, coder.spec.payload))
        _known(coder.component_coder_ids, components.coders, f"coder {key!r:.80}")
    if types > _MOST_TYPES:
        raise ServiceError(f"refused the input's rows: expected at most {_MOST_TYPES} columns, found {types}")
    for key, strategy in components.windowing_strategies.items():
        if strategy.window_fn.urn not in _WINDOW_FNS:
            raise ServiceError(
                f"refused the windowing {key!r:.80}, {strategy.window_fn.urn!r:.80}: "
                "expected global, fixed, sliding or session windows"
            )
    for key, collection in components.pcollections.items():
        # Beam unpickles the name of a coder that it does not know.
        _known([collection.coder_id], components.coders, f"input {key!r:.80}")
        _known([collection.windowing_strategy_id], components.windowing_strategies, f"input {key!r:.80}")


def _check_inputs(request: beam_expansion_api_pb2.ExpansionRequest) -> None:
    if len(request.transform.inputs) != 1:
        found = len(request.transform.inputs)
        raise ServiceError(f"the transform's inputs: expected one collection of rows, found {found}")
    impulses = request.components.transforms.values()
    made = {collection for impulse in impulses for collection in impulse.outputs.values()}
    for tag, key in request.transform.inputs.items():
        _known([key], request.components.pcollections, f"transform's input {tag!r:.80}")
        if key not in made:
            raise ServiceError(f"the transform's input {tag!r:.80} names {key!r:.80}, which no impulse makes")


def _known(keys: Any, components: Mapping[str, Any], user: str) -> None:
    for key in keys:
        if key not in components:
            raise ServiceError(f"the {user} names {key!r:.80}, which is not among the components")


def _schema(key: str, payload: bytes) -> schema_pb2.Schema:
    try:
        return schema_pb2.Schema.FromString(payload)
    except DecodeError as error:
        raise ServiceError(f"the coder {key!r:.80} holds no schema: {error}") from None


def _check_types(schema: schema_pb2.Schema) -> int:
    """Return how many types there are, each one that Python can read."""
    types = 0
    for field in schema.fields:
        for type_ in _nested(field.type):
            types += 1
            if type_.HasField("logical_type") and type_.logical_type.urn not in _LOGICAL_TYPES:
                raise ServiceError(
                    f"refused the input column {field.name!r:.80}: Python cannot read its type "
                    f"{type_.logical_type.urn!r:.80}; send it as text or leave it out"
                )
    return types


def _nested(type_: schema_pb2.FieldType) -> Iterator[schema_pb2.FieldType]:
    yield type_
    if type_.HasField("array_type"):
        yield from _nested(type_.array_type.element_type)
    if type_.HasField("iterable_type"):
        yield from _nested(type_.iterable_type.element_type)
    if type_.HasField("map_type"):
        yield from _nested(type_.map_type.key_type)
        yield from _nested(type_.map_type.value_type)
    if type_.HasField("row_type"):
        for field in type_.row_type.schema.fields:
            yield from _nested(field.type)
    if type_.HasField("logical_type"):
        yield from _nested(type_.logical_type.representation)
