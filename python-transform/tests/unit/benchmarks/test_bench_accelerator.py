"""The published accelerator, made anew for the benchmark: it gives what its conversion gives."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pytest
import sklearn.metrics._dist_metrics as distances
import torch

import bench.accelerator
import bench.published
from anomaly_detection.accelerator.inputs import BUCKETS, RowInputs
from anomaly_detection.encoders.autoembedder_network import package
from anomaly_detection.features.feature import Feature
from anomaly_detection.generate import write_opportunities
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS

pytestmark = pytest.mark.slow

DATA = next((data for folder in Path(__file__).parents if (data := folder / "shared" / "data").is_dir()), Path("none"))
PUBLISHED, EXPORT = DATA / "accelerator", DATA / "dtc_opportunity.csv"
MODELS = ["own", *(["published"] if PUBLISHED.is_dir() else [])]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> tuple[pa.Table, pa.Table]:
    """Rows to train on and others to score."""
    folder = tmp_path_factory.mktemp("accelerator")
    write_opportunities(folder / "training.csv", rows=671, seed=1)
    write_opportunities(folder / "scored.csv", rows=120, seed=2, anomalies=0.1)
    training, scored = (bench.accelerator.read(folder / f"{name}.csv") for name in ("training", "scored"))
    return training, scored.slice(0, 100)


@pytest.fixture(scope="module", params=MODELS)
def made(request: pytest.FixtureRequest, rows: tuple[pa.Table, pa.Table]) -> Any:
    """The accelerator and what it was trained on: made anew, or its published files."""
    if request.param == "own":
        return bench.published.train(rows[0].to_pylist(), epochs=1), rows[0]
    training = bench.accelerator.read(EXPORT, id_column="Name")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr(distances, "EuclideanDistance", distances.EuclideanDistance64, raising=False)
        warnings.simplefilter("ignore")
        clusterer, params = joblib.load(PUBLISHED / MODEL), joblib.load(PUBLISHED / PARAMS)
    network = package().Autoembedder(params["params"], params["num_cont_features"], params["list_cat"])
    network.load_state_dict(torch.load(PUBLISHED / ENCODER, weights_only=True))
    amounts = np.asarray(training["Amount"])
    published = bench.published.Published(
        hasher=bench.published.hashing_encoder(max_sample=16),
        network=network.eval(),
        clusterer=clusterer,
        mean=float(amounts.mean()),
        deviation=float(amounts.std(ddof=1)),
    )
    return published, training


def test_a_hundred_rows_get_what_the_conversion_gives_them(rows: tuple[pa.Table, pa.Table], made: Any) -> None:
    accelerator, training = made
    bench.accelerator.compare(accelerator, training, rows[1])
    assert len({accelerator.score(row)[0] for row in rows[1].to_pylist()}) > 5, "there is something to compare"


def test_another_result_is_told_from_the_conversions(rows: tuple[pa.Table, pa.Table], made: Any) -> None:
    accelerator, training = made
    with pytest.raises(bench.accelerator.ComparisonError, match=r"of 100 rows differ$"):
        bench.accelerator.compare(replace(accelerator, mean=accelerator.mean * 1.1), training, rows[1])


def test_the_published_library_counts_as_the_conversion_does(rows: tuple[pa.Table, pa.Table], made: Any) -> None:
    accelerator, scored = made[0], rows[1]
    features = tuple(
        Feature(name=name, kind="categorical", type="BOOLEAN" if pa.types.is_boolean(scored[name].type) else "STRING")
        for name in bench.published.HASHED
    )
    counts = RowInputs(features=features, means=(), deviations=()).counts(scored, BUCKETS)
    hashed = [accelerator.inputs(row)[0].numpy()[:, 0] for row in scored.to_pylist()]
    assert np.array_equal(np.stack(hashed), counts)
    assert counts.sum(1).min() < len(features) == counts.sum(1).max(), "some texts are missing"
