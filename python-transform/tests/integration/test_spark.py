"""A Spark cluster on this machine: batches there are what they are embedded, one after the other."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from pathlib import Path

import pytest

from anomaly_detection.generate import write_opportunities

from .clusters import (
    APP,
    ROOT,
    SECONDS,
    Command,
    await_that,
    members,
    rows,
    run,
    running,
    strange,
    summary,
    watched_sockets,
)

PARTS = ("master", "worker", "job-service", "java-pool", "python-pool", "expansion-service")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            # So little memory for what tasks put out, 14 MiB, that it goes to the disk as that of a million rows does.
            patch.setenv("JDK_JAVA_OPTIONS", "-Dspark.memory.fraction=0.02")
            command = stack.enter_context(running(tmp_path_factory.mktemp("cluster"), "spark"))
        yield command


def test_two_jobs_at_once_give_what_the_embedded_engine_gives_and_nothing_listens_beyond_this_machine(
    cluster: Command, tmp_path: Path
) -> None:
    """Beam would add the counts of one to those of the other, or refuse one."""
    jobs = {"sample": (), "strange": (f"--input={strange(tmp_path / 'strange.csv')}", "--alertAbove=0.5")}
    where = cluster.options()
    with watched_sockets(cluster) as seen:
        started = {
            name: subprocess.Popen(
                [APP, *where, *options, f"--output={tmp_path / name}"],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for name, options in jobs.items()
        }
        printed = {name: process.communicate(timeout=SECONDS) for name, process in started.items()}
    assert {name: process.returncode for name, process in started.items()} == {"sample": 0, "strange": 3}, printed
    embedded = run(tmp_path / "embedded")
    assert rows(tmp_path / "sample") == rows(tmp_path / "embedded")
    assert summary(printed["sample"][0], tmp_path / "sample") == summary(embedded.stdout, tmp_path / "embedded")
    assert (tmp_path / "sample" / "report.html").exists()
    assert len(rows(tmp_path / "strange")) == 500
    assert "drift: Stage: 100.00% of the rows hold a value that training never saw" in printed["strange"][0]
    assert {part for part, _ in seen} == {*PARTS}
    assert all(ip_address(address.removeprefix("::ffff:")).is_loopback for _, address in seen), seen
    # One application, whose executor stays, for both.
    assert [one["state"] for one in cluster.asked("/json/")["activeapps"]] == ["RUNNING"]
    assert cluster.asked("/json/")["completedapps"] == []


def test_an_interrupt_ends_the_job_and_the_next_one_outlives_the_loss_of_parts(
    cluster: Command, tmp_path: Path
) -> None:
    write_opportunities(tmp_path / "many.csv", rows=60_000, seed=2, anomalies=0.01)
    slow = ["--boundary=rows", "--explainAll", f"--input={tmp_path / 'many.csv'}", "--report=false"]
    with started(cluster, *slow, f"--output={tmp_path / 'out'}") as process:
        os.killpg(process.pid, signal.SIGINT)
        _, log = process.communicate(timeout=SECONDS)
    assert "interrupted; nothing was published" in log
    assert process.returncode != 0
    await_that(lambda: cluster.asked("/json/")["activeapps"] == [])
    assert list((tmp_path / "out").iterdir()) == []
    with started(cluster, *slow, f"--output={tmp_path / 'next'}") as process:
        parts = {name: cluster.pids[name] for name in ("master", "python-pool")}
        for pid in members(parts):
            os.kill(pid, signal.SIGKILL)
        assert cluster.start().returncode == 0
        _, log = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, log
    found = [row["id"] for row in rows(tmp_path / "next")]
    # Of so many rows the reader stops in the middle, which Beam's runner for Spark does not know.
    assert (len(found), len(set(found))) == (60_000, 60_000)


@contextmanager
def started(cluster: Command, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A run whose job has tasks."""
    log = cluster.folder / "logs" / "job-service.log"
    before = log.read_text("utf-8").count("Starting task")
    with subprocess.Popen(
        ["env", "--default-signal=INT", APP, *cluster.options(), *options],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            await_that(lambda: log.read_text("utf-8").count("Starting task") > before, SECONDS)
            yield process
        finally:
            process.kill()  # it has ended if all went well


def test_what_a_spark_cluster_is_not_is_said(cluster: Command) -> None:
    assert "found one of Spark, whose jobs have an end" in cluster("options", "--follow").stderr
    other = cluster("options", "--engine=flink")
    assert (other.returncode, other.stdout) == (2, "")
    assert "expected a cluster of Flink, found one of Spark" in other.stderr
    refused = Command(cluster.folder, cluster.first_port).start()
    assert refused.returncode == 2
    assert "a cluster of Spark is there already: `make cluster-stop` ends it" in refused.stderr
    shown = cluster("status").stdout
    assert f"Spark's page: http://127.0.0.1:{cluster.first_port}\n" in shown
    assert [part for part in PARTS if part in shown] == [*PARTS]
