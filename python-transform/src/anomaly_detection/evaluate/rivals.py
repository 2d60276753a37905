"""The detectors of PyOD, each on three encodings of the same rows."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pyarrow as pa

from anomaly_detection.errors import ConfigError
from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.currency import Currency
from anomaly_detection.features.feature import Feature
from anomaly_detection.features.featurizer import Encoded, Featurizer
from anomaly_detection.models.detector import Scored
from anomaly_detection.scoring.surprise import CLIP, Frequencies
from anomaly_detection.threads import one_thread

DETECTORS: dict[str, tuple[str, Callable[[int, int], dict[str, Any]]]] = {
    "ECOD": ("ecod", lambda seed, width: {}),
    "COPOD": ("copod", lambda seed, width: {}),
    "HBOS": ("hbos", lambda seed, width: {}),
    "IForest": ("iforest", lambda seed, width: {"n_estimators": 200, "random_state": seed}),
    "LOF": ("lof", lambda seed, width: {"novelty": True}),
    "KNN": ("knn", lambda seed, width: {}),
    "PCA": ("pca", lambda seed, width: {"random_state": seed}),
    "OCSVM": ("ocsvm", lambda seed, width: {}),
    "AutoEncoder": (
        "auto_encoder",
        lambda seed, width: {"epoch_num": 30, "preprocessing": False, "verbose": 0, "random_state": seed},
    ),
    "DeepSVDD": (
        "deep_svdd",
        lambda seed, width: {"n_features": width, "epochs": 30, "verbose": 0, "random_state": seed},
    ),
}
"""Class → module of `pyod.models`, and its arguments for a seed and a number of columns; else PyOD's defaults."""

ENCODINGS = ("one-hot", "ordinal", "frequency")
MOST_ROWS = 10_000
"""A rival is trained on so many rows at most: some take time that grows with their square."""

_PACKAGES = ("pyod", "matplotlib", "tqdm")


def check_installed() -> None:
    """Raise `ConfigError` that says what to install if a package of the extra `evaluate` is missing."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"evaluate: expected the packages {', '.join(_PACKAGES)}, found no {', '.join(missing)}; "
            "install the extra: pip install './python-transform[evaluate]'"
        )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a detector says of the tested rows, and how many seconds it took to fit and to score.

    `scored` has the p-values and the reasons where the detector is ours.
    """

    detector: str
    encoding: str
    scores: Floats
    label: Floats
    fit_seconds: float
    score_seconds: float
    scored: Scored | None = None


def score_rivals(
    training: pa.Table,
    tested: pa.Table,
    features: tuple[Feature, ...],
    *,
    seed: int,
    alpha: float,
    currency: Currency | None = None,
) -> Iterator[Verdict]:
    """Fit every detector on every encoding of the training rows; each labels `alpha` of these as odd.

    Of more than `MOST_ROWS` training rows it sees a sample; amounts of money are converted as ours are.
    """
    featurizer = Featurizer.fit(features, training, currency=currency)
    others = featurizer.encode(tested)
    most = min(len(training), MOST_ROWS)
    rows = featurizer.encode(training).take(np.random.default_rng(seed).permutation(len(training))[:most])
    # Without categories the encodings are one.
    different = ENCODINGS if featurizer.cards else ENCODINGS[:1]
    for encoding in different:
        fitted_on, scored_on = encode(encoding, rows, others, featurizer.cards)
        # What never varies in training makes some of them divide by zero.
        varies = np.ptp(fitted_on, axis=0) > 0
        for name in DETECTORS:
            verdict = _ask(name, encoding, fitted_on[:, varies], scored_on[:, varies], seed, alpha)
            for same in ENCODINGS if len(different) == 1 else (encoding,):
                yield replace(verdict, encoding=same)


def _ask(name: str, encoding: str, fitted_on: Floats, scored_on: Floats, seed: int, alpha: float) -> Verdict:
    module, arguments = DETECTORS[name]
    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore")
        detector_class = getattr(import_module(f"pyod.models.{module}"), name)
        begin = time.perf_counter()
        detector = detector_class(contamination=alpha, **arguments(seed, fitted_on.shape[1]))
        detector.fit(fitted_on)
        middle = time.perf_counter()
        scores = np.asarray(detector.decision_function(scored_on), np.float64).ravel()
        end = time.perf_counter()
    return Verdict(
        detector=name,
        encoding=encoding,
        scores=scores,
        label=(scores > detector.threshold_).astype(np.float64),
        fit_seconds=middle - begin,
        score_seconds=end - middle,
    )


def encode(encoding: str, rows: Encoded, others: Encoded, cards: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return the rows to fit on and the others as numbers, by one of `ENCODINGS`, (n, m) and (k, m)."""
    if encoding == "frequency":
        frequencies = Frequencies.fit(rows, cards)
        return _beside(frequencies.of(rows), rows), _beside(frequencies.of(others), others)
    if encoding == "ordinal":
        return _beside(rows.codes.astype(np.float64), rows), _beside(others.codes.astype(np.float64), others)
    return _beside(_one_hot(rows, cards), rows), _beside(_one_hot(others, cards), others)


def _beside(categories: Floats, rows: Encoded) -> Floats:
    """Put the numbers, and for those that are missing somewhere a flag, beside the categories."""
    return np.concatenate([categories, np.clip(rows.numbers, -CLIP, CLIP), rows.missing.astype(np.float64)], 1)


def _one_hot(rows: Encoded, cards: tuple[int, ...]) -> Floats:
    columns = [np.eye(card)[rows.codes[:, j]] for j, card in enumerate(cards)]
    return np.concatenate(columns, 1) if columns else np.zeros((len(rows), 0))
