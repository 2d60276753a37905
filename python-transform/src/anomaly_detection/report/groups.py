"""Counts of rows and odd rows by value and cluster, for the columns that have few enough values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LEADING = ("Owner", "Stage", "Segment")
"""The columns that come first, and that may have many values: a large organization has many owners."""
FEW = 60
_MOST_VALUES = 20_000
_MOST_COLUMNS = 60
_MOST_LETTERS = 200
_NUMBER_OR_DATE = re.compile(r"-?[\d.,]+(e[+-]?\d+)?|\d{4}-\d\d-\d\d.*|\d{1,2}/\d{1,2}/\d{2,4}", re.IGNORECASE)

Key = str | bool | None


@dataclass(slots=True)
class Count:
    """How many rows, and how many of them are odd."""

    rows: int = 0
    odd: int = 0

    def add(self, odd: int) -> None:
        """Count one more row."""
        self.rows += 1
        self.odd += odd

    def __add__(self, other: Count) -> Count:
        return Count(self.rows + other.rows, self.odd + other.odd)


@dataclass
class Groups:
    """Counts for every column that is worth grouping by; memory is bounded by its limits, not by the rows.

    A column that turns out to have too many values, or to hold numbers, is given up.
    """

    counts: dict[str, dict[Key, dict[int, Count]]] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)

    def add(self, cells: Mapping[str, Any], *, odd: int, cluster: int) -> None:
        """Count one row under each of its values."""
        for name, value in cells.items():
            if name in self.given_up:
                continue
            values = self.counts.get(name)
            if values is None:
                if len(self.counts) == _MOST_COLUMNS and name not in LEADING:
                    self.given_up.add(name)
                    continue
                values = self.counts[name] = {}
            by_cluster = values.get(value) if isinstance(value, (str, bool)) or value is None else None
            if by_cluster is None:
                if not _is_name(value) or len(values) == (_MOST_VALUES if name in LEADING else FEW):
                    self.given_up.add(name)
                    del self.counts[name]
                    continue
                by_cluster = values[value] = {}
            # Who is where matters only for columns of few values; owners by cluster could be millions.
            key = cluster if len(values) <= FEW else 0
            by_cluster.setdefault(key, Count()).add(odd)

    def columns(self) -> list[str]:
        """Return the columns worth showing, the leading ones first, then the others in the data's order."""
        worth = [
            name
            for name, values in self.counts.items()
            if len(values) > 1 and 2 * len(values) <= self._rows(name) and _are_names(values)
        ]
        return sorted(worth, key=lambda name: LEADING.index(name) if name in LEADING else len(LEADING))

    def totals(self, column: str) -> dict[Key, Count]:
        """Return the counts by value."""
        return {value: sum(by.values(), Count()) for value, by in self.counts[column].items()}

    def typical(self, cluster: int, rows: int, all_rows: int, *, most: int = 3) -> list[tuple[str, Key, float]]:
        """Return what sets a cluster of `rows` apart: column, value and its share there, most telling first.

        One value for a column; the share is at least half, and well above that among all rows.
        """
        found: list[tuple[float, str, Key, float]] = []
        for column in self.columns():
            if len(self.counts[column]) > FEW:
                continue
            share, value, lift = max(
                (
                    (here.rows / rows, value, here.rows / rows - sum(c.rows for c in by.values()) / all_rows)
                    for value, by in self.counts[column].items()
                    if (here := by.get(cluster))
                ),
                key=lambda entry: entry[2],
                default=(0.0, None, 0.0),
            )
            if share >= 0.5 and lift >= 0.1:
                found.append((lift, column, value, share))
        found.sort(key=lambda entry: -entry[0])
        return [(column, value, share) for _, column, value, share in found[:most]]

    def _rows(self, column: str) -> int:
        return sum(count.rows for by in self.counts[column].values() for count in by.values())


def _is_name(value: Any) -> bool:
    """Tell whether rows can be grouped by a value: not by a number, nor by a long text."""
    return value is None or isinstance(value, bool) or (isinstance(value, str) and len(value) <= _MOST_LETTERS)


def _are_names(values: Iterable[Key]) -> bool:
    # Numbers and dates that are written as texts; a few codes among names do no harm.
    texts = [value for value in values if isinstance(value, str)]
    return not texts or sum(bool(_NUMBER_OR_DATE.fullmatch(text)) for text in texts) < 0.5 * len(texts)
