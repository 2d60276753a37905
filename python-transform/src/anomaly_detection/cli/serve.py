"""`anomaly-detection serve`."""

from __future__ import annotations

from typing import Any

import click

from anomaly_detection.cli.listening import listens
from anomaly_detection.importing import importing


@click.command()
@listens(port=8088)
@click.option(
    "--worker-pool",
    metavar="HOST:PORT",
    help="Where runners find the pool that runs the transform's Python code: `anomaly-detection worker-pool`.",
)
@click.option(
    "--loopback-worker",
    is_flag=True,
    help="Run the transform's Python code in this process too, so that no worker pool is needed.",
)
@click.option(
    "--until-stdin-closes",
    is_flag=True,
    help="End with the program that started this one and holds its input.",
)
@click.argument("beam_args", nargs=-1, type=click.UNPROCESSED, metavar="[-- BEAM_OPTIONS]")
def serve(
    host: str,
    port: int,
    worker_pool: str | None,
    loopback_worker: bool,
    until_stdin_closes: bool,
    log_format: Any,
    beam_args: tuple[str, ...],
) -> None:
    """Serve the transform to pipelines of other languages (a Beam expansion service).

    Prints `ready HOST:PORT` when it serves. Beam has no authentication there: whoever reaches the port can use
    it, so leave it on 127.0.0.1 or put something in front of it.

    Without a worker pool and a loopback worker, Beam's options say where the transform runs:

    \b
      anomaly-detection serve -- --environment_type=DOCKER --environment_config=IMAGE
    """
    with importing():
        from anomaly_detection.service.server import serve as run

    run(
        host=host,
        port=port,
        worker_pool=worker_pool,
        loopback_worker=loopback_worker,
        until_stdin_closes=until_stdin_closes,
        log_format=log_format,
        beam_args=beam_args,
    )
