"""Scoring with every column masked in turn, without running the network once per column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from anomaly_detection.network import CLAMP, MaskedEncoder, embedding_width, weights


@dataclass(frozen=True)
class MaskedTables:
    """A trained network rearranged for scoring every column with itself masked.

    The first layer and the wide logits are sums with one term per column, so each term becomes a table by
    code, and masking a column exchanges one term of a sum that is made once.
    """

    network: MaskedEncoder
    first: Tensor
    first_starts: Tensor
    wide: Tensor
    wide_starts: Tensor
    own_wide: tuple[Tensor, ...]
    shown: Tensor
    flags: Tensor

    @classmethod
    def of(cls, network: MaskedEncoder) -> MaskedTables:
        """Compute the tables."""
        shape = network.shape
        with torch.inference_mode():
            widths = [embedding_width(k) for k in shape.known]
            pieces = torch.split(network.first.weight, [*widths, shape.numbers, shape.numbers], 1)
            terms = [F.linear(weight, pieces[j]) for j, weight in enumerate(weights(network.embeddings))]
            wide = weights(network.wide)
            own = tuple(table[:, part].contiguous() for table, part in zip(wide, shape.slices, strict=True))
            nothing = torch.zeros(0, shape.hidden)
            return cls(
                network=network,
                first=torch.cat(terms) if terms else nothing,
                first_starts=_starts(terms),
                wide=torch.cat(wide),
                wide_starts=_starts(wide),
                own_wide=own,
                shown=pieces[-2].T.contiguous(),
                flags=pieces[-1].T.contiguous(),
            )

    def predict(self, codes: Tensor, numbers: Tensor, missing: Tensor) -> list[Tensor]:
        """Return for each column its outputs with only that column masked: D tensors (n, k_j) or (n, 2)."""
        network, shape = self.network, self.network.shape
        visible = (~missing).float()
        inputs = numbers.clamp(-CLAMP, CLAMP) * visible
        base = network.first.bias + inputs @ self.shown + missing.float() @ self.flags
        positions = codes + self.first_starts
        variants = torch.empty(len(shape.slices), len(codes), shape.hidden)
        c = len(shape.cards)
        if c:
            base += F.embedding_bag(positions, self.first, mode="sum")
        for j, card in enumerate(shape.known):
            torch.sub(base, self.first[positions[:, j]], out=variants[j])
            variants[j] += self.first[self.first_starts[j] + card]
        for j in range(shape.numbers):
            torch.sub(base, inputs[:, j, None] * self.shown[j], out=variants[c + j])
            variants[c + j] += visible[:, j, None] * self.flags[j]
        deep = network.from_latent(network.to_latent(variants))
        levels = torch.cat([codes, network.binned(numbers)], 1)
        shown = torch.cat([torch.ones(codes.shape), visible], 1)
        wide = F.embedding_bag(levels + self.wide_starts, self.wide, mode="sum", per_sample_weights=shown)
        wide += network.heads.bias
        return [
            torch.addmm(wide[:, part], deep[j], network.heads.weight[part].T)
            - self.own_wide[j][levels[:, j]] * shown[:, j, None]
            for j, part in enumerate(shape.slices)
        ]


def _starts(tables: Sequence[Tensor]) -> Tensor:
    lengths = torch.tensor([len(table) for table in tables], dtype=torch.long)
    return lengths.cumsum(0) - lengths
