"""Models by URI: how much of what a caller names is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from anomaly_detection.beam.model_uris import LARGEST_FILE, LARGEST_PARAMS, load_detector, read_artifacts
from anomaly_detection.errors import ModelError
from anomaly_detection.models.artifacts import ENCODER, PARAMS


@pytest.mark.parametrize(("name", "most"), [(PARAMS, LARGEST_PARAMS), (ENCODER, LARGEST_FILE)])
def test_a_file_that_is_too_large_is_no_model(tmp_path: Path, name: str, most: int) -> None:
    for one in (ENCODER, "anomaly_detection.model", PARAMS):
        (tmp_path / one).touch()
    os.truncate(tmp_path / name, most + 1)
    with pytest.raises(ModelError, match=f"{name}: expected at most {most:,} bytes, found more$"):
        read_artifacts(str(tmp_path))


def test_large_parameters_are_no_model_though_the_other_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / PARAMS).touch()
    os.truncate(tmp_path / PARAMS, LARGEST_PARAMS + 1)
    with pytest.raises(ModelError, match="expected at most"):
        load_detector("none", "none", str(tmp_path / PARAMS))
