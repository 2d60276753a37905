"""The page: one HTML file that needs nothing else, neither a server nor a network.

Its style and its script stand in it; a content security policy allows these two, by their hashes, and nothing
more. What comes from the data is escaped by the template, or is JSON that the script turns into text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from anomaly_detection.report import texts, words
from anomaly_detection.report.charts import cluster_map, histogram
from anomaly_detection.report.panels import OPEN, causes_of, clusters_of, panels_of
from anomaly_detection.report.read import ScoredRow
from anomaly_detection.report.summary import NOISE, Summary
from anomaly_detection.schema import INPUT

_MOST_BYTES = 3_200_000
"""Of the rows in the page; with all the rest it stays below 5 MB."""
_MOST_COLUMNS = 100
_LETTERS = (300, 100, 30)
"""Of a cell: fewer where the rows would be too many bytes."""
_NAME, _AMOUNT = "Name", "Amount"
# What would end the script element, start a comment in it, or a line in old JavaScript.
_IN_SCRIPT = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def render(summary: Summary) -> str:
    """Return the page as HTML.

    Raises:
        ConfigError: the summary's alpha is not the one that the rows were labelled with.
    """
    summary.check_alpha()
    oddest = summary.oddest()
    table = _table(summary, oddest)
    style, script = (_asset(name) for name in ("page.css", "page.js"))
    environment = Environment(
        loader=PackageLoader("anomaly_detection.report", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": texts.count, "shown": texts.shown, "label": words.label, "basename": _basename}
    environment.globals |= {"percent": texts.percent}
    return environment.get_template("page.html").render(
        policy=_policy(style, script),
        style=style,
        script=script,
        noun=_noun(summary),
        summary=summary,
        table=table,
        alpha=_alpha(summary),
        chart=histogram(summary.bins, sorted({model.threshold for model in summary.models})),
        causes=causes_of(summary),
        panels=panels_of(summary, filters=table.filters, letters=table.letters),
        map=cluster_map(summary.clusters, *summary.places(oddest)),
        clusters=clusters_of(summary),
        map_odd=len(summary.places(oddest)[1]),
        NOISE=NOISE,
    )


@dataclass(frozen=True, kw_only=True)
class Table:
    """The rows in the page: JSON that can stand in a script element, and which columns filter and sort them.

    No cell is longer than `letters`.
    """

    data: str
    embedded: int
    odd: int
    filters: list[str]
    shown: list[str]
    letters: int


def _basename(source: str) -> str:
    """Return the last part of a path or URI; folders say more about a machine than about the data."""
    return source.replace("\\", "/").rstrip("/").rpartition("/")[2] or source


def _asset(name: str) -> str:
    return (files("anomaly_detection.report") / "template" / name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    def source(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; style-src {source(style)}; script-src {source(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_IN_SCRIPT)


def _table(summary: Summary, oddest: list[ScoredRow]) -> Table:
    columns = list(summary.columns)[:_MOST_COLUMNS]
    filters = [name for name in summary.groups.columns() if name in columns][:OPEN]
    shown = [*filters, *([_AMOUNT] if _AMOUNT in columns and _AMOUNT not in filters else [])]
    for letters in _LETTERS:
        rows = _within(_MOST_BYTES, (_json(_row(row, columns, letters)) for row in oddest))
        if len(rows) == len(oddest):
            break
    head = {
        "labels": [words.label(name) for name in columns],
        "title": columns.index(_NAME) if _NAME in columns else None,
        "filters": [columns.index(name) for name in filters],
        "shown": [columns.index(name) for name in shown],
        "empty": texts.EMPTY,
    }
    return Table(
        data=f'{{"head":{_json(head)},"rows":[{",".join(rows)}]}}',
        embedded=len(rows),
        odd=sum(row.odd for row in oddest[: len(rows)]),
        filters=filters,
        shown=shown,
        letters=letters,
    )


def _within(most: int, lines: Iterable[str]) -> list[str]:
    """Return the lines up to where they become too many bytes."""
    kept: list[str] = []
    for line in lines:
        most -= len(line.encode()) + 1
        if most < 0:
            break
        kept.append(line)
    return kept


def _row(row: ScoredRow, columns: list[str], letters: int) -> list[Any]:
    reasons = [
        [words.sentence(reason), f"{100 * reason['contribution']:.0f}%"] for reason in words.worth_saying(row.reasons)
    ]
    cells = [texts.cell(row.cells.get(name), most=letters) for name in columns]
    fixed = [texts.shown(row.id), round(row.score, 6), words.rarity(row.p_value), int(row.odd), row.cluster]
    copied = row.copies is not None and row.copies.count > 0
    notes = [words.copies_sentence(row.copies)] if row.copies and copied else []
    if row.ignored:
        notes.append(texts.REVIEWED)
    return [*fixed, reasons, cells, notes, int(copied)]


def _noun(summary: Summary) -> tuple[str, str]:
    """Return what a row is called, one and many: an opportunity, if it has most of the columns of one."""
    is_opportunity = 2 * sum(name in summary.columns for name in INPUT.names) > len(INPUT.names)
    return ("opportunity", "opportunities") if is_opportunity else ("row", "rows")


def _alpha(summary: Summary) -> str:
    if summary.alpha is not None:
        return f"{100 * summary.alpha:.3g}%"
    low, high = summary.alpha_range()
    if low and high < 1:
        return f"{100 * low:.3g}% to {100 * high:.3g}%"
    return f"at least {100 * low:.3g}%" if low else f"below {100 * high:.3g}%"
