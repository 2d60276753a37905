"""A model as three files, none of which can run code.

`encoder.pth` is a torch state_dict, read with `weights_only=True`; `anomaly_detection.model` is an npz of plain
arrays, read with `allow_pickle=False`; `model.params` is JSON, which names the features and carries the
SHA-256 of the other two. Whatever does not fit is refused with a `ModelError` that names the file.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from anomaly_detection.calibration import Calibration
from anomaly_detection.clustering import Clustering
from anomaly_detection.detector import Detector
from anomaly_detection.duplicates import Duplicates
from anomaly_detection.encoders import ColumnEncoder, ColumnShape, parse_shape
from anomaly_detection.errors import ConfigError, ModelError
from anomaly_detection.features import Featurizer, Scale, parse_features
from anomaly_detection.model_arrays import check_arrays
from anomaly_detection.row_error import is_utf8
from anomaly_detection.scoring import Scorer
from anomaly_detection.surprise import SurpriseModel

FORMAT_VERSION = 2
ENCODER, MODEL, PARAMS = "encoder.pth", "anomaly_detection.model", "model.params"
"""The names of the three files in a folder."""

LIBRARIES = ("apache-beam", "hdbscan", "numpy", "pyarrow", "scikit-learn", "torch")
_ZIP_MAGIC = b"PK\x03\x04"


@dataclass(frozen=True)
class Artifacts:
    """The bytes of the three files; `names` are what errors call them."""

    encoder: bytes
    model: bytes
    params: bytes
    names: tuple[str, str, str] = (ENCODER, MODEL, PARAMS)

    @classmethod
    def read(cls, folder: Path) -> Artifacts:
        """Read the files of a local folder."""
        if not folder.is_dir():
            raise ModelError(f"{folder}: expected a folder with {ENCODER}, {MODEL} and {PARAMS}, found none")
        paths = [folder / name for name in (ENCODER, MODEL, PARAMS)]
        contents = []
        for path in paths:
            try:
                contents.append(path.read_bytes())
            except OSError as error:
                raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
        return cls(contents[0], contents[1], contents[2], (str(paths[0]), str(paths[1]), str(paths[2])))

    def write(self, folder: Path) -> None:
        """Write the files into a folder, which is made if it is not there."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in ((ENCODER, self.encoder), (MODEL, self.model), (PARAMS, self.params)):
                (folder / name).write_bytes(content)
        except OSError as error:
            raise ConfigError(f"{folder}: cannot be written: {error.strerror}") from error

    @property
    def parsed_params(self) -> dict[str, Any]:
        """Return `model.params`, checked for its form, version and id."""
        name = self.names[2]
        try:
            params = json.loads(self.params)
            model_id = _model_id(params) if isinstance(params, dict) else None
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            raise ModelError(f"{name}: expected JSON, found something else: {error}") from error
        if not isinstance(params, dict):
            raise ModelError(f"{name}: expected a JSON object, found {type(params).__name__}")
        found = params.get("format_version")
        if found != FORMAT_VERSION or isinstance(found, bool):
            raise ModelError(f"{name}: expected format version {FORMAT_VERSION}, found {found!r:.40}")
        if params.get("model_id") != model_id:
            raise ModelError(f"{name}: its content does not match its model_id; it was changed or damaged")
        return params

    def detector(self) -> Detector:
        """Check everything and return what scores."""
        params = self.parsed_params
        self._check_hashes(params)
        encoder_name, model_name, params_name = self.names
        try:
            featurizer = _featurizer(params)
            shape = parse_shape(params["encoder"])
            if shape.cards != featurizer.cards or shape.numbers != len(featurizer.numeric):
                raise ValueError("the encoder is not one of these features")
            alpha, id_column = float(params["alpha"]), params["id_column"]
            if not isinstance(id_column, str) or not id_column:
                raise TypeError(f"id_column: expected a text, found {id_column!r:.40}")
            for group in ("training", "libraries"):
                if not isinstance(params[group], dict):
                    raise TypeError(f"{group}: expected an object, found {params[group]!r:.40}")
        except KeyError as error:
            raise ModelError(f"{params_name}: {error} is missing") from error
        except (AttributeError, ConfigError, OverflowError, TypeError, ValueError) as error:
            raise ModelError(f"{params_name}: cannot be used: {error}") from error
        encoder = _load_encoder(self.encoder, shape, encoder_name)
        arrays = _load_arrays(self.model, model_name)
        check_arrays(arrays, featurizer, where=model_name)
        calibration = Calibration(arrays["calibration_scores"])
        try:
            calibration.threshold(alpha)
        except ConfigError as error:
            raise ModelError(f"{params_name}: {error}") from error
        return Detector(
            model_id=params["model_id"],
            alpha=alpha,
            id_column=id_column,
            featurizer=featurizer,
            surprises=SurpriseModel.of_arrays(encoder, arrays),
            duplicates=Duplicates.of_arrays(arrays),
            clustering=Clustering.of_arrays(arrays),
            scorer=Scorer.of_arrays(arrays),
            calibration=calibration,
        )

    def _check_hashes(self, params: Mapping[str, Any]) -> None:
        files = params.get("files")
        for key, name, content in zip(("encoder", "model"), self.names, (self.encoder, self.model), strict=False):
            expected = files.get(key) if isinstance(files, dict) else None
            found = hashlib.sha256(content).hexdigest()
            if expected != found:
                raise ModelError(
                    f"{name}: expected SHA-256 {expected} ({self.names[2]}), found {found}; "
                    "it was changed, damaged, or belongs to another model"
                )


