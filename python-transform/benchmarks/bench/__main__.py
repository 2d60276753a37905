"""`make bench`: measure, keep, draw and print."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import click
from rich.table import Table

from anomaly_detection.cli.console import check_folder, err, out, print_table
from anomaly_detection.cli.running import run_command
from anomaly_detection.errors import AnomalyDetectionError, ConfigError
from bench.headline import headline
from bench.machine import machine, words
from bench.plan import ROOT, Bench, Measurement, Plan
from bench.results import Results
from bench.tables import TABLES, headline_table, outlook_table

SECTIONS = {
    "boundary": "bench.pipelines",
    "core": "bench.core",
    "accelerator": "bench.accelerator",
    "rivals": "bench.rivals",
    "training": "bench.training",
    "volume": "bench.pipelines",
    "workers": "bench.cluster_runs",
}
"""Each section is a function of its own name in a module."""

ROWS, REPEATS = 1_000_000, 5
QUICK_ROWS, QUICK_REPEATS = 100_000, 2


def sections(unused_context: click.Context, unused_option: click.Parameter, text: str | None) -> tuple[str, ...]:
    """Return the sections named in `a,b`, in the order of `SECTIONS`; all when there is nothing."""
    names = [name.strip() for name in (text or ",".join(SECTIONS)).split(",")]
    for name in names:
        if name not in SECTIONS:
            raise click.BadParameter(f"expected {', '.join(SECTIONS)}, found {name!r}")
    return tuple(name for name in SECTIONS if name in names)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--only",
    callback=sections,
    metavar="SECTION,…",
    help=f"What to measure, of {', '.join(SECTIONS)}; all when absent.",
)
@click.option(
    "--rows", type=click.IntRange(min=1_000),
    help=f"Rows of the pipelines that are compared; the other sizes follow. {ROWS:,} when absent.",
)  # fmt: skip
@click.option("--repeats", type=click.IntRange(min=1), help=f"Runs of each figure. {REPEATS} when absent.")
@click.option("--quick", is_flag=True, help=f"{QUICK_ROWS:,} rows and {QUICK_REPEATS} runs: minutes, not an hour.")
@click.option(
    "--model", type=click.Path(path_type=Path, file_okay=False), default=ROOT / "pretrained", help="The model's folder."
)
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), default=ROOT / "build" / "bench",
    help="The folder for bench.json, figures, logs and generated rows; build/bench when absent.",
)  # fmt: skip
def main(only: tuple[str, ...], rows: int | None, repeats: int | None, quick: bool, model: Path, output: Path) -> None:
    """Measure how fast the pipeline and its parts are, beside what they are compared with.

    Data time runs from the moment in which the reader opens its file to the last write of what comes out, wall time
    from the start of the process to its end. Of several runs the median counts; the least and the most stand beside
    it. Figures per core are in seconds of CPU, which hold on a busy machine too; all others need an idle one.

    Each measurement is in bench.json as soon as it is there. A section that is measured again replaces the old one;
    the others stay, so that a bench can be stopped, and gone on with by --only.

    \b
    Try it:
      make bench-quick
      make bench ARGS="--only=core,accelerator"
      make bench ARGS="--only=boundary --rows=200000 --repeats=3"
    """
    if not (model / "model.params").is_file():
        raise ConfigError(f"--model: expected a folder with a model, found none at {model}")
    check_folder(output)
    output.mkdir(parents=True, exist_ok=True)
    plan = Plan(rows=rows or (QUICK_ROWS if quick else ROWS), repeats=repeats or (QUICK_REPEATS if quick else REPEATS))
    bench = Bench(plan=plan, folder=output.resolve(), model=model.resolve())
    results = Results.open(output / "bench.json", machine())
    failures = [failure for name in only if (failure := _measure(bench, results, name))]
    _show(results, only, output)
    if failures:
        raise AnomalyDetectionError(
            f"{len(failures)} of {len(only)} sections failed: {', '.join(failures)}", exit_code=1
        )


def _measure(bench: Bench, results: Results, name: str) -> str | None:
    """Measure a section and return its name if that failed: the others need not fail with it."""
    measure: Callable[[Bench], Iterator[Measurement]] = getattr(import_module(SECTIONS[name]), name)
    add = results.begin(name, rows=bench.plan.rows, repeats=bench.plan.repeats)
    try:
        for measurement in measure(bench):
            add(measurement)
    except AnomalyDetectionError as error:
        err.print(f"{name}: {error}", style="red", soft_wrap=True)
        return name
    except Exception:  # a fault of the bench's own
        err.print(traceback.format_exc(), style="red", soft_wrap=True)
        return name
    results.finish(name)
    return None


def _show(results: Results, only: tuple[str, ...], output: Path) -> None:
    from bench.figures import write_figures

    measured = {name: results.measurements(name) for name in SECTIONS}
    files = write_figures(measured, output)
    out.print(words(dict(results.machine)), soft_wrap=True)
    out.print()
    for name in only:
        for table in TABLES[name](measured[name]) if measured[name] else []:
            _print(table)
    outlook = outlook_table(measured["volume"], measured["workers"])
    if outlook.rows:
        _print(outlook)
    _print(headline_table(headline(measured)))
    drawn = "".join(f", {file.name}" for file in files if file.suffix == ".png")
    out.print(f"wrote bench.json{drawn} to {output}", soft_wrap=True)


def _print(table: Table) -> None:
    """Print a table below its title, which would be broken to the table's width."""
    out.print(table.title, style="bold", soft_wrap=True)
    table.title = None
    print_table(table)
    out.print()


if __name__ == "__main__":
    run_command(main)
