"""A server in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"


@dataclass(frozen=True)
class Server:
    """A server that is ready: its process, its address, and the login that it has printed."""

    process: subprocess.Popen[str]
    url: str
    login: dict[str, str]

    def test(self, method: str, path: str, **more: Any) -> Any:
        answer = httpx.request(method, f"{self.url}/_test/{path}", **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


def command(*options: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "salesforce_mock", *options]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SALESFORCE_")}
    return {**kept, "PYTHONPATH": str(SOURCE)}


@contextmanager
def running(*options: str) -> Iterator[Server]:
    process = subprocess.Popen(
        command("--port=0", "--job-seconds=0.1", *options),
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        login = {}
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("ready "):
                break
            name, _, value = line.removeprefix("export ").strip().partition("=")
            login[name] = value
        else:
            raise AssertionError(process.stderr.read() if process.stderr else "")
        yield Server(process, line.split()[1], login)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    key = tmp_path_factory.mktemp("key") / "private.pem"
    with running("--bulk-page=700", f"--private-key-file={key}") as found:
        yield found


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> None:
    if "server" in request.fixturenames:
        request.getfixturevalue("server").test("POST", "reset")
