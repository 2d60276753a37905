"""A worker pool inside the process that it serves, for runners on this machine alone."""

from __future__ import annotations

import grpc
from apache_beam.portability.api import beam_fn_api_pb2_grpc

from anomaly_detection.service.runners import Runners
from anomaly_detection.service.thread_worker import ThreadWorker
from anomaly_detection.service.worker_pool import WorkerPool

_WORKERS = 16


def add_loopback_pool(server: grpc.Server, *, limit: int = _WORKERS) -> None:
    """Let a server that listens on the loopback interface start workers as threads of this process."""
    pool = WorkerPool(ThreadWorker, runners=Runners.of([]), limit=limit)
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
