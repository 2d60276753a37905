"""The encoder: a trained network that says how surprising each column is, given all the others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from anomaly_detection.encoders.masked_tables import MaskedTables
from anomaly_detection.encoders.network import EncoderShape, MaskedEncoder, location_and_scale
from anomaly_detection.features.arrays import Floats, by_column
from anomaly_detection.features.featurizer import UNKNOWN, Encoded
from anomaly_detection.features.tree import SOFT

BLOCK, FEW = 1024, 64
"""Rows that go through the network together, scored and explained; fewer are padded, so that results never depend
on the batch."""


@dataclass(frozen=True)
class Likely:
    """What is expected of a categorical column: the log probability of each code, (n, k)."""

    log_probabilities: Floats

    def take(self, rows: NDArray[np.int64]) -> Likely:
        """Return what is expected of the rows at these positions."""
        return Likely(self.log_probabilities[rows])


@dataclass(frozen=True)
class Located:
    """What is expected of a numeric column: location and scale of a Student-t distribution, (n,) each."""

    location: Floats
    scale: Floats

    def take(self, rows: NDArray[np.int64]) -> Located:
        """Return what is expected of the rows at these positions."""
        return Located(self.location[rows], self.scale[rows])


Expected = Likely | Located


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

    @property
    def shape(self) -> EncoderShape:
        """What its network is built from."""
        return self.network.shape

    def state(self) -> Mapping[str, Tensor]:
        """Return the weights, as they stand in `encoder.pth`."""
        state: Mapping[str, Tensor] = self.network.state_dict()
        return state

    @cached_property
    def _tables(self) -> MaskedTables:
        return MaskedTables.of(self.network)

    def surprise(self, rows: Encoded) -> Floats:
        """Return how far each column is from what was expected of it, (n, D).

        For a categorical column this is its standardized surprise (see `tree`), for a number its standardized
        residual with its sign; 0 for a number that is missing.
        """
        c = len(self.network.shape.cards)
        result = by_column((len(rows), c + self.network.shape.numbers))
        rows = self.network.shape.fold(rows)
        for where, codes, numbers, missing in blocks(rows, BLOCK):
            with torch.inference_mode():
                surprises = self._tables.surprise(codes, numbers, missing)
            result[where] = surprises.numpy().T[: where.stop - where.start]
        return result

    def latent(self, rows: Encoded) -> Floats:
        """Return the bottleneck z of each row with nothing masked but what is missing, (n, Z)."""
        c = len(self.network.shape.cards)
        result = np.zeros((len(rows), self.network.shape.latent))
        rows = self.network.shape.fold(rows)
        for where, codes, numbers, missing in blocks(rows, BLOCK):
            masked = torch.cat([torch.zeros(codes.shape[0], c, dtype=torch.bool), missing], 1)
            with torch.inference_mode():
                z = self.network.latent(codes, numbers, masked)
            result[where] = z.double().numpy()[: where.stop - where.start]
        return result

    def expected(self, rows: Encoded, columns: NDArray[np.int64]) -> dict[int, Expected]:
        """Return what is expected of the named columns, each for all n rows."""
        if len(columns) == 0:
            return {}
        c = len(self.network.shape.cards)
        rows = self.network.shape.fold(rows)
        asked = [int(j) for j in columns]
        found: dict[int, list[Tensor]] = {j: [] for j in asked}
        # Few rows are explained: small blocks waste less on padding.
        for where, codes, numbers, missing in blocks(rows, FEW):
            with torch.inference_mode():
                for j, out in self._tables.outputs(codes, numbers, missing, asked):
                    found[j].append(out[:, : where.stop - where.start].T)
        result: dict[int, Expected] = {}
        for j, parts in found.items():
            outputs = torch.cat(parts)
            if j < c:
                result[j] = Likely(_spread(F.log_softmax(outputs, 1), self.network.shape.cards[j]).double().numpy())
            else:
                location, scale = location_and_scale(outputs)
                result[j] = Located(location[:, 0].double().numpy(), scale[:, 0].double().numpy())
        return result


def excess(logits: Tensor, codes: Tensor) -> Tensor:
    """Return the standardized surprise of each code, (n,), given the logits of all, (n, k); see `tree`."""
    log = F.log_softmax(logits, 1)
    weighted = log.exp() * log
    entropy = -weighted.sum(1)
    varentropy = ((weighted * log).sum(1) - entropy**2).clamp(min=0.0)
    return (-log.gather(1, codes[:, None])[:, 0] - entropy) / (varentropy + SOFT**2).sqrt()


def _spread(logs: Tensor, card: int) -> Tensor:
    """Return log probabilities, (n, card), of which the codes that are not told apart have equal parts of one."""
    folded = card - logs.shape[1]
    if folded == 0:
        return logs
    shared = logs[:, UNKNOWN] - math.log(folded + 1)
    logs = torch.cat([logs, shared[:, None].expand(-1, folded)], 1)
    logs[:, UNKNOWN] = shared
    return logs


def tensors(rows: Encoded) -> tuple[Tensor, Tensor, Tensor]:
    """Return codes, numbers and missing flags as tensors."""
    return (
        torch.from_numpy(rows.codes),
        torch.from_numpy(rows.numbers).float(),
        torch.from_numpy(rows.missing),
    )


def blocks(rows: Encoded, size: int) -> Iterator[tuple[slice, Tensor, Tensor, Tensor]]:
    """Yield the tensors of `size` rows at a time, and where the results of those that are not padding belong."""
    for begin in range(0, len(rows), size):
        where = slice(begin, min(begin + size, len(rows)))
        some = rows.take(where)
        if len(some) < size:
            some = some.take(np.minimum(np.arange(size), len(some) - 1))
        yield where, *tensors(some)
