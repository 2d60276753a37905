"""Files that hold arrays and nothing else, read so that no content of theirs can do harm.

Nothing is unpickled but dicts of plain tensors, nothing is unpacked to more than the file is long, and a shape is
compared before memory is taken for it.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from anomaly_detection.errors import ModelError, first_line
from anomaly_detection.models.weights_pickle import check_pickle

_ZIP_MAGIC = b"PK\x03\x04"


class Buildable(Protocol):
    """What knows the network that weights are of."""

    def build(self) -> nn.Module:
        """Return the network, not trained."""


def state_dict_file(state: Mapping[str, Tensor]) -> bytes:
    """Return the file of weights."""
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    return buffer.getvalue()


def load_state(content: bytes, shape: Buildable, name: str) -> dict[str, Tensor]:
    """Return the weights of a file; raise `ModelError` unless they are finite ones of the network of this shape."""
    try:
        check_zip(content)
        state = torch.load(_checked_archive(content), map_location="cpu", weights_only=True)
        _check_weights(state, shape, most=len(content))
    except Exception as error:  # torch raises many kinds for a damaged or hostile file
        raise ModelError(f"{name}: not a state_dict of this model: {first_line(error)}") from error
    if not all(torch.isfinite(value).all() for value in state.values()):
        raise ModelError(f"{name}: holds weights that are not finite")
    return dict(state)


def check_zip(content: bytes) -> None:
    """Raise `ValueError` unless this is an archive whose content is stored as it is."""
    if not content.startswith(_ZIP_MAGIC):
        raise ValueError("found another kind of file")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise ValueError("found compressed content")
    if sum(entry.file_size for entry in entries) > len(content):
        raise ValueError("found more content than the file is long")


def _checked_archive(content: bytes) -> io.BytesIO:
    """Return the archive written anew, its pickle checked: torch's reader can take another view of the same bytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as anew:
        names = archive.namelist()
        folder = names[0].partition("/")[0]
        # torch's reader does not tell capitals from small letters.
        if len({name.lower() for name in names}) < len(names):
            raise ValueError("found two entries of one name")
        check_pickle(archive.read(f"{folder}/data.pkl"))
        for name in names:
            anew.writestr(name, archive.read(name))
    written.seek(0)
    return written


def _check_weights(state: Any, shape: Buildable, *, most: int) -> None:
    """Raise `ValueError` unless these are the network's weights, before memory is taken for it."""
    with torch.device("meta"), _NotFilled():
        expected = shape.build().state_dict()
    if not isinstance(state, dict) or state.keys() != expected.keys():
        raise ValueError("expected the weights of the encoder that model.params describes, found others")
    size = 0
    for name, like in expected.items():
        value = state[name]
        if not isinstance(value, torch.Tensor) or value.layout != torch.strided or value.device.type != "cpu":
            raise ValueError(f"{name}: expected a plain tensor, found {type(value).__name__}")
        if value.dtype != like.dtype or value.shape != like.shape:
            raise ValueError(
                f"{name}: expected {like.dtype} of shape {tuple(like.shape)}, "
                f"found {value.dtype} of shape {tuple(value.shape)}"
            )
        # Of tensors that repeat values or share them a short file holds many, which become as many in the network.
        size += value.numel() * value.element_size()
        if size > most:
            raise ValueError(f"{name}: found more values than the file is long")


class _NotFilled(TorchFunctionMode):
    """Leaves out the first values of weights: without memory there is nothing to fill.

    It takes a second off the loading of a model: torch imports its compiler to draw numbers for no memory.
    """

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Return the tensor that is to be filled as it is; call everything else."""
        if getattr(function, "__module__", None) == nn.init.__name__:
            return args[0] if args else (kwargs or {})["tensor"]
        return function(*args, **(kwargs or {}))


def npz_file(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the npz of these arrays; the same arrays are the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in sorted(arrays.items()):
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            content = io.BytesIO()
            np.save(content, np.asarray(array, order="C"), allow_pickle=False)
            archive.writestr(entry, content.getvalue())
    return buffer.getvalue()


def load_arrays(content: bytes, name: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of an npz; raise `ModelError` for whatever is not one of plain arrays."""
    try:
        check_zip(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {
                entry.filename.removesuffix(".npy"): _read_array(archive.read(entry)) for entry in archive.infolist()
            }
    except Exception as error:  # zipfile and numpy raise many kinds for a damaged or hostile file
        raise ModelError(f"{name}: not an npz of plain arrays: {first_line(error)}") from error


def _read_array(content: bytes) -> NDArray[Any]:
    # Not np.load, which would also open an archive or a pickle; the header must not promise more than there is.
    stream = io.BytesIO(content)
    major = np.lib.format.read_magic(stream)[0]  # type: ignore[no-untyped-call]
    if major != 1:
        raise ValueError(f"expected arrays of npy version 1, found {major}")
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)  # type: ignore[no-untyped-call]
    if dtype.hasobject or dtype.itemsize * math.prod(shape) != len(content) - stream.tell():
        raise ValueError(f"found {len(content)} bytes for an array of {dtype} of shape {shape}")
    stream.seek(0)
    array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)  # type: ignore[no-untyped-call]
    return array
