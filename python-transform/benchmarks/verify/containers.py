"""Images and services: how large, how long to build, how soon ready, and what they take while idle."""

from __future__ import annotations

import os
import re
import subprocess
import time
import uuid
from collections.abc import Iterator

from anomaly_detection.errors import AnomalyDetectionError
from anomaly_detection.probe import answers
from bench.plan import ROOT
from verify.measure import Measure

IMAGES = {"anomaly-detection": "python", "anomaly-detection-pipeline": "java"}
SERVICES = {"worker-pool": "WORKER_PORT", "expansion-service": "EXPANSION_PORT"}
"""Each with the variable of its port. The engine calls a service healthy when it first asks, 5 s after the start."""

READY_SECONDS = 60
IDLE_SECONDS = 10
_UNITS = {"KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0}


def containers() -> Iterator[Measure]:
    """Build both images without and with the engine's cache, start the services, and look at them.

    `ARGS` is always given: without it an inner make takes that of the outer one.
    """
    yield Measure("build_cold", _timed("make", "images", "ARGS=--no-cache"), "s")
    yield Measure("build_warm", _timed("make", "images", "ARGS="), "s")
    for image, name in IMAGES.items():
        size = _output("docker", "image", "inspect", "--format={{.Size}}", image)
        yield Measure(f"image_{name}", round(int(size) / 2**20), "MiB")
    environment = {**os.environ, "COMPOSE_PROJECT_NAME": f"verify-{uuid.uuid4().hex[:12]}", **_ports()}
    try:
        _output("docker", "compose", "create", environment=environment)
        for service, port in SERVICES.items():
            begin = time.monotonic()
            _output("docker", "compose", "up", "--detach", "--no-deps", service, environment=environment)
            _await(int(environment[port]))
            yield Measure(f"ready_{service}", time.monotonic() - begin, "s", most=5.0)
            _output("docker", "compose", "up", "--wait", "--no-deps", service, environment=environment)
            yield Measure(f"healthy_{service}", time.monotonic() - begin, "s")
        time.sleep(IDLE_SECONDS)
        for service in SERVICES:
            container = _output("docker", "compose", "ps", "--quiet", service, environment=environment)
            yield Measure(f"idle_memory_{service}", _memory(container), "MiB")
    finally:
        _output("docker", "compose", "down", "--timeout=5", environment=environment)


def _ports() -> dict[str, str]:
    return {"EXPANSION_PORT": "18088", "WORKER_PORT": "15000"}


def _await(port: int) -> None:
    end = time.monotonic() + READY_SECONDS
    while not answers("127.0.0.1", port):
        if time.monotonic() > end:
            raise AnomalyDetectionError(f"port {port}: expected an answer within {READY_SECONDS} s", exit_code=1)
        time.sleep(0.05)


def _memory(container: str) -> float:
    text = _output("docker", "stats", "--no-stream", "--format={{.MemUsage}}", container)
    found = re.match(r"([0-9.]+)(KiB|MiB|GiB)", text)
    if not found:
        raise AnomalyDetectionError(f"docker stats: expected a size such as 300MiB, found {text}", exit_code=1)
    return round(float(found[1]) * _UNITS[found[2]])


def _timed(*command: str) -> float:
    begin = time.monotonic()
    _output(*command)
    return time.monotonic() - begin


def _output(*command: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AnomalyDetectionError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}", exit_code=1)
    return done.stdout.strip()
