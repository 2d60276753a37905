"""Models by URI: read through Beam's filesystems, checked, and shared by all who use them in a process."""

from __future__ import annotations

import threading
from functools import lru_cache

from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

from anomaly_detection.artifacts import Artifacts
from anomaly_detection.detector import Detector
from anomaly_detection.errors import ModelError

_loading = threading.Lock()


def load_detector(encoder_uri: str, model_uri: str, params_uri: str) -> Detector:
    """Return the model behind three URIs: local paths, or gs://, s3://, hdfs:// where Beam has them installed.

    The parameters are read each time, the other two only when they have changed. Raises `ModelError`.
    """
    params = _read(params_uri)
    with _loading:
        return _load(encoder_uri, model_uri, params_uri, params)


@lru_cache(maxsize=2)
def _load(encoder_uri: str, model_uri: str, params_uri: str, params: bytes) -> Detector:
    names = (encoder_uri, model_uri, params_uri)
    return Artifacts(_read(encoder_uri), _read(model_uri), params, names).detector()


def _read(uri: str) -> bytes:
    try:
        with FileSystems.open(uri, compression_type=CompressionTypes.UNCOMPRESSED) as stream:
            content: bytes = stream.read()
    except (BeamIOError, OSError, ValueError) as error:
        raise ModelError(
            f"{uri}: cannot be read: {error}; URIs are resolved where the Python transform runs"
        ) from error
    return content
