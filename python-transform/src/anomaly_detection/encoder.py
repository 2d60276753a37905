"""The encoder: what each column would be expected to hold, given all the others.

Every categorical column has an embedding with one more row for MASK; an MLP squeezes the row into a latent z
and back, and one linear head per column predicts it. Beside this deep path every pair of columns has a table
of "wide" logits, which learn plain dependencies quickly. A column is scored with itself masked, so its
negative log likelihood is conditional on the rest of the row. Numbers are predicted as Student-t (5 degrees
of freedom) by location and scale.

**Shape**: C categorical columns with k_1 … k_C codes, K numeric ones, D = C + K; O = Σ k_j + 2 K outputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from anomaly_detection.features import Encoded, Floats

BLOCK = 512
"""Rows that go through the network together; fewer are padded, so that results never depend on the batch."""

DEGREES = 5.0
"""Degrees of freedom of the Student-t distribution of a numeric column."""

CLAMP = 6.0
"""Standardised numbers are clamped to ± this at the input of the network, not where they are scored."""


@dataclass(frozen=True, kw_only=True)
class EncoderShape:
    """What the layers are built from."""

    cards: tuple[int, ...]
    numbers: int
    hidden: int = 64
    latent: int = 16
    bins: int = 10

    @property
    def outputs(self) -> int:
        """How many logits and parameters the heads give in all."""
        return sum(self.cards) + 2 * self.numbers

    @property
    def slices(self) -> tuple[slice, ...]:
        """Where each column's outputs are."""
        widths = [*self.cards, *[2] * self.numbers]
        ends = np.cumsum(widths, dtype=int)
        return tuple(slice(int(end - width), int(end)) for end, width in zip(ends, widths, strict=True))

    def as_json(self) -> dict[str, Any]:
        """Return the shape as it stands in `model.params`."""
        return asdict(self)


def embedding_width(card: int) -> int:
    """Return the width of a column's embedding, the rule of thumb of fastai: 1.6 k^0.56, at most 16."""
    return min(16, max(3, round(1.6 * card**0.56)))


