"""How surprising each column of a row is, by three models: the encoder, the tree and the marginals.

Each gives a matrix (n, D) of surprises in nats or multiples of what varies, at least 0, so that they can be
compared between columns and models. They are what HDBSCAN clusters and what explains a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.encoders.encoder import Located
from anomaly_detection.encoders.network import DEGREES
from anomaly_detection.encoders.shapes import ColumnEncoder
from anomaly_detection.features.arrays import Floats, by_column
from anomaly_detection.features.discretizer import present
from anomaly_detection.features.featurizer import MISSING, Encoded
from anomaly_detection.features.tree import DependencyTree, standardized
from anomaly_detection.scoring.tails import Tails
from anomaly_detection.scoring.weights import WEIGHTS

MODELS = ("encoder", "tree", "rarity")
LEAST_UNSEEN = 20
"""Numbers that it takes to say whether they are predicted."""

CLIP = 30.0
"""Standardised numbers are clipped to ± this where rows are compared by distance."""


@dataclass(frozen=True)
class Frequencies:
    """−log of each code's share in training, (C, k) padded with 0, and the share of missing values, (D,)."""

    negative_log: Floats
    missing: Floats

    @classmethod
    def fit(cls, rows: Encoded, cards: tuple[int, ...]) -> Frequencies:
        """Count codes; a code that was not seen counts as half a row."""
        table = np.zeros((len(cards), max(cards, default=0)))
        for j, card in enumerate(cards):
            counts = np.bincount(rows.codes[:, j], minlength=card)
            table[j, :card] = -np.log(np.maximum(counts, 0.5) / len(rows))
        missing = ((~present(rows)).sum(0) + 0.5) / (len(rows) + 1)
        return cls(table, missing)

    def of(self, rows: Encoded) -> Floats:
        """Return −log frequency of each categorical cell, (n, C)."""
        result = by_column(rows.codes.shape)
        for j, table in enumerate(self.negative_log):
            result[:, j] = table[rows.codes[:, j]]
        return result

    def surprise(self, rows: Encoded, cards: tuple[int, ...], tails: Tails) -> Floats:
        """Return the standardized surprise of each value among the column's, or of its being missing, (n, D)."""
        result = by_column((len(rows), len(cards) + rows.numbers.shape[1]))
        for j, card in enumerate(cards):
            logs = -self.negative_log[j, :card].copy()
            logs[MISSING] = -np.inf
            logs -= np.logaddexp.reduce(logs)
            logs[MISSING] = -700.0
            result[:, j] = standardized(logs)[rows.codes[:, j]]
        result[:, len(cards) :] = tails(rows.numbers)
        gone = standardized(np.log(np.stack([self.missing, 1 - self.missing], 1)))[:, 0]
        return np.where(present(rows), result, gone)


