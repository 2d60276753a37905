"""What the commands share: progress on standard error, results on standard output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from anomaly_detection.errors import ConfigError
from anomaly_detection.row_error import RowError

err = Console(stderr=True)
out = Console()


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


@contextmanager
def complete_file(path: Path) -> Iterator[IO[str]]:
    """Open a text file that appears under its name only when it was written to the end."""
    part = path.with_name(path.name + ".part")
    try:
        stream = part.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with stream:
            yield stream
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_error(stream: IO[str], error: RowError) -> None:
    """Write a bad row as one line of JSON."""
    stream.write(json.dumps(error.as_dict(), ensure_ascii=False) + "\n")
