"""HDBSCAN that was fitted once and is then only asked, as plain arrays.

`hdbscan` predicts with Python objects that cannot be stored without pickle, one row at a time. What it needs
are the arrays below; with them prediction is vectorised, and equal bit for bit to `approximate_predict` and
`approximate_predict_scores` (R. Campello et al., "Hierarchical density estimates for data clustering,
visualization, and outlier detection", 2015). Two cases are answered here that they leave open: a hierarchy that
never splits, which they call noise as a whole, and GLOSH beside reference rows that are equal to each other,
where they divide infinities.

Where GLOSH is the same for all reference rows it tells nothing; then the core distance, the distance to the k-th
nearest reference row, takes its place, squeezed so that the reference rows' median is 0.5.

**Shape**: m reference rows of d values; t nodes of the condensed tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.features.arrays import Floats

if TYPE_CHECKING:
    import hdbscan

    from anomaly_detection.scoring.neighbors import Near, Neighbors


@dataclass(frozen=True)
class Prediction:
    """Cluster (-1: noise), strength of membership and outlier score, GLOSH or core distance, of n rows.

    GLOSH is below 0 for a point that lies denser than all reference rows of its cluster.
    """

    cluster: NDArray[np.int64]
    membership: Floats
    outlier_score: Floats


@dataclass(frozen=True)
class Clustering:
    """A fitted HDBSCAN. Nodes of the condensed tree are counted from its root."""

    reference: Floats
    core_distances: Floats
    point_parent: NDArray[np.int64]
    point_lambda: Floats
    node_parent: NDArray[np.int64]
    node_lambda: Floats
    node_label: NDArray[np.int64]
    node_max_lambda: Floats
    subtree_max_lambda: Floats
    min_samples: NDArray[np.int64]

    @cached_property
    def neighbors(self) -> Neighbors:
        """The reference rows, to be asked for those near to a point."""
        # Only prediction needs torch.
        from anomaly_detection.scoring.neighbors import Neighbors

        return Neighbors(self.reference)

    @cached_property
    def _typical_core_distance(self) -> float | None:
        """The median core distance of the reference rows where their GLOSH is constant, else None."""
        if np.ptp(self._glosh(self.point_parent, self.point_lambda)) > 0:
            return None
        return max(float(np.median(self.core_distances)), float(np.finfo(np.float64).tiny))

    @property
    def needed(self) -> int:
        """How many of its neighbors must be known of a point."""
        return 2 * int(self.min_samples)

    def predict(self, points: Floats) -> Prediction:
        """Return where the points, (n, d), would fall in the hierarchy."""
        return self.predict_near(self.neighbors.query(points, self.needed))

    def predict_near(self, near: Near) -> Prediction:
        """Return where points would fall in the hierarchy, given at least `needed` of their neighbors."""
        k = int(self.min_samples)
        distances, neighbors = near.distances[:, : self.needed], near.positions[:, : self.needed]
        if len(distances) == 0:
            return Prediction(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
        # The nearest neighbor by mutual reachability distance decides where a point joins the tree.
        reachability = np.maximum(np.maximum(self.core_distances[neighbors], distances[:, [k]]), distances)
        best = reachability.argmin(1)
        rows = np.arange(len(distances))
        neighbor, distance = neighbors[rows, best], reachability[rows, best]
        with np.errstate(divide="ignore", over="ignore"):
            joins = np.where(distance > 0, 1.0 / distance, np.finfo(np.float64).max)
        node, leaves = self.point_parent[neighbor], self.point_lambda[neighbor]
        if self._typical_core_distance is None:
            outlier_score = self._glosh(node, np.where(distances.min(1) == 0, leaves, joins))
        else:
            outlier_score = distances[:, k] / (distances[:, k] + self._typical_core_distance)
        node = self._climb(node.copy(), joins, np.flatnonzero(leaves > joins))
        label = self.node_label[node]
        return Prediction(label, self._membership(label, self.node_max_lambda[node], joins), outlier_score)

    def _climb(self, node: NDArray[np.int64], joins: Floats, active: NDArray[np.intp]) -> NDArray[np.int64]:
        while len(active):
            up = (node[active] > 0) & (self.node_lambda[node[active]] >= joins[active])
            active = active[up]
            node[active] = self.node_parent[node[active]]
        return node

    def _glosh(self, node: NDArray[np.int64], joins: Floats) -> Floats:
        most = self.subtree_max_lambda[node]
        with np.errstate(invalid="ignore", over="ignore"):
            score = (most - joins) / np.where(most > 0, most, 1.0)
        # Nothing is denser than equal rows, and beside rows that are all equal every other one is an outlier.
        score = np.where(np.isinf(most), 1.0, score)
        return np.where((most > 0) & np.isfinite(joins), score, 0.0)

    @staticmethod
    def _membership(label: NDArray[np.int64], most: Floats, joins: Floats) -> Floats:
        strength = np.where(most > 0, np.minimum(most, joins) / np.where(most > 0, most, 1.0), 1.0)
        return np.where(label >= 0, strength, 0.0)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what the clustering consists of, by name."""
        return {f"cluster_{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Clustering:
        """Undo `arrays`."""
        return cls(**{field.name: arrays[f"cluster_{field.name}"] for field in fields(cls)})


def fit_hdbscan(points: Floats, *, min_samples: int = 5) -> hdbscan.HDBSCAN:
    """Fit HDBSCAN on reference rows, (m, d), as this project does everywhere."""
    # Only training needs the library, whose import takes seconds.
    import hdbscan

    size = max(10, len(points) // 50)
    return hdbscan.HDBSCAN(
        min_cluster_size=size,
        min_samples=min_samples,
        allow_single_cluster=True,
        prediction_data=True,
        core_dist_n_jobs=1,
    ).fit(points)


def freeze(fitted: hdbscan.HDBSCAN) -> Clustering:
    """Return the arrays that prediction needs of a fitted HDBSCAN."""
    data = fitted.prediction_data_
    tree = fitted.condensed_tree_._raw_tree
    m, root = len(data.raw_data), int(tree["parent"].min())
    nodes = int(max(tree["parent"].max(), tree["child"].max())) + 1 - root
    points = tree[tree["child"] < m]
    point_parent, point_lambda = np.empty(m, np.int64), np.empty(m)
    point_parent[points["child"]] = points["parent"] - root
    point_lambda[points["child"]] = points["lambda_val"]
    node_parent, node_lambda = np.zeros(nodes, np.int64), np.full(nodes, -np.inf)
    splits = data.cluster_tree
    node_parent[splits["child"] - root] = splits["parent"] - root
    node_lambda[splits["child"] - root] = splits["lambda_val"]
    label, most = np.full(nodes, -1, np.int64), np.zeros(nodes)
    for node, cluster in data.cluster_map.items():
        label[int(node) - root] = cluster
    for node, value in data.max_lambdas.items():
        most[int(node) - root] = value
    # Equal rows join at an infinite λ, beside which all others would be alike: the greatest finite one counts.
    subtree = np.zeros(nodes)
    finite = np.isfinite(tree["lambda_val"])
    np.maximum.at(subtree, tree["parent"][finite] - root, tree["lambda_val"][finite])
    for parent, child in zip(splits["parent"][::-1] - root, splits["child"][::-1] - root, strict=True):
        subtree[parent] = max(subtree[parent], subtree[child])
    subtree[np.setdiff1d(tree["parent"] - root, np.flatnonzero(subtree))] = np.inf
    return Clustering(
        reference=np.ascontiguousarray(data.raw_data, np.float64),
        core_distances=np.asarray(data.core_distances, np.float64),
        point_parent=point_parent,
        point_lambda=point_lambda,
        node_parent=node_parent,
        node_lambda=node_lambda,
        node_label=label,
        node_max_lambda=most,
        subtree_max_lambda=subtree,
        min_samples=np.array(fitted.min_samples or fitted.min_cluster_size, np.int64),
    )
