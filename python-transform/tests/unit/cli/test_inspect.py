"""`inspect`: for people, and for programs."""

from __future__ import annotations

from typing import Any

import numpy as np


def test_inspect_shows_what_is_in_a_model(run: Any, small: Any) -> None:
    done = run("inspect", small.folder)
    assert (done.status, done.err) == (0, "")
    assert f"model {small.detector.model_id}" in done.out
    for text in ("Route", "Days", "Sent to Arrived", "id_column", "Code", "training: rows", "300", "libraries: torch"):
        assert text in done.out


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
