"""A process of a cluster, and those that every cluster has: the pools of workers and the expansion service."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from anomaly_detection.probe import answers
from cluster.layout import COMMAND, HOST, INSTALLED, SETTINGS, Ports

_SECONDS = 2.0


@dataclass(frozen=True)
class Part:
    """A process: its command, its address if it has one, what tells that it is ready, and variables besides ours."""

    name: str
    command: tuple[str, ...]
    address: str
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)


def workers(ports: Ports, worker_options: Sequence[str]) -> tuple[Part, ...]:
    """Return what runs the code of a job, and what is asked while it is built.

    The options are Beam's for Java workers; Python finds the same object stores by variables.
    """
    stores = _store_variables(worker_options)
    pool = (str(COMMAND), "worker-pool", f"--port={ports.python_pool}")
    expansion = (
        str(COMMAND),
        "serve",
        f"--port={ports.expansion_service}",
        f"--worker-pool={HOST}:{ports.python_pool}",
    )
    return (
        server("java-pool", ports.java_pool, _java_pool(ports, worker_options)),
        server("python-pool", ports.python_pool, pool, stores),
        server("expansion-service", ports.expansion_service, expansion, stores),
    )


def server(name: str, port: int, command: tuple[str, ...], environment: Mapping[str, str] | None = None) -> Part:
    """Return a process that is ready when its port is open."""
    return Part(name, command, f"{HOST}:{port}", lambda: answers(HOST, port), environment or {})


def java(*options: str, classes: Sequence[Path]) -> tuple[str, ...]:
    """Return the command of a JVM, without the name of a class."""
    logs = f"-Dlog4j.configurationFile={SETTINGS / 'log4j.properties'}"
    return ("java", f"@{SETTINGS / 'java.args'}", *options, logs, "-cp", ":".join(map(str, classes)))


def asked(ports: Ports, path: str) -> Any:
    """Return what an engine's page says as JSON, None where it does not answer."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{ports.page}{path}", timeout=_SECONDS) as answer:
            return json.load(answer)
    except (OSError, ValueError, HTTPException):
        return None


def _store_variables(worker_options: Sequence[str]) -> dict[str, str]:
    values = dict(option.split("=", 1) for option in worker_options)
    variables = {
        "AWS_DEFAULT_REGION": values.get("--awsRegion"),
        "AWS_ENDPOINT_URL_S3": values.get("--endpoint"),
        # Python puts the path of the interface behind it by itself.
        "STORAGE_EMULATOR_HOST": values.get("--gcsEndpoint", "").removesuffix("/").removesuffix("/storage/v1"),
    }
    return {name: value for name, value in variables.items() if value}


def _java_pool(ports: Ports, worker_options: Sequence[str]) -> tuple[str, ...]:
    libraries = INSTALLED / "java-pipeline" / "lib"
    # The second folder is there once `make cloud` made it.
    classes = [libraries / "*", libraries / "cloud" / "*"]
    pool = ("org.anomalydetection.engine.WorkerPool", f"--port={ports.java_pool}", *worker_options)
    return (*java("-Xmx1g", classes=classes), *pool)
