"""The kinds of error that people make in a table of opportunities, and what is done to a row for each.

Each takes a row and returns the cells that change, or None where it cannot be made of this row. What is
impossible is read from the table itself: a combination counts as wrong where no row has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

import numpy as np

from anomaly_detection.evaluate.world import Row, World

Change = dict[str, Any]
Kind = Callable[[Row, World, np.random.Generator], Change | None]

OUTCOME = ("Stage", "ForecastCategory", "IsClosed", "IsWon")
_FOREIGN = ("Other", "TBD", "n/a", "Test", "do not use", "(migrated)", "???")
_T = TypeVar("_T")


def amount_out_of_scale(row: Row, world: World, rng: np.random.Generator) -> Change | None:
    """Digits too many or too few: 10 to 100 times, or 1/100 to 1/3000 of the amount."""
    column = _pick([name for name in world.amounts if row[name]], rng)
    if column is None:
        return None
    factor = 10 ** (1 + rng.random()) if rng.random() < 0.5 else 1 / (100 * 30 ** rng.random())
    return {column: float(f"{row[column] * factor:.6g}")}


def stage_conflict(row: Row, world: World, rng: np.random.Generator) -> Change | None:
    """Stage, forecast category, closed and won cannot all be true."""
    columns = [name for name in OUTCOME if world.has(name)]
    if len(columns) < 2 or any(row[name] is None for name in columns):
        return None
    possible = world.combinations(*columns)
    here = {name: row[name] for name in columns}
    column = columns[int(rng.integers(len(columns)))]
    values = [value for value in world.levels(column) if tuple({**here, column: value}.values()) not in possible]
    value = _pick(values, rng)
    return None if value is None else {column: value}


def close_before_created(row: Row, world: World, rng: np.random.Generator) -> Change | None:
    """The end is 5 to 200 days before the start."""
    pair = _pick([pair for pair in world.durations if row[pair[0]] and row[pair[1]]], rng)
    if pair is None:
        return None
    days = int(rng.integers(5, 201))
    return {pair[1]: (date.fromisoformat(row[pair[0]][:10]) - timedelta(days)).isoformat()}


def state_outside_country(row: Row, world: World, rng: np.random.Generator) -> Change | None:
    """A state of a country that has no state in common with the row's own."""
    if not world.has("BillingState", "BillingCountry") or row["BillingCountry"] is None:
        return None
    own = world.beside("BillingCountry", row["BillingCountry"], "BillingState")
    others = (world.beside("BillingCountry", country, "BillingState") for country in world.levels("BillingCountry"))
    foreign: set[str] = set().union(*(states for states in others if not states & own))
    state = _pick(sorted(foreign), rng)
    return None if state is None else {"BillingState": state}


def product_outside_family(row: Row, world: World, rng: np.random.Generator) -> Change | None:
    """A product under a family that it never stands under: either one is wrong."""
    if not world.has("Product", "ProductFamily"):
        return None
    one, other = ("Product", "ProductFamily") if rng.random() < 0.5 else ("ProductFamily", "Product")
    return _apart(row, world, rng, change=one, beside=other)


def owner_with_other_role(row: Row, world: World, rng: np.random.Generator) -> Change | None:
    """An owner under a role that the owner never has."""
    if not world.has("Owner", "OwnerRole"):
        return None
    return _apart(row, world, rng, change="OwnerRole", beside="Owner")


def unseen_category(row: Row, world: World, rng: np.random.Generator) -> Change | None:
    """A value that its column does not have: a slip of the keys, or somebody's own."""
    column = _pick([name for name in world.closed_sets if row[name]], rng)
    if column is None:
        return None
    text, known = row[column], set(world.levels(column))
    slips = {text[:i] + text[i + 1] + text[i] + text[i + 2 :] for i in range(len(text) - 1)} - known
    own = [word for word in _FOREIGN if word not in known]
    value = _pick(sorted(slips) if slips and rng.random() < 0.5 else own, rng)
    return None if value is None else {column: value}


def three_missing(row: Row, world: World, rng: np.random.Generator) -> Change | None:
    """Three cells that are hardly ever empty are."""
    columns = [name for name in world.mostly_there if row[name] is not None]
    if len(columns) < 4:
        return None
    return {columns[int(j)]: None for j in rng.choice(len(columns), 3, replace=False)}


def duplicate_other_amount(row: Row, world: World, rng: np.random.Generator) -> Change | None:
    """A row that was trained on, entered again under another id and amount: 0.5–0.8 or 1.25–2.25 times."""
    column = _pick([name for name in world.amounts if row[name]], rng)
    if column is None:
        return None
    factor = rng.uniform(0.5, 0.8) if rng.random() < 0.5 else rng.uniform(1.25, 2.25)
    return {column: float(f"{row[column] * factor:.4g}")}


OF_TRAINING_ROWS = "duplicate_other_amount"
"""The kind that is made of rows that were trained on; the others are made of held-out ones."""

NAMED = ("stage_conflict", "state_outside_country", "product_outside_family", "owner_with_other_role")
"""The kinds that need the columns of the contract by their names."""

KINDS: Mapping[str, Kind] = {
    kind.__name__: kind
    for kind in (
        amount_out_of_scale,
        stage_conflict,
        close_before_created,
        state_outside_country,
        product_outside_family,
        owner_with_other_role,
        unseen_category,
        three_missing,
        duplicate_other_amount,
    )
}
"""Name of a kind → what it does."""


def _apart(row: Row, world: World, rng: np.random.Generator, *, change: str, beside: str) -> Change | None:
    if row[change] is None or row[beside] is None:
        return None
    never = sorted(set(world.levels(change)) - world.beside(beside, row[beside], change))
    value = _pick(never, rng)
    return None if value is None else {change: value}


def _pick(choices: Sequence[_T], rng: np.random.Generator) -> _T | None:
    return choices[int(rng.integers(len(choices)))] if choices else None
