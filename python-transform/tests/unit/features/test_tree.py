"""The dependency tree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from anomaly_detection.features.discretizer import BINS
from anomaly_detection.features.featurizer import FIRST_LEVEL, MISSING, UNKNOWN, Encoded
from anomaly_detection.features.tree import SOFT, DependencyTree, standardized


def rows_of(codes: np.ndarray, numbers: np.ndarray | None = None, missing: np.ndarray | None = None) -> Encoded:
    n = len(codes)
    numbers = np.zeros((n, 0)) if numbers is None else numbers
    missing = np.zeros(numbers.shape, dtype=bool) if missing is None else missing
    return Encoded(codes + FIRST_LEVEL, np.where(missing, 0.0, numbers), missing)


def functional(n: int = 1000, seed: int = 0) -> Encoded:
    """Owner (20) → role (4) → region (2), and a column of noise."""
    random = np.random.default_rng(seed)
    owner = random.integers(0, 20, n)
    return rows_of(np.stack([owner, owner % 4, owner % 2, random.integers(0, 5, n)], 1))


CARDS = tuple(FIRST_LEVEL + k for k in (20, 4, 2, 5))


def links_of(tree: DependencyTree) -> set[frozenset[int]]:
    return {frozenset(map(int, link)) for link in tree.links}


def test_functional_dependencies_are_links_in_both_directions() -> None:
    tree = DependencyTree.fit(functional(), CARDS)
    assert frozenset((0, 1)) in links_of(tree)
    assert links_of(tree) & {frozenset((1, 2)), frozenset((0, 2))}
    assert {tuple(link) for link in tree.links.tolist()} == {tuple(link[::-1]) for link in tree.links.tolist()}


def test_a_column_of_noise_has_no_link() -> None:
    for seed in range(10):
        tree = DependencyTree.fit(functional(seed=seed), CARDS)
        assert all(3 not in link for link in links_of(tree))
        assert tree.surprise(functional(seed=seed + 100))[0][:, 3].max() == 0


def test_independent_columns_seldom_have_links(make_rows: Callable[..., Encoded]) -> None:
    found = [len(DependencyTree.fit(make_rows(2000, (6, 6), seed=seed), (6, 6)).links) for seed in range(40)]
    assert np.mean([links > 0 for links in found]) < 0.1


def test_many_values_do_not_look_like_a_dependency(make_rows: Callable[..., Encoded]) -> None:
    # Mutual information of two such columns is far above 0 by chance alone.
    for seed in range(5):
        assert len(DependencyTree.fit(make_rows(800, (200, 60), seed=seed), (200, 60)).links) == 0


def test_a_broken_dependency_is_a_surprise_and_a_kept_one_is_none() -> None:
    tree, rows = DependencyTree.fit(functional(), CARDS), functional(seed=1)
    wrong = Encoded(rows.codes.copy(), rows.numbers, rows.missing)
    wrong.codes[:, 1] = (wrong.codes[:, 1] - FIRST_LEVEL + 1) % 4 + FIRST_LEVEL
    assert tree.surprise(wrong)[0][:, :2].max(1).min() > 3
    assert tree.surprise(rows)[0][:, :3].max() < 0.5


def test_whether_a_value_is_there_can_depend_on_another_column() -> None:
    random = np.random.default_rng(0)
    country = random.integers(0, 4, 2000)
    state = np.where(country < 2, random.integers(0, 5, 2000) + FIRST_LEVEL, MISSING)
    rows = Encoded(np.stack([country + FIRST_LEVEL, state], 1), np.zeros((2000, 0)), np.zeros((2000, 0), dtype=bool))
    tree = DependencyTree.fit(rows, (FIRST_LEVEL + 4, FIRST_LEVEL + 5))
    asked = Encoded(
        np.array([[FIRST_LEVEL, MISSING], [FIRST_LEVEL + 3, FIRST_LEVEL]]), np.zeros((2, 0)), np.zeros((2, 0), bool)
    )
    value, presence = tree.surprise(asked)
    assert (presence[:, 1] > 3).all()
    assert (value[:, 1] == 0).all()
    expected = tree.log_probabilities(*tree.discretizer.apply(asked), 1)
    assert expected[0].argmax() >= FIRST_LEVEL
    assert expected[1].argmax() == MISSING


@pytest.mark.parametrize("seed", range(5))
def test_links_are_a_forest(seed: int, make_rows: Callable[..., Encoded]) -> None:
    rows = make_rows(600, (3, 4, 5, 2, 6, 3), 3, seed=seed)
    rows.codes[:, 1] = rows.codes[:, 0] + 1
    rows.codes[:, 4] = rows.codes[:, 2]
    tree = DependencyTree.fit(rows, (3, 5, 5, 2, 6, 3))
    edges = links_of(tree)
    nodes = set().union(*edges)
    groups = {node: node for node in nodes}
    for a, b in map(tuple, edges):
        assert groups[a] != groups[b], "a cycle"
        groups = {node: groups[a] if group == groups[b] else group for node, group in groups.items()}


def test_tables_are_probabilities_of_all_codes(make_rows: Callable[..., Encoded]) -> None:
    rows, cards = make_rows(400, (5, 4), 2), (5, 6)
    rows.codes[:, 1] = rows.codes[:, 0]
    tree = DependencyTree.fit(rows, cards)
    sizes = tree.discretizer.sizes(cards)
    assert sizes[:4] == (5, 6, BINS, BINS)
    assert len(tree.links) == len(tree.tables) > 0
    for (given, told), table in zip(tree.links, tree.tables, strict=True):
        assert table.shape == (sizes[given], sizes[told])
        assert np.isfinite(table).all()
        assert np.allclose(np.exp(table).sum(1), 1)
    for log, size in zip(tree.marginals, sizes, strict=True):
        assert log.shape == (size,)
        assert np.allclose(np.exp(log).sum(), 1)
    for column in range(2):
        assert np.isfinite(tree.log_probabilities(*tree.discretizer.apply(rows), column)).all()


def test_standardized_surprise_has_a_mean_of_zero_and_at_most_the_spread_of_one() -> None:
    random = np.random.default_rng(0)
    shares = random.dirichlet(np.ones(6), 50)
    found = standardized(np.log(shares))
    assert np.allclose((shares * found).sum(1), 0)
    spread = np.sqrt((shares * found**2).sum(1))
    assert (spread < 1).all()
    even = np.log(np.full(4, 0.25))
    assert np.allclose(standardized(even), 0)
    rare = standardized(np.log(np.array([1 - 1e-4, 1e-4])))
    assert rare[1] == pytest.approx(-np.log(1e-4) / SOFT, rel=0.05)


def test_an_unknown_value_under_a_link_is_a_surprise() -> None:
    tree, rows = DependencyTree.fit(functional(), CARDS), functional(50, seed=3)
    strange = Encoded(rows.codes.copy(), rows.numbers, rows.missing)
    strange.codes[:, 1] = UNKNOWN
    assert (tree.surprise(strange)[0][:, 1] > 3).all()


def test_a_number_that_another_column_decides_hangs_on_it() -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, (600, 1))
    numbers = codes * 10.0 + random.normal(0, 0.1, (600, 1))
    tree = DependencyTree.fit(rows_of(codes, numbers), (FIRST_LEVEL + 3,))
    assert links_of(tree) == {frozenset((0, 1))}
    assert tree.surprise(rows_of(np.array([[0]]), np.array([[20.0]])))[0].max() > 3


def test_a_column_of_too_many_combinations_has_no_link() -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 2000, 3000)
    rows = rows_of(np.stack([codes, codes], 1))
    assert len(DependencyTree.fit(rows, (2002, 2002)).links) == 0


def test_arrays_are_enough(make_rows: Callable[..., Encoded]) -> None:
    rows = make_rows(400, (5, 6), 2)
    rows.codes[:, 1] = rows.codes[:, 0]
    tree = DependencyTree.fit(rows, (5, 6))
    again = DependencyTree.of_arrays(tree.arrays())
    assert len(tree.links) > 0
    assert all(np.array_equal(a, b) for a, b in zip(again.surprise(rows), tree.surprise(rows), strict=True))
    assert again.arrays().keys() == tree.arrays().keys()
