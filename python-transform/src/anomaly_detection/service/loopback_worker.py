"""A Beam worker inside this process, for runners on the same machine."""

from __future__ import annotations

import logging
import os
import re
import threading
from ipaddress import ip_address

import grpc
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc
from apache_beam.runners.worker.sdk_worker import SdkHarness

from anomaly_detection.errors import ServiceError

_LOGGER = logging.getLogger(__name__)
_ENDPOINT = re.compile(r"(?:\[(?P<v6>[0-9a-f:]+)]|(?P<name>[0-9a-z.]+)):[0-9]{1,5}")
_ENDPOINTS = ("control_endpoint", "logging_endpoint", "artifact_endpoint", "provision_endpoint")


class LoopbackWorkerPool(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):  # type: ignore[misc]
    """Starts workers as threads of this process, on behalf of runners on this machine alone.

    A worker runs the code that its runner sends: one that reached out to another machine would run that
    machine's. Threads are enough, since a job has one worker here and its time goes into numpy and torch; a
    process for each would import both anew.
    """

    def __init__(self, *, limit: int = 16) -> None:
        self._limit = limit
        self._running = 0
        self._lock = threading.Lock()
        # gRPC would take the machine's own names through a proxy that the environment sets.
        given = os.environ.get("no_grpc_proxy") or os.environ.get("no_proxy")  # noqa: SIM112
        direct = filter(None, [given, "localhost", "127.0.0.1", "::1"])
        os.environ["no_grpc_proxy"] = ",".join(direct)  # noqa: SIM112

    def StartWorker(  # noqa: N802
        self, request: beam_fn_api_pb2.StartWorkerRequest, context: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StartWorkerResponse:
        """Start a worker; a refusal or a runner that does not answer comes back as the response's error."""
        try:
            self._start(request)
        except ServiceError as error:
            _LOGGER.warning("refused peer=%s worker=%r: %s", context.peer(), request.worker_id, error)
            return beam_fn_api_pb2.StartWorkerResponse(error=str(error))
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(  # noqa: N802
        self, request: beam_fn_api_pb2.StopWorkerRequest, context: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StopWorkerResponse:
        """Acknowledge; a worker ends when its runner closes the control connection."""
        return beam_fn_api_pb2.StopWorkerResponse()

    def _start(self, request: beam_fn_api_pb2.StartWorkerRequest) -> None:
        for name in _ENDPOINTS:
            url = getattr(request, name).url
            if (url or name == "control_endpoint") and not is_loopback(url):
                raise ServiceError(
                    f"refused a worker for the {name.replace('_', ' ')} {url!r:.80}: expected this machine, "
                    "such as localhost:50000"
                )
        with self._lock:
            if self._running >= self._limit:
                raise ServiceError(f"refused a worker: {self._limit} are running, which is the limit")
            self._running += 1
        try:
            harness = SdkHarness(request.control_endpoint.url, worker_id=request.worker_id)
        except Exception as error:
            self._ended()
            raise ServiceError(
                f"no runner answers at {request.control_endpoint.url}: {type(error).__name__} {error}"
            ) from error
        threading.Thread(target=self._run, args=(harness, request.worker_id), daemon=True).start()

    def _run(self, harness: SdkHarness, worker_id: str) -> None:
        _LOGGER.info("worker started worker=%r", worker_id)
        try:
            harness.run()
        except Exception as error:
            _LOGGER.warning("worker lost its runner worker=%r: %s", worker_id, error)
        else:
            _LOGGER.info("worker ended worker=%r", worker_id)
        finally:
            self._ended()

    def _ended(self) -> None:
        with self._lock:
            self._running -= 1


def is_loopback(url: str) -> bool:
    """Tell whether an endpoint is a plain `host:port` of this machine.

    >>> [is_loopback(url) for url in ("localhost:1", "127.0.0.2:1", "[::1]:1")]
    [True, True, True]
    >>> [is_loopback(url) for url in ("10.0.0.1:1", "localhost.evil.org:1", "dns:localhost:1", "unix:x")]
    [False, False, False, False]
    """
    match = _ENDPOINT.fullmatch(url)
    if not match:
        return False
    if match["name"] == "localhost":
        return True
    try:
        return ip_address(match["v6"] or match["name"]).is_loopback
    except ValueError:
        return False
