"""`anomaly-detection evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table

from anomaly_detection.cli.console import (
    LocalPath,
    check_folder,
    check_own,
    complete_file,
    err,
    out,
    print_table,
    progress_bar,
)
from anomaly_detection.cli.training_rows import TrainingRows, currency_options
from anomaly_detection.errors import DataError
from anomaly_detection.features.currency import read_rates
from anomaly_detection.files.complete_files import blaming
from anomaly_detection.schema import contract_name

if TYPE_CHECKING:
    from anomaly_detection.evaluate import EvaluateOptions, Evaluation


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="INPUT…")
@click.option("--id-column", required=True, help="The column that names a row, by its name or its alias.")
@click.option("--output", type=LocalPath(path_type=Path, file_okay=False), required=True, help="Where results go.")
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
@currency_options
@click.option("--rivals/--no-rivals", default=True, show_default=True, help="Whether PyOD's detectors run as well.")
def evaluate(
    sources: tuple[str, ...],
    id_column: str,
    output: Path,
    seeds: int,
    prevalence: float,
    alpha: float,
    currency_rates: str | None,
    money: tuple[str, ...],
    rivals: bool,
) -> None:
    """Put errors of known kinds into held-out rows and measure who finds them.

    Holds out a fifth of the rows and trains on the others, once as they are and once with 5 % errors among them;
    so do the detectors of PyOD, on one-hot, ordinal and frequency encodings. The held-out rows are then scored
    beside copies of them with an error each: amounts out of scale, stages that contradict each other, closed before
    created, a state of another country, a product of another family, an owner with another's role, a value that was
    never seen, three cells missing, a training row again with another amount, and ADBench's local, global, cluster
    and dependency anomalies. Kinds whose columns the table does not have are left out, and so are bad rows. INPUT
    and amounts of several currencies are as `train` takes them.

    \b
    Prints, and writes to --output as evaluation.json and figures (PNG, SVG):
      AP, AUC   average precision and ROC-AUC of the ranking, of all kinds together
      kinds     the mean AP of the kinds, each alone at the same share
      P@5%      the share of errors among the oddest 5 %, where errors are 5 %
      FPR@0.05  the share of held-out rows as they were that are called odd at alpha
      detected  the share of errors that are called odd at alpha
      1st       how often the first reason of these names what is wrong, or a column that
                it contradicts; strict: the very column; top 3: one of three reasons

    \b
    Needs the extra "evaluate" and minutes: pip install './python-transform[evaluate]'
      anomaly-detection evaluate deals.csv --id-column Id --output build/evaluation
      anomaly-detection evaluate deals.csv --id-column Id --output quick --seeds 1 --no-rivals
    """
    with err.status("loading", spinner="dots"):
        from anomaly_detection.evaluate.rivals import check_installed

        check_installed()
        from anomaly_detection.evaluate import EvaluateOptions
        from anomaly_detection.evaluate import evaluate as run
        from anomaly_detection.evaluate.contest import our_encoders
        from anomaly_detection.evaluate.figures import write_figures
        from anomaly_detection.features.inference import infer_features

    check_folder(output)
    options = EvaluateOptions(
        seeds=seeds,
        prevalence=prevalence,
        alpha=alpha,
        rivals=rivals,
        currency_rates=read_rates(currency_rates) if currency_rates is not None else None,
        money=tuple(map(contract_name, money)),
    )
    read = TrainingRows.read(sources, id_column)
    check_own("--output", output / "evaluation.json", [*read.files, currency_rates])
    features, skipped = infer_features(read.rows, read.types, without=[read.id_name])
    read = read.of_known_currency(features, options.currency_rates, options.money)
    read.tell_bad(more="`train` lists all of them with --errors FILE")
    if not features:
        raise DataError(
            f"{sources[0]}: no column can be looked at: " + "; ".join(f"{s.column}: {s.why}" for s in skipped)
        )
    read.tell_unconverted(features)
    for encoder, package in our_encoders()[1].items():
        err.print(f"the encoder {encoder} is left out: it needs the package {package}", soft_wrap=True)
    with progress_bar() as bar:
        tasks: dict[str, Any] = {}
        over = bar.add_task("evaluating", total=2 * seeds)

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done, visible=done < total)
            if done == total:
                bar.advance(over)

        evaluation = run(read.rows, features, id_column=read.id_name, options=options, progress=progress)
    with blaming(output):
        output.mkdir(parents=True, exist_ok=True)
        with complete_file(output / "evaluation.json") as stream:
            json.dump([record.as_dict() for record in evaluation.records], stream, indent=1, ensure_ascii=False)
            stream.write("\n")
        files = [output / "evaluation.json", *write_figures(evaluation, output)]
    _print(evaluation, options)
    out.print(f"wrote {', '.join(file.name for file in files)} to {output}", soft_wrap=True)


def _print(evaluation: Evaluation, options: EvaluateOptions) -> None:
    from anomaly_detection.evaluate.contest import DETECTOR, OURS
    from anomaly_detection.evaluate.summary import kind_lines, lines

    found = lines(evaluation)
    for which, training in enumerate(("clean training", f"{_percent(options.contamination)} errors in training")):
        shown = _table(
            f"{training}; tested with errors of all kinds, {_percent(options.prevalence)} of the rows",
            left=("detector", "encoding"),
            right=(
                "AP",
                "kinds",
                "AUC",
                f"P@{_percent(options.prevalence)}",
                f"FPR@{options.alpha:g}",
                "train s",
                "score s",
            ),
        )
        for line in sorted(found, key=lambda line: -line.ap[which]):
            values = (line.ap, line.kinds_ap, line.auc, line.precision, line.fpr)
            shown.add_row(
                line.detector,
                line.encoding,
                *(f"{value[which]:.3f}" for value in values),
                f"{line.fit_seconds:.2f}",
                f"{line.score_seconds:.2f}",
                style="bold" if line.detector == DETECTOR else None,
            )
        print_table(shown)
    kinds = _table(
        f"{', '.join(OURS)}: each kind alone, clean/contaminated training; reasons of detected errors, clean",
        left=("kind",),
        right=("AP", "AUC", "detected", "1st", "strict", "top 3"),
    )
    for each in kind_lines(evaluation, *OURS):
        kinds.add_row(
            each.kind,
            *(f"{clean:.3f}/{contaminated:.3f}" for clean, contaminated in (each.ap, each.auc, each.detected)),
            *map(_share, (each.reason_top1, each.reason_top1_strict, each.reason_top3)),
        )
    print_table(kinds)


def _table(title: str, *, left: tuple[str, ...], right: tuple[str, ...]) -> Table:
    # Narrow enough for a terminal of 80 columns.
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0, show_edge=False)
    for heading in left:
        table.add_column(heading, no_wrap=True)
    for heading in right:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _percent(share: float) -> str:
    return f"{100 * share:g}%"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
