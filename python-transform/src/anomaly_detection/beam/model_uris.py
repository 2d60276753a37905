"""Models by URI: read through Beam's filesystems, checked, and shared by all who use them in a process."""

from __future__ import annotations

import os
import threading
from functools import lru_cache

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from anomaly_detection.accelerator.model import AcceleratorModel
from anomaly_detection.errors import ModelError, first_line
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS, Artifacts
from anomaly_detection.models.detector import Detector

LARGEST_FILE, LARGEST_PARAMS = 2**28, 2**26
"""Bytes; models are a few megabytes, and parameters a few hundred kilobytes."""

_loading = threading.Lock()
_reading = threading.BoundedSemaphore(4)


def load_detector(encoder_uri: str, model_uri: str, params_uri: str) -> Detector | AcceleratorModel:
    """Return the model behind three URIs: local paths, or gs://, s3://, hdfs:// where Beam has them installed.

    The parameters are read each time, the other two only when they have changed. Raises `ModelError`.
    """
    with _reading:
        params = _read(params_uri, LARGEST_PARAMS)
    with _loading:
        return _load(encoder_uri, model_uri, params_uri, params)


def read_artifacts(folder: str) -> Artifacts:
    """Return the files of a folder by its URI, not checked yet; raise `ModelError`."""
    encoder, model, params = (f"{folder.rstrip('/')}/{name}" for name in (ENCODER, MODEL, PARAMS))
    return Artifacts(_read(encoder), _read(model), _read(params, LARGEST_PARAMS), (encoder, model, params))


@lru_cache(maxsize=2)
def _load(encoder_uri: str, model_uri: str, params_uri: str, params: bytes) -> Detector | AcceleratorModel:
    names = (encoder_uri, model_uri, params_uri)
    return Artifacts(_read(encoder_uri), _read(model_uri), params, names).scoring()


def _read(uri: str, most: int = LARGEST_FILE) -> bytes:
    # Whoever calls the service names the URI: a device or a pipe would never end.
    if FileSystems.get_scheme(uri) is None and os.path.exists(uri) and not os.path.isfile(uri):
        raise ModelError(f"{uri}: expected a file, found something else")
    try:
        with FileSystems.open(uri, compression_type=CompressionTypes.UNCOMPRESSED) as stream:
            content: bytes = stream.read(most + 1)
    except Exception as error:  # the client of each store raises kinds of its own
        raise ModelError(
            f"{uri}: cannot be read: {first_line(error)}; URIs are resolved where the Python transform runs"
        ) from error
    if len(content) > most:
        raise ModelError(f"{uri}: expected at most {most:,} bytes, found more")
    return content
