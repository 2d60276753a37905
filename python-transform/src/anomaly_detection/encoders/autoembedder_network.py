"""The network of the package `autoembedder`, with what this model adds: columns that are missing, and spreads.

An `Autoembedder` embeds the categorical columns, puts the numbers beside the embeddings, squeezes both into a
latent vector, and is trained to give back what went in.

**Shape**: C categorical columns with k_1 … k_C codes, K numeric ones. The package's model sees C + K
categorical columns (of each number, whether it is missing) and max(K, 1) numbers (it cannot do without).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from anomaly_detection.encoders.network import CLAMP, embedding_width, weights
from anomaly_detection.errors import ConfigError

if TYPE_CHECKING:
    from anomaly_detection.encoders.autoembedder_encoder import AutoembedderEncoder


SQUEEZE = 4
"""How many times wider a row's embeddings are than its latent vector."""


def check_installed() -> None:
    """Raise `ConfigError` that says what to install if the package is missing."""
    if find_spec("autoembedder") is None:
        raise ConfigError(
            "encoder: expected the package autoembedder, which an encoder of that kind needs, found none; install the "
            "extra, in python-transform/: uv pip install '.[autoembedder]' (pip refuses it on Python 3.11)"
        )


@cache
def package() -> ModuleType:
    """Return the package, imported without the warnings of what it imports in its turn."""
    check_installed()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        autoembedder = import_module("autoembedder")
    # Its model prints its configuration whenever it is built; standard output belongs to results.
    autoembedder.model.print = lambda *_: None
    return autoembedder


@dataclass(frozen=True, kw_only=True)
class AutoembedderShape:
    """What the layers are built from."""

    kind: ClassVar[str] = "autoembedder"
    libraries: ClassVar[tuple[str, ...]] = ("autoembedder",)

    cards: tuple[int, ...]
    numbers: int
    hidden: int
    middle: int
    latent: int

    @classmethod
    def of(cls, *, cards: tuple[int, ...], numbers: int) -> AutoembedderShape:
        """Return the shape for a table: its latent vector is too narrow to hold every column as it is."""
        width = sum(embedding_width(card) for card in cards) + 2 * numbers
        latent = max(1, width // SQUEEZE)
        return cls(cards=cards, numbers=numbers, hidden=max(width // 2, 16), middle=max(width // 3, 8), latent=latent)

    @property
    def widths(self) -> tuple[int, ...]:
        """How wide the embedding of each categorical column is."""
        return tuple(embedding_width(card) for card in self.cards)

    def as_json(self) -> dict[str, Any]:
        """Return the sizes as they stand in `model.params`."""
        return asdict(self)

    def build(self) -> AutoembedderNetwork:
        """Return a network that is not trained."""
        return AutoembedderNetwork(self)

    def load(self, state: Mapping[str, Tensor]) -> AutoembedderEncoder:
        """Return the encoder with these weights."""
        from anomaly_detection.encoders.autoembedder_encoder import AutoembedderEncoder

        return AutoembedderEncoder.of_state(self, state)


class AutoembedderNetwork(nn.Module):
    """The package's model, and the spread, (C + K,), and slack of its reconstructions; see `autoembedder_encoder`."""

    spread: Tensor
    slack: Tensor

    def __init__(self, shape: AutoembedderShape) -> None:
        super().__init__()
        self.shape = shape
        # No dropout: the package drops out when scoring, too.
        config = {
            "hidden_layers": [[shape.hidden, shape.middle], [shape.middle, shape.latent]],
            "activation": "tanh",
            "dropout_rate": 0.0,
        }
        sizes = [*zip(shape.cards, shape.widths, strict=True), *[(2, 1)] * shape.numbers]
        self.model = package().Autoembedder(config, max(shape.numbers, 1), sizes).double()
        self.register_buffer("spread", torch.ones(len(shape.cards) + shape.numbers, dtype=torch.float64))
        self.register_buffer("slack", torch.ones((), dtype=torch.float64))

    @property
    def tables(self) -> list[Tensor]:
        """The embeddings of the categorical columns, (k_j, width_j) each."""
        return weights(self.model.embeddings)[: len(self.shape.cards)]

    def inputs(self, codes: Tensor, numbers: Tensor, missing: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the package's model is given, (C + K, n) and (max(K, 1), n)."""
        shown = numbers.clamp(-CLAMP, CLAMP).masked_fill(missing, 0.0)
        if self.shape.numbers == 0:
            shown = torch.zeros(len(codes), 1, dtype=torch.float64)
        return torch.cat([codes, missing.long()], 1).T, shown.T

    def forward(self, codes: Tensor, numbers: Tensor, missing: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return the reconstructed embeddings, (n, width_j) each, and numbers, (n, K)."""
        out = self.model(*self.inputs(codes, numbers, missing))
        first = max(self.shape.numbers, 1)
        parts = torch.split(out[:, first : first + sum(self.shape.widths)], list(self.shape.widths), 1)
        return list(parts), out[:, : self.shape.numbers]


def steady(model: nn.Module) -> nn.Module:
    """Let results of the package's model no longer depend on where a row stands in its batch; only for scoring."""
    for layers in (model.encoder, model.decoder):
        assert isinstance(layers, nn.Sequential)  # noqa: S101
        for i, layer in enumerate(layers):
            assert isinstance(layer, nn.Linear)  # noqa: S101
            layers[i] = SteadyLinear.of(layer)
    return model


class SteadyLinear(nn.Linear):
    """A linear layer that adds up input by input.

    A matrix product in double precision adds in another order at the edges of its tiles, so that the last bits of a
    row depend on its position.
    """

    @classmethod
    def of(cls, layer: nn.Linear) -> SteadyLinear:
        """Return one with the parameters of a common layer."""
        made = cls(layer.in_features, layer.out_features, bias=layer.bias is not None, dtype=layer.weight.dtype)
        made.load_state_dict(layer.state_dict())
        return made

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs, (n, out), for inputs (n, in)."""
        total = torch.zeros(len(x), self.out_features, dtype=x.dtype)
        if self.bias is not None:
            total += self.bias
        for values, weight in zip(x.T, self.weight.T.contiguous(), strict=True):
            total.addcmul_(values[:, None], weight)
        return total
