"""The Beam transform: rows in, `scored` and `errors` out, from Python or by its URN from any language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from types import UnionType
from typing import Any, Union, get_type_hints

import apache_beam as beam
from apache_beam import coders, pvalue
from apache_beam.metrics import Metrics
from apache_beam.portability.api import external_transforms_pb2
from apache_beam.typehints import schemas
from apache_beam.typehints.native_type_compatibility import convert_to_beam_type
from apache_beam.typehints.row_type import RowTypeConstraint
from apache_beam.typehints.typehints import get_concrete_type_from_nullable, is_nullable
from apache_beam.utils.windowed_value import WindowedValue

from anomaly_detection.beam_schema import item_type, named_tuple, row_schema
from anomaly_detection.checking import BadCell, check_columns
from anomaly_detection.config import Config
from anomaly_detection.drift import counts_of
from anomaly_detection.errors import ConfigError, SchemaError
from anomaly_detection.model_uris import load_detector
from anomaly_detection.row_columns import to_batch
from anomaly_detection.row_error import element_json, message
from anomaly_detection.schema import CONFIG, CONTRACT, ERRORS, SCORED

SCORED_TAG, ERRORS_TAG = CONTRACT.outputs
_TYPE_NAMES = {
    "str": "STRING",
    "float": "DOUBLE",
    "float64": "DOUBLE",
    "float32": "FLOAT",
    "bool": "BOOLEAN",
    "int": "INT64",
    "int64": "INT64",
    "int32": "INT32",
    "int16": "INT16",
    "bytes": "BYTES",
}


@beam.PTransform.register_urn(CONTRACT.urn, None)
class AnomalyDetection(beam.PTransform):  # type: ignore[misc]
    """Score rows with a trained model.

    Takes a PCollection of rows with a schema that has the id and the columns of the model; gives a dict of two
    PCollections, `scored` with one row for every good row and `errors` with one for every bad one, each with the
    timestamp and window of its input. The arguments are the fields of `contract/schemas/config.json`; what is
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
        detector = load_detector(config.encoder_uri, config.model_uri, config.params_uri)
        detector.threshold(config.alpha)
        columns = _columns(rows.element_type, config.field_names)
        types = {name: _type_name(type_) for name, (_, type_) in columns.items()}
        check_columns(
            detector.features,
            types,
            id_field=config.id_field,
            where=config.params_uri,
            currency=detector.currency,
        )
        kept = []
        for name in config.keep_fields:
            if name not in columns:
                raise SchemaError(f"keep_fields: there is no column {name!r}; there are {', '.join(columns)}")
            kept.append(columns[name])
        output = named_tuple(SCORED, kept)
        attributes = {name: attribute for name, (attribute, _) in columns.items()}
        outputs = rows | "Score" >> beam.ParDo(ScoreRows(config, attributes, kept)).with_outputs(
            ERRORS_TAG, main=SCORED_TAG
        )
        # Declared types become row coders, which other languages can read.
        outputs[SCORED_TAG].element_type = output
        outputs[ERRORS_TAG].element_type = named_tuple(ERRORS)
        return {SCORED_TAG: outputs[SCORED_TAG], ERRORS_TAG: outputs[ERRORS_TAG]}

    def to_runner_api_parameter(self, unused_context: Any) -> tuple[str, bytes]:
        """Return the URN and the config as an `ExternalConfigurationPayload`, readable in any language."""
        schema = row_schema(CONFIG)
        values = [getattr(self.config, name) for name in CONFIG.names]
        row = named_tuple(CONFIG)(*(list(v) if isinstance(v, tuple) else v for v in values))
        payload = external_transforms_pb2.ExternalConfigurationPayload(
            schema=schema, payload=coders.RowCoder(schema).encode(row)
        )
        return CONTRACT.urn, payload.SerializeToString()

    @staticmethod
    def from_runner_api_parameter(unused_transform: Any, payload: Any, unused_context: Any) -> AnomalyDetection:
        """Undo `to_runner_api_parameter`; a client may send any subset of the config's fields."""
        try:
            if not isinstance(payload, external_transforms_pb2.ExternalConfigurationPayload):
                payload = external_transforms_pb2.ExternalConfigurationPayload.FromString(payload)
            values = coders.RowCoder(payload.schema).decode(payload.payload)._asdict()
        except Exception as error:  # a payload is foreign bytes: protobuf and coders raise many kinds
            raise ConfigError(f"config: expected an ExternalConfigurationPayload of a row, found {error}") from error
        Config.of(values)
        return AnomalyDetection(**values)


