"""Runs a worker pool until told to end, and its workers with it."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from apache_beam.portability.api import beam_fn_api_pb2_grpc

from anomaly_detection.service import process_worker
from anomaly_detection.service.listening import LOOPBACK, listening, told_to_end
from anomaly_detection.service.logs import LogFormat, configure_logs, fields
from anomaly_detection.service.runners import Runners
from anomaly_detection.service.worker_pool import WorkerPool

_LOGGER = logging.getLogger(__name__)


def serve_workers(
    *,
    host: str = LOOPBACK,
    port: int = 50000,
    runners: Sequence[str] = (),
    limit: int = 16,
    log_format: LogFormat = "text",
    announce: Callable[[str], None] = print,
) -> None:
    """Start a worker for every runner that asks for one and may have it, until SIGTERM or SIGINT arrives.

    Args:
        host: the one address to listen on. Whoever reaches it can have a worker run any code of a runner that may
            have workers.
        port: 0 takes any free one.
        runners: hosts, addresses and networks of runners on other machines that may have workers.
        limit: the most workers at a time.
        log_format: of the log on standard error.
        announce: is called with `ready HOST:PORT` as soon as requests are taken; the first may wait for some seconds.

    Raises:
        ServiceError: the address cannot be listened on.
        ConfigError: a runner is neither a host nor a network.
    """
    configure_logs(log_format)
    start = functools.partial(process_worker.ProcessWorker, log_format=log_format)
    pool = WorkerPool(start, runners=Runners.of(runners), limit=limit)
    with ExitStack() as stack:
        ended = stack.enter_context(told_to_end(until_stdin_closes=False))
        address = stack.enter_context(
            listening(
                host,
                port,
                add=lambda server: beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server),
            )
        )
        stack.callback(pool.close)
        process_worker.prepare()
        _LOGGER.info("serving", extra=fields(address=address, runners=", ".join(runners) or "on this machine"))
        announce(f"ready {address}")
        sys.stdout.flush()
        ended.wait()
        _LOGGER.info("ending", extra=fields(address=address))
