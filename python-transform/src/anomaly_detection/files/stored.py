"""Files of this machine, opened as ever, and those of object stores, by their URIs and through Beam.

The clients of stores raise what they like: all of it becomes an `OSError` whose `strerror` is one line. Beam is
imported when the first URI comes.
"""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import EIO, ENOENT
from functools import cache
from pathlib import Path
from typing import IO, Any, BinaryIO
from uuid import uuid4

from anomaly_detection.errors import first_line
from anomaly_detection.importing import importing

_SCHEME = re.compile(r"([a-zA-Z][-a-zA-Z0-9+.]*)://")
_SCHEMES = ("gs", "s3")
_BUFFER = 2**20
_importing = threading.Lock()


def is_uri(path: Path | str) -> bool:
    """Tell whether a path is that of a store, such as `gs://bucket/name`.

    >>> is_uri("s3://bucket/a.csv"), is_uri("./s3/a.csv"), is_uri("C:/a.csv")
    (True, False, False)
    """
    return isinstance(path, str) and _SCHEME.match(path) is not None


def place_of(path: Path | str) -> str:
    """Return what two paths of one file have in common."""
    return str(path) if is_uri(path) else os.path.realpath(path)


def open_input(path: Path | str) -> BinaryIO:
    """Open a file to read it in any order; raise `OSError`."""
    if not is_uri(path):
        return open(path, "rb")
    return io.BufferedReader(_Object(str(path)), _BUFFER)


def open_text(path: Path | str, *, errors: str = "strict") -> io.TextIOWrapper:
    """Open a text in UTF-8, with or without a byte order mark, its ends of lines as they are; raise `OSError`."""
    return io.TextIOWrapper(open_input(path), encoding="utf-8-sig", errors=errors, newline="")


def find_objects(pattern: str) -> list[str]:
    """Return the objects that a pattern stands for, in any order; raise `OSError`."""
    with _plain(pattern):
        (found,) = _store(pattern).match([pattern])
    # What ends with a slash stands for a folder.
    return [one.path for one in found.metadata_list if not one.path.endswith("/")]


@contextmanager
def complete_object(uri: str, warn: Callable[[str], None]) -> Iterator[IO[str]]:
    """Open a text for an object that appears when it was written to the end, in one step and in place of another.

    A store cannot rename: it is written under a name beside its own, copied by the store, and removed there, or
    `warn` is told what stays. Raises `OSError`, at the beginning where the store cannot be written to.
    """
    store, part = _store(uri), f"{uri}.{uuid4().hex}.part"
    with _plain(uri):
        _write(store, part, b"\n")
    raw = _NewObject(store, part)
    text = io.TextIOWrapper(io.BufferedWriter(raw, _BUFFER), encoding="utf-8", newline="\n")
    try:
        yield text
        with _plain(uri):
            text.close()
            if raw.length:
                _copy(store, part, uri)
            else:
                _write(store, uri, b"")
    finally:
        # What was begun is ended, so that nobody does so later, and removed.
        with suppress(Exception):
            text.close()
        try:
            with _plain(part):
                store.delete([part])
        except OSError as error:
            warn(f"{part} stays there and cannot be removed: {error.strerror}; remove it, as patterns may find it")


def _copy(store: Any, source: str, target: str) -> None:
    # Some file systems raise what goes wrong, others return it.
    for *_, error in store.copy([source], [target]) or []:
        if error is not None:
            raise error


def _write(store: Any, uri: str, content: bytes) -> None:
    if not content and store.scheme() == "s3":
        # Beam uploads in parts, of which S3 wants one at the least.
        from apache_beam.io.aws.s3io import S3IO, parse_s3_path

        bucket, key = parse_s3_path(uri)
        S3IO(options=_options()).client.client.put_object(Bucket=bucket, Key=key, Body=content)
        return
    with _create(store, uri) as stream:
        stream.write(content)


def _create(store: Any, uri: str) -> Any:
    from apache_beam.io.filesystem import CompressionTypes

    return store.create(uri, compression_type=CompressionTypes.UNCOMPRESSED)