@dataclass(frozen=True)
class SurpriseModel:
    """The three models; `residuals` are the tails of the encoder's, and `trust`, (D,), what it counts."""

    encoder: ColumnEncoder
    tree: DependencyTree
    frequencies: Frequencies
    tails: Tails
    residuals: Tails
    trust: Floats

    @classmethod
    def fit(cls, encoder: ColumnEncoder, rows: Encoded, cards: tuple[int, ...], unseen: Encoded) -> SurpriseModel:
        """Fit all but the encoder on training rows, and what the encoder counts on rows that it has not seen."""
        c = len(cards)
        raw = encoder.surprise(unseen)
        residuals = Tails.fit(raw[:, c:], ~unseen.missing)
        ones = np.ones(raw.shape[1])
        tree, frequencies = DependencyTree.fit(rows, cards), Frequencies.fit(rows, cards)
        model = cls(encoder, tree, frequencies, Tails.fit(rows.numbers, ~rows.missing), residuals, ones)
        by_encoder, by_tree, by_rarity = model(unseen)
        calm, own = (np.sqrt((found**2).mean(0)) + 0.1 for found in (np.maximum(by_tree, by_rarity), by_encoder))
        trust = WEIGHTS.encoder * np.minimum(calm / own, 1.0)
        trust[c:] *= _told(encoder, unseen)
        return cls(encoder, tree, frequencies, model.tails, residuals, trust)

    def __call__(self, rows: Encoded) -> Floats:
        """Return the surprises, (3, n, D), all at least 0."""
        c = rows.codes.shape[1]
        there = present(rows)
        by_encoder = self.encoder.surprise(rows)
        by_encoder[:, c:] = np.where(rows.missing, 0.0, self.residuals(by_encoder[:, c:]))
        value, presence = self.tree.surprise(rows)
        found: Floats = np.empty((len(MODELS), *by_encoder.T.shape)).transpose(0, 2, 1)
        np.multiply(by_encoder, self.trust, out=found[0])
        np.maximum(value, presence, out=found[1])
        found[2] = self.frequencies.surprise(rows, self._cards, self.tails)
        found *= np.where(there, 1.0, WEIGHTS.missing)
        return np.maximum(found, 0.0, out=found)

    @property
    def _cards(self) -> tuple[int, ...]:
        return self.encoder.shape.cards

    def points(self, rows: Encoded, surprises: Floats) -> Floats:
        """Return where rows lie among others, (n, 2 D): each column's most surprise, then its place.

        Its place is the −log frequency of a category, or the number, clipped; `surprises` are what a call gave.
        """
        numbers = np.clip(rows.numbers, -CLIP, CLIP)
        return np.concatenate([surprises.max(0), self.frequencies.of(rows), numbers], 1)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all but the encoder's weights, by name."""
        return {
            **self.tree.arrays(),
            "frequency_negative_log": self.frequencies.negative_log,
            "frequency_missing": self.frequencies.missing,
            "tail_grid": self.tails.grid,
            "tail_excess": self.tails.excess,
            "residual_grid": self.residuals.grid,
            "residual_excess": self.residuals.excess,
            "encoder_trust": self.trust,
        }

    @classmethod
    def of_arrays(cls, encoder: ColumnEncoder, arrays: Mapping[str, NDArray[Any]]) -> SurpriseModel:
        """Undo `arrays`."""
        return cls(
            encoder,
            DependencyTree.of_arrays(arrays),
            Frequencies(arrays["frequency_negative_log"], arrays["frequency_missing"]),
            Tails(arrays["tail_grid"], arrays["tail_excess"]),
            Tails(arrays["residual_grid"], arrays["residual_excess"]),
            arrays["encoder_trust"],
        )


def _told(encoder: ColumnEncoder, rows: Encoded) -> Floats:
    """Return how much the other columns tell the encoder of each number, (K,), from 0 to 1.

    It is √(1 − e^(−2I)), the correlation of two normal variables that tell I nats of each other (E. Linfoot, "An
    informational measure of correlation", 1957); I is how much likelier the numbers are than by their own
    distribution, less two standard errors. Residuals of a prediction that tells nothing are the number's rarity again.
    """
    # For training only, and slow to import.
    from scipy.stats import t as student_t

    c, count = rows.codes.shape[1], rows.numbers.shape[1]
    expected = encoder.expected(rows, np.arange(c, c + count))
    told = np.zeros(count)
    for j in range(count):
        there, located = ~rows.missing[:, j], expected[c + j]
        values = rows.numbers[there, j]
        if isinstance(located, Located) and len(values) >= LEAST_UNSEEN and np.ptp(values) > 0:
            given = student_t.logpdf(values, DEGREES, located.location[there], located.scale[there])
            gains = given - student_t.logpdf(values, *student_t.fit(values, fdf=DEGREES))
            nats = gains.mean() - 2 * gains.std() / np.sqrt(len(gains))
            told[j] = np.sqrt(1 - np.exp(-2 * max(float(nats), 0.0)))
    return told
