"""A model as the commands take it: by its folder, here or in a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from anomaly_detection.files.stored import is_uri

if TYPE_CHECKING:
    from anomaly_detection.models.artifacts import Artifacts


def read_model(folder: str) -> Artifacts:
    """Return the files of a model; raise `ModelError` where they cannot be read."""
    from anomaly_detection.importing import importing
    from anomaly_detection.models.artifacts import Artifacts

    if not is_uri(folder):
        return Artifacts.read(Path(folder))
    with importing():
        from apache_beam.io.filesystems import FileSystems
        from apache_beam.options.pipeline_options import PipelineOptions

        from anomaly_detection.beam.model_uris import read_artifacts

    # Beam's S3 wants options, though they say nothing.
    FileSystems.set_options(PipelineOptions([]))
    return read_artifacts(folder)
