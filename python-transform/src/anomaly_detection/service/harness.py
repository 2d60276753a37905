"""Beam's worker, from its start to its end, in whatever thread or process it has."""

from __future__ import annotations

from apache_beam.runners.worker.sdk_worker import SdkHarness

from anomaly_detection.errors import ServiceError


def connect(control: str, worker_id: str) -> SdkHarness:
    """Return a worker that has reached its runner; raises `ServiceError` if none answers within a minute."""
    try:
        return SdkHarness(control, worker_id=worker_id)
    except Exception as error:
        raise ServiceError(f"no runner answers at {control}: {type(error).__name__} {error}") from error


def run(harness: SdkHarness) -> str:
    """Work until the runner closes the connection; returns what went wrong, if something did."""
    try:
        harness.run()
    except Exception as error:
        return f"it lost its runner: {type(error).__name__} {error}"
    return ""
