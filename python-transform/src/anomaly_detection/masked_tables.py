"""Scoring with every column masked in turn, without running the network once per column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from anomaly_detection.network import CLAMP, MaskedEncoder, embedding_width, weights
from anomaly_detection.tree import SOFT

LIMIT = 60.0
"""Logits end at ± this about their column's mean: their exponentials, times their squares, are finite."""

TOGETHER = 32
"""Outputs whose moments are made together: with a block of rows they stay in the cache."""


@dataclass(frozen=True)
class MaskedTables:
    """A trained network rearranged for scoring every column with itself masked.

    The first layer and the wide logits are sums with one term per column, so each term becomes a table by
    code, and masking a column exchanges one term of a sum that is made once. No column has wide logits for
    itself, since it is never seen when it is predicted, and each column's logits have the mean 0 over its codes.

    **Shape**: n rows, D columns of which C are categorical, O outputs. Logits are (O, n): a column's are contiguous.
    """

    network: MaskedEncoder
    first: Tensor
    first_starts: Tensor
    constant: Tensor
    shown: Tensor
    flags: Tensor
    wide: Tensor
    wide_starts: Tensor
    heads: tuple[Tensor, ...]
    bias: Tensor
    starts: Tensor
    groups: tuple[tuple[tuple[int, slice], ...], ...]

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
                heads=tuple(head[part].contiguous() for part in shape.slices),
                bias=bias,
                starts=torch.tensor([part.start for part in shape.slices[: len(shape.cards)]], dtype=torch.long),
                groups=_groups(shape.slices[: len(shape.cards)]),
            )

    def logits(self, codes: Tensor, numbers: Tensor, missing: Tensor, columns: Sequence[int] | None = None) -> Tensor:
        """Return the outputs of each column with only that column masked, (O, n); only those of `columns` are meant."""
        network, shape = self.network, self.network.shape
        asked = range(len(shape.slices)) if columns is None else columns
        visible = (~missing).float()
        variants = self._variants(codes, numbers.clamp(-CLAMP, CLAMP) * visible, missing, visible, asked)
        deep = network.from_latent(network.to_latent(variants.relu_().flatten(0, 1))).view(len(asked), len(codes), -1)
        levels = torch.cat([codes, network.binned(numbers)], 1) + self.wide_starts
        levels[:, codes.shape[1] :].masked_fill_(missing, len(self.wide) - 1)
        result = F.embedding_bag(levels, self.wide, mode="sum").T + self.bias[:, None]
        for variant, j in zip(deep, asked, strict=True):
            result[shape.slices[j]].addmm_(self.heads[j], variant.T)
        return result

    def _variants(
        self, codes: Tensor, inputs: Tensor, missing: Tensor, visible: Tensor, asked: Sequence[int]
    ) -> Tensor:
        """Return what the first layer gives with each of the columns masked, (len(asked), n, H)."""
        shape, c = self.network.shape, len(self.network.shape.cards)
        positions = (codes + self.first_starts).T.flatten()
        terms = self.first.index_select(0, positions).view(c, len(codes), shape.hidden)
        base = terms.sum(0).add_(self.constant).addmm_(inputs, self.shown)
        base.addmm_(missing.float(), self.flags)
        if len(asked) == len(shape.slices):
            variants = torch.empty(len(asked), len(codes), shape.hidden)
            torch.sub(base, terms, out=variants[:c])
        else:
            variants = torch.stack([base - terms[j] if j < c else base for j in asked])
        for variant, j in zip(variants, asked, strict=True):
            if j >= c:
                torch.addcmul(base, inputs[:, j - c, None], self.shown[j - c], value=-1, out=variant)
                variant.addcmul_(visible[:, j - c, None], self.flags[j - c])
        return variants

    def excess(self, logits: Tensor, codes: Tensor) -> Tensor:
        """Return the standardized surprise of each code, (C, n), given all logits, (O, n); see `tree`.

        With p = softmax of the logits l of a column it is (E_p[l] − l_code) / √(Var_p[l] + `SOFT`²).
        """
        logits = logits[: sum(self.network.shape.known)].clamp(-LIMIT, LIMIT)
        sums = torch.empty(3, codes.shape[1], logits.shape[1])
        for group in self.groups:
            rows = logits[group[0][1].start : group[-1][1].stop]
            moments = torch.empty(3, *rows.shape)
            # numpy's exponential is twice as fast.
            np.exp(rows.numpy(), out=moments[0].numpy())
            torch.mul(moments[0], rows, out=moments[1])
            torch.mul(moments[1], rows, out=moments[2])
            for j, part in group:
                torch.sum(moments[:, part.start - group[0][1].start : part.stop - group[0][1].start], 1, out=sums[:, j])
        mean, square = sums[1] / sums[0], sums[2] / sums[0]
        own = logits.gather(0, (codes + self.starts).T)
        return (mean - own) / (square - mean**2).clamp_(min=0.0).add_(SOFT**2).sqrt_()


def _groups(parts: Sequence[slice]) -> tuple[tuple[tuple[int, slice], ...], ...]:
    """Return columns with their outputs, in groups of about `TOGETHER` outputs."""
    groups: list[list[tuple[int, slice]]] = []
    for j, part in enumerate(parts):
        if not groups or part.stop - groups[-1][0][1].start > TOGETHER:
            groups.append([])
        groups[-1].append((j, part))
    return tuple(map(tuple, groups))


def _starts(tables: Sequence[Tensor]) -> Tensor:
    lengths = torch.tensor([len(table) for table in tables], dtype=torch.long)
    return lengths.cumsum(0) - lengths
