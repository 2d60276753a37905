"""`anomaly-detection train`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from rich.table import Table

from anomaly_detection.checking import BadCell
from anomaly_detection.cli.console import (
    LocalPath,
    cell_error,
    check_folder,
    check_own,
    check_own_model,
    complete_file,
    err,
    out,
    progress_bar,
    write_error,
)
from anomaly_detection.currency import currency_of, read_rates, unconverted
from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.features import Feature, parse_features
from anomaly_detection.inference import infer_features
from anomaly_detection.row_error import RowError
from anomaly_detection.schema import ColumnType, contract_name
from anomaly_detection.tables import InputTable, column_types
from anomaly_detection.weights import LOOK_FOR

if TYPE_CHECKING:
    from anomaly_detection.training import TrainOptions

SHOWN_ERRORS = 5


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
@click.option(
    "--currency-rates",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="CSV of currency,rate: what a unit of each currency is worth in the corporate one.",
)
@click.option(
    "--money",
    multiple=True,
    metavar="COLUMN",
    help="A column whose amounts are in the row's currency, beside Amount.",
)
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
    read = _read(sources, id_column, given)
    if errors is not None:
        check_own("--errors", errors, [*read.files, spec, currency_rates])
    with err.status("loading", spinner="dots"):
        from anomaly_detection.training import Split, TrainOptions
        from anomaly_detection.training import train as run

        check_own_model(output, [*read.files, spec, currency_rates])
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
    read = read.of_known_currency(features, options)
    _report_bad(read.bad, errors, named=len(read.files) > 1)
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
    mixed = unconverted(read.rows, [f.name for f in features if f.kind == "numeric"], detector.currency)
    if mixed:
        err.print(
            f"taken for no amounts of money: {', '.join(mixed)}; name with --money those that are", soft_wrap=True
        )
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


@dataclass(frozen=True, kw_only=True)
class _Read:
    """The n good rows of files with the n positions of these files and the n numbers of the records, the types of the
    columns, and the bad rows.
    """

    files: tuple[str, ...]
    id_name: str
    rows: pa.Table
    positions: NDArray[np.int64]
    numbers: NDArray[np.int64]
    types: dict[str, ColumnType]
    bad: list[RowError]

    def of_known_currency(self, features: Sequence[Feature], options: TrainOptions) -> _Read:
        """Return this without the rows that do not say which currency they are in, where the others do."""
        numeric = [feature.name for feature in features if feature.kind == "numeric"]
        currency = currency_of(self.rows, numeric, options.currency_rates, money=options.money)
        if currency is None:
            return self
        wrong = np.isnan(currency.factors(self.rows))
        cells = self.rows.filter(pa.array(wrong)).to_pylist()
        bad = [
            cell_error(
                BadCell(i, currency.column, currency.expected, cells[i][currency.column] or "nothing"),
                cells[i],
                source=self.files[position],
                row=int(number),
                id_column=self.id_name,
                stage="read",
            )
            for i, (position, number) in enumerate(zip(self.positions[wrong], self.numbers[wrong], strict=True))
        ]
        return replace(
            self,
            rows=self.rows.filter(pa.array(~wrong)),
            positions=self.positions[~wrong],
            numbers=self.numbers[~wrong],
            bad=sorted(self.bad + bad, key=lambda error: (self.files.index(error.source or ""), error.row or 0)),
        )


def _read(sources: Sequence[str], id_column: str, given: tuple[Feature, ...] | None) -> _Read:
    wanted = {feature.name: feature.column_type for feature in given or () if feature.is_column}
    table = InputTable(sources, id_column=id_column, types=wanted)
    files = tuple(file.path for file in table.files)
    for name in wanted:
        if name not in table.columns:
            raise DataError(f"{files[0]}: expected the column {name!r} (spec); it has {', '.join(table.columns)}")
    types = {**column_types(table), **wanted}
    table = table.with_types(types)
    batches = list(table.batches())
    nothing = np.empty(0, np.int64)
    return _Read(
        files=files,
        id_name=table.id_column,
        rows=pa.Table.from_batches([batch.columns for batch in batches], schema=table.arrow_schema),
        positions=np.concatenate([nothing, *(np.full(len(b.rows), files.index(b.source)) for b in batches)]),
        numbers=np.concatenate([nothing, *(batch.rows for batch in batches)]),
        types=types,
        bad=[error for batch in batches for error in batch.errors],
    )


def _report_bad(bad: list[RowError], path: str | None, *, named: bool) -> None:
    if path is not None:
        with complete_file(path) as stream:
            for error in bad:
                write_error(stream, error)
    if bad:
        err.print(f"{len(bad):,} bad rows are left out:")
        for error in bad[:SHOWN_ERRORS]:
            where = f"{error.source}, " if named else ""
            err.print(f"  {where}row {error.row}: {error.error}", soft_wrap=True)
        if len(bad) > SHOWN_ERRORS:
            err.print(f"  … {path or 'see all of them with --errors FILE'}", soft_wrap=True)


def _what(feature: Feature, vocabularies: Any) -> str:
    if feature.kind == "categorical":
        return f"{len(vocabularies[feature.name]):,} values"
    if feature.kind == "duration":
        return f"days from {feature.start} to {feature.end}"
    return ""
