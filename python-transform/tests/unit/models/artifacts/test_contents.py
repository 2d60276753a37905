"""Weights and arrays that no training makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from anomaly_detection.errors import ModelError
from anomaly_detection.models.arrays import check_arrays
from anomaly_detection.models.artifacts import ENCODER, MODEL
from anomaly_detection.models.safe_files import load_arrays

from .changed import Reseal, refused, saved, state_of


def changed_weights(state: dict[str, torch.Tensor], change: str) -> Any:
    name, value = "heads.weight", state["heads.weight"]
    return {
        "nothing": {},
        "missing": {key: weight for key, weight in state.items() if key != name},
        "extra": {**state, "more": value},
        "shape": {**state, name: value[:-1]},
        "transposed": {**state, name: value.T},
        "double": {**state, name: value.double()},
        "whole": {**state, name: value.long()},
        "complex": {**state, name: value.to(torch.complex64)},
        "sparse": {**state, name: value.to_sparse()},
        "nowhere": {**state, name: value.to("meta")},
        "nan": {**state, name: torch.full_like(value, float("nan"))},
        "infinite": {**state, "edges": torch.full_like(state["edges"], float("inf"))},
        "text": {**state, name: "text"},
        "list": {**state, name: value.tolist()},
        "none": None,
        "tensor": value,
        "pairs": list(state.items()),
    }[change]


CHANGES = (
    "nothing", "missing", "extra", "shape", "transposed", "double", "whole", "complex", "sparse", "nowhere",
    "nan", "infinite", "text", "list", "none", "tensor", "pairs",
)  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning:torch")
@pytest.mark.parametrize("change", CHANGES)
def test_other_weights_are_refused(small: Any, hostile: Reseal, change: str) -> None:
    content = saved(changed_weights(state_of(small.artifacts), change))
    refused(hostile(replace(small.artifacts, encoder=content)), ENCODER)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 100, b"\x80\x02}q\x00.", b"text"]
)
@pytest.mark.parametrize("field", ["encoder", "model"])
def test_other_files_are_refused(small: Any, hostile: Reseal, field: str, content: bytes) -> None:
    refused(hostile(replace(small.artifacts, **{field: content})), ENCODER if field == "encoder" else MODEL)


@pytest.fixture(scope="module")
def arrays(small: Any) -> dict[str, Any]:
    return load_arrays(small.artifacts.model, MODEL)


@pytest.fixture
def check(small: Any) -> Callable[[dict[str, Any]], str]:
    """Assert that arrays are refused, and return why."""

    def run(arrays: dict[str, Any]) -> str:
        with pytest.raises(ModelError) as error:
            check_arrays(arrays, small.detector.featurizer, where="m")
        return str(error.value)

    return run


def test_the_right_arrays_pass(small: Any, arrays: dict[str, Any]) -> None:
    check_arrays(arrays, small.detector.featurizer, where="m")


def test_every_array_is_needed(arrays: dict[str, Any], check: Any, with_arrays: Any) -> None:
    for name in arrays:
        left = {other: array for other, array in arrays.items() if other != name}
        assert check(left) == f"m: array {name!r} is missing"
    refused(with_arrays(score_midpoint=None), MODEL)


def test_an_array_too_many_is_refused(with_arrays: Any) -> None:
    assert refused(with_arrays(more=np.zeros(3)), MODEL) == f"{MODEL}: array 'more' is not known"


# Others take their size from these, and may be named first.
SIZES = ("cluster_reference", "cluster_node_parent", "tree_links", "tree_optional", "copies_by_category")


def test_every_array_is_checked_for_type_and_shape(arrays: dict[str, Any], check: Any) -> None:
    for name, array in arrays.items():
        others = [
            np.zeros(array.shape, np.float32),
            np.zeros(array.shape, np.int32),
            np.zeros(array.shape, array.dtype.newbyteorder(">")),
            np.zeros(array.shape, "U8"),
            np.zeros(array.shape, bool),
            array[None],
            np.zeros((3, 1, 2), array.dtype),
            np.zeros((), array.dtype) if array.ndim else np.zeros(1, array.dtype),
        ]
        for other in others:
            if (other.dtype, other.shape) == (array.dtype, array.shape):
                continue
            message = check({**arrays, name: other})
            assert f"array {name!r}" in message or name in SIZES


def test_an_empty_array_is_refused(arrays: dict[str, Any], check: Any) -> None:
    for name, array in arrays.items():
        if array.ndim and len(array):
            check({**arrays, name: array[:0]})


def test_every_array_is_checked_for_nan(arrays: dict[str, Any], check: Any) -> None:
    for name, array in arrays.items():
        if array.dtype == np.float64 and array.size:
            wrong = array.copy()
            wrong.flat[-1] = np.nan
            assert check({**arrays, name: wrong}) == f"m: array {name!r} holds values that are not finite"


def edited(array: Any, *cells: tuple[Any, float]) -> Any:
    array = array.copy()
    for where, value in cells:
        array[where] = value
    return array


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("cluster_point_parent", lambda a: edited(a, (0, 10**6))),
        ("cluster_point_parent", lambda a: edited(a, (0, -1))),
        ("cluster_node_label", lambda a: edited(a, (0, 10**6))),
        ("cluster_node_label", lambda a: edited(a, (0, -2))),
        ("cluster_min_samples", lambda a: np.array(0)),
        ("cluster_min_samples", lambda a: np.array(-5)),
        ("cluster_min_samples", lambda a: np.array(10**9)),
        ("score_distances", lambda a: a[::-1]),
        ("score_breadths", lambda a: a[::-1]),
        ("score_weights", lambda a: edited(a, (1, -1.0))),
        ("breadth_width", lambda a: edited(a, (0, 0.0))),
        ("tail_excess", lambda a: edited(a, ((0, 0), 0.0))),
        ("residual_excess", lambda a: edited(a, ((0, 1), -1.0))),
        ("encoder_trust", lambda a: edited(a, (0, -0.5))),
        ("copies_evidence", lambda a: edited(a, (1, -0.5))),
        ("copies_whole", lambda a: a[::-1]),
        ("copies_by_date", lambda a: a[::-1]),
        ("copies_by_category", lambda a: a[::-1]),
        ("calibration_scores", lambda a: a + 1),
        ("score_midpoint", lambda a: np.array(0.0)),
        ("score_midpoint", lambda a: np.array(-1.0)),
        ("calibration_scores", lambda a: a[::-1]),
        ("calibration_scores", lambda a: np.zeros(0)),
        ("frequency_missing", lambda a: edited(a, (0, 0.0))),
        ("frequency_missing", lambda a: edited(a, (0, 1.0))),
        ("cluster_reference", lambda a: edited(a, ((0, 0), np.inf))),
        ("cluster_core_distances", lambda a: edited(a, (0, np.inf))),
    ],
)
def test_values_that_no_training_makes_are_refused(
    arrays: dict[str, Any], check: Any, name: str, edit: Callable[[Any], Any]
) -> None:
    assert f"array {name!r}" in check({**arrays, name: edit(arrays[name])})


@pytest.mark.parametrize("name", ["breadth_codes", "tree_table_0", "cluster_reference", "score_distances"])
def test_numbers_that_come_to_infinity_are_refused(with_arrays: Any, arrays: dict[str, Any], name: str) -> None:
    wrong = with_arrays(**{name: np.full_like(arrays[name], 1e308)})
    assert refused(wrong, MODEL) == f"{MODEL}: array {name!r} holds values beyond ±1e+30"


def test_more_reference_rows_than_can_be_asked_are_refused(with_arrays: Any, arrays: dict[str, Any]) -> None:
    rows = np.zeros((2**17 + 1, arrays["cluster_reference"].shape[1]))
    found = refused(with_arrays(cluster_reference=rows), MODEL)
    assert found == f"{MODEL}: array 'cluster_reference': expected at most 131,072 rows, found 131,073"


def test_finite_weights_that_come_to_infinity_are_no_scores(small: Any, hostile: Reseal) -> None:
    state = {name: value * 1e30 for name, value in state_of(small.artifacts).items()}
    detector = hostile(replace(small.artifacts, encoder=saved(state))).detector()
    with pytest.raises(ModelError, match="expected finite scores"):
        detector.score(small.batch)


@pytest.mark.parametrize("parents", [[0, 1], [0, 2, 1], [0, 0, 2], [0, 0, 5], [0, -1, 1], [0, 2, 0]])
def test_clusters_that_climb_for_ever_or_out_of_the_tree_are_refused(with_arrays: Any, parents: list[int]) -> None:
    nodes = len(parents)
    arrays = {f"cluster_{name}": np.ones(nodes) for name in ("node_lambda", "node_max_lambda", "subtree_max_lambda")}
    climbing = with_arrays(
        cluster_node_parent=np.array(parents), cluster_node_label=np.zeros(nodes, np.int64), **arrays
    )
    assert "array 'cluster_" in refused(climbing, MODEL)


@pytest.mark.parametrize("name", ["tree_links", "tree_optional"])
def test_a_column_beyond_those_that_there_are_is_refused(arrays: dict[str, Any], check: Any, name: str) -> None:
    for value in (10**9, -1, -(2**63)):
        changed = arrays[name].copy()
        changed.flat[0] = value
        assert "array 'tree_" in check({**arrays, name: changed})
