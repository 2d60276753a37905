"""Anomaly detection for tabular rows: a score, a calibrated label and reasons for every row.

>>> import anomaly_detection
>>> sorted(anomaly_detection.__all__)
['AnomalyDetection', 'Detector', 'train']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anomaly_detection.beam.transform import AnomalyDetection
    from anomaly_detection.models.detector import Detector
    from anomaly_detection.models.training import train

__all__ = ["AnomalyDetection", "Detector", "train"]

_HOMES = {
    "AnomalyDetection": "anomaly_detection.beam.transform",
    "Detector": "anomaly_detection.models.detector",
    "train": "anomaly_detection.models.training",
}


def __getattr__(name: str) -> Any:
    # Beam and torch take seconds to import: only who asks for them waits.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
