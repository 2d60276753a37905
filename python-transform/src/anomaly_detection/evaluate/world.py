"""What a table of ordinary rows says about itself: which values there are, and which stand together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from anomaly_detection.features.feature import Feature

Row = Mapping[str, Any]
"""The cells of one row by column, None where there is nothing."""

GROUPS = (
    frozenset({"Stage", "ForecastCategory", "IsClosed", "IsWon"}),
    frozenset({"BillingState", "BillingCountry"}),
    frozenset({"Product", "ProductFamily"}),
    frozenset({"Owner", "OwnerRole"}),
    frozenset({"CreatedDate", "CloseDate"}),
)
"""Columns of opportunities that contradict each other: the data cannot tell which of a group is wrong."""

MOST_NEW = 0.01
"""In a column where new values come more often than this, an unseen one is no error."""

MOST_MISSING = 0.2
"""In a column that is empty more often than this, a missing value is no error."""

IN_ORDER = 0.98
"""Two dates that are in order more often than this are meant to be."""


@dataclass(frozen=True)
class World:
    """The rows of a whole table, as they are before anything is made wrong, and what is looked at in them."""

    rows: tuple[Row, ...]
    features: tuple[Feature, ...]

    @classmethod
    def of(cls, table: pa.Table, features: Sequence[Feature]) -> World:
        """Read the columns of the features."""
        names = [feature.name for feature in features if feature.is_column]
        return cls(tuple(table.select(names).to_pylist()), tuple(features))

    def has(self, *columns: str) -> bool:
        """Say whether these columns are all looked at."""
        return set(columns) <= {feature.name for feature in self.features}

    @cached_property
    def _counts(self) -> dict[str, Counter[Any]]:
        names = [feature.name for feature in self.features if feature.is_column]
        return {name: Counter(row[name] for row in self.rows) for name in names}

    @cached_property
    def _seen(self) -> dict[tuple[str, ...], set[tuple[Any, ...]]]:
        return {}

    @cached_property
    def _beside(self) -> dict[tuple[str, str], dict[Any, set[Any]]]:
        return {}

    def levels(self, column: str) -> list[Any]:
        """Return the values of a column, in order."""
        return sorted(value for value in self._counts[column] if value is not None)

    def combinations(self, *columns: str) -> set[tuple[Any, ...]]:
        """Return the combinations of values that rows have in these columns."""
        if columns not in self._seen:
            self._seen[columns] = {tuple(row[name] for name in columns) for row in self.rows}
        return self._seen[columns]

    def beside(self, column: str, value: Any, other: str) -> set[Any]:
        """Return the values of another column in the rows that have this value."""
        if (column, other) not in self._beside:
            found: dict[Any, set[Any]] = {}
            for here, there in self.combinations(column, other):
                if there is not None:
                    found.setdefault(here, set()).add(there)
            self._beside[column, other] = found
        return self._beside[column, other].get(value, set())

    def missing_share(self, column: str) -> float:
        """Return how often a column is empty."""
        return self._counts[column][None] / len(self.rows)

    @cached_property
    def closed_sets(self) -> tuple[str, ...]:
        """Text columns in which a value that was never seen is an error.

        The chance that the next value is new is the share of the values seen once (I. J. Good, "The population
        frequencies of species and the estimation of population parameters", 1953).
        """
        return tuple(
            feature.name
            for feature in self.features
            if feature.kind == "categorical"
            and feature.type == "STRING"
            and sum(n == 1 for n in self._counts[feature.name].values()) <= MOST_NEW * len(self.rows)
        )

    @cached_property
    def mostly_there(self) -> tuple[str, ...]:
        """Categorical and numeric columns that are rarely empty."""
        return tuple(
            feature.name
            for feature in self.features
            if feature.kind in ("categorical", "numeric") and self.missing_share(feature.name) <= MOST_MISSING
        )

    @cached_property
    def amounts(self) -> tuple[str, ...]:
        """`Amount`, or in another table the columns of positive numbers that span more than one power of ten."""
        if self.has("Amount"):
            return ("Amount",)
        return tuple(
            feature.name for feature in self.features if feature.kind == "numeric" and self._spans(feature.name)
        )

    def _spans(self, column: str) -> bool:
        values = np.array([value for value in self._counts[column] if value is not None])
        return len(values) > 0 and values.min() > 0 and values.max() > 10 * values.min()

    @cached_property
    def durations(self) -> tuple[tuple[str, str], ...]:
        """Pairs of dates of which the second is hardly ever before the first."""
        pairs = [(feature.start, feature.end) for feature in self.features if feature.kind == "duration"]
        return tuple(pair for pair in pairs if self._share_in_order(*pair) >= IN_ORDER)

    def _share_in_order(self, start: str, end: str) -> float:
        in_order = [row[start][:10] <= row[end][:10] for row in self.rows if row[start] and row[end]]
        return float(np.mean(in_order)) if in_order else 0.0


def group_of(columns: frozenset[str]) -> frozenset[str]:
    """Return the columns and all that the data cannot tell from them."""
    return columns.union(*(group for group in GROUPS if group & columns))
