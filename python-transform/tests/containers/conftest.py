"""The images, and what `docker compose` makes of them, on ports and in folders of the tests' own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .stacks import PROFILES, ROOT, Stack, run


@pytest.fixture(scope="session")
def images() -> None:
    run("make", "images")


@pytest.fixture(scope="session")
def stack(images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """`docker compose up`, of which everything is removed in the end."""
    folder = tmp_path_factory.mktemp("containers")
    data, build = folder / "data", folder / "build"
    data.mkdir()
    shutil.copy(ROOT / "data" / "opportunities.csv", data)
    if os.getuid() == 0:
        os.chown(data, 4711, -1)  # what root has cloned for somebody else
    override = folder / "folders.json"
    override.write_text(
        json.dumps(
            {
                "services": {
                    "output-folder": {"volumes": [f"{data}:/app/data:ro", f"{build}:/app/build"]},
                    **{
                        name: {"volumes": [f"{data}:/app/data:ro", f"{build}/scored:/app/build/scored"]}
                        for name in ("pipeline", "flink-pipeline", "flink-java-pool")
                    },
                }
            }
        )
    )
    expansion_port, worker_port, salesforce_port = free_ports(3)
    found = Stack(
        environment={
            "COMPOSE_PROJECT_NAME": f"test-{uuid.uuid4().hex[:12]}",
            "COMPOSE_FILE": f"docker-compose.yml{os.pathsep}{override}",
            "EXPANSION_PORT": str(expansion_port),
            "WORKER_PORT": str(worker_port),
            "SALESFORCE_PORT": str(salesforce_port),
        },
        expansion_port=expansion_port,
        worker_port=worker_port,
        salesforce_port=salesforce_port,
        data=data,
        scored=build / "scored",
    )
    try:
        found.compose("up", "--detach", "--wait")
        yield found
    finally:
        found.compose(*PROFILES, "down", "--volumes", "--timeout=5")


def free_ports(count: int) -> list[int]:
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]
