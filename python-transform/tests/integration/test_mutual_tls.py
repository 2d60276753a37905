"""The service behind stunnel, as `deploy/mtls` sets it up: who has a certificate of our authority gets through."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apache_beam as beam
import grpc
import pytest
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.external import ExternalTransform, ImplicitSchemaPayloadBuilder

from anomaly_detection.schema import CONTRACT

MTLS = Path(__file__).resolve().parents[2] / "deploy" / "mtls"
SERVER = "service.example"
"""The server's name in `client.conf`."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def certificates(folder: Path, *, server: str = SERVER) -> Path:
    subprocess.run([MTLS / "make-certificates.sh", folder, server], check=True)
    return folder


@contextmanager
def stunnel(name: str, folder: Path, changes: dict[str, str]) -> Iterator[list[str]]:
    """Run stunnel with a file of `deploy/mtls`, some lines of which are changed; gives its log."""
    config = (MTLS / name).read_text("utf-8")
    for line, other in changes.items():
        assert line in config.splitlines()
        config = config.replace(f"{line}\n", other and f"{other}\n")
    (folder / name).write_text(config, "utf-8")
    program = shutil.which("stunnel")
    assert program, "there is no stunnel; make setup-tunnel installs it"
    process = subprocess.Popen([program, name], cwd=folder, stderr=subprocess.PIPE, text=True)
    log: list[str] = []
    reader = threading.Thread(target=log.extend, args=(process.stderr,), daemon=True)
    reader.start()
    try:
        deadline = time.monotonic() + 20
        while not any("Configuration successful" in line for line in log):
            assert process.poll() is None, "".join(log)
            assert time.monotonic() < deadline, "".join(log)
            time.sleep(0.05)
        yield log
    finally:
        process.terminate()
        process.wait()
        reader.join()
        assert process.stderr is not None
        process.stderr.close()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of our authority."""
    return certificates(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of another authority for the same names."""
    return certificates(tmp_path_factory.mktemp("theirs"))


@pytest.fixture(scope="module")
def served(start_service: Any, start_pool: Any) -> Iterator[Any]:
    with start_pool() as pool, start_service(worker_pool=pool.address) as service:
        yield service


@contextmanager
def server_end(folder: Path, service: Any) -> Iterator[tuple[int, list[str]]]:
    port = free_port()
    changes = {
        "accept = 0.0.0.0:8443": f"accept = 127.0.0.1:{port}",
        "connect = 127.0.0.1:8088": f"connect = {service.address}",
    }
    with stunnel("server.conf", folder, changes) as log:
        yield port, log


@contextmanager
def client_end(folder: Path, port: int, changes: dict[str, str] | None = None) -> Iterator[tuple[str, list[str]]]:
    address = f"127.0.0.1:{free_port()}"
    ports = {
        "accept = 127.0.0.1:8088": f"accept = {address}",
        f"connect = {SERVER}:8443": f"connect = 127.0.0.1:{port}",
    }
    with stunnel("client.conf", folder, {**ports, **(changes or {})}) as log:
        yield address, log


@pytest.fixture(scope="module")
def server(served: Any, ours: Path) -> Iterator[tuple[int, list[str]]]:
    with server_end(ours, served) as running:
        yield running


@pytest.fixture
def refused(connect: Any, make_request: Any, config: dict[str, str], served: Any) -> Callable[[str], None]:
    """Check that an expansion at this address fails, without a word to the service."""

    def check(address: str) -> None:
        before = len(served.log)
        with connect(address) as client, pytest.raises(grpc.RpcError) as failure:
            client.expand(make_request(ImplicitSchemaPayloadBuilder(config).payload()))
        assert failure.value.code() is grpc.StatusCode.UNAVAILABLE
        assert len(served.log) == before

    return check


def test_a_pipeline_runs_with_a_certificate(server: Any, ours: Path, config: dict[str, str]) -> None:
    rows = [beam.Row(Id=str(i), Stage="Won", Amount=9000.0) for i in range(20)]
    payload = ImplicitSchemaPayloadBuilder(config).payload()
    with client_end(ours, server[0]) as (address, _), beam.Pipeline() as pipeline:
        scored = pipeline | beam.Create(rows) | ExternalTransform(CONTRACT.urn, payload, address)
        assert_that(scored["scored"] | beam.combiners.Count.Globally(), equal_to([len(rows)]))


def test_without_a_certificate_it_is_refused(server: Any, ours: Path, refused: Any) -> None:
    without = {"cert = client.pem": "", "key = client.key": ""}
    with client_end(ours, server[0], without) as (address, _):
        refused(address)
    assert any("peer did not return a certificate" in line for line in server[1])


def test_with_a_certificate_of_another_authority_it_is_refused(
    server: Any, ours: Path, theirs: Path, refused: Any
) -> None:
    trusting = {"CAfile = ca.pem": f"CAfile = {ours / 'ca.pem'}"}
    with client_end(theirs, server[0], trusting) as (address, _):
        refused(address)
    assert any("certificate verify failed" in line for line in server[1])


def test_with_the_certificate_of_a_server_it_is_refused(server: Any, ours: Path, refused: Any) -> None:
    other = {"cert = client.pem": "cert = server.pem", "key = client.key": "key = server.key"}
    with client_end(ours, server[0], other) as (address, _):
        refused(address)


def test_without_tls_it_is_refused(server: Any, refused: Any) -> None:
    refused(f"127.0.0.1:{server[0]}")


def test_a_client_does_not_talk_to_the_server_of_another_authority(
    served: Any, ours: Path, theirs: Path, refused: Any
) -> None:
    with server_end(theirs, served) as (port, _), client_end(ours, port) as (address, log):
        refused(address)
        assert any("certificate verify failed" in line for line in log)


def test_a_client_does_not_talk_to_a_server_of_another_name(server: Any, ours: Path, refused: Any) -> None:
    other = {f"checkHost = {SERVER}": "checkHost = other.example"}
    with client_end(ours, server[0], other) as (address, _):
        refused(address)


def test_the_keys_are_for_their_owner_and_an_authority_is_not_overwritten(ours: Path) -> None:
    assert {path.stat().st_mode & 0o077 for path in ours.glob("*.key")} == {0}
    again = subprocess.run([MTLS / "make-certificates.sh", ours, SERVER], capture_output=True, text=True)
    assert again.returncode == 1
    assert "is there already" in again.stderr
