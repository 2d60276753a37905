"""A tree over the columns: the functional dependencies that a small sample cannot teach a network.

As in C. K. Chow, C. N. Liu, "Approximating discrete probability distributions with dependence trees", 1968, it is
the maximum spanning tree of what columns tell about each other, but that is measured by leaving each row out: how
much better its value is predicted from the other column than without it. Unlike mutual information this is not
above 0 for two columns of many values that have nothing to do with each other. Links that help in one direction
only, or by chance, are left out.

Every link is read in both directions. A value's surprise is its negative log likelihood less the entropy of the
prediction, in units of what varies there: √(varentropy + `SOFT`²).

**Shape**: N = D + R coded columns (see `Discretizer`) with k_1 … k_N codes; E links.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.features.arrays import Floats, by_column
from anomaly_detection.features.discretizer import Codes, Discretizer, Mask
from anomaly_detection.features.featurizer import MISSING, Encoded

SOFT = 0.7
"""Nats that a surprise is divided by at least."""

SMOOTHING = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Rows that the marginal counts for beside those of a parent's value; each link takes the one that predicts best."""

LEAST_GAIN = 0.005
LEAST_DEVIATIONS = 3.0
"""A link must tell this many nats per row, and so many standard errors more than nothing."""

MOST_ROWS = 20_000
"""Links are chosen on so many rows at most; the tables are counted on all."""

MOST_CELLS = 2**21
"""Larger tables are not made: nothing is learned of so many combinations."""

_LEAST_ROWS = 20


