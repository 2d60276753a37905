"""A Chow–Liu tree over the columns: the functional dependencies that a small sample cannot teach a network.

The tree is the maximum spanning tree of pairwise mutual information (C. K. Chow, C. N. Liu, "Approximating
discrete probability distributions with dependence trees", 1968), here less its bias (r - 1)(c - 1) / 2n, and
each column has a table of probabilities given its parent, smoothed by its marginal.

**Shape**: D discrete columns with k_1 … k_D codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from anomaly_detection.features import Encoded, Floats

BINS = 8


@dataclass(frozen=True)
class Discretizer:
    """Bins of the numeric columns: quantiles, one bin below and one above all that was seen, one for missing."""

    edges: Floats

    @classmethod
    def fit(cls, rows: Encoded) -> Discretizer:
        """Learn the edges, (K, BINS + 1), from the numbers that are there."""
        edges = np.zeros((rows.numbers.shape[1], BINS + 1))
        for j in range(len(edges)):
            there = rows.numbers[~rows.missing[:, j], j]
            if len(there):
                edges[j] = np.quantile(there, np.linspace(0, 1, BINS + 1))
                edges[j, 0] -= 0.5
                edges[j, -1] += 0.5
        return cls(edges)

    @property
    def cards(self) -> tuple[int, ...]:
        """How many codes each numeric column has."""
        return (BINS + 3,) * len(self.edges)

    def apply(self, rows: Encoded) -> NDArray[np.int64]:
        """Return all columns as codes, (n, D)."""
        bins = np.empty(rows.numbers.shape, np.int64)
        for j, edges in enumerate(self.edges):
            bins[:, j] = np.searchsorted(edges, rows.numbers[:, j], side="left")
        return np.concatenate([rows.codes, np.where(rows.missing, BINS + 2, bins)], 1)


@dataclass(frozen=True)
class DependencyTree:
    """The parent of each column (-1: none) and its log probabilities: (k_parent, k_j), or (1, k_j)."""

    discretizer: Discretizer
    parents: NDArray[np.int64]
    tables: tuple[Floats, ...]

    @classmethod
    def fit(cls, rows: Encoded, cards: tuple[int, ...]) -> DependencyTree:
        """Fit on training rows; `cards` are the codes of the categorical columns."""
        discretizer = Discretizer.fit(rows)
        codes = discretizer.apply(rows)
        sizes = cards + discretizer.cards
        parents = _parents(codes, sizes)
        tables = []
        for j, parent in enumerate(parents):
            marginal = np.bincount(codes[:, j], minlength=sizes[j]) + 0.5
            marginal /= marginal.sum()
            if parent < 0:
                tables.append(np.log(marginal)[None])
            else:
                counts = _joint(codes[:, parent], codes[:, j], sizes[parent], sizes[j]) + marginal
                tables.append(np.log(counts / counts.sum(1, keepdims=True)))
        return cls(discretizer, parents, tuple(tables))

    def surprise(self, rows: Encoded) -> Floats:
        """Return each column's negative log likelihood given its parent less the entropy there, (n, D)."""
        codes = self.discretizer.apply(rows)
        result = np.empty(codes.shape)
        for j, (parent, table) in enumerate(zip(self.parents, self.tables, strict=True)):
            given = codes[:, parent] if parent >= 0 else np.zeros(len(codes), np.int64)
            entropy = -(np.exp(table) * table).sum(1)
            result[:, j] = -table[given, codes[:, j]] - entropy[given]
        return result

    def log_probabilities(self, rows: Encoded) -> list[Floats]:
        """Return for each column the log probability of each code given its parent: D arrays (n, k_j)."""
        codes = self.discretizer.apply(rows)
        nothing = np.zeros(len(codes), np.int64)
        return [
            table[codes[:, parent] if parent >= 0 else nothing]
            for parent, table in zip(self.parents, self.tables, strict=True)
        ]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what the tree consists of, by name."""
        tables = {f"tree_table_{j}": table for j, table in enumerate(self.tables)}
        return {"tree_edges": self.discretizer.edges, "tree_parents": self.parents, **tables}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> DependencyTree:
        """Undo `arrays`."""
        parents = arrays["tree_parents"]
        tables = tuple(arrays[f"tree_table_{j}"] for j in range(len(parents)))
        return cls(Discretizer(arrays["tree_edges"]), parents, tables)


def _joint(a: NDArray[np.int64], b: NDArray[np.int64], size_a: int, size_b: int) -> Floats:
    return np.bincount(a * size_b + b, minlength=size_a * size_b).reshape(size_a, size_b).astype(float)


def _information(joint: Floats) -> float:
    n = joint.sum()
    seen = joint > 0
    independent = np.outer(joint.sum(1), joint.sum(0))
    information = (joint[seen] / n * np.log(joint[seen] * n / independent[seen])).sum()
    rows, columns = seen.any(1).sum(), seen.any(0).sum()
    return float(information - (rows - 1) * (columns - 1) / (2 * n))


def _parents(codes: NDArray[np.int64], sizes: tuple[int, ...]) -> NDArray[np.int64]:
    d = len(sizes)
    weights = np.zeros((d, d))
    for i in range(d):
        for j in range(i):
            weights[i, j] = max(_information(_joint(codes[:, i], codes[:, j], sizes[i], sizes[j])), 0.0)
    forest = minimum_spanning_tree(csr_array(-weights))
    parents = np.full(d, -1, np.int64)
    reached: set[int] = set()
    for root in range(d):
        if root not in reached:
            order, before = breadth_first_order(forest, root, directed=False)
            reached.update(int(node) for node in order)
            for node in order[1:]:
                parents[node] = before[node]
    return parents