class MaskedEncoder(nn.Module):
    """The network itself; see the module's text."""

    edges: Tensor

    def __init__(self, shape: EncoderShape, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.embeddings = nn.ModuleList(nn.Embedding(k + 1, embedding_width(k)) for k in shape.cards)
        width = sum(embedding_width(k) for k in shape.cards) + 2 * shape.numbers
        h, z = shape.hidden, shape.latent
        self.first = nn.Linear(width, h)
        self.to_latent = nn.Sequential(
            nn.GELU(), nn.Dropout(dropout), nn.Linear(h, h), nn.GELU(), nn.Linear(h, z)
        )
        self.from_latent = nn.Sequential(
            nn.Linear(z, h), nn.GELU(), nn.Dropout(dropout), nn.Linear(h, h), nn.GELU()
        )
        self.heads = nn.Linear(h, shape.outputs)
        codes = [*shape.cards, *[shape.bins] * shape.numbers]
        self.wide = nn.ModuleList(nn.Embedding(k, shape.outputs) for k in codes)
        for table in self.wide:
            nn.init.zeros_(table.weight)
        # Bins of the numeric columns, as the wide tables see them.
        self.register_buffer("edges", torch.zeros(shape.numbers, shape.bins - 1))

    def binned(self, numbers: Tensor) -> Tensor:
        """Return the bin of each number, (n, K)."""
        columns = [
            torch.bucketize(numbers[:, j].contiguous(), self.edges[j]) for j in range(self.shape.numbers)
        ]
        return torch.stack(columns, 1) if columns else numbers.long()

    def forward(self, codes: Tensor, numbers: Tensor, masked: Tensor) -> Tensor:
        """Return all outputs, (n, O), with the masked columns, (n, D), hidden; for training."""
        c = len(self.shape.cards)
        parts = [
            table(torch.where(masked[:, j], self.shape.cards[j], codes[:, j]))
            for j, table in enumerate(self.embeddings)
        ]
        hidden = masked[:, c:]
        parts += [torch.where(hidden, 0.0, numbers.clamp(-CLAMP, CLAMP)), hidden.float()]
        out: Tensor = self.heads(self.from_latent(self.to_latent(self.first(torch.cat(parts, 1)))))
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
                location, scale = location_and_scale(out[:, part])
                residual = (numbers[:, j - c] - location) / scale
                loss = scale.log() + (DEGREES + 1) / 2 * torch.log1p(residual**2 / DEGREES)
                columns.append(loss.masked_fill(missing[:, j - c], 0.0))
        return torch.stack(columns, 1)

    def masked_blocks(self, codes: Tensor, numbers: Tensor, missing: Tensor) -> list[Tensor]:
        """Return for every column its outputs with only that column masked: D tensors (n, k_j) or (n, 2).

        The first layer is linear, so masking a column is a correction to its sum; all D masked variants then
        go through the other layers as one batch.
        """
        shape, c = self.shape, len(self.shape.cards)
        visible = ~missing
        embedded = [table(codes[:, j]) for j, table in enumerate(self.embeddings)]
        inputs = torch.where(visible, numbers.clamp(-CLAMP, CLAMP), 0.0)
        base = self.first(torch.cat([*embedded, inputs, missing.float()], 1))
        widths = [table.embedding_dim for table in self.embeddings]
        pieces = torch.split(self.first.weight, [*widths, shape.numbers, shape.numbers], 1)
        variants = [
            base + F.linear(table.weight[shape.cards[j]] - embedded[j], pieces[j])
            for j, table in enumerate(self.embeddings)
        ]
        for j in range(shape.numbers):
            change = visible[:, j, None] * pieces[c + 1][:, j] - inputs[:, j, None] * pieces[c][:, j]
            variants.append(base + change)
        deep = self.from_latent(self.to_latent(torch.stack(variants)))
        levels = torch.cat([codes, self.binned(numbers)], 1)
        shown = torch.cat([torch.ones_like(codes, dtype=torch.bool), visible], 1).float()
        looked_up = [table(levels[:, j]) * shown[:, j, None] for j, table in enumerate(self.wide)]
        wide = torch.stack(looked_up).sum(0)
        return [
            F.linear(deep[j], self.heads.weight[part], self.heads.bias[part])
            + wide[:, part]
            - looked_up[j][:, part]
            for j, part in enumerate(shape.slices)
        ]


def location_and_scale(parameters: Tensor) -> tuple[Tensor, Tensor]:
    """Split the two outputs of a numeric column; the scale is kept within e^-2.5 … e^2."""
    return parameters[:, 0], parameters[:, 1].clamp(-2.5, 2.0).exp()


@dataclass(frozen=True)
class Expected:
    """What the other columns lead to expect of one column, for n rows.

    `log_probabilities` (n, k) for a categorical column; `location` and `scale` (n,) for a numeric one.
    """

    log_probabilities: Floats | None
    location: Floats | None
    scale: Floats | None


@dataclass(frozen=True)
class Encoder:
    """A trained network that is only read from."""

    network: MaskedEncoder

    @classmethod
    def of_state(cls, shape: EncoderShape, state: Mapping[str, Tensor]) -> Encoder:
        """Build the network and load its weights; raise as `load_state_dict` does where they do not fit."""
        network = MaskedEncoder(shape)
        network.load_state_dict(dict(state), strict=True)
        return cls(network.eval())

    def surprise(self, rows: Encoded) -> Floats:
        """Return how much less likely each column is than it could be expected to be, (n, D).

        For a categorical column this is its negative log likelihood less the entropy of the prediction, for a
        number half its squared standardised residual, at most 30.
        """
        c = len(self.network.shape.cards)
        result = np.zeros((len(rows), c + self.network.shape.numbers))
        for where, codes, numbers, missing in _blocks(rows):
            columns = []
            with torch.inference_mode():
                for j, out in enumerate(self.network.masked_blocks(codes, numbers, missing)):
                    if j < c:
                        columns.append(_excess(out, codes[:, j]))
                    else:
                        location, scale = location_and_scale(out)
                        residual = (numbers[:, j - c] - location) / scale
                        half = (residual**2 * (DEGREES - 2) / DEGREES / 2).clamp(max=30.0)
                        columns.append(half.masked_fill(missing[:, j - c], 0.0))
            result[where] = torch.stack(columns, 1).double().numpy()[: where.stop - where.start]
        return result

    def expected(self, rows: Encoded, columns: NDArray[np.int64]) -> dict[int, Expected]:
        """Return what is expected of the named columns, each for all n rows."""
        c = len(self.network.shape.cards)
        found: dict[int, list[Tensor]] = {int(j): [] for j in columns}
        for where, codes, numbers, missing in _blocks(rows):
            with torch.inference_mode():
                outs = self.network.masked_blocks(codes, numbers, missing)
            for j in found:
                found[j].append(outs[j][: where.stop - where.start])
        result = {}
        for j, parts in found.items():
            out = torch.cat(parts)
            if j < c:
                result[j] = Expected(F.log_softmax(out, 1).double().numpy(), None, None)
            else:
                location, scale = location_and_scale(out)
                result[j] = Expected(None, location.double().numpy(), scale.double().numpy())
        return result


def _excess(logits: Tensor, codes: Tensor) -> Tensor:
    log = F.log_softmax(logits, 1)
    entropy = -(log.exp() * log).sum(1)
    return -log.gather(1, codes[:, None])[:, 0] - entropy


def tensors(rows: Encoded) -> tuple[Tensor, Tensor, Tensor]:
    """Return codes, numbers and missing flags as tensors."""
    return (
        torch.from_numpy(rows.codes),
        torch.from_numpy(rows.numbers).float(),
        torch.from_numpy(rows.missing),
    )


def _blocks(rows: Encoded) -> Iterator[tuple[slice, Tensor, Tensor, Tensor]]:
    for begin in range(0, len(rows), BLOCK):
        where = slice(begin, min(begin + BLOCK, len(rows)))
        padded = np.minimum(np.arange(begin, begin + BLOCK), len(rows) - 1)
        yield where, *tensors(rows.take(padded))
