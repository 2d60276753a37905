"""`inspect`: for people, and for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def test_inspect_shows_what_is_in_a_model(run: Any, small: Any) -> None:
    done = run("inspect", small.folder)
    assert (done.status, done.err) == (0, "")
    assert f"model {small.detector.model_id}" in done.out
    for text in ("Route", "Days", "Sent to Arrived", "id_column", "Code", "training: rows", "300", "libraries: torch"):
        assert text in done.out


def test_inspect_shows_texts_that_a_terminal_would_obey(run: Any, small: Any, hostile: Any, tmp_path: Path) -> None:
    training = {"source": "\x1b[2J\x1b]0;title\x07odd"}
    hostile(small.artifacts, training={**small.artifacts.parsed_params["training"], **training}).write(tmp_path)
    done = run("inspect", tmp_path)
    assert done.status == 0
    assert "\ufffd[2J\ufffd]0;title\ufffdodd" in done.out
    assert "\x1b" not in done.out


def test_an_error_shows_texts_that_a_terminal_would_obey(run: Any, small: Any, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("\x1b]0;title\x07Code\n1\n", "utf-8")
    done = run("score", tmp_path / "in.csv", "--model", small.folder, "--output", tmp_path / "out.jsonl")
    assert done.status == 2
    assert "\ufffd]0;title\ufffdCode" in done.err
    assert "\x1b" not in done.err


def test_inspect_gives_json_to_programs(run: Any, small: Any, strict: Any) -> None:
    done = run("inspect", small.folder, "--json")
    assert (done.status, done.err) == (0, "")
    found = strict(done.out)
    assert found["model_id"] == small.detector.model_id
    assert found["threshold"] == small.detector.threshold(None)
    assert found["clusters"] == int(np.max(small.detector.clustering.node_label)) + 1
    assert found["features"][0] == {"name": "Route", "kind": "categorical", "type": "STRING", "values": 3}
    assert found["training"]["rows"] == 300
    assert "vocabularies" not in found
