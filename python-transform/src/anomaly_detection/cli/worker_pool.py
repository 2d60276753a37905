"""`anomaly-detection worker-pool`."""

from __future__ import annotations

from typing import Any

import click

from anomaly_detection.cli.listening import listens
from anomaly_detection.importing import importing


@click.command()
@listens(port=50000)
@click.option(
    "--runner",
    "runners",
    multiple=True,
    metavar="HOST|NETWORK",
    help="A host or network whose runners may have workers, such as flink.internal or 10.1.0.0/16; repeatable. "
    "Those of this machine may.",
)
@click.option(
    "--max-workers", type=click.IntRange(1), default=16, show_default=True, help="How many may run at a time."
)
def worker_pool(host: str, port: int, runners: tuple[str, ...], max_workers: int, log_format: Any) -> None:
    """Run the transform's Python code for runners: a worker for each, in a process of its own.

    Prints `ready HOST:PORT` when it serves. A worker runs whatever its runner sends, so the pool serves runners of
    this machine only, unless told of others. The service is told where the pool is:

    \b
      anomaly-detection worker-pool --port 50000
      anomaly-detection serve --worker-pool localhost:50000
    """
    with importing():
        from anomaly_detection.service.pool_server import serve_workers

    serve_workers(host=host, port=port, runners=runners, limit=max_workers, log_format=log_format)
