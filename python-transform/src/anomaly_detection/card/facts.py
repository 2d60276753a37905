"""What a model's files say of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anomaly_detection.features.feature import Feature
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS, Artifacts

ALPHAS = (0.001, 0.005, 0.01, 0.05, 0.1)
"""Whose thresholds the card names beside the model's own."""

_MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Column:
    """A feature as the card names it; `what` says how many values it has, or what it is made of."""

    name: str
    kind: str
    type: str
    what: str


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of the model."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that the card tells of a model; `thresholds` maps an alpha to the least score that is odd."""

    model_id: str
    format_version: int
    id_column: str
    alpha: float
    columns: list[Column]
    texts: int
    largest: list[tuple[str, int]]
    training: dict[str, Any]
    shape: dict[str, int]
    libraries: dict[str, str]
    files: list[File]
    smallest_alpha: float
    thresholds: dict[float, float]
    clusters: int

    @classmethod
    def of(cls, artifacts: Artifacts) -> Facts:
        """Read the facts of a model.

        Raises:
            ModelError: its files cannot be trusted.
        """
        detector = artifacts.detector()
        params = artifacts.parsed_params
        levels: Mapping[str, tuple[str, ...]] = detector.featurizer.vocabularies
        sizes = {name: len(values) for name, values in levels.items()}
        smallest = detector.calibration.smallest_alpha
        alphas = sorted({detector.alpha, *(alpha for alpha in ALPHAS if alpha >= smallest)})
        contents = (artifacts.encoder, artifacts.model, artifacts.params)
        return cls(
            model_id=detector.model_id,
            format_version=params["format_version"],
            id_column=detector.id_column,
            alpha=detector.alpha,
            columns=[_column(feature, sizes, feature in detector.featurizer.scored) for feature in detector.features],
            texts=sum(sizes.values()),
            largest=sorted(sizes.items(), key=lambda item: -item[1])[:_MOST_NAMED],
            training=dict(params["training"]),
            shape={name: size for name, size in params["encoder"].items() if isinstance(size, int)},
            libraries=dict(params["libraries"]),
            files=[
                File(name=name, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
                for name, content in zip((ENCODER, MODEL, PARAMS), contents, strict=True)
            ],
            smallest_alpha=smallest,
            thresholds={alpha: detector.threshold(alpha) for alpha in alphas},
            clusters=int(detector.clustering.node_label.max()) + 1,
        )


def _column(feature: Feature, sizes: Mapping[str, int], scored: bool) -> Column:
    what = f"{sizes[feature.name]:,} values" if feature.name in sizes else "its distribution"
    if feature.kind == "duration":
        what = f"its distribution, of days from {feature.start} to {feature.end}"
    return Column(
        name=feature.name,
        kind=feature.kind,
        type=feature.column_type if feature.is_column else "",
        what=what if scored else "nothing but the duration that it is part of",
    )
