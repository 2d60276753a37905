"""Models to change."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from anomaly_detection.models.artifacts import MODEL, Artifacts
from anomaly_detection.models.safe_files import load_arrays

from .changed import Edit, Reseal, npz


@pytest.fixture
def folder(small: Any, tmp_path: Path) -> Path:
    small.artifacts.write(tmp_path)
    return tmp_path


@pytest.fixture
def with_arrays(small: Any, hostile: Reseal) -> Callable[..., Artifacts]:
    """Replace, add or (None) take away arrays of the model, hashes made to agree."""

    def change(**arrays: Any) -> Artifacts:
        changed = {**load_arrays(small.artifacts.model, MODEL), **arrays}
        changed = {name: array for name, array in changed.items() if array is not None}
        return hostile(replace(small.artifacts, model=npz(changed)))

    return change


@pytest.fixture
def with_params(small: Any, hostile: Reseal) -> Callable[[Edit], Artifacts]:
    """Edit the parameters, the model's id made to agree."""

    def change(edit: Edit) -> Artifacts:
        params = json.loads(small.artifacts.params)
        edit(params)
        return hostile(replace(small.artifacts, params=json.dumps(params).encode()))

    return change
