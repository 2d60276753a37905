"""`anomaly-detection generate`."""

from __future__ import annotations

from pathlib import Path

import click

from anomaly_detection.cli.console import err, progress_bar


@click.command()
@click.option("--rows", type=click.IntRange(min=1), required=True, help="How many opportunities.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The CSV to write.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--anomalies",
    type=click.FloatRange(0, 0.5),
    default=0.0,
    show_default=True,
    help="The share of rows that get one error of the kinds people make.",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write what was made wrong, as CSV: Id,kind,column,original.",
)
def generate(rows: int, output: Path, seed: int, anomalies: float, labels: Path | None) -> None:
    """Write realistic opportunities as CSV, clean or with labelled errors.

    The rows stream: ten million take no more memory than ten thousand.
    """
    from anomaly_detection.generate import write_opportunities

    with progress_bar() as bar:
        task = bar.add_task("generating", total=rows)
        write_opportunities(
            output,
            rows=rows,
            seed=seed,
            anomalies=anomalies,
            labels=labels,
            progress=lambda done: bar.update(task, completed=done),
        )
    err.print(f"wrote {rows:,} opportunities to {output}", highlight=False, soft_wrap=True)
