"""The image of this checkout, and containers of it: the expansion service and the worker pool."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

ROOT = Path(__file__).parents[3]
SECONDS = 60
"""That a container may take until it serves."""

HARDENED = {
    "init": True,
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "pids_limit": 512,
}
# Its helper, which removes containers of tests that were killed, is an image of a registry.
testcontainers_config.ryuk_disabled = True


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Find a port that nobody listens on."""

    def find() -> int:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            return int(found.getsockname()[1])

    return find


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image, built of this checkout under a name of its own; of layers that are there only what has changed."""
    tag = f"anomaly-detection:test-{hashlib.sha256(bytes(ROOT)).hexdigest()[:12]}"
    override = tmp_path_factory.mktemp("image") / "image.json"
    override.write_text(json.dumps({"services": {"expansion-service": {"image": tag}}}), "utf-8")
    built = subprocess.run(
        ["make", "images", "ARGS=expansion-service"],
        cwd=ROOT,
        env={**os.environ, "COMPOSE_FILE": f"docker-compose.yml{os.pathsep}{override}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, f"expected an image: {built.stdout}{built.stderr}"
    return tag


@dataclass(frozen=True)
class Server:
    """A container that serves gRPC at an address."""

    address: str
    container: DockerContainer

    def freeze(self) -> None:
        """Let it answer no more, and keep its connections."""
        self.container.get_wrapped_container().kill(signal="STOP")

    def kill(self) -> None:
        """End it as a crash would."""
        self.container.get_wrapped_container().kill()
        self.container.get_wrapped_container().wait()

    def start_again(self) -> None:
        """Start the killed container."""
        self.container.get_wrapped_container().start()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Return as soon as it serves."""
        deadline = time.monotonic() + SECONDS
        options = [("grpc.enable_http_proxy", 0)]
        while True:
            # A new channel each time: one that found nobody waits longer and longer.
            with grpc.insecure_channel(self.address, options=options) as channel:
                try:
                    grpc.channel_ready_future(channel).result(timeout=1)
                except grpc.FutureTimeoutError:
                    self.container.reload()
                else:
                    return
            waiting = self.container.status == "running" and time.monotonic() < deadline
            assert waiting, f"{self.address}: {self.container.status}: {self.container.get_logs()}"


@pytest.fixture(scope="session")
def start_server(image: str, free_port: Callable[[], int]) -> Callable[..., AbstractContextManager[Server]]:
    """Start the `anomaly-detection` of the image with arguments, hardened as in `docker-compose.yml`.

    `host_network` lets it reach, and listen on, this machine's own loopback interface.
    """

    @contextmanager
    def start(*arguments: str, host_network: bool) -> Iterator[Server]:
        port = free_port()
        container = DockerContainer(image).with_tmpfs_mount("/tmp", "size=256m,mode=1777")  # noqa: S108
        if host_network:
            container.with_command([*arguments, "--host=127.0.0.1", f"--port={port}"])
            container.with_kwargs(**HARDENED, network_mode="host")
        else:
            container.with_command([*arguments, "--host=0.0.0.0", "--port=8088"]).with_kwargs(**HARDENED)
            container.ports["8088/tcp"] = ("127.0.0.1", port)  # type: ignore[assignment]
        with container:
            server = Server(f"127.0.0.1:{port}", container)
            server.wait_until_ready()
            yield server

    return start


@pytest.fixture(scope="session")
def worker_pool(start_server: Callable[..., AbstractContextManager[Server]]) -> Iterator[Server]:
    """A pool whose workers reach the runners of this machine."""
    with start_server("worker-pool", host_network=True) as server:
        yield server


@pytest.fixture(scope="session")
def service(start_server: Callable[..., AbstractContextManager[Server]], worker_pool: Server) -> Iterator[Server]:
    """An expansion service whose transforms run in the pool."""
    with start_server("serve", f"--worker-pool={worker_pool.address}", host_network=False) as server:
        yield server
