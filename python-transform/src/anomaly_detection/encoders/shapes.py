"""What the rest of the model asks of an encoder, and the kinds of encoder there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from anomaly_detection.encoders.autoembedder_network import AutoembedderShape, check_installed
from anomaly_detection.encoders.network import LEAST_CODES, EncoderShape
from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.featurizer import Encoded

if TYPE_CHECKING:
    from anomaly_detection.encoders.encoder import Expected


class ColumnShape(Protocol):
    """The sizes that a network is built from: whole numbers, and the codes of each categorical column."""

    kind: ClassVar[str]
    """What `--encoder` calls it."""

    libraries: ClassVar[tuple[str, ...]]
    """The packages that it needs beside those of every model."""

    @property
    def cards(self) -> tuple[int, ...]:
        """How many codes each categorical column has."""

    @property
    def numbers(self) -> int:
        """How many numeric columns there are."""

    def as_json(self) -> dict[str, Any]:
        """Return the sizes as they stand in `model.params`."""

    def build(self) -> nn.Module:
        """Return a network that is not trained."""

    def load(self, state: Mapping[str, Tensor]) -> ColumnEncoder:
        """Return the encoder with these weights; raise `RuntimeError` or `ValueError` where they do not fit."""


class ColumnEncoder(Protocol):
    """A trained network that says how surprising each column of a row is, and what was expected there."""

    @property
    def shape(self) -> ColumnShape:
        """What its network is built from."""

    def state(self) -> Mapping[str, Tensor]:
        """Return the weights, as they stand in `encoder.pth`."""

    def surprise(self, rows: Encoded) -> Floats:
        """Return how far each column is from what was expected of it, (n, D).

        For a categorical column this is its standardized surprise (see `tree`), for a number its standardized
        residual with its sign; 0 for a number that is missing. A row's values do not depend on the rows beside it.
        """

    def expected(self, rows: Encoded, columns: NDArray[np.int64]) -> dict[int, Expected]:
        """Return what is expected of the named columns, each for all n rows."""


SHAPES: dict[str, type[EncoderShape] | type[AutoembedderShape]] = {
    shape.kind: shape for shape in (EncoderShape, AutoembedderShape)
}


def check_kind(kind: object) -> str:
    """Return the kind; raise `ConfigError` if its package is missing and `ValueError` if it is none."""
    if not isinstance(kind, str) or kind not in SHAPES:
        raise ValueError(f"encoder: expected {' or '.join(SHAPES)}, found {kind!r:.40}")
    if kind == AutoembedderShape.kind:
        check_installed()
    return kind


def parse_shape(data: Mapping[str, Any]) -> ColumnShape:
    """Return the shape of an encoder from JSON; raise `KeyError`, `TypeError` or as `check_kind` does."""
    kind = check_kind(data["kind"])
    sizes: dict[str, Any] = {name: value for name, value in data.items() if name != "kind"}
    shape: ColumnShape = SHAPES[kind](**{**sizes, "cards": tuple(sizes["cards"])})
    flat = [*shape.cards, *(size for name, size in shape.as_json().items() if name != "cards")]
    if any(type(size) is not int for size in flat):
        raise TypeError("the encoder's sizes are not whole numbers")
    if isinstance(shape, EncoderShape) and shape.levels < LEAST_CODES:
        raise ValueError(f"the encoder: expected at least {LEAST_CODES} levels, found {shape.levels}")
    return shape
