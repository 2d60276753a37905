"""`anomaly-detection serve`."""

from __future__ import annotations

import warnings

import click

from anomaly_detection.importing import importing


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8088, show_default=True, help="0: any that is free.")
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
def serve(host: str, port: int, loopback_worker: bool, until_stdin_closes: bool, beam_args: tuple[str, ...]) -> None:
    """Serve the transform to pipelines of other languages (a Beam expansion service).

    Prints `ready HOST:PORT` when it serves. Beam has no authentication there: whoever reaches the port can use
    it, so leave it on 127.0.0.1 or put something in front of it.

    Without a loopback worker, Beam's options say where the transform runs:

    \b
      anomaly-detection serve -- --environment_type=EXTERNAL --environment_config=localhost:50000
    """
    # Google's packages warn of Python versions at every import; that is not for the reader of this log.
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
    with importing():
        from anomaly_detection.service import serve as run

    run(
        host=host,
        port=port,
        loopback_worker=loopback_worker,
        until_stdin_closes=until_stdin_closes,
        beam_args=beam_args,
    )
