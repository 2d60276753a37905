"""The kinds of error: what is done to a row, and to which cells.

Each kind takes a whole row and uniform draws in [0, 1), and returns the cells that change, column → new text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import TypeVar

from anomaly_detection.generate import names
from anomaly_detection.generate.catalogue import catalogue

Row = Mapping[str, str]
Draws = Sequence[float]
Change = dict[str, str]

DRAWS = 5
"""How many draws a kind may use."""

_T = TypeVar("_T")
_FOREIGN = ("Other", "TBD", "n/a", "Test", "do not use", "(migrated)", "???")
_BLANKED = (
    "AccountType",
    "Amount",
    "BillingCountry",
    "ForecastCategory",
    "Industry",
    "OpportunitySource",
    "OpportunityType",
    "OwnerRole",
    "ProductFamily",
    "Segment",
    "Stage",
    "Owner",
    "Account",
    "AccountOwner",
    "Product",
)


def amount_too_high(row: Row, draws: Draws) -> Change:
    """Some digits too many: 10 to 100 times the amount."""
    return {"Amount": str(round(int(row["Amount"]) * 10 ** (1 + draws[0])))}


def amount_too_low(row: Row, draws: Draws) -> Change:
    """Thousands typed as ones, or worse: 1/100 to 1/3000 of the amount."""
    return {"Amount": f"{max(int(row['Amount']) / (100 * 30 ** draws[0]), 0.01):.2f}"}


def stage_conflict(row: Row, draws: Draws) -> Change:
    """Stage, forecast category, closed and won cannot all be true."""
    stage = next(stage for stage in names.STAGES if stage.name == row["Stage"])
    column = _pick(("Stage", "ForecastCategory", "IsClosed", "IsWon"), draws[0])
    if column in ("IsClosed", "IsWon"):
        return {column: "false" if row[column] == "true" else "true"}
    others = [
        other
        for other in names.STAGES
        if other.forecast != stage.forecast and (other.is_closed, other.is_won) != (stage.is_closed, stage.is_won)
    ]
    other = _pick(others, draws[1])
    return {column: other.name if column == "Stage" else other.forecast}


def close_before_created(row: Row, draws: Draws) -> Change:
    """The opportunity closes 5 to 200 days before it was created."""
    days = 5 + int(draws[0] * 196)
    return {"CloseDate": (date.fromisoformat(row["CreatedDate"][:10]) - timedelta(days)).isoformat()}


def state_outside_country(row: Row, draws: Draws) -> Change:
    """A state of another country."""
    org = catalogue()
    others = [state for country, states in org.states.items() if country != row["BillingCountry"] for state in states]
    return {"BillingState": _pick(others, draws[0])}


def product_outside_family(row: Row, draws: Draws) -> Change:
    """A product under a family that is not its own: either one is wrong."""
    org = catalogue()
    if draws[0] < 0.5:
        return {"ProductFamily": _pick([name for name in names.PRODUCTS if name != row["ProductFamily"]], draws[1])}
    others = [product for product, family in org.family.items() if family != row["ProductFamily"]]
    return {"Product": _pick(others, draws[1])}


def owner_with_other_role(row: Row, draws: Draws) -> Change:
    """An owner under the role of another team."""
    return {"OwnerRole": _pick([role for role in names.TEAMS if role != row["OwnerRole"]], draws[0])}


def unseen_category(row: Row, draws: Draws) -> Change:
    """A value that the picklist does not have: a slip of the keys, or somebody's own."""
    picklists = catalogue().picklists
    column = _pick(tuple(picklists), draws[0])
    text = row[column]
    slips = [
        slip
        for i in range(len(text) - 1)
        if (slip := text[:i] + text[i + 1] + text[i] + text[i + 2 :]) not in picklists[column]
    ]
    return {column: _pick(slips if draws[1] < 0.5 else _FOREIGN, draws[2])}


def three_missing(row: Row, draws: Draws) -> Change:
    """Three cells that a row without errors hardly ever misses together are empty."""
    columns = list(_BLANKED)
    return {columns.pop(int(draw * len(columns))): "" for draw in draws[:3]}


def duplicate_other_amount(row: Row, draws: Draws) -> Change:
    """An earlier row, entered again under another id and amount; the change is that of the copy."""
    amount = int(row["Amount"])
    factor = 0.5 + 0.3 * draws[0] if draws[1] < 0.5 else 1.25 + draws[0]
    other = max(round(amount * factor / 10) * 10, 10)
    return {"Amount": str(other if other != amount else amount + 10)}


KINDS: dict[str, Callable[[Row, Draws], Change]] = {
    kind.__name__: kind
    for kind in (
        amount_too_high,
        amount_too_low,
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


def _pick(choices: Sequence[_T], draw: float) -> _T:
    return choices[int(draw * len(choices))]
