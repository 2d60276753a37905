"""`make cluster` and its kin: `python -m cluster start`, `status`, `options`, `stop`."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.table import Table

from anomaly_detection.cli.console import err, out, print_table
from anomaly_detection.cli.running import run_command
from anomaly_detection.errors import ConfigError, ServiceError
from cluster import run
from cluster.engines import ENGINES
from cluster.layout import HOST, ROOT, Folder
from cluster.run import Cluster

FIRST_PORT = 18070


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / "build" / "cluster",
    help="Where logs, settings and the list of processes are. Default: build/cluster.",
)
@click.pass_context
def main(context: click.Context, folder: Path) -> None:
    """Start, show and end a cluster on this machine, with Beam's job service and workers."""
    context.obj = Folder(folder.resolve())


@main.command()
@click.option(
    "--first-port",
    type=click.IntRange(1024, 65000),
    default=FIRST_PORT,
    show_default=True,
    help="The first of six ports, one after the other.",
)
@click.option("--engine", type=click.Choice([*ENGINES]), default="flink", show_default=True, help="What it is of.")
@click.option(
    "--worker-option",
    "worker_options",
    multiple=True,
    metavar="--NAME=VALUE",
    callback=lambda context, option, values: _store_options(values),
    help="--awsRegion, --endpoint or --gcsEndpoint, by which workers find object stores; may be repeated.",
)
@click.pass_obj
def start(folder: Folder, first_port: int, engine: str, worker_options: tuple[str, ...]) -> None:
    """Start the cluster, or the parts of it that have ended."""
    begin = time.monotonic()
    with run.alone(folder):
        cluster = Cluster.of(folder, first_port, ENGINES[engine], worker_options)
        if cluster.engine.name != engine:
            raise ConfigError(f"a cluster of {cluster.engine.title} is there already: `make cluster-stop` ends it")
        if worker_options and cluster.worker_options != worker_options:
            raise ConfigError("a cluster with other worker options is there already: `make cluster-stop` ends it")
        if cluster.started and not cluster.missing:
            out.print("the cluster runs already")
        else:
            with err.status("starting the cluster", spinner="dots"):
                cluster = run.start(cluster)
            out.print(f"the cluster runs, after {time.monotonic() - begin:.1f} s")
        _show(cluster)


@main.command()
@click.pass_obj
def status(folder: Folder) -> None:
    """Show which parts run, and where; the exit status is 1 if one does not."""
    cluster = Cluster.of(folder, FIRST_PORT)
    if not cluster.started:
        raise ServiceError("no cluster runs: `make cluster` starts one")
    _show(cluster)
    if cluster.missing:
        raise ServiceError(f"ended: {', '.join(part.name for part in cluster.missing)}; `make cluster` starts them")


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.option("--engine", type=click.Choice([*ENGINES]), help="What the cluster has to be of.")
@click.argument("given", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def options(folder: Folder, engine: str | None, given: tuple[str, ...]) -> None:
    """Print the options with which the pipeline runs on the cluster, each on a line, but for those that are given."""
    cluster = Cluster.of(folder, FIRST_PORT)
    if cluster.started and engine not in (None, cluster.engine.name):
        raise ConfigError(f"expected a cluster of {ENGINES[str(engine)].title}, found one of {cluster.engine.title}")
    for option in run.options(cluster, given):
        click.echo(option)


@main.command()
@click.pass_obj
def stop(folder: Folder) -> None:
    """End the cluster and whatever it started."""
    with run.alone(folder):
        cluster = Cluster.of(folder, FIRST_PORT)
        run.stop(cluster)
    out.print("the cluster has ended" if cluster.started else "no cluster runs")


def _store_options(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the options; others could hold secrets, and others see a command line."""
    for value in values:
        if not value.startswith(run.STORE_OPTIONS):
            raise click.BadParameter(f"expected one of {', '.join(run.STORE_OPTIONS)}, found {value.split('=')[0]}")
    return values


def _show(cluster: Cluster) -> None:
    table = Table("part", "process", "address", "memory, MiB")
    for part in cluster.parts:
        if cluster.runs(part):
            started = cluster.started[part.name]
            table.add_row(part.name, str(started.pid), part.address, f"{started.memory():,.0f}")
        else:
            table.add_row(part.name, "ended", part.address, "")
    print_table(table)
    out.print(f"\n{cluster.engine.title}'s page: http://{HOST}:{cluster.ports.page}")
    out.print(f"Logs:         {cluster.folder.log('*')}", soft_wrap=True)


if __name__ == "__main__":
    run_command(main)
