"""The accelerator's pickled model against what `convert` makes of it, and pickles that must not be read."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import pickle
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import hdbscan
import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sklearn.metrics._dist_metrics as distances
import torch
from click.testing import CliRunner

from anomaly_detection.accelerator.convert import Sample, convert
from anomaly_detection.accelerator.files import read_accelerator, read_latent
from anomaly_detection.accelerator.isolation import unpickle
from anomaly_detection.accelerator.model import LatentModel
from anomaly_detection.beam.model_uris import load_detector
from anomaly_detection.cli import group
from anomaly_detection.encoders.autoembedder_network import package
from anomaly_detection.errors import AnomalyDetectionError, ConfigError, ModelError
from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.feature import Feature
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS, Artifacts
from anomaly_detection.models.detector import Detector
from anomaly_detection.models.safe_files import load_arrays, npz_file, state_dict_file
from anomaly_detection.tables.input_table import InputTable

pytestmark = pytest.mark.slow

DATA = next((data for folder in Path(__file__).parents if (data := folder / "shared" / "data").is_dir()), Path("none"))
PUBLISHED, EXPORT = DATA / "accelerator", DATA / "dtc_opportunity.csv"
TRIOS = ["own", *(["published"] if PUBLISHED.is_dir() else [])]
FILES = (ENCODER, MODEL, PARAMS)
ALPHA = 0.05


@dataclass(frozen=True)
class Trio:
    """A pickled model, unpickled in its own way, rows of the data that it was trained on, and what became of it."""

    folder: Path
    clusterer: Any
    network: Any
    frame: pd.DataFrame
    number: str
    latent: LatentModel
    sample: Sample
    scoring: Artifacts

    @property
    def counts(self) -> Floats:
        """How many of each row's values fall into the first of 64 buckets, value by value."""
        values = self.frame.drop(columns=self.number).itertuples(index=False)
        fallen = [
            sum(int(hashlib.md5(str(v).encode(), usedforsecurity=False).hexdigest(), 16) % 64 == 0 for v in row)
            for row in values
        ]
        return np.array(fallen, np.float64)[:, None]

    @property
    def numbers(self) -> Floats:
        column = self.frame[self.number].astype(float)
        return ((column - column.mean()) / column.std()).to_numpy()[:, None]

    def encode(self, counts: Floats, numbers: Floats) -> Floats:
        """Encode as the accelerator does."""
        with torch.no_grad():
            self.network(x_cat=torch.from_numpy(counts.T.copy()), x_cont=torch.from_numpy(numbers.T.copy()))
        encoded: Floats = self.network.code_value.numpy()
        return encoded


def write_own_trio(folder: Path, frame: pd.DataFrame, number: str) -> None:
    """Train, fit and pickle as the accelerator's notebook does."""
    counts = pd.Series(Trio(folder, None, None, frame, number, *[None] * 3).counts[:, 0])  # type: ignore[arg-type]
    values = frame[number].reset_index(drop=True)
    table = pd.DataFrame({"col_0": counts.astype(int), number: (values - values.mean()) / values.std()})
    params = {"hidden_layers": [[12, 8], [8, 4]], "epochs": 2, "lr": 1e-3, "verbose": 0, "batch_size": 8}
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = package().Autoembedder(params, num_cont_features=1, embedding_sizes=[(64, 6)])
        loaders = [package().dataloader(part, {**params, "pin_memory": False}) for part in (table, table[:40])]
        package().fit(params, network, *loaders)
        network(x_cat=torch.tensor(counts.to_numpy())[None], x_cont=torch.tensor(table[number].to_numpy())[None])
        clusterer = hdbscan.HDBSCAN(prediction_data=True).fit(network.code_value.numpy())
    torch.save(network.state_dict(), folder / ENCODER)
    joblib.dump(clusterer, folder / MODEL)
    joblib.dump({"params": params, "list_cat": [(64, 6)], "num_cont_features": 1}, folder / PARAMS)


