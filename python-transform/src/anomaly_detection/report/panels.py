"""Where the odd rows are: tables by first reason, by the values of columns, and by cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anomaly_detection.report import texts, words
from anomaly_detection.report.groups import Count, Key
from anomaly_detection.report.summary import Summary

OPEN = 3
"""So many tables by column are in sight, and their columns are filters; the others can be opened."""
_MORE, _VALUES, _CLUSTERS = 9, 12, 100


@dataclass(frozen=True, kw_only=True)
class PanelRow:
    """A value of a column: its counts, and the widths of its two bars in hundredths."""

    name: str
    key: str | None
    rows: int
    odd: int
    share: str
    rows_width: float
    share_width: float


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Oddness by the values of one column; `others` are too many to list."""

    column: str
    rows: list[PanelRow]
    others: PanelRow | None
    values: int
    filtered: bool


def causes_of(summary: Summary) -> list[PanelRow]:
    """Return how many odd rows have each column as their first reason, the most frequent ones."""
    most = max(summary.first_reasons.values(), default=1)
    return [
        PanelRow(
            name=words.label(field),
            key=None,
            rows=number,
            odd=number,
            share=texts.percent(number, summary.odd),
            rows_width=round(100 * number / most, 1),
            share_width=0.0,
        )
        for field, number in summary.first_reasons.most_common(_VALUES)
    ]


def panels_of(summary: Summary, *, filters: list[str], letters: int) -> list[Panel]:
    """Return oddness by the columns worth it; the keys of values are cut to `letters`, as the page's cells are."""
    return [
        _panel(column, summary.groups.totals(column), filtered=column in filters, letters=letters)
        for column in summary.groups.columns()[: OPEN + _MORE]
    ]


def _panel(column: str, totals: dict[Key, Count], *, filtered: bool, letters: int) -> Panel:
    order = sorted(totals.items(), key=lambda entry: (-entry[1].odd, -entry[1].rows, str(entry[0])))
    listed = order[:_VALUES] if len(order) > _VALUES + 1 else order
    left = [count for _, count in order[len(listed) :]]
    most = max(count.rows for _, count in listed)
    steepest = max(count.odd / count.rows for _, count in listed) or 1.0

    def line(name: str, key: str | None, count: Count) -> PanelRow:
        return PanelRow(
            name=name,
            key=key,
            rows=count.rows,
            odd=count.odd,
            share=texts.percent(count.odd, count.rows),
            rows_width=round(min(100.0, 100 * count.rows / most), 1),
            share_width=round(min(100.0, 100 * count.odd / count.rows / steepest), 1),
        )

    def key(value: Key) -> str:
        return "" if value is None else texts.shown(value, most=letters)

    return Panel(
        column=column,
        rows=[line(texts.shown(value), key(value), count) for value, count in listed],
        others=line(f"{len(left):,} others", None, sum(left, Count())) if left else None,
        values=len(order),
        filtered=filtered,
    )


def clusters_of(summary: Summary) -> list[dict[str, Any]]:
    """Return what the table of clusters says of each, the largest first."""
    order = sorted(summary.clusters.items(), key=lambda entry: (-entry[1].rows, entry[0]))
    return [
        {
            "id": cluster,
            "count": count,
            "share": texts.percent(count.rows, summary.rows),
            "odd_share": texts.percent(count.odd, count.rows),
            "outlier": count.outlier_sum / count.rows,
            "typical": [
                f"{words.label(column)}: {texts.shown(value, most=60)} ({texts.percent(share, 1)})"
                for column, value, share in summary.groups.typical(cluster, count.rows, summary.rows)
            ],
        }
        for cluster, count in order[:_CLUSTERS]
    ]
