"""Labelled public data sets that ship inside packages of the environment, as tables.

The files are read where the packages lie; nothing of Orange or river is imported. What is odd in each, and the
columns that are left out, were settled before anything was measured: the sick of the medical sets, and else the
class that S. Rayana's ODDS library or the set's authors take for the anomaly.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sklearn import datasets

from anomaly_detection.errors import ConfigError
from anomaly_detection.features.feature import Feature
from anomaly_detection.features.inference import infer_features
from anomaly_detection.schema import ColumnType

ROW = "row"
"""The id column that every table gets."""


@dataclass(frozen=True)
class PublicSet:
    """A table with the id column `row`, what is looked at in it, and which rows are odd, (n,)."""

    table: pa.Table
    features: tuple[Feature, ...]
    odd: NDArray[np.bool_]


def _of_frame(frame: pd.DataFrame, odd: Any) -> PublicSet:
    """Text is categorical, a number is a number; the detector's own guess leaves out what is useless."""
    types: dict[str, ColumnType] = {}
    columns: dict[str, pa.Array] = {ROW: pa.array([str(i) for i in range(len(frame))])}
    for name in frame.columns:
        is_number = pd.api.types.is_numeric_dtype(frame[name])
        types[name] = "DOUBLE" if is_number else "STRING"
        columns[name] = pa.array(frame[name], pa.float64() if is_number else pa.string(), from_pandas=True)
    table = pa.table(columns)
    features, _ = infer_features(table, types, without=[ROW])
    return PublicSet(table, features, np.asarray(odd, bool))


def _orange(path: str, label: str, odd: str) -> PublicSet:
    """Read a .tab file, whose second line says of each column whether it is continuous or discrete."""
    file = _file("Orange", path)
    kinds = pd.read_csv(file, sep="\t", nrows=1, dtype=str).iloc[0]
    text = [name for name, kind in kinds.items() if not str(kind).startswith("c")]
    frame = pd.read_csv(file, sep="\t", skiprows=[1, 2], na_values="?", dtype=dict.fromkeys(text, str))
    return _of_frame(frame.drop(columns=label), frame[label] == odd)


def _river(path: str, labels: Sequence[str]) -> PublicSet:
    """Read a CSV file; odd are the rows that have more than 0 in one of the columns of labels."""
    file = _file("river", path)
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as archive, archive.open(archive.namelist()[0]) as stream:
            frame = pd.read_csv(stream)
    else:
        frame = pd.read_csv(file)
    return _of_frame(frame.drop(columns=list(labels)), (frame[list(labels)] > 0).any(axis=1))


def _solar_flare() -> PublicSet:
    found = _river("datasets/solar-flare.csv.zip", ("m-class-flares", "x-class-flares"))
    # As much a result as the labels: the common flares of the same day.
    features = tuple(feature for feature in found.features if feature.name != "c-class-flares")
    return PublicSet(found.table, features, found.odd)


def _sklearn(load: Callable[..., Any], odd: int) -> PublicSet:
    bunch = load(as_frame=True)
    return _of_frame(bunch.data, bunch.target == odd)


def _file(package: str, path: str) -> Path:
    spec = find_spec(package)
    file = Path(spec.origin).parent / path if spec and spec.origin else None
    if file is None or not file.is_file():
        raise ConfigError(
            f"public data: expected {path} in the package {package.lower()}, found {file or 'no such package'}; "
            "install the development group: make setup"
        )
    return file


SETS: dict[str, Callable[[], PublicSet]] = {
    "heart-disease": lambda: _orange("datasets/heart_disease.tab", "diameter narrowing", "1"),
    "breast-cancer": lambda: _orange("tests/datasets/breast-cancer-wisconsin.tab", "type", "malign"),
    "ionosphere": lambda: _orange("tests/datasets/ionosphere.tab", "y", "b"),
    "phishing": lambda: _river("datasets/phishing.csv.gz", ("is_phishing",)),
    "solar-flare": _solar_flare,
    "shuttle": lambda: _river("datasets/shuttle.csv.gz", ("anomaly",)),
    "breast-cancer-diagnostic": lambda: _sklearn(datasets.load_breast_cancer, 0),
    "digits": lambda: _sklearn(datasets.load_digits, 0),
}
"""Name → reader. Too small to train on: sklearn's wine and Orange's zoo."""
