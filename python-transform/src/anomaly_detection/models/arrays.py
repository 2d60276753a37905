"""What the arrays of a model must look like before anything is computed with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.errors import ModelError
from anomaly_detection.features.discretizer import BINS
from anomaly_detection.features.featurizer import Featurizer
from anomaly_detection.scoring.breadth import BINS as BREADTH_BINS
from anomaly_detection.scoring.neighbors import MOST_REFERENCE_ROWS
from anomaly_detection.scoring.tails import GRID

Arrays = Mapping[str, NDArray[Any]]
Shapes = dict[str, tuple[type, tuple[int, ...]]]

LARGEST = 1e30
"""Far beyond what standardised numbers and logarithms come to, and third powers of it are finite."""


def check_arrays(arrays: Arrays, featurizer: Featurizer, *, where: str) -> None:
    """Raise `ModelError` for an array that is missing, too many, or of a wrong type, shape or content."""
    sized = ("cluster_reference", "cluster_node_parent", "calibration_scores", *_SIZES)
    for name in sized:
        if name not in arrays:
            raise ModelError(f"{where}: array {name!r} is missing")
        if arrays[name].ndim == 0:
            raise ModelError(f"{where}: array {name!r}: expected a list of values, found one")
    _check_reference(arrays, where)
    _check_shapes(arrays, _expected(arrays, featurizer), where)
    _check_rules({**cluster_rules(arrays), **_rules(arrays)}, where)


def check_cluster_arrays(arrays: Arrays, width: int, *, where: str) -> None:
    """Raise `ModelError` unless these are a clustering of points of that many values; scores may be calibrated."""
    for name in ("cluster_reference", "cluster_node_parent"):
        if name not in arrays or arrays[name].ndim == 0:
            raise ModelError(f"{where}: array {name!r} is missing")
    _check_reference(arrays, where)
    shapes = cluster_shapes(arrays, width)
    if "calibration_scores" in arrays:
        shapes["calibration_scores"] = (np.float64, (arrays["calibration_scores"].size,))
    _check_shapes(arrays, shapes, where)
    rules = cluster_rules(arrays)
    if "calibration_scores" in arrays:
        rules["calibration_scores"] = _calibrates(arrays["calibration_scores"])
    _check_rules(rules, where)


def _check_reference(arrays: Arrays, where: str) -> None:
    rows = len(arrays["cluster_reference"])
    if rows > MOST_REFERENCE_ROWS:
        raise ModelError(
            f"{where}: array 'cluster_reference': expected at most {MOST_REFERENCE_ROWS:,} rows, found {rows:,}"
        )


def _check_shapes(arrays: Arrays, expected: Shapes, where: str) -> None:
    for name in sorted({*arrays, *expected}):
        if name not in expected:
            raise ModelError(f"{where}: array {name!r} is not known")
        if name not in arrays:
            raise ModelError(f"{where}: array {name!r} is missing")
        kind, shape = expected[name]
        array = arrays[name]
        if array.dtype != kind or array.shape != shape:
            raise ModelError(
                f"{where}: array {name!r}: expected {np.dtype(kind)} of shape {shape}, "
                f"found {array.dtype} of shape {array.shape}"
            )
        if np.isnan(array).any() or (name not in _MAY_BE_INFINITE and not np.isfinite(array).all()):
            raise ModelError(f"{where}: array {name!r} holds values that are not finite")
        if name not in _MAY_BE_INFINITE and array.dtype == np.float64 and (np.abs(array) > LARGEST).any():
            raise ModelError(f"{where}: array {name!r} holds values beyond ±{LARGEST:g}")


def _check_rules(rules: Mapping[str, bool], where: str) -> None:
    for name, is_right in rules.items():
        if not is_right:
            raise ModelError(f"{where}: array {name!r} holds values that no training makes")


_MAY_BE_INFINITE = {
    "cluster_point_lambda",
    "cluster_node_lambda",
    "cluster_node_max_lambda",
    "cluster_subtree_max_lambda",
}


_SIZES = ("tree_links", "tree_optional", "copies_by_category")


def _expected(arrays: Arrays, featurizer: Featurizer) -> Shapes:
    """Return dtype and shape by name; sizes that training chose are taken from one array each."""
    cards, k = featurizer.cards, len(featurizer.numeric)
    d = len(cards) + k
    optional, copied = len(arrays["tree_optional"]), len(arrays["copies_by_category"])
    sizes = (*cards, *[BINS] * k, *[2] * optional)
    amounts = sum(feature.kind == "numeric" for feature in featurizer.numeric)
    links = arrays["tree_links"]
    shapes: Shapes = {
        **cluster_shapes(arrays, 2 * d),
        "tree_edges": (np.float64, (k, BINS - 1)),
        "tree_optional": (np.int64, (optional,)),
        "tree_links": (np.int64, (len(links), 2)),
        "frequency_negative_log": (np.float64, (len(cards), max(cards, default=0))),
        "frequency_missing": (np.float64, (d,)),
        "tail_grid": (np.float64, (k, GRID)),
        "tail_excess": (np.float64, (k, 2)),
        "residual_grid": (np.float64, (k, GRID)),
        "residual_excess": (np.float64, (k, 2)),
        "encoder_trust": (np.float64, (d,)),
        "copies_amounts": (np.bool_, (k,)),
        "copies_by_category": (np.uint64, (copied,)),
        "copies_by_date": (np.uint64, (copied,)),
        "copies_whole": (np.uint64, (copied,)),
        "copies_numbers": (np.float64, (copied, amounts)),
        "copies_evidence": (np.float64, (2,)),
        "score_distances": (np.float64, (2,)),
        "score_breadths": (np.float64, (2,)),
        "score_weights": (np.float64, (3,)),
        "breadth_codes": (np.float64, (len(cards), max(cards, default=0))),
        "breadth_bins": (np.float64, (k, BREADTH_BINS + 1)),
        "breadth_missing": (np.float64, (k,)),
        "breadth_low": (np.float64, (k,)),
        "breadth_width": (np.float64, (k,)),
        "breadth_usual": (np.float64, (d,)),
        "score_midpoint": (np.float64, ()),
        "calibration_scores": (np.float64, (len(arrays["calibration_scores"]),)),
    }
    for e, (given, told) in enumerate(links.tolist() if _is_pairs(links) else ()):
        if _within(np.array([given, told]), 0, len(sizes) - 1):
            shapes[f"tree_table_{e}"] = (np.float64, (sizes[given], sizes[told]))
    for j, size in enumerate(sizes):
        shapes[f"tree_marginal_{j}"] = (np.float64, (size,))
    return shapes


def cluster_shapes(arrays: Arrays, width: int) -> Shapes:
    """Return dtype and shape of the arrays of a clustering."""
    reference, nodes = len(arrays["cluster_reference"]), len(arrays["cluster_node_parent"])
    shapes: Shapes = {
        "cluster_reference": (np.float64, (reference, width)),
        "cluster_min_samples": (np.int64, ()),
    }
    for name in ("core_distances", "point_lambda"):
        shapes[f"cluster_{name}"] = (np.float64, (reference,))
    shapes["cluster_point_parent"] = (np.int64, (reference,))
    for name in ("node_lambda", "node_max_lambda", "subtree_max_lambda"):
        shapes[f"cluster_{name}"] = (np.float64, (nodes,))
    for name in ("node_parent", "node_label"):
        shapes[f"cluster_{name}"] = (np.int64, (nodes,))
    return shapes


def _is_pairs(links: NDArray[Any]) -> bool:
    return links.dtype == np.int64 and links.shape == (len(links), 2)


def cluster_rules(arrays: Arrays) -> dict[str, bool]:
    """Return by name whether the arrays of a clustering hold what they can hold."""
    nodes = len(arrays["cluster_node_parent"])
    climbs = arrays["cluster_node_parent"][1:]
    return {
        "cluster_point_parent": _within(arrays["cluster_point_parent"], 0, nodes - 1),
        # A parent stands before its children, so that climbing ends.
        "cluster_node_parent": bool(np.all((climbs >= 0) & (climbs < np.arange(1, nodes)))) and nodes > 0,
        "cluster_node_label": _within(arrays["cluster_node_label"], -1, nodes),
        "cluster_min_samples": 1 <= int(arrays["cluster_min_samples"]) < len(arrays["cluster_reference"]),
    }


def _rules(arrays: Arrays) -> dict[str, bool]:
    d = len(arrays["frequency_missing"])
    return {
        "tree_optional": _within(arrays["tree_optional"], 0, d - 1),
        "tree_links": _within(arrays["tree_links"], 0, d + len(arrays["tree_optional"]) - 1),
        "tail_excess": bool((arrays["tail_excess"] > 0).all()),
        "residual_excess": bool((arrays["residual_excess"] > 0).all()),
        "encoder_trust": bool((arrays["encoder_trust"] >= 0).all()),
        "copies_by_category": len(arrays["copies_by_category"]) > 0 and _ascend(arrays["copies_by_category"]),
        "copies_by_date": _ascend(arrays["copies_by_date"]),
        "copies_whole": _ascend(arrays["copies_whole"]),
        "copies_evidence": bool((arrays["copies_evidence"] >= 0).all()),
        "score_distances": bool(np.diff(arrays["score_distances"])[0] > 0),
        "score_breadths": bool(np.diff(arrays["score_breadths"])[0] > 0),
        "score_weights": bool((arrays["score_weights"] >= 0).all()),
        "breadth_width": bool((arrays["breadth_width"] > 0).all()),
        "score_midpoint": float(arrays["score_midpoint"]) > 0,
        "calibration_scores": _calibrates(arrays["calibration_scores"]),
        "frequency_missing": bool(((arrays["frequency_missing"] > 0) & (arrays["frequency_missing"] < 1)).all()),
    }


def _calibrates(scores: NDArray[Any]) -> bool:
    return len(scores) > 0 and bool((np.diff(scores) >= 0).all()) and _within(scores, 0, 1)


def _within(array: NDArray[Any], low: int, high: int) -> bool:
    return bool(((array >= low) & (array <= high)).all())


def _ascend(keys: NDArray[Any]) -> bool:
    return bool((keys[1:] >= keys[:-1]).all())
