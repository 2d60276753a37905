"""What scoring rows and scoring blocks of columns have in common."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam import pvalue
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from anomaly_detection.accelerator.model import AcceleratorModel
from anomaly_detection.beam.beam_schema import named_tuple
from anomaly_detection.beam.model_versions import load_checked, shared_versions
from anomaly_detection.config import Config
from anomaly_detection.features.checking import BadCell
from anomaly_detection.memory import keep_freed
from anomaly_detection.models.detector import Detector, Scored
from anomaly_detection.models.drift import counts_of
from anomaly_detection.row_error import element_json, message
from anomaly_detection.schema import CONTRACT, ERRORS

SCORED_TAG, ERRORS_TAG = CONTRACT.outputs

_processors = threading.BoundedSemaphore(os.cpu_count() or 1)
"""As many bundles are scored at a time as there are processors: more would only take the caches from each other."""


class ScoreDoFn(beam.DoFn):  # type: ignore[misc]
    """Has the model, and gives errors and counters."""

    def __init__(self, config: Config, types: Mapping[str, str]) -> None:
        """Score rows whose columns have these names and types, in the contract's words."""
        self._config = config
        self._columns = tuple(types.items())

    def setup(self) -> None:
        """Load the model, once for all that score with it in this process."""
        keep_freed()
        if self._config.follow_model:
            # Beam sets up anew after a minute without rows, when the model that is there may be no good.
            self._first = shared_versions(self._config, self._columns).latest
        else:
            self._first = load_checked(self._config, self._columns)
        self._use(self._first)
        self._error = named_tuple(ERRORS)

    def _use(self, detector: Detector | AcceleratorModel) -> None:
        self._detector = detector
        self._alpha = detector.alpha if self._config.alpha is None else self._config.alpha
        self._types = {self._config.id_field: "STRING", **detector.columns}

    def _model_of(self, window: Any) -> Detector | AcceleratorModel:
        """Return the model that scores the rows of a window."""
        if not self._config.follow_model or isinstance(window, GlobalWindow):
            return self._first
        return shared_versions(self._config, self._columns).at(window.start.micros / 1e6, self._refused)

    @staticmethod
    def _refused(why: str) -> None:
        Metrics.counter(CONTRACT.metrics.namespace, CONTRACT.metrics.model_refused + why).inc()

    def _score(self, batch: pa.RecordBatch) -> Scored:
        config = self._config
        with _processors:
            return self._detector.score(
                batch,
                id_field=config.id_field,
                alpha=config.alpha,
                explain=config.explain,
                explain_all=config.explain_all,
            )

    def _to_error(self, element: Mapping[str, Any], cell: BadCell, timestamp: Any, window: Any) -> Any:
        """Return what goes to errors for a row, given all its columns by name, with a bad cell."""
        id_ = element[self._config.id_field]
        error = self._error(
            source=None,
            row=None,
            id=id_ if isinstance(id_, str) else None,
            column=cell.column,
            expected=cell.expected,
            found=cell.found,
            error=message(cell.column, cell.expected, cell.found),
            stage="score",
            element=element_json(element),
        )
        return pvalue.TaggedOutput(ERRORS_TAG, WindowedValue(error, timestamp, (window,)))

    def _count(self, found: Scored, *, errors: int) -> None:
        counts = {
            **counts_of(found, self._detector.baseline, alpha=self._alpha),
            CONTRACT.metrics.errors: errors,
        }
        if self._config.follow_model:
            counts[CONTRACT.metrics.scored_by + self._detector.model_id] = len(found.score)
        for name, number in counts.items():
            Metrics.counter(CONTRACT.metrics.namespace, name).inc(number)
