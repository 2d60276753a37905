"""The dependency tree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from anomaly_detection.features import Encoded
from anomaly_detection.tree import BINS, DependencyTree, Discretizer


def rows_of(codes: np.ndarray, numbers: np.ndarray | None = None, missing: np.ndarray | None = None) -> Encoded:
    n = len(codes)
    numbers = np.zeros((n, 0)) if numbers is None else numbers
    missing = np.zeros(numbers.shape, dtype=bool) if missing is None else missing
    return Encoded(codes, np.where(missing, 0.0, numbers), missing)


def functional(n: int = 1000, seed: int = 0) -> Encoded:
    """Owner (20) → role (4) → region (2), and a column of noise."""
    random = np.random.default_rng(seed)
    owner = random.integers(0, 20, n)
    return rows_of(np.stack([owner, owner % 4, owner % 2, random.integers(0, 5, n)], 1))


CARDS = (20, 4, 2, 5)


def test_functional_dependencies_are_edges() -> None:
    tree = DependencyTree.fit(functional(), CARDS)
    edges = {frozenset((child, int(parent))) for child, parent in enumerate(tree.parents) if parent >= 0}
    assert frozenset((0, 1)) in edges
    assert frozenset((1, 2)) in edges or frozenset((0, 2)) in edges


def test_a_column_of_noise_stands_in_the_way_of_no_dependency() -> None:
    tree = DependencyTree.fit(functional(), CARDS)
    assert 3 not in tree.parents
    assert tree.surprise(functional(seed=1))[:, 3].max() < 3


def test_independent_columns_seldom_have_parents(make_rows: Callable[..., Encoded]) -> None:
    # The bias of mutual information is taken off: what is left of independent columns is as often below 0.
    found = [DependencyTree.fit(make_rows(2000, (6, 6), seed=seed, numbers=0), (6, 6)).parents for seed in range(40)]
    assert np.mean([(parents >= 0).any() for parents in found]) < 0.65
    assert (DependencyTree.fit(make_rows(2000, (6,)), (6,)).parents == -1).all()


def test_a_broken_dependency_is_a_surprise_and_a_kept_one_is_none() -> None:
    tree = DependencyTree.fit(functional(), CARDS)
    rows = functional(seed=1)
    wrong = rows_of(rows.codes.copy())
    wrong.codes[:, 1] = (wrong.codes[:, 1] + 1) % 4
    assert tree.surprise(wrong)[:, :2].max(1).min() > 3
    assert tree.surprise(rows)[:, :3].max() < 3


@pytest.mark.parametrize("seed", range(5))
def test_parents_are_a_forest(seed: int, make_rows: Callable[..., Encoded]) -> None:
    rows = make_rows(300, (3, 4, 5, 2, 6, 3), 3, seed=seed)
    rows.codes[:, 1] = rows.codes[:, 0] + 1
    parents = DependencyTree.fit(rows, (3, 4, 5, 2, 6, 3)).parents
    for node in range(len(parents)):
        steps = 0
        while parents[node] >= 0:
            node, steps = int(parents[node]), steps + 1
            assert steps <= len(parents)


def test_tables_are_probabilities_of_all_codes(make_rows: Callable[..., Encoded]) -> None:
    rows, cards = make_rows(400, (3, 4), 2), (3, 5)
    rows.codes[:, 1] = rows.codes[:, 0]
    tree = DependencyTree.fit(rows, cards)
    sizes = (*cards, BINS + 3, BINS + 3)
    for j, (parent, table) in enumerate(zip(tree.parents, tree.tables, strict=True)):
        assert table.shape == (sizes[parent] if parent >= 0 else 1, sizes[j])
        assert np.allclose(np.exp(table).sum(1), 1)
        assert np.isfinite(table).all()
    for j, log in enumerate(tree.log_probabilities(rows)):
        assert log.shape == (400, sizes[j])
        assert np.allclose(np.exp(log).sum(1), 1)


def test_surprise_is_likelihood_less_entropy() -> None:
    tree, rows = DependencyTree.fit(functional(), CARDS), functional(50, seed=3)
    logs, codes, found = tree.log_probabilities(rows), rows.codes, tree.surprise(rows)
    for j, log in enumerate(logs):
        entropy = -(np.exp(log) * log).sum(1)
        assert np.allclose(found[:, j], -log[np.arange(50), codes[:, j]] - entropy)


def test_numbers_have_bins_for_below_above_and_missing() -> None:
    numbers = np.linspace(-2, 2, 101)[:, None]
    discretizer = Discretizer.fit(rows_of(np.zeros((101, 0), np.int64), numbers))
    asked = np.array([[-100.0], [-2.0], [0.0], [2.0], [100.0], [0.0]])
    missing = np.array([[False]] * 5 + [[True]])
    codes = discretizer.apply(rows_of(np.zeros((6, 0), np.int64), asked, missing))[:, 0]
    assert codes[0] == 0
    assert codes[4] == BINS + 1
    assert codes[5] == BINS + 2
    assert 0 < codes[1] < codes[2] < codes[3] < BINS + 1
    assert discretizer.cards == (BINS + 3,)


def test_a_number_that_is_always_missing_has_bins_too() -> None:
    gone = np.ones((50, 1), dtype=bool)
    rows = rows_of(np.zeros((50, 0), np.int64), np.zeros((50, 1)), gone)
    tree = DependencyTree.fit(rows, ())
    asked = rows_of(np.zeros((2, 0), np.int64), np.array([[5.0], [-5.0]]))
    assert np.isfinite(tree.surprise(asked)).all()
    assert tree.surprise(asked).min() > tree.surprise(rows).max()


def test_a_number_that_another_column_decides_hangs_on_it() -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, (600, 1))
    numbers = codes * 10.0 + random.normal(0, 0.1, (600, 1))
    tree = DependencyTree.fit(rows_of(codes, numbers), (3,))
    assert sorted(tree.parents.tolist()) in ([-1, 0], [-1, 1])
    wrong = rows_of(np.array([[0]]), np.array([[20.0]]))
    assert tree.surprise(wrong).max() > 3


def test_arrays_are_enough(make_rows: Callable[..., Encoded]) -> None:
    rows = make_rows(200, (3, 4), 2)
    tree = DependencyTree.fit(rows, (3, 4))
    again = DependencyTree.of_arrays(tree.arrays())
    assert np.array_equal(again.surprise(rows), tree.surprise(rows))
    assert again.arrays().keys() == tree.arrays().keys()
