"""The rules that both languages have: when a run has drifted, and which rows were reviewed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from anomaly_detection.errors import ConfigError
from anomaly_detection.models.drift import warnings
from anomaly_detection.tables.reviewed import Reviewed

GOLDEN = Path(__file__).parents[3] / "contract" / "golden"
DRIFT: list[dict[str, Any]] = json.loads((GOLDEN / "drift.json").read_text("utf-8"))["cases"]
REVIEWED: dict[str, list[dict[str, Any]]] = json.loads((GOLDEN / "reviewed.json").read_text("utf-8"))


@pytest.mark.parametrize("case", DRIFT, ids=[case["name"] for case in DRIFT])
def test_a_run_warns_of_what_left_the_range_of_the_training(case: dict[str, Any]) -> None:
    assert warnings(case["counters"]) == case["warnings"]


@pytest.mark.parametrize("case", REVIEWED["read"], ids=[case["name"] for case in REVIEWED["read"]])
def test_lines_match_odd_rows(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "reviewed.csv"
    path.write_bytes(case["text"].encode())
    for row in case["rows"]:
        reviewed = Reviewed.of_file(path)
        reasons = [{"field": row["first_reason"]}, {"field": "Owner"}] if row["first_reason"] else []
        assert reviewed.ignores(row["id"], odd=bool(row["label"]), reasons=reasons) == bool(row["lines"])
        assert reviewed.matched == set(row["lines"])
    everything = Reviewed.of_file(path)
    everything.matched.update(line for row in case["rows"] for line in row["lines"])
    assert everything.unmatched() == [f"{path}, {line} matches no odd row" for line in case["unmatched"]]


@pytest.mark.parametrize("case", REVIEWED["refused"], ids=[case["message"] for case in REVIEWED["refused"]])
def test_a_file_that_cannot_be_used_is_refused_with_its_line(case: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "reviewed.csv"
    path.write_text(case["text"], "utf-8")
    with pytest.raises(ConfigError) as refused:
        Reviewed.of_file(path)
    assert str(refused.value) == f"--ignore {path}, {case['message']}"


@pytest.mark.parametrize(
    ("content", "message"),
    [(b'id,column\na,"b', "expected CSV"), (b"id,column\n\xff,\n", "expected UTF-8 text"), (None, "cannot be read")],
)
def test_a_file_that_is_no_csv_is_refused(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "reviewed.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        Reviewed.of_file(path)
