"""A configuration as other languages send it: a row, and its schema.

>>> config = Config.of({"encoder_uri": "e", "model_uri": "m", "params_uri": "p", "keep_fields": ["Name"]})
>>> values = values_of(external_transforms_pb2.ExternalConfigurationPayload.FromString(payload_of(config)))
>>> values["model_uri"], values["keep_fields"], values["alpha"]
('m', ['Name'], None)
"""

from __future__ import annotations

from functools import cache
from typing import Any

from apache_beam import coders
from apache_beam.portability.api import external_transforms_pb2

from anomaly_detection.beam.beam_schema import named_tuple, row_schema
from anomaly_detection.config import Config
from anomaly_detection.schema import CONFIG


def payload_of(config: Config) -> bytes:
    """Return the `ExternalConfigurationPayload` of all fields."""
    values = [getattr(config, name) for name in CONFIG.names]
    row = named_tuple(CONFIG)(*(list(value) if isinstance(value, tuple) else value for value in values))
    coder = _coder()
    payload = external_transforms_pb2.ExternalConfigurationPayload(schema=coder.schema, payload=coder.encode(row))
    return bytes(payload.SerializeToString())


def values_of(payload: external_transforms_pb2.ExternalConfigurationPayload) -> dict[str, Any]:
    """Return the fields by their names; a row of another schema than `payload_of` has makes Beam keep a type for it."""
    coder = _coder()
    if payload.schema != coder.schema:
        coder = coders.RowCoder(payload.schema)
    return dict(coder.decode(payload.payload)._asdict())


@cache
def _coder() -> coders.RowCoder:
    return coders.RowCoder(row_schema(CONFIG))
