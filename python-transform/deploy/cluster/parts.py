"""The processes of a cluster: how each is started, and when it is ready."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from anomaly_detection.probe import answers
from cluster.layout import BEAM_JAR, COMMAND, FLINK, HOST, INSTALLED, SETTINGS, Folder, Ports
from cluster.settings import task_manager_memory

TASK_MANAGERS = 2
_SECONDS = 2.0
# What Flink and Beam reach into; Flink's documentation lists it for Java 17.
_OPENED = tuple(
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in (
        *("java.lang", "java.lang.reflect", "java.net", "java.io", "java.nio", "sun.nio.ch", "java.text", "java.time"),
        *("java.util", "java.util.concurrent", "java.util.concurrent.atomic", "java.util.concurrent.locks"),
    )
)


@dataclass(frozen=True)
class Part:
    """A process: its command, what its address is if it has one, and what tells that it is ready."""

    name: str
    command: tuple[str, ...]
    address: str
    ready: Callable[[], bool]


def parts(folder: Folder, ports: Ports) -> tuple[Part, ...]:
    """Return all processes in the order in which they are started."""
    job_manager = Part(
        "job-manager",
        _flink("org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint", folder, memory=("-Xmx512m",)),
        f"http://{HOST}:{ports.page}",
        lambda: _task_managers(ports) is not None,
    )
    task_managers = (
        Part(
            f"task-manager-{number}",
            (
                *_flink(
                    "org.apache.flink.runtime.taskexecutor.TaskManagerRunner", folder, memory=task_manager_memory()
                ),
                *("-D", f"taskmanager.resource-id=task-manager-{number}"),
            ),
            "",
            lambda: (_task_managers(ports) or 0) >= TASK_MANAGERS,
        )
        for number in range(1, TASK_MANAGERS + 1)
    )
    return (
        job_manager,
        *task_managers,
        _server("job-service", ports.job_service, _job_service(folder, ports)),
        _server("java-pool", ports.java_pool, _java_pool(ports)),
        _server("python-pool", ports.python_pool, (str(COMMAND), "worker-pool", f"--port={ports.python_pool}")),
        _server(
            "expansion-service",
            ports.expansion_service,
            (
                *(str(COMMAND), "serve", f"--port={ports.expansion_service}"),
                f"--worker-pool={HOST}:{ports.python_pool}",
            ),
        ),
    )


def _server(name: str, port: int, command: tuple[str, ...]) -> Part:
    return Part(name, command, f"{HOST}:{port}", lambda: answers(HOST, port))


def _flink(main: str, folder: Folder, *, memory: Sequence[str]) -> tuple[str, ...]:
    return (*_beam(*memory), main, "--configDir", str(folder.settings))


def _job_service(folder: Folder, ports: Ports) -> tuple[str, ...]:
    return (
        *_beam("-Xmx512m"),
        "org.anomalydetection.flink.JobServer",
        f"--job-host={HOST}",
        f"--job-port={ports.job_service}",
        "--artifact-port=0",
        f"--artifacts-dir={folder.staging}",
        f"--flink-master={HOST}:{ports.page}",
        f"--flink-conf-dir={folder.settings}",
    )


def _java_pool(ports: Ports) -> tuple[str, ...]:
    libraries = INSTALLED / "java-pipeline" / "lib"
    # The second folder is there once `make cloud` made it.
    classes = [libraries / "*", libraries / "cloud" / "*"]
    return (*_java("-Xmx1g", classes=classes), "org.anomalydetection.engine.WorkerPool", f"--port={ports.java_pool}")


def _java(*options: str, classes: Sequence[Path]) -> tuple[str, ...]:
    logs = f"-Dlog4j.configurationFile={SETTINGS / 'log4j.properties'}"
    return ("java", "-XX:+UseSerialGC", *options, *_OPENED, logs, "-cp", ":".join(map(str, classes)))


def _beam(*options: str) -> tuple[str, ...]:
    """Return the command of a JVM with the classes of Flink and Beam, whose servers it keeps to this machine."""
    # Flink's own come first: what Beam brings is of other versions.
    return _java(f"-javaagent:{BEAM_JAR}", *options, classes=[FLINK / "*", BEAM_JAR, BEAM_JAR.parent / "lib" / "*"])


def _task_managers(ports: Ports) -> int | None:
    """Return how many have registered, None where no JobManager answers."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{ports.page}/overview", timeout=_SECONDS) as answer:
            return int(json.load(answer)["taskmanagers"])
    except (OSError, ValueError, KeyError):
        return None
