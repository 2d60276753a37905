"""What a worker's process runs. To import this is to import all that a worker needs."""

from __future__ import annotations

import gc
import logging
import sys
from multiprocessing.connection import Connection

from anomaly_detection.errors import ServiceError
from anomaly_detection.importing import importing

with importing():
    from apache_beam.io.filesystems import FileSystems
    from apache_beam.options.pipeline_options import PipelineOptions

    import anomaly_detection.beam.transform  # noqa: F401
    from anomaly_detection.service.harness import connect, run


def work(ready: Connection, control: str, worker_id: str) -> None:
    """Be a worker until the runner closes the connection; tells `ready` nothing or, if there is no runner, that."""
    # What was imported stays shared with other workers only while the collector does not write to it.
    gc.freeze()
    # Beam's stores of objects cannot be read without options; credentials come from the environment.
    FileSystems.set_options(PipelineOptions([]))
    with ready:
        try:
            harness = connect(control, worker_id)
        except ServiceError as error:
            ready.send_bytes(str(error).encode())
            return
        ready.send_bytes(b"")
    problem = run(harness)
    if problem:
        logging.getLogger(__name__).warning(problem)
        sys.exit(1)
