"""The five steps of contract/README.md, on the table that has nothing to do with Salesforce."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple, Optional

import apache_beam as beam
import pytest
from apache_beam.testing import test_pipeline
from apache_beam.testing.util import assert_that, equal_to

from anomaly_detection import AnomalyDetection, Detector
from anomaly_detection.tables.input_table import InputTable

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "contract" / "example"
ODD = {"S-00124": "Weight (kg)", "S-00301": "Arrival"}
"""Rows of the example that were made odd, and where."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shipments") / "model"
    command = next(
        line
        for line in (ROOT / "contract/README.md").read_text("utf-8").replace("\\\n", " ").splitlines()
        if "anomaly-detection train" in line
    )
    arguments = shlex.split(command)[1:]
    arguments[arguments.index("--output") + 1] = str(folder)
    done = subprocess.run(
        [sys.executable, "-c", "from anomaly_detection.cli import main; main()", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def rows(model: Path) -> list[dict[str, Any]]:
    table = InputTable(EXAMPLE / "shipments.csv", id_column="Shipment #", types=Detector.load(model).columns)
    batches = list(table.batches())
    assert not any(batch.errors for batch in batches)
    return [row for batch in batches for row in batch.columns.to_pylist()]


def test_odd_shipments_are_labelled_with_their_column(model: Path) -> None:
    detector = Detector.load(model)
    table = InputTable(EXAMPLE / "shipments.csv", id_column="Shipment #", types=detector.columns)
    (batch,) = table.batches()
    found = detector.score(batch.columns)
    ids = batch.columns["Shipment #"].to_pylist()
    first = {ids[i]: found.reasons[i][0].field for i in range(len(ids)) if found.label[i]}
    assert first.items() >= ODD.items()
    assert len(first) <= 8


def test_rows_under_other_names_cross_the_boundary(model: Path) -> None:
    given = rows(model)
    names = list(given[0])
    types = {"Weight (kg)": float, "Insured": bool}
    sent = NamedTuple("Sent", [(f"c{i}", Optional[types.get(name, str)]) for i, name in enumerate(names)])  # noqa: UP045 (known only here)
    beam.coders.registry.register_coder(sent, beam.coders.RowCoder)
    with test_pipeline.TestPipeline() as pipeline:
        outputs = (
            pipeline
            | beam.Create(
                [sent(**dict(zip(sent._fields, row.values(), strict=True))) for row in given]
            ).with_output_types(sent)
            | AnomalyDetection(
                str(model / "encoder.pth"),
                str(model / "anomaly_detection.model"),
                str(model / "model.params"),
                id_field="Shipment #",
                field_names=names,
                keep_fields=["Weight (kg)"],
            )
        )
        odd = outputs["scored"] | beam.Filter(lambda row: row.id in ODD) | beam.Map(lambda row: row.reasons[0].field)
        assert_that(odd, equal_to(list(ODD.values())), "odd")
        kept = f"c{names.index('Weight (kg)')}"
        weights = outputs["scored"] | "kept" >> beam.Map(lambda row: getattr(row, kept))
        assert_that(weights, equal_to([row["Weight (kg)"] for row in given]), "weights")
        assert_that(outputs["errors"], equal_to([]), "errors")


def test_spec_is_what_the_model_looks_at(model: Path) -> None:
    spec = json.loads((EXAMPLE / "features.json").read_text("utf-8"))
    assert [feature.name for feature in Detector.load(model).features] == [feature["name"] for feature in spec]
