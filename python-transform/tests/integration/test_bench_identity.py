"""The identity that the benchmark compares with: rows come back as they went, and the product does not serve it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.external import ExternalTransform

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
URN = "bench:identity:v1"
PROGRAM = """
import sys
from bench.identity_service import serve, _stdin_closes
serve(_stdin_closes)
print("torch" in sys.modules)
"""


@pytest.fixture
def identity() -> Iterator[tuple[str, Any]]:
    """The address of a running service, and its process."""
    path = os.pathsep.join([str(BENCHMARKS), *filter(None, sys.path)])
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        word, address = process.stdout.readline().split()
        assert word == "ready"
        yield address, process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_rows_come_back_as_they_went_and_nothing_of_the_detector_is_loaded(identity: tuple[str, Any]) -> None:
    address, process = identity
    rows = [beam.Row(Id=str(i), Amount=float(i), Won=i % 2 == 0) for i in range(100)]
    with beam.Pipeline() as pipeline:
        passed = pipeline | beam.Create(rows) | ExternalTransform(URN, b"", address)
        assert_that(passed | beam.Map(tuple), equal_to([tuple(row.as_dict().values()) for row in rows]))
    process.stdin.close()
    assert process.stdout.read() == "False\n"
    assert process.wait(30) == 0


def test_the_product_refuses_the_identity(service: Any, make_request: Any) -> None:
    assert f"refused the transform {URN!r}" in service.expand(make_request(b"", urn=URN)).error
