"""Runs `unpickling` in a process that is given a pickle and nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Literal

from anomaly_detection.accelerator.unpickling import FAILED
from anomaly_detection.errors import ConfigError, ModelError

LARGEST = 2**30
"""Bytes of a result; models are a few megabytes."""

SECONDS = 120.0

_PROGRAM = """
import sys
sys.path[:] = {path}
from anomaly_detection.accelerator.unpickling import main
main({what!r})
"""


def unpickle(path: Path, what: Literal["model", "params"]) -> bytes:
    """Return an npz of the arrays of a pickled HDBSCAN, or the JSON of pickled parameters.

    What comes back is not checked: whoever wrote the pickle may have written it. Raises `ModelError` that names
    the file where it is not such a pickle.
    """
    if not os.path.isfile(path):
        raise ModelError(f"{path}: expected a file, found none that can be read")
    program = _PROGRAM.format(path=json.dumps([str(Path(entry).absolute()) for entry in sys.path if entry]), what=what)
    try:
        with path.open("rb") as stream, tempfile.TemporaryDirectory() as folder:
            return _run(program, stream.fileno(), folder, path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error


def _run(program: str, stdin: int, folder: str, path: Path) -> bytes:
    process = subprocess.Popen(
        # -I: neither the environment nor the user's site decides what is imported.
        [sys.executable, "-I", "-B", "-c", program],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101
    late = threading.Timer(SECONDS, _kill, (process,))
    late.start()
    try:
        content = process.stdout.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ModelError(f"{path}: expected a pickle of at most {LARGEST:,} bytes, found more in it")
        status = process.wait()
    finally:
        late.cancel()
        _kill(process)
        process.wait()
        process.stdout.close()
    if status == FAILED:
        told = "".join(c if c.isprintable() else " " for c in content.decode("utf-8", "replace"))
        raise ModelError(f"{path}: not a pickle of the accelerator: {told:.300}")
    if status != 0:
        raise ModelError(f"{path}: not a pickle of the accelerator: the process that read it ended with {status}")
    return content


def _kill(process: subprocess.Popen[bytes]) -> None:
    # With whatever it has started: it leads a session of its own.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def check_allowed(allowed: bool, paths: list[Path]) -> None:
    """Raise `ConfigError` that says why unless pickles may be read."""
    if not allowed:
        raise ConfigError(
            f"{' and '.join(map(str, paths))}: pickles, which can run any code while they are read; if you trust "
            "whoever made them, convert them once with --allow-pickle, in a process of its own"
        )
