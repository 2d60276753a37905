"""Images and services: how large, how long to build, how soon ready, and what they take while idle."""

from __future__ import annotations

import os
import re
import subprocess
import time
import uuid
from collections.abc import Iterator

from anomaly_detection.errors import AnomalyDetectionError
from bench.plan import ROOT
from verify.measure import Measure

IMAGES = {"anomaly-detection": "python", "anomaly-detection-pipeline": "java"}
SERVICES = ("expansion-service", "worker-pool")
IDLE_SECONDS = 10
_UNITS = {"KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0}


def containers() -> Iterator[Measure]:
    """Build both images without and with the engine's cache, start the services, and look at them."""
    yield Measure("build_cold", _timed("make", "images", "ARGS=--no-cache"), "s")
    yield Measure("build_warm", _timed("make", "images"), "s")
    for image, name in IMAGES.items():
        size = _output("docker", "image", "inspect", "--format={{.Size}}", image)
        yield Measure(f"image_{name}", round(int(size) / 2**20), "MiB")
    environment = {**os.environ, "COMPOSE_PROJECT_NAME": f"verify-{uuid.uuid4().hex[:12]}", **_ports()}
    try:
        _output("docker", "compose", "create", environment=environment)
        for service in SERVICES[::-1]:
            begin = time.monotonic()
            _output("docker", "compose", "up", "--detach", "--wait", "--no-deps", service, environment=environment)
            yield Measure(f"ready_{service}", time.monotonic() - begin, "s", most=5.0)
        time.sleep(IDLE_SECONDS)
        for service in SERVICES:
            container = _output("docker", "compose", "ps", "--quiet", service, environment=environment)
            yield Measure(f"idle_memory_{service}", _memory(container), "MiB")
    finally:
        _output("docker", "compose", "down", "--timeout=5", environment=environment)


def _ports() -> dict[str, str]:
    return {"EXPANSION_PORT": "18088", "WORKER_PORT": "15000"}


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
