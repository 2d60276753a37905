"""A converted model as the three safe files, and back, with every check that a trained model gets."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from anomaly_detection.accelerator.inputs import RowInputs
from anomaly_detection.accelerator.model import AcceleratorModel, LatentModel, RowScoring
from anomaly_detection.accelerator.network import LatentEncoder, LatentShape
from anomaly_detection.errors import ConfigError, ModelError
from anomaly_detection.models.arrays import check_cluster_arrays
from anomaly_detection.models.artifacts import FORMAT_VERSION, LIBRARIES, Artifacts, sealed
from anomaly_detection.models.safe_files import load_arrays, load_state, npz_file, state_dict_file
from anomaly_detection.scoring.calibration import Calibration
from anomaly_detection.scoring.clustering import Clustering


def pack_accelerator(latent: LatentModel, rows: RowScoring | None, origin: dict[str, str]) -> Artifacts:
    """Return a converted model as files; `origin` are the SHA-256 of what it was converted from."""
    arrays = latent.clustering.arrays()
    params: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "encoder": latent.shape.as_json(),
        "features": [],
        "converted_from": origin,
        "libraries": {name: version(name) for name in (*LIBRARIES, "autoembedder")},
    }
    if rows is not None:
        params |= {"id_column": rows.id_column, "alpha": rows.alpha, **rows.inputs.as_json()}
        arrays["calibration_scores"] = rows.calibration.scores
    return sealed(state_dict_file(latent.encoder.network.state_dict()), npz_file(arrays), params)


def read_latent(files: Artifacts) -> LatentModel:
    """Check everything and return encoder and clustering; raise `ModelError` that names the file."""
    return _read(files)[0]


def read_accelerator(files: Artifacts) -> AcceleratorModel:
    """Check everything and return what scores rows; raise `ModelError` that names the file."""
    latent, rows, model_id = _read(files)
    if rows is None:
        raise ModelError(
            f"{files.names[2]}: expected a model that can score rows, found the accelerator's encoder and clusters "
            "without columns, scales and calibration; convert it with --calibrate INPUT"
        )
    return AcceleratorModel(model_id=model_id, latent=latent, rows=rows)


def _read(files: Artifacts) -> tuple[LatentModel, RowScoring | None, str]:
    params = files.checked_params()
    encoder_name, model_name, params_name = files.names
    try:
        shape = LatentShape.of_json(params["encoder"])
        inputs = None if params["features"] == [] else RowInputs.of_json(params)
        if inputs is not None:
            check_inputs(inputs, shape)
            alpha, id_column = float(params["alpha"]), params["id_column"]
            if not isinstance(id_column, str) or not id_column:
                raise TypeError(f"id_column: expected a text, found {id_column!r:.40}")
    except KeyError as error:
        raise ModelError(f"{params_name}: {error} is missing") from error
    except (AttributeError, ConfigError, OverflowError, TypeError, ValueError) as error:
        raise ModelError(f"{params_name}: cannot be used: {error}") from error
    encoder = LatentEncoder.of_state(shape, load_state(files.encoder, shape, encoder_name))
    arrays = load_arrays(files.model, model_name)
    check_cluster_arrays(arrays, shape.layers[-1], where=model_name)
    if (inputs is None) == ("calibration_scores" in arrays):
        raise ModelError(f"{model_name}: expected calibration_scores where rows can be scored, and nowhere else")
    latent = LatentModel(shape=shape, encoder=encoder, clustering=Clustering.of_arrays(arrays))
    if inputs is None:
        return latent, None, params["model_id"]
    rows = RowScoring(
        id_column=id_column, alpha=alpha, inputs=inputs, calibration=Calibration(arrays["calibration_scores"])
    )
    try:
        rows.calibration.threshold(alpha)
    except ConfigError as error:
        raise ModelError(f"{params_name}: {error}") from error
    return latent, rows, params["model_id"]


def check_inputs(inputs: RowInputs, shape: LatentShape) -> None:
    """Raise `ConfigError` unless the encoder can take what these columns give."""
    if len(inputs.numeric) != shape.numbers:
        raise ConfigError(f"expected {shape.numbers} numeric columns, as the encoder has, found {len(inputs.numeric)}")
    if len(inputs.hashed) >= min(shape.cards):
        raise ConfigError(
            f"expected fewer than {min(shape.cards)} columns to hash, as the encoder has counts for, "
            f"found {len(inputs.hashed)}"
        )
