"""A Beam worker as a thread of this process."""

from __future__ import annotations

import threading

from apache_beam.runners.worker.sdk_worker import SdkHarness

from anomaly_detection.service.harness import connect, run


class ThreadWorker:
    """Shares this process with the expansion service, and its imports and models with it.

    Enough for a runner on the same machine: a job has one worker here, and its time goes into numpy and torch.
    """

    def __init__(self, control: str, worker_id: str) -> None:
        """Start it; raises `ServiceError` if no runner answers within a minute."""
        harness = connect(control, worker_id)
        self._problem = ""
        self._thread = threading.Thread(target=self._run, args=(harness,), daemon=True)
        self._thread.start()

    def wait(self) -> str:
        """Return what went wrong, as soon as it has ended."""
        self._thread.join()
        return self._problem

    def stop(self) -> None:
        """Leave it to its runner, which ends it by closing the connection: a thread cannot be ended."""

    def _run(self, harness: SdkHarness) -> None:
        self._problem = run(harness)
