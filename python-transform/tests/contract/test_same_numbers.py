"""Numbers that users meet in both languages, and that stand in the code of each."""

from __future__ import annotations

import re
from pathlib import Path

from anomaly_detection.errors import ALERT, AnomalyDetectionError, ServiceError
from anomaly_detection.tables.records import MOST_LINE_BREAKS

JAVA = Path(__file__).parents[3] / "java-pipeline" / "src" / "main" / "java" / "org" / "anomalydetection"


def constants(file: str) -> dict[str, int]:
    found = re.findall(r"static final int (\w+) = (\d+);", (JAVA / file).read_text("utf-8"))
    return {name: int(number) for name, number in found}


def test_exit_codes() -> None:
    codes = constants("pipeline/ExitCode.java")
    assert codes["DONE"] == 0
    assert codes["FAILED"] == ServiceError.exit_code
    assert codes["UNUSABLE"] == AnomalyDetectionError.exit_code
    assert codes["ALERT"] == ALERT


def test_line_breaks_of_a_cell_that_is_warned_of() -> None:
    assert constants("source/TallCells.java") == {"MOST_LINE_BREAKS": MOST_LINE_BREAKS}
