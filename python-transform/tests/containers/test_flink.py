"""`docker compose --profile flink run --rm flink-pipeline`: the sample on a Flink cluster that is all containers."""

from __future__ import annotations

import csv
import json

import pytest

from .stacks import HARDENED, Stack, hardened

pytestmark = pytest.mark.timeout(1800)
SERVICES = ("flink-job-manager", "flink-task-manager", "flink-job-service", "flink-worker-pool", "flink-java-pool")


@pytest.fixture(scope="module")
def printed(stack: Stack) -> str:
    """The run, after the JobManager has ended and come back alone: all others stay in its network."""
    stack.compose("--profile=flink", "up", "--detach", *SERVICES)
    stack.crash("flink-job-manager")
    return stack.compose("--profile=flink", "run", "--rm", "flink-pipeline")


def test_every_row_is_scored(stack: Stack, printed: str) -> None:
    with (stack.data / "opportunities.csv").open(encoding="utf-8", newline="") as lines:
        ids = sorted(row["Id"] for row in csv.DictReader(lines))
    assert f"{len(ids):,} rows read: {len(ids):,} scored" in printed
    files = stack.scored.glob("scored-*.jsonl")
    assert sorted(json.loads(line)["id"] for file in files for line in file.read_text().splitlines()) == ids


@pytest.mark.parametrize("service", SERVICES)
def test_a_part_has_no_rights_and_nobody_reaches_it(stack: Stack, printed: str, service: str) -> None:
    settings = stack.inspect(service)
    assert settings["HostConfig"]["NetworkMode"] == f"container:{stack.inspect('flink-network')['Id']}"
    writes = {"flink-java-pool": ["/app/build/scored"]}.get(service, [])
    assert hardened(settings) == {**HARDENED, "writable mounts": writes}
    assert not any((settings["NetworkSettings"]["Ports"] or {}).values())


def test_the_network_has_nothing_in_it_that_could_end(stack: Stack, printed: str) -> None:
    settings = stack.inspect("flink-network")
    assert settings["Config"]["Entrypoint"] == ["sleep", "infinity"]
    assert hardened(settings) == HARDENED
    assert not any((settings["NetworkSettings"]["Ports"] or {}).values())
    assert settings["HostConfig"]["NetworkMode"] != "host"
