"""`anomaly-detection train`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
from rich.table import Table

from anomaly_detection.cli.console import check_folder, complete_file, err, out, progress_bar, write_error
from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.features import Feature, parse_features
from anomaly_detection.row_error import RowError
from anomaly_detection.schema import ColumnType
from anomaly_detection.tables import CsvTable, column_types

SHOWN_ERRORS = 5


@click.command()
@click.argument("source", metavar="INPUT.csv", type=click.Path(path_type=Path))
@click.option("--id-column", required=True, help="The column that names a row, by its name or its alias.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="The model's folder.")
@click.option(
    "--spec",
    type=click.Path(path_type=Path, dir_okay=False),
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
    "--reference-rows",
    type=click.IntRange(min=50),
    default=5000,
    show_default=True,
    help="The most rows that HDBSCAN and the neighbors keep.",
)
@click.option(
    "--errors",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write bad rows, as JSON Lines.",
)
def train(
    source: Path,
    id_column: str,
    output: Path,
    spec: Path | None,
    seed: int,
    alpha: float,
    encoder: str,
    reference_rows: int,
    errors: Path | None,
) -> None:
    """Train a model on a CSV of mostly ordinary rows.

    Writes encoder.pth, anomaly_detection.model and model.params, and prints what it looks at. Bad rows are left
    out, counted and shown.
    """
    from anomaly_detection.inference import infer_features

    check_folder(output)
    given = parse_features(_read_spec(spec), where=str(spec)) if spec is not None else None
    table, types, bad = _read(source, id_column, given)
    id_name = CsvTable(source, id_column=id_column).id_column
    _report_bad(bad, errors)
    features, skipped = (given, ()) if given else infer_features(table, types, without=[id_name])
    if not features:
        raise DataError(f"{source}: no column can be looked at: " + "; ".join(f"{s.column}: {s.why}" for s in skipped))
    with err.status("loading", spinner="dots"):
        from anomaly_detection.training import TrainOptions
        from anomaly_detection.training import train as run

    with progress_bar() as bar:
        tasks: dict[str, Any] = {}

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done)

        options = TrainOptions(seed=seed, alpha=alpha, encoder=encoder, reference_rows=reference_rows)
        artifacts = run(table, features, id_column=id_name, options=options, progress=progress)
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
    threshold = detector.threshold(None)
    out.print(
        f"model {detector.model_id}: {table.num_rows:,} rows, alpha {alpha:g}, threshold {threshold:.3f}",
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


def _read(
    source: Path, id_column: str, given: tuple[Feature, ...] | None
) -> tuple[pa.Table, dict[str, ColumnType], list[RowError]]:
    wanted = {feature.name: feature.column_type for feature in given or () if feature.is_column}
    table = CsvTable(source, id_column=id_column, types=wanted)
    for name in wanted:
        if name not in table.columns:
            raise DataError(f"{source}: expected the column {name!r} (spec); it has {', '.join(table.columns)}")
    types = {**column_types(table), **wanted}
    table = CsvTable(source, id_column=id_column, types=types)
    batches = list(table.batches())
    rows = pa.Table.from_batches([batch.columns for batch in batches], schema=table.arrow_schema)
    return rows, types, [error for batch in batches for error in batch.errors]


def _report_bad(bad: list[RowError], path: Path | None) -> None:
    if path is not None:
        with complete_file(path) as stream:
            for error in bad:
                write_error(stream, error)
    if bad:
        err.print(f"{len(bad):,} bad rows are left out:")
        for error in bad[:SHOWN_ERRORS]:
            err.print(f"  row {error.row}: {error.error}", soft_wrap=True)
        if len(bad) > SHOWN_ERRORS:
            err.print(f"  … {path or 'see all of them with --errors FILE'}", soft_wrap=True)


def _what(feature: Feature, vocabularies: Any) -> str:
    if feature.kind == "categorical":
        return f"{len(vocabularies[feature.name]):,} values"
    if feature.kind == "duration":
        return f"days from {feature.start} to {feature.end}"
    return ""
