"""Tells whether a gRPC server answers: `python -m anomaly_detection.probe HOST:PORT`, for a container's health check.

It opens an HTTP/2 connection and waits for the server's settings, without importing gRPC: a check that runs
every few seconds has to be cheap.
"""

from __future__ import annotations

import socket
import sys

__all__ = ["answers"]

_SETTINGS = 4
_FRAME_HEADER_BYTES = 9
# RFC 9113, section 3.4: the client's preface, and its settings, of which there are none.
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, _SETTINGS, 0, 0, 0, 0, 0])


def answers(host: str, port: int, *, seconds: float = 1.5) -> bool:
    """Tell whether an HTTP/2 server, such as gRPC's, answers there; `seconds` is the limit of each step.

    >>> with socket.create_server(("127.0.0.1", 0)) as listens_but_never_answers:
    ...     answers("127.0.0.1", listens_but_never_answers.getsockname()[1], seconds=0.05)
    False
    """
    try:
        with socket.create_connection((host, port), timeout=seconds) as connection:
            connection.sendall(_HELLO)
            header = connection.recv(_FRAME_HEADER_BYTES, socket.MSG_WAITALL)
    except OSError:
        return False
    return len(header) == _FRAME_HEADER_BYTES and header[3] == _SETTINGS


def main(address: str) -> int:
    """Return the exit code: 0 if the server at `HOST:PORT` answers, 1 if it does not."""
    host, _, port = address.rpartition(":")
    if answers(host.strip("[]"), int(port)):
        return 0
    print(f"no gRPC server answers at {address}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
