"""The made-up org: which accounts, owners, products and stages there are, and what depends on what.

It is the same whatever the seed of a file, so that a model of one file fits every other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.generate import names

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ORG_SEED = 20_250_630
_SEGMENT_SHARES = (0.45, 0.35, 0.20)
_TYPE_SHARES = (0.45, 0.25, 0.15, 0.15)
_PARTNER = names.ACCOUNT_TYPES.index("Channel Partner / Reseller")


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account; numbers are places in the lists of `names`, `team` is the role of its owners."""

    name: str
    country: str
    state: str
    industry: int
    type: int
    segment: int
    team: str
    owner: str


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The org. Arrays are of shape (accounts,) or, where they are shares, (…, choices) and cumulative."""

    accounts: tuple[Account, ...]
    account_shares: Floats
    product_shares: Floats
    """By industry: how often each product is sold."""

    @cached_property
    def products(self) -> tuple[str, ...]:
        """Every product, family after family."""
        return tuple(product for family in names.PRODUCTS.values() for product in family)

    @cached_property
    def family(self) -> dict[str, str]:
        """Product → family."""
        return {product: family for family, products in names.PRODUCTS.items() for product in products}

    @cached_property
    def prices(self) -> Ints:
        """The median amount of each product in the smallest segment."""
        return np.array([price for products in names.PRODUCTS.values() for price in products.values()], np.int64)

    @cached_property
    def role(self) -> dict[str, str]:
        """Owner → role."""
        return {owner: role for role, owners in names.TEAMS.items() for owner in owners}

    @cached_property
    def states(self) -> dict[str, tuple[str, ...]]:
        """Country → its states."""
        return {country.name: country.states for country in names.COUNTRIES}

    @cached_property
    def picklists(self) -> dict[str, tuple[str, ...]]:
        """Column → every value that it can have in a row without errors."""
        return {
            "AccountType": names.ACCOUNT_TYPES,
            "BillingCountry": tuple(self.states),
            "ForecastCategory": tuple(dict.fromkeys(stage.forecast for stage in names.STAGES)),
            "Industry": names.INDUSTRIES,
            "OpportunitySource": names.SOURCES,
            "OpportunityType": names.TYPES,
            "OwnerRole": tuple(names.TEAMS),
            "ProductFamily": tuple(names.PRODUCTS),
            "Segment": names.SEGMENTS,
            "Stage": tuple(stage.name for stage in names.STAGES),
        }


@cache
def catalogue() -> Catalogue:
    """Return the org."""
    rng = np.random.default_rng(_ORG_SEED)
    accounts: list[Account] = []
    for country in names.COUNTRIES:
        combined = [form.format(stem) for form in country.forms for stem in country.stems]
        for i, name in enumerate(combined[: country.accounts]):
            draws = rng.random(4)
            segment = pick(draws[0], cumulative(_SEGMENT_SHARES))
            type_ = pick(draws[1], cumulative(_TYPE_SHARES))
            team = _team(country.region, segment, type_)
            owners = names.TEAMS[team]
            accounts.append(
                Account(
                    name=name,
                    country=country.name,
                    state=country.states[i % len(country.states)] if country.states else "",
                    industry=int(draws[2] * len(names.INDUSTRIES)),
                    type=type_,
                    segment=segment,
                    team=team,
                    owner=owners[int(draws[3] * len(owners))],
                )
            )
    return Catalogue(
        accounts=tuple(accounts),
        account_shares=cumulative(0.5 + 1.5 * rng.random(len(accounts))),
        product_shares=_product_shares(),
    )


def _team(region: str, segment: int, type_: int) -> str:
    if type_ == _PARTNER:
        return "Channel Sales"
    return "APAC Sales" if region == "APAC" else f"{region} {names.SEGMENTS[segment]}"


def _product_shares() -> Floats:
    """An industry buys one family more than the others."""
    families = [i for i, products in enumerate(names.PRODUCTS.values()) for _ in products]
    favorite = np.arange(len(names.INDUSTRIES))[:, None] % len(names.PRODUCTS)
    return cumulative(np.where(np.array(families) == favorite, 5.0, 1.0))


def cumulative(shares: Floats | tuple[float, ...] | tuple[tuple[float, ...], ...]) -> Floats:
    """Return cumulative shares that end with 1 along the last axis."""
    sums = np.cumsum(np.asarray(shares, np.float64), axis=-1)
    return np.asarray(sums / sums[..., -1:])


def pick(draw: float, shares: Floats) -> int:
    """Return the choice that a uniform draw falls on."""
    return int(np.searchsorted(shares, draw, side="right"))