class ScoreRows(beam.DoFn):  # type: ignore[misc]
    """Collects the rows of a bundle and scores them a batch at a time."""

    def __init__(self, config: Config, attributes: dict[str, str], kept: list[tuple[str, Any]]) -> None:
        self._config = config
        self._attributes = attributes
        self._kept = kept

    def setup(self) -> None:
        """Load the model, once for all that score with it in this process."""
        config = self._config
        self._detector = load_detector(config.encoder_uri, config.model_uri, config.params_uri)
        self._scored, self._error = named_tuple(SCORED, self._kept), named_tuple(ERRORS)
        self._reason = item_type(SCORED, "reasons")
        self._all = attrgetter(*self._attributes.values())
        self._keep = [self._attributes[name] for name in config.keep_fields]
        self._alpha = self._detector.alpha if config.alpha is None else config.alpha

    def start_bundle(self) -> None:
        """Begin with no rows."""
        self._rows: list[Any] = []
        self._stamps: list[tuple[Any, Any]] = []

    def process(
        self,
        row: Any,
        timestamp: Any = beam.DoFn.TimestampParam,
        window: Any = beam.DoFn.WindowParam,
    ) -> Iterator[Any] | None:
        """Take a row; give the results of a batch when it is full."""
        self._rows.append(row)
        self._stamps.append((timestamp, window))
        return self._flush() if len(self._rows) >= self._config.batch_size else None

    def finish_bundle(self) -> Iterator[Any] | None:
        """Give the results of the rows that are left: none waits longer than its bundle."""
        return self._flush() if self._rows else None

    def _flush(self) -> Iterator[Any]:
        rows, stamps = self._rows, self._stamps
        self.start_bundle()
        config, detector = self._config, self._detector
        types = {config.id_field: "STRING", **detector.columns}
        batch, positions, bad = to_batch(rows, {name: (self._attributes[name], types[name]) for name in types})
        found = detector.score(
            batch,
            id_field=config.id_field,
            alpha=config.alpha,
            explain=config.explain,
            explain_all=config.explain_all,
        )
        where = positions[found.positions]
        results = zip(
            batch.column(config.id_field).take(found.positions).to_pylist(),
            found.score.tolist(),
            found.label.tolist(),
            found.p_value.tolist(),
            found.prediction.cluster.tolist(),
            found.prediction.membership.tolist(),
            found.prediction.outlier_score.tolist(),
            found.reasons,
            where.tolist(),
            strict=True,
        )
        make, reason, threshold, model_id = self._scored, self._reason, found.threshold, detector.model_id
        for id_, score, label, p, cluster, membership, outlier, reasons, i in results:
            told = [reason(r.field, r.value, r.expected, r.contribution) for r in reasons]
            kept = [getattr(rows[i], name) for name in self._keep]
            row = make(id_, score, label, threshold, p, cluster, membership, outlier, model_id, told, *kept)
            timestamp, window = stamps[i]
            yield WindowedValue(row, timestamp, (window,))
        bad += [BadCell(int(positions[b.position]), b.column, b.expected, b.found) for b in found.bad]
        for cell in sorted(bad, key=lambda cell: cell.position):
            timestamp, window = stamps[cell.position]
            error = self._to_error(rows[cell.position], cell)
            yield pvalue.TaggedOutput(ERRORS_TAG, WindowedValue(error, timestamp, (window,)))
        counts = {**counts_of(found, detector.baseline, alpha=self._alpha), CONTRACT.metrics.errors: len(bad)}
        for name, number in counts.items():
            Metrics.counter(CONTRACT.metrics.namespace, name).inc(number)

    def _to_error(self, row: Any, cell: BadCell) -> Any:
        values = self._all(row) if len(self._attributes) > 1 else (self._all(row),)
        element = dict(zip(self._attributes, values, strict=True))
        id_ = element[self._config.id_field]
        return self._error(
            source=None,
            row=None,
            id=id_ if isinstance(id_, str) else None,
            column=cell.column,
            expected=cell.expected,
            found=cell.found,
            error=message(cell.column, cell.expected, cell.found),
            stage="score",
            element=element_json(element),
        )


def _columns(element_type: Any, field_names: Sequence[str]) -> dict[str, tuple[str, Any]]:
    """Return the input's columns: name → (attribute of the row, type)."""
    try:
        fields = _fields(element_type)
    except (NameError, TypeError, ValueError) as error:
        raise SchemaError(
            f"input: expected rows with a schema (named tuples, beam.Row or rows of another language), "
            f"found elements of type {element_type}"
        ) from error
    if field_names and len(field_names) != len(fields):
        raise ConfigError(f"config: field_names: expected {len(fields)} names, found {len(field_names)}")
    names = list(field_names) or [name for name, _ in fields]
    for name in names:
        if names.count(name) > 1:
            raise SchemaError(f"input: expected columns of different names, found {name!r} twice")
    return dict(zip(names, fields, strict=True))


def _fields(element_type: Any) -> list[tuple[str, Any]]:
    if isinstance(element_type, RowTypeConstraint):
        declared = dict(element_type._fields)
    else:
        declared = get_type_hints(element_type) if isinstance(element_type, type) else {}
    return [
        (name, _spelled(declared.get(name, type_)) if type_ is Any else type_)
        for name, type_ in schemas.named_fields_from_element_type(element_type)
    ]


def _spelled(type_: Any) -> Any:
    # Beam reads Optional[X], and calls X | None and names in quotes Any.
    return Union[type_.__args__] if isinstance(type_, UnionType) else type_  # noqa: UP007


def _type_name(type_: Any) -> str:
    """Return a Python type in the contract's words."""
    type_ = convert_to_beam_type(type_)
    if is_nullable(type_):
        type_ = get_concrete_type_from_nullable(type_)
    return _TYPE_NAMES.get(getattr(type_, "__name__", ""), str(type_))
