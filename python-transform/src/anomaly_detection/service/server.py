"""Runs the services on a port until told to end."""

from __future__ import annotations

import errno
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address

import grpc
from apache_beam.internal import pickler
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions, SetupOptions
from apache_beam.portability.api import (
    beam_artifact_api_pb2_grpc,
    beam_expansion_api_pb2_grpc,
    beam_fn_api_pb2_grpc,
)
from apache_beam.transforms import environments
from apache_beam.utils.thread_pool_executor import UnboundedThreadPoolExecutor

from anomaly_detection.errors import ConfigError, ServiceError
from anomaly_detection.importing import importing
from anomaly_detection.service.loopback_worker import LoopbackWorkerPool
from anomaly_detection.service.services import GuardedExpansionService, NoArtifacts

_LOGGER = logging.getLogger(__name__)
_LOOPBACK = "127.0.0.1"
_MAX_REQUEST_BYTES = 4 << 20
_MAX_CALLS = 64
_GRACE_SECONDS = 1.0


def serve(
    *,
    host: str = _LOOPBACK,
    port: int = 8088,
    loopback_worker: bool = False,
    until_stdin_closes: bool = False,
    beam_args: Sequence[str] = (),
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the transform, and return when SIGTERM or SIGINT arrives or, if asked to, standard input closes.

    Args:
        host: the one address to listen on. Whoever reaches it can load models and read what they say.
        port: 0 takes any free one.
        loopback_worker: also run the transform in this process, for runners on this machine. Without it the
            workers are those of Beam's `--environment_type` (EXTERNAL or DOCKER) in `beam_args`.
        until_stdin_closes: end with the process at the other end of standard input.
        beam_args: Beam's pipeline options.
        announce: is called with `ready HOST:PORT` as soon as requests are taken; the first one may wait for a second
            or two, until the transform is imported.

    Raises:
        ServiceError: the address cannot be listened on.
        ConfigError: `beam_args` name workers that cannot be used.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("anomaly_detection").setLevel(logging.INFO)
    options = PipelineOptions([*beam_args, "--experiments=beam_fn_api"])
    pickler.set_library(options.view_as(SetupOptions).pickle_library)
    with ExitStack() as stack:
        ended = stack.enter_context(_told_to_end(until_stdin_closes=until_stdin_closes))
        worker_address = stack.enter_context(_loopback_worker()) if loopback_worker else None
        server = _new_server()
        beam_expansion_api_pb2_grpc.add_ExpansionServiceServicer_to_server(
            GuardedExpansionService(options, worker_environment(options, loopback=worker_address)), server
        )
        beam_artifact_api_pb2_grpc.add_ArtifactRetrievalServiceServicer_to_server(NoArtifacts(), server)
        bound = _bind(server, host, port)
        server.start()
        _LOGGER.info("serving address=%s:%d worker=%s", host, bound, worker_address)
        loading = threading.Thread(target=_load, name="loading")
        try:
            announce(f"ready {_bracketed(host)}:{bound}")
            sys.stdout.flush()
            loading.start()
            ended.wait()
        finally:
            _LOGGER.info("ending address=%s:%d", host, bound)
            server.stop(_GRACE_SECONDS).wait()


def worker_environment(options: PipelineOptions, *, loopback: str | None) -> environments.Environment:
    """Return where runners find workers, at `loopback` or by the options, with no artifacts to stage.

    Raises:
        ConfigError: the options name another kind of worker, or one beside the loopback worker.
    """
    portable = options.view_as(PortableOptions)
    kind, config = portable.environment_type, portable.environment_config
    if loopback:
        if kind:
            raise ConfigError(f"expected the loopback worker or --environment_type, found both ({kind})")
        kind, config = "EXTERNAL", loopback
    if kind == "EXTERNAL":
        url = config or portable.lookup_environment_option("external_service_address")
        if not url:
            raise ConfigError("--environment_type=EXTERNAL needs a pool's --environment_config=HOST:PORT")
        return environments.ExternalEnvironment(url, capabilities=environments.python_sdk_capabilities())
    if kind in (None, "DOCKER"):
        image = config or portable.lookup_environment_option("docker_container_image")
        if not image:
            _LOGGER.warning(
                "no workers are named: runners will take Beam's image, which lacks this package; give the "
                "loopback worker, or a pool by --environment_type=EXTERNAL --environment_config=HOST:PORT"
            )
        return environments.DockerEnvironment.from_container_image(container_image=image)
    raise ConfigError(f"--environment_type: expected EXTERNAL or DOCKER, found {kind}")


def _load() -> None:
    """Import what expands and scores, torch above all, while the first client prepares its request."""
    with importing():
        import anomaly_detection.transform  # noqa: F401
    # The libraries' objects stay until the end, which is seconds faster when they are not looked through again.
    gc.freeze()


@contextmanager
def _loopback_worker() -> Iterator[str]:
    server = _new_server()
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(LoopbackWorkerPool(), server)
    address = f"{_LOOPBACK}:{_bind(server, _LOOPBACK, 0)}"
    server.start()
    try:
        yield address
    finally:
        server.stop(_GRACE_SECONDS).wait()


def _new_server() -> grpc.Server:
    return grpc.server(
        # Its threads are daemons: a call that hangs does not keep the process alive.
        UnboundedThreadPoolExecutor(),
        maximum_concurrent_rpcs=_MAX_CALLS,
        options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", _MAX_REQUEST_BYTES)],
    )


def _bind(server: grpc.Server, host: str, port: int) -> int:
    try:
        # A name may stand for several addresses, and gRPC would listen on all of them.
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ServiceError(f"cannot listen on {host}: expected an address of this machine") from error
    numeric = str(address[0])
    if not ip_address(numeric).is_loopback:
        _LOGGER.warning("listening beyond this machine address=%s: there is no authentication", numeric)
    try:
        bound = server.add_insecure_port(f"{_bracketed(numeric)}:{port}")
    except RuntimeError:
        bound = 0
    if bound:
        return int(bound)
    raise ServiceError(_why_not(family, numeric, host, port))


def _why_not(family: int, numeric: str, host: str, port: int) -> str:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((numeric, port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return f"cannot listen on port {port} of {host}: {error.strerror}"
    return f"port {port} on {host} is taken: end what listens there, or choose another with --port"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextmanager
def _told_to_end(*, until_stdin_closes: bool) -> Iterator[threading.Event]:
    ended = threading.Event()
    if until_stdin_closes:
        threading.Thread(target=_drain_stdin, args=(ended,), name="stdin", daemon=True).start()
    if threading.current_thread() is not threading.main_thread():
        yield ended  # Python takes signals in its main thread only.
        return
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in numbers}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _drain_stdin(ended: threading.Event) -> None:
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    ended.set()
