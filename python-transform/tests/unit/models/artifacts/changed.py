"""Models whose files were changed, and what is said of them."""

from __future__ import annotations

import io
import os
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from anomaly_detection.errors import ModelError
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS, Artifacts

FILES = (ENCODER, MODEL, PARAMS)


Reseal = Callable[..., Artifacts]


Edit = Callable[[dict[str, Any]], None]


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


def npz(arrays: dict[str, Any], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, array in arrays.items():
            content = array
            if not isinstance(array, bytes):
                stream = io.BytesIO()
                np.save(stream, array, allow_pickle=True)
                content = stream.getvalue()
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def saved(state: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def state_of(artifacts: Artifacts) -> dict[str, torch.Tensor]:
    return torch.load(io.BytesIO(artifacts.encoder), weights_only=True)


def pickle_of(encoder: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(encoder)) as archive:
        return archive.read("archive/data.pkl")


def with_pickle(encoder: bytes, pickled: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(encoder)) as before, zipfile.ZipFile(buffer, "w") as after:
        for name in before.namelist():
            after.writestr(name, pickled if name == "archive/data.pkl" else before.read(name))
    return buffer.getvalue()


def refused(artifacts: Artifacts, file: str) -> str:
    """Assert that a model is refused with an error of one line that names the file."""
    with pytest.raises(ModelError) as error:
        artifacts.detector()
    message = str(error.value)
    assert message.startswith(f"{file}: ")
    assert "\n" not in message
    assert error.value.exit_code == 2
    return message


def why_refused(artifacts: Artifacts) -> str | None:
    try:
        artifacts.detector()
    except ModelError as error:
        return str(error)
    return None


def refused_cheaply(artifacts: Artifacts, file: str) -> str:
    """Assert that a model is refused before it takes time or memory."""
    tracemalloc.start()
    begin = time.process_time()
    try:
        message = refused(artifacts, file)
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()
    assert time.process_time() - begin < 5
    return message
