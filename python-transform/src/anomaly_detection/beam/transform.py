"""The Beam transform: rows or blocks in, `scored` and `errors` out, from Python or by its URN from any language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apache_beam as beam
from apache_beam.portability.api import external_transforms_pb2

from anomaly_detection.beam.beam_schema import named_tuple, passing_type
from anomaly_detection.beam.config_payload import payload_of, values_of
from anomaly_detection.beam.input_columns import check_blocks, check_names, columns_of_rows, type_name
from anomaly_detection.beam.model_versions import load_checked
from anomaly_detection.beam.score_blocks import ScoreBlocks
from anomaly_detection.beam.score_dofn import ERRORS_TAG, SCORED_TAG, ScoreDoFn
from anomaly_detection.beam.score_rows import ScoreRows
from anomaly_detection.columns.blocks import result_schema
from anomaly_detection.config import Config
from anomaly_detection.errors import ConfigError, SchemaError
from anomaly_detection.schema import CONFIG, CONTRACT, ERRORS, SCORED


@beam.PTransform.register_urn(CONTRACT.urn, None)
class AnomalyDetection(beam.PTransform):  # type: ignore[misc]
    """Score rows with a trained model.

    Takes a PCollection of rows with a schema that has the id and the columns of the model; gives a dict of two
    PCollections, `scored` with one row for every good row and `errors` with one for every bad one, each with the
    timestamp and window of its input. With `field_types` it takes blocks of columns (`contract/columns.md`) and gives
    a block of results for each in `scored`. The arguments are the fields of `contract/schemas/config.json`; what is
    None takes its default.

    Raises `ConfigError`, `ModelError` or `SchemaError` while the pipeline is built.
    """

    def __init__(
        self,
        encoder_uri: str,
        model_uri: str,
        params_uri: str,
        id_field: str | None = None,
        alpha: float | None = None,
        explain: int | None = None,
        explain_all: bool | None = None,
        batch_size: int | None = None,
        follow_model: bool | None = None,
        keep_fields: Sequence[str] | None = None,
        field_names: Sequence[str] | None = None,
        field_types: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        given = {name: value for name, value in locals().items() if name in CONFIG}
        self.config = Config.of(given)

    def expand(self, rows: beam.PCollection) -> dict[str, beam.PCollection]:
        """Check model and columns, then score."""
        config = self.config
        if config.field_types:
            check_names(config.field_names)
            check_blocks(rows.element_type, len(config.field_names))
            types = dict(zip(config.field_names, config.field_types, strict=True))
        else:
            columns = columns_of_rows(rows.element_type, config.field_names)
            types = {name: type_name(type_) for name, (_, type_) in columns.items()}
        load_checked(config, tuple(types.items()))
        for name in config.keep_fields:
            if name not in types:
                raise SchemaError(f"keep_fields: there is no column {name!r}; there are {', '.join(types)}")
        score: ScoreDoFn
        if config.field_types:
            score, output = ScoreBlocks(config), passing_type(result_schema(len(config.keep_fields)))
        else:
            kept = [columns[name] for name in config.keep_fields]
            attributes = {name: attribute for name, (attribute, _) in columns.items()}
            score, output = ScoreRows(config, types, attributes, kept), passing_type(SCORED, kept)
        outputs = rows | "Score" >> beam.ParDo(score).with_outputs(ERRORS_TAG, main=SCORED_TAG)
        # Declared types become row coders, which other languages can read.
        outputs[SCORED_TAG].element_type = output
        outputs[ERRORS_TAG].element_type = named_tuple(ERRORS)
        return {SCORED_TAG: outputs[SCORED_TAG], ERRORS_TAG: outputs[ERRORS_TAG]}

    def to_runner_api_parameter(self, unused_context: Any) -> tuple[str, bytes]:
        """Return the URN and the config as an `ExternalConfigurationPayload`, readable in any language."""
        return CONTRACT.urn, payload_of(self.config)

    @staticmethod
    def from_runner_api_parameter(unused_transform: Any, payload: Any, unused_context: Any) -> AnomalyDetection:
        """Undo `to_runner_api_parameter`; a client may send any subset of the config's fields."""
        try:
            if not isinstance(payload, external_transforms_pb2.ExternalConfigurationPayload):
                payload = external_transforms_pb2.ExternalConfigurationPayload.FromString(payload)
            values = values_of(payload)
        except Exception as error:  # a payload is foreign bytes: protobuf and coders raise many kinds
            raise ConfigError(f"config: expected an ExternalConfigurationPayload of a row, found {error}") from error
        Config.of(values)
        return AnomalyDetection(**values)
