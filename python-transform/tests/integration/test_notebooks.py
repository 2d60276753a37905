"""The notebooks: they run from top to bottom on the sample, show what they tell, and are committed without outputs."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from matplotlib.image import imread

from anomaly_detection import Detector
from anomaly_detection.encoders.network import EncoderShape
from anomaly_detection.evaluate.world import group_of

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "python-transform" / "notebooks"
NAMES = ("pipeline_test.ipynb", "train.ipynb")

Run = Callable[[str, str], tuple[Any, Any]]


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def text(notebook: Any) -> str:
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs(notebook))


def figures(notebook: Any) -> list[Any]:
    pngs = [output.data["image/png"] for output in outputs(notebook) if "image/png" in output.get("data", {})]
    return [imread(io.BytesIO(base64.b64decode(png))) for png in pngs]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what the notebooks read to where they find it."""
    root = tmp_path_factory.mktemp("checkout")
    for name in ("data", "pretrained", "python-transform/notebooks"):
        shutil.copytree(ROOT / name, root / name)
    return root


@pytest.fixture(scope="module")
def run(checkout: Path) -> Run:
    """Run a notebook, and after its last cell an expression; return the notebook and the expression's value."""

    def call(name: str, expression: str) -> tuple[Any, Any]:
        folder = checkout / "python-transform" / "notebooks"
        notebook = read(folder / name)
        notebook.cells.append(nbformat.v4.new_code_cell(f"import json\nprint(json.dumps({expression}))"))
        nbformat.write(notebook, folder / name)
        done = subprocess.run(
            [sys.executable, folder / "execute.py", checkout / "executed", name],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            cwd=checkout,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        notebook = read(checkout / "executed" / name)
        last = notebook.cells.pop()
        assert all(cell.execution_count for cell in code_cells(notebook))
        assert [output for output in outputs(notebook) if output.output_type == "error"] == []
        assert [output.text for output in outputs(notebook) if output.get("name") == "stderr"] == []
        for figure in figures(notebook):
            assert min(figure.shape[:2]) > 300
            assert figure[:, :, :3].std() > 0.05
        return notebook, json.loads(last.outputs[0].text)

    return call


@pytest.fixture(scope="module")
def labels() -> dict[str, frozenset[str]]:
    with (ROOT / "data" / "labels.csv").open(encoding="utf-8", newline="") as stream:
        return {row["Id"]: frozenset(row["column"].split("|")) for row in csv.DictReader(stream)}


def test_train_finds_the_errors_of_the_sample_and_says_why(
    run: Run, checkout: Path, labels: dict[str, frozenset[str]]
) -> None:
    notebook, found = run(
        "train.ipynb",
        "{'oddest': oddest[['id', 'column', 'first reason']].values.tolist(), 'id': detector.model_id,"
        " 'z': z.shape, 'told': told[['Id', 'found', 'held_out']].values.tolist()}",
    )
    assert len(figures(notebook)) == 5
    assert found["z"] == [2000, EncoderShape.latent]
    oddest = found["oddest"]
    assert sum(id_ in labels for id_, _, _ in oddest[:10]) >= 8
    named = [column in group_of(labels[id_]) for id_, column, _ in oddest if id_ in labels]
    assert named[0]
    assert np.mean(named) >= 0.8
    for id_, _, reason in oddest:
        assert id_ in text(notebook)
        assert reason in text(notebook)
    unseen = [told for id_, told, held_out in found["told"] if held_out and id_ in labels]
    assert len(unseen) >= 5
    assert np.mean(unseen) >= 0.6
    detector = Detector.load(checkout / "build" / "notebook-model")
    assert detector.model_id == found["id"]
    assert found["id"] in text(notebook)


def test_pipeline_scores_the_sample_and_loses_no_row(run: Run, labels: dict[str, frozenset[str]]) -> None:
    notebook, found = run(
        "pipeline_test.ipynb",
        "{'oddest': [[id_, reasons[0]['field']] for id_, reasons in zip(odd['id'], odd['reasons'])],"
        " 'why': oddest['reasons'].tolist(), 'counters': counters, 'errors': errors[['id', 'column']].values.tolist(),"
        " 'ids': scored['id'].tolist(), 'keys': scored.columns.tolist()}",
    )
    assert len(figures(notebook)) == 2
    with (ROOT / "data" / "opportunities.csv").open(encoding="utf-8", newline="") as stream:
        ids = [row["Id"] for row in csv.DictReader(stream)]
    assert sorted(found["ids"]) == sorted(ids)
    assert found["errors"] == [["006-bad-date", "CloseDate"]]
    oddest = found["oddest"]
    counters = found["counters"]
    assert (counters["scored"], counters["errors"], counters["outliers"]) == (2000, 1, len(oddest))
    assert "2,001 rows in, 2,000 scored, 1 in error" in text(notebook)
    assert "\nTrue\n" in text(notebook)
    assert {"Name", "Owner", "Amount", "Stage"} < set(found["keys"])
    assert all(id_ in labels for id_, _ in oddest[:10])
    assert np.mean([column in group_of(labels[id_]) for id_, column in oddest[:10]]) >= 0.8
    assert all(why in text(notebook) for why in found["why"])


def test_there_are_these_notebooks() -> None:
    assert tuple(sorted(path.name for path in FOLDER.glob("*.ipynb"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_committed_without_outputs(name: str) -> None:
    notebook = read(FOLDER / name)
    nbformat.validate(notebook)
    for cell in code_cells(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None
    assert all(cell.metadata == {} for cell in notebook.cells)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_small_and_say_something_in_between(name: str) -> None:
    cells = read(FOLDER / name).cells
    assert cells[0].cell_type == "markdown"
    for cell in code_cells(read(FOLDER / name)):
        assert len(cell.source.splitlines()) <= 25
    kinds = "".join("m" if cell.cell_type == "markdown" else "c" for cell in cells)
    assert "cccc" not in kinds
