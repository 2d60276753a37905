"""Flink's settings for a cluster on this machine: one address everywhere, and the memory that they promise."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimpleNamespace]:
    """The modules by their names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DEPLOY))
        yield SimpleNamespace(**{name: import_module(f"cluster.{name}") for name in ("layout", "flink", "spark", "engines", "run", "settings")})


def test_examples_in_docstrings_hold(cluster: SimpleNamespace) -> None:
    assert doctest.testmod(cluster.layout).failed == 0


def test_settings_name_no_address_but_this_machine_s(cluster: SimpleNamespace, tmp_path: Path) -> None:
    folder = cluster.layout.Folder(tmp_path)
    cluster.settings.write_settings(folder, cluster.layout.Ports(20_000))
    text = (folder.settings / "flink-conf.yaml").read_text()
    lines = dict(line.split(": ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    hosts = {key: value for key, value in lines.items() if re.search(r"(host|address)$", key)}
    assert set(hosts.values()) == {"127.0.0.1"}
    assert {"jobmanager.bind-host", "rest.bind-address", "taskmanager.bind-host"} <= set(hosts)
    assert lines["state.checkpoints.dir"] == f"file://{tmp_path}/checkpoints"
    assert lines["jobmanager.rpc.port"] == "20001"


def test_a_task_manager_s_jvm_has_the_memory_of_the_settings(cluster: SimpleNamespace) -> None:
    assert cluster.settings.task_manager_memory() == (
        "-Xmx512m",
        "-XX:MaxDirectMemorySize=448m",
        "-XX:MaxMetaspaceSize=384m",
    )


def test_what_others_reach_has_a_port_of_its_own(cluster: SimpleNamespace, tmp_path: Path) -> None:
    ports = cluster.layout.Ports(20_000)
    parts = cluster.parts.parts(cluster.layout.Folder(tmp_path), ports)
    addresses = [part.address for part in parts if part.address]
    assert len({*addresses}) == len(addresses) == len(ports.all) - 1  # the JobManager has two ports
    guarded = {part.name for part in parts if any("-javaagent:" in word for word in part.command)}
    assert {"task-manager-1", "task-manager-2", "job-service"} <= guarded
