"""Object stores of this machine, as the programs that stand in for them, and the logins that their clients look for."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import boto3
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

BUCKET = "bucket"
SECONDS = 60


class Objects(Protocol):
    """What is in the bucket."""

    def put(self, name: str, content: bytes) -> None:
        """Store an object, in place of another."""

    def get(self, name: str) -> bytes:
        """Return an object."""

    def delete(self, name: str) -> None:
        """Remove an object."""

    def names(self, prefix: str) -> list[str]:
        """Return the names of the objects that begin like this."""


@dataclass(frozen=True)
class Store:
    """A running store: `root` is the URI of its bucket, `env` and `options` are how programs find it."""

    root: str
    env: Mapping[str, str]
    options: tuple[str, ...]
    objects: Objects
    log: list[str]

    def requests(self, name: str) -> int:
        """Return how often the content of an object was asked for until now."""
        time.sleep(0.2)
        return sum("GET " in line and name in line.replace("%2F", "/") for line in self.log)


class _S3Objects:
    def __init__(self, client: Any) -> None:
        self._client = client

    def put(self, name: str, content: bytes) -> None:
        self._client.put_object(Bucket=BUCKET, Key=name, Body=content)

    def get(self, name: str) -> bytes:
        return self._client.get_object(Bucket=BUCKET, Key=name)["Body"].read()

    def delete(self, name: str) -> None:
        self._client.delete_object(Bucket=BUCKET, Key=name)

    def names(self, prefix: str) -> list[str]:
        found = self._client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [one["Key"] for one in found.get("Contents", [])]


class _GcsObjects:
    def __init__(self, client: storage.Client) -> None:
        self._bucket = client.bucket(BUCKET)

    def put(self, name: str, content: bytes) -> None:
        self._bucket.blob(name).upload_from_string(content)

    def get(self, name: str) -> bytes:
        return self._bucket.blob(name).download_as_bytes()

    def delete(self, name: str) -> None:
        self._bucket.blob(name).delete()

    def names(self, prefix: str) -> list[str]:
        return [blob.name for blob in self._bucket.list_blobs(prefix=prefix)]


@contextmanager
def s3() -> Iterator[Store]:
    """Run moto's server as S3."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with _server([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port) as log:
        env = {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_S3": address,
        }
        client = boto3.client(
            "s3",
            endpoint_url=address,
            aws_access_key_id="key",
            aws_secret_access_key="secret",  # noqa: S106
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )
        client.create_bucket(Bucket=BUCKET)
        yield Store(f"s3://{BUCKET}", env, (f"--endpoint={address}",), _S3Objects(client), log)
        client.close()


@contextmanager
def gcs(folder: Path) -> Iterator[Store]:
    """Run an emulator as Google's store, with a login of a service account in the folder."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    program = [sys.executable, "-u", str(Path(__file__).with_name("gcs_emulator.py")), str(port), BUCKET]
    with _tokens() as tokens, _server(program, port) as log:
        login = folder / "login.json"
        login.write_text(json.dumps(_service_account(tokens)))
        env = {
            "GOOGLE_APPLICATION_CREDENTIALS": str(login),
            "STORAGE_EMULATOR_HOST": address,
            # Google's client asks elsewhere too where a login may be used.
            "HTTPS_PROXY": "http://127.0.0.1:1",
        }
        client = storage.Client(
            project="test", credentials=AnonymousCredentials(), client_options={"api_endpoint": address}
        )
        yield Store(f"gs://{BUCKET}", env, (f"--gcsEndpoint={address}/storage/v1/",), _GcsObjects(client), log)
        client.close()


@contextmanager
def _server(command: list[str], port: int) -> Iterator[list[str]]:
    """Run a server until it is no more needed; gives what it says."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    log: list[str] = []
    reader = threading.Thread(target=log.extend, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "".join(log)
            assert time.monotonic() < deadline, "".join(log)
            time.sleep(0.1)
        yield log
    finally:
        process.terminate()
        process.wait(SECONDS)
        reader.join(SECONDS)
        process.stdout.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Token(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = json.dumps({"access_token": "token", "expires_in": 3600, "token_type": "Bearer"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def _tokens() -> Iterator[str]:
    """Run what gives tokens to service accounts; gives its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Token) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token"
        finally:
            server.shutdown()
            thread.join()


def _service_account(token_uri: str) -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "type": "service_account",
        "project_id": "test",
        "private_key_id": "test",
        "private_key": pem,
        "client_email": "test@test.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": token_uri,
    }
