"""`anomaly-detection report`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from anomaly_detection.cli.console import LocalPath, check_own, complete_file, err, progress_bar, warn


@click.command()
@click.argument("scored", nargs=-1, required=True, metavar="OUT.jsonl…|FOLDER", type=LocalPath(path_type=Path))
@click.option(
    "--input", "inputs", multiple=True, metavar="INPUT",
    help="The file or pattern that `score` scored, for the columns that its output does not hold; one for each scored "
    "file, or all of a single one.",
)  # fmt: skip
@click.option("--id-column", help="The column of INPUT that names a row; Id when absent.")
@click.option(
    "--output", type=LocalPath(path_type=Path, dir_okay=False), required=True, help="The page to write, as HTML."
)
@click.option("--alpha", type=float, help="The alpha of the scoring, to be shown; a range of it when absent.")
@click.option(
    "--rows", type=click.IntRange(1, 10_000), default=2000, show_default=True,
    help="Most rows in the list, the oddest; the charts count all.",
)  # fmt: skip
@click.option(
    "--ignore", type=click.Path(dir_okay=False), metavar="FILE",
    help="A CSV of odd rows that were reviewed, as `score` takes it, to mark rows that were scored without it.",
)  # fmt: skip
def report(
    scored: tuple[Path, ...],
    inputs: tuple[str, ...],
    id_column: str | None,
    output: Path,
    alpha: float | None,
    rows: int,
    ignore: str | None,
) -> None:
    """Make one page of what a scoring found, to be read in a browser, without a network.

    Takes files of `score` or the folder of a pipeline's run, of any of its formats; the errors files beside them are
    found by name. The pipeline's files hold the columns of the data; those of `score` need `--input`, whose records
    are put beside the scored rows in their order. Rows with the same id stay rows of their own.
    """
    from anomaly_detection.files.patterns import match_files
    from anomaly_detection.report import Summary, find_files, render
    from anomaly_detection.report.join import joined_rows
    from anomaly_detection.report.read import error_lines
    from anomaly_detection.tables.reviewed import Reviewed

    reviewed = Reviewed.of_file(ignore) if ignore else None
    files = find_files(scored, inputs=inputs)
    for file in files:
        sources = [path for source in file.sources for path in match_files(str(source))]
        check_own("--output", output, [file.path, *file.errors, *sources, ignore])
    summary = Summary(most=rows, alpha=alpha)
    with progress_bar() as bar, complete_file(output) as page:
        task = bar.add_task("reading", total=None)
        for file in files:
            summary.files.append(file.path.name)
            for row in joined_rows(file, id_column=id_column):
                if reviewed and reviewed.ignores(row.id, odd=row.odd, reasons=row.reasons):
                    row = replace(row, ignored=True)
                summary.add(row)
                if summary.rows % 1000 == 0:
                    bar.update(task, completed=summary.rows)
            for errors in file.errors:
                summary.errors = summary.errors or 0
                for line in error_lines(errors):
                    summary.add_error(line)
        page.write(render(summary))
    for warning in reviewed.warnings() if reviewed else []:
        warn(warning)
    err.print(f"{summary.rows:,} scored rows, {summary.odd:,} of them odd", highlight=False)
    err.print(f"wrote {output}", highlight=False, soft_wrap=True)
