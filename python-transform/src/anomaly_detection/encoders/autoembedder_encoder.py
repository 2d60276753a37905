"""Scoring by an autoembedder: how far each column's reconstruction is from what stands there.

A reconstructed embedding lies between those of the k levels. Level i has the probability
(1 − ε) exp(−d_i² / 2 s²) / Σ + ε / k, with d_i its distance, s the column's spread, under which held-out rows are
likeliest, and ε the slack: one row more than were held out could be anything. The nearest level is the likeliest. A
number's residual is in units of its spread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from anomaly_detection.encoders.autoembedder_network import AutoembedderNetwork, AutoembedderShape, steady
from anomaly_detection.encoders.encoder import BLOCK, Expected, Likely, Located, blocks, excess
from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.featurizer import Encoded

CELLS = 2**16
"""Distances that are computed together."""


@dataclass(frozen=True)
class AutoembedderEncoder:
    """A trained autoembedder that is only read from."""

    network: AutoembedderNetwork

    @classmethod
    def of_state(cls, shape: AutoembedderShape, state: Mapping[str, Tensor]) -> AutoembedderEncoder:
        """Build the network and load its weights; raise `ValueError` for spreads that no training gives."""
        network = AutoembedderNetwork(shape)
        network.load_state_dict(dict(state), strict=True)
        if not ((network.spread > 0).all() and 0 < network.slack < 1):
            raise ValueError("expected spreads above 0 and a slack between 0 and 1, found others")
        steady(network.model)
        return cls(network.eval())

    @property
    def shape(self) -> AutoembedderShape:
        """What its network is built from."""
        return self.network.shape

    def state(self) -> Mapping[str, Tensor]:
        """Return the weights, as they stand in `encoder.pth`."""
        state: Mapping[str, Tensor] = self.network.state_dict()
        return state

    def surprise(self, rows: Encoded) -> Floats:
        """Return how far each column is from its reconstruction, (n, D); see `ColumnEncoder.surprise`."""
        c = len(self.shape.cards)
        result = np.zeros((len(rows), c + self.shape.numbers))
        for where, codes, numbers, missing in blocks(rows, BLOCK):
            with torch.inference_mode():
                embedded, located = self.network(codes, numbers.double(), missing)
                columns = [self._excess(j, part, codes[:, j]) for j, part in enumerate(embedded)]
                residuals = ((numbers - located) / self.network.spread[c:]).masked_fill(missing, 0.0)
                found = torch.cat([*(column[:, None] for column in columns), residuals], 1)
            result[where] = found.numpy()[: where.stop - where.start]
        return result

    def expected(self, rows: Encoded, columns: NDArray[np.int64]) -> dict[int, Expected]:
        """Return what is expected of the named columns, each for all n rows."""
        c = len(self.shape.cards)
        found: dict[int, list[Tensor]] = {int(j): [] for j in columns}
        for where, codes, numbers, missing in blocks(rows, BLOCK):
            with torch.inference_mode():
                embedded, located = self.network(codes, numbers.double(), missing)
                for j in found:
                    out = torch.cat(list(self._likely(j, embedded[j]))) if j < c else located[:, j - c]
                    found[j].append(out[: where.stop - where.start])
        result: dict[int, Expected] = {}
        for j, parts in found.items():
            out = torch.cat(parts).numpy()
            result[j] = Likely(out) if j < c else Located(out, np.full(len(out), float(self.network.spread[j])))
        return result

    def _excess(self, j: int, embedded: Tensor, codes: Tensor) -> Tensor:
        parts = self._likely(j, embedded)
        return torch.cat(
            [excess(likely, some) for likely, some in zip(parts, torch.split(codes, self._rows(j)), strict=True)]
        )

    def _likely(self, j: int, embedded: Tensor) -> Iterator[Tensor]:
        table = self.network.tables[j]
        for some in torch.split(embedded, self._rows(j)):
            yield log_probabilities(squared_distances(some, table), self.network.spread[j], self.network.slack)

    def _rows(self, j: int) -> int:
        """Return how many rows of a block have distances to all levels of a column that fit into the cache."""
        # A power of two: no row of a block is left over, whose bits could be others.
        return 1 << max(3, (CELLS // self.shape.cards[j]).bit_length() - 1)


def log_probabilities(squared: Tensor, spread: Tensor, slack: Tensor) -> Tensor:
    """Return the log probability of each level, (n, k), given the squared distances to them."""
    near = F.softmax(-squared / (2 * spread**2), 1)
    return torch.log((1 - slack) * near + slack / squared.shape[1])


def squared_distances(points: Tensor, table: Tensor) -> Tensor:
    """Return the squared distance of each point, (n, w), to each row of a table, (k, w): (n, k)."""
    # Summed dimension by dimension: a matrix product would cancel, and take its bits from the batch.
    total = torch.zeros(len(points), len(table), dtype=points.dtype)
    for point, row in zip(points.T, table.T.contiguous(), strict=True):
        difference = point[:, None] - row
        total += difference * difference
    return total
