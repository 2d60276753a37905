"""Rows into files, chunk after chunk: memory does not depend on how many rows there are."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from anomaly_detection.errors import ConfigError
from anomaly_detection.files.complete_files import complete_file
from anomaly_detection.files.stored import place_of
from anomaly_detection.generate.csv_lines import csv_lines
from anomaly_detection.generate.ids import MOST_ROWS
from anomaly_detection.generate.injection import LABEL_COLUMNS, MOST_ANOMALIES, inject
from anomaly_detection.generate.rows import CHUNK_ROWS, chunk
from anomaly_detection.schema import INPUT

COLUMNS = tuple(field.name for field in INPUT.fields if field.name not in {other.currency for other in INPUT.fields})
"""The columns of an org of one currency, which has none that says so."""


def write_opportunities(
    output: Path,
    *,
    rows: int,
    seed: int = 0,
    anomalies: float = 0.0,
    labels: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write made-up opportunities as CSV, under the columns of the contract that an org of one currency has.

    The same arguments give the same bytes, and more rows begin with the same bytes as fewer. The files appear
    under their names when they are complete.

    Args:
        output: where the opportunities go.
        rows: how many.
        seed: which ones; the org that they are of is always the same.
        anomalies: the share of rows with an error, from 0 to 0.5.
        labels: where the errors are listed, one line each: `Id,kind,column,original`. The columns of an error
            in several are joined by `|`, their originals are then a JSON list.
        progress: called after each chunk with the number of rows written so far.

    Raises:
        ConfigError: an argument has a value that cannot be used, or a file cannot be begun.
        DataError: a file cannot be written to its end.
    """
    _check(output, rows=rows, seed=seed, anomalies=anomalies, labels=labels)
    no_labels = nullcontext(_Nowhere())
    with complete_file(output) as rows_file, complete_file(labels) if labels else no_labels as labels_file:
        labels_csv = csv.writer(labels_file, lineterminator="\n")
        rows_file.write(csv_lines([[name] for name in COLUMNS]))
        labels_csv.writerow(LABEL_COLUMNS)
        for index, first in enumerate(range(0, rows, CHUNK_ROWS)):
            count = min(CHUNK_ROWS, rows - first)
            injected = inject(chunk(seed, index), seed=seed, index=index, share=anomalies)
            columns = [injected.cells[column][:count] for column in COLUMNS]
            rows_file.write(csv_lines(columns))
            labels_csv.writerows(label.cells for label in injected.labels if label.row < count)
            if progress is not None:
                progress(first + count)


def _check(output: Path, *, rows: int, seed: int, anomalies: float, labels: Path | None) -> None:
    if not 1 <= rows <= MOST_ROWS:
        raise ConfigError(f"rows: expected 1 to {MOST_ROWS}, found {rows}")
    if seed < 0:
        raise ConfigError(f"seed: expected 0 or more, found {seed}")
    if not 0.0 <= anomalies <= MOST_ANOMALIES:
        raise ConfigError(f"anomalies: expected a share from 0 to {MOST_ANOMALIES}, found {anomalies}")
    if labels is not None and anomalies == 0.0:
        raise ConfigError(f"labels: expected none without errors, found {labels}; give a share of anomalies too")
    if labels is not None and place_of(labels) == place_of(output):
        raise ConfigError(f"labels: expected another file than the output, found {labels} for both")


class _Nowhere:
    def write(self, text: str) -> None:
        pass
