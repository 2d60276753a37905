"""A Flink cluster on this machine: its commands, the pipeline on it, and what is left of it."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import psutil
import pytest

from anomaly_detection.generate import write_opportunities
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS

from .clusters import APP, ROOT, SECONDS, Command, await_that, rows, run, running, strange, summary, watched_sockets
from .followed import committed, following, org, savepoint
from .stores import Store, s3

PARTS = (
    *("job-manager", "task-manager-1", "task-manager-2", "job-service"),
    *("java-pool", "python-pool", "expansion-service"),
)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with s3() as started:
        yield started


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, store: Store) -> Iterator[Command]:
    login = {name: value for name, value in store.env.items() if "ENDPOINT" not in name}
    with running(tmp_path_factory.mktemp("cluster"), "flink", store.options, login) as command:
        yield command


def test_two_jobs_give_what_the_embedded_engine_gives_and_nothing_listens_beyond_this_machine(
    cluster: Command, tmp_path: Path
) -> None:
    jobs: dict[str, tuple[str, ...]] = {
        "sample": (),
        "strange": (f"--input={strange(tmp_path / 'strange.csv')}", "--alertAbove=0.5", "--parallelism=2"),
    }
    with watched_sockets(cluster) as seen:
        done = {name: run(tmp_path / name, *cluster.options(), *options) for name, options in jobs.items()}
    for name, options in jobs.items():
        embedded = run(tmp_path / f"{name}-embedded", *options)
        assert done[name].returncode == embedded.returncode == (3 if name == "strange" else 0), done[name].stderr
        assert rows(tmp_path / name) == rows(tmp_path / f"{name}-embedded")
        assert summary(done[name].stdout, tmp_path / name) == summary(embedded.stdout, tmp_path / f"{name}-embedded")
        assert (tmp_path / name / "report.html").exists()
    assert "drift: Stage: 100.00% of the rows hold a value that training never saw" in done["strange"].stdout
    assert {part for part, _ in seen} == {*PARTS}
    assert all(ip_address(address.removeprefix("::ffff:")).is_loopback for _, address in seen), seen
    ended = [job for job in cluster.asked("/jobs/overview")["jobs"] if job["state"] == "FINISHED"]
    assert slots(cluster, ended) == [1, 2]


def test_input_model_and_output_in_an_object_store(cluster: Command, store: Store, tmp_path: Path) -> None:
    write_opportunities(tmp_path / "local.csv", rows=400, seed=3, anomalies=0.01)
    with (tmp_path / "local.csv").open(encoding="utf-8", newline="") as file:
        header, *records = csv.reader(file)
    for number in range(2):
        part = io.StringIO()
        csv.writer(part).writerows([header, *records[number::2]])
        store.objects.put(f"data/part-{number}.csv", part.getvalue().encode())
    for name in (ENCODER, MODEL, PARAMS):
        store.objects.put(f"pretrained/{name}", (ROOT / "pretrained" / name).read_bytes())
    local = run(tmp_path / "out", *cluster.options(), f"--input={tmp_path}/local.csv", "--report=false")
    there = run(
        f"{store.root}/out",
        *cluster.options(),
        *store.options,
        f"--input={store.root}/data/*.csv",
        f"--model={store.root}/pretrained",
        env=cluster.env,
    )
    assert local.returncode == there.returncode == 0, there.stderr
    names = store.objects.names("out/scored-")
    scored = [json.loads(line) for name in names for line in store.objects.get(name).splitlines()]
    assert len(scored) == 400
    assert sorted(scored, key=lambda row: row["id"]) == rows(tmp_path / "out")


def test_counts_come_while_a_job_runs_and_an_interrupt_ends_it(cluster: Command, tmp_path: Path) -> None:
    write_opportunities(tmp_path / "many.csv", rows=60_000, seed=2, anomalies=0.01)
    slow = ["--boundary=rows", "--explainAll", f"--input={tmp_path / 'many.csv'}", f"--output={tmp_path / 'out'}"]
    process = subprocess.Popen(
        ["env", "--default-signal=INT", APP, *cluster.options(), *slow],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def state(name: str) -> bool:
        return any(job["state"] == name for job in cluster.asked("/jobs/overview")["jobs"])

    with process:
        assert process.stderr is not None
        assert "60,000 rows read, 0 scored, 0 in error\n" in iter(process.stderr.readline, "")
        assert state("RUNNING")
        os.killpg(process.pid, signal.SIGINT)
        _, log = process.communicate(timeout=SECONDS)
    assert "interrupted; nothing was published" in log
    assert process.returncode != 0
    await_that(lambda: state("CANCELED"))
    assert not state("RUNNING")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_part_that_has_ended_is_named_and_started_again(cluster: Command, tmp_path: Path) -> None:
    before = cluster.pids
    shown = cluster("status")
    assert shown.returncode == 0
    assert [line for line in PARTS if line in shown.stdout] == [*PARTS]
    assert "the cluster runs already" in cluster.start().stdout
    assert cluster.pids == before

    os.kill(before["python-pool"], signal.SIGKILL)
    await_that(lambda: cluster("status").returncode == 1)
    assert "ended: python-pool" in cluster("status").stderr
    asked = cluster("options")
    assert asked.returncode == 1
    assert asked.stdout == ""
    assert "expected all parts of the cluster to run, found none of python-pool" in asked.stderr

    assert cluster.start().returncode == 0
    assert {name for name, pid in cluster.pids.items() if pid != before[name]} == {"python-pool"}
    done = run(tmp_path / "out", *cluster.options(), "--report=false")
    assert done.returncode == 0, done.stderr


def test_a_job_without_workers_is_given_up(cluster: Command, tmp_path: Path) -> None:
    """The pool of this job takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = [
            option for option in cluster.options() if "EnvironmentConfig" not in option and "stall" not in option
        ]
        done = run(
            tmp_path / "out",
            *options,
            f"--defaultEnvironmentConfig=127.0.0.1:{silent.getsockname()[1]}",
            "--stallLimit=3",
        )
    assert done.returncode == 1
    assert "expected counts of rows to grow within --stallLimit=3 s, found none" in done.stderr
    await_that(lambda: not any(job["state"] == "RUNNING" for job in cluster.asked("/jobs/overview")["jobs"]))


