"""What the commands share: progress on standard error, results on standard output."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

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
from rich.text import Text

from anomaly_detection.cli.terminal import printable
from anomaly_detection.errors import ConfigError
from anomaly_detection.features.checking import BadCell
from anomaly_detection.files import complete_files
from anomaly_detection.files.complete_files import Sink
from anomaly_detection.files.stored import is_uri, place_of
from anomaly_detection.row_error import RowError, element_json, message


class _Console(Console):
    """Shows texts of the data, and does not obey them."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Render a text, alone or in a table."""
        return super().render_str(printable(text), **options)


# Names and paths are shown as they are: [x] and :x: mean nothing in them.
err = _Console(stderr=True, markup=False, emoji=False, highlight=False)
out = _Console(markup=False, emoji=False, highlight=False)


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
    wide = _Console(markup=False, emoji=False, highlight=False, width=10_000)
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


def check_own_model(folder: Path, read: Iterable[Path | str | None]) -> None:
    """Raise `ConfigError` if a model that is to be written into a folder would take the place of what is read."""
    from anomaly_detection.models.artifacts import NAMES

    written = {place_of(folder / name): folder / name for name in NAMES}
    for one in read:
        if one is not None and place_of(one) in written:
            path = written[place_of(one)]
            raise ConfigError(f"--output: expected another folder than that of {path}, which is read as {one}")


def complete_file(path: Path | str) -> AbstractContextManager[Sink]:
    """Open a text file, here or in a store, that appears under its name only when it was written to the end."""
    return complete_files.complete_file(path, warn=warn)


class LocalPath(click.Path):
    """A path of this machine: of an option that takes no URI, which would else become the name of a folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a URI."""
        if is_uri(value):
            self.fail(f"expected a path of this machine, found {value}", param, ctx)
        return super().convert(value, param, ctx)


def check_folder(path: Path) -> None:
    """Raise `ConfigError` if a folder can neither be written nor made, before hours are spent on its content."""
    for there in (path, *path.absolute().parents):
        try:
            is_folder = stat.S_ISDIR(there.stat().st_mode)
            break
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
    if not is_folder or not os.access(there, os.W_OK | os.X_OK):
        found = "a folder without permission to write" if is_folder else "a file"
        raise ConfigError(f"{path}: cannot be written: expected a folder, found {found} at {there}")


def write_error(stream: Sink, error: RowError) -> None:
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