def sample_of(csv: Path, number: str, *, id_column: str) -> Sample:
    types: Any = dict.fromkeys(InputTable(csv, id_column=id_column).columns, "STRING")
    del types[id_column]
    booleans = {"Express", "IsClosed", "IsWon"} & types.keys()
    table = InputTable(
        csv, id_column=id_column, types={**types, number: "DOUBLE", **dict.fromkeys(booleans, "BOOLEAN")}
    )
    rows = pa.Table.from_batches([batch.columns for batch in table.batches()], schema=table.arrow_schema)
    features = [Feature(name=number, kind="numeric", type="DOUBLE")]
    features += [
        Feature(name=name, kind="categorical", type="BOOLEAN" if name in booleans else "STRING")
        for name in types
        if name != number
    ]
    return Sample(table=rows, features=tuple(features), id_column=id_column, alpha=ALPHA)


@pytest.fixture(scope="module", params=TRIOS)
def trio(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, parcel_table: Any) -> Trio:
    working = tmp_path_factory.mktemp("trio")
    if request.param == "own":
        folder, number = working, "Weight"
        frame = parcel_table(400).to_pandas().dropna(subset=["Weight"]).drop(columns="Code")
        write_own_trio(folder, frame, number)
    else:
        folder, number, frame = PUBLISHED, "Amount", pd.read_csv(EXPORT)
    csv = working / "rows.csv"
    frame.assign(Key=[f"R{i}" for i in range(len(frame))]).to_csv(csv, index=False)
    sample = sample_of(csv, number, id_column="Key")
    paths = [folder / name for name in FILES]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distances, "EuclideanDistance", distances.EuclideanDistance64, raising=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            clusterer, params = joblib.load(paths[1]), joblib.load(paths[2])
    network = package().Autoembedder(params["params"], params["num_cont_features"], params["list_cat"]).double()
    network.load_state_dict(torch.load(paths[0], weights_only=True))
    latent = read_latent(convert(*paths, allow_pickle=True))
    return Trio(
        folder,
        clusterer,
        network.eval(),
        frame,
        number,
        latent,
        sample,
        convert(*paths, allow_pickle=True, sample=sample),
    )


# Predictions stay what they were.


def test_clusters_are_predicted_bit_for_bit_as_by_the_pickled_model(trio: Trio) -> None:
    raw, random = trio.clusterer.prediction_data_.raw_data, np.random.default_rng(0)
    points = np.concatenate([raw, raw + random.normal(0, 0.01, raw.shape), random.normal(0, 1, (300, raw.shape[1]))])
    labels, strengths = hdbscan.approximate_predict(trio.clusterer, points)
    found = trio.latent.clustering.predict(points)
    assert np.array_equal(found.cluster, labels)
    assert np.array_equal(found.membership, strengths)
    assert len(np.unique(labels)) > 2
    scores = hdbscan.approximate_predict_scores(trio.clusterer, points)
    there = np.isfinite(scores)
    assert np.array_equal(found.outlier_score[there], scores[there])


def test_encodings_are_those_of_the_pickled_encoder(trio: Trio) -> None:
    random = np.random.default_rng(1)
    counts, numbers = random.integers(0, 4, (700, 1)).astype(float), random.normal(0, 2, (700, 1))
    original = trio.network.state_dict()
    converted = trio.latent.encoder.network.state_dict()
    assert original.keys() == converted.keys()
    assert all(torch.equal(original[name], converted[name]) for name in original)
    encoded = trio.latent.encoder.encode(counts, numbers)
    # The last bits of the package's own depend on where a row stands in its batch.
    assert np.abs(encoded - trio.encode(counts, numbers)).max() < 1e-13
    order = random.permutation(700)[:33]
    assert np.array_equal(trio.latent.encoder.encode(counts[order], numbers[order]), encoded[order])


