"""The transform with models of other kinds: an autoembedder, and a converted model of the accelerator."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
import torch
from apache_beam.testing import test_pipeline
from apache_beam.typehints.row_type import RowTypeConstraint

from anomaly_detection import AnomalyDetection
from anomaly_detection.accelerator.files import pack_accelerator
from anomaly_detection.accelerator.inputs import RowInputs
from anomaly_detection.accelerator.model import LatentModel, RowScoring, outlying
from anomaly_detection.accelerator.network import LatentEncoder, LatentShape
from anomaly_detection.features.feature import parse_features
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS, Artifacts
from anomaly_detection.models.training import TrainOptions, train
from anomaly_detection.schema import SCORED
from anomaly_detection.scoring.calibration import Calibration
from anomaly_detection.scoring.clustering import fit_hdbscan, freeze

TYPES: dict[str, Any] = {"Id": str, "Stage": str | None, "Won": bool | None, "Amount": float | None}
FEATURES = parse_features(
    [
        {"name": "Stage", "kind": "categorical"},
        {"name": "Won", "kind": "categorical", "type": "BOOLEAN"},
        {"name": "Amount", "kind": "numeric"},
    ],
    where="test",
)


def deals() -> pa.Table:
    random = np.random.default_rng(0)
    won = random.random(240) < 0.5
    return pa.table(
        {
            "Id": [f"deal-{i}" for i in range(240)],
            "Stage": np.where(won, "Won", "Lost").tolist(),
            "Won": won.tolist(),
            "Amount": random.lognormal(np.where(won, 9, 6), 0.3),
        }
    )


def autoembedder() -> Artifacts:
    return train(deals(), FEATURES, id_column="Id", options=TrainOptions(alpha=0.05, encoder="autoembedder"))


def converted() -> Artifacts:
    table, shape = deals(), LatentShape(cards=(8,), widths=(3,), numbers=1, layers=(6, 4, 2))
    torch.manual_seed(0)
    encoder = LatentEncoder.of_state(shape, shape.build().state_dict())
    inputs = RowInputs.fit(FEATURES, table)
    encoded = encoder.encode(inputs.counts(table, 1), inputs.numbers(table))
    latent = LatentModel(shape=shape, encoder=encoder, clustering=freeze(fit_hdbscan(encoded)))
    scores = outlying(latent, inputs, table).outlier_score
    rows = RowScoring(id_column="Id", alpha=0.05, inputs=inputs, calibration=Calibration.fit(scores))
    return pack_accelerator(latent, rows, {})


@pytest.mark.parametrize("make", [autoembedder, converted])
def test_every_row_comes_out_as_the_model_scores_it(make: Callable[[], Artifacts], tmp_path: Path) -> None:
    files = make()
    files.write(tmp_path / "model")
    uris = [str(tmp_path / "model" / name) for name in (ENCODER, MODEL, PARAMS)]
    # The last row is bad for a model that cannot do without a number, or has one that is none.
    rows = [*deals().to_pylist(), {"Id": "bad", "Stage": "Won", "Won": True, "Amount": float("nan")}]
    with test_pipeline.TestPipeline() as pipeline:
        source = pipeline | beam.Create(rows, reshuffle=False)
        source |= beam.Map(lambda cells: beam.Row(**cells)).with_output_types(
            RowTypeConstraint.from_fields(list(TYPES.items()))
        )
        outputs = source | AnomalyDetection(encoder_uri=uris[0], model_uri=uris[1], params_uri=uris[2])
        for name in ("scored", "errors"):
            lines = outputs[name] | f"As JSON {name}" >> beam.Map(lambda row: json.dumps(plain(row)))
            lines | f"Write {name}" >> beam.io.WriteToText(str(tmp_path / name), shard_name_template="")
    scored = {row["id"]: row for row in map(json.loads, (tmp_path / "scored").read_text("utf-8").splitlines())}
    errors = [json.loads(line) for line in (tmp_path / "errors").read_text("utf-8").splitlines()]
    assert [(error["id"], error["column"]) for error in errors] == [("bad", "Amount")]
    model = files.scoring()
    found = model.score(deals().combine_chunks().to_batches()[0])
    coded = deals().set_column(1, "Stage", deals()["Stage"].dictionary_encode()).combine_chunks().to_batches()[0]
    again = model.score(coded)
    assert (again.score.tobytes(), again.reasons) == (found.score.tobytes(), found.reasons)
    assert len(scored) == 240
    for i in range(240):
        row = scored[f"deal-{i}"]
        assert tuple(row) == SCORED.names
        assert (row["score"], row["label"], row["p_value"]) == (found.score[i], found.label[i], found.p_value[i])
        assert (row["cluster"], row["model_id"]) == (found.prediction.cluster[i], model.model_id)
        assert [reason["field"] for reason in row["reasons"]] == [reason.field for reason in found.reasons[i]]


def plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value
