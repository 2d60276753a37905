"""Files that would run code or take all memory."""

from __future__ import annotations

import io
import pickle
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS
from anomaly_detection.models.safe_files import load_arrays

from .changed import Payload, Reseal, npz, pickle_of, refused, refused_cheaply, saved, state_of, with_pickle


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("field", ["encoder", "model", "params"])
def test_a_pickle_is_refused_and_not_run(
    small: Any, hostile: Reseal, tmp_path: Path, field: str, protocol: int
) -> None:
    sentinel = tmp_path / "was-run"
    content = pickle.dumps(Payload(f"touch {sentinel}"), protocol)
    if field == "params":
        refused(replace(small.artifacts, params=content), PARAMS)
    else:
        refused(hostile(replace(small.artifacts, **{field: content})), ENCODER if field == "encoder" else MODEL)
    assert not sentinel.exists()
    pickle.loads(content)
    assert sentinel.exists()


def test_a_torch_file_that_calls_something_is_refused_and_not_run(small: Any, hostile: Reseal, tmp_path: Path) -> None:
    sentinel = tmp_path / "was-run"
    content = saved({**state_of(small.artifacts), "edges": Payload(f"touch {sentinel}")})
    assert content.startswith(b"PK")
    refused(hostile(replace(small.artifacts, encoder=content)), ENCODER)
    assert not sentinel.exists()
    torch.load(io.BytesIO(content), weights_only=False)
    assert sentinel.exists()


def test_a_legacy_torch_file_is_refused(small: Any, hostile: Reseal) -> None:
    buffer = io.BytesIO()
    torch.save(state_of(small.artifacts), buffer, _use_new_zipfile_serialization=False)
    refused(hostile(replace(small.artifacts, encoder=buffer.getvalue())), ENCODER)


def test_an_npz_with_objects_is_refused_and_not_run(with_arrays: Any, tmp_path: Path) -> None:
    sentinel = tmp_path / "was-run"
    objects = np.array([Payload(f"touch {sentinel}")], dtype=object)
    refused(with_arrays(calibration_scores=objects), MODEL)
    refused(with_arrays(calibration_scores=pickle.dumps(objects)), MODEL)
    refused(with_arrays(extra=objects), MODEL)
    assert not sentinel.exists()


def test_an_archive_in_an_archive_is_refused(with_arrays: Any) -> None:
    refused(with_arrays(calibration_scores=npz({"calibration_scores": np.arange(60.0)})), MODEL)


