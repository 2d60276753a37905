"""What the commands share: progress on standard error, results on standard output."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from anomaly_detection.checking import BadCell
from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.row_error import RowError, element_json, message

# Names and paths are shown as they are: [x] and :x: mean nothing in them.
err = Console(stderr=True, markup=False, emoji=False, highlight=False)
out = Console(markup=False, emoji=False, highlight=False)


def progress_bar() -> Progress:
    """Return a progress display for a terminal; where there is none it stays silent."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )


def print_table(table: Table) -> None:
    """Print a table on standard output, in a pipe or a file as wide as its cells."""
    if out.is_terminal:
        out.print(table)
        return
    wide = Console(markup=False, emoji=False, highlight=False, width=10_000)
    wide.width = max(Measurement.get(wide, wide.options, table).maximum, 1)
    wide.print(table)


@contextmanager
def complete_file(path: Path) -> Iterator[IO[str]]:
    """Open a text file that appears under its name only when it was written to the end."""
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path}: cannot be written: expected a file or nothing there, found a folder or a device")
    target = path.resolve()
    part = target.with_name(target.name + ".part")
    try:
        stream = part.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with stream:
            yield stream
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DataError(f"{path}: cannot be written: {error.strerror}", exit_code=1) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def check_folder(path: Path) -> None:
    """Raise `ConfigError` if a folder can neither be written nor made, before hours are spent on its content."""
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        found = "a folder without permission to write" if there.is_dir() else "a file"
        raise ConfigError(f"{path}: cannot be written: expected a folder, found {found} at {there}")


def write_error(stream: IO[str], error: RowError) -> None:
    """Write a bad row as one line of JSON."""
    stream.write(json.dumps(error.as_dict(), ensure_ascii=False) + "\n")


def cell_error(
    cell: BadCell, element: Mapping[str, Any], *, source: Path, row: int, id_column: str, stage: str
) -> RowError:
    """Return what is told of a row with a bad cell; `row` is its record number."""
    return RowError(
        source=str(source),
        row=row,
        id=element[id_column],
        column=cell.column,
        expected=cell.expected,
        found=cell.found,
        error=message(cell.column, cell.expected, cell.found),
        stage=stage,
        element=element_json(element),
    )
