"""The network of the encoder: what each column would be expected to hold, given all the others.

Every categorical column has an embedding with one more row for MASK; an MLP squeezes the row into a latent z
and back, and one linear head per column predicts it. Beside this deep path every pair of columns has a table
of "wide" logits, which learn plain dependencies quickly. A column is scored with itself masked, so its
negative log likelihood is conditional on the rest of the row. Numbers are predicted as Student-t (5 degrees
of freedom) by location and scale.

A column of very many values has rare ones that share one code here, the one of values that were never seen.

**Shape**: C categorical columns with k_1 … k_C codes, K numeric ones, D = C + K; O = Σ k_j + 2 K outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from anomaly_detection.features.featurizer import UNKNOWN, Encoded

if TYPE_CHECKING:
    from anomaly_detection.encoders.encoder import Encoder

DEGREES = 5.0
"""Degrees of freedom of the Student-t distribution of a numeric column."""

MOST_CODES, LEAST_CODES = 256, 32
"""Wide tables grow with the square of all codes: so many of all columns together, but these of each, are told apart."""

CLAMP = 6.0
"""Standardised numbers are clamped to ± this at the input of the network, not where they are scored."""


@dataclass(frozen=True, kw_only=True)
class EncoderShape:
    """What the layers are built from; `levels` is the most codes of a column that are told apart."""

    kind: ClassVar[str] = "masked"
    libraries: ClassVar[tuple[str, ...]] = ()

    cards: tuple[int, ...]
    numbers: int
    hidden: int = 16
    latent: int = 8
    bins: int = 10
    levels: int = MOST_CODES

    @classmethod
    def of(cls, cards: tuple[int, ...], numbers: int) -> EncoderShape:
        """Return the shape for columns of so many codes, of which at most about `MOST_CODES` are told apart.

        >>> EncoderShape.of((10, 20_000, 3_000), 0).known
        (10, 123, 123)
        """
        left = MOST_CODES
        for done, card in enumerate(sorted(cards)):
            levels = max(left // (len(cards) - done), LEAST_CODES)
            if card > levels:
                return cls(cards=cards, numbers=numbers, levels=levels)
            left -= card
        return cls(cards=cards, numbers=numbers)

    @cached_property
    def known(self) -> tuple[int, ...]:
        """How many codes of each column are told apart."""
        return tuple(min(card, self.levels) for card in self.cards)

    def fold(self, rows: Encoded) -> Encoded:
        """Return the rows with the codes that are not told apart as `UNKNOWN`."""
        if max(self.cards, default=0) <= self.levels:
            return rows
        return Encoded(np.where(rows.codes < self.levels, rows.codes, UNKNOWN), rows.numbers, rows.missing)

    @property
    def outputs(self) -> int:
        """How many logits and parameters the heads give in all."""
        outputs: int = sum(self.known) + 2 * self.numbers
        return outputs

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """Where each column's outputs are."""
        widths = [*self.known, *[2] * self.numbers]
        ends = np.cumsum(widths, dtype=int)
        return tuple(slice(int(end - width), int(end)) for end, width in zip(ends, widths, strict=True))

    def as_json(self) -> dict[str, Any]:
        """Return the sizes as they stand in `model.params`."""
        return asdict(self)

    def build(self) -> MaskedEncoder:
        """Return a network that is not trained."""
        return MaskedEncoder(self)

    def load(self, state: Mapping[str, Tensor]) -> Encoder:
        """Return the encoder with these weights."""
        from anomaly_detection.encoders.encoder import Encoder

        return Encoder.of_state(self, state)


def embedding_width(card: int) -> int:
    """Return the width of a column's embedding, the rule of thumb of fastai: 1.6 k^0.56, at most 16."""
    width: int = min(16, max(3, round(1.6 * card**0.56)))
    return width


class MaskedEncoder(nn.Module):
    """The network itself; see the module's text."""

    edges: Tensor

    def __init__(self, shape: EncoderShape, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.embeddings = nn.ModuleList(nn.Embedding(k + 1, embedding_width(k)) for k in shape.known)
        width = sum(embedding_width(k) for k in shape.known) + 2 * shape.numbers
        h, z = shape.hidden, shape.latent
        self.first = nn.Linear(width, h)
        self.to_latent = nn.Sequential(
            nn.ReLU(inplace=True), nn.Dropout(dropout), nn.Linear(h, h), nn.ReLU(inplace=True), nn.Linear(h, z)
        )
        self.from_latent = nn.Sequential(nn.Linear(z, h), nn.ReLU(inplace=True), nn.Dropout(dropout))
        self.heads = nn.Linear(h, shape.outputs)
        codes = [*shape.known, *[shape.bins] * shape.numbers]
        self.wide = nn.ModuleList(nn.Embedding(k, shape.outputs) for k in codes)
        for weight in weights(self.wide):
            nn.init.zeros_(weight)
        # Bins of the numeric columns, as the wide tables see them.
        self.register_buffer("edges", torch.zeros(shape.numbers, shape.bins - 1))

    def binned(self, numbers: Tensor) -> Tensor:
        """Return the bin of each number, (n, K)."""
        columns = [torch.bucketize(numbers[:, j].contiguous(), self.edges[j]) for j in range(self.shape.numbers)]
        return torch.stack(columns, 1) if columns else numbers.long()

    def latent(self, codes: Tensor, numbers: Tensor, masked: Tensor) -> Tensor:
        """Return the latent z of each row, (n, Z), with the masked columns, (n, D), hidden."""
        parts = [
            table(torch.where(masked[:, j], self.shape.known[j], codes[:, j]))
            for j, table in enumerate(self.embeddings)
        ]
        hidden = masked[:, len(self.shape.cards) :]
        parts += [torch.where(hidden, 0.0, numbers.clamp(-CLAMP, CLAMP)), hidden.float()]
        z: Tensor = self.to_latent(self.first(torch.cat(parts, 1)))
        return z

    def forward(self, codes: Tensor, numbers: Tensor, masked: Tensor) -> Tensor:
        """Return all outputs, (n, O), with the masked columns, (n, D), hidden; for training."""
        out: Tensor = self.heads(self.from_latent(self.latent(codes, numbers, masked)))
        levels = torch.cat([codes, self.binned(numbers)], 1)
        for j, table in enumerate(self.wide):
            out = out + table(levels[:, j]) * (~masked[:, j, None]).float()
        return out

    def losses(self, out: Tensor, codes: Tensor, numbers: Tensor, missing: Tensor) -> Tensor:
        """Return the negative log likelihood of each column, (n, D), up to a constant; 0 for a missing number."""
        c = len(self.shape.cards)
        columns = []
        for j, part in enumerate(self.shape.slices):
            if j < c:
                columns.append(F.cross_entropy(out[:, part], codes[:, j], reduction="none"))
            else:
                (location,), (scale,) = (pair.T for pair in location_and_scale(out[:, part]))
                residual = (numbers[:, j - c] - location) / scale
                loss = scale.log() + (DEGREES + 1) / 2 * torch.log1p(residual**2 / DEGREES)
                columns.append(loss.masked_fill(missing[:, j - c], 0.0))
        return torch.stack(columns, 1)


def weights(tables: nn.ModuleList) -> list[Tensor]:
    """Return the weights of a list of embeddings."""
    return [cast(nn.Embedding, table).weight for table in tables]


def location_and_scale(parameters: Tensor) -> tuple[Tensor, Tensor]:
    """Split the outputs of K numeric columns, (n, 2 K), into (n, K) each; the scale is kept within e^-2.5 … e^2."""
    return parameters[:, 0::2], parameters[:, 1::2].clamp(-2.5, 2.0).exp()
