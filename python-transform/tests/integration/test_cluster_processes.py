"""Processes of a cluster that are known by number: what others have by that number now is left alone."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

import cluster.layout
import cluster.parts
import cluster.processes
import cluster.run
from anomaly_detection.errors import ConfigError

pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")  # as they are to
LEADER_AND_CHILD = ("sh", "-c", "sleep 60 & echo ready; wait")


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Any]:
    """The leader of a session with a child."""
    log = tmp_path / "log"
    one = cluster.processes.start(LEADER_AND_CHILD, log, {})
    while "ready" not in log.read_text():
        pass
    yield one
    cluster.processes.end([one])


def test_a_part_ends_with_what_it_started_also_when_it_was_killed_itself(started: Any) -> None:
    assert len(started.session()) == 2
    started.send(signal.SIGKILL)
    psutil.wait_procs([psutil.Process(started.pid)], timeout=10)
    assert started.process() is None
    (child,) = started.session()
    cluster.processes.end([started])
    assert not child.is_running()


@pytest.mark.parametrize("other", [{"boot": "of yesterday"}, {"ticks": 1}], ids=lambda other: next(iter(other)))
def test_a_daemon_that_leads_a_session_of_a_part_s_former_number_is_not_killed(
    started: Any, other: dict[str, Any]
) -> None:
    former = replace(started, **other)
    assert former.process() is None
    assert former.session() == []
    cluster.processes.end([former])
    assert len(started.session()) == 2


def test_parts_are_found_and_ended_though_the_clock_was_set(
    started: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cluster.layout.Folder(tmp_path)
    cluster.run.Cluster.of(folder, 20_000).with_started({"python-pool": started})
    create_time = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: create_time(process) - 3600)
    again = cluster.run.Cluster.of(folder, 20_000)
    assert again.started["python-pool"].process() is not None
    cluster.run.stop(again)
    assert started.session() == []


def test_processes_of_an_older_version_are_refused_with_what_to_do(tmp_path: Path) -> None:
    folder = cluster.layout.Folder(tmp_path)
    older = {"job-manager": {"pid": 70001, "created": 1.5}, "java-pool": {"pid": 70002, "created": 2.5}}
    content = {"engine": "flink", "first_port": 20_000, "worker_options": [], "processes": older}
    folder.processes.write_text(json.dumps(content), "utf-8")
    with pytest.raises(ConfigError, match=r"found those of an older version.*`kill 70001 70002`; then remove the file"):
        cluster.run.Cluster.of(folder, 20_000)


def test_a_page_that_does_not_answer_in_http_does_not_answer() -> None:
    """As a port that connects to itself, which the kernel allows before anybody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def echo() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(connection.recv(1000))

        thread = threading.Thread(target=echo)
        thread.start()
        assert cluster.parts.asked(cluster.layout.Ports(server.getsockname()[1]), "/overview") is None
        thread.join()
