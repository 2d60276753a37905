"""The models that lie behind the same URIs, one after the other, while rows come in."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems

from anomaly_detection.accelerator.model import AcceleratorModel
from anomaly_detection.beam.model_uris import load_detector
from anomaly_detection.config import Config
from anomaly_detection.errors import ConfigError, ModelError, SchemaError
from anomaly_detection.features.checking import check_columns
from anomaly_detection.models.detector import Detector

_LOGGER = logging.getLogger(__name__)

KEPT = 3
"""Models that are kept: a window that is late by more changes than that is scored by the oldest of them."""

_making = threading.Lock()


def load_checked(config: Config, types: tuple[tuple[str, str], ...]) -> Detector | AcceleratorModel:
    """Return the model that is there, if it suits the options and columns of these names and types.

    Raises `ConfigError`, `ModelError` or `SchemaError`.
    """
    detector = load_detector(config.encoder_uri, config.model_uri, config.params_uri)
    detector.threshold(config.alpha)
    check_columns(
        detector.features,
        dict(types),
        id_field=config.id_field,
        where=config.params_uri,
        currency=detector.currency,
    )
    return detector


def shared_versions(config: Config, types: tuple[tuple[str, str], ...]) -> ModelVersions:
    """Return the one object of a process that knows the models of a configuration."""
    with _making:
        return _shared(config, types)


@dataclass(frozen=True)
class _Version:
    """A model, and since when it was stored, in seconds since 1970; the first counts as ever stored."""

    detector: Detector | AcceleratorModel
    since: float


class ModelVersions:
    """Says which model scores a window: the last one that was stored before the window begins.

    All workers that were there before a change see when the files were stored, so they agree without a word. A worker
    that starts after it finds the new model alone and scores with that whatever comes to it, also what is late and
    of a window that began before. A model that cannot be used, such as one of which two files are there and the third
    is on its way, is refused with a warning and looked at again as the next window begins; a worker does not start
    with it. Any number of threads may use it.
    """

    def __init__(self, config: Config, types: tuple[tuple[str, str], ...]) -> None:
        """Load the model that is there; raise as `load_checked` does."""
        self._config = config
        self._types = types
        self._lock = threading.Lock()
        self._looked = time.time()
        self._seen = self._stored()
        self._versions: tuple[_Version, ...] = (_Version(load_checked(config, types), float("-inf")),)

    @property
    def latest(self) -> Detector | AcceleratorModel:
        """The newest model that could be used so far."""
        return self._versions[-1].detector

    def at(self, start: float, refused: Callable[[str], None]) -> Detector | AcceleratorModel:
        """Return the model of the windows that begin at a time, in seconds since 1970.

        Calls `refused` with the reason where a new model is found that cannot be used.
        """
        if start > self._looked:
            with self._lock:
                if start > self._looked:
                    now = time.time()
                    self._look(refused)
                    self._looked = max(now, start)
        versions = self._versions
        return next((one for one in reversed(versions) if one.since < start), versions[0]).detector

    def _look(self, refused: Callable[[str], None]) -> None:
        params = self._config.params_uri
        try:
            stored = self._stored()
            if stored == self._seen:
                return
            detector = load_checked(self._config, self._types)
            if stored != self._stored():
                raise ModelError(f"{params}: the model was stored anew while it was read")
        except (ConfigError, ModelError, SchemaError) as error:
            _LOGGER.warning("rows are scored by the model that was there before, as the new one is refused: %s", error)
            refused(str(error))
            return
        self._seen = stored
        if detector.model_id != self._versions[-1].detector.model_id:
            self._versions = (*self._versions[1 - KEPT :], _Version(detector, max(stored)))
            _LOGGER.info("%s: the windows from now on are scored by the model %s", params, detector.model_id)

    def _stored(self) -> tuple[float, ...]:
        """Return when each file was stored, in seconds since 1970; raise `ModelError` if one is not there."""
        config = self._config
        return tuple(_stored(uri) for uri in (config.encoder_uri, config.model_uri, config.params_uri))


_shared = lru_cache(maxsize=2)(ModelVersions)


def _stored(uri: str) -> float:
    try:
        if FileSystems.get_scheme(uri) is None:
            # A copy may have the date of the original: what counts is when it came here.
            found = os.stat(uri)
            return max(found.st_mtime, found.st_ctime)
        return float(FileSystems.last_updated(uri))
    except (BeamIOError, OSError, ValueError) as error:
        raise ModelError(f"{uri}: cannot be read: {error}") from error