def test_rows_are_predicted_as_by_the_pickled_model_from_end_to_end(trio: Trio) -> None:
    model = read_accelerator(trio.scoring)
    table = trio.sample.table
    moved = trio.frame[trio.number].to_numpy() * np.random.default_rng(2).uniform(0.9, 1.1, table.num_rows)
    table = table.set_column(table.column_names.index(trio.number), trio.number, pa.array(moved))
    column = trio.frame[trio.number].astype(float)
    encoded = trio.encode(trio.counts, ((moved - column.mean()) / column.std())[:, None])
    labels, strengths = hdbscan.approximate_predict(trio.clusterer, encoded)
    found = model.score(table.combine_chunks().to_batches()[0])
    assert np.array_equal(found.prediction.cluster, labels)
    assert np.abs(found.prediction.membership - strengths).max() < 1e-6
    assert len(np.unique(labels)) > 5


def test_rows_that_were_trained_on_are_labelled_as_before_but_for_a_few_on_a_boundary(trio: Trio) -> None:
    # They lie on the very boundaries of clusters, where the last bits decide; the original's depend on the batch.
    counts, numbers = trio.counts, trio.numbers
    whole, _ = hdbscan.approximate_predict(trio.clusterer, trio.encode(counts, numbers))
    found = trio.latent.predict(counts, numbers).cluster
    assert (found == whole).mean() > 0.97
    assert set(found) <= {-1, *whole}


def test_the_reference_rows_are_rows_of_the_data(trio: Trio) -> None:
    inputs = read_accelerator(trio.scoring).rows.inputs
    encoded = trio.latent.encoder.encode(inputs.counts(trio.sample.table, 1), inputs.numbers(trio.sample.table))
    apart = np.abs(trio.latent.clustering.reference[:, None] - encoded).max(2).min(1)
    assert apart.max() < 1e-12


def test_calibrated_rows_keep_the_contract(trio: Trio) -> None:
    model = read_accelerator(trio.scoring)
    batch = trio.sample.table.combine_chunks().to_batches()[0]
    found = model.score(batch)
    assert np.array_equal(found.label, (found.p_value <= ALPHA).astype(np.int64))
    assert np.array_equal(found.label, (found.score >= found.threshold).astype(np.int64))
    assert 0 < found.label.mean() <= ALPHA
    assert found.reasons == [()] * batch.num_rows
    for i in range(0, batch.num_rows, 97):
        alone = model.score(batch.slice(i, 1))
        assert (alone.score[0], alone.prediction.membership[0]) == (found.score[i], found.prediction.membership[i])


# The command, and the files that it writes.


@dataclass(frozen=True)
class Own:
    """A pickled trio of this file's own, and rows as CSV, of which some have no weight."""

    folder: Path
    csv: Path

    @property
    def options(self) -> list[str]:
        names = ("--encoder", "--model", "--params")
        return [text for name, file in zip(names, FILES, strict=True) for text in (name, str(self.folder / file))]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, parcel_table: Any) -> Own:
    folder = tmp_path_factory.mktemp("own")
    frame = parcel_table(300).to_pandas()
    frame.to_csv(folder / "rows.csv", index=False)
    write_own_trio(folder, frame.dropna(subset=["Weight"]).drop(columns="Code"), "Weight")
    return Own(folder, folder / "rows.csv")


@pytest.fixture(scope="module")
def plain(own: Own) -> Artifacts:
    return convert(*(own.folder / name for name in FILES), allow_pickle=True)


