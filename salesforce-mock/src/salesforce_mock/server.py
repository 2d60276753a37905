"""The application on a socket, until a signal ends it."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol


class _Protocol(H11Protocol):
    """Lets the application close the connection of a request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """Says when it serves."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that nobody else can listen on; who connects waits until it serves. Port 0: any that is free.

    Raises:
        OSError: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
    except BaseException:
        bound.close()
        raise
    return bound


def serve(app: Starlette, bound: socket.socket, *, ready: Callable[[], None], until_stdin_closes: bool) -> None:
    """Serve until SIGTERM, SIGINT or, if wanted, the end of the input; open requests are finished first."""
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
        server_header=False,
        date_header=False,  # answers have that of the org's clock
    )
    server = _Server(config, ready)
    # uvicorn raises the signal that ended it again, under the handlers of before.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _end)
    if until_stdin_closes:
        threading.Thread(target=_watch, args=[server], daemon=True).start()
    server.run(sockets=[bound])


def _watch(server: uvicorn.Server) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    server.should_exit = True


def _end(number: int, frame: object) -> NoReturn:
    sys.exit(0)
