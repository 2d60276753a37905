"""The section of the published accelerator's way: hash, encode and cluster one row at a time.

Before anything is timed, the results of 100 rows are compared with those of this project's conversion of the same
model, so that what is timed is the accelerator and no caricature of it. Hashing is timed by itself, too: no batching
of the rest could be faster.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import joblib  # type: ignore[import-untyped]
import numpy as np
import pyarrow as pa
import torch

from anomaly_detection.accelerator.convert import Sample, convert
from anomaly_detection.accelerator.files import read_accelerator
from anomaly_detection.errors import AnomalyDetectionError
from anomaly_detection.features.feature import Feature
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS
from anomaly_detection.tables.input_table import InputTable
from bench.core import timed
from bench.plan import Bench, Measurement
from bench.published import EMBEDDINGS, HASHED, NUMBER, PARAMETERS, Published, Row, check_installed, train

ID = "Id"
TRAINING_ROWS, CHECKED_ROWS = 671, 100
CLOSE = 1e-6
MOST_ON_BOUNDARIES = 5
"""So many of the checked rows may fall to another cluster when the accelerator computes in single precision."""

_BOOLEAN = ("IsClosed", "IsWon")


class ComparisonError(AnomalyDetectionError):
    """The re-created accelerator and its conversion disagree."""

    exit_code = 1


def accelerator(bench: Bench) -> Iterator[Measurement]:
    """Check the re-creation, then time it."""
    check_installed()
    with bench.step("training the accelerator's model as its notebook does"):
        training = read(bench.training_rows(TRAINING_ROWS))
        made = train(training.to_pylist())
    table = read(bench.opportunities(bench.plan.accelerator))
    with bench.step(f"comparing {CHECKED_ROWS} rows with its conversion"):
        compare(made, training, table.slice(0, CHECKED_ROWS))
    rows = table.to_pylist()
    for repeat in range(bench.plan.repeats):
        for what, work in (("whole", made.score), ("hashing", made.inputs)):
            every = partial(_each, work, rows)
            yield timed(bench, f"the accelerator's way, {what}", every, len(rows), repeat, {"what": what})


def _each(work: Callable[[Row], object], rows: Sequence[Row]) -> None:
    for row in rows:
        work(row)


def read(source: Path, *, id_column: str = ID) -> pa.Table:
    """Return the rows that have an amount, with the accelerator's columns; it can do nothing with others."""
    table = InputTable(source, id_column=id_column)
    whole = pa.Table.from_batches([batch.columns for batch in table.batches()], schema=table.arrow_schema)
    whole = whole.select([table.id_column, *HASHED, NUMBER]).rename_columns([ID, *HASHED, NUMBER])
    return whole.filter(whole[NUMBER].is_valid()).combine_chunks()


def compare(made: Published, training: pa.Table, rows: pa.Table) -> None:
    """Raise `ComparisonError` unless the conversion gives each row the same cluster and membership.

    The conversion is told the training rows alone, as a user tells them: it hashes and scales by itself. It computes
    in double precision, as here the accelerator does too. In single precision, as the accelerator really does, rows on
    the very boundary of a cluster may fall to the other side, but few do.
    """
    features = [Feature(name=NUMBER, kind="numeric", type="DOUBLE")]
    features += [
        Feature(name=name, kind="categorical", type="BOOLEAN" if name in _BOOLEAN else "STRING") for name in HASHED
    ]
    sample = Sample(table=training, features=tuple(features), id_column=ID, alpha=0.05)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in (ENCODER, MODEL, PARAMS)]
        torch.save({name: value.double() for name, value in made.network.state_dict().items()}, paths[0])
        joblib.dump(made.clusterer, paths[1])
        joblib.dump({"params": PARAMETERS, "list_cat": EMBEDDINGS, "num_cont_features": 1}, paths[2])
        converted = read_accelerator(convert(*paths, allow_pickle=True, sample=sample))
    found = converted.score(rows.to_batches()[0]).prediction
    clusters, memberships = zip(*map(made.in_double().score, rows.to_pylist()), strict=True)
    single, _ = zip(*map(made.score, rows.to_pylist()), strict=True)
    different = np.flatnonzero((found.cluster != clusters) | (np.abs(found.membership - memberships) > CLOSE))
    if not len(different) and (found.cluster != single).sum() > MOST_ON_BOUNDARIES:
        different = np.flatnonzero(found.cluster != single)
    if len(different):
        i = int(different[0])
        raise ComparisonError(
            f"the accelerator's way: expected cluster {found.cluster[i]}, membership {found.membership[i]:.4f}"
            f", as its conversion gives row {i + 1}, found {clusters[i]}, {memberships[i]:.4f}"
            f", in single precision {single[i]}; {len(different)} of {rows.num_rows} rows differ"
        )
