"""Places that faults need: a store of models, and a disk that is soon full."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
from moto.server import ThreadedMotoServer

from anomaly_detection.errors import AnomalyDetectionError
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS
from bench.plan import ROOT
from cluster.layout import HOST

_BUCKET = "models"
_FILES = (ENCODER, MODEL, PARAMS)
_BALLAST = "ballast"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class ModelStore:
    """A store of objects with copies of `pretrained/`."""

    client: Any

    def uri(self, name: str) -> str:
        """Put a copy there, and return its address."""
        for file in _FILES:
            self.client.put_object(Bucket=_BUCKET, Key=f"{name}/{file}", Body=(ROOT / "pretrained" / file).read_bytes())
        return f"s3://{_BUCKET}/{name}"

    def remove(self, name: str) -> None:
        """Remove a copy."""
        for file in _FILES:
            self.client.delete_object(Bucket=_BUCKET, Key=f"{name}/{file}")


@contextmanager
def model_store() -> Iterator[ModelStore]:
    """Run a server that stands in for S3; what is started meanwhile finds it by its environment."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    server.start()
    before = dict(os.environ)
    host, port = server.get_host_and_port()
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
    }
    try:
        client = boto3.client("s3")
        client.create_bucket(Bucket=_BUCKET)
        yield ModelStore(client)
        client.close()
    finally:
        os.environ.clear()
        os.environ |= before
        server.stop()


@contextmanager
def small_disk(path: Path, mebibytes: int) -> Iterator[Path]:
    """Mount a disk of so many MiB at a new folder; raise `AnomalyDetectionError` where that is not allowed."""
    path.mkdir()
    _as_root("mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=1777", "tmpfs", str(path))
    try:
        yield path
    finally:
        _as_root("umount", "--lazy", str(path))


def fill(disk: Path) -> None:
    """Fill a disk to its last byte."""
    with (disk / _BALLAST).open("wb", buffering=0) as ballast:
        size = _CHUNK
        while size:
            try:
                ballast.write(b"\0" * size)
            except OSError:
                size //= 2


def make_room(disk: Path) -> None:
    """Undo `fill`."""
    (disk / _BALLAST).unlink()


def _as_root(*command: str) -> None:
    prefix = () if os.geteuid() == 0 else ("sudo", "--non-interactive")
    done = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AnomalyDetectionError(
            f"a disk that is full needs a disk of its own: {' '.join(command)}: {done.stderr.strip()}", exit_code=1
        )
