"""Scoring with every column masked in turn, without running the network once per column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from anomaly_detection.encoders.network import CLAMP, MaskedEncoder, embedding_width, location_and_scale, weights
from anomaly_detection.features.tree import SOFT

LIMIT = 60.0
"""Logits end at ± this about their column's mean: their exponentials, times their squares, are finite."""


@dataclass(frozen=True)
class MaskedTables:
    """A trained network rearranged for scoring every column with itself masked.

    The first layer and the wide logits are sums with one term per column, so each term becomes a table by
    code, and masking a column exchanges one term of a sum that is made once. No column has wide logits for
    itself, since it is never seen when it is predicted, and each column's logits have the mean 0 over its codes.
    Each column goes through all layers at once, so that what is made of it stays in the processor's cache.

    **Shape**: n rows, D columns of which C are categorical, H hidden units, O outputs.
    """

    network: MaskedEncoder
    first: Tensor
    first_starts: Tensor
    constant: Tensor
    shown: Tensor
    flags: Tensor
    wide: Tensor
    wide_starts: Tensor
    layers: tuple[tuple[Tensor, Tensor], ...]
    heads: tuple[Tensor, ...]
    bias: Tensor

    @classmethod
    def of(cls, network: MaskedEncoder) -> MaskedTables:
        """Compute the tables."""
        shape = network.shape
        with torch.inference_mode():
            widths = [embedding_width(k) for k in shape.known]
            pieces = torch.split(network.first.weight, [*widths, shape.numbers, shape.numbers], 1)
            terms = [F.linear(weight, pieces[j]) for j, weight in enumerate(weights(network.embeddings))]
            wide = [table.clone() for table in weights(network.wide)]
            for table, own in zip(wide, shape.slices, strict=True):
                table[:, own] = 0.0
            head, bias, logits = network.heads.weight.clone(), network.heads.bias.clone(), torch.cat(wide)
            for part in shape.slices[: len(shape.cards)]:
                head[part] -= head[part].mean(0)
                bias[part] -= bias[part].mean()
                logits[:, part] -= logits[:, part].mean(1, keepdim=True)
            # What a code adds to its being masked: the row then needs no term for the column that is.
            gains = [term - term[-1] for term in terms]
            return cls(
                network=network,
                first=torch.cat(gains) if gains else torch.zeros(0, shape.hidden),
                first_starts=_starts(gains),
                constant=network.first.bias + sum(term[-1] for term in terms),
                shown=pieces[-2].T.contiguous(),
                flags=pieces[-1].T.contiguous(),
                # A number that is missing has no bin, but the row of zeros at the end.
                wide=torch.cat([logits, torch.zeros(1, shape.outputs)]),
                wide_starts=_starts(wide),
                layers=_layers(network),
                heads=tuple(head[part].contiguous() for part in shape.slices),
                bias=bias,
            )

    def outputs(
        self, codes: Tensor, numbers: Tensor, missing: Tensor, columns: Sequence[int] | None = None
    ) -> Iterator[tuple[int, Tensor]]:
        """Yield columns, all if none are named, and the outputs for each with only itself masked, (k, n)."""
        network, shape = self.network, self.network.shape
        c = len(shape.cards)
        visible = (~missing).float()
        inputs = numbers.clamp(-CLAMP, CLAMP) * visible
        terms = self.first.index_select(0, (codes + self.first_starts).T.flatten()).view(c, len(codes), shape.hidden)
        base = terms.sum(0).add_(self.constant).addmm_(inputs, self.shown)
        base.addmm_(missing.float(), self.flags)
        levels = torch.cat([codes, network.binned(numbers)], 1) + self.wide_starts
        levels[:, c:].masked_fill_(missing, len(self.wide) - 1)
        result = F.embedding_bag(levels, self.wide, mode="sum").add_(self.bias).T.contiguous()
        hidden, other = torch.empty_like(base), torch.empty_like(base)
        for j in range(len(shape.slices)) if columns is None else columns:
            if j < c:
                torch.sub(base, terms[j], out=hidden)
            else:
                torch.addcmul(base, inputs[:, j - c, None], self.shown[j - c], value=-1, out=hidden)
                hidden.addcmul_(visible[:, j - c, None], self.flags[j - c])
            hidden.relu_()
            for weight, bias in self.layers:
                torch.mm(hidden, weight, out=other).add_(bias).relu_()
                hidden, other = other, hidden
            yield j, result[shape.slices[j]].addmm_(self.heads[j], hidden.T)

    def surprise(self, codes: Tensor, numbers: Tensor, missing: Tensor) -> Tensor:
        """Return how far each column is from what was expected of it, (D, n).

        For a number it is the standardized residual, 0 where it is missing. For a code it is the standardized
        surprise (see `tree`): with p = softmax of the logits l of a column (E_p[l] − l_code) / √(Var_p[l] + `SOFT`²).
        """
        c, n = codes.shape[1], len(codes)
        own, residuals = torch.empty(c, n), torch.empty(numbers.shape[1], n)
        # numpy's exponential and sums are twice as fast.
        totals, means, squares = np.empty((3, c, n), np.float32)
        for j, out in self.outputs(codes, numbers, missing):
            if j < c:
                torch.gather(out.clamp_(-LIMIT, LIMIT), 0, codes[None, :, j], out=own[j : j + 1])
                logits = out.numpy()
                shares = np.exp(logits)
                np.add.reduce(shares, 0, out=totals[j])
                shares *= logits
                np.add.reduce(shares, 0, out=means[j])
                shares *= logits
                np.add.reduce(shares, 0, out=squares[j])
            else:
                (location,), (scale,) = (pair.T for pair in location_and_scale(out.T))
                torch.div(numbers[:, j - c] - location, scale, out=residuals[j - c])
        means /= totals
        squares /= totals
        squares -= means * means
        np.sqrt(np.maximum(squares, 0.0, out=squares) + np.float32(SOFT**2), out=squares)
        means -= own.numpy()
        means /= squares
        return torch.cat([torch.from_numpy(means), residuals.masked_fill_(missing.T, 0.0)])


def _layers(network: MaskedEncoder) -> tuple[tuple[Tensor, Tensor], ...]:
    """Return the transposed weight and the bias of each layer between the first and the heads.

    What leads to the latent and what leads from it are one, as no activation stands between them.
    """
    inner, to_latent, from_latent = (
        cast(nn.Linear, layer) for layer in (network.to_latent[2], network.to_latent[4], network.from_latent[0])
    )
    through = from_latent.weight @ to_latent.weight
    bias = from_latent.weight @ to_latent.bias + from_latent.bias
    return (inner.weight.T.contiguous(), inner.bias), (through.T.contiguous(), bias)


def _starts(tables: Sequence[Tensor]) -> Tensor:
    lengths = torch.tensor([len(table) for table in tables], dtype=torch.long)
    return lengths.cumsum(0) - lengths
