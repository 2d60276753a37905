"""Scored rows and errors, read back."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from anomaly_detection.errors import DataError
from anomaly_detection.report.read import Copies, error_lines, scored_rows

from .lines import error, line, reason, write, write_as


class TestRead:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("nonsense", "line 2: expected a row as JSON"),
            ("[1]", "line 2: expected a JSON object"),
            ("", "line 2: expected a row as JSON"),
            ("[" * 100_000, "line 2: expected a row as JSON"),
            (json.dumps({"id": "a"}), "line 2: expected the field score, found id"),
            (json.dumps(line(1, id=None)), "line 2: id: expected a text"),
            (json.dumps(line(1, id=7)), "line 2: id: expected a text, found '7'"),
            (json.dumps(line(1, score=0.1, label=True)), "line 2: label: expected a whole number"),
            (json.dumps(line(1, score=0.1, p_value=math.nan)), "line 2: p_value: expected a finite number"),
            (json.dumps(line(1, score=0.1, threshold=10**400)), "line 2: threshold: expected a finite number"),
            (json.dumps(line(1, score=0.1, cluster=2**70)), "line 2: cluster: expected a whole number"),
            (json.dumps(line(1, score=2.0)), "line 2: expected score and p_value from 0 to 1"),
            (json.dumps(line(1, score=0.1, label=2)), "line 2: expected score and p_value from 0 to 1"),
            (json.dumps(line(1, reasons="x")), "line 2: reasons: expected a list"),
            (json.dumps(line(1, reasons=[1])), "line 2, reasons: expected a JSON object"),
            (json.dumps(line(1, reasons=[{"field": "A"}])), "line 2, reasons: expected the field value"),
        ],
    )
    def test_a_line_that_is_no_scored_row_is_named(self, tmp_path: Path, text: str, message: str) -> None:
        path = tmp_path / "rows.jsonl"
        path.write_text(json.dumps(line(0)) + "\n" + text + "\n", "utf-8")
        with pytest.raises(DataError, match=re.escape(f"{path}, {message}")):
            list(scored_rows(path))

    def test_every_format_holds_the_same_rows(self, tmp_path: Path) -> None:
        cells = {"Amount": 1.5, "IsWon": True, "Name": 'two\nlines, "quoted"', "#": "7", "Stage": None}
        added = {"duplicate_of": ["a"], "duplicates": 1, "exact_duplicates": 0, "ignored": False}
        rows = [line(0, **cells, **added), line(1, score=0.9, **cells, **added)]
        expected = list(scored_rows(write(tmp_path / "rows.jsonl", rows)))
        assert expected[1].reasons == [reason()]
        assert expected[1].copies == Copies(ids=["a"], count=1, exact=0)
        for form in (".csv", ".parquet"):
            assert list(scored_rows(write_as(tmp_path / f"rows{form}", rows))) == expected
            assert list(error_lines(write_as(tmp_path / f"e{form}", [error(1, id=None)]))) == [error(1, id=None)]

    @pytest.mark.parametrize(
        ("name", "text", "message"),
        [
            ("a.csv", "id,score\r\n1\r\n", "record 1: expected 2 cells, found 1"),
            ("a.csv", 'id,score\r\n"1"x,2\r\n', "line 2: expected a record of CSV"),
            ("a.csv", ",".join(line(0)) + "\r\na,x,0,0,0,0,0,0,m,[]\r\n", "record 1: score: expected a finite number"),
            ("a.csv", "", None),
            ("a.parquet", "PAR1", "expected a Parquet file"),
        ],
    )
    def test_other_formats_are_checked_too(self, tmp_path: Path, name: str, text: str, message: str | None) -> None:
        path = tmp_path / name
        path.write_text(text, "utf-8", newline="")
        if message is None:
            assert list(scored_rows(path)) == []
            return
        with pytest.raises(DataError, match=re.escape(message)):
            list(scored_rows(path))

    def test_errors_are_checked_too(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="line 1: expected the field source"):
            list(error_lines(write(tmp_path / "e.jsonl", [line(0)])))

    def test_other_bytes(self, tmp_path: Path) -> None:
        path = tmp_path / "rows.jsonl"
        path.write_bytes(b"\xff\xfe")
        with pytest.raises(DataError, match="expected UTF-8 text"):
            list(scored_rows(path))

    def test_everything_beside_the_contract_is_a_column(self, tmp_path: Path) -> None:
        row = next(scored_rows(write(tmp_path / "rows.jsonl", [line(0, Stage="Won", Amount=None)])))
        assert row.cells == {"Stage": "Won", "Amount": None}
