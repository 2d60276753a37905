"""The workers' image (stage `harness`), started by engines as Beam's DOCKER environment asks, and as on Dataflow."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from anomaly_detection.probe import answers

from .stacks import INSIDE, ROOT, run

pytestmark = pytest.mark.timeout(1800)
INSTALL = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline"
BIN = Path(sys.executable).parent
WORKER = "anomaly-detection-worker"

DATAFLOW = f"{WORKER}:root"
"""With the user that its mounted folders want."""

# What Beam's Python runner starts containers with: as Dataflow does, and read-only besides.
DOCKER = """#!/bin/sh
PATH=${{PATH#*:}}
case $1 in
  pull) exit 1 ;; # it is here
  run) shift; exec docker run --rm --read-only --tmpfs=/tmp --workdir=/tmp --tmpfs=/var/opt/google:mode=755 \\
    --cap-drop=ALL --security-opt=no-new-privileges --volume={model}:{model}:ro \\
    "$@" --semi_persist_dir=/var/opt/google ;;
  *) exec docker "$@" ;;
esac
"""


@pytest.fixture(scope="module")
def images(images: None) -> None:
    build = ("docker", "build", "--file=python-transform/Dockerfile", "--target=harness")
    same = ("--build-arg=BASE_IMAGE", "--build-arg=TORCH_INDEX")
    run(*build, *same, f"--tag={WORKER}", ".")
    run(*build, *same, "--build-arg=WORKER_USER=0:0", f"--tag={DATAFLOW}", ".")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The sample's rows by the engine that needs no containers."""
    folder = tmp_path_factory.mktemp("embedded")
    scored(folder)
    return rows(folder)


def test_prism_starts_it_and_rows_are_the_same(images: None, embedded: list[dict[str, Any]], tmp_path: Path) -> None:
    with serving(WORKER) as service, watched(WORKER) as seen:
        scored(tmp_path, f"--expansionService={service}")
    assert rows(tmp_path) == embedded
    assert seen, "expected a container of the image, found none"
    for container in seen:
        assert container["listening"] == []
        assert container["uids"] == ["10001"] * 4
        assert container["capabilities"]["CapEff"] == 0
        # A runner says nothing of a file system that is read-only.
        assert container["writable"] == ["/app", "/tmp"]  # noqa: S108


def test_it_runs_read_only_with_folders_of_roots_as_dataflow_starts_it(
    images: None, embedded: list[dict[str, Any]], tmp_path: Path
) -> None:
    model = ROOT / "pretrained"
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER.format(model=model))
    docker.chmod(0o755)
    path = f"{docker.parent}{os.pathsep}{os.environ['PATH']}"
    with job_service({"PATH": path}) as jobs, serving(DATAFLOW) as service, watched(DATAFLOW) as seen:
        scored(tmp_path / "out", f"--jobEndpoint={jobs}", f"--expansionService={service}", f"--model={model}")
    assert rows(tmp_path / "out") == embedded
    assert seen, "expected a container of the image, found none"
    for container in seen:
        assert container["listening"] == []
        assert container["uids"] == ["0"] * 4
        assert container["capabilities"] == {"CapPrm": 0, "CapEff": 0, "CapBnd": 0}
        assert container["writable"] == ["/tmp"]  # noqa: S108


def test_it_has_the_licences_of_the_program_in_it(images: None, tmp_path: Path) -> None:
    container = run("docker", "create", WORKER).strip()
    try:
        run("docker", "cp", f"{container}:/opt/apache/beam", tmp_path)
    finally:
        run("docker", "rm", container)
    beam = tmp_path / "beam"
    [core] = INSTALL.glob("lib/beam-sdks-java-core-*.jar")
    with zipfile.ZipFile(core) as jar:
        assert (beam / "NOTICE").read_text() == jar.read("META-INF/NOTICE").decode()
    assert "Apache License" in (beam / "LICENSE").read_text()
    # Go writes into a program which modules it is made of.
    modules = {name.decode() for name in re.findall(rb"\ndep\t(\S+)\t", (beam / "boot").read_bytes())}
    assert "google.golang.org/grpc" in modules
    for name in {"go", *modules}:
        folder = beam / "third_party_licenses" / "golang" / name
        assert (folder / "LICENSE").stat().st_size > 0, name


def scored(output: Path, *options: str) -> None:
    run(INSTALL / "bin" / "java-pipeline", f"--output={output}", "--report=false", *options, timeout=300)


def rows(output: Path) -> list[dict[str, Any]]:
    lines = [line for file in output.glob("scored-*.jsonl") for line in file.read_text("utf-8").splitlines()]
    assert len(lines) == 2000
    return sorted(map(json.loads, lines), key=lambda row: row["id"])


@contextmanager
def serving(image: str) -> Iterator[str]:
    """An expansion service whose workers are containers of the image."""
    docker = ("--", "--environment_type=DOCKER", f"--environment_config={image}")
    with process(BIN / "anomaly-detection", "serve", "--port=0", *docker) as service:
        assert service.stdout is not None
        ready, address = service.stdout.readline().split()
        assert ready == "ready"
        yield address


@contextmanager
def job_service(environment: Mapping[str, str]) -> Iterator[str]:
    """Beam's runner in Python, which gives a worker all endpoints as Dataflow does."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    module = ("-W", "ignore", "-m", "apache_beam.runners.portability.local_job_service_main")
    with process(sys.executable, *module, f"--port={port}", environment=environment):
        end = time.monotonic() + 60
        while not answers("127.0.0.1", port):
            assert time.monotonic() < end
            time.sleep(0.2)
        yield f"localhost:{port}"


@contextmanager
def process(*command: str | Path, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, text=True
    )
    try:
        yield started
    finally:
        started.terminate()
        started.communicate(timeout=30)


@contextmanager
def watched(image: str) -> Iterator[list[dict[str, Any]]]:
    """What `inside.py` finds in the containers of the image meanwhile, again and again while their programs start."""
    seen: list[dict[str, Any]] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            for container in run("docker", "ps", "--quiet", f"--filter=ancestor={image}").split():
                looked = subprocess.run(
                    ("docker", "exec", "--interactive", container, "python", "-"),
                    input=INSIDE.read_text(),
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if looked.returncode == 0:  # else it has just ended
                    seen.append(json.loads(looked.stdout))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
