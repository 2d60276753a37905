"""Files that appear under their names when they were written to the end, here and in stores.

Each is written beside its place, under a name that no other run has, so that of two runs that write the same file the
later one leaves its own, whole. What cannot be written is a `ConfigError` as long as nothing was, then a `DataError`
with exit status 1.
"""

from __future__ import annotations

import fcntl
import glob
import os
import stat
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from io import BufferedWriter, TextIOWrapper
from pathlib import Path
from typing import IO
from uuid import uuid4

from anomaly_detection.errors import AnomalyDetectionError, ConfigError, DataError
from anomaly_detection.files.stored import complete_object, is_uri


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
    with ExitStack() as parts:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            targets = [_target(folder / name) for name in contents]
            streams = []
            for target, content in zip(targets, contents.values(), strict=True):
                streams.append(parts.enter_context(_part(target)))
                begun = True
                streams[-1].write(content)
                _finish(streams[-1])
            for stream, target in zip(streams, targets, strict=True):
                Path(stream.name).replace(target)
        except OSError as error:
            raise _cannot_be_written(folder, error, begun=begun) from error


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
    with _part(target) as part:
        stream = TextIOWrapper(part, encoding="utf-8", newline="\n")
        try:
            yield stream
            stream.flush()
            _finish(part)
            Path(part.name).replace(target)
        finally:
            # What failed is told, and not that nothing more can be written.
            with suppress(OSError):
                stream.close()


def _target(path: Path) -> Path:
    """Return the file that is written, which a link stands for; raise `ConfigError` where it cannot be replaced."""
    target = Path(os.path.realpath(path))
    if os.path.exists(target) and not os.path.isfile(target):
        raise ConfigError(f"{path}: cannot be written: expected a file or nothing there, found a folder or a device")
    return target


@contextmanager
def _part(target: Path) -> Iterator[BufferedWriter]:
    """Make a file beside its target for the time of a block; those whose writers were killed are removed.

    A writer has locked its own, and the system unlocks it when the writer is gone.
    """
    for left in target.parent.glob(f"{glob.escape(target.name)}.{'[0-9a-f]' * 8}.part"):
        with suppress(OSError), open(left, "rb", opener=_not_waiting) as abandoned:
            fcntl.flock(abandoned, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if stat.S_ISREG(os.fstat(abandoned.fileno()).st_mode):
                left.unlink()
    stream = _locked(target)
    try:
        yield stream
    finally:
        with suppress(OSError):
            stream.close()
        Path(stream.name).unlink(missing_ok=True)


def _not_waiting(path: str, flags: int) -> int:
    # Somebody may have put a pipe there, or a link.
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


def _locked(target: Path) -> BufferedWriter:
    while True:
        stream = target.with_name(f"{target.name}.{uuid4().hex[:8]}.part").open("xb")
        with suppress(OSError):  # a file system without locks, where nobody removes what another one left
            fcntl.flock(stream, fcntl.LOCK_EX)
        if os.path.exists(stream.name):
            return stream
        stream.close()  # somebody has removed it before it was locked


def _finish(part: BufferedWriter) -> None:
    """Write all that is to be written; raise `OSError`."""
    part.flush()
    os.close(os.dup(part.fileno()))  # some file systems tell when a file is closed that it could not be written
