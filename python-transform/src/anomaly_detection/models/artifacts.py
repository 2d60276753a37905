"""A model as three files, none of which can run code.

`encoder.pth` is a torch state_dict, read with `weights_only=True`; `anomaly_detection.model` is an npz of plain
arrays, read with `allow_pickle=False`; `model.params` is JSON, which names the features and carries the
SHA-256 of the other two. Whatever does not fit is refused with a `ModelError` that names the file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from anomaly_detection.encoders.shapes import ColumnEncoder, ColumnShape, parse_shape
from anomaly_detection.errors import ConfigError, ModelError, first_line
from anomaly_detection.features.currency import Currency
from anomaly_detection.features.feature import parse_features
from anomaly_detection.features.featurizer import Featurizer
from anomaly_detection.features.scale import Scale
from anomaly_detection.files.complete_files import replace_files
from anomaly_detection.models.arrays import check_arrays
from anomaly_detection.models.detector import Detector
from anomaly_detection.models.drift import Baseline
from anomaly_detection.models.safe_files import load_arrays, load_state, npz_file, state_dict_file
from anomaly_detection.row_error import is_utf8
from anomaly_detection.scoring.breadth import Breadth
from anomaly_detection.scoring.calibration import Calibration
from anomaly_detection.scoring.clustering import Clustering
from anomaly_detection.scoring.duplicates import Duplicates
from anomaly_detection.scoring.scorer import Scorer
from anomaly_detection.scoring.surprise import SurpriseModel

if TYPE_CHECKING:
    from anomaly_detection.accelerator.model import AcceleratorModel

FORMAT_VERSION = 3
NAMES = ENCODER, MODEL, PARAMS = "encoder.pth", "anomaly_detection.model", "model.params"
"""The names of the three files in a folder."""

CONVERTED = "accelerator"
"""The kind of encoder of a model that was not trained here but converted."""

LIBRARIES = ("apache-beam", "hdbscan", "numpy", "pyarrow", "scikit-learn", "torch")


@dataclass(frozen=True)
class Artifacts:
    """The bytes of the three files; `names` are what errors call them."""

    encoder: bytes
    model: bytes
    params: bytes
    names: tuple[str, str, str] = NAMES

    @classmethod
    def read(cls, folder: Path) -> Artifacts:
        """Read the files of a local folder."""
        paths = [folder / name for name in NAMES]
        contents = []
        for path in paths:
            try:
                contents.append(path.read_bytes())
            except OSError as error:
                if isinstance(error, (FileNotFoundError, NotADirectoryError)) and not os.path.isdir(folder):
                    names = f"{ENCODER}, {MODEL} and {PARAMS}"
                    raise ModelError(f"{folder}: expected a folder with {names}, found none") from error
                raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
        return cls(contents[0], contents[1], contents[2], (str(paths[0]), str(paths[1]), str(paths[2])))

    def write(self, folder: Path) -> None:
        """Write the files into a folder, which is made if it is not there; those in it stay until all are written."""
        replace_files(folder, {ENCODER: self.encoder, MODEL: self.model, PARAMS: self.params})

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
            raise ModelError(
                f"{name}: expected format version {FORMAT_VERSION}, found {found!r:.40}; {_remedy(params, name)}"
            )
        if params.get("model_id") != model_id:
            raise ModelError(f"{name}: its content does not match its model_id; it was changed or damaged")
        return params

    @property
    def kind(self) -> str:
        """Return the kind of the encoder, "" where none is named; checks nothing but `parsed_params`."""
        return _kind(self.parsed_params)

    def checked_params(self) -> dict[str, Any]:
        """Return `model.params`, after a check that the other two files are those that it names."""
        params = self.parsed_params
        self._check_hashes(params)
        return params

    def scoring(self) -> Detector | AcceleratorModel:
        """Check everything and return what scores rows: a detector, or a converted model of the accelerator."""
        if self.kind == CONVERTED:
            from anomaly_detection.accelerator.files import read_accelerator

            return read_accelerator(self)
        return self.detector()

    def detector(self) -> Detector:
        """Check everything and return the detector."""
        params = self.checked_params()
        if _kind(params) == CONVERTED:
            raise ModelError(
                f"{self.names[2]}: expected a trained detector, found a converted model of the accelerator; "
                "score with it by the command or a pipeline"
            )
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
            training_rows, unseen_share = _training(params["training"], featurizer)
        except KeyError as error:
            raise ModelError(f"{params_name}: {error} is missing") from error
        except (AttributeError, ConfigError, OverflowError, TypeError, ValueError) as error:
            raise ModelError(f"{params_name}: cannot be used: {error}") from error
        encoder = _load_encoder(self.encoder, shape, encoder_name)
        arrays = load_arrays(self.model, model_name)
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
            breadth=Breadth.of_arrays(arrays),
            clustering=Clustering.of_arrays(arrays),
            scorer=Scorer.of_arrays(arrays),
            calibration=calibration,
            baseline=Baseline(
                unseen_share=unseen_share,
                training_rows=training_rows or len(calibration.scores),
                calibration_rows=len(calibration.scores),
            ),
        )

    def _check_hashes(self, params: Mapping[str, Any]) -> None:
        files = params.get("files")
        for key, name, content in zip(("encoder", "model"), self.names, (self.encoder, self.model), strict=False):
            expected = files.get(key) if isinstance(files, dict) else None
            # What was found is not told: it is of any file that somebody has the service read.
            if expected != hashlib.sha256(content).hexdigest():
                raise ModelError(
                    f"{name}: expected SHA-256 {expected!s:.64} ({self.names[2]}), found another; "
                    "it was changed, damaged, or belongs to another model"
                )


def pack(
    *,
    featurizer: Featurizer,
    surprises: SurpriseModel,
    duplicates: Duplicates,
    breadth: Breadth,
    clustering: Clustering,
    scorer: Scorer,
    calibration: Calibration,
    id_column: str,
    alpha: float,
    training: Mapping[str, Any],
) -> Artifacts:
    """Return a trained model as files."""
    encoder = state_dict_file(surprises.encoder.state())
    model = npz_file(
        {
            **surprises.arrays(),
            **duplicates.arrays(),
            **breadth.arrays(),
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
        **({"currency": featurizer.currency.as_json()} if featurizer.currency else {}),
        "encoder": {"kind": surprises.encoder.shape.kind, **surprises.encoder.shape.as_json()},
        "training": dict(training),
        "libraries": {name: version(name) for name in (*LIBRARIES, *surprises.encoder.shape.libraries)},
    }
    return sealed(encoder, model, params)


def sealed(encoder: bytes, model: bytes, params: Mapping[str, Any]) -> Artifacts:
    """Return the files of a model whose parameters are given but for the hashes and the id."""
    params = {
        **params,
        "files": {"encoder": hashlib.sha256(encoder).hexdigest(), "model": hashlib.sha256(model).hexdigest()},
    }
    params = {"model_id": _model_id(params), **params}
    return Artifacts(encoder, model, json.dumps(params, ensure_ascii=False, indent=1).encode() + b"\n")


def _model_id(params: Mapping[str, Any]) -> str:
    content = {key: value for key, value in params.items() if key not in ("model_id", "libraries")}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _kind(params: Mapping[str, Any]) -> str:
    encoder = params.get("encoder")
    kind = encoder.get("kind") if isinstance(encoder, dict) else None
    return kind if isinstance(kind, str) else ""


def _remedy(params: Mapping[str, Any], name: str) -> str:
    """Return what to do about parameters of another format version."""
    found = params.get("format_version")
    if type(found) is int and found > FORMAT_VERSION:
        return "use it with the version of this package that made it"
    if _kind(params) == CONVERTED:
        return "convert it again with this version"
    return f"train it again with this version: `train --spec` takes the columns of the old {Path(name).name}"


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
    currency = None
    if "currency" in params:
        currency = Currency.of_json(params["currency"], [f.name for f in features if f.kind == "numeric"])
    featurizer = Featurizer(features=features, vocabularies=vocabularies, scales=scales, currency=currency)
    for feature in featurizer.numeric:
        scale = scales[feature.name]
        if not (np.isfinite(scale.mean) and np.isfinite(scale.deviation) and scale.deviation > 0):
            raise ValueError(f"the scale of {feature.name!r} is not usable")
    return featurizer


def _training(training: Mapping[str, Any], featurizer: Featurizer) -> tuple[int, dict[str, float]]:
    """Return how many rows were trained on, 0 where that is not said, and the shares of unseen values."""
    rows, shares = training.get("rows", 0), training.get("unseen_share", {})
    if type(rows) is not int or rows < 0:
        raise TypeError(f"training: rows: expected a number of rows, found {rows!r:.40}")
    if not isinstance(shares, dict):
        raise TypeError(f"training: unseen_share: expected an object, found {shares!r:.40}")
    names = [feature.name for feature in featurizer.categorical]
    for name, share in shares.items():
        if name not in names or type(share) not in (int, float) or not 0 <= share <= 1:
            raise ValueError(
                f"training: unseen_share: expected shares of categorical features, found {name!r:.40}: {share!r:.40}"
            )
    return rows, shares


def _load_encoder(content: bytes, shape: ColumnShape, name: str) -> ColumnEncoder:
    state = load_state(content, shape, name)
    try:
        return shape.load(state)
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{name}: not a state_dict of this model: {first_line(error)}") from error
