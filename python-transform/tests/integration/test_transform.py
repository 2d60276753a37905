"""The transform in plain Python pipelines: the detector's results, with nothing lost on the way."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam import coders
from apache_beam.metrics import MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import external_transforms_pb2, schema_pb2
from apache_beam.testing import test_pipeline
from apache_beam.testing.util import assert_that
from apache_beam.transforms.window import FixedWindows, SlidingWindows, TimestampedValue
from apache_beam.typehints.row_type import RowTypeConstraint

from anomaly_detection import AnomalyDetection
from anomaly_detection.beam.score_rows import ScoreRows
from anomaly_detection.config import Config
from anomaly_detection.errors import ConfigError, ModelError, SchemaError
from anomaly_detection.features.feature import parse_features
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS
from anomaly_detection.models.detector import Detector
from anomaly_detection.models.drift import counts_of
from anomaly_detection.models.training import TrainOptions, train
from anomaly_detection.schema import CONFIG, CONTRACT, ERRORS, SCORED

TYPES: dict[str, Any] = {
    "Id": str | None,
    "Stage": str | None,
    "Won": bool | None,
    "Amount": float | None,
    "Closed": str | None,
    "Note": str | None,
}


class Deal(NamedTuple):
    """A row as people declare it; the annotations are texts in this file."""

    Id: str
    Stage: str | None
    Won: bool | None
    Amount: float | None
    Closed: str | None
    Note: str | None


coders.registry.register_coder(Deal, coders.RowCoder)


@dataclass(frozen=True)
class Model:
    """A model of deals, its URIs, and rows to score."""

    folder: Path
    detector: Detector
    rows: list[dict[str, Any]]

    @property
    def uris(self) -> dict[str, str]:
        files = {"encoder_uri": ENCODER, "model_uri": MODEL, "params_uri": PARAMS}
        return {field: str(self.folder / name) for field, name in files.items()}

    def batch(self, rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
        types = {"Won": pa.bool_(), "Amount": pa.float64()}
        schema = pa.schema([(name, types.get(name, pa.string())) for name in TYPES])
        return pa.RecordBatch.from_pylist([dict(row) for row in rows], schema=schema)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    random = np.random.default_rng(0)
    rows = []
    for i in range(360):
        won = bool(random.random() < 0.5)
        rows.append(
            {
                "Id": f"deal-{i}",
                "Stage": None if i % 23 == 0 else ("Won" if won else "Lost"),
                "Won": won,
                "Amount": None if i % 17 == 0 else float(random.lognormal(9 if won else 6, 0.3)),
                "Closed": str(np.datetime64("2024-01-01") + int(random.integers(0, 200))),
                "Note": "Zoë, “note”\n" if i % 2 else None,
            }
        )
    spec = [
        {"name": "Stage", "kind": "categorical"},
        {"name": "Won", "kind": "categorical", "type": "BOOLEAN"},
        {"name": "Amount", "kind": "numeric"},
        {"name": "Closed", "kind": "date"},
    ]
    folder = tmp_path_factory.mktemp("deals")
    table = pa.Table.from_batches([Model.batch(None, rows)])  # type: ignore[arg-type]
    features = parse_features(spec, where="test")
    train(table, features, id_column="Id", options=TrainOptions(alpha=0.05)).write(folder)
    return Model(folder, Detector.load(folder), rows[:90])


def bad_rows() -> dict[str, dict[str, Any]]:
    """Return rows that cannot be scored, by the column that says why."""
    good = {"Stage": "Won", "Won": True, "Amount": 9000.0, "Closed": "2024-02-01", "Note": "n"}
    return {
        "Amount": {"Id": "bad-amount", **good, "Amount": float("nan")},
        "Closed": {"Id": "bad-date", **good, "Closed": "2024-02-30"},
        "Id": {"Id": None, **good},
    }


def create(rows: Sequence[Mapping[str, Any]], types: Mapping[str, Any] = TYPES) -> Any:
    """Return a transform that makes rows with a schema."""
    type_ = RowTypeConstraint.from_fields(list(types.items()))
    return beam.Create(list(map(dict, rows)), reshuffle=False) | beam.Map(
        lambda cells: beam.Row(**cells)
    ).with_output_types(type_)


def plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


class Stamped(beam.DoFn):
    """Gives what a row holds with its timestamp and window."""

    def process(self, row: Any, stamp: Any = beam.DoFn.TimestampParam, window: Any = beam.DoFn.WindowParam) -> Any:
        yield plain(row), float(stamp), str(window)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    """Run a pipeline and return what came out: (row, timestamp, window) by output, and the counters."""

    def call(source: Any, transform: beam.PTransform, *options: str) -> dict[str, Any]:
        def save(path: Path) -> Callable[[Any], None]:
            return lambda found: path.write_bytes(pickle.dumps(list(found))) and None

        pipeline = test_pipeline.TestPipeline(options=PipelineOptions(list(options)))
        outputs = pipeline | source | transform
        assert tuple(outputs) == CONTRACT.outputs
        for name, output in outputs.items():
            stamped = output | f"Stamp {name}" >> beam.ParDo(Stamped())
            assert_that(stamped, save(tmp_path / name), label=name, use_global_window=True)
        result = pipeline.run()
        result.wait_until_finish()
        counters = result.metrics().query(MetricsFilter().with_namespace("anomaly_detection"))["counters"]
        found = {name: pickle.loads((tmp_path / name).read_bytes()) for name in outputs}
        return {**found, "counters": {counter.key.metric.name: counter.committed for counter in counters}}

    return call


def rows_of(found: Sequence[Any]) -> dict[str | None, dict[str, Any]]:
    return {row["id"]: row for row, _, _ in found}


def expected_rows(model: Model, rows: Sequence[Mapping[str, Any]], **options: Any) -> dict[str | None, dict[str, Any]]:
    """Return what the detector says of good rows, as the contract has it."""
    found = model.detector.score(model.batch(rows), **options)
    prediction = found.prediction
    return {
        row["Id"]: {
            "id": row["Id"],
            "score": found.score[i],
            "label": found.label[i],
            "threshold": found.threshold,
            "p_value": found.p_value[i],
            "cluster": prediction.cluster[i],
            "membership": prediction.membership[i],
            "outlier_score": prediction.outlier_score[i],
            "model_id": model.detector.model_id,
            "reasons": [asdict(reason) for reason in found.reasons[i]],
        }
        for i, row in enumerate(rows)
    }


# Results.


@pytest.mark.parametrize("options", [{}, {"explain_all": True, "explain": 2}, {"alpha": 0.4, "explain": 0}])
def test_results_are_those_of_the_detector_and_no_row_is_lost(model: Model, run: Any, options: dict[str, Any]) -> None:
    bad = bad_rows()
    found = run(create([*bad.values(), *model.rows]), AnomalyDetection(**model.uris, **options))
    assert rows_of(found["scored"]) == expected_rows(model, model.rows, **options)
    assert len(found["scored"]) == len(model.rows)
    assert len(found["errors"]) == len(bad)
    assert all(tuple(row) == SCORED.names for row, _, _ in found["scored"])
    assert all(tuple(row) == ERRORS.names for row, _, _ in found["errors"])
    outliers = sum(row["label"] for row, _, _ in found["scored"])
    scored = model.detector.score(model.batch(model.rows), alpha=options.get("alpha"))
    alpha = options.get("alpha", model.detector.alpha)
    assert found["counters"] == {
        **counts_of(scored, model.detector.baseline, alpha=alpha),
        "scored": len(model.rows),
        "errors": len(bad),
        "outliers": outliers,
    }


def test_named_tuples_are_rows(model: Model, run: Any) -> None:
    deals = [Deal(**row) for row in model.rows]
    found = run(beam.Create(deals).with_output_types(Deal), AnomalyDetection(**model.uris))
    assert rows_of(found["scored"]) == expected_rows(model, model.rows)
    assert found["errors"] == []


def test_rows_without_a_declared_schema_that_beam_can_infer_are_rows(model: Model, run: Any) -> None:
    whole = [row for row in model.rows if None not in row.values()]
    found = run(beam.Create([beam.Row(**row) for row in whole]), AnomalyDetection(**model.uris))
    assert rows_of(found["scored"]) == expected_rows(model, whole)


@pytest.mark.parametrize("size", [1, 7, 30, 4096])
def test_results_do_not_depend_on_the_batch_size(model: Model, run: Any, size: int) -> None:
    good = model.rows[:27]
    rows = [*good, *bad_rows().values()]
    found = run(create(rows), AnomalyDetection(**model.uris, batch_size=size, explain_all=True))
    assert rows_of(found["scored"]) == expected_rows(model, good, explain_all=True)
    assert len(found["errors"]) == 3


def test_results_do_not_depend_on_the_bundles(model: Model, run: Any) -> None:
    source = (
        beam.Create([{**row} for row in [*model.rows, *bad_rows().values()]])
        | beam.Reshuffle()
        | beam.Map(lambda cells: beam.Row(**cells)).with_output_types(
            RowTypeConstraint.from_fields(list(TYPES.items()))
        )
    )
    transform = AnomalyDetection(**model.uris, batch_size=8, explain_all=True)
    found = run(source, transform, "--direct_num_workers=3", "--direct_running_mode=multi_threading")
    assert rows_of(found["scored"]) == expected_rows(model, model.rows, explain_all=True)
    assert len(found["scored"]) == len(model.rows)
    assert len(found["errors"]) == 3


def test_no_rows_give_no_rows(model: Model, run: Any) -> None:
    found = run(create([]), AnomalyDetection(**model.uris))
    assert (found["scored"], found["errors"]) == ([], [])


def test_only_bad_rows_give_only_errors(model: Model, run: Any) -> None:
    found = run(create(bad_rows().values()), AnomalyDetection(**model.uris))
    assert found["scored"] == []
    assert {name: count for name, count in found["counters"].items() if count} == {"errors": 3}
    assert found["counters"].keys() >= {"scored", "outliers", "unseen:Stage", "unseen_expected:Stage"}


def test_duplicated_ids_are_kept_and_scored_alike(model: Model, run: Any) -> None:
    row = model.rows[3]
    other = {**row, "Amount": 1e9}
    found = run(create([row, row, other]), AnomalyDetection(**model.uris))
    assert [scored["id"] for scored, _, _ in found["scored"]] == [row["Id"]] * 3
    first, second, third = sorted(scored["score"] for scored, _, _ in found["scored"])
    assert first == second < third


def test_bad_rows_say_what_is_wrong_and_what_they_were(model: Model, run: Any) -> None:
    bad = bad_rows()
    infinite = {**bad["Amount"], "Id": "infinite", "Amount": float("-inf"), "Note": "Zoë"}
    found = run(create([*bad.values(), infinite]), AnomalyDetection(**model.uris))
    errors = rows_of(found["errors"])
    nothing = {"source": None, "row": None, "stage": "score"}
    amount = {"column": "Amount", "expected": "a finite number"}
    assert errors["bad-amount"] == {
        **nothing,
        **amount,
        "id": "bad-amount",
        "found": "nan",
        "error": "Amount: expected a finite number, found nan",
        "element": errors["bad-amount"]["element"],
    }
    assert errors["infinite"]["error"] == "Amount: expected a finite number, found -inf"
    assert errors["bad-date"]["error"] == "Closed: expected a date such as 2024-01-31 or 1/31/24, found 2024-02-30"
    assert errors[None]["error"] == "Id: expected an id, found nothing"
    assert errors[None]["column"] == "Id"
    assert json.loads(errors["infinite"]["element"]) == {**infinite, "Amount": "-inf"}
    assert '"Note":"Zoë"' in errors["infinite"]["element"]
    assert json.loads(errors[None]["element"]) == bad["Id"]


# Time.


def timestamped(rows: Sequence[Mapping[str, Any]], window: Any) -> Any:
    stamped = [TimestampedValue(dict(row), 100 + 7 * i) for i, row in enumerate(rows)]
    type_ = RowTypeConstraint.from_fields(list(TYPES.items()))
    return (
        beam.Create(stamped)
        | beam.Map(lambda cells: beam.Row(**cells)).with_output_types(type_)
        | beam.WindowInto(window)
    )


@pytest.mark.parametrize(
    ("window", "copies"), [(FixedWindows(60), 1), (SlidingWindows(60, 20), 3)], ids=["fixed", "sliding"]
)
def test_timestamps_and_windows_are_those_of_the_input(model: Model, run: Any, window: Any, copies: int) -> None:
    rows = [row for pair in zip(model.rows[:30], bad_rows().values(), strict=False) for row in pair] + model.rows[30:50]
    transform = AnomalyDetection(**model.uris, batch_size=4)
    found = run(timestamped(rows, window), transform)
    got = sorted((str(row["id"]), stamp, where) for name in CONTRACT.outputs for row, stamp, where in found[name])
    expected = sorted(
        (str(row["Id"]), 100.0 + 7 * i, str(where))
        for i, row in enumerate(rows)
        for where in window.assign(beam.transforms.window.WindowFn.AssignContext(100 + 7 * i))
    )
    assert got == expected
    assert len(got) == copies * len(rows)
    assert {row["id"] for row, _, _ in found["errors"]} == {"bad-amount", "bad-date", None}


def test_a_dofn_keeps_nothing_from_one_bundle_to_the_next(model: Model) -> None:
    types = {"Id": "STRING", "Stage": "STRING", "Won": "BOOLEAN", "Amount": "DOUBLE", "Closed": "STRING"}
    score = ScoreRows(Config.of({**model.uris, "batch_size": 4}), types, {name: name for name in TYPES}, [])
    score.setup()
    rows = [beam.Row(**row) for row in model.rows[:10]]

    def bundle(rows: Sequence[Any]) -> list[int]:
        score.start_bundle()
        sizes = [len(list(score.process(row, i, None) or ())) for i, row in enumerate(rows)]
        return [*sizes, len(list(score.finish_bundle() or ()))]

    assert bundle(rows) == [0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 2]
    assert bundle(rows[:3]) == [0, 0, 0, 3]
    assert bundle(rows[:4]) == [0, 0, 0, 4, 0]
    assert bundle([]) == [0]


# Columns.


def test_kept_columns_follow_the_contract_with_their_values_and_types(model: Model, run: Any) -> None:
    transform = AnomalyDetection(**model.uris, keep_fields=["Note", "Amount", "Won"])
    found = run(create([*model.rows, *bad_rows().values()]), transform)
    assert all(tuple(row) == (*SCORED.names, "Note", "Amount", "Won") for row, _, _ in found["scored"])
    kept = {row["Id"]: {name: row[name] for name in ("Note", "Amount", "Won")} for row in model.rows}
    assert {
        id_: {name: row[name] for name in ("Note", "Amount", "Won")} for id_, row in rows_of(found["scored"]).items()
    } == kept
    outputs = test_pipeline.TestPipeline() | create(model.rows) | transform
    fields = dict(outputs["scored"].element_type.__annotations__)
    assert fields["Note"] == str | None
    assert fields["Won"] == bool | None
    assert list(fields)[-3:] == ["Note", "Amount", "Won"]


def test_names_that_python_cannot_carry_come_as_field_names(model: Model, run: Any) -> None:
    names = list(TYPES)
    places = {f"f{i}": name for i, name in enumerate(names)}
    rows = [{place: row[name] for place, name in places.items()} for row in model.rows]
    types = {place: TYPES[name] for place, name in places.items()}
    called = ["Opportunity Name", *names[1:-1], "a/b #1"]
    transform = AnomalyDetection(**model.uris, id_field="Opportunity Name", field_names=called)
    bad = {**rows[0], "f0": "bad", "f3": float("nan")}
    found = run(create([*rows, bad], types), transform)
    assert rows_of(found["scored"]) == expected_rows(model, model.rows)
    assert list(json.loads(found["errors"][0][0]["element"])) == called


def test_more_columns_in_another_order_are_read_past(model: Model, run: Any) -> None:
    types = {"Extra": bytes, **dict(reversed(list(TYPES.items()))), "Last": int}
    rows = [{**row, "Extra": b"\xff", "Last": 3} for row in model.rows[:10]]
    found = run(create(rows, types), AnomalyDetection(**model.uris))
    assert rows_of(found["scored"]) == expected_rows(model, model.rows[:10])


def test_another_column_can_be_the_id(model: Model, run: Any) -> None:
    found = run(create(model.rows), AnomalyDetection(**model.uris, id_field="Note"))
    assert len(found["scored"]) == sum(row["Note"] is not None for row in model.rows)
    assert {row["error"] for row, _, _ in found["errors"]} == {"Note: expected an id, found nothing"}


# What is refused while the pipeline is built.

THERE = ", ".join(TYPES)


@pytest.mark.parametrize(
    ("change", "options", "kind", "message"),
    [
        ({"Amount": None}, {}, SchemaError, "column 'Amount': expected DOUBLE (PARAMS), found no such column; "
         "there are Id, Stage, Won, Closed, Note"),
        ({"Amount": str}, {}, SchemaError, "column 'Amount': expected DOUBLE (PARAMS), found STRING"),
        ({"Amount": int | None}, {}, SchemaError, "column 'Amount': expected DOUBLE (PARAMS), found INT64"),
        ({"Amount": np.float32}, {}, SchemaError, "column 'Amount': expected DOUBLE (PARAMS), found FLOAT"),
        ({"Won": str | None}, {}, SchemaError, "column 'Won': expected BOOLEAN (PARAMS), found STRING"),
        ({"Stage": bytes}, {}, SchemaError, "column 'Stage': expected STRING (PARAMS), found BYTES"),
        ({"Closed": float | None}, {}, SchemaError,
         "column 'Closed': expected STRING (PARAMS), found DOUBLE"),
        ({"Id": int}, {}, SchemaError, "column 'Id': expected STRING (id_field of the config), found INT64"),
        ({}, {"id_field": "Key"}, SchemaError,
         "column 'Key': expected STRING (id_field of the config), found no such column; "
         f"there are {THERE}"),
        ({}, {"id_field": "Amount"}, SchemaError,
         "column 'Amount': expected STRING (id_field of the config), found DOUBLE"),
        ({}, {"keep_fields": ["Nmae"]}, SchemaError, f"keep_fields: there is no column 'Nmae'; there are {THERE}"),
        ({"score": float}, {"keep_fields": ["score"]}, SchemaError,
         "the column 'score' cannot be kept: scored rows have a field of that name; rename it"),
        ({}, {"field_names": ["Id"]}, ConfigError, "config: field_names: expected 6 names, found 1"),
        ({}, {"field_names": ["Id", "Stage", "Won", "Amount", "Closed", "Id"]}, SchemaError,
         "input: expected columns of different names, found 'Id' twice"),
        ({}, {"alpha": 0.0001}, ConfigError,
         "alpha: expected a share from 0.000137 (the model was calibrated on 72 rows) to below 1, found 0.0001"),
    ],
)  # fmt: skip
def test_columns_and_options_that_do_not_fit_are_refused(
    model: Model, change: dict[str, Any], options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    types = {name: type_ for name, type_ in {**TYPES, **change}.items() if type_ is not None}
    with pytest.raises(kind) as error:
        _ = test_pipeline.TestPipeline() | create([], types) | AnomalyDetection(**model.uris, **options)
    assert str(error.value) == message.replace("PARAMS", model.uris["params_uri"])


@pytest.mark.parametrize(("element", "type_"), [("text", "<class 'str'>"), (3, "<class 'int'>"), ({"Id": "a"}, "Dict")])
def test_elements_without_a_schema_are_refused(model: Model, element: Any, type_: str) -> None:
    with pytest.raises(SchemaError) as error:
        _ = test_pipeline.TestPipeline() | beam.Create([element]) | AnomalyDetection(**model.uris)
    assert str(error.value).startswith(
        "input: expected rows with a schema (named tuples, beam.Row or rows of another language), found elements of "
    )
    assert type_ in str(error.value)


def test_a_row_of_an_unknown_type_is_refused(model: Model) -> None:
    with pytest.raises(SchemaError, match=r"^input: expected rows with a schema|^column '"):
        _ = (
            test_pipeline.TestPipeline()
            | beam.Create([1])
            | beam.Map(lambda _: beam.Row(Id="a"))
            | AnomalyDetection(**model.uris)
        )


@pytest.mark.parametrize("field", ["encoder_uri", "model_uri", "params_uri"])
def test_a_model_that_is_not_there_is_refused(model: Model, field: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "other" / "missing")
    with pytest.raises(ModelError) as error:
        _ = test_pipeline.TestPipeline() | create([]) | AnomalyDetection(**{**model.uris, field: missing})
    assert str(error.value).startswith(f"{missing}: cannot be read: ")
    assert str(error.value).endswith("URIs are resolved where the Python transform runs")


def test_a_changed_file_is_refused_although_the_model_was_loaded_before(model: Model, tmp_path: Path) -> None:
    for path in model.folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / PARAMS).write_text((tmp_path / PARAMS).read_text("utf-8").replace("0.05", "0.06"), "utf-8")
    uris = {**model.uris, "params_uri": str(tmp_path / PARAMS)}
    with pytest.raises(ModelError, match=r"model\.params: its content does not match its model_id"):
        _ = test_pipeline.TestPipeline() | create([]) | AnomalyDetection(**uris)


def test_relative_uris_start_at_the_working_directory(model: Model, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(model.folder.parent)
    relative = {name: f"{model.folder.name}/{Path(uri).name}" for name, uri in model.uris.items()}
    found = run(create(model.rows[:5]), AnomalyDetection(**relative))
    assert rows_of(found["scored"]) == expected_rows(model, model.rows[:5])
    monkeypatch.chdir(model.folder)
    with pytest.raises(ModelError, match="cannot be read"):
        _ = test_pipeline.TestPipeline() | create([]) | AnomalyDetection(**relative)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder_uri": None}, "config: encoder_uri is missing: "),
        ({"alpha": 1.0}, "config: alpha: expected a share between 0 and 1, found 1"),
        ({"explain": -1}, "config: explain: expected at least 0, found -1"),
        ({"batch_size": 0}, "config: batch_size: expected at least 1, found 0"),
        ({"keep_fields": "Name"}, "config: keep_fields: expected ARRAY, found 'Name'"),
    ],
)
def test_a_wrong_option_is_refused_at_once(model: Model, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        AnomalyDetection(**{**model.uris, **options})
    assert str(error.value).startswith(message)


def test_an_unknown_option_is_refused_at_once(model: Model) -> None:
    with pytest.raises(TypeError, match="explian"):
        AnomalyDetection(**model.uris, explian=3)


# The config as other languages send it.


def decoded(transform: AnomalyDetection) -> AnomalyDetection:
    urn, payload = transform.to_runner_api_parameter(None)
    assert urn == CONTRACT.urn
    return AnomalyDetection.from_runner_api_parameter(None, payload, None)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"id_field": "Key", "alpha": 0.25, "explain": 0, "explain_all": True, "batch_size": 9},
        {"keep_fields": ["Name", "Größe"], "field_names": ["a/b", "#"], "field_types": ["STRING", "DOUBLE"]},
    ],
)
def test_a_config_survives_its_payload(options: dict[str, Any]) -> None:
    uris = {"encoder_uri": "gs://b/e", "model_uri": "m", "params_uri": "p"}
    transform = AnomalyDetection(**uris, **options)
    assert decoded(transform).config == transform.config
    _, payload = transform.to_runner_api_parameter(None)
    message = external_transforms_pb2.ExternalConfigurationPayload.FromString(payload)
    assert [field.name for field in message.schema.fields] == list(CONFIG.names)
    assert AnomalyDetection.from_runner_api_parameter(None, message, None).config == transform.config


def payload_of(values: dict[str, Any], types: dict[str, int]) -> bytes:
    fields = [schema_pb2.Field(name=n, type=schema_pb2.FieldType(atomic_type=types[n], nullable=True)) for n in values]
    schema = schema_pb2.Schema(id="subset-" + "-".join(values), fields=fields)
    row = beam.Row(**values)
    message = external_transforms_pb2.ExternalConfigurationPayload(
        schema=schema, payload=coders.RowCoder(schema).encode(row)
    )
    return message.SerializeToString()


def test_a_client_sends_the_fields_that_it_knows() -> None:
    types = dict.fromkeys(("encoder_uri", "model_uri", "params_uri"), schema_pb2.STRING)
    types |= {"explain": schema_pb2.INT64, "alpha": schema_pb2.DOUBLE, "explian": schema_pb2.INT64}
    uris = {"encoder_uri": "e", "model_uri": "m", "params_uri": "p"}
    config = AnomalyDetection.from_runner_api_parameter(None, payload_of({**uris, "explain": 5}, types), None).config
    assert config == Config.of({**uris, "explain": 5})
    config = AnomalyDetection.from_runner_api_parameter(None, payload_of({**uris, "alpha": None}, types), None).config
    assert config == Config.of(uris)
    with pytest.raises(ConfigError, match=r"^config: unknown field 'explian'; did you mean 'explain'\?$"):
        AnomalyDetection.from_runner_api_parameter(None, payload_of({**uris, "explian": 5}, types), None)
    with pytest.raises(ConfigError, match=r"^config: params_uri is missing: "):
        AnomalyDetection.from_runner_api_parameter(
            None, payload_of({"encoder_uri": "e", "model_uri": "m"}, types), None
        )


@pytest.mark.parametrize("payload", [b"", b"\xff\xff\xff", b"\x80\x04N.", "text", None])
def test_bytes_that_are_no_config_are_refused(payload: Any) -> None:
    with pytest.raises(ConfigError, match=r"^config: "):
        AnomalyDetection.from_runner_api_parameter(None, payload, None)


def test_the_transform_is_known_by_its_urn(model: Model) -> None:
    from apache_beam.portability.api import beam_runner_api_pb2
    from apache_beam.runners.pipeline_context import PipelineContext

    urn, payload = AnomalyDetection(**model.uris).to_runner_api_parameter(None)
    proto = beam_runner_api_pb2.PTransform(spec=beam_runner_api_pb2.FunctionSpec(urn=urn, payload=payload))
    assert isinstance(beam.PTransform.from_runner_api(proto, PipelineContext()), AnomalyDetection)


def test_outputs_have_row_coders_that_other_languages_can_read(model: Model) -> None:
    outputs = test_pipeline.TestPipeline() | create([]) | AnomalyDetection(**model.uris)
    for name, schema in (("scored", SCORED), ("errors", ERRORS)):
        coder = coders.registry.get_coder(outputs[name].element_type)
        assert isinstance(coder, coders.RowCoder)
        assert [field.name for field in coder.schema.fields] == list(schema.names)
        assert [field.type.nullable for field in coder.schema.fields] == [field.nullable for field in schema.fields]
