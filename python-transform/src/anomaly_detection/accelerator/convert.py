"""From the accelerator's three files, two of which are pickles, to three safe ones."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from anomaly_detection.accelerator.files import check_inputs, pack_accelerator
from anomaly_detection.accelerator.inputs import RowInputs
from anomaly_detection.accelerator.isolation import check_allowed, unpickle
from anomaly_detection.accelerator.model import LatentModel, RowScoring, outlying
from anomaly_detection.accelerator.network import LatentEncoder, LatentShape
from anomaly_detection.errors import ConfigError, DataError, ModelError
from anomaly_detection.features.feature import Feature
from anomaly_detection.models.arrays import check_cluster_arrays
from anomaly_detection.models.artifacts import Artifacts
from anomaly_detection.models.safe_files import load_arrays, load_state
from anomaly_detection.scoring.calibration import Calibration
from anomaly_detection.scoring.clustering import Clustering


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Rows to measure scales and scores on: their table, what its columns are, and the share to call odd."""

    table: pa.Table
    features: tuple[Feature, ...]
    id_column: str
    alpha: float


def convert(encoder: Path, model: Path, params: Path, *, allow_pickle: bool, sample: Sample | None = None) -> Artifacts:
    """Return the safe files of a model, which scores rows if there is a sample; this unpickles `model` and `params`.

    Raises `ConfigError` unless that is allowed, `ModelError` that names the file for what is not of the accelerator,
    and `DataError` or `ConfigError` for a sample that does not fit.
    """
    check_allowed(allow_pickle, [model, params])
    shape = _shape(unpickle(params, "params"), params)
    state = load_state(_content(encoder), shape, str(encoder))
    arrays = load_arrays(unpickle(model, "model"), str(model))
    check_cluster_arrays(arrays, shape.layers[-1], where=str(model))
    latent = LatentModel(
        shape=shape, encoder=LatentEncoder.of_state(shape, state), clustering=Clustering.of_arrays(arrays)
    )
    rows = None if sample is None else _calibrate(latent, sample)
    paths = {"encoder": encoder, "model": model, "params": params}
    origin = {name: hashlib.sha256(_content(path)).hexdigest() for name, path in paths.items()}
    return pack_accelerator(latent, rows, origin)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error


def _shape(content: bytes, path: Path) -> LatentShape:
    try:
        return LatentShape.of_pickled(json.loads(content))
    except KeyError as error:
        raise ModelError(f"{path}: not the accelerator's parameters: {error} is missing") from error
    except (AttributeError, IndexError, RecursionError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: not the accelerator's parameters: {error}") from error


def _calibrate(latent: LatentModel, sample: Sample) -> RowScoring:
    numeric = [feature.name for feature in sample.features if feature.kind == "numeric"]
    for name in numeric:
        sample = replace(sample, table=sample.table.filter(sample.table[name].is_valid()))
    if sample.table.num_rows < 2:
        raise DataError(f"calibration: expected at least 2 rows with {', '.join(numeric)}, found fewer")
    inputs = RowInputs.fit(sample.features, sample.table)
    check_inputs(inputs, latent.shape)
    if not all(deviation > 0 for deviation in inputs.deviations):
        raise DataError(f"calibration: expected different values in {', '.join(numeric)}, found equal ones")
    calibration = Calibration.fit(outlying(latent, inputs, sample.table).outlier_score)
    try:
        calibration.threshold(sample.alpha)
    except ConfigError as error:
        raise ConfigError(f"calibration: {error}") from error
    return RowScoring(id_column=sample.id_column, alpha=sample.alpha, inputs=inputs, calibration=calibration)
