"""`generate`, and where it cannot write."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any


def test_generate_writes_rows_and_labels(run: Any, tmp_path: Path) -> None:
    output, labels = tmp_path / "rows.csv", tmp_path / "labels.csv"
    done = run("generate", "--rows", 200, "--output", output, "--seed", 3, "--anomalies", 0.1, "--labels", labels)
    assert (done.status, done.out) == (0, "")
    assert done.err == f"wrote 200 opportunities to {output}\n"
    with output.open(encoding="utf-8", newline="") as stream:
        rows = {row["Id"]: row for row in csv.DictReader(stream)}
    with labels.open(encoding="utf-8", newline="") as stream:
        wrong = list(csv.DictReader(stream))
    assert len(rows) == 200
    assert list(wrong[0]) == ["Id", "kind", "column", "original"]
    assert len(wrong) == 20
    assert {row["Id"] for row in wrong} <= rows.keys()


def test_generate_where_nothing_can_be_written(refused: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    message = refused("generate", "--rows", 5, "--output", tmp_path / "file" / "rows.csv")
    assert message.startswith(f"{tmp_path / 'file' / 'rows.csv'}: cannot be written: Not a directory")
