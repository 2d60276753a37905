"""Which files a report is made from: a run's folder, or the files themselves, with the errors beside them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.files.stored import place_of
from anomaly_detection.report.rows import READERS
from anomaly_detection.row_error import errors_beside
from anomaly_detection.tables.table_files import Source

_SHARD = re.compile(r"(?P<run>.*)-(?P<number>\d{5,})-of-(?P<count>\d{5,})\.\w+")


@dataclass(frozen=True, kw_only=True)
class ScoredFile:
    """A file of scored rows; its errors; the inputs it was scored from, where its lines hold no columns of them."""

    path: Path
    errors: tuple[Path, ...] = ()
    sources: tuple[Source, ...] = ()


def find_files(paths: Sequence[Path], *, inputs: Sequence[Source] = ()) -> list[ScoredFile]:
    """Return the scored files that are named, or that are in the folders named, each with its files of errors.

    There is one input for each scored file, which may be a pattern, or all inputs are those of the only one.

    The errors of `scored-….jsonl` are in `errors-….jsonl`, and so with `.csv` and `.parquet`; `errors_beside` has those
    of other files. A run has as many files of errors as it happens to have: all of them, and all of a folder, are those
    of its first file of scored rows.

    Raises:
        DataError: there is no such file, or a shard of a run is missing.
        ConfigError: a file is named twice, or the inputs are not as many as the files.
    """
    found: list[ScoredFile] = []
    for path in paths:
        found += _in_folder(path) if os.path.isdir(path) else [ScoredFile(path=path, errors=_errors(path))]
    seen: set[str] = set()
    for path in (file.path for file in found):
        place = place_of(path)
        if place in seen:
            raise ConfigError(f"{path}: expected every file once, found it twice; its rows would be counted twice")
        seen.add(place)
        if not os.path.isfile(path):
            raise DataError(
                f"{path}: expected a file of scored rows or a run's folder, found nothing there that can be read"
            )
        if path.stem.endswith(".errors") or path.name.startswith("errors-"):
            raise ConfigError(f"{path}: expected scored rows, found a file of errors; name the scored file beside it")
    if len(found) == 1:
        return [replace(found[0], sources=tuple(inputs))]
    if inputs and len(inputs) != len(found):
        raise ConfigError(
            f"--input: expected one for each of the {len(found)} scored files, in their order, found {len(inputs)}"
        )
    return [replace(file, sources=tuple(inputs[i : i + 1])) for i, file in enumerate(found)]


def _in_folder(folder: Path) -> list[ScoredFile]:
    """Return the scored files of a folder, the first with all files of errors: a window may have no other file."""
    scored, errors = (
        sorted(path for path in folder.glob(f"{kind}-*") if path.suffix in READERS) for kind in ("scored", "errors")
    )
    formats = sorted({path.suffix for path in scored + errors})
    if not scored or len(formats) > 1:
        raise DataError(
            f"{folder}: expected files named scored-*{' or scored-*'.join(READERS)}, and errors-* of the same format, "
            f"found {' and '.join(formats) if scored else 'none'}; name the folder that a run wrote"
        )
    runs: dict[str, dict[str, set[int]]] = {}
    for path in scored + errors:
        if match := _SHARD.fullmatch(path.name):
            runs.setdefault(match["run"], {}).setdefault(match["count"], set()).add(int(match["number"]))
    for run, counts in runs.items():
        if len(counts) > 1:
            raise DataError(
                f"{folder}: expected the files of one run, found {run}-* of {' and of '.join(sorted(counts))}; "
                "remove those of the other run"
            )
        for count, numbers in counts.items():
            if missing := sorted(set(range(int(count))) - numbers):
                raise DataError(
                    f"{folder}: expected all {int(count)} files {run}-*-of-{count}{formats[0]}, found {len(numbers)}; "
                    f"the first that is missing is number {missing[0]:05d}"
                )
    return [ScoredFile(path=path, errors=() if i else tuple(errors)) for i, path in enumerate(scored)]


def _errors(path: Path) -> tuple[Path, ...]:
    """Return the errors of a file that is named: those of its window too, and of rows of it that came late."""
    found = [path.with_name(errors_beside(path.name))]
    shard = _SHARD.fullmatch(path.name)
    if path.name.startswith("scored") and shard and int(shard["number"]) == 0:
        run = "errors" + shard["run"].removeprefix("scored")
        for other in sorted(path.parent.glob(f"errors*{path.suffix}")):
            match = _SHARD.fullmatch(other.name)
            if (match and match["run"] == run) or other.name.startswith(f"{run}-late-"):
                found.append(other)
    elif path.name.startswith("scored-") and not shard:
        found.append(path.with_name("errors-" + path.name.removeprefix("scored-")))
    return tuple(file for file in found if os.path.isfile(file))
