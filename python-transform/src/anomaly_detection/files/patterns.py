"""The files that a pattern stands for, here and in stores: the same ones that the pipeline's Java side finds.

`*` is any text, `?` a character, `[…]` and `[!…]` one of a set and none of it. None of them goes beyond a folder, and a
path of this machine that is there as it is written is no pattern. What is in the way is told and never passed over.
"""

from __future__ import annotations

import os
import re
import stat
from fnmatch import fnmatchcase

from anomaly_detection.errors import DataError
from anomaly_detection.files.stored import find_objects, is_uri

_WILDCARD = re.compile(r"[*?\[{]")
_SET = r"\[(?:[^]/!][^]/]*|![^]/]+)\]"
_UNKNOWN = re.compile(rf"{_SET}|(\*\*|[\[{{\\])")


def match_files(pattern: str) -> list[str]:
    """Return the files of a pattern in the order of their names, or a path without wildcards as it is.

    Raises:
        DataError: the pattern stands for no file or for what is none, a folder cannot be read, or other wildcards are
            in it.
    """
    if not _WILDCARD.search(pattern) or (not is_uri(pattern) and os.path.exists(pattern)):
        return [pattern]
    unknown = next(filter(None, (found[1] for found in _UNKNOWN.finditer(pattern))), None)
    if unknown:
        raise DataError(f"{pattern}: expected no wildcards but *, ? and […], found {unknown}")
    try:
        found = _stored(pattern) if is_uri(pattern) else _local(pattern)
    except OSError as error:
        raise DataError(f"{error.filename or pattern} cannot be read: {error.strerror}") from error
    if not found:
        raise DataError(f"{pattern}: expected files, found none")
    return sorted(found)


def _stored(pattern: str) -> list[str]:
    # Beam's Python and its Java read sets differently, and `?`: they find more, of which these are taken.
    names = pattern.split("/")
    found = (uri.split("/") for uri in find_objects(re.sub(_SET, "?", pattern)))
    return ["/".join(parts) for parts in found if len(parts) == len(names) and all(map(fnmatchcase, parts, names))]


def _local(pattern: str) -> list[str]:
    """Go down from folder to folder, by one part of the pattern at a time."""
    paths = ["/" if pattern.startswith("/") else ""]
    for name in filter(None, pattern.split("/")):
        paths = [path for folder in paths if stat.S_ISDIR(_mode(folder or ".")) for path in _within(folder, name)]
    return [path for path in paths if _is_file(path)]


def _within(folder: str, name: str) -> list[str]:
    """Return what has such a name in a folder."""
    if _WILDCARD.search(name):
        with os.scandir(folder or ".") as entries:
            return [os.path.join(folder, entry.name) for entry in entries if fnmatchcase(entry.name, name)]
    path = os.path.join(folder, name)
    try:
        os.lstat(path)
    except FileNotFoundError:
        return []
    return [path]


def _is_file(path: str) -> bool:
    mode = _mode(path)
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise DataError(f"{path}: expected a file, found what is neither a file nor a folder")
    return stat.S_ISREG(mode)


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError as error:
        raise DataError(f"{path}: expected a file or a folder, found a link to nothing") from error
