"""The org as arrays, so that a chunk of rows is looked up rather than looped over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.generate import names
from anomaly_detection.generate.catalogue import Floats, Ints, catalogue

Texts = dict[str, NDArray[np.object_]]
"""Column → the text of each place."""


@dataclass(frozen=True, kw_only=True)
class Lookups:
    """Integers are places in the lists of `names`, by account; teams are stretches of the list of owners."""

    industry: Ints
    account_type: Ints
    segment: Ints
    account_owner: Ints
    team_first: Ints
    team_size: Ints
    log_prices: Floats
    account_texts: Texts
    product_texts: Texts
    owner_texts: Texts
    stage_texts: Texts
    source_texts: Texts
    type_texts: Texts


@cache
def lookups() -> Lookups:
    """Return the arrays."""
    org = catalogue()
    accounts = org.accounts
    owners = list(org.role)
    team_first = {team: owners.index(members[0]) for team, members in names.TEAMS.items()}
    return Lookups(
        industry=np.array([account.industry for account in accounts]),
        account_type=np.array([account.type for account in accounts]),
        segment=np.array([account.segment for account in accounts]),
        account_owner=np.array([owners.index(account.owner) for account in accounts]),
        team_first=np.array([team_first[account.team] for account in accounts]),
        team_size=np.array([len(names.TEAMS[account.team]) for account in accounts]),
        log_prices=np.log(org.prices),
        account_texts=_texts(
            Account=[account.name for account in accounts],
            AccountOwner=[account.owner for account in accounts],
            AccountType=[names.ACCOUNT_TYPES[account.type] for account in accounts],
            BillingCountry=[account.country for account in accounts],
            BillingState=[account.state for account in accounts],
            Industry=[names.INDUSTRIES[account.industry] for account in accounts],
            Segment=[names.SEGMENTS[account.segment] for account in accounts],
        ),
        product_texts=_texts(Product=org.products, ProductFamily=[org.family[name] for name in org.products]),
        owner_texts=_texts(Owner=owners, OwnerRole=org.role.values()),
        stage_texts=_texts(
            Stage=[stage.name for stage in names.STAGES],
            ForecastCategory=[stage.forecast for stage in names.STAGES],
            IsClosed=[stage.is_closed for stage in names.STAGES],
            IsWon=[stage.is_won for stage in names.STAGES],
        ),
        source_texts=_texts(OpportunitySource=names.SOURCES),
        type_texts=_texts(OpportunityType=names.TYPES),
    )


def _texts(**columns: Iterable[str]) -> Texts:
    return {column: np.array(list(texts), object) for column, texts in columns.items()}