class _NewObject(io.RawIOBase):
    """An object that is begun when its first bytes come; `length` counts them."""

    def __init__(self, store: Any, uri: str) -> None:
        self.length = 0
        self._store, self._uri = store, uri
        self._stream: Any = None

    def writable(self) -> bool:
        """Return true."""
        return True

    def write(self, content: Any) -> int:
        """Write all bytes."""
        with _plain(self._uri):
            if self._stream is None:
                self._stream = _create(self._store, self._uri)
            self._stream.write(content)
        self.length += len(content)
        return len(content)

    def close(self) -> None:
        """End the object."""
        if not self.closed:
            super().close()
            if self._stream is not None:
                with _plain(self._uri):
                    self._stream.close()


class _Object(io.RawIOBase):
    """An object's bytes, fetched as they are asked for: by several requests, between which it may be replaced.

    Who reads to its end gets an `OSError` there if it is another one by then.
    """

    def __init__(self, uri: str) -> None:
        from apache_beam.io.filesystem import CompressionTypes

        self._uri = uri
        store = self._store = _store(uri)
        try:
            self._checksum = store.checksum(uri)
            stream = store.open(uri, compression_type=CompressionTypes.UNCOMPRESSED)
        except Exception as error:
            with _plain(uri):
                if not store.exists(uri):
                    raise FileNotFoundError(ENOENT, "there is no such file", uri) from error
                raise
        # The buffer of 16 MiB that Beam puts before S3 would be filled for a header; it closes what is behind it.
        self._opened, self._stream = stream, getattr(stream, "raw", stream)

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes, none at the end."""
        with _plain(self._uri):
            content = self._stream.read(len(buffer))
            if not content and len(buffer) and self._store.checksum(self._uri) != self._checksum:
                raise OSError(EIO, "it was changed while it was read", self._uri)
        buffer[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        with _plain(self._uri):
            place: int = self._stream.seek(offset, whence)
        return place

    def tell(self) -> int:
        """Return the place."""
        place: int = self._stream.tell()
        return place

    def close(self) -> None:
        """Give up the connection."""
        if not self.closed:
            super().close()
            with _plain(self._uri):
                self._opened.close()


@cache
def _options() -> Any:
    from apache_beam.options.pipeline_options import PipelineOptions

    return PipelineOptions([])


def _store(uri: str) -> Any:
    """Return Beam's file system of a URI; logins come from where its clients look for them."""
    scheme = uri.partition("://")[0]
    with _importing:
        kind = _kinds().get(scheme)
    if kind is None:
        raise OSError(EIO, f"expected a path of this machine, gs:// or s3://, found {scheme}://", uri)
    return kind(_options())


@cache
def _kinds() -> dict[str, Any]:
    """Return the file systems of Beam that need nothing but a URI, by their schemes."""
    with importing():
        from apache_beam.io import filesystems  # noqa: F401 - it imports them
        from apache_beam.io.filesystem import FileSystem

    return {kind.scheme(): kind for kind in FileSystem.get_all_subclasses() if kind.scheme() in _SCHEMES}


@contextmanager
def _plain(uri: str) -> Iterator[None]:
    """Raise what a store's client raises as an `OSError` that says what is wrong, and nothing of Beam."""
    try:
        yield
    except FileNotFoundError as error:
        if error.strerror is None:
            raise FileNotFoundError(ENOENT, first_line(error), uri) from error
        raise
    except Exception as error:
        own: BaseException = error
        while details := getattr(own, "exception_details", None):
            own = next(iter(details.values()))
        if isinstance(own, OSError) and own.strerror:
            raise OSError(own.errno, own.strerror, uri) from error
        raise OSError(EIO, _said(own), uri) from error


def _said(error: BaseException) -> str:
    """Return one line, also of those whose message stands in a tuple with a status or more."""
    if len(error.args) > 1 and type(error).__str__ is BaseException.__str__:
        return first_line(Exception(getattr(error, "message", None) or " ".join(map(str, error.args))))
    return first_line(error)
