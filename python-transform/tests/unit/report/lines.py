"""Scored rows and errors as a run writes them, and pages as a browser reads them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from anomaly_detection.report import Summary
from anomaly_detection.report.read import scored_rows

THRESHOLD = 0.5


HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<!-- <script>",
    "]]>",
    '"><img src=x onerror=alert(3)>',
    "it's \"quoted\" & 'single' `back` ${x} {{ 7*7 }} {% raw %}",
    "line\u2028separator\u2029paragraph",
    "&lt;b&gt; &amp;amp;",
    "javascript:alert(4)",
    "\\u003c/script\\u003e \\",
]


def line(number: int, *, score: float | None = None, **changes: Any) -> dict[str, Any]:
    score = (number % 100) / 200 if score is None else score
    odd = score >= THRESHOLD
    return {
        "id": f"id{number}",
        "score": score,
        "label": int(odd),
        "threshold": THRESHOLD,
        "p_value": 0.005 if odd else 0.5,
        "cluster": number % 3 - 1,
        "membership": 0.5,
        "outlier_score": 0.25,
        "model_id": "m1",
        "reasons": [reason()] if odd else [],
        **changes,
    }


def reason(field: str = "OwnerRole", value: Any = "EMEA", expected: Any = "WW", share: float = 0.9) -> dict[str, Any]:
    return {"field": field, "value": value, "expected": expected, "contribution": share}


def error(row: int, **changes: Any) -> dict[str, Any]:
    return {
        "source": "/some/where/deals.csv",
        "row": row,
        "id": f"id{row}",
        "column": "Amount",
        "expected": "a finite number",
        "found": "ten",
        "error": "Amount: expected a finite number, found ten",
        "stage": "read",
        "element": "{}",
        **changes,
    }


def write(path: Path, lines: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines), "utf-8")
    return path


def write_as(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Write rows as the pipeline does, in the format that the name of the file says."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(list(rows)), path)
        return path
    with path.open("w", encoding="utf-8", newline="") as stream:
        records = csv.DictWriter(stream, rows[0])
        records.writeheader()
        for row in rows:
            records.writerow({name: json.dumps(x) if isinstance(x, list | bool) else x for name, x in row.items()})
    return path


def summary_of(folder: Path, lines: Sequence[dict[str, Any]], **options: Any) -> Summary:
    summary = Summary(**options)
    for row in scored_rows(write(folder / "rows.jsonl", lines)):
        summary.add(row)
    return summary


class Page(HTMLParser):
    """What a browser would make of a page: elements, the text of scripts, comments and the visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.scripts: list[str] = []
        self.comments: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text += f"{data} "

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    @property
    def data(self) -> Any:
        return json.loads(self.scripts[0])
