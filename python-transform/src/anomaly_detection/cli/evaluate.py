"""`anomaly-detection evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pyarrow as pa
from rich.box import SIMPLE_HEAD
from rich.table import Table

from anomaly_detection.cli.console import check_folder, complete_file, err, out, progress_bar
from anomaly_detection.errors import DataError
from anomaly_detection.schema import ColumnType
from anomaly_detection.tables import CsvTable, column_types

if TYPE_CHECKING:
    from anomaly_detection.evaluate import Evaluation


@click.command()
@click.argument("source", metavar="INPUT.csv", type=click.Path(path_type=Path))
@click.option("--id-column", required=True, help="The column that names a row, by its name or its alias.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Where results go.")
@click.option("--seeds", type=click.IntRange(min=1), default=5, show_default=True, help="How many splits to average.")
@click.option(
    "--prevalence",
    type=click.FloatRange(0, 0.5, min_open=True),
    default=0.05,
    show_default=True,
    help="The share of errors among the tested rows.",
)
@click.option(
    "--alpha",
    type=click.FloatRange(0, 0.5, min_open=True),
    default=0.05,
    show_default=True,
    help="The share of normal rows to call odd.",
)
@click.option("--rivals/--no-rivals", default=True, show_default=True, help="Whether PyOD's detectors run as well.")
def evaluate(
    source: Path, id_column: str, output: Path, seeds: int, prevalence: float, alpha: float, rivals: bool
) -> None:
    """Put errors of known kinds into held-out rows and measure who finds them.

    Trains on the other rows, once as they are and once with 5 % errors among them, and does the same with the
    detectors of PyOD. Writes evaluation.json and figures, and prints a table. Needs the extra "evaluate".
    """
    with err.status("loading", spinner="dots"):
        from anomaly_detection.evaluate.rivals import check_installed

        check_installed()
        from anomaly_detection.evaluate import EvaluateOptions
        from anomaly_detection.evaluate import evaluate as run
        from anomaly_detection.evaluate.figures import write_figures
        from anomaly_detection.inference import infer_features

    check_folder(output)
    table, types, id_name = _read(source, id_column)
    features, skipped = infer_features(table, types, without=[id_name])
    if not features:
        raise DataError(f"{source}: no column can be looked at: " + "; ".join(f"{s.column}: {s.why}" for s in skipped))
    with progress_bar() as bar:
        tasks: dict[str, Any] = {}
        over = bar.add_task("evaluating", total=2 * seeds)

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done, visible=done < total)
            if done == total:
                bar.advance(over)

        options = EvaluateOptions(seeds=seeds, prevalence=prevalence, alpha=alpha, rivals=rivals)
        evaluation = run(table, features, id_column=id_name, options=options, progress=progress)
    output.mkdir(parents=True, exist_ok=True)
    with complete_file(output / "evaluation.json") as stream:
        json.dump([record.as_dict() for record in evaluation.records], stream, indent=1, ensure_ascii=False)
        stream.write("\n")
    files = [output / "evaluation.json", *write_figures(evaluation, output)]
    _print(evaluation, prevalence, alpha)
    out.print(f"wrote {', '.join(file.name for file in files)} to {output}", soft_wrap=True)


def _read(source: Path, id_column: str) -> tuple[pa.Table, dict[str, ColumnType], str]:
    types = column_types(CsvTable(source, id_column=id_column))
    table = CsvTable(source, id_column=id_column, types=types)
    batches = list(table.batches())
    bad = sum(len(batch.errors) for batch in batches)
    if bad:
        err.print(f"{bad:,} bad rows are left out")
    return pa.Table.from_batches([b.columns for b in batches], schema=table.arrow_schema), types, table.id_column


def _print(evaluation: Evaluation, prevalence: float, alpha: float) -> None:
    from anomaly_detection.evaluate.run import OURS
    from anomaly_detection.evaluate.summary import kind_lines, lines

    for which, training in enumerate(("clean training", "contaminated training")):
        shown = Table(
            title=f"{training}; errors of all kinds are {prevalence:.0%} of the rows, KINDS: mean AP of each alone",
            title_justify="left",
            box=SIMPLE_HEAD,
        )
        for heading in ("detector", "encoding"):
            shown.add_column(heading)
        for heading in ("AP", "KINDS", "AUC", f"P@{prevalence:.0%}", f"FPR@{alpha:g}", "train s", "score s"):
            shown.add_column(heading, justify="right")
        for line in lines(evaluation):
            values = (line.ap, line.kinds_ap, line.auc, line.precision, line.fpr)
            seconds = (line.fit_seconds, line.score_seconds)
            shown.add_row(
                line.detector,
                line.encoding,
                *(f"{value[which]:.3f}" for value in values),
                *(f"{value:.2f}" for value in seconds),
                style="bold" if (line.detector, line.encoding) == OURS else None,
            )
        out.print(shown)
    kinds = Table(
        title=f"{OURS[0]}, each kind alone, clean / contaminated; reasons of what was detected (clean training)",
        title_justify="left",
        box=SIMPLE_HEAD,
    )
    kinds.add_column("kind")
    for heading in ("AP", "AUC", "detected", "1st", "strict", "top 3"):
        kinds.add_column(heading, justify="right")
    for each in kind_lines(evaluation, *OURS):
        kinds.add_row(
            each.kind,
            *(f"{clean:.3f}/{contaminated:.3f}" for clean, contaminated in (each.ap, each.auc, each.detected)),
            *map(_share, (each.reason_top1, each.reason_top1_strict, each.reason_top3)),
        )
    out.print(kinds)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
