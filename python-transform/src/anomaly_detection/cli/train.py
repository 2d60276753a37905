"""`anomaly-detection train`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from anomaly_detection.cli.console import (
    LocalPath,
    check_folder,
    check_own,
    check_own_model,
    complete_file,
    err,
    out,
    progress_bar,
    write_error,
)
from anomaly_detection.cli.training_rows import TrainingRows, currency_options
from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.features.currency import read_rates
from anomaly_detection.features.feature import Feature, parse_features
from anomaly_detection.features.inference import infer_features
from anomaly_detection.schema import contract_name
from anomaly_detection.scoring.weights import LOOK_FOR


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="INPUT…")
@click.option("--id-column", required=True, help="The column that names a row, by its name or its alias.")
@click.option("--output", type=LocalPath(path_type=Path, file_okay=False), required=True, help="The model's folder.")
@click.option(
    "--spec",
    type=LocalPath(path_type=Path, dir_okay=False),
    help='What to look at, as JSON: [{"name": "Stage", "kind": "categorical"}, …]; inferred when absent.',
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same model.")
@click.option("--alpha", type=float, default=0.01, show_default=True, help="The share of normal rows to call odd.")
@click.option(
    "--encoder",
    type=click.Choice(["masked", "autoembedder"]),
    default="masked",
    show_default=True,
    help='The encoder; autoembedder is that of the package of this name and needs the extra "autoembedder".',
)
@click.option(
    "--look-for",
    type=click.Choice(list(LOOK_FOR)),
    default="errors",
    show_default=True,
    help="errors: cells that contradict the rest of their row. outliers: rows of another kind, odd in many columns.",
)
@click.option(
    "--reference-rows",
    type=click.IntRange(min=50),
    default=512,
    show_default=True,
    help="The most rows that HDBSCAN and the neighbors keep.",
)
@currency_options
@click.option(
    "--errors",
    type=click.Path(dir_okay=False),
    help="Where to write bad rows, as JSON Lines.",
)
def train(
    sources: tuple[str, ...],
    id_column: str,
    output: Path,
    spec: Path | None,
    seed: int,
    alpha: float,
    encoder: str,
    look_for: str,
    reference_rows: int,
    currency_rates: str | None,
    money: tuple[str, ...],
    errors: str | None,
) -> None:
    """Train a model on a table of mostly ordinary rows.

    INPUT is as `score` takes it: CSV or Parquet files and patterns, also at gs:// or s3://. Writes encoder.pth,
    anomaly_detection.model and model.params, and prints what it looks at. Bad rows are left out, counted and shown.
    """
    check_folder(output)
    given = parse_features(_read_spec(spec), where=str(spec)) if spec is not None else None
    rates = read_rates(currency_rates) if currency_rates is not None else None
    read = TrainingRows.read(sources, id_column, given)
    if errors is not None:
        check_own("--errors", errors, [*read.files, spec, currency_rates])
    with err.status("loading", spinner="dots"):
        from anomaly_detection.models.training import Split, TrainOptions
        from anomaly_detection.models.training import train as run

        # The model whose columns --spec takes may be replaced.
        check_own_model(output, [*read.files, currency_rates])
    options = TrainOptions(
        seed=seed,
        alpha=alpha,
        encoder=encoder,
        look_for=look_for,
        reference_rows=reference_rows,
        currency_rates=rates,
        money=tuple(map(contract_name, money)),
    )
    features, skipped = (given, ()) if given else infer_features(read.rows, read.types, without=[read.id_name])
    read = read.of_known_currency(features, options.currency_rates, options.money)
    if errors is not None:
        with complete_file(errors) as stream:
            for error in read.bad:
                write_error(stream, error)
    read.tell_bad(more=errors or "see all of them with --errors FILE")
    if not features:
        # Where there are hardly any rows, that is the plainer reason.
        Split.draw(read.rows.num_rows, TrainOptions(alpha=alpha))
        raise DataError(
            f"{sources[0]}: no column can be looked at: {'; '.join(f'{s.column}: {s.why}' for s in skipped)}; "
            "give it columns that vary, or say what to look at with --spec"
        )
    with progress_bar() as bar:
        tasks: dict[str, Any] = {}

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done)

        artifacts = run(read.rows, features, id_column=read.id_name, options=options, progress=progress)
    detector = artifacts.detector()
    artifacts.write(output)
    shown = Table(title="given" if given else "inferred", title_justify="left")
    for heading in ("column", "kind", "what"):
        shown.add_column(heading)
    for feature in features:
        shown.add_row(feature.name, feature.kind, _what(feature, detector.featurizer.vocabularies))
    for column in skipped:
        shown.add_row(column.column, "skipped", column.why)
    out.print(shown)
    read.tell_unconverted(features)
    threshold = detector.threshold(None)
    out.print(
        f"model {detector.model_id}: {read.rows.num_rows:,} rows, alpha {alpha:g}, threshold {threshold:.3f}",
        highlight=False,
    )
    out.print(f"wrote {output}", soft_wrap=True)


def _read_spec(path: Path) -> Any:
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: expected JSON: {error}") from error
    return data.get("features") if isinstance(data, dict) else data


def _what(feature: Feature, vocabularies: Any) -> str:
    if feature.kind == "categorical":
        return f"{len(vocabularies[feature.name]):,} values"
    if feature.kind == "duration":
        return f"days from {feature.start} to {feature.end}"
    return ""
