"""How surprising each column of a row is, by three models: the encoder, the tree and the marginals.

Each gives a matrix (n, D) of surprises; divided by their root mean square on training rows and clipped at 0
they can be compared between columns. They are what HDBSCAN clusters and what explains a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.encoder import Encoder
from anomaly_detection.features import MISSING, Encoded, Floats
from anomaly_detection.tree import DependencyTree

MODELS = ("encoder", "tree", "rarity")
CLIP = 30.0
"""Standardised numbers are clipped to ± this where rows are compared by distance."""


MISSING_WEIGHT = 0.4
"""What the surprise of a missing value counts: that something is not there contradicts nothing beside it."""


@dataclass(frozen=True)
class Frequencies:
    """−log of each code's share in training, (C, k) padded, and the share of missing numbers, (K,)."""

    negative_log: Floats
    missing: Floats

    @classmethod
    def fit(cls, rows: Encoded, cards: tuple[int, ...]) -> Frequencies:
        """Count codes; a code that was not seen counts as half a row."""
        table = np.zeros((len(cards), max(cards, default=0)))
        for j, card in enumerate(cards):
            counts = np.bincount(rows.codes[:, j], minlength=card)
            table[j, :card] = -np.log(np.maximum(counts, 0.5) / len(rows))
        missing = (rows.missing.sum(0) + 0.5) / (len(rows) + 1)
        return cls(table, missing)

    def of(self, rows: Encoded) -> Floats:
        """Return −log frequency of each categorical cell, (n, C)."""
        result = np.empty(rows.codes.shape)
        for j, table in enumerate(self.negative_log):
            result[:, j] = table[rows.codes[:, j]]
        return result

    def surprise(self, rows: Encoded) -> Floats:
        """Return each cell's −log frequency less the column's entropy; half the square for a number."""
        table = self.negative_log
        entropy = (np.exp(-table) * table).sum(1)
        gone = -np.log(self.missing)
        gone_entropy = self.missing * gone - (1 - self.missing) * np.log1p(-self.missing)
        half_square = np.minimum(rows.numbers**2 / 2, CLIP)
        numbers = np.where(rows.missing, gone - gone_entropy, half_square)
        return np.concatenate([self.of(rows) - entropy, numbers], 1)


@dataclass(frozen=True)
class SurpriseModel:
    """The three models and their scales, (3, D)."""

    encoder: Encoder
    tree: DependencyTree
    frequencies: Frequencies
    scales: Floats

    @classmethod
    def fit(cls, encoder: Encoder, rows: Encoded, cards: tuple[int, ...]) -> SurpriseModel:
        """Fit the tree and the marginals on training rows, and the scales of all three."""
        tree = DependencyTree.fit(rows, cards)
        frequencies = Frequencies.fit(rows, cards)
        ones = np.ones((len(MODELS), rows.codes.shape[1] + rows.numbers.shape[1]))
        raw = cls(encoder, tree, frequencies, ones)._raw(rows)
        return cls(encoder, tree, frequencies, np.sqrt((raw**2).mean(1)) + 0.1)

    def __call__(self, rows: Encoded) -> Floats:
        """Return the scaled surprises, (3, n, D), all at least 0."""
        return np.maximum(self._raw(rows) / self.scales[:, None, :], 0.0)

    def _raw(self, rows: Encoded) -> Floats:
        raw = np.stack([self.encoder.surprise(rows), self.tree.surprise(rows), self.frequencies.surprise(rows)])
        missing = np.concatenate([rows.codes == MISSING, rows.missing], 1)
        weighted: Floats = np.where(missing, MISSING_WEIGHT * raw, raw)
        return weighted

    def place(self, rows: Encoded) -> Floats:
        """Return −log frequencies and clipped numbers, (n, D): where a row lies among the others."""
        return np.concatenate([self.frequencies.of(rows), np.clip(rows.numbers, -CLIP, CLIP)], 1)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all but the encoder's weights, by name."""
        return {
            **self.tree.arrays(),
            "frequency_negative_log": self.frequencies.negative_log,
            "frequency_missing": self.frequencies.missing,
            "surprise_scales": self.scales,
        }

    @classmethod
    def of_arrays(cls, encoder: Encoder, arrays: Mapping[str, NDArray[Any]]) -> SurpriseModel:
        """Undo `arrays`."""
        frequencies = Frequencies(arrays["frequency_negative_log"], arrays["frequency_missing"])
        return cls(encoder, DependencyTree.of_arrays(arrays), frequencies, arrays["surprise_scales"])
