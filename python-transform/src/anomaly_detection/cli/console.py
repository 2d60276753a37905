"""What the commands share: progress on standard error, results on standard output."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
from rich.console import Console
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    DownloadColumn,
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
from anomaly_detection.stored import complete_object, is_uri, place_of

# Names and paths are shown as they are: [x] and :x: mean nothing in them.
err = Console(stderr=True, markup=False, emoji=False, highlight=False)
out = Console(markup=False, emoji=False, highlight=False)


def progress_bar(*, of_bytes: bool = False) -> Progress:
    """Return a progress display for a terminal; where there is none it stays silent."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn() if of_bytes else MofNCompleteColumn(),
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


def warn(text: str) -> None:
    """Print a warning."""
    err.print(f"warning: {text}", highlight=False, soft_wrap=True)


def check_own(option: str, path: Path | str, read: Iterable[Path | str | None]) -> None:
    """Raise `ConfigError` if a file that is to be written is one of those that are read; None stands for none."""
    for one in read:
        if one is not None and place_of(one) == place_of(path):
            raise ConfigError(f"{option}: expected a file of its own, found {path}, which is read as {one}")


@contextmanager
def complete_file(path: Path | str) -> Iterator[IO[str]]:
    """Open a text file, here or in a store, that appears under its name only when it was written to the end."""
    begun = False
    try:
        with complete_object(str(path), warn) if is_uri(path) else _complete_local(Path(path)) as stream:
            begun = True
            yield stream
    except OSError as error:
        message = f"{path}: cannot be written: {error.strerror}"
        raise (DataError(message, exit_code=1) if begun else ConfigError(message)) from error


@contextmanager
def _complete_local(path: Path) -> Iterator[IO[str]]:
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path}: cannot be written: expected a file or nothing there, found a folder or a device")
    target = path.resolve()
    part = target.with_name(target.name + ".part")
    stream = part.open("w", encoding="utf-8", newline="\n")
    try:
        with stream:
            yield stream
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


class LocalPath(click.Path):
    """A path of this machine: of an option that takes no URI, which would else become the name of a folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a URI."""
        if is_uri(value):
            self.fail(f"expected a path of this machine, found {value}", param, ctx)
        return super().convert(value, param, ctx)


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
    cell: BadCell, element: Mapping[str, Any], *, source: str, row: int, id_column: str, stage: str
) -> RowError:
    """Return what is told of a row with a bad cell; `row` is its record number."""
    return RowError(
        source=source,
        row=row,
        id=element[id_column],
        column=cell.column,
        expected=cell.expected,
        found=cell.found,
        error=message(cell.column, cell.expected, cell.found),
        stage=stage,
        element=element_json(element),
    )
