"""The settings of clusters on this machine: one address everywhere, and the memory that they promise."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cluster.__main__
import cluster.engines
import cluster.flink
import cluster.layout
import cluster.processes
import cluster.run
import cluster.settings
import cluster.spark

ROOT = Path(__file__).parents[4]


def test_settings_name_no_address_but_this_machine_s(tmp_path: Path) -> None:
    folder = cluster.layout.Folder(tmp_path)
    cluster.settings.write_settings(folder, cluster.layout.Ports(20_000))
    text = (folder.settings / "flink-conf.yaml").read_text()
    lines = dict(line.split(": ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    hosts = {key: value for key, value in lines.items() if re.search(r"(host|address)$", key)}
    assert set(hosts.values()) == {"127.0.0.1"}
    assert {"jobmanager.bind-host", "rest.bind-address", "taskmanager.bind-host"} <= set(hosts)
    assert lines["state.checkpoints.dir"] == f"file://{tmp_path}/checkpoints"
    assert lines["jobmanager.rpc.port"] == "20001"


def test_a_task_manager_s_jvm_has_the_memory_of_the_settings() -> None:
    assert cluster.settings.task_manager_memory() == (
        "-Xmx512m",
        "-XX:MaxDirectMemorySize=448m",
        "-XX:MaxMetaspaceSize=384m",
    )


@pytest.mark.parametrize(
    ("engine", "guarded"), [("flink", {"task-manager-1", "task-manager-2", "job-service"}), ("spark", {"job-service"})]
)
def test_what_others_reach_has_a_port_of_its_own(tmp_path: Path, engine: str, guarded: set[str]) -> None:
    found = cluster.run.Cluster.of(cluster.layout.Folder(tmp_path), 20_000, cluster.engines.ENGINES[engine])
    addresses = [part.address for part in found.parts if part.address]
    assert len({*addresses}) == len(addresses) == len(found.ports.all) - 1  # the JobManager, or Master, has two ports
    assert {part.name for part in found.parts if any("-javaagent:" in word for word in part.command)} >= guarded


def test_sparks_executors_are_guarded(tmp_path: Path) -> None:
    parts = cluster.spark.parts(cluster.layout.Folder(tmp_path), cluster.layout.Ports(20_000))
    options = next(word for word in parts[-1].command if "executor.extraJavaOptions" in word)
    assert "-javaagent:" in options


def test_a_task_manager_in_a_container_has_the_same_memory() -> None:
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    manager = compose.partition("  flink-task-manager:")[2].partition("TaskManagerRunner")[0]
    assert re.findall(r"- (-X\S+)", manager) == [*cluster.settings.task_manager_memory()]


def test_java_workers_keep_the_store_s_options_as_long_as_the_cluster_lasts(tmp_path: Path) -> None:
    folder, option = cluster.layout.Folder(tmp_path), "--endpoint=http://127.0.0.1:9000"
    begun = cluster.run.Cluster.of(folder, 20_000, worker_options=[option])
    running = cluster.processes.Started.of(os.getpid())
    begun.with_started({part.name: running for part in begun.parts})
    again = cluster.run.Cluster.of(folder, 20_000)
    (pool,) = (part for part in again.parts if part.name == "java-pool")
    assert pool.command[-1] == option
    endpoints = {part.name: part.environment.get("AWS_ENDPOINT_URL_S3") for part in again.parts}
    assert {name for name, found in endpoints.items() if found == "http://127.0.0.1:9000"} == {
        *("python-pool", "expansion-service")
    }

    def start(*options: str) -> Result:
        return CliRunner().invoke(cluster.__main__.main, [f"--folder={tmp_path}", "start", *options])

    assert start(f"--worker-option={option}").exit_code == 0
    assert "other worker options" in str(start("--worker-option=--awsRegion=eu-west-1").exception)
    refused = start("--worker-option=--awsCredentialsProvider={secret}").output
    assert "found --awsCredentialsProvider" in refused
    assert "secret" not in refused


def test_a_run_s_store_options_have_to_be_those_of_the_java_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = cluster.run.Cluster.of(cluster.layout.Folder(tmp_path), 20_000, worker_options=["--awsRegion=eu-west-1"])
    monkeypatch.setattr(cluster.run.Cluster, "parts", ())
    found = replace(found, started={"java-pool": cluster.processes.Started(1, "", 0)})
    assert "--stallLimit=1800" in cluster.run.options(found, ["--output=s3://b/x", "--awsRegion=eu-west-1"])
    with pytest.raises(Exception, match=r"--awsRegion=eu-west-2: expected a cluster whose Java workers have it too"):
        cluster.run.options(found, ["--output=s3://b/x", "--awsRegion=eu-west-2"])
