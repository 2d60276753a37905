"""Files that appear under their names when they were written to the end, here and in stores.

Each is written beside its place, under a name that no other run has, so that of two runs that write the same file the
later one leaves its own, whole. What cannot be written is a `ConfigError` as long as nothing was, then a `DataError`
with exit status 1.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

from anomaly_detection.errors import AnomalyDetectionError, ConfigError, DataError
from anomaly_detection.stored import complete_object, is_uri


@dataclass(frozen=True)
class Sink:
    """A text that is being written, and names its path where it cannot be, whatever else is written meanwhile."""

    path: Path | str
    stream: IO[str]

    def write(self, text: str) -> None:
        """Write a text; raise `DataError`."""
        try:
            self.stream.write(text)
        except OSError as error:
            raise _cannot_be_written(self.path, error, begun=True) from error


@contextmanager
def complete_file(path: Path | str, *, warn: Callable[[str], None] = warnings.warn) -> Iterator[Sink]:
    """Open a text file, here or in a store, for the time of a block; it is not there if the block fails.

    `warn` is told what stays in a store. An `OSError` of the block is not this file's, and passes.
    """
    begun, failed = False, None
    try:
        with complete_object(str(path), warn) if is_uri(path) else _complete_local(Path(path)) as stream:
            begun = True
            try:
                yield Sink(path, stream)
            except OSError as error:
                failed = error
                raise
    except OSError as error:
        if error is failed:
            raise
        raise _cannot_be_written(path, error, begun=begun) from error


def replace_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files of a local folder, which is made if it is not there, and give them their names when all are written.

    They get them in their order: while an earlier one is new and the last is not, the files are of no use together.
    """
    begun = False
    parts: dict[Path, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        parts = {_part(target): target for target in (_target(folder / name) for name in contents)}
        for part, content in zip(parts, contents.values(), strict=True):
            with part.open("xb") as stream:
                begun = True
                stream.write(content)
        for part, target in parts.items():
            part.replace(target)
    except OSError as error:
        raise _cannot_be_written(folder, error, begun=begun) from error
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


@contextmanager
def blaming(path: Path | str) -> Iterator[None]:
    """Raise what fails in a block that has begun to write as a `DataError` that names the path."""
    try:
        yield
    except OSError as error:
        raise _cannot_be_written(path, error, begun=True) from error


def _cannot_be_written(path: Path | str, error: OSError, *, begun: bool) -> AnomalyDetectionError:
    message = f"{path}: cannot be written: {error.strerror or error}"
    return DataError(message, exit_code=1) if begun else ConfigError(message)


@contextmanager
def _complete_local(path: Path) -> Iterator[IO[str]]:
    target = _target(path)
    part = _part(target)
    stream = part.open("x", encoding="utf-8", newline="\n")
    try:
        yield stream
        stream.close()
        part.replace(target)
    finally:
        # What failed is told, and not that nothing more can be written.
        with suppress(OSError):
            stream.close()
        part.unlink(missing_ok=True)


def _target(path: Path) -> Path:
    """Return the file that is written, which a link stands for; raise `ConfigError` where it cannot be replaced."""
    target = Path(os.path.realpath(path))
    if os.path.exists(target) and not os.path.isfile(target):
        raise ConfigError(f"{path}: cannot be written: expected a file or nothing there, found a folder or a device")
    return target


def _part(target: Path) -> Path:
    return target.with_name(f"{target.name}.{uuid4().hex[:8]}.part")
