"""The model that is shipped: what it finds in the sample, and that `make train` makes it again."""

from __future__ import annotations

import csv
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from anomaly_detection import Detector
from anomaly_detection.detector import Scored
from anomaly_detection.tables import CsvTable

ROOT = Path(__file__).parents[3]
PRETRAINED = ROOT / "pretrained"
NOT_YET_FOUND = "duplicate_other_amount"
"""A row like another is not odd in itself; it takes a comparison of rows with each other."""


def score_sample(folder: Path) -> tuple[list[str], Scored]:
    detector = Detector.load(folder)
    table = CsvTable(ROOT / "data" / "opportunities.csv", id_column="Id", types=detector.columns)
    rows = pa.Table.from_batches([batch.columns for batch in table.batches()]).combine_chunks().to_batches()[0]
    return rows["Id"].to_pylist(), detector.score(rows)


@pytest.fixture(scope="module")
def sample() -> tuple[list[str], Scored]:
    return score_sample(PRETRAINED)


@pytest.fixture(scope="module")
def labels() -> dict[str, dict[str, str]]:
    with (ROOT / "data" / "labels.csv").open(encoding="utf-8", newline="") as stream:
        return {row["Id"]: row for row in csv.DictReader(stream)}


def test_errors_of_the_sample_are_found_with_few_false_alarms(
    sample: tuple[list[str], Scored], labels: dict[str, dict[str, str]]
) -> None:
    ids, found = sample
    wrong = np.array([id_ in labels and labels[id_]["kind"] != NOT_YET_FOUND for id_ in ids])
    clean = np.array([id_ not in labels for id_ in ids])
    assert found.label[wrong].mean() >= 0.85
    assert found.label[clean].mean() <= 0.02


def test_first_reason_is_a_column_that_was_made_wrong(
    sample: tuple[list[str], Scored], labels: dict[str, dict[str, str]]
) -> None:
    ids, found = sample
    right = total = 0
    for i, id_ in enumerate(ids):
        # A stage conflict shows in any of the columns that contradict each other.
        if found.label[i] and id_ in labels and labels[id_]["kind"] not in (NOT_YET_FOUND, "stage_conflict"):
            total += 1
            right += found.reasons[i][0].field in labels[id_]["column"].split("|")
    assert total >= 20
    assert right / total >= 0.8


def test_train_makes_the_same_model_again(sample: tuple[list[str], Scored], tmp_path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = re.search(r"^train:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe is not None
    commands = re.findall(r"anomaly-detection (.*)", recipe[1])
    assert [command.split()[0] for command in commands] == ["generate", "train"]
    for command in commands:
        arguments = [
            argument.replace("build/train.csv", str(tmp_path / "train.csv")).replace(
                "pretrained", str(tmp_path / "pretrained")
            )
            for argument in shlex.split(command)
        ]
        run = [sys.executable, "-W", "ignore", "-c", "from anomaly_detection.cli import main; main()", *arguments]
        done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    _, again = score_sample(tmp_path / "pretrained")
    np.testing.assert_allclose(again.score, sample[1].score, atol=1e-3)
