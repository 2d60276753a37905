"""Nearest rows against scikit-learn's KDTree, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import KDTree

from anomaly_detection.features.arrays import Floats
from anomaly_detection.scoring.neighbors import BLOCK, GROUP, SPARE, Neighbors


def normal(rows: int, columns: int, seed: int) -> Floats:
    return np.random.default_rng(seed).normal(0, 1, (rows, columns))


def clustered(rows: int, columns: int, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    centers = np.random.default_rng(99).normal(0, 50, (6, columns))
    return centers[random.integers(0, 6, rows)] + random.normal(0, 0.01, (rows, columns))


def tied(rows: int, columns: int, seed: int) -> Floats:
    return np.random.default_rng(seed).integers(0, 3, (rows, columns)).astype(float)


def nearly_tied(rows: int, columns: int, seed: int) -> Floats:
    return tied(rows, columns, seed) + np.random.default_rng(seed).normal(0, 1e-9, (rows, columns))


def wild(rows: int, columns: int, seed: int) -> Floats:
    return normal(rows, columns, seed) * 10.0 ** np.random.default_rng(seed).integers(-6, 6, columns)


def far_from_zero(rows: int, columns: int, seed: int) -> Floats:
    return normal(rows, columns, seed) + 1e6


KINDS = (normal, clustered, tied, nearly_tied, wild, far_from_zero)


def assert_as_tree(reference: Floats, points: Floats, k: int) -> None:
    found = Neighbors(reference).query(points, k)
    expected_distances, expected_positions = KDTree(reference).query(points, k=k)
    assert np.array_equal(found.distances, expected_distances)
    assert np.array_equal(found.positions, expected_positions)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [1, 5, 10])
def test_neighbors_are_those_of_the_tree(kind: object, k: int) -> None:
    assert callable(kind)
    assert_as_tree(kind(1500, 12, 0), kind(700, 12, 1), k)


@pytest.mark.parametrize("columns", [1, 2, 40])
def test_neighbors_are_those_of_the_tree_in_few_and_many_columns(columns: int) -> None:
    assert_as_tree(normal(1200, columns, 0), normal(500, columns, 1), 5)


@pytest.mark.parametrize("rows", [1200, 1201, 1207, 1215])
def test_neighbors_are_those_of_the_tree_where_groups_are_not_full(rows: int) -> None:
    reference = normal(rows, 6, 0)
    assert_as_tree(reference, np.concatenate([reference[-20:], normal(50, 6, 1)]), 5)


@pytest.mark.parametrize("kind", KINDS)
def test_reference_rows_find_themselves(kind: object) -> None:
    assert callable(kind)
    reference = kind(1000, 8, 0)
    assert_as_tree(reference, reference[:300], 5)
    assert (Neighbors(reference).query(reference[:300], 1).distances == 0).all()


def test_a_small_reference_is_left_to_the_tree() -> None:
    for rows in (1, 3, 7, 5 + SPARE):
        neighbors = Neighbors(normal(rows, 4, 0))
        found = neighbors.query(normal(30, 4, 1), 5)
        expected = KDTree(neighbors.reference).query(normal(30, 4, 1), k=min(5, rows))
        assert np.array_equal(found.distances, expected[0])
        assert np.array_equal(found.positions, expected[1])
        assert "_tree" in vars(neighbors)


@pytest.mark.parametrize("rows", [5 + SPARE + 1, GROUP - 1, GROUP, GROUP + 1, 3 * GROUP + 2])
def test_neighbors_are_found_in_a_group_that_is_not_full_and_in_several(rows: int) -> None:
    reference, points = normal(rows, 6, 0), normal(400, 6, 1)
    assert_as_tree(reference, points, 5)
    neighbors = Neighbors(reference)
    neighbors.query(points, 5)
    assert "_tree" not in vars(neighbors)


def test_more_neighbors_than_a_group_has_are_left_to_the_tree() -> None:
    assert_as_tree(normal(GROUP + 100, 4, 0), normal(5, 4, 1), GROUP)


def test_points_beyond_single_precision_are_left_to_the_tree() -> None:
    reference, points = normal(600, 4, 0), normal(20, 4, 1) * 1e25
    assert_as_tree(reference, points, 5)


@pytest.mark.parametrize("kind", [normal, tied])
@pytest.mark.parametrize("rows", [6, 900])
def test_the_tail_is_the_squared_distance_in_the_last_columns(kind: object, rows: int) -> None:
    assert callable(kind)
    reference, points = kind(rows, 9, 0), kind(300, 9, 1)
    found = Neighbors(reference, 4).query(points, 5)
    expected = ((points[:, None, 4:] - reference[found.positions][:, :, 4:]) ** 2).sum(2)
    assert np.allclose(found.tail, expected, rtol=1e-12)


@pytest.mark.parametrize("rows", [10, 1000])
def test_no_points_have_no_neighbors(rows: int) -> None:
    found = Neighbors(normal(rows, 4, 0)).query(np.zeros((0, 4)), 5)
    assert found.distances.shape == found.positions.shape == found.tail.shape == (0, 5)


@pytest.mark.parametrize("n", [1, BLOCK - 1, BLOCK, BLOCK + 1])
def test_neighbors_do_not_depend_on_the_points_beside(n: int) -> None:
    neighbors, points = Neighbors(normal(900, 10, 0)), normal(2 * BLOCK + 3, 10, 1)
    found = neighbors.query(points, 5)
    some = neighbors.query(points[7 : 7 + n], 5)
    assert np.array_equal(some.distances, found.distances[7 : 7 + n])
    assert np.array_equal(some.positions, found.positions[7 : 7 + n])


def test_the_tree_is_asked_about_ties_only() -> None:
    neighbors = Neighbors(normal(2000, 10, 0))
    neighbors.query(normal(300, 10, 1), 5)
    assert "_tree" not in vars(neighbors)
    tie = Neighbors(tied(2000, 10, 0))
    tie.query(tied(10, 10, 1), 5)
    assert "_tree" in vars(tie)
