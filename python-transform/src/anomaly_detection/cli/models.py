"""A model as the commands take it: by its folder, here or in a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from anomaly_detection.stored import is_uri

if TYPE_CHECKING:
    from anomaly_detection.artifacts import Artifacts


def read_model(folder: str) -> Artifacts:
    """Return the files of a model; raise `ModelError` where they cannot be read."""
    from anomaly_detection.artifacts import Artifacts
    from anomaly_detection.importing import importing

    if not is_uri(folder):
        return Artifacts.read(Path(folder))
    with importing():
        from anomaly_detection.model_uris import read_artifacts

    return read_artifacts(folder)
