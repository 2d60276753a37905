"""Beam's worker pool: starts a worker when a runner asks for one, if it may have it."""

from __future__ import annotations

import logging
import re
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

import grpc
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc

from anomaly_detection.errors import ServiceError
from anomaly_detection.service.logs import fields
from anomaly_detection.service.runners import Runners, reach_this_machine_directly

_LOGGER = logging.getLogger(__name__)
# It goes into a header of every call of the worker: gRPC carries printable ASCII there.
_WORKER_ID = re.compile(r"[ -~]{1,1000}")


class Worker(Protocol):
    """A worker that has reached its runner."""

    def wait(self) -> str:
        """Return what went wrong, as soon as it has ended: nothing where its runner or `stop` ended it."""

    def stop(self) -> None:
        """End it now, where that is possible; its runner will miss it."""


class WorkerPool(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):  # type: ignore[misc]
    """Starts workers for the runners that may have one, up to a limit.

    Of a request it reads the worker's id and the endpoints; parameters have no effect.
    """

    def __init__(self, start: Callable[[str, str], Worker], *, runners: Runners, limit: int) -> None:
        """Take `start`, which gets the control endpoint and the worker's id and raises `ServiceError`."""
        self._start = start
        self._runners = runners
        self._limit = limit
        self._taken = 0
        self._workers: defaultdict[str, list[Worker]] = defaultdict(list)
        self._closed = False
        self._lock = threading.Lock()
        reach_this_machine_directly()

    def StartWorker(  # noqa: N802
        self, request: beam_fn_api_pb2.StartWorkerRequest, context: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StartWorkerResponse:
        """Start a worker; a refusal or a runner that does not answer comes back as the response's error."""
        try:
            self._start_one(request)
        except ServiceError as error:
            _LOGGER.warning("refused", extra=fields(peer=context.peer(), worker=request.worker_id, error=error))
            return beam_fn_api_pb2.StartWorkerResponse(error=str(error))
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(  # noqa: N802
        self, request: beam_fn_api_pb2.StopWorkerRequest, context: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StopWorkerResponse:
        """End the worker of this id, unless several runners have one: those end with their runners' connections."""
        with self._lock:
            workers = list(self._workers.get(request.worker_id, ()))
        if len(workers) == 1:
            workers[0].stop()
        return beam_fn_api_pb2.StopWorkerResponse()

    def close(self) -> None:
        """End all workers and start no more."""
        with self._lock:
            self._closed = True
            workers = [worker for group in self._workers.values() for worker in group]
        for worker in workers:
            worker.stop()

    def _start_one(self, request: beam_fn_api_pb2.StartWorkerRequest) -> None:
        self._runners.check(request)
        if not _WORKER_ID.fullmatch(request.worker_id):
            raise ServiceError(
                f"refused a worker: expected an id of 1 to 1000 printable ASCII characters, "
                f"found {len(request.worker_id)}: {request.worker_id!r:.80}"
            )
        with self._lock:
            if self._taken >= self._limit:
                raise ServiceError(f"refused a worker: {self._limit} are running, which is the limit")
            self._taken += 1
        try:
            worker = self._start(request.control_endpoint.url, request.worker_id)
        except BaseException:
            self._release()
            raise
        with self._lock:
            self._workers[request.worker_id].append(worker)
            closed = self._closed
        _LOGGER.info("worker started", extra=fields(worker=request.worker_id, runner=request.control_endpoint.url))
        threading.Thread(target=self._watch, args=(request.worker_id, worker), daemon=True).start()
        if closed:
            worker.stop()

    def _watch(self, worker_id: str, worker: Worker) -> None:
        problem = worker.wait()
        if problem:
            _LOGGER.warning("worker ended", extra=fields(worker=worker_id, problem=problem))
        else:
            _LOGGER.info("worker ended", extra=fields(worker=worker_id))
        with self._lock:
            self._workers[worker_id].remove(worker)
            if not self._workers[worker_id]:
                del self._workers[worker_id]
        self._release()

    def _release(self) -> None:
        with self._lock:
            self._taken -= 1