def test_a_port_that_is_taken_is_named(cluster: Command, tmp_path: Path) -> None:
    other = Command(tmp_path / "other", cluster.first_port)
    done = other.start()
    assert done.returncode == 2
    assert f"port {cluster.first_port} on 127.0.0.1: Address already in use" in done.stderr
    assert "no cluster runs" in other("status").stderr


def test_the_user_s_own_options_come_instead_of_the_cluster_s(cluster: Command) -> None:
    names = [option.split("=")[0] for option in cluster.options()]
    assert "--stallLimit" in names
    given = cluster("options", "--stallLimit=7", "--input=a b.csv").stdout.split()
    assert [option.split("=")[0] for option in given] == [name for name in names if name != "--stallLimit"]
    assert "--stallLimit" not in cluster("options", "--follow").stdout


def slots(cluster: Command, jobs: list[dict[str, Any]]) -> list[int]:
    """How many slots jobs took, in the order in which they began."""
    details = [cluster.asked(f"/jobs/{job['jid']}") for job in sorted(jobs, key=lambda job: job["start-time"])]
    return [max(vertex["parallelism"] for vertex in job["vertices"]) for job in details]


def test_versions_are_scored_once_and_written_back_though_a_task_manager_is_killed_and_savepoints_are_gone_on_from(
    cluster: Command, tmp_path: Path
) -> None:
    """It is the last test: the TaskManager stays away."""
    output = tmp_path / "out"
    options = (*cluster("options", "--follow").stdout.split(), "--writeBack=apply")
    with org() as of:
        first = sorted(of.versions)

        def all_is_committed() -> bool:
            # What is written back, once for each record, is a version too.
            return committed(output) == of.versions + Counter(set(of.versions))

        with following(cluster, of, output, *options, "--since=2025-01-01", stopped_in_flink=True) as log:
            await_that(all_is_committed, SECONDS)
            of.change("POST", {"count": 20})
            os.kill(working_task_manager(cluster), signal.SIGKILL)
            of.change("PATCH", {"ids": first[:10], "values": {"Name": "changed"}})
            await_that(all_is_committed, SECONDS)
            job = following_job(cluster)
            assert cluster.asked(f"/jobs/{job}/checkpoints")["counts"]["restored"] >= 1
            await_that(lambda: " rows scored, " in log.read_text(), SECONDS)
            old = savepoint(cluster, job, tmp_path, stop=False)
            of.change("POST", {"count": 20})
            await_that(lambda: any(output.glob(".follow-*/scored-*")), SECONDS)
            last = savepoint(cluster, job, tmp_path, stop=True)
        of.change("PATCH", {"ids": first[:20], "values": {"Name": "changed again"}})
        with following(cluster, of, output, *options, f"--savepointPath={last}", stopped_in_flink=True):
            await_that(all_is_committed, SECONDS)
            savepoint(cluster, following_job(cluster), tmp_path, stop=True)
        of.change("PATCH", {"ids": first[10:], "values": {"Name": "changed at last"}})
        # It is from before much that is committed by now.
        keep = "--retainExternalizedCheckpointsOnCancellation=true"
        with following(cluster, of, output, *options, f"--savepointPath={old}", keep):
            await_that(all_is_committed, SECONDS)
            job = following_job(cluster)
        of.change("PATCH", {"ids": first[5:], "values": {"Name": "changed afterwards"}})
        checkpoint = cluster.asked(f"/jobs/{job}/checkpoints")["latest"]["completed"]["external_path"]
        with following(cluster, of, output, *options, f"--savepointPath={checkpoint}"):
            await_that(all_is_committed, SECONDS)
        assert of.values("Anomaly_Score__c") == {row["id"]: round(row["score"], 6) for row in rows(output)}
    assert [file.name for file in output.iterdir() if file.name.startswith((".follow-", ".follow.state"))] == []


def following_job(cluster: Command) -> str:
    (running_job,) = [job["jid"] for job in cluster.asked("/jobs/overview")["jobs"] if job["state"] == "RUNNING"]
    return str(running_job)


def working_task_manager(cluster: Command) -> int:
    """The process that has all tasks of the job that follows."""
    job = f"/jobs/{following_job(cluster)}"
    (vertex, *_) = cluster.asked(job)["vertices"]
    (manager,) = cluster.asked(f"{job}/vertices/{vertex['id']}/taskmanagers")["taskmanagers"]
    port = int(manager["endpoint"].rsplit(":", 1)[1])
    parts = cluster.pids
    managers = {parts["task-manager-1"], parts["task-manager-2"]}
    listening = {one.pid for one in psutil.net_connections("tcp") if one.laddr.port == port}
    (pid,) = managers & listening
    return pid
