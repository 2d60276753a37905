"""Opportunities without errors, a chunk at a time.

An account decides country, state, industry, type, segment and who owns it; the team that owns it decides who
owns the opportunity and that owner's role. A product decides its family; product and segment the log-normal
amount. The segment decides how long a sale takes, and with the day of the export whether it is still open,
hence the stage and what follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.generate import names
from anomaly_detection.generate.catalogue import Floats, Ints, catalogue, cumulative
from anomaly_detection.generate.ids import opportunity_ids
from anomaly_detection.generate.lookups import Lookups, Texts, lookups
from anomaly_detection.generate.workdays import (
    CREATED_OVER_DAYS,
    LONGEST_SALE_DAYS,
    dates,
    moments,
    working_days,
)

Columns = dict[str, list[str]]
"""Column → its cells as the file has them; a missing value is an empty cell."""

CHUNK_ROWS = 8192

MISSING_SHARES = {
    "AccountType": 0.015,
    "Amount": 0.01,
    "BillingState": 0.025,
    "Industry": 0.02,
    "OpportunitySource": 0.04,
    "OpportunityType": 0.015,
    "OwnerRole": 0.01,
    "ProductFamily": 0.01,
    "Segment": 0.01,
    "Name": 0.002,
    "AccountOwner": 0.01,
}
"""How often a cell is left empty, by column; the others never are. Amount: see EARLY_MISSING_AMOUNT."""

EARLY_MISSING_AMOUNT = 0.12
"""How often there is no amount yet in the first two stages."""

MOST_MISSING = 2
"""A row without errors misses no more cells than this, apart from states where a country has none."""

_AMOUNT_SPREAD = 0.4
_AMOUNT_OF_SEGMENT = np.log([1.0, 3.0, 9.0])
_DAYS_OF_SEGMENT = np.log([30.0, 75.0, 150.0])
_DAYS_SPREAD = 0.45
_SHORTEST_SALE_DAYS = 3
_OWNED_BY_ACCOUNT_OWNER = 0.75
_STAGE_JITTER = 0.8

# Rows: the account types of `names`, columns: its opportunity types and sources.
_TYPE_SHARES = cumulative(
    ((0.20, 0.45, 0.35, 0.00), (1.00, 0.00, 0.00, 0.00), (0.30, 0.00, 0.00, 0.70), (0.20, 0.50, 0.30, 0.00))
)
_SOURCE_SHARES = cumulative(
    (
        (0.20, 0.10, 0.10, 0.05, 0.35, 0.10, 0.10),
        (0.30, 0.25, 0.15, 0.05, 0.05, 0.10, 0.10),
        (0.05, 0.05, 0.10, 0.75, 0.00, 0.05, 0.00),
        (0.10, 0.05, 0.10, 0.50, 0.15, 0.05, 0.05),
    )
)
_WON_SHARES = np.array([0.35, 0.50, 0.85, 0.45])
"""By opportunity type."""

_NAME_FORMS = (
    "{0} - {1} ({2})",
    "{1}, {3} sites, {0} ({2})",
    '{0}: "{1}" pilot ({2})',
    "{0} - {1}\nfollow-up ({2})",
)
_NAME_SHARES = cumulative((0.80, 0.10, 0.06, 0.04))


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A chunk of rows: the cells as if nothing was missing, and (row, column of MISSING_SHARES) what is."""

    cells: Columns
    missing: NDArray[np.bool_]


