"""`docker compose --profile pipeline up`: the sample is scored by somebody who has nothing but Docker."""

from __future__ import annotations

import csv
import json

import pytest

from .stacks import HARDENED, Stack, hardened, run

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def finished(stack: Stack) -> Stack:
    stack.compose("--profile=pipeline", "up", "--detach")
    status = run("docker", "wait", stack.container("pipeline")).strip()
    assert status == "0", stack.compose("--profile=pipeline", "logs")
    return stack


def test_every_row_is_scored_and_the_summary_says_where(finished: Stack) -> None:
    with (finished.data / "opportunities.csv").open(encoding="utf-8", newline="") as lines:
        ids = sorted(row["Id"] for row in csv.DictReader(lines))
    scored = [
        json.loads(line) for file in finished.scored.glob("scored-*.jsonl") for line in file.read_text().splitlines()
    ]
    assert sorted(row["id"] for row in scored) == ids
    assert any(row["label"] == 1 for row in scored)
    summary = finished.compose("--profile=pipeline", "logs", "--no-log-prefix", "pipeline")
    assert f"{len(ids):,} rows read: {len(ids):,} scored" in summary
    assert "build/scored/scored-*.jsonl" in summary


def test_the_results_are_the_users(finished: Stack) -> None:
    folder = finished.scored.stat()
    assert folder.st_uid == finished.scored.parent.stat().st_uid == finished.data.stat().st_uid
    assert folder.st_mode & 0o700 == 0o700
    assert all(file.stat().st_mode & 0o444 == 0o444 for file in finished.scored.iterdir())


@pytest.mark.parametrize("service", ["job-service", "pipeline-worker-pool", "pipeline"])
def test_the_runner_has_a_network_of_its_own_and_no_rights(finished: Stack, service: str) -> None:
    settings = finished.inspect(service)
    writes = {"pipeline": ["/app/build/scored"]}.get(service, [])
    assert hardened(settings) == {**HARDENED, "writable mounts": writes}
    assert not any((settings["NetworkSettings"]["Ports"] or {}).values())
    assert settings["HostConfig"]["NetworkMode"] != "host"


def test_who_prepares_the_folder_may_give_it_away_and_reaches_no_network(finished: Stack) -> None:
    settings = finished.inspect("output-folder")
    assert hardened(settings) == {
        **HARDENED,
        "user": "0:10001",
        "added": ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
        "writable mounts": ["/app/build"],
    }
    assert settings["HostConfig"]["NetworkMode"] == "none"
