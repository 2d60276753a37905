"""An expansion service of one transform that hands rows on unread: what Beam's row boundary costs by itself.

It is as plain as Beam allows, and its worker is the product's. What the product needs and this does not, torch above
all, is not imported. The product's own service goes on refusing this URN.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import Any

import apache_beam as beam
import click
import grpc
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_expansion_api_pb2_grpc
from apache_beam.runners.portability.expansion_service import ExpansionServiceServicer
from apache_beam.transforms.environments import Environment, ExternalEnvironment, python_sdk_capabilities
from apache_beam.utils.thread_pool_executor import UnboundedThreadPoolExecutor

from anomaly_detection.service.loopback_pool import add_loopback_pool

URN = "bench:identity:v1"


@beam.PTransform.register_urn(URN, None)
class Identity(beam.PTransform):  # type: ignore[misc]
    """Hands elements on as they are."""

    def expand(self, rows: beam.PCollection) -> beam.PCollection:
        """Map each row to itself; its declared type keeps it a row for other languages."""
        return rows | beam.Map(lambda row: row).with_output_types(rows.element_type)

    def to_runner_api_parameter(self, unused_context: Any) -> tuple[str, bytes]:
        """Return the URN; there is nothing to configure."""
        return URN, b""

    @staticmethod
    def from_runner_api_parameter(unused_transform: Any, unused_payload: Any, unused_context: Any) -> Identity:
        """Undo `to_runner_api_parameter`."""
        return Identity()


class IdentityExpansion(ExpansionServiceServicer):  # type: ignore[misc]
    """Beam's expansion, for a worker that has this module already."""

    def __init__(self, options: PipelineOptions, environment: Environment) -> None:
        # Beam's own __init__ would make the environment, and with it a file of artifacts to fetch.
        self._options = options
        self._default_environment = environment


def serve(ended: Callable[[], None], announce: Callable[[str], None] = print) -> None:
    """Serve on free ports of the loopback interface until `ended` returns."""
    options = PipelineOptions(["--experiments=beam_fn_api"])
    workers, worker_port = _server()
    add_loopback_pool(workers)
    workers.start()
    server, port = _server()
    environment = ExternalEnvironment(f"127.0.0.1:{worker_port}", capabilities=python_sdk_capabilities())
    beam_expansion_api_pb2_grpc.add_ExpansionServiceServicer_to_server(IdentityExpansion(options, environment), server)
    server.start()
    # As the product's service does.
    gc.freeze()
    try:
        announce(f"ready 127.0.0.1:{port}")
        sys.stdout.flush()
        ended()
    finally:
        for each in (server, workers):
            each.stop(1.0).wait()


def _server() -> tuple[grpc.Server, int]:
    server = grpc.server(UnboundedThreadPoolExecutor(), options=[("grpc.so_reuseport", 0)])
    return server, server.add_insecure_port("127.0.0.1:0")


def _stdin_closes() -> None:
    while os.read(0, 4096):
        pass


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def main(arguments: tuple[str, ...]) -> None:
    """Serve until standard input closes; the arguments are those of `anomaly-detection serve`, and not needed."""
    serve(_stdin_closes)
