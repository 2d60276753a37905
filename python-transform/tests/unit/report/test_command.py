"""`report`: a folder or a file, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from anomaly_detection.cli.report import report
from anomaly_detection.errors import AnomalyDetectionError, ConfigError, DataError

from .lines import Page, error, line, write


class TestCommand:
    def run(self, *arguments: Any) -> None:
        found = CliRunner().invoke(report, [str(one) for one in arguments], catch_exceptions=True)
        if isinstance(found.exception, AnomalyDetectionError):
            raise found.exception
        assert found.exit_code == 0, found.output

    def test_a_folder(self, tmp_path: Path) -> None:
        write(tmp_path / "scored-00000-of-00002.jsonl", [line(0, score=0.9), line(1)])
        write(tmp_path / "scored-00001-of-00002.jsonl", [line(2, score=0.8)])
        write(tmp_path / "errors-00000-of-00001.jsonl", [error(1)])
        self.run(tmp_path, "--output", tmp_path / "report.html")
        page = Page((tmp_path / "report.html").read_text("utf-8"))
        assert [row[0] for row in page.data["rows"]] == ["id0", "id2", "id1"]
        assert "1 row of the data could not be read, and so has no score" in page.text

    def test_a_file_and_its_input(self, tmp_path: Path) -> None:
        (tmp_path / "in.csv").write_text("Id,Stage\n" + "".join(f"id{i},s{i % 2}\n" for i in range(9)), "utf-8")
        scored = write(tmp_path / "out.jsonl", [line(i) for i in range(9)])
        self.run(scored, "--input", tmp_path / "in.csv", "--output", tmp_path / "report.html", "--rows", 4)
        page = Page((tmp_path / "report.html").read_text("utf-8"))
        assert page.data["head"]["labels"] == ["Opportunity ID", "Stage"]
        assert [row[6] for row in page.data["rows"]] == [[f"id{i}", f"s{i % 2}"] for i in (8, 7, 6, 5)]

    def test_a_page_is_whole_or_not_there(self, tmp_path: Path) -> None:
        scored = write(tmp_path / "out.jsonl", [line(0), {}])
        with pytest.raises(DataError):
            self.run(scored, "--output", tmp_path / "report.html")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl"]

    def test_it_does_not_replace_what_it_reads(self, tmp_path: Path) -> None:
        scored = write(tmp_path / "out.jsonl", [line(0)])
        with pytest.raises(ConfigError, match="a file of its own"):
            self.run(scored, "--output", scored)
        assert scored.read_text("utf-8")
        table = tmp_path / "in.csv"
        table.write_text("Id\nid0\n", "utf-8")
        with pytest.raises(ConfigError, match="a file of its own"):
            self.run(scored, "--input", tmp_path / "*.csv", "--output", table)
        assert table.read_text("utf-8") == "Id\nid0\n"

    def test_an_alpha_that_was_not_used(self, tmp_path: Path) -> None:
        scored = write(tmp_path / "out.jsonl", [line(0, score=0.9), line(1)])
        with pytest.raises(ConfigError, match="--alpha: expected the one that the rows were scored with"):
            self.run(scored, "--output", tmp_path / "report.html", "--alpha", 0.5)
