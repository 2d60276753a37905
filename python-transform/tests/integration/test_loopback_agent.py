"""Job services that would take jobs from everybody do not start."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cluster import engines, layout

BUILDER = "org.apache.beam.vendor.grpc.v1p60p1.io.grpc.netty.NettyServerBuilder"
EARLY = """
public class Early {
  public static void premain(String name, java.lang.instrument.Instrumentation instrumentation) throws Exception {
    Class.forName(name, false, ClassLoader.getSystemClassLoader());
  }
}
"""


@pytest.fixture(params=["flink", "spark"])
def started(request: Any, tmp_path: Path) -> Callable[..., str]:
    """Start an engine's job service with other agents than its own, and return what it says when it has failed."""
    parts = engines.ENGINES[request.param].parts(layout.Folder(tmp_path), layout.Ports(20_000))
    command = next(part.command for part in parts if part.name == "job-service")
    own = next(word for word in command if word.startswith("-javaagent:"))

    def start(*agents: str, with_own: bool) -> str:
        words = [word for word in command if word != own]
        words[1:1] = [*agents, *([own] if with_own else [])]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode != 0
        assert "ready" not in done.stdout
        return done.stderr

    return start


def test_without_the_agent(started: Callable[..., str]) -> None:
    assert "expected -javaagent with the jar of this class" in started(with_own=False)


def test_with_an_agent_that_does_not_take_effect(started: Callable[..., str], tmp_path: Path) -> None:
    """What is loaded already is not changed."""
    (tmp_path / "Early.java").write_text(EARLY)
    (tmp_path / "manifest").write_text("Premain-Class: Early\n")
    subprocess.run(["javac", "Early.java"], cwd=tmp_path, check=True)
    subprocess.run(
        ["jar", "--create", "--file=early.jar", "--manifest=manifest", "Early.class"], cwd=tmp_path, check=True
    )
    said = started(f"-javaagent:{tmp_path / 'early.jar'}={BUILDER}", with_own=True)
    assert "expected Beam's servers to listen on the loopback interface, found one on" in said
