"""Serves on one address until told to end."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import grpc
from apache_beam.utils.thread_pool_executor import UnboundedThreadPoolExecutor

from anomaly_detection.errors import ServiceError
from anomaly_detection.service.logs import fields

LOOPBACK = "127.0.0.1"

_LOGGER = logging.getLogger(__name__)
_MAX_REQUEST_BYTES = 4 << 20
_MAX_METADATA_BYTES = 8 << 10
_MAX_CALLS = 64
_GRACE_SECONDS = 1.0


@contextmanager
def listening(host: str, port: int, *, add: Callable[[grpc.Server], None]) -> Iterator[str]:
    """Serve what `add` adds to a server, meanwhile; gives `host:port`, where port 0 has become a free one.

    Raises:
        ServiceError: the address cannot be listened on.
    """
    server = grpc.server(
        # Its threads are daemons: a call that hangs does not keep the process alive.
        UnboundedThreadPoolExecutor(),
        maximum_concurrent_rpcs=_MAX_CALLS,
        options=[
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", _MAX_REQUEST_BYTES),
            ("grpc.max_metadata_size", _MAX_METADATA_BYTES),
            ("grpc.absolute_max_metadata_size", _MAX_METADATA_BYTES),
        ],
    )
    add(server)
    address = f"{_bracketed(host)}:{_bind(server, host, port)}"
    server.start()
    try:
        yield address
    finally:
        server.stop(_GRACE_SECONDS).wait()


@contextmanager
def told_to_end(*, until_stdin_closes: bool) -> Iterator[threading.Event]:
    """Give what is set when SIGTERM or SIGINT arrives or, if asked to, standard input closes."""
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


def _bind(server: grpc.Server, host: str, port: int) -> int:
    try:
        # A name may stand for several addresses, and gRPC would listen on all of them.
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ServiceError(f"cannot listen on {host}: expected an address of this machine") from error
    numeric = str(address[0])
    if not ip_address(numeric).is_loopback:
        _LOGGER.warning("listening beyond this machine, without authentication", extra=fields(address=numeric))
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