@pytest.fixture(scope="module")
def scoring(own: Own, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that was converted and calibrated by the command."""
    output = tmp_path_factory.mktemp("converted") / "model"
    arguments = [*own.options, "--allow-pickle", "--output", str(output), "--calibrate", str(own.csv)]
    told = run("convert", *arguments, "--id-column", "Code", "--numeric", "Weight", "--alpha", str(ALPHA))
    assert "clusters of" in told
    assert "calibrated on 300 rows" in told
    return output


def run(*arguments: str) -> str:
    result = CliRunner().invoke(group, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(group, arguments)
    assert isinstance(result.exception, AnomalyDetectionError), result.output
    assert result.exception.exit_code == 2
    return str(result.exception)


def test_what_is_written_is_safe_and_complete(scoring: Path) -> None:
    params = json.loads((scoring / PARAMS).read_text("utf-8"))
    assert params["encoder"] == {
        "kind": "accelerator", "cards": [64], "widths": [6], "numbers": 1, "layers": [12, 8, 4],
        "activation": "tanh", "bias": True,
    }  # fmt: skip
    assert params["files"]["model"] == hashlib.sha256((scoring / MODEL).read_bytes()).hexdigest()
    assert all(array.dtype != object for array in np.load(scoring / MODEL, allow_pickle=False).values())
    assert "embeddings.0.weight" in torch.load(scoring / ENCODER, weights_only=True)


def test_a_converted_model_scores_a_csv_and_loses_no_row(own: Own, scoring: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    run("score", str(own.csv), "--model", str(scoring), "--output", str(output))
    scored = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    errors = [json.loads(line) for line in (tmp_path / "out.errors.jsonl").read_text("utf-8").splitlines()]
    without = pd.read_csv(own.csv)["Weight"].isna().sum()
    assert (len(scored), len(errors)) == (300 - without, without)
    assert {(line["column"], line["expected"], line["found"]) for line in errors} == {("Weight", "a number", "nothing")}
    assert all((line["label"] == 1) == (line["p_value"] <= ALPHA) for line in scored)
    assert all(line["reasons"] == [] and 0 <= line["score"] <= 1 for line in scored)


def test_a_converted_model_is_served_by_its_uris(own: Own, scoring: Path) -> None:
    model = load_detector(*(str(scoring / name) for name in FILES))
    assert model.columns["Weight"] == "DOUBLE"
    assert (model.columns["Express"], model.columns["Sent"]) == ("BOOLEAN", "STRING")
    assert (model.id_column, model.alpha) == ("Code", ALPHA)


def test_inspect_says_what_it_is(own: Own, scoring: Path, plain: Artifacts, tmp_path: Path) -> None:
    assert "yes, without reasons" in run("inspect", str(scoring))
    plain.write(tmp_path)
    assert "no: convert it with --calibrate" in run("inspect", str(tmp_path))
    found = json.loads(run("inspect", str(tmp_path), "--json"))
    assert found["converted_from"]["model"] == hashlib.sha256((own.folder / MODEL).read_bytes()).hexdigest()
    assert found["clusters"] > 0


def test_the_same_files_are_converted_to_the_same_bytes(own: Own, plain: Artifacts) -> None:
    again = convert(*(own.folder / name for name in FILES), allow_pickle=True)
    assert (again.encoder, again.model, again.params) == (plain.encoder, plain.model, plain.params)


def test_without_rows_it_does_not_score_rows(own: Own, plain: Artifacts, tmp_path: Path) -> None:
    plain.write(tmp_path / "model")
    message = refused("score", str(own.csv), "--model", str(tmp_path / "model"), "--output", str(tmp_path / "o"))
    assert message.startswith(f"{tmp_path / 'model' / PARAMS}: expected a model that can score rows, ")
    assert "--calibrate INPUT" in message
    with pytest.raises(ModelError, match="found a converted model of the accelerator"):
        Detector.load(tmp_path / "model")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--numeric", "Mass"], "expected the numeric column 'Mass'; it has Code, Route, "),
        ([], "expected the numeric column 'Amount'"),
        (["--numeric", "Weight", "--numeric", "Weight"], "expected 1 numeric columns, as the encoder has, found 2"),
        (["--numeric", "Weight", "--alpha", "1e-12"], "calibration: alpha: expected a share from"),
        (["--numeric", "Weight", "--id-column", "None"], "expected the id column 'None'"),
    ],
)
def test_rows_that_do_not_fit_are_refused(own: Own, tmp_path: Path, options: list[str], told: str) -> None:
    arguments = [*own.options, "--allow-pickle", "--output", str(tmp_path / "o"), "--calibrate", str(own.csv)]
    assert told in refused("convert", *arguments, "--id-column", "Code", *options)
    assert not (tmp_path / "o").exists()


def test_the_pickled_files_are_not_written_over(own: Own) -> None:
    before = [(own.folder / name).read_bytes() for name in FILES]
    message = refused("convert", *own.options, "--allow-pickle", "--output", str(own.folder))
    assert message.startswith("--output: expected another folder than that of ")
    assert [(own.folder / name).read_bytes() for name in FILES] == before


def test_pickled_files_behind_links_are_not_written_over(own: Own, tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / "kept").mkdir(exist_ok=True)
        (tmp_path / "kept" / name).write_bytes((own.folder / name).read_bytes())
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / MODEL).symlink_to(tmp_path / "kept" / MODEL)
    options = Own(tmp_path / "kept", own.csv).options
    message = refused("convert", *options, "--allow-pickle", "--output", str(tmp_path / "model"))
    assert message == (
        f"--output: expected another folder than that of {tmp_path / 'model' / MODEL}, "
        f"which is read as {tmp_path / 'kept' / MODEL}"
    )
    assert (tmp_path / "kept" / MODEL).read_bytes() == (own.folder / MODEL).read_bytes()


def test_without_the_package_there_is_one_clear_error(plain: Artifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "autoembedder", None)
    with pytest.raises(ModelError, match=f"^{PARAMS}: cannot be used: encoder: expected the package autoembedder"):
        read_latent(plain)


# Pickles that must not be read.


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (self.command,)


def with_file(own: Own, name: str, content: bytes, folder: Path) -> Own:
    folder.mkdir(exist_ok=True)
    for file in FILES:
        (folder / file).write_bytes(content if file == name else (own.folder / file).read_bytes())
    return Own(folder, own.csv)


@pytest.mark.parametrize("name", FILES)
def test_without_permission_no_pickle_is_read(own: Own, tmp_path: Path, name: str) -> None:
    sentinel = tmp_path / "was-run"
    content = pickle.dumps(Payload(f"touch {sentinel}"))
    trio = with_file(own, name, content, tmp_path / "trio")
    message = refused("convert", *trio.options, "--output", str(tmp_path / "o"))
    assert message.startswith(f"{trio.folder / MODEL} and {trio.folder / PARAMS}: pickles, which can run any code ")
    assert "--allow-pickle" in message
    assert not sentinel.exists()
    assert not (tmp_path / "o").exists()
    pickle.loads(content)
    assert sentinel.exists()


def joblib_file(value: Any) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(value, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["pickle", "in a dict", "array of objects", "compressed"])
@pytest.mark.parametrize("name", [MODEL, PARAMS])
def test_with_permission_only_what_a_model_consists_of_is_imported(
    own: Own, tmp_path: Path, name: str, form: str
) -> None:
    sentinel = tmp_path / "was-run"
    payload = Payload(f"touch {sentinel}")
    content = {
        "pickle": lambda: pickle.dumps(payload),
        "in a dict": lambda: joblib_file({"params": payload}),
        "array of objects": lambda: joblib_file({"params": np.array([payload], dtype=object)}),
        "compressed": lambda: __import__("zlib").compress(pickle.dumps(payload)),
    }[form]()
    trio = with_file(own, name, content, tmp_path / "trio")
    message = refused("convert", *trio.options, "--allow-pickle", "--output", str(tmp_path / "o"))
    assert message.startswith(f"{trio.folder / name}: not a pickle of the accelerator: ")
    assert "found posix.system" in message or "found one of objects" in message
    assert not sentinel.exists()
    assert not (tmp_path / "o").exists()
    joblib.load(io.BytesIO(content))
    assert sentinel.exists()


@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "text", "another's"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_none_of_the_accelerators_is_named(own: Own, tmp_path: Path, name: str, damage: str) -> None:
    content = (own.folder / name).read_bytes()
    content = {
        "missing": content,
        "empty": b"",
        "truncated": content[: len(content) // 2],
        "text": b"Id,Amount\n1,2\n",
        "another's": (own.folder / FILES[(FILES.index(name) + 1) % 3]).read_bytes(),
    }[damage]
    trio = with_file(own, name, content, tmp_path / "trio")
    if damage == "missing":
        (trio.folder / name).unlink()
    message = refused("convert", *trio.options, "--allow-pickle", "--output", str(tmp_path / "o"))
    assert message.startswith(f"{trio.folder / name}: ")
    assert "\n" not in message
    assert not (tmp_path / "o").exists()


def test_clusters_that_cannot_be_predicted_with_are_refused(own: Own, tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(60, 4))
    with contextlib.suppress(UserWarning):
        unfitted = hdbscan.HDBSCAN().fit(points)
    manhattan = hdbscan.HDBSCAN(prediction_data=True, metric="euclidean").fit(points)
    manhattan.metric = "manhattan"
    narrow = hdbscan.HDBSCAN(prediction_data=True).fit(points[:, :3])
    for i, (clusterer, told) in enumerate(
        [(unfitted, "prediction_data=True"), (manhattan, "euclidean"), (narrow, "shape (60, 4), found float64")]
    ):
        trio = with_file(own, MODEL, joblib_file(clusterer), tmp_path / str(i))
        with pytest.raises(ModelError, match=f"^{trio.folder / MODEL}: ") as error:
            convert(*(trio.folder / name for name in FILES), allow_pickle=True)
        assert told in str(error.value)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"list_cat": [(64,)]}, "not enough values"),
        ({"list_cat": [(64, -6)]}, "not whole numbers above 0"),
        ({"list_cat": [(64, 6.0)]}, "not whole numbers above 0"),
        ({"list_cat": 5}, "not iterable"),
        ({"num_cont_features": True}, "not whole numbers above 0"),
        ({"params": {"hidden_layers": [[12, 8], [7, 4]]}}, "hidden_layers: expected each to begin"),
        ({"params": {"hidden_layers": []}}, "index out of range"),
        ({"params": {}}, "'hidden_layers' is missing"),
        ({"params": {"hidden_layers": [[12, 8], [8, 4]], "activation": "exp"}}, "activation: expected tanh"),
        ({"params": {"hidden_layers": [[12, 8], [8, 4]], "dropout_rate": 0.1}}, "dropout_rate: expected none"),
        ({1: 2}, "expected parameters with names"),
        ({"more": b"bytes"}, "expected parameters of texts and numbers, found bytes"),
    ],
)
def test_parameters_that_are_no_encoders_are_refused(
    own: Own, tmp_path: Path, params: dict[Any, Any], told: str
) -> None:
    trio = with_file(own, PARAMS, joblib_file({**joblib.load(own.folder / PARAMS), **params}), tmp_path / "trio")
    with pytest.raises(ModelError, match=f"^{trio.folder / PARAMS}: ") as error:
        convert(*(trio.folder / name for name in FILES), allow_pickle=True)
    assert told in str(error.value)


def test_a_network_of_another_size_is_refused(own: Own, tmp_path: Path) -> None:
    content = joblib_file({**joblib.load(own.folder / PARAMS), "list_cat": [(10**9, 10**6)]})
    trio = with_file(own, PARAMS, content, tmp_path / "trio")
    with pytest.raises(ModelError, match=f"^{trio.folder / ENCODER}: not a state_dict of this model: "):
        convert(*(trio.folder / name for name in FILES), allow_pickle=True)


def test_the_process_is_given_no_environment_and_cannot_write_files(
    own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A package of the parent's path, of which the child imports the first: what it sees is what it was given.
    package = tmp_path / "joblib.py"
    package.write_text(
        "import os, resource\n"
        "import sys\n"
        "raise ImportError(repr((sorted(os.environ), os.getcwd(), resource.getrlimit(resource.RLIMIT_FSIZE))))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with pytest.raises(ModelError) as error:
        unpickle(own.folder / PARAMS, "params")
    assert "AWS" not in str(error.value)
    assert "(0, 0)" in str(error.value)
    assert str(Path.cwd()) not in str(error.value)


# Converted files that were changed.


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"cluster_reference": np.zeros((60, 3))}, "array 'cluster_"),
        ({"cluster_min_samples": np.array(0)}, "array 'cluster_min_samples' holds values that no training makes"),
        ({"cluster_node_parent": np.zeros(0, np.int64)}, "array 'cluster_node"),
        ({"calibration_scores": np.arange(9.0) / 9}, "expected calibration_scores where rows can be scored"),
        ({"more": np.zeros(3)}, "array 'more' is not known"),
    ],
)
def test_other_arrays_are_refused(plain: Artifacts, hostile: Any, arrays: dict[str, Any], told: str) -> None:
    changed = npz_file({**load_arrays(plain.model, MODEL), **arrays})
    with pytest.raises(ModelError, match=f"^{MODEL}: ") as error:
        read_latent(hostile(replace(plain, model=changed)))
    assert told in str(error.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(plain: Artifacts, hostile: Any, value: float) -> None:
    state = torch.load(io.BytesIO(plain.encoder), weights_only=True)
    state["encoder.0.bias"] = torch.full_like(state["encoder.0.bias"], value)
    with pytest.raises(ModelError, match=f"^{ENCODER}: holds weights that are not finite"):
        read_latent(hostile(replace(plain, encoder=state_dict_file(state))))


Edit = Callable[[dict[str, Any]], None]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda p: p["encoder"].update(layers=[12, 8]), "encoder.pth: not a state_dict"),
        (lambda p: p["encoder"].update(layers=[10**30, 8, 4]), "encoder.pth: not a state_dict"),
        (lambda p: p["encoder"].update(layers=[12] * 99), "layers, found others"),
        (lambda p: p["encoder"].update(numbers=2), "expected 2 numeric columns"),
        (lambda p: p["encoder"].update(depth=2), "depth"),
        (lambda p: p.pop("features"), "'features' is missing"),
        (lambda p: p.update(means=[]), "a mean and a deviation for each"),
        (lambda p: p.update(deviations=[0.0]), "deviations above 0"),
        (lambda p: p.update(means=[float("nan")]), "finite means"),
        (lambda p: p.update(features=[]), "expected calibration_scores where rows can be scored"),
        (lambda p: p.update(features=None), "expected a list of features"),
        (lambda p: p.pop("alpha"), "'alpha' is missing"),
        (lambda p: p.update(alpha=1e-9), "alpha: expected a share"),
        (lambda p: p.update(id_column=3), "id_column: expected a text"),
        (lambda p: p["features"].append({"name": "D", "kind": "date"}), "only categorical and numeric"),
    ],
)
def test_other_parameters_are_refused(scoring: Path, hostile: Any, edit: Edit, told: str) -> None:
    files = Artifacts.read(scoring)
    params = json.loads(files.params)
    edit(params)
    changed = replace(files, params=json.dumps(params).encode())
    with pytest.raises(ModelError) as error:
        read_accelerator(hostile(changed))
    assert told in str(error.value)


def test_files_of_two_models_are_refused(scoring: Path, plain: Artifacts) -> None:
    with pytest.raises(ModelError, match="expected SHA-256"):
        replace(Artifacts.read(scoring), model=plain.model).scoring()


def test_permission_is_asked_for_from_python_too(own: Own) -> None:
    with pytest.raises(ConfigError, match="if you trust whoever made them"):
        convert(*(own.folder / name for name in FILES), allow_pickle=False)
