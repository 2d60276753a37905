"""What was reviewed and what was copied, beside the rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from anomaly_detection.cli.report import report
from anomaly_detection.report import render
from anomaly_detection.report.read import Copies, scored_rows
from anomaly_detection.report.words import copies_sentence

from .lines import Page, line, summary_of, write


class TestMarks:
    """What the pipeline's options add to a row."""

    def lines(self) -> list[dict[str, Any]]:
        copies = {"duplicate_of": ["id2", "id<b>"], "duplicates": 7, "exact_duplicates": 1}
        none = {"duplicate_of": [], "duplicates": 0, "exact_duplicates": 0}
        return [
            line(1, score=0.9, Stage="Won", ignored=True, **none),
            line(2, score=0.1, Stage="Won", ignored=False, **copies),
            *(line(i, score=0.4, Stage="Won", ignored=False, **none) for i in range(3, 9)),
        ]

    def test_they_are_no_columns(self, tmp_path: Path) -> None:
        rows = list(scored_rows(write(tmp_path / "rows.jsonl", self.lines())))
        assert all(row.cells == {"Stage": "Won"} for row in rows)
        assert [row.ignored for row in rows[:2]] == [True, False]
        assert rows[1].copies == Copies(ids=["id2", "id<b>"], count=7, exact=1)

    def test_columns_of_the_data_may_have_their_names(self, tmp_path: Path) -> None:
        cells = {"duplicate_of": "x", "duplicates": "3", "exact_duplicates": None, "ignored": "no"}
        row = next(scored_rows(write(tmp_path / "rows.jsonl", [line(0, **cells)])))
        assert (row.cells, row.copies, row.ignored) == (cells, None, False)

    def test_the_page_counts_them_and_says_so_in_the_row(self, tmp_path: Path) -> None:
        summary = summary_of(tmp_path, self.lines(), most=3)
        assert (summary.copies, summary.ignored, summary.odd) == (1, 1, 1)
        page = Page(render(summary))
        assert "1 of them reviewed and ignored" in page.text
        assert "Copies" in page.text
        rows = json.loads(page.scripts[0])["rows"]
        assert [row[0] for row in rows] == ["id1", "id2", "id3"]
        assert [row[-2:] for row in rows] == [
            [["Reviewed, and ignored since"], 0],
            [["Looks like a copy of id2 (with the same amount), id<b> and 5 more"], 1],
            [[], 0],
        ]

    def test_a_page_without_them_has_no_word_of_them(self, tmp_path: Path) -> None:
        text = Page(render(summary_of(tmp_path, [line(1, score=0.9)]))).text
        assert not any(word in text for word in ("Copies", "copied", "reviewed"))

    @pytest.mark.parametrize(
        ("ids", "count", "exact", "text"),
        [
            (["a"], 1, 0, "Looks like a copy of a, with another amount"),
            (["a"], 1, 1, "Looks like a copy of a, with the same amount"),
            (["a", "b"], 2, 1, "Looks like a copy of a (with the same amount) and b"),
            (
                ["a", "b", "c", "d", "e"],
                4000,
                4000,
                "Looks like a copy of a, b, c, d, e and 3,995 more, with the same amount",
            ),
        ],
    )
    def test_the_sentence(self, ids: list[str], count: int, exact: int, text: str) -> None:
        assert copies_sentence(Copies(ids=ids, count=count, exact=exact)) == text

    def test_the_file_of_reviewed_rows_can_be_given_to_the_report(self, tmp_path: Path) -> None:
        scored = write(tmp_path / "rows.jsonl", [line(1, score=0.9), line(2, score=0.9), line(3, score=0.1)])
        (tmp_path / "reviewed.csv").write_text("id,column\nid2,Owner Role\nid3,\n", "utf-8")
        page = tmp_path / "page.html"
        arguments = [str(scored), "--output", str(page), "--ignore", str(tmp_path / "reviewed.csv")]
        done = CliRunner().invoke(report, arguments)
        assert done.exit_code == 0
        assert "reviewed.csv, line 3 (id id3) matches no odd row" in done.output
        rows = json.loads(Page(page.read_text("utf-8")).scripts[0])["rows"]
        assert [row[-2] for row in rows] == [[], ["Reviewed, and ignored since"], []]
