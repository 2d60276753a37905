"""The nearest reference rows, exactly as scikit-learn's KDTree finds them, many times faster in many columns.

A matrix product in single precision gives approximate distances; the k best are among the k groups of
reference rows with the least minima, and the few candidates left are measured again as the tree measures:
squares added up column by column in double precision. Where rounding or a tie leaves a doubt about who is
nearest, the tree itself is asked, so that results are equal bit for bit.

**Shape**: m reference rows and n points of d values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_detection.features import Floats

if TYPE_CHECKING:
    from sklearn.neighbors import KDTree

GROUP = 16
BLOCK = 256
"""Points that are measured together: their distances to a few thousand rows stay in the cache."""

SPARE = 6
"""Candidates beyond k; a doubt is rarer the more there are."""


@dataclass(frozen=True)
class Neighbors:
    """Reference rows, (m, d), that can be asked for the nearest to a point."""

    reference: Floats

    def query(self, points: Floats, k: int) -> tuple[Floats, NDArray[np.int64]]:
        """Return distances, ascending, and positions of the k nearest reference rows, (n, k) each."""
        k = min(k, len(self.reference))
        if len(self.reference) < 2 * GROUP * (k + SPARE):
            return self._ask_tree(points, k)
        distances = np.empty((len(points), k))
        positions = np.empty((len(points), k), np.int64)
        doubtful = np.zeros(len(points), dtype=bool)
        for begin in range(0, len(points), BLOCK):
            where = slice(begin, begin + BLOCK)
            distances[where], positions[where], doubtful[where] = self._search(points[where], k)
        if doubtful.any():
            distances[doubtful], positions[doubtful] = self._ask_tree(points[doubtful], k)
        return distances, positions

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
    def _prepared(self) -> tuple[torch.Tensor, torch.Tensor, Floats]:
        """Return −2 × the centered rows transposed, their squared lengths, padded to whole groups."""
        centered = self.reference - self._center
        padding = -len(centered) % GROUP
        lengths = np.concatenate([(centered**2).sum(1), np.full(padding, np.inf)])
        rows = np.concatenate([centered, np.zeros((padding, centered.shape[1]))])
        product = torch.from_numpy(-2.0 * rows.T).float().contiguous()
        return product, torch.from_numpy(lengths).float(), np.ascontiguousarray(self.reference.T)

    def _ask_tree(self, points: Floats, k: int) -> tuple[Floats, NDArray[np.int64]]:
        if len(points) == 0:
            return np.empty((0, k)), np.empty((0, k), np.int64)
        distances, positions = self._tree.query(points, k=k)
        return distances, positions

    def _search(self, points: Floats, k: int) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]:
        product, lengths, columns = self._prepared
        wanted = k + SPARE
        centered = points - self._center
        own = (centered**2).sum(1)
        with torch.inference_mode():
            # The squared distance but for the point's own length, which is the same for all.
            rough = torch.addmm(lengths, torch.from_numpy(centered).float(), product)
            groups = rough.view(len(points), GROUP, -1)
            best = groups.amin(1).topk(wanted, dim=1, largest=False, sorted=False).indices
            inside = groups.gather(2, best[:, None, :].expand(-1, GROUP, -1)).flatten(1)
            values, chosen = inside.topk(wanted, dim=1, largest=False, sorted=True)
            candidates = chosen // wanted * groups.shape[2] + best.gather(1, chosen % wanted)
            beyond = values[:, -1].double().numpy() + own
        near = candidates.numpy()
        squared = np.zeros(near.shape)
        for j, column in enumerate(columns):
            difference = points[:, j, None] - column.take(near, mode="clip")
            squared += difference * difference
        order = squared.argsort(1, kind="stable")
        squared = np.take_along_axis(squared, order, 1)
        positions = np.take_along_axis(near, order, 1)
        distances = np.sqrt(squared)
        # Single precision is off by a few units in the last place of the longest vectors there are.
        error = 64 * np.finfo(np.float32).eps * (own + self._longest)
        tied = (np.diff(distances[:, : k + 1]) == 0).any(1)
        doubtful = tied | (squared[:, k - 1] + error >= beyond)
        return distances[:, :k], positions[:, :k], doubtful

    @cached_property
    def _longest(self) -> float:
        return float(((self.reference - self._center) ** 2).sum(1).max())
