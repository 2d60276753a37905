"""Rows that no training saw, through the transform: scored or in errors, and never lost."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam.testing import test_pipeline
from apache_beam.testing.util import assert_that
from apache_beam.typehints.row_type import RowTypeConstraint

from anomaly_detection import AnomalyDetection
from anomaly_detection.errors import SchemaError
from anomaly_detection.features.feature import parse_features
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS
from anomaly_detection.models.detector import Detector
from anomaly_detection.models.training import TrainOptions, train
from anomaly_detection.schema import CONTRACT

TYPES: dict[str, Any] = {"Id": str, "Stage": str | None, "Amount": float | None, "CurrencyIsoCode": str | None}
RATES = {"EUR": 1.0, "JPY": 0.006}
SPEC = [{"name": "Stage", "kind": "categorical"}, {"name": "Amount", "kind": "numeric"}]


def deals(rows: int, *, seed: int = 0) -> list[dict[str, Any]]:
    random = np.random.default_rng(seed)
    found = []
    for i in range(rows):
        currency = str(random.choice(list(RATES)))
        amount = float(random.lognormal(9, 0.3)) / RATES[currency]
        stage = str(random.choice(["Open", "Won"]))
        found.append({"Id": f"d{i}", "Stage": stage, "Amount": amount, "CurrencyIsoCode": currency})
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of deals in two currencies."""
    folder = tmp_path_factory.mktemp("currencies")
    options = TrainOptions(alpha=0.05, currency_rates=RATES)
    train(pa.Table.from_pylist(deals(300)), parse_features(SPEC, where="test"), id_column="Id", options=options).write(
        folder
    )
    return folder


def transform(folder: Path, **options: Any) -> AnomalyDetection:
    uris = {"encoder_uri": ENCODER, "model_uri": MODEL, "params_uri": PARAMS}
    return AnomalyDetection(**{field: str(folder / name) for field, name in uris.items()}, **options)


Found = tuple[dict[str, Any], dict[str, Any]]


def rows_of(rows: Sequence[Mapping[str, Any]], types: Mapping[str, Any]) -> Any:
    """Return a transform that makes rows with a schema."""
    type_ = RowTypeConstraint.from_fields(list(types.items()))
    created = beam.Create(list(map(dict, rows)), reshuffle=False)
    return created | beam.Map(lambda cells: beam.Row(**cells)).with_output_types(type_)


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Callable[..., Found]:
    """Run a pipeline, assert that no row is lost, and return the scored rows and the errors by id."""

    def call(rows: Sequence[Mapping[str, Any]], types: Mapping[str, Any] = TYPES, **options: Any) -> Found:
        def save(path: Path) -> Callable[[Any], None]:
            return lambda found: path.write_bytes(pickle.dumps([plain(row) for row in found])) and None

        with test_pipeline.TestPipeline() as pipeline:
            outputs = pipeline | rows_of(rows, types) | transform(folder, **options)
            for name, output in outputs.items():
                assert_that(output, save(tmp_path / name), label=name)
        scored, errors = (pickle.loads((tmp_path / name).read_bytes()) for name in CONTRACT.outputs)
        assert len(scored) + len(errors) == len(rows)
        return {row["id"]: row for row in scored}, {row["id"]: row for row in errors}

    return call


def plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def test_amounts_are_compared_converted_and_unknown_currencies_are_errors(folder: Path, run: Any) -> None:
    rows = deals(6, seed=1)
    rows[1]["CurrencyIsoCode"], rows[4]["CurrencyIsoCode"] = "CHF", None
    scored, errors = run(rows)
    assert scored.keys() == {"d0", "d2", "d3", "d5"}
    batch = pa.RecordBatch.from_pylist([rows[i] for i in (0, 2, 3, 5)])
    expected = Detector.load(folder).score(batch).score.tolist()
    assert [scored[f"d{i}"]["score"] for i in (0, 2, 3, 5)] == expected
    for id_, found in (("d1", "CHF"), ("d4", "nothing")):
        error = errors[id_]
        assert (error["column"], error["expected"], error["found"]) == ("CurrencyIsoCode", "one of EUR, JPY", found)
        assert error["error"] == f"CurrencyIsoCode: expected one of EUR, JPY, found {found}"
        assert json.loads(error["element"]) == next(row for row in rows if row["Id"] == id_)


def test_the_reason_is_told_in_the_currency_of_the_row(run: Any) -> None:
    row = {"Id": "j", "Stage": "Open", "Amount": 9000.0, "CurrencyIsoCode": "JPY"}
    scored, _ = run([row])
    assert scored["j"]["label"] == 1
    reason = scored["j"]["reasons"][0]
    assert (reason["field"], reason["value"]) == ("Amount", "9000")
    assert float(reason["expected"].split(" to ")[0].replace(",", "")) > 300_000


@pytest.mark.parametrize(
    ("change", "found"),
    [({"CurrencyIsoCode": None}, "no such column; there are Id, Stage, Amount"), ({"CurrencyIsoCode": int}, "INT64")],
)
def test_a_model_of_currencies_needs_their_column(folder: Path, change: dict[str, Any], found: str) -> None:
    types = {name: type_ for name, type_ in {**TYPES, **change}.items() if type_ is not None}
    with pytest.raises(SchemaError) as error:
        _ = test_pipeline.TestPipeline() | rows_of([], types) | transform(folder)
    assert str(error.value) == f"column 'CurrencyIsoCode': expected STRING ({folder / PARAMS}), found {found}"


def test_unseen_categories_are_odd_and_rows_of_nothing_are_scored(run: Any) -> None:
    rows = [{**row, "Stage": "Wonn"} for row in deals(40, seed=2)]
    empty = [{"Id": f"empty-{i}", "Stage": None, "Amount": None, "CurrencyIsoCode": "EUR"} for i in range(3)]
    scored, errors = run(rows + empty, explain_all=True)
    assert errors == {}
    assert all(scored[row["Id"]]["label"] == 1 for row in rows)
    assert {scored[row["Id"]]["reasons"][0]["field"] for row in rows} == {"Stage"}
    assert len({scored[row["Id"]]["score"] for row in empty}) == 1
    assert all(np.isfinite(row["score"]) for row in scored.values())


def test_rows_of_nothing_at_all_are_errors_of_a_model_of_currencies(run: Any) -> None:
    scored, errors = run([{"Id": f"d{i}", "Stage": None, "Amount": None, "CurrencyIsoCode": None} for i in "ab"])
    assert scored == {}
    assert {error["found"] for error in errors.values()} == {"nothing"}


def test_more_columns_in_another_order_change_nothing(run: Any) -> None:
    rows = deals(20, seed=3)
    types = {"More": int, **dict(reversed(list(TYPES.items())))}
    assert run([{**row, "More": 7} for row in rows], types)[0] == run(rows)[0]
