"""The health check of containers: what answers, and what only listens."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc

from anomaly_detection.probe import answers


def test_a_grpc_server_answers_until_it_ends() -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    assert answers("127.0.0.1", port)
    command = [sys.executable, "-m", "anomaly_detection.probe", f"127.0.0.1:{port}"]
    assert subprocess.run(command, check=False).returncode == 0
    server.stop(None).wait()
    assert not answers("127.0.0.1", port)
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (1, f"no gRPC server answers at 127.0.0.1:{port}\n")


def test_a_server_that_speaks_something_else_does_not_count() -> None:
    def greet(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        greeting = threading.Thread(target=greet, args=(listener,))
        greeting.start()
        assert not answers("127.0.0.1", listener.getsockname()[1])
        greeting.join()
