"""One small trained model of opportunities for all tests, and a smaller one of other data."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from anomaly_detection.cli import main
from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.feature import Feature, parse_features
from anomaly_detection.features.featurizer import Encoded
from anomaly_detection.features.inference import infer_features
from anomaly_detection.generate import write_opportunities
from anomaly_detection.models.artifacts import Artifacts
from anomaly_detection.models.detector import Detector
from anomaly_detection.models.training import TrainOptions, train
from anomaly_detection.tables.input_table import InputTable, column_types

ROWS = 1200


@dataclass(frozen=True)
class Trained:
    """A model, where it is, and the table that it was trained on."""

    artifacts: Artifacts
    detector: Detector
    folder: Path
    csv: Path
    batch: pa.RecordBatch


def one_batch(table: InputTable) -> pa.RecordBatch:
    whole = pa.Table.from_batches([batch.columns for batch in table.batches()], schema=table.arrow_schema)
    return whole.combine_chunks().to_batches()[0]


@pytest.fixture(scope="session")
def opportunities(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A model of generated opportunities, with what `infer_features` finds in them."""
    folder = tmp_path_factory.mktemp("opportunities")
    csv = folder / "opportunities.csv"
    write_opportunities(csv, rows=ROWS, seed=1)
    types = column_types(InputTable(csv, id_column="Id"))
    batch = one_batch(InputTable(csv, id_column="Id", types=types))
    table = pa.Table.from_batches([batch])
    features, _ = infer_features(table, types, without=["Id"])
    artifacts = train(table, features, id_column="Id", options=TrainOptions(reference_rows=700))
    artifacts.write(folder / "model")
    return Trained(artifacts, Detector.load(folder / "model"), folder / "model", csv, batch)


def parcels(rows: int, seed: int = 0) -> pa.Table:
    """Make rows of a carrier: text, boolean, numbers with gaps, two dates that a duration is made of, and a third."""
    random = np.random.default_rng(seed)
    route = random.choice(["north", "south", "sea"], rows, p=[0.5, 0.3, 0.2])
    weight = random.lognormal(np.where(route == "sea", 5, 1), 0.3)
    sent = np.datetime64("2024-01-01") + random.integers(0, 300, rows)
    return pa.table(
        {
            "Code": [f"P{i:05d}" for i in range(rows)],
            "Route": pa.array(route.tolist(), pa.string()),
            "Express": pa.array((route == "north").tolist(), pa.bool_()),
            "Weight": pa.array(weight, pa.float64(), mask=random.random(rows) < 0.1),
            "Sent": sent.astype(str).tolist(),
            "Arrived": (sent + random.integers(1, 9, rows)).astype(str).tolist(),
            "Built": (np.datetime64("2010-01-01") + random.integers(0, 3000, rows)).astype(str).tolist(),
        }
    )


PARCEL_SPEC: list[dict[str, str]] = [
    {"name": "Route", "kind": "categorical"},
    {"name": "Express", "kind": "categorical", "type": "BOOLEAN"},
    {"name": "Weight", "kind": "numeric"},
    {"name": "Sent", "kind": "date"},
    {"name": "Arrived", "kind": "date"},
    {"name": "Built", "kind": "date"},
    {"name": "Days", "kind": "duration", "from": "Sent", "to": "Arrived"},
]


@pytest.fixture(scope="session")
def parcel_features() -> tuple[Feature, ...]:
    return parse_features(PARCEL_SPEC, where="test")


@pytest.fixture(scope="session")
def parcel_table() -> Callable[..., pa.Table]:
    return parcels


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, parcel_features: tuple[Feature, ...]) -> Trained:
    """A model of a few columns of all kinds."""
    folder = tmp_path_factory.mktemp("parcels") / "model"
    table = parcels(300)
    artifacts = train(table, parcel_features, id_column="Code", options=TrainOptions(alpha=0.05))
    artifacts.write(folder)
    csv = folder.parent / "parcels.csv"
    pa_rows = table.to_pylist()
    lines = [",".join("" if value is None else str(value) for value in row.values()) for row in pa_rows]
    csv.write_text("\n".join([",".join(table.column_names), *lines]) + "\n", "utf-8")
    return Trained(artifacts, Detector.load(folder), folder, csv, table.combine_chunks().to_batches()[0])


@pytest.fixture(scope="session")
def changed() -> Callable[..., pa.RecordBatch]:
    """Return a batch of one row, some of its cells replaced."""

    def change(batch: pa.RecordBatch, row: int, **cells: Any) -> pa.RecordBatch:
        values = {**batch.slice(row, 1).to_pylist()[0], **cells}
        return pa.RecordBatch.from_pylist([values], schema=batch.schema)

    return change


@pytest.fixture(scope="session")
def make_rows() -> Callable[..., Encoded]:
    """Draw encoded rows: codes of the given cards, and numbers of which some are missing."""

    def make(n: int, cards: tuple[int, ...] = (), numbers: int = 0, *, seed: int = 0, gone: float = 0.2) -> Encoded:
        random = np.random.default_rng(seed)
        codes = np.stack([random.integers(0, card, n) for card in cards], 1) if cards else np.zeros((n, 0), np.int64)
        values: Floats = random.normal(0, 2, (n, numbers))
        missing = random.random((n, numbers)) < gone
        return Encoded(codes, np.where(missing, 0.0, values), missing)

    return make


@dataclass(frozen=True)
class Done:
    """How a run of the command ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run the command in this process."""

    def call(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["anomaly-detection", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as done:
            main()
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        code = done.value.code
        return Done(code if isinstance(code, int) else 0, captured.out, captured.err)

    return call


@pytest.fixture
def refused(run: Callable[..., Done]) -> Callable[..., str]:
    """Run the command, assert that it ends with one line of error, and return that line."""

    def call(*arguments: str | Path, status: int = 2) -> str:
        done = run(*arguments)
        assert done.status == status
        assert done.out == ""
        lines = done.err.splitlines()
        assert len(lines) == 1
        assert lines[0].startswith("error: ")
        return lines[0].removeprefix("error: ")

    return call


@pytest.fixture
def full_disk() -> Callable[[int], AbstractContextManager[None]]:
    """Let no file of this process grow beyond so many bytes for a while: what a full disk is to those who write."""

    @contextmanager
    def limit(most: int) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limit


@pytest.fixture
def run_python() -> Callable[..., str]:
    """Run a program in a process with its own seed of hashes and as many threads, and return what it prints."""

    def run(program: str, *arguments: str, hash_seed: int) -> str:
        found = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "PYTHONHASHSEED": str(hash_seed),
                "OMP_NUM_THREADS": str(hash_seed),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 0, found.stderr
        return found.stdout

    return run


@pytest.fixture
def hostile() -> Callable[[Artifacts], Artifacts]:
    """Make hashes and id agree with changed files, as somebody would who wants them to be accepted."""
    import hashlib
    import json

    from anomaly_detection.models import artifacts as module

    def reseal(files: Artifacts, **params: Any) -> Artifacts:
        content = {**json.loads(files.params), **params}
        content["files"] = {
            "encoder": hashlib.sha256(files.encoder).hexdigest(),
            "model": hashlib.sha256(files.model).hexdigest(),
        }
        content["model_id"] = module._model_id(content)
        return replace(files, params=json.dumps(content).encode())

    return reseal


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    # Two threads are slower than one on matrices of this size, and much slower beside another program.
    torch.set_num_threads(1)
