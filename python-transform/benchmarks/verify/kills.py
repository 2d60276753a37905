"""Parts of a cluster, as processes to be killed, or to stand still for a while."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import psutil  # type: ignore[import-untyped]

from anomaly_detection.errors import AnomalyDetectionError
from cluster.parts import asked
from cluster.run import Cluster

Victims = Callable[[Cluster], Sequence[psutil.Process]]
Strike = Callable[[Cluster], None]


def killed(victims: Victims) -> Strike:
    """Return what kills processes by `kill -9`."""
    return _sent(victims, signal.SIGKILL)


def paused(victims: Victims) -> Strike:
    """Return what has processes stand still."""
    return _sent(victims, signal.SIGSTOP)


def resumed(victims: Victims) -> Strike:
    """Return what has processes that stood still go on."""
    return _sent(victims, signal.SIGCONT)


def _sent(victims: Victims, number: signal.Signals) -> Strike:
    def send(cluster: Cluster) -> None:
        found = victims(cluster)
        if not found:
            raise AnomalyDetectionError("expected a process to strike, found none", exit_code=1)
        for process in found:
            with suppress(psutil.NoSuchProcess):  # it ends with its parent
                process.send_signal(number)

    return send


def part(name: str) -> Victims:
    """Return a part and all that it started."""
    return lambda cluster: cluster.started[name].session()


def python_workers(cluster: Cluster) -> Sequence[psutil.Process]:
    """Return the workers of the Python pool, but not the pool: what the process started that forks them."""
    pool = cluster.started["python-pool"].process()
    return [worker for child in pool.children() for worker in child.children()] if pool else []


def executors(cluster: Cluster) -> Sequence[psutil.Process]:
    """Return what Spark's Worker has started; nothing on a cluster of another engine."""
    worker = cluster.started.get("worker")
    return [process for process in worker.session() if process.pid != worker.pid] if worker else []


def working_task_manager(cluster: Cluster) -> Sequence[psutil.Process]:
    """Return a TaskManager that works on a job of Flink."""
    for job in _flink(cluster, "/jobs/overview")["jobs"]:
        if job["state"] != "RUNNING":
            continue
        for vertex in _flink(cluster, f"/jobs/{job['jid']}")["vertices"]:
            if vertex["status"] == "RUNNING":
                for task in _flink(cluster, f"/jobs/{job['jid']}/vertices/{vertex['id']}")["subtasks"]:
                    if task["status"] == "RUNNING":
                        return cluster.started[task["taskmanager-id"]].session()
    return []


def _flink(cluster: Cluster, path: str) -> Any:
    answer = asked(cluster.ports, path)
    if answer is None:
        raise AnomalyDetectionError(f"Flink does not answer at {path}", exit_code=1)
    return answer
