"""The page: whole, safe with any text, and bounded."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
from pathlib import Path

import pytest

from anomaly_detection.report import Summary, render
from anomaly_detection.report.read import ScoredRow
from anomaly_detection.report.texts import shown
from anomaly_detection.report.words import label

from .lines import HOSTILE, Page, error, line, reason, summary_of


class TestPage:
    @pytest.fixture
    def hostile(self, tmp_path: Path) -> Page:
        lines = [
            line(i, score=0.6 + i / 1000, id=text, model_id=text, Owner=text, Stage=text, Segment=HOSTILE[0], Name=text,
                 reasons=[reason(text, text, HOSTILE[(i - 1) % len(HOSTILE)])], **{text: text})
            for i, text in enumerate(HOSTILE * 3)
        ]  # fmt: skip
        summary = summary_of(tmp_path, lines)
        summary.files = HOSTILE
        for i, text in enumerate(HOSTILE):
            summary.add_error(error(i, source=text, id=text, column=text, expected=text, found=text))
        return Page(render(summary))

    def test_what_comes_from_the_data_is_text(self, hostile: Page) -> None:
        assert hostile.tags["script"] == 2
        assert hostile.tags["img"] == hostile.tags["b"] == 0
        assert hostile.comments == []
        assert not [name for _, name, _ in hostile.attributes if name.startswith("on")]
        links = {value for _, name, value in hostile.attributes if name in ("href", "src", "action")}
        assert all(link.startswith("#") or link == "data:," for link in links)

    def test_and_it_is_all_there(self, hostile: Page) -> None:
        rows = hostile.data["rows"]
        assert {row[0] for row in rows} == {shown(text) for text in HOSTILE}
        for text in HOSTILE:
            assert shown(text) in hostile.text
            assert any(f"{label(text)} is {shown(text)};" in row[5][0][0] for row in rows)

    def test_the_data_cannot_end_its_element(self, hostile: Page) -> None:
        assert not set(hostile.scripts[0]) & set("<>&\u2028\u2029")

    def test_only_its_own_style_and_script_may_run(self, tmp_path: Path) -> None:
        html = render(summary_of(tmp_path, [line(i) for i in range(200)]))
        page = Page(html)
        policy = next(
            value for tag, name, value in page.attributes if (tag, name[:4]) == ("meta", "cont") and "src" in value
        )
        script = base64.b64encode(hashlib.sha256(page.scripts[1].encode()).digest()).decode()
        style = base64.b64encode(
            hashlib.sha256(html.partition("<style>")[2].partition("</style>")[0].encode()).digest()
        ).decode()
        assert "default-src 'none'" in policy
        assert f"script-src 'sha256-{script}';" in policy
        assert f"style-src 'sha256-{style}';" in policy
        assert "unsafe" not in policy
        assert not [value for _, name, value in page.attributes if name == "style"]
        assert not re.search(r"https?:|//[a-z]|@import|url\(", html)

    def test_totals(self, tmp_path: Path) -> None:
        summary = summary_of(tmp_path, [line(i, score=0.9 if i < 7 else 0.1) for i in range(1400)], alpha=0.01)
        summary.add_error(error(1))
        text = " ".join(Page(render(summary)).text.split())
        for said in ("7 of 1,400 rows (0.5%)", "Not scored 1 errors", "Threshold 0.500", "model m1", "Alpha 1% of"):
            assert said in text
        assert "deals.csv" in text
        assert "/some/where" not in text

    def test_no_errors_file_is_not_no_errors(self, tmp_path: Path) -> None:
        summary = summary_of(tmp_path, [line(0)])
        assert "unknown no errors file was found" in " ".join(Page(render(summary)).text.split())
        summary.errors = 0
        assert "0 every row could be read" in " ".join(Page(render(summary)).text.split())

    def test_opportunities_are_called_so(self, tmp_path: Path) -> None:
        with (Path(__file__).parents[4] / "data" / "opportunities.csv").open(encoding="utf-8", newline="") as stream:
            lines = [line(i, **record) for i, record in zip(range(300), csv.DictReader(stream), strict=False)]
        page = Page(render(summary_of(tmp_path, lines)))
        assert "Which opportunities look odd, and why" in page.text
        head = page.data["head"]
        assert [head["labels"][i] for i in head["filters"]] == ["Opportunity Owner", "Stage", "Segment"]
        assert head["labels"][head["shown"][-1]] == "Amount"

    def test_no_odd_rows(self, tmp_path: Path) -> None:
        page = Page(render(summary_of(tmp_path, [line(i) for i in range(9)])))
        assert "None of the 9 rows looks odd. Those that come closest are listed first." in page.text
        assert len(page.data["rows"]) == 9

    def test_no_rows(self) -> None:
        page = Page(render(Summary()))
        assert "hold no scored row" in page.text
        assert page.data["rows"] == []

    def test_the_same_rows_give_the_same_page(self, tmp_path: Path) -> None:
        lines = [line(i, Owner=f"o{i % 7}") for i in range(1500)]
        assert render(summary_of(tmp_path, lines)) == render(summary_of(tmp_path, lines))

    def test_a_large_run_stays_below_five_megabytes_and_says_what_is_left_out(self, tmp_path: Path) -> None:
        summary = Summary(most=2000)
        wide = {f"Column {c}": "<ü中&>" * 200 for c in range(150)}
        reasons = [reason("中" * 99, "<" * 999, "&" * 999)] * 3
        for i in range(4000):
            cells = {**wide, "Owner": f"{'<' * 150} {i % 1999}", "Stage": f"{'&' * 150}{i % 50}"}
            summary.add(ScoredRow(id=f"{i}" * 99, score=0.9, odd=True, threshold=0.5, p_value=0.001, cluster=i % 500,
                                  outlier_score=0.5, model_id="m", reasons=reasons, cells=cells))  # fmt: skip
            summary.add_error(error(i, found="<" * 4000, expected="<" * 4000 + str(i), column="<" * 4000 + str(i)))
        html = render(summary)
        page = Page(html)
        listed = len(page.data["rows"])
        assert 100 < listed < 2000
        assert len(html.encode()) < 5_000_000
        assert f"holds the {listed:,} oddest of 4,000 rows, and so {listed:,} of the 4,000 odd ones" in page.text
        assert "The first 500 of 4,000 rows" in page.text
