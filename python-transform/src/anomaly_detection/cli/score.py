"""`anomaly-detection score`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
import pyarrow as pa

from anomaly_detection.cli.console import cell_error, check_own, complete_file, err, progress_bar, warn, write_error
from anomaly_detection.cli.models import read_model
from anomaly_detection.cli.row_notes import TallCells, error_line, tell_errors
from anomaly_detection.errors import ALERT, ConfigError, DataError
from anomaly_detection.features.checking import check_columns
from anomaly_detection.memory import keep_freed
from anomaly_detection.row_error import RowError, errors_beside
from anomaly_detection.schema import CONFIG, SCORED
from anomaly_detection.tables.input_table import InputTable, TableBatch
from anomaly_detection.tables.reviewed import Reviewed

if TYPE_CHECKING:
    from anomaly_detection.accelerator.model import AcceleratorModel
    from anomaly_detection.models.detector import Detector, Scored


_SHOWN_ERRORS = 3


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="INPUT…")
@click.option("--model", required=True, metavar="FOLDER", help="The folder that `train` or `convert` wrote.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False),
    required=True,
    help="One JSON line for each good row, in order; bad rows go beside it, to NAME.errors.jsonl.",
)
@click.option("--id-column", help="The column that names a row; the one of the training when absent.")
@click.option("--alpha", type=float, help="The share of normal rows to call odd; the model's own when absent.")
@click.option(
    "--explain",
    type=click.IntRange(min=0),
    default=CONFIG["explain"].default,
    show_default=True,
    help="Most reasons.",
)
@click.option("--explain-all", is_flag=True, help="Give reasons for normal rows too.")
@click.option(
    "--batch-size", type=click.IntRange(min=1), default=CONFIG["batch_size"].default, show_default=True,
    help="Rows at a time; the results do not depend on it.",
)  # fmt: skip
@click.option(
    "--ignore", type=click.Path(dir_okay=False), metavar="FILE",
    help="A CSV of odd rows that were reviewed, with the header id,column: a line names a row by its id, all rows "
    "whose first reason is a column, or both. They get a field `ignored`, and do not count as odd.",
)  # fmt: skip
@click.option(
    "--alert-above", type=click.FloatRange(0, 1, max_open=True), metavar="SHARE",
    help=f"The share of rows that may be odd; with more the exit status is {ALERT}, after all is written.",
)  # fmt: skip
def score(
    sources: tuple[str, ...],
    model: str,
    output: str,
    id_column: str | None,
    alpha: float | None,
    explain: int,
    explain_all: bool,
    batch_size: int,
    ignore: str | None,
    alert_above: float | None,
) -> None:
    """Score a table with a trained model, without a pipeline.

    INPUT is a CSV or a Parquet file (NAME.parquet), or a pattern in quotes that stands for several with the same
    columns; scored rows keep the order of the files and of the rows in them, and errors say which file a row is of.
    Input, model, output and --ignore may be at gs:// or s3://, where Google's and Amazon's clients look for logins.

    \b
      anomaly-detection score deals.csv --model model --output scored.jsonl
      anomaly-detection score 'exports/2026-*.parquet' --model model --output scored.jsonl
      anomaly-detection score 's3://bucket/deals/*.csv' --model s3://bucket/model --output s3://bucket/scored.jsonl
    """
    reviewed = Reviewed.of_file(ignore) if ignore else None
    if reviewed and reviewed.needs_reasons and not explain:
        raise ConfigError(
            f"--ignore: {ignore} names columns, which are compared with the first reason of a row; with --explain 0 "
            "there are no reasons"
        )
    with err.status("loading", spinner="dots"):
        from anomaly_detection.models import drift

        artifacts = read_model(model)
        detector = artifacts.scoring()
    keep_freed()
    table = InputTable(sources, id_column=id_column or detector.id_column, types=detector.columns)
    types = {name: "STRING" if kind == "date" else kind for name, kind in table.types.items()}
    check_columns(
        detector.features,
        types,
        id_field=table.id_column,
        where=f"{model.rstrip('/')}/model.params",
        currency=detector.currency,
    )
    detector.threshold(alpha)
    counts = Counter(read=0, scored=0, odd=0, ignored=0, errors=0)
    seen: Counter[str] = Counter()
    tall = TallCells(table.columns)
    first: list[RowError] = []
    errors_path = errors_beside(output)
    for path in (output, errors_path):
        check_own("--output", path, [*(file.path for file in table.files), ignore, *artifacts.names])
    with progress_bar(of_bytes=True) as bar, complete_file(output) as good, complete_file(errors_path) as bad:
        task = bar.add_task("scoring", total=table.size)
        for batch in table.batches(batch_size):
            found = detector.score(
                batch.columns, id_field=table.id_column, alpha=alpha, explain=explain, explain_all=explain_all
            )
            ids = batch.columns[table.id_column].take(pa.array(found.positions)).to_pylist()
            for line in scored_lines(detector, ids, found):
                if reviewed:
                    line["ignored"] = reviewed.ignores(line["id"], odd=bool(line["label"]), reasons=line["reasons"])
                    counts["ignored"] += line["ignored"]
                good.write(json.dumps(line, ensure_ascii=False) + "\n")
            errors = batch.errors + list(_score_errors(batch, found, table.id_column))
            errors.sort(key=lambda error: error.row or 0)
            for error in errors:
                write_error(bad, error)
            first += errors[: _SHOWN_ERRORS - len(first)]
            tall.add(batch)
            counts["read"] += len(batch.rows) + len(batch.errors)
            counts["scored"] += len(found.score)
            counts["odd"] += int(found.label.sum())
            counts["errors"] += len(errors)
            seen.update(drift.counts_of(found, detector.baseline, alpha=detector.alpha if alpha is None else alpha))
            bar.update(task, completed=batch.end, description=f"{counts['read']:,} rows")
    odd = counts["odd"] - counts["ignored"]
    files = f" of {len(table.files):,} files" if len(table.files) > 1 else ""
    err.print(
        f"{counts['read']:,} rows{files} read, {counts['scored']:,} scored, {odd:,} of them odd, "
        + (f"{counts['ignored']:,} more reviewed and ignored, " if reviewed else "")
        + f"{counts['errors']:,} in error"
        + ":" * bool(first),
        highlight=False,
        soft_wrap=True,
    )
    with_file = len(table.files) > 1
    tell_errors(first, with_file=with_file, more=errors_path if counts["errors"] > len(first) else None)
    tall.tell()
    drifted = drift.warnings(seen)
    told = [*(f"drift: {line}" for line in drifted), *([drift.ADVICE] if drifted else [])]
    for warning in told + (reviewed.warnings() if reviewed else []):
        warn(warning)
    err.print(f"wrote {output} and {errors_path}", highlight=False, soft_wrap=True)
    if counts["read"] and not counts["scored"]:
        raise DataError(
            f"none of the {counts['read']:,} rows could be scored; the first: "
            f"{error_line(first[0], with_file=with_file)}; all errors are in {errors_path}",
            exit_code=1,
        )
    if alert_above is not None and odd > alert_above * counts["scored"]:
        share = 100 * odd / counts["scored"]
        err.print(
            f"alert: {share:.2f}% of the scored rows are odd, more than --alert-above {alert_above:g} allows",
            soft_wrap=True,
        )
        raise click.exceptions.Exit(ALERT)


def scored_lines(detector: Detector | AcceleratorModel, ids: list[str], found: Scored) -> Iterator[dict[str, Any]]:
    """Yield the scored rows as the contract has them."""
    prediction = found.prediction
    columns = zip(
        ids,
        found.score.tolist(),
        found.label.tolist(),
        [found.threshold] * len(ids),
        found.p_value.tolist(),
        prediction.cluster.tolist(),
        prediction.membership.tolist(),
        prediction.outlier_score.tolist(),
        [detector.model_id] * len(ids),
        ([asdict(reason) for reason in reasons] for reasons in found.reasons),
        strict=True,
    )
    for values in columns:
        yield dict(zip(SCORED.names, values, strict=True))


def _score_errors(batch: TableBatch, found: Scored, id_column: str) -> Iterator[RowError]:
    for cell in found.bad:
        element = batch.columns.slice(cell.position, 1).to_pylist()[0]
        row = int(batch.rows[cell.position])
        yield cell_error(cell, element, source=batch.source, row=row, id_column=id_column, stage="score")
