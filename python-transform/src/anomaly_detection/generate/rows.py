"""Opportunities without errors, a chunk at a time.

An account decides country, state, industry, type, segment and who owns it; the team that owns it decides who
owns the opportunity and that owner's role. A product decides its family; product and segment the log-normal
amount. The segment decides how long a sale takes, and with the day of the export whether it is still open,
hence the stage and what follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.generate import names
from anomaly_detection.generate.catalogue import Catalogue, Floats, Ints, catalogue, cumulative
from anomaly_detection.generate.ids import opportunity_ids

Columns = dict[str, list[str]]
"""Column → its cells as the file has them; a missing value is an empty cell."""

CHUNK_ROWS = 8192
EXPORTED_ON = np.datetime64("2025-06-30")
"""What has closed by this day is closed."""

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

_CREATED_OVER_DAYS = 540
_LONGEST_SALE_DAYS = 720
_AMOUNT_SPREAD = 0.4
_AMOUNT_FACTOR = np.log([1.0, 3.0, 9.0])
_DAYS_TO_CLOSE = np.log([30.0, 75.0, 150.0])
_DAYS_SPREAD = 0.45
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

_NAME_FORMS = ("{0} - {1} ({2})", "{1}, {3} sites, {0} ({2})", '{0}: "{1}" pilot ({2})', "{0} - {1}\nfollow-up ({2})")
_NAME_SHARES = cumulative((0.80, 0.10, 0.06, 0.04))


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A chunk of rows: the cells as if nothing was missing, and (row, column of MISSING_SHARES) what is."""

    cells: Columns
    missing: NDArray[np.bool_]


def chunk(seed: int, index: int) -> Chunk:
    """Return the rows from `index * CHUNK_ROWS`, as many as a chunk has."""
    rng = np.random.default_rng([seed, index, 0])
    org = catalogue()
    n = CHUNK_ROWS
    first = index * n
    table = _lookups()

    account = np.searchsorted(org.account_shares, rng.random(n), side="right")
    segment, account_type = table.segment[account], table.account_type[account]
    product = _choose(org.product_shares[table.industry[account]], rng.random(n))
    kind = _choose(_TYPE_SHARES[account_type], rng.random(n))
    source = _choose(_SOURCE_SHARES[account_type], rng.random(n))
    owner = _owners(table, account, rng)
    logs = np.log(org.prices)[product] + _AMOUNT_FACTOR[segment] + _AMOUNT_SPREAD * rng.standard_normal(n)
    amount = np.maximum(np.rint(np.exp(logs) / 10).astype(np.int64) * 10, 10)
    created, closing = _dates(segment, rng)
    stage = _stages(created, closing, kind, rng)

    products = table.texts["Product"][product].tolist()
    cells = {
        "Id": opportunity_ids(seed, first, n),
        "Amount": list(map(str, amount.tolist())),
        "Name": _opportunity_names(table.texts["Account"][account].tolist(), products, first, rng),
        "Product": products,
        "ProductFamily": table.texts["ProductFamily"][product].tolist(),
        "OpportunitySource": table.texts["OpportunitySource"][source].tolist(),
        "OpportunityType": table.texts["OpportunityType"][kind].tolist(),
        "Owner": table.texts["Owner"][owner].tolist(),
        "OwnerRole": table.texts["OwnerRole"][owner].tolist(),
        "CreatedDate": _created_texts(created, rng),
        "CloseDate": table.days[closing].tolist(),
    }
    for column in ("Account", "AccountOwner", "AccountType", "BillingCountry", "BillingState", "Industry", "Segment"):
        cells[column] = table.texts[column][account].tolist()
    for column in ("Stage", "ForecastCategory", "IsClosed", "IsWon"):
        cells[column] = table.texts[column][stage].tolist()
    return Chunk(cells=cells, missing=_missing(stage, rng))


