from __future__ import annotations

import base64
import csv
import hashlib
import json
import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from anomaly_detection.cli.report import report
from anomaly_detection.errors import AnomalyDetectionError, ConfigError, DataError
from anomaly_detection.report import ScoredFile, Summary, find_files, render
from anomaly_detection.report.charts import cluster_map, histogram
from anomaly_detection.report.groups import Count
from anomaly_detection.report.join import joined_rows
from anomaly_detection.report.read import Copies, ScoredRow, error_lines, scored_rows
from anomaly_detection.report.summary import NOISE, ClusterCount, Place
from anomaly_detection.report.texts import shown
from anomaly_detection.report.words import copies_sentence, label, rarity, sentence

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


class TestWords:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (reason("OwnerRole", "Sales EMEA", "Sales WW"), "Owner Role is Sales EMEA; expected Sales WW"),
            (reason("Stage", None, "Closed Won"), "Stage is empty; expected Closed Won"),
            (reason("Stage", "Won", None), "Stage is Won; expected no value"),
            (reason("Stage", None, None), "Stage is empty, as expected here, but seldom is"),
            (
                reason("AccountOwner", "Zoë", "Zoë"),
                "Account Owner is Zoë, which is the most likely value here, but still an uncommon one",
            ),
            (reason("Amount", "226760", "52,300 to 148,000"), "Amount is 226,760; expected 52,300 to 148,000"),
            (
                reason("Amount", "22630184", "208,000 to 691,000"),
                "Amount is 22,630,184; expected 208,000 to 691,000 (33 times the upper end)",
            ),
            (
                reason("Amount", "1.84", "1,210 to 6,490"),
                "Amount is 1.84; expected 1,210 to 6,490 (1/658 of the lower end)",
            ),
            (
                reason("Amount", "8450", "2,180 to 10,300"),
                "Amount is 8,450, within the 2,180 to 10,300 expected, but uncommon together with the other values",
            ),
            (
                reason("CloseDate", "2023-07-18, -197 days after CreatedDate", "52.1 to 156 days after CreatedDate"),
                "Close Date is 2023-07-18, 197 days before Created Date; expected 52 to 156 days after Created Date",
            ),
            (
                reason("CloseDate", "2023-07-18, 1 days after CreatedDate", "-3.2 to 56 days after CreatedDate"),
                "Close Date is 2023-07-18, 1 day after Created Date; "
                "expected 3 days before to 56 days after Created Date",
            ),
            (
                reason("CloseDate", "2023-07-18, -0 days after CreatedDate", "-20 to -10 days after CreatedDate"),
                "Close Date is 2023-07-18, the day of Created Date; expected 10 to 20 days before Created Date",
            ),
            (
                reason("CloseDate", None, "5 to 10 days after CreatedDate"),
                "Close Date is empty; expected 5 to 10 days after Created Date",
            ),
            (
                reason("CreatedDate", "2030-01-01", "2023-01-01 to 2024-01-01"),
                "Created Date is 2030-01-01; expected 2023-01-01 to 2024-01-01",
            ),
            (
                reason("Weight (kg)", "1e20", "1e+18 to 2e+18"),
                "Weight (kg) is 1e20; expected 1e+18 to 2e+18 (50 times the upper end)",
            ),
            (reason("Route", "south", "Rome to Milan"), "Route is south; expected Rome to Milan"),
            (reason("Stage", " ", "Won"), "Stage is “ ”; expected Won"),
        ],
    )  # fmt: skip
    def test_says_what_the_reason_holds(self, given: dict[str, Any], said: str) -> None:
        assert sentence(given) == said

    def test_a_sentence_keeps_long_values_short(self) -> None:
        assert len(sentence(reason("F" * 1000, "v" * 10_000, "e" * 10_000))) < 400

    @pytest.mark.parametrize("p_value", [1 / 10**k for k in range(7)] + [0.5, 0.96, 0.31])
    def test_rarity_names_the_share(self, p_value: float) -> None:
        said = rarity(p_value)
        if said == "all":
            assert p_value > 0.95
        else:
            part, whole = said.replace(",", "").split(" in ")
            assert int(part) / int(whole) == pytest.approx(p_value, abs=0.1)

    def test_labels_are_those_of_an_export(self) -> None:
        assert [label(name) for name in ("BillingState", "Owner", "IsWon", "#")] == [
            "Billing State/Province", "Opportunity Owner", "Won", "#"]  # fmt: skip

    @pytest.mark.parametrize("text", ["\ud800", "a\x00b", "\u202eevil", "\u2066x", "tab\there"])
    def test_a_text_can_always_be_written_and_disturbs_nothing(self, text: str) -> None:
        found = shown(text)
        found.encode("utf-8")
        assert not set(found) & set("\x00\u202e\u2066\ud800\t")

    def test_a_name_that_runs_from_right_to_left_is_isolated(self) -> None:
        name = "\u05e9\u05dc\u05d5\u05dd"
        assert shown(name) == f"\u2068{name}\u2069"
        assert shown("Zoë 中文") == "Zoë 中文"


