"""Our models and the rivals, trained on the same rows and asked about the same rows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pyarrow as pa

from anomaly_detection.evaluate.rivals import DETECTORS, ENCODINGS, Verdict, score_rivals
from anomaly_detection.features.currency import currency_of
from anomaly_detection.features.feature import Feature
from anomaly_detection.models.training import TrainOptions, train

DETECTOR = "anomaly-detection"
"""The name of this package's model among the detectors; its encodings are its encoders."""

OURS = (DETECTOR, "masked")
"""Detector and encoding of the model that is trained by default."""

ENCODERS: dict[str, str | None] = {"masked": None, "autoembedder": "autoembedder"}
"""Encoder of ours → the package that it needs beside this one's dependencies."""


def our_encoders() -> tuple[list[str], dict[str, str]]:
    """Return the encoders that can be trained here, and the others with the package that each misses."""
    missing = {name: package for name, package in ENCODERS.items() if package and find_spec(package) is None}
    return [name for name in ENCODERS if name not in missing], missing


def contestants(*, rivals: bool) -> int:
    """Return how many verdicts a contest has."""
    return len(our_encoders()[0]) + len(DETECTORS) * len(ENCODINGS) * rivals


def contest(
    training: pa.Table,
    tested: pa.Table,
    features: Sequence[Feature],
    *,
    id_column: str,
    options: TrainOptions,
    rivals: bool,
) -> Iterator[Verdict]:
    """Train and ask one after the other, ours first and each of our encoders instead of that of the options.

    The tables have the id, the columns of the features, and that of the currency where amounts are in several.
    """
    for encoder in our_encoders()[0]:
        yield _ours(training, tested, features, id_column, replace(options, encoder=encoder))
    if rivals:
        numeric = [feature.name for feature in features if feature.kind == "numeric"]
        currency = currency_of(training, numeric, options.currency_rates, money=options.money)
        yield from score_rivals(
            training, tested, tuple(features), seed=options.seed, alpha=options.alpha, currency=currency
        )


def _ours(
    training: pa.Table, tested: pa.Table, features: Sequence[Feature], id_column: str, options: TrainOptions
) -> Verdict:
    begin = time.perf_counter()
    detector = train(training, features, id_column=id_column, options=options).detector()
    middle = time.perf_counter()
    scored = detector.score(tested.combine_chunks().to_batches()[0])
    end = time.perf_counter()
    return Verdict(
        detector=DETECTOR,
        encoding=options.encoder,
        scores=scored.score,
        label=scored.label.astype(np.float64),
        fit_seconds=middle - begin,
        score_seconds=end - middle,
        scored=scored,
    )