def _dates(segment: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Created and close days since the first; both are working days, the second is the later one."""
    n = len(segment)
    working = _lookups().working
    created = working[(rng.random(n) * _CREATED_OVER_DAYS).astype(np.int64)]
    days = np.exp(_DAYS_TO_CLOSE[segment] + _DAYS_SPREAD * rng.standard_normal(n))
    return created, working[created + np.clip(days.astype(np.int64), 3, _LONGEST_SALE_DAYS)]


def _stages(created: Ints, closing: Ints, kind: Ints, rng: np.random.Generator) -> Ints:
    """Open opportunities move through the stages as time passes; closed ones are won as often as their type is."""
    n = len(created)
    progress = (_CREATED_OVER_DAYS - created) / (closing - created)
    steps = len(names.OPEN_STAGES)
    at = np.floor(progress * steps + _STAGE_JITTER * (rng.random(n) - 0.5)).astype(np.int64)
    ended = np.where(rng.random(n) < _WON_SHARES[kind], steps, steps + 1)
    return np.where(closing <= _CREATED_OVER_DAYS, ended, np.clip(at, 0, steps - 1))


def _owners(table: _Lookups, account: Ints, rng: np.random.Generator) -> Ints:
    team_first, team_size = table.team_first[account], table.team_size[account]
    anyone = team_first + (rng.random(len(account)) * team_size).astype(np.int64)
    return np.where(rng.random(len(account)) < _OWNED_BY_ACCOUNT_OWNER, table.account_owner[account], anyone)


def _opportunity_names(
    accounts: list[str], products: list[str], first: int, rng: np.random.Generator
) -> list[str]:
    form = np.searchsorted(_NAME_SHARES, rng.random(len(accounts)), side="right").tolist()
    sites = (2 + rng.random(len(accounts)) * 40).astype(np.int64).tolist()
    return [
        _NAME_FORMS[form[i]].format(accounts[i], products[i], f"O-{first + i + 1:07d}", sites[i])
        for i in range(len(accounts))
    ]


def _created_texts(created: Ints, rng: np.random.Generator) -> list[str]:
    """Moments of working hours, in the form of an export."""
    seconds = 8 * 3600 + (rng.random(len(created)) * 10 * 3600).astype(np.int64)
    moments = EXPORTED_ON - _CREATED_OVER_DAYS + created.astype("timedelta64[D]") + seconds.astype("timedelta64[s]")
    texts = np.datetime_as_string(moments, unit="s").tolist()
    return [text + ".000Z" for text in texts]


def _missing(stage: Ints, rng: np.random.Generator) -> NDArray[np.bool_]:
    shares = np.tile(list(MISSING_SHARES.values()), (len(stage), 1))
    shares[stage < 2, list(MISSING_SHARES).index("Amount")] = EARLY_MISSING_AMOUNT
    missing = rng.random(shares.shape) < shares
    missing &= np.cumsum(missing, axis=1) <= MOST_MISSING
    # Every later row of the chunk has a whole one before it, which can be duplicated.
    missing[0] = False
    return missing


def _choose(shares: Floats, draws: Floats) -> Ints:
    return np.asarray((draws[:, None] >= shares).sum(axis=1), np.int64)


@dataclass(frozen=True, kw_only=True)
class _Lookups:
    """The org as arrays: places → places and places → texts."""

    texts: dict[str, NDArray[np.object_]]
    industry: Ints
    account_type: Ints
    segment: Ints
    account_owner: Ints
    team_first: Ints
    team_size: Ints
    days: NDArray[np.object_]
    """Day since the first → ISO date."""
    working: Ints
    """Day since the first → itself, or the working day before it."""


@cache
def _lookups() -> _Lookups:
    org = catalogue()
    accounts = org.accounts
    owners = list(org.role)
    teams = {role: owners.index(members[0]) for role, members in names.TEAMS.items()}
    texts = {
        "Account": [account.name for account in accounts],
        "AccountOwner": [account.owner for account in accounts],
        "AccountType": [names.ACCOUNT_TYPES[account.type] for account in accounts],
        "BillingCountry": [account.country for account in accounts],
        "BillingState": [account.state for account in accounts],
        "Industry": [names.INDUSTRIES[account.industry] for account in accounts],
        "Segment": [names.SEGMENTS[account.segment] for account in accounts],
        "Product": list(org.products),
        "ProductFamily": [org.family[product] for product in org.products],
        "OpportunitySource": list(names.SOURCES),
        "OpportunityType": list(names.TYPES),
        "Owner": owners,
        "OwnerRole": list(org.role.values()),
        "Stage": [stage.name for stage in names.STAGES],
        "ForecastCategory": [stage.forecast for stage in names.STAGES],
        "IsClosed": [stage.is_closed for stage in names.STAGES],
        "IsWon": [stage.is_won for stage in names.STAGES],
    }
    first_day = EXPORTED_ON - _CREATED_OVER_DAYS
    days = first_day + np.arange(_CREATED_OVER_DAYS + _LONGEST_SALE_DAYS + 1)
    working = np.busday_offset(days, 0, roll="preceding")
    return _Lookups(
        texts={column: np.array(values, object) for column, values in texts.items()},
        industry=np.array([account.industry for account in accounts]),
        account_type=np.array([account.type for account in accounts]),
        segment=np.array([account.segment for account in accounts]),
        account_owner=np.array([owners.index(account.owner) for account in accounts]),
        team_first=np.array([teams[account.team] for account in accounts]),
        team_size=np.array([len(names.TEAMS[account.team]) for account in accounts]),
        days=np.datetime_as_string(days).astype(object),
        working=(working - first_day).astype(np.int64),
    )
