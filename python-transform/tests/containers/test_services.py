"""`docker compose up`: what listens where, what its containers may do, how they end."""

from __future__ import annotations

import socket
import time

import psutil
import pytest

from anomaly_detection.probe import answers

from .stacks import HARDENED, ROOT, Stack, hardened, run

pytestmark = pytest.mark.timeout(1800)
SERVICES = ("expansion-service", "worker-pool")


def test_only_the_two_ports_are_open_and_on_the_loopback_interface_only(stack: Stack) -> None:
    ports = (stack.expansion_port, stack.worker_port)
    # The service's network is the container's, with or without IPv6; one port of it is let in.
    assert stack.inside("expansion-service")["listening"] in (["0.0.0.0:8088"], [":::8088"])
    published = [{"HostIp": "127.0.0.1", "HostPort": str(stack.expansion_port)}]
    assert stack.inspect("expansion-service")["NetworkSettings"]["Ports"] == {"8088/tcp": published}
    # The pool's is the machine's.
    assert stack.inside("worker-pool")["listening"] == [f"127.0.0.1:{stack.worker_port}"]
    assert [answers("127.0.0.1", port) for port in ports] == [True, True]
    others = [
        address.address
        for interface in psutil.net_if_addrs().values()
        for address in interface
        if address.family == socket.AF_INET and not address.address.startswith("127.")
    ]
    assert others, "expected an address beside the loopback interface's, if only the bridge of Docker"
    for address in others:
        for port in ports:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address, port), timeout=5)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_no_right_that_it_does_not_need(stack: Stack, service: str) -> None:
    assert hardened(stack.inspect(service)) == HARDENED
    found = stack.inside(service)
    assert found["uids"] == ["10001"] * 4
    assert found["capabilities"] == {"CapPrm": 0, "CapEff": 0, "CapBnd": 0}
    assert found["no_new_privileges"] == "1"
    assert found["writable"] == ["/tmp"]  # noqa: S108
    assert not found["runs_from_tmp"]


def test_images_say_what_is_in_them(images: None) -> None:
    inside = run(
        *("docker", "run", "--rm", "--network=none", "--entrypoint=python", "anomaly-detection", "-W", "ignore", "-c"),
        "from importlib.metadata import version; import json; print(version('anomaly-detection'), "
        "version('apache-beam'), json.load(open('pretrained/model.params'))['model_id'])",
    ).split()
    keys = ("org.opencontainers.image.version", "org.anomalydetection.beam-version", "org.anomalydetection.model-id")
    form = " ".join(f'{{{{index .Config.Labels "{key}"}}}}' for key in keys)
    assert run("docker", "inspect", "--format", form, "anomaly-detection").split() == inside
    pipeline = run("docker", "inspect", "--format", form, "anomaly-detection-pipeline").split()
    assert pipeline == inside[:2]


def test_torch_computes_without_nvidias_libraries(images: None) -> None:
    code = "import torch; print(torch.linalg.svdvals(torch.eye(3)).sum().item(), torch.cuda.is_available())"
    run_python = ("docker", "run", "--rm", "--network=none", "--entrypoint=python", "anomaly-detection", "-c")
    assert run(*run_python, code) == "3.0 False\n"
    assert int(run("docker", "inspect", "--format={{.Size}}", "anomaly-detection")) < 3.5e9


def test_all_images_start_from_the_same_base() -> None:
    bases = {
        line
        for folder in ("python-transform", "java-pipeline", "salesforce-mock")
        for line in (ROOT / folder / "Dockerfile").read_text().splitlines()
        if line.startswith("ARG BASE_IMAGE")
    }
    assert len(bases) == 1


def test_a_service_that_crashes_comes_back(stack: Stack) -> None:
    stack.crash("expansion-service")
    assert answers("127.0.0.1", stack.expansion_port)


def test_services_end_when_they_are_told_to_and_start_again(stack: Stack) -> None:
    started = time.monotonic()
    stack.compose("stop", "--timeout=60")
    assert time.monotonic() - started < 30
    assert {service: stack.inspect(service)["State"]["ExitCode"] for service in SERVICES} == dict.fromkeys(SERVICES, 0)
    assert not answers("127.0.0.1", stack.expansion_port)
    stack.compose("up", "--detach", "--wait")
    assert answers("127.0.0.1", stack.expansion_port)