class TestFiles:
    def test_a_folder_of_a_run(self, tmp_path: Path) -> None:
        for shard in range(3):
            write(tmp_path / f"scored-0000{shard}-of-00003.jsonl", [])
        for shard in range(2):
            write(tmp_path / f"errors-0000{shard}-of-00002.jsonl", [])
        (tmp_path / "summary.json").write_text("{}")
        assert self.errors(tmp_path) == {
            "scored-00000-of-00003.jsonl": ["errors-00000-of-00002.jsonl", "errors-00001-of-00002.jsonl"],
            "scored-00001-of-00003.jsonl": [],
            "scored-00002-of-00003.jsonl": [],
        }

    def errors(self, *paths: Path) -> dict[str, list[str]]:
        return {file.path.name: [errors.name for errors in file.errors] for file in find_files(paths)}

    def test_a_window_without_a_scored_row_and_rows_that_came_late_have_errors_too(self, tmp_path: Path) -> None:
        first, second, late = "20261129T010500Z", "20261129T010600Z", "late-1764378300000-6f2a"
        names = [f"{first}-00000-of-00001", f"{first}-{late}a", f"{second}-00000-of-00001", f"{second}-{late}b"]
        for name in names:
            write(tmp_path / f"errors-{name}.jsonl", [error(1)])
        for name in (f"{first}-00000-of-00001", f"{first}-{late}c"):
            write(tmp_path / f"scored-{name}.jsonl", [])
        assert self.errors(tmp_path) == {
            f"scored-{first}-00000-of-00001.jsonl": [f"errors-{name}.jsonl" for name in names],
            f"scored-{first}-{late}c.jsonl": [],
        }
        assert self.errors(tmp_path / f"scored-{first}-00000-of-00001.jsonl") == {
            f"scored-{first}-00000-of-00001.jsonl": [f"errors-{name}.jsonl" for name in names[:2]],
        }

    def test_a_missing_file_of_errors_is_named(self, tmp_path: Path) -> None:
        for name in ("scored-00000-of-00001", "errors-00000-of-00002"):
            write(tmp_path / f"{name}.jsonl", [])
        with pytest.raises(DataError, match=r"expected all 2 files errors-.* found 1; .* number 00001"):
            find_files([tmp_path])

    def test_errors_beside_a_file_of_score(self, tmp_path: Path) -> None:
        for name, beside in (("out.jsonl", "out.errors.jsonl"), ("out.json", "out.json.errors.jsonl")):
            errors = write(tmp_path / beside, [])
            assert find_files([write(tmp_path / name, [])])[0].errors == (errors,)
        assert find_files([write(tmp_path / "lone.jsonl", [])])[0].errors == ()

    def test_a_missing_shard_is_named(self, tmp_path: Path) -> None:
        for shard in (0, 2):
            write(tmp_path / f"scored-0000{shard}-of-00003.jsonl", [])
        with pytest.raises(DataError, match=r"expected all 3 files .* found 2; .* number 00001"):
            find_files([tmp_path])

    def test_files_of_two_runs_are_not_mixed(self, tmp_path: Path) -> None:
        write(tmp_path / "scored-00000-of-00001.jsonl", [])
        write(tmp_path / "scored-00000-of-00002.jsonl", [])
        with pytest.raises(DataError, match="files of one run"):
            find_files([tmp_path])

    @pytest.mark.parametrize("form", [".csv", ".parquet"])
    def test_a_run_of_another_format(self, tmp_path: Path, form: str) -> None:
        for kind in ("scored", "errors"):
            (tmp_path / f"{kind}-00000-of-00001{form}").touch()
        [file] = find_files([tmp_path])
        assert (file.path.suffix, file.errors) == (form, (tmp_path / f"errors-00000-of-00001{form}",))

    def test_formats_are_not_mixed(self, tmp_path: Path) -> None:
        write(tmp_path / "scored-00000-of-00001.jsonl", [])
        for name in ("scored", "errors"):
            other = tmp_path / f"{name}-00000-of-00001.csv"
            other.touch()
            with pytest.raises(DataError, match=r"found \.csv and \.jsonl"):
                find_files([tmp_path])
            other.unlink()

    def test_windows_may_have_different_numbers_of_files(self, tmp_path: Path) -> None:
        for name in ("a-00000-of-00001", "b-00000-of-00002", "b-00001-of-00002"):
            write(tmp_path / f"scored-{name}.jsonl", [])
        assert len(find_files([tmp_path])) == 3

    def test_a_file_counts_once(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scored-00000-of-00001.jsonl", [])
        with pytest.raises(ConfigError, match="found it twice"):
            find_files([tmp_path, path])

    @pytest.mark.parametrize("name", ["out.errors.jsonl", "errors-00000-of-00001.jsonl"])
    def test_a_file_of_errors_is_no_scored_file(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(ConfigError, match="found a file of errors"):
            find_files([write(tmp_path / name, [])])

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="expected files named scored-"):
            find_files([tmp_path])
        with pytest.raises(DataError, match="found nothing there"):
            find_files([tmp_path / "none.jsonl"])

    def test_an_input_for_each_file(self, tmp_path: Path) -> None:
        files = [write(tmp_path / f"{name}.jsonl", []) for name in "ab"]
        with pytest.raises(ConfigError, match="one for each of the 2 scored files"):
            find_files(files, inputs=[tmp_path / "a.csv"])


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


class TestJoin:
    def files(self, folder: Path, ids: list[str], records: str, errors: list[int] | None = None) -> ScoredFile:
        (folder / "in.csv").write_text(records, "utf-8")
        scored = write(folder / "out.jsonl", [line(i, id=id_) for i, id_ in enumerate(ids)])
        if errors is not None:
            write(folder / "out.errors.jsonl", [error(row) for row in errors])
        return find_files([scored], inputs=[folder / "in.csv"])[0]

    def cells(self, file: ScoredFile, **options: Any) -> list[str]:
        return [row.cells["Stage"] for row in joined_rows(file, **options)]

    def test_each_row_gets_the_cells_of_its_record(self, tmp_path: Path) -> None:
        file = self.files(tmp_path, ["a", "b"], "Opportunity ID,StageName\na,1\n\nb,2\n")
        assert self.cells(file) == ["1", "2"]

    def test_numbers_of_the_contract_are_numbers(self, tmp_path: Path) -> None:
        file = self.files(tmp_path, ["a", "b", "c"], "Id,Amount,Zip\na,1e3,01234\nb,ten,2\nc,,3\n")
        assert [row.cells["Amount"] for row in joined_rows(file)] == [1000.0, "ten", None]
        assert [row.cells["Zip"] for row in joined_rows(file)] == ["01234", "2", "3"]

    def test_rows_in_error_are_passed_over_also_where_ids_repeat(self, tmp_path: Path) -> None:
        records = "Id,Stage,Amount\na,1,ten\na,2,5\nb,3,x\na,4,5\na,5,6\n"
        file = self.files(tmp_path, ["a", "a", "a"], records, errors=[1, 3])
        assert self.cells(file) == ["2", "4", "5"]

    def test_records_that_cannot_be_read_are_passed_over(self, tmp_path: Path) -> None:
        file = self.files(tmp_path, ["a", "c"], "Id,Stage\na,1\nb\n,2\nc,3\n")
        assert self.cells(file) == ["1", "3"]

    def test_errors_of_a_file_that_is_not_among_the_inputs_leave_no_row_with_cells_of_another(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("a", "b"):
            (tmp_path / f"{name}.csv").write_text("Id,Stage,Amount\nx,bad,ten\nx,good,1\n", "utf-8")
        scored = write(tmp_path / "out.jsonl", [line(0, id="x"), line(1, id="x")])
        write(tmp_path / "out.errors.jsonl", [error(1, source="a.csv"), error(1, source="b.csv")])
        monkeypatch.chdir(tmp_path)
        (file,) = find_files([scored], inputs=[tmp_path / "a.csv", tmp_path / "b.csv"])
        assert self.cells(file) == ["good", "good"]
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        with pytest.raises(DataError, match=r"found errors .* of another one, .*/elsewhere/a\.csv; name all inputs"):
            self.cells(file)
        monkeypatch.chdir(tmp_path)
        (one,) = find_files([scored], inputs=[tmp_path / "a.csv"])
        with pytest.raises(DataError, match=r"found errors beside it of another one, .*/b\.csv; name all inputs"):
            self.cells(one)

    def test_another_id_column(self, tmp_path: Path) -> None:
        file = self.files(tmp_path, ["7"], "Code,Stage\n7,1\n")
        assert self.cells(file, id_column="Code") == ["1"]
        with pytest.raises(DataError, match="expected the id column 'Id'"):
            self.cells(file)

    def test_another_csv_is_refused(self, tmp_path: Path) -> None:
        file = self.files(tmp_path, ["b", "a"], "Id,Stage\na,1\nb,2\n")
        with pytest.raises(DataError, match="no record with the id 'a' after the row before it"):
            self.cells(file)

    def test_rows_that_carry_their_columns_need_no_input(self, tmp_path: Path) -> None:
        (tmp_path / "in.csv").write_text("Id\nid0\n", "utf-8")
        scored = write(tmp_path / "out.jsonl", [line(0, Stage="Won")])
        with pytest.raises(ConfigError, match="has its rows' columns already"):
            list(joined_rows(find_files([scored], inputs=[tmp_path / "in.csv"])[0]))


class TestSummary:
    def test_counts_are_those_of_all_rows_and_the_oddest_are_kept(self, tmp_path: Path) -> None:
        chance = random.Random(5)  # noqa: S311
        lines = [
            line(i, score=chance.random(), Owner=f"o{chance.randrange(9)}", Stage=chance.choice("xyz"))
            for i in range(500)
        ]
        summary = summary_of(tmp_path, lines, most=40)
        odd = [one for one in lines if one["label"]]
        assert (summary.rows, summary.odd) == (500, len(odd))
        assert sum(one.rows for one in summary.bins) == 500
        assert sum(one.odd for one in summary.bins) == len(odd)
        best = sorted(lines, key=lambda one: -one["score"])[:40]
        assert [row.id for row in summary.oddest()] == [one["id"] for one in best]
        for column in ("Owner", "Stage"):
            totals = summary.groups.totals(column)
            assert {value: count.rows for value, count in totals.items()} == Counter(one[column] for one in lines)
            assert {v: c.odd for v, c in totals.items() if c.odd} == Counter(one[column] for one in odd)
        assert {cluster: count.rows for cluster, count in summary.clusters.items()} == Counter(
            one["cluster"] for one in lines
        )
        assert summary.first_reasons == {"OwnerRole": len(odd)}

    def test_of_equals_the_first_is_first(self, tmp_path: Path) -> None:
        summary = summary_of(tmp_path, [line(i, score=0.7) for i in range(9)], most=3)
        assert [row.id for row in summary.oddest()] == ["id0", "id1", "id2"]

    def test_an_odd_row_comes_before_one_of_another_model_with_a_higher_score(self, tmp_path: Path) -> None:
        lines = [line(0, score=0.9, label=0, threshold=0.95, model_id="m2"), line(1, score=0.6)]
        summary = summary_of(tmp_path, lines, most=1)
        assert [row.id for row in summary.oddest()] == ["id1"]
        assert len(summary.models) == 2

    def test_alpha_lies_between_the_labels(self, tmp_path: Path) -> None:
        lines = [line(0, score=0.9, p_value=0.01), line(1, score=0.8, p_value=0.02), line(2, score=0.1, p_value=0.03)]
        summary = summary_of(tmp_path, lines)
        assert summary.alpha_range() == (0.02, 0.03)
        summary.alpha = 0.02
        summary.check_alpha()
        for wrong in (0.019, 0.03, math.nan):
            summary.alpha = wrong
            with pytest.raises(ConfigError, match=r"from 0.02 to below 0.03"):
                summary.check_alpha()

    def test_columns_that_are_no_groups(self, tmp_path: Path) -> None:
        lines = [
            line(i, Owner=f"o{i % 90}", Segment=None if i % 2 else "SMB", Amount=float(i % 3), Code=str(i % 4),
                 Name=f"n{i}", Day=f"2024-01-0{1 + i % 9}", One="same", Nested=["a"], Open=i % 2 == 0)
            for i in range(200)
        ]  # fmt: skip
        assert summary_of(tmp_path, lines).groups.columns() == ["Owner", "Segment", "Open"]

    def test_what_sets_a_cluster_apart(self, tmp_path: Path) -> None:
        lines = [
            line(i, cluster=i % 4, Route="sea" if i % 4 == 1 else "land", Class=chr(65 + i % 5)) for i in range(200)
        ]
        groups = summary_of(tmp_path, lines).groups
        assert groups.typical(1, 50, 200) == [("Route", "sea", 1.0)]

    def test_memory_is_bounded_where_values_never_end(self, tmp_path: Path) -> None:
        summary = Summary(most=10)
        for i in range(30_000):
            cells = {"Owner": f"o{i}", "Other": f"x{i}"}
            summary.add(ScoredRow(id=str(i), score=0.1, odd=False, threshold=0.5, p_value=0.5, cluster=0,
                                  outlier_score=0.0, model_id="m", reasons=[], cells=cells))  # fmt: skip
            summary.add_error(error(i, column=f"c{i}", found="x" * 5000))
        assert summary.groups.counts == {}
        assert len(summary.oddest()) == 10
        assert (summary.errors, len(summary.error_lines), len(summary.error_kinds)) == (30_000, 500, 1000)
        assert max(len(str(one)) for one in summary.error_lines) < 3000
        assert len(summary.places([])[0]) == 700


class TestCharts:
    def test_bars_stand_on_the_axis_and_odd_ones_inside(self) -> None:
        chart = histogram([Count(10_000, 0), Count(0, 0), Count(7, 3), Count(1, 1)], [0.6])
        assert [bar.rows for bar in chart.bars] == [10_000, 7, 1]
        for bar in chart.bars:
            assert bar.y + bar.height == pytest.approx(chart.base, abs=0.02)
            assert chart.top <= bar.y <= bar.odd_y <= chart.base
            assert chart.left <= bar.x < bar.x + bar.width <= chart.right
        assert chart.bars[-1].height > 5
        assert chart.thresholds[0][0] == pytest.approx(chart.left + 0.6 * (chart.right - chart.left), abs=0.01)

    @pytest.mark.parametrize("clusters", [1, 2, 7, 60])
    def test_discs_do_not_touch_and_dots_are_inside(self, clusters: int) -> None:
        counts = {c: ClusterCount(rows=1 + 997 * c * c % 5000) for c in range(NOISE, clusters)}
        odd = [Place(c, 0.3 * k) for c in counts for k in range(4)]
        drawn = cluster_map(counts, [Place(c, 0.1) for c in counts], odd)
        assert len(drawn.discs) + drawn.left_out == len(counts)
        assert NOISE in [disc.cluster for disc in drawn.discs]
        for i, one in enumerate(drawn.discs):
            assert one.radius <= one.x <= drawn.width - one.radius
            assert one.radius <= one.y <= drawn.height - one.radius
            assert (len(one.ordinary), len(one.odd)) == (1, 4)
            assert all(math.hypot(x, y) < one.radius for x, y in one.ordinary + one.odd)
            for other in drawn.discs[:i]:
                assert math.dist((one.x, one.y), (other.x, other.y)) > one.radius + other.radius
        areas = {disc.radius**2 / counts[disc.cluster].rows for disc in drawn.discs if disc.radius > 20}
        assert max(areas) == pytest.approx(min(areas), rel=0.05)


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