@dataclass(frozen=True)
class DependencyTree:
    """Directed links (2E, 2) as (given, told), and the log probabilities of each: (k_given, k_told).

    `marginals` are the log probabilities without a link, one array per coded column.
    """

    discretizer: Discretizer
    links: Codes
    tables: tuple[Floats, ...]
    marginals: tuple[Floats, ...]

    @classmethod
    def fit(cls, rows: Encoded, cards: tuple[int, ...]) -> DependencyTree:
        """Fit on training rows; `cards` are the codes of the categorical columns."""
        discretizer = Discretizer.fit(rows)
        codes, known = discretizer.apply(rows)
        sizes = discretizer.sizes(cards)
        marginals = []
        for j, size in enumerate(sizes):
            counts = np.bincount(codes[known[:, j], j], minlength=size) + 0.5
            marginals.append(np.log(counts / counts.sum()))
        links, smoothing = _choose_links(
            codes, known, sizes, discretizer.columns(rows.codes.shape[1] + len(discretizer.edges))
        )
        tables = []
        for (i, j), weight in zip(links, smoothing, strict=True):
            both = known[:, i] & known[:, j]
            pairs = codes[both, i] * sizes[j] + codes[both, j]
            cells = np.bincount(pairs, minlength=sizes[i] * sizes[j]).reshape(sizes[i], sizes[j])
            smoothed = cells + weight * np.exp(marginals[j])
            tables.append(np.log(smoothed / smoothed.sum(1, keepdims=True)))
        return cls(discretizer, links, tuple(tables), tuple(marginals))

    @cached_property
    def _surprises(self) -> list[Floats]:
        """The surprise of each told code by each given code, 0 for one that means nothing, which is the last."""
        return [np.pad(standardized(table), ((0, 1), (0, 1))) for table in self.tables]

    def surprise(self, rows: Encoded) -> tuple[Floats, Floats]:
        """Return for each column the largest surprise of its value and of its presence given a link, (n, D) each.

        At least 0, which is also that of columns without links.
        """
        codes, known = self.discretizer.apply(rows)
        d = codes.shape[1] - len(self.discretizer.optional)
        about = self.discretizer.columns(d)
        value, presence = by_column((len(codes), d)), by_column((len(codes), d))
        value[:], presence[:] = 0.0, 0.0
        levels: dict[int, Codes] = {}
        for (i, j), table in zip(self.links.tolist(), self._surprises, strict=True):
            for column, size in ((i, len(table)), (j, table.shape[1])):
                if column not in levels:
                    levels[column] = np.where(known[:, column], codes[:, column], size - 1)
            column = (value if j < d else presence)[:, about[j]]
            np.maximum(column, table.take(levels[i] * table.shape[1] + levels[j]), out=column)
        return value, presence

    def log_probabilities(self, codes: Codes, known: Mask, column: int) -> Floats:
        """Return for a categorical column the log probability of each code given all links, (n, k).

        The links are taken to be independent of each other; results need not sum to 1. `codes` and `known` are what
        the discretizer makes of the rows, (n, N) each.
        """
        logs = self._given_links(column, codes, known)
        optional = np.flatnonzero(self.discretizer.optional == column)
        if len(optional):
            d = codes.shape[1] - len(self.discretizer.optional)
            flags = self._given_links(d + int(optional[0]), codes, known)
            logs += flags[:, 1:]
            logs[:, MISSING] = flags[:, 0]
        return logs

    @cached_property
    def _told(self) -> dict[int, list[tuple[int, Floats]]]:
        """For each told column the given ones, and what each code of theirs adds; the last, of none, adds nothing."""
        told: dict[int, list[tuple[int, Floats]]] = {}
        for (i, j), table in zip(self.links.tolist(), self.tables, strict=True):
            told.setdefault(j, []).append((i, np.pad(table - self.marginals[j], ((0, 1), (0, 0)))))
        return told

    def _given_links(self, column: int, codes: Codes, known: Mask) -> Floats:
        logs = np.repeat(self.marginals[column][None], len(codes), 0)
        for i, gains in self._told.get(column, []):
            logs += gains.take(np.where(known[:, i], codes[:, i], -1), 0)
        logs -= logs.max(1, keepdims=True)
        logs -= np.log(np.exp(logs).sum(1, keepdims=True))
        return logs

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what the tree consists of, by name."""
        return {
            "tree_edges": self.discretizer.edges,
            "tree_optional": self.discretizer.optional,
            "tree_links": self.links,
            **{f"tree_table_{e}": table for e, table in enumerate(self.tables)},
            **{f"tree_marginal_{j}": marginal for j, marginal in enumerate(self.marginals)},
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> DependencyTree:
        """Undo `arrays`."""
        links = arrays["tree_links"]
        discretizer = Discretizer(arrays["tree_edges"], arrays["tree_optional"])
        columns = sum(name.startswith("tree_marginal_") for name in arrays)
        return cls(
            discretizer,
            links,
            tuple(arrays[f"tree_table_{e}"] for e in range(len(links))),
            tuple(arrays[f"tree_marginal_{j}"] for j in range(columns)),
        )


def standardized(logs: Floats) -> Floats:
    """Return the standardized surprise of each code of distributions given as log probabilities, (…, k).

    >>> standardized(np.log([0.5, 0.5]))
    array([0., 0.])
    """
    shares = np.exp(logs)
    entropy = -(shares * logs).sum(-1, keepdims=True)
    varentropy = np.maximum((shares * logs * logs).sum(-1, keepdims=True) - entropy**2, 0.0)
    surprises: Floats = (-logs - entropy) / np.sqrt(varentropy + SOFT**2)
    return surprises


def _choose_links(codes: Codes, known: Mask, sizes: tuple[int, ...], about: Codes) -> tuple[Codes, Floats]:
    """Return the directed links of the tree, (2E, 2), and the smoothing of each."""
    # For training only, and slow to import.
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    step = -(-len(codes) // MOST_ROWS)
    codes, known = codes[::step], known[::step]
    n = len(sizes)
    gains, smoothing = np.zeros((n, n)), np.ones((n, n))
    for i in range(n):
        for j in range(i):
            both = known[:, i] & known[:, j]
            if about[i] == about[j] or sizes[i] * sizes[j] > MOST_CELLS or both.sum() < _LEAST_ROWS:
                continue
            a, b = codes[both, i], codes[both, j]
            gains[i, j], smoothing[i, j] = _gain(a, b, sizes[j])
            gains[j, i], smoothing[j, i] = _gain(b, a, sizes[i])
    weights = np.maximum(np.minimum(gains, gains.T) - LEAST_GAIN, 0.0)
    tree = minimum_spanning_tree(csr_array(-weights)).tocoo()
    pairs = np.stack([tree.row, tree.col], 1).astype(np.int64)
    links = np.concatenate([pairs, pairs[:, ::-1]])
    return links, smoothing[links[:, 0], links[:, 1]]


def _gain(given: Codes, told: Codes, size: int) -> tuple[float, float]:
    """Return how many nats the given column tells of the other per row left out, 0 if by chance, and the smoothing."""
    n = len(given)
    cells, counts = np.unique(given * size + told, return_counts=True)
    left = np.bincount(given)[cells // size] - 1
    marginal = (np.bincount(told, minlength=size)[cells % size] - 0.5) / (n - 1 + 0.5 * size)
    best, gain, weight = -np.inf, 0.0, 1.0
    for smoothing in SMOOTHING:
        logs = np.log((counts - 1 + smoothing * marginal) / (left + smoothing))
        # One more row than there is, of a value that its parent never has: else no smoothing would be too little.
        typical = (left * counts).sum() / n
        likelihood = float((counts * logs).sum() + np.log(smoothing / (typical + smoothing)))
        if likelihood > best:
            gains = logs - np.log(marginal)
            mean = float((counts * gains).sum() / n)
            error = np.sqrt(max(float((counts * gains**2).sum() / n) - mean**2, 1e-12) / n)
            best, gain, weight = likelihood, mean if mean > LEAST_DEVIATIONS * error else 0.0, smoothing
    return gain, weight