def pack(
    *,
    featurizer: Featurizer,
    surprises: SurpriseModel,
    duplicates: Duplicates,
    clustering: Clustering,
    scorer: Scorer,
    calibration: Calibration,
    id_column: str,
    alpha: float,
    training: Mapping[str, Any],
) -> Artifacts:
    """Return a trained model as files."""
    encoder = _state_dict(surprises.encoder.state())
    model = _npz(
        {
            **surprises.arrays(),
            **duplicates.arrays(),
            **clustering.arrays(),
            **scorer.arrays(),
            "calibration_scores": calibration.scores,
        }
    )
    params: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "id_column": id_column,
        "alpha": alpha,
        "features": [feature.as_json() for feature in featurizer.features],
        "vocabularies": dict(featurizer.vocabularies),
        "scales": {name: asdict(scale) for name, scale in featurizer.scales.items()},
        "encoder": {"kind": surprises.encoder.shape.kind, **surprises.encoder.shape.as_json()},
        "training": dict(training),
        "libraries": {name: version(name) for name in (*LIBRARIES, *surprises.encoder.shape.libraries)},
        "files": {"encoder": hashlib.sha256(encoder).hexdigest(), "model": hashlib.sha256(model).hexdigest()},
    }
    params = {"model_id": _model_id(params), **params}
    return Artifacts(encoder, model, json.dumps(params, ensure_ascii=False, indent=1).encode() + b"\n")


def _state_dict(state: Mapping[str, Tensor]) -> bytes:
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    return buffer.getvalue()


def _model_id(params: Mapping[str, Any]) -> str:
    content = {key: value for key, value in params.items() if key not in ("model_id", "libraries")}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _featurizer(params: Mapping[str, Any]) -> Featurizer:
    features = parse_features(params["features"], where="features")
    vocabularies = {}
    for name in (feature.name for feature in features if feature.kind == "categorical"):
        levels = params["vocabularies"][name]
        if not isinstance(levels, list) or not all(isinstance(level, str) and is_utf8(level) for level in levels):
            raise TypeError(f"the vocabulary of {name!r}: expected a list of texts, found {levels!r:.80}")
        vocabularies[name] = tuple(levels)
    scales = {
        name: Scale(mean=float(s["mean"]), deviation=float(s["deviation"]), log=bool(s["log"]))
        for name, s in params["scales"].items()
    }
    featurizer = Featurizer(features=features, vocabularies=vocabularies, scales=scales)
    for feature in featurizer.numeric:
        scale = scales[feature.name]
        if not (np.isfinite(scale.mean) and np.isfinite(scale.deviation) and scale.deviation > 0):
            raise ValueError(f"the scale of {feature.name!r} is not usable")
    return featurizer


def _load_encoder(content: bytes, shape: ColumnShape, name: str) -> ColumnEncoder:
    try:
        _check_zip(content)
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        _check_weights(state, shape, most=len(content))
        encoder = shape.load(state)
    except Exception as error:  # torch raises many kinds for a damaged or hostile file
        raise ModelError(f"{name}: not a state_dict of this model: {_first_line(error)}") from error
    if not all(torch.isfinite(value).all() for value in encoder.state().values()):
        raise ModelError(f"{name}: holds weights that are not finite")
    return encoder


def _check_zip(content: bytes) -> None:
    if not content.startswith(_ZIP_MAGIC):
        raise ValueError("found another kind of file")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise ValueError("found compressed content")
    if sum(entry.file_size for entry in entries) > len(content):
        raise ValueError("found more content than the file is long")


def _check_weights(state: Any, shape: ColumnShape, *, most: int) -> None:
    """Raise `ValueError` unless these are the network's weights, before memory is taken for it."""
    with torch.device("meta"):
        expected = shape.build().state_dict()
    if not isinstance(state, dict) or state.keys() != expected.keys():
        raise ValueError("expected the weights of the encoder that model.params describes, found others")
    for name, like in expected.items():
        value = state[name]
        if not isinstance(value, torch.Tensor) or value.layout != torch.strided or value.device.type != "cpu":
            raise ValueError(f"{name}: expected a plain tensor, found {type(value).__name__}")
        if value.dtype != like.dtype or value.shape != like.shape:
            raise ValueError(
                f"{name}: expected {like.dtype} of shape {tuple(like.shape)}, "
                f"found {value.dtype} of shape {tuple(value.shape)}"
            )
        if value.numel() * value.element_size() > most:
            raise ValueError(f"{name}: found more values than the file is long")


def _npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in sorted(arrays.items()):
            # A fixed date: the same model is the same bytes.
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            content = io.BytesIO()
            np.save(content, np.asarray(array, order="C"), allow_pickle=False)
            archive.writestr(entry, content.getvalue())
    return buffer.getvalue()


def _load_arrays(content: bytes, name: str) -> dict[str, NDArray[Any]]:
    try:
        _check_zip(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {
                entry.filename.removesuffix(".npy"): _read_array(archive.read(entry)) for entry in archive.infolist()
            }
    except Exception as error:  # zipfile and numpy raise many kinds for a damaged or hostile file
        raise ModelError(f"{name}: not an npz of plain arrays: {_first_line(error)}") from error


def _read_array(content: bytes) -> NDArray[Any]:
    # Not np.load, which would also open an archive or a pickle; the header must not promise more than there is.
    stream = io.BytesIO(content)
    major = np.lib.format.read_magic(stream)[0]  # type: ignore[no-untyped-call]
    if major != 1:
        raise ValueError(f"expected arrays of npy version 1, found {major}")
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)  # type: ignore[no-untyped-call]
    if dtype.hasobject or dtype.itemsize * math.prod(shape) != len(content) - stream.tell():
        raise ValueError(f"found {len(content)} bytes for an array of {dtype} of shape {shape}")
    stream.seek(0)
    array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)  # type: ignore[no-untyped-call]
    return array


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