def chunk(seed: int, index: int) -> Chunk:
    """Return the rows from `index * CHUNK_ROWS`, as many as a chunk has."""
    rng = np.random.default_rng([seed, index, 0])
    n, first = CHUNK_ROWS, index * CHUNK_ROWS
    org, table = catalogue(), lookups()

    account = _choose(org.account_shares, rng.random(n))
    account_type, segment = table.account_type[account], table.segment[account]
    product = _choose_by_row(org.product_shares[table.industry[account]], rng.random(n))
    kind = _choose_by_row(_TYPE_SHARES[account_type], rng.random(n))
    source = _choose_by_row(_SOURCE_SHARES[account_type], rng.random(n))
    owner = _owners(table, account, rng)
    amount = _amounts(table.log_prices[product] + _AMOUNT_OF_SEGMENT[segment], rng)
    created, closing = _days(segment, rng)
    stage = _stages(created, closing, kind, rng)

    cells: Columns = {"Id": opportunity_ids(seed, first, n), "Amount": list(map(str, amount.tolist()))}
    for texts, places in (
        (table.account_texts, account),
        (table.product_texts, product),
        (table.type_texts, kind),
        (table.source_texts, source),
        (table.owner_texts, owner),
        (table.stage_texts, stage),
    ):
        cells |= _look_up(texts, places)
    cells["Name"] = _names(cells["Account"], cells["Product"], first, rng)
    cells["CreatedDate"] = moments(created, rng.random(n))
    cells["CloseDate"] = dates()[closing].tolist()
    return Chunk(cells=cells, missing=_missing(stage, rng))


def _owners(table: Lookups, account: Ints, rng: np.random.Generator) -> Ints:
    """The account's owner, or anyone of the team."""
    n = len(account)
    anyone = table.team_first[account] + (rng.random(n) * table.team_size[account]).astype(np.int64)
    return np.where(rng.random(n) < _OWNED_BY_ACCOUNT_OWNER, table.account_owner[account], anyone)


def _amounts(log_medians: Floats, rng: np.random.Generator) -> Ints:
    amounts = np.exp(log_medians + _AMOUNT_SPREAD * rng.standard_normal(len(log_medians)))
    return np.maximum(np.rint(amounts / 10).astype(np.int64) * 10, 10)


def _days(segment: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Days, since the first, of creation and closing: working days, the second later than the first."""
    n = len(segment)
    created = working_days()[(rng.random(n) * CREATED_OVER_DAYS).astype(np.int64)]
    sale = np.exp(_DAYS_OF_SEGMENT[segment] + _DAYS_SPREAD * rng.standard_normal(n)).astype(np.int64)
    return created, working_days()[created + np.clip(sale, _SHORTEST_SALE_DAYS, LONGEST_SALE_DAYS)]


def _stages(created: Ints, closing: Ints, kind: Ints, rng: np.random.Generator) -> Ints:
    """Open sales pass through the stages as time does; closed ones are won as often as their type is."""
    n = len(created)
    steps = len(names.OPEN_STAGES)
    progress = (CREATED_OVER_DAYS - created) / (closing - created) * steps
    at = np.floor(progress + _STAGE_JITTER * (rng.random(n) - 0.5)).astype(np.int64)
    ended = np.where(rng.random(n) < _WON_SHARES[kind], steps, steps + 1)
    return np.where(closing <= CREATED_OVER_DAYS, ended, np.clip(at, 0, steps - 1))


def _names(accounts: list[str], products: list[str], first: int, rng: np.random.Generator) -> list[str]:
    n = len(accounts)
    forms = _choose(_NAME_SHARES, rng.random(n)).tolist()
    sites = (2 + rng.random(n) * 40).astype(np.int64).tolist()
    return [
        _NAME_FORMS[form].format(account, product, f"O-{row:07d}", count)
        for row, (form, account, product, count) in enumerate(
            zip(forms, accounts, products, sites, strict=True), start=first + 1
        )
    ]


def _missing(stage: Ints, rng: np.random.Generator) -> NDArray[np.bool_]:
    shares = np.tile(list(MISSING_SHARES.values()), (len(stage), 1))
    shares[stage < 2, list(MISSING_SHARES).index("Amount")] = EARLY_MISSING_AMOUNT
    missing = np.asarray(rng.random(shares.shape) < shares)
    missing &= np.cumsum(missing, axis=1) <= MOST_MISSING
    # Every later row of the chunk then has a whole one before it that can be duplicated.
    missing[0] = False
    return missing


def _look_up(texts: Texts, places: Ints) -> Columns:
    return {column: values[places].tolist() for column, values in texts.items()}


def _choose(shares: Floats, draws: Floats) -> Ints:
    return np.searchsorted(shares, draws, side="right")


def _choose_by_row(shares: Floats, draws: Floats) -> Ints:
    return np.asarray((draws[:, None] >= shares).sum(axis=1), np.int64)