def test_a_compressed_npz_is_refused(small: Any, hostile: Reseal) -> None:
    arrays = load_arrays(small.artifacts.model, MODEL)
    bomb = npz({**arrays, "extra": np.zeros(5_000_000)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 1_000_000
    assert "compressed" in refused_cheaply(hostile(replace(small.artifacts, model=bomb)), MODEL)


def test_a_compressed_encoder_is_refused(small: Any, hostile: Reseal) -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(small.artifacts.encoder)) as before,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            after.writestr(name, before.read(name))
    assert "compressed" in refused_cheaply(hostile(replace(small.artifacts, encoder=buffer.getvalue())), ENCODER)


def test_an_npz_whose_entries_share_their_content_is_refused(small: Any, hostile: Reseal) -> None:
    # Many names for one large entry: the sum of them is far longer than the file.
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.npy", b"\0" * 1_000_000)
        first = archive.infolist()[0]
        for i in range(50):
            again = zipfile.ZipInfo(f"{i}.npy")
            again.header_offset, again.CRC = first.header_offset, first.CRC
            again.compress_size = again.file_size = first.file_size
            archive.filelist.append(again)
    assert "more content" in refused_cheaply(hostile(replace(small.artifacts, model=buffer.getvalue())), MODEL)


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(1000000, 1000000, 1000000)", "(0, 10)", "(-5,)"])
def test_an_array_that_promises_more_than_there_is_is_refused(with_arrays: Any, shape: str) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + b"\0" * 80
    refused_cheaply(with_arrays(calibration_scores=content), MODEL)


@pytest.mark.parametrize(
    "header", ["", "[", "x" * 60_000, "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "(" * 5000, "'''", "\0"]
)
@pytest.mark.parametrize("version", [b"\x01\x00", b"\x02\x00", b"\x09\x00"])
def test_an_array_with_a_broken_header_is_refused(with_arrays: Any, header: str, version: bytes) -> None:
    width = 2 if version[0] == 1 else 4
    content = b"\x93NUMPY" + version + len(header).to_bytes(width, "little") + header.encode() + b"\0" * 8
    refused_cheaply(with_arrays(calibration_scores=content), MODEL)


def test_weights_that_repeat_one_value_beyond_the_file_are_refused(small: Any, hostile: Reseal) -> None:
    state = state_of(small.artifacts)
    wide = {name: torch.zeros(1).expand(10**6, 64) if "heads" in name else value for name, value in state.items()}
    content = saved(wide)
    assert len(content) < 10**6
    refused_cheaply(hostile(replace(small.artifacts, encoder=content)), ENCODER)


@pytest.mark.parametrize("shared", [True, False])
def test_weights_that_are_together_longer_than_the_file_are_refused(small: Any, hostile: Reseal, shared: bool) -> None:
    state = state_of(small.artifacts)
    name, largest = max(state.items(), key=lambda item: item[1].numel())
    assert {value.dtype for value in state.values()} == {largest.dtype}
    flat, one = largest.flatten(), torch.zeros(1)

    def short(value: torch.Tensor) -> torch.Tensor:
        return flat[: value.numel()].view(value.shape) if shared else one.expand(value.shape)

    content = saved({**{key: short(value) for key, value in state.items()}, name: flat.view(largest.shape)})
    sizes = [value.numel() * value.element_size() for value in state.values()]
    assert max(sizes) < len(content) < sum(sizes)
    message = refused_cheaply(hostile(replace(small.artifacts, encoder=content)), ENCODER)
    assert message.endswith("found more values than the file is long")


def test_an_encrypted_archive_is_refused(small: Any, hostile: Reseal) -> None:
    content = bytearray(small.artifacts.model)
    # The flag of encryption, in the first entry's header and in the directory's.
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    refused(hostile(replace(small.artifacts, model=bytes(content))), MODEL)


def tuples_of_shared_halves(levels: int) -> bytes:
    """Return the pickle of a dict whose key is a tuple of two tuples that are one, and so on: 2**levels to hash."""
    halves = b"".join(b"h%c\x86q%c" % (level, level + 1) for level in range(levels))
    return b"\x80\x02})q\x00" + halves + b"K\x01s."


def dict_of(*values: bytes) -> bytes:
    items = (b"X\x01\x00\x00\x00%c%s" % (97 + i, value) for i, value in enumerate(values))
    return b"\x80\x02}(" + b"".join(items) + b"u."


def called(function: bytes) -> bytes:
    return b"c" + function + b"\nJ\x00\x00\x00\x40\x85R"


@pytest.mark.parametrize(
    "pickled",
    [
        pytest.param(tuples_of_shared_halves(30), id="tuples"),
        pytest.param(dict_of(*[called(b"builtins\nbytearray")] * 3), id="bytearray"),
        pytest.param(dict_of(called(b"torch\nUntypedStorage")), id="storage"),
        pytest.param(dict_of(called(b"torch\nFloatStorage")), id="type of a storage"),
        pytest.param(dict_of(b"(K\x00t", b"(" + b"K\x00" * 9 + b"tQ"), id="storage id"),
        pytest.param(dict_of(b"]" * 1_100_000), id="long"),
        pytest.param(dict_of(b"}", b"]"), id="list"),
        pytest.param(b"\x80\x02}K\x00K\x01s.", id="number as name"),
        pytest.param(b"\x80\x02t.", id="no mark"),
        pytest.param(b"\x80\x02u.", id="no items"),
        pytest.param(b"\x80\x02h\x00.", id="no memo"),
        pytest.param(b"\x80\x02q\x00h\x00.", id="memo of nothing"),
        pytest.param(b"\x80\x02R.", id="nothing to call"),
        pytest.param(b"\x80\x02}", id="no end"),
        pytest.param(b"\x80\x02.", id="nothing"),
    ],
)
def test_a_pickle_of_anything_but_tensors_by_their_names_is_refused(
    small: Any, hostile: Reseal, pickled: bytes
) -> None:
    begin = time.process_time()
    encoder = with_pickle(small.artifacts.encoder, pickled)
    message = refused_cheaply(hostile(replace(small.artifacts, encoder=encoder)), ENCODER)
    assert "pickle" in message
    assert time.process_time() - begin < 1


@pytest.mark.parametrize("more", ["archive/DATA.PKL", "Archive/data.pkl"])
def test_an_archive_with_two_entries_for_one_name_is_refused(small: Any, hostile: Reseal, more: str) -> None:
    buffer = io.BytesIO(small.artifacts.encoder)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(more, dict_of(b"K\x01"))
    assert "of one name" in refused(hostile(replace(small.artifacts, encoder=buffer.getvalue())), ENCODER)


def test_torch_reads_what_was_looked_at(small: Any, hostile: Reseal) -> None:
    # Python takes the directory at the end of an archive, and torch the one at the place that the end names.
    pickled = pickle_of(small.artifacts.encoder)
    good = with_pickle(small.artifacts.encoder, pickled)
    other = with_pickle(small.artifacts.encoder, dict_of(b"K\x01", b"K\x02").ljust(len(pickled)))
    end_of_archive = 22
    both = other[:-end_of_archive] + good
    assert torch.load(io.BytesIO(both), weights_only=True) == {"a": 1, "b": 2}
    hostile(replace(small.artifacts, encoder=both)).detector()
