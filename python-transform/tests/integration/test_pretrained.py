"""The model that is shipped: what it finds in the sample, its card, and that `make train` makes both again."""

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
from anomaly_detection.cli import group
from anomaly_detection.evaluate.kinds import KINDS
from anomaly_detection.evaluate.run import OURS
from anomaly_detection.models.detector import Scored
from anomaly_detection.tables.input_table import InputTable

ROOT = Path(__file__).parents[3]
PRETRAINED = ROOT / "pretrained"
NOT_YET_FOUND = "duplicate_other_amount"
"""A row like another is not odd in itself; it takes a comparison of rows with each other."""


def score_sample(folder: Path) -> tuple[list[str], Scored]:
    detector = Detector.load(folder)
    table = InputTable(ROOT / "data" / "opportunities.csv", id_column="Id", types=detector.columns)
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


@pytest.fixture(scope="module")
def recipe() -> list[list[str]]:
    """Return the arguments of the commands that `make train` runs."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    found = re.search(r"^train:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert found is not None
    commands = re.findall(r"/anomaly-detection (.*)", found[1].replace("\\\n", " "))
    return [shlex.split(command) for command in commands]


def run(arguments: list[str]) -> str:
    command = [sys.executable, "-W", "ignore", "-c", "from anomaly_detection.cli import main; main()", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_train_makes_the_same_model_again(
    sample: tuple[list[str], Scored], recipe: list[list[str]], tmp_path: Path
) -> None:
    assert [command[0] for command in recipe] == ["generate", "train", "generate", "evaluate", "card"]
    for command in recipe[:2]:
        run(
            [
                argument.replace("build/train.csv", str(tmp_path / "train.csv")).replace(
                    "pretrained", str(tmp_path / "pretrained")
                )
                for argument in command
            ]
        )
    _, again = score_sample(tmp_path / "pretrained")
    np.testing.assert_allclose(again.score, sample[1].score, atol=1e-3)


def test_evaluation_is_on_other_rows_than_training(recipe: list[list[str]]) -> None:
    _, train, generate, evaluate, card = recipe
    seeds = [command[command.index("--seed") + 1] for command in (recipe[0], generate)]
    assert seeds[0] != seeds[1]
    assert generate[generate.index("--output") + 1] == evaluate[1] != train[1]
    written = Path(evaluate[evaluate.index("--output") + 1]) / "evaluation.json"
    assert card[card.index("--evaluation") + 1] == str(written)
    with group.commands["evaluate"].make_context("evaluate", evaluate[1:]) as context:
        assert context.params["rivals"] is False
        assert f"at alpha {context.params['alpha']:g}" in card[card.index("--evaluated-on") + 1]
    for told, command in (("--trained-on", recipe[0]), ("--evaluated-on", generate)):
        assert " ".join(command[:5]) in card[card.index(told) + 1]


def test_card_is_that_of_the_model_and_has_figures(recipe: list[list[str]]) -> None:
    committed = (PRETRAINED / "MODEL_CARD.md").read_text("utf-8")
    assert committed.startswith(f"# Model card: {Detector.load(PRETRAINED).model_id}\n")
    command = recipe[-1]
    assert command[command.index("--output") + 1] == "pretrained/MODEL_CARD.md"
    without = {"--evaluation", "--output"}
    arguments = [part for i, part in enumerate(command) if not without & {part, command[i - 1]}]
    anew = run(arguments)
    # All but the figures follows from the model alone.
    before, after = "### Of models like this one", "## What it does not find"
    assert committed.partition(before)[0] == anew.partition(before)[0]
    assert committed.partition(after)[2] == anew.partition(after)[2]
    figures = committed.partition(before)[2].partition(after)[0]
    for name in (*OURS, *(kind.replace("_", " ") for kind in KINDS)):
        assert f"| {name} |" in figures
