"""What the commands say of the rows they read: which are bad, and where a quote may not be closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from anomaly_detection.cli.console import err, warn
from anomaly_detection.row_error import RowError
from anomaly_detection.tables.input_table import TableBatch
from anomaly_detection.tables.records import MOST_LINE_BREAKS, TallCell

_WIDTH = 200
_FILES = 3


def error_line(error: RowError, *, with_file: bool) -> str:
    """Return what is wrong with which row, in one line that is not too long."""
    text = " ".join(error.error[:_WIDTH].splitlines()) + "…" * (len(error.error) > _WIDTH)
    return f"{error.source}, row {error.row}: {text}" if with_file else f"row {error.row}: {text}"


def tell_errors(errors: Sequence[RowError], *, with_file: bool, more: str | None) -> None:
    """Print bad rows below a line that counts them; `more` says where all are, None if these are all."""
    for error in errors:
        err.print(f"  {error_line(error, with_file=with_file)}", soft_wrap=True)
    if more is not None:
        err.print(f"  … {more}", soft_wrap=True)


class TallCells:
    """The cells whose many line breaks may be those of records between two stray quotes: the first of each file."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._first: dict[str, TallCell] = {}
        self._counts: Counter[str] = Counter()

    def add(self, batch: TableBatch) -> None:
        """Take those of a batch, which is behind those of its file that were taken before."""
        for cell in batch.tall:
            self._first.setdefault(batch.source, cell)
            self._counts[batch.source] += 1

    def tell(self) -> None:
        """Print a warning for each of the first files, and how many other cells and files there are."""
        for source, cell in list(self._first.items())[:_FILES]:
            named = cell.position < len(self._columns)
            column = f"column {self._columns[cell.position]}" if named else f"cell {cell.position + 1}"
            others = self._counts[source] - 1
            warn(
                f"{source}, record {cell.record}: {column} holds {cell.line_breaks:,} line breaks; "
                "is a quote not closed?"
                + (f" Other cells of the file with more than {MOST_LINE_BREAKS}: {others:,}" if others else "")
            )
        if len(self._first) > _FILES:
            warn(f"{len(self._first) - _FILES:,} more files have cells of more than {MOST_LINE_BREAKS} line breaks")
