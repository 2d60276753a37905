"""From an export of Salesforce's report builder to scored rows."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from anomaly_detection.generate import write_opportunities

# Somebody's real export, which is beside the project where that is developed and nowhere else.
EXPORT = Path(__file__).parents[5] / "shared" / "data" / "dtc_opportunity.csv"


def exported(path: Path, labels: dict[str, str]) -> Path:
    """Write made-up opportunities as the report builder does: its labels, no ids but a running number, short dates."""
    made = path.with_name("made.csv")
    write_opportunities(made, rows=671, seed=3, anomalies=0.02)
    with made.open(encoding="utf-8", newline="") as stream:
        rows = [{labels[name]: cell for name, cell in row.items()} for row in csv.DictReader(stream)]
    for number, row in enumerate(rows, 1):
        year, month, day = map(int, row["Close Date"].split("-"))
        row |= {"#": str(number), "Close Date": f"{month}/{day}/{year % 100:02}"}
        row["Created Date"] = f"{row['Created Date'][:10]}T00:00:00.000Z"
        del row["Opportunity ID"]
    names = sorted(rows[0], key=lambda name: name != "Opportunity Name")
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    "export", [Path("export.csv"), *([EXPORT] if EXPORT.exists() else [])], ids=lambda path: path.stem
)
def test_a_model_of_an_export_scores_it_and_loses_no_row(
    run: Any, tmp_path: Path, export: Path, json_lines: Any, labels: dict[str, str]
) -> None:
    if export != EXPORT:
        export = exported(tmp_path / export, labels)
    done = run("train", export, "--id-column", "Opportunity Name", "--output", tmp_path / "model")
    assert done.status == 0
    assert "a running number" in done.out
    assert "CloseDate" in done.out
    done = run("score", export, "--model", tmp_path / "model", "--output", tmp_path / "o.jsonl")
    assert done.status == 0
    scored, errors = json_lines(tmp_path / "o.jsonl"), json_lines(tmp_path / "o.errors.jsonl")
    with export.open(encoding="utf-8-sig", newline="") as stream:
        names = [row["Opportunity Name"] for row in csv.DictReader(stream)]
    assert len(scored) + len(errors) == len(names) == 671
    assert [line["id"] for line in scored] == [name for name in names if name]
    assert sum(line["label"] for line in scored) < 30
    assert max(line["score"] for line in scored) > 0.3
