"""What a client is told when it asks for the transforms of the service: the one there is, as a schema transform."""

from __future__ import annotations

from apache_beam.portability.api import beam_expansion_api_pb2

from anomaly_detection.beam.beam_schema import row_schema
from anomaly_detection.schema import CONFIG, CONTRACT, contract_json

INPUT = "input"
"""What the transform's one input is called here; requests may call it as they like."""


def schema_transforms() -> beam_expansion_api_pb2.DiscoverSchemaTransformResponse:
    """Return the transform under its URN, with the fields of its configuration and what each is for."""
    schema = row_schema(CONFIG)
    for field in schema.fields:
        field.description = CONFIG[field.name].description
    config = beam_expansion_api_pb2.SchemaTransformConfig(
        config_schema=schema,
        input_pcollection_names=[INPUT],
        output_pcollection_names=CONTRACT.outputs,
        description=contract_json("schemas/config.json")["description"],
    )
    return beam_expansion_api_pb2.DiscoverSchemaTransformResponse(schema_transform_configs={CONTRACT.urn: config})
