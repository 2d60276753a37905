"""The nearest reference rows, exactly as scikit-learn's KDTree finds them, many times faster in many columns.

A matrix product in single precision gives approximate squared distances. In the last bits of each stands which row
of its group it is of, so that one selection of the least numbers of a group finds the nearest rows themselves. The
few candidates are measured again as the tree measures: squares added up column by column in double precision. Where
rounding or a tie leaves a doubt about who is nearest, the tree itself is asked, so that results are equal bit for bit.

**Shape**: m reference rows and n points of d values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_detection.features.arrays import Floats

if TYPE_CHECKING:
    from sklearn.neighbors import KDTree

GROUP_BITS = 9
GROUP = 1 << GROUP_BITS
"""Reference rows that are selected from together: numpy selects from so many without a branch."""

MOST_REFERENCE_ROWS = 2**17
"""So that the distances of a block take 256 MiB at the most."""

BLOCK = 512
"""Points that are measured together: their distances to a group stay in the cache."""

SPARE = 2
"""Candidates beyond k; a doubt is rarer the more there are."""

_INDEX = np.int32(GROUP - 1)


@dataclass(frozen=True)
class Near:
    """The nearest reference rows of n points: distances, ascending, and positions, (n, k) each.

    `tail` are the squared distances to the same rows in the last columns alone.
    """

    distances: Floats
    positions: NDArray[np.int64]
    tail: Floats

    def take(self, rows: NDArray[np.int64]) -> Near:
        """Return those of the points at these positions."""
        return Near(self.distances[rows], self.positions[rows], self.tail[rows])


@dataclass(frozen=True)
class Neighbors:
    """Reference rows, (m, d), that can be asked for the nearest to a point; their tail is from a column on."""

    reference: Floats
    tail_from: int = 0

    def query(self, points: Floats, k: int) -> Near:
        """Return the k nearest reference rows of the points, (n, d), or all where there are fewer."""
        k = min(k, len(self.reference))
        if not k + SPARE < min(len(self.reference), GROUP):
            return self._ask_tree(points, k)
        near, beyond = self._candidates(points, k + SPARE + 1)
        squared, tail = self._squared(points, near)
        order = squared.argsort(0, kind="stable")[: k + 1]
        squared = np.take_along_axis(squared, order, 0)
        # Roots can be equal where squares are not.
        distances = np.sqrt(squared)
        tied = (distances[1:] == distances[:-1]).any(0)
        doubtful = np.flatnonzero(tied | ~(squared[k - 1] < beyond))
        positions = np.ascontiguousarray(np.take_along_axis(near, order[:k], 0).T)
        tail = np.ascontiguousarray(np.take_along_axis(tail, order[:k], 0).T)
        distances = np.ascontiguousarray(distances[:k].T)
        if len(doubtful):
            asked = self._ask_tree(points[doubtful], k)
            distances[doubtful], positions[doubtful], tail[doubtful] = asked.distances, asked.positions, asked.tail
        return Near(distances, positions, tail)

    def _squared(self, points: Floats, near: NDArray[Any]) -> tuple[Floats, Floats]:
        """Return the squared distances of points to reference rows, (k, n), in all columns and in the tail."""
        squared, tail, difference = np.zeros(near.shape), np.zeros(near.shape), np.empty(near.shape)
        for j, (point, column) in enumerate(zip(np.ascontiguousarray(points.T), self._columns, strict=True)):
            np.take(column, near, out=difference, mode="clip")
            difference -= point
            difference *= difference
            squared += difference
            if j >= self.tail_from:
                tail += difference
        return squared, tail

    def _candidates(self, points: Floats, count: int) -> tuple[NDArray[np.int64], Floats]:
        """Return `count` rows that are nearly the nearest, (count, n), and what no other's square is below, (n,)."""
        product, index = self._prepared
        groups = product.shape[1] // GROUP
        centered = points - self._center
        own = (centered**2).sum(1)
        extended = torch.from_numpy(np.concatenate([centered, np.ones((len(points), 1)), own[:, None]], 1)).float()
        found = np.empty((len(points), groups, count), np.int32)
        squares = torch.empty(min(BLOCK, len(points)), product.shape[1])
        for begin in range(0, len(points), BLOCK):
            some = extended[begin : begin + BLOCK]
            block = squares[: len(some)]
            with torch.inference_mode():
                torch.mm(some, product, out=block).relu_()
                # The bits of numbers that are not negative are in the order of the numbers.
                keys = block.view(torch.int32).bitwise_and_(int(~_INDEX)).bitwise_or_(index)
            parts = keys.numpy().reshape(len(some), groups, GROUP)
            parts.partition(count - 1, axis=2)
            found[begin : begin + BLOCK] = parts[:, :, :count]
        rows = (found & _INDEX) + (np.arange(groups, dtype=np.int32) << GROUP_BITS)[:, None]
        every = len(points), groups * count
        order = found.reshape(every).argpartition(count - 1, axis=1)[:, :count]
        nearest = np.take_along_axis(rows.reshape(every), order, 1)
        last = np.take_along_axis(found.reshape(every), order[:, -1:], 1)[:, 0]
        beyond = np.ascontiguousarray(last & ~_INDEX).view(np.float32).astype(np.float64)
        # Single precision is off by a few units in the last place of the longest vectors that can be so near.
        error = 64 * np.finfo(np.float32).eps * (np.sqrt(own) + np.sqrt(beyond)) ** 2
        with np.errstate(invalid="ignore"):
            return nearest.T.astype(np.int64, order="C"), beyond - error

    @cached_property
    def _tree(self) -> KDTree:
        # Hardly ever needed, and slow to import.
        from sklearn.neighbors import KDTree

        return KDTree(self.reference)

    @cached_property
    def _center(self) -> Floats:
        center: Floats = self.reference.mean(0)
        return center

    @cached_property
    def _columns(self) -> Floats:
        return np.ascontiguousarray(self.reference.T)

    @cached_property
    def _prepared(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what makes squared distances of (point, 1, its squared length), and each row's place in its group."""
        centered = self.reference - self._center
        padding = -len(centered) % GROUP
        lengths = np.concatenate([(centered**2).sum(1), np.full(padding, np.inf)])
        rows = np.concatenate([centered, np.zeros((padding, centered.shape[1]))])
        product = torch.from_numpy(np.concatenate([-2.0 * rows.T, lengths[None], np.ones((1, len(rows)))]))
        return product.float().contiguous(), torch.arange(len(rows), dtype=torch.int32).bitwise_and_(int(_INDEX))

    def _ask_tree(self, points: Floats, k: int) -> Near:
        if len(points) == 0:
            return Near(np.empty((0, k)), np.empty((0, k), np.int64), np.empty((0, k)))
        distances, positions = self._tree.query(points, k=k)
        _, tail = self._squared(points, positions.T)
        return Near(distances, positions, np.ascontiguousarray(tail.T))
