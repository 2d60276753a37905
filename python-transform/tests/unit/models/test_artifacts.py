"""A model's files: whole or refused, with the name of the file, and nothing in them is run."""

from __future__ import annotations

import io
import json
import os
import pickle
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from anomaly_detection.errors import ConfigError, DataError, ModelError
from anomaly_detection.models.arrays import check_arrays
from anomaly_detection.models.artifacts import ENCODER, FORMAT_VERSION, MODEL, PARAMS, Artifacts
from anomaly_detection.models.detector import Detector
from anomaly_detection.models.safe_files import load_arrays

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


@pytest.fixture
def folder(small: Any, tmp_path: Path) -> Path:
    small.artifacts.write(tmp_path)
    return tmp_path


@pytest.fixture
def with_arrays(small: Any, hostile: Reseal) -> Callable[..., Artifacts]:
    """Replace, add or (None) take away arrays of the model, hashes made to agree."""

    def change(**arrays: Any) -> Artifacts:
        changed = {**load_arrays(small.artifacts.model, MODEL), **arrays}
        changed = {name: array for name, array in changed.items() if array is not None}
        return hostile(replace(small.artifacts, model=npz(changed)))

    return change


@pytest.fixture
def with_params(small: Any, hostile: Reseal) -> Callable[[Edit], Artifacts]:
    """Edit the parameters, the model's id made to agree."""

    def change(edit: Edit) -> Artifacts:
        params = json.loads(small.artifacts.params)
        edit(params)
        return hostile(replace(small.artifacts, params=json.dumps(params).encode()))

    return change


# What is written can be read.


def test_a_model_survives_its_files(small: Any, folder: Path) -> None:
    again = Detector.load(folder)
    first = small.artifacts.detector().score(small.batch, explain_all=True)
    second = again.score(small.batch, explain_all=True)
    assert np.array_equal(first.score, second.score)
    assert np.array_equal(first.p_value, second.p_value)
    for one, other in zip(vars(first.prediction).values(), vars(second.prediction).values(), strict=True):
        assert np.array_equal(one, other)
    assert first.reasons == second.reasons
    assert again.model_id == json.loads((folder / PARAMS).read_text("utf-8"))["model_id"]


def test_the_helper_that_reseals_makes_models_that_are_accepted(small: Any, hostile: Reseal) -> None:
    arrays = load_arrays(small.artifacts.model, MODEL)
    same = hostile(replace(small.artifacts, model=npz(arrays), encoder=saved(state_of(small.artifacts))))
    assert np.array_equal(same.detector().score(small.batch).score, small.detector.score(small.batch).score)


def test_the_files_are_what_they_are_called(small: Any, folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    state = torch.load(folder / ENCODER, weights_only=True)
    assert all(isinstance(value, torch.Tensor) for value in state.values())
    with np.load(folder / MODEL, allow_pickle=False) as arrays:
        assert len(arrays["calibration_scores"]) == 60
    assert json.loads((folder / PARAMS).read_text("utf-8"))["files"].keys() == {"encoder", "model"}


def test_a_folder_is_made_and_a_path_below_a_file_is_refused(small: Any, tmp_path: Path) -> None:
    small.artifacts.write(tmp_path / "a" / "b")
    assert Detector.load(tmp_path / "a" / "b").model_id == small.detector.model_id
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="file/model: cannot be written: Not a directory"):
        small.artifacts.write(tmp_path / "file" / "model")


def test_a_full_disk_leaves_the_model_that_was_there(
    small: Any, opportunities: Any, folder: Path, full_disk: Callable[[int], AbstractContextManager[None]]
) -> None:
    new = opportunities.artifacts
    with full_disk(max(map(len, (new.encoder, new.model, new.params))) - 1), pytest.raises(DataError) as error:
        new.write(folder)
    assert (str(error.value), error.value.exit_code) == (f"{folder}: cannot be written: File too large", 1)
    assert Detector.load(folder).model_id == small.detector.model_id
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)


def test_who_reads_a_model_while_it_is_replaced_gets_the_old_or_the_new_or_none(
    small: Any, opportunities: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_file, seen = Path.replace, []

    def look(part: Path, target: Path) -> Path:
        done = replace_file(part, target)
        seen.append((target.name, why_refused(Artifacts.read(folder)) is None))
        return done

    monkeypatch.setattr(Path, "replace", look)
    opportunities.artifacts.write(folder)
    assert seen == [(ENCODER, False), (MODEL, False), (PARAMS, True)]
    assert Detector.load(folder).model_id == opportunities.detector.model_id != small.detector.model_id


# Files that are not there, cut off, damaged or another model's.


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        Detector.load(tmp_path / "none")
    assert (
        str(error.value)
        == f"{tmp_path / 'none'}: expected a folder with {', '.join(FILES[:2])} and {PARAMS}, found none"
    )


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError) as error:
        Detector.load(folder)
    assert str(error.value) == f"{folder / name}: cannot be read: No such file or directory"


@pytest.mark.parametrize("name", FILES)
def test_a_folder_in_place_of_a_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()
    with pytest.raises(ModelError, match=f"{name}: "):
        Detector.load(folder)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file_is_refused(folder: Path, name: str, share: float) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(share * len(content))])
    refused(Artifacts.read(folder), str(folder / name))


@pytest.mark.parametrize("field", ["encoder", "model"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.6, 0.9, 0.999])
def test_a_truncated_file_with_the_right_hash_is_refused(small: Any, hostile: Reseal, field: str, share: float) -> None:
    content = getattr(small.artifacts, field)
    cut = hostile(replace(small.artifacts, **{field: content[: int(share * len(content))]}))
    refused(cut, ENCODER if field == "encoder" else MODEL)


@pytest.mark.parametrize("name", FILES)
def test_one_bit_is_enough_to_refuse_a_file(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    for position in np.random.default_rng(0).integers(0, len(content), 12):
        damaged = bytearray(content)
        damaged[position] ^= 1 << int(position) % 8
        if name == PARAMS and b'"libraries"' in content[:position] and b'"files"' in content[position:]:
            continue  # Which libraries trained a model says nothing about what is in it.
        (folder / name).write_bytes(bytes(damaged))
        with pytest.raises(ModelError, match=f"{name}: "):
            Detector.load(folder)


def test_damage_under_the_right_hash_is_an_error_of_the_model_or_another_model(small: Any, hostile: Reseal) -> None:
    random = np.random.default_rng(1)
    for field in ("encoder", "model"):
        content = getattr(small.artifacts, field)
        for _ in range(25):
            damaged = bytearray(content)
            begin = int(random.integers(0, len(content)))
            damaged[begin : begin + 8] = random.bytes(min(8, len(content) - begin))
            message = why_refused(hostile(replace(small.artifacts, **{field: bytes(damaged)})))
            assert message is None or message.startswith(ENCODER if field == "encoder" else MODEL)


def test_the_files_of_another_model_are_refused(small: Any, opportunities: Any) -> None:
    message = refused(replace(small.artifacts, model=opportunities.artifacts.model), MODEL)
    assert "it was changed, damaged, or belongs to another model" in message
    refused(replace(small.artifacts, encoder=opportunities.artifacts.encoder), ENCODER)


def test_an_encoder_of_other_features_is_refused_even_with_the_right_hash(
    small: Any, opportunities: Any, hostile: Reseal
) -> None:
    refused(hostile(replace(small.artifacts, encoder=opportunities.artifacts.encoder)), ENCODER)
    refused(hostile(replace(small.artifacts, model=opportunities.artifacts.model)), MODEL)


# Parameters.


def test_a_changed_parameter_is_refused(small: Any) -> None:
    params = {**json.loads(small.artifacts.params), "alpha": 0.5}
    message = refused(replace(small.artifacts, params=json.dumps(params).encode()), PARAMS)
    assert message == f"{PARAMS}: its content does not match its model_id; it was changed or damaged"


@pytest.mark.parametrize("version", [0, FORMAT_VERSION - 1, FORMAT_VERSION + 1, "2", None, 1.5, True, [1], "x" * 1000])
def test_another_format_version_is_refused(with_params: Any, version: Any) -> None:
    message = refused(with_params(lambda params: params.update(format_version=version)), PARAMS)
    assert message.startswith(f"{PARAMS}: expected format version {FORMAT_VERSION}, found ")
    newer = version == FORMAT_VERSION + 1
    assert message.endswith("version of this package that made it" if newer else "the columns of the old model.params")
    assert len(message) < 200


def test_a_converted_model_of_another_format_version_is_to_be_converted_again(with_params: Any) -> None:
    message = refused(with_params(lambda p: p.update(format_version=2, encoder={"kind": "accelerator"})), PARAMS)
    assert message.endswith(", found 2; convert it again with this version")


@pytest.mark.parametrize("model_id", ["0" * 16, None, 7])
def test_another_model_id_is_refused(small: Any, model_id: Any) -> None:
    params = {**json.loads(small.artifacts.params), "model_id": model_id}
    refused(replace(small.artifacts, params=json.dumps(params).encode()), PARAMS)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04N.",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe{}",
        b"{}",
        b'{"format_version": ' + b"1" * 10_000 + b"}",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
)
def test_parameters_that_are_no_object_of_json_are_refused(small: Any, content: bytes) -> None:
    refused(replace(small.artifacts, params=content), PARAMS)


@pytest.mark.parametrize("depth", range(100, 1100, 50))
def test_json_of_any_depth_is_refused_and_not_a_crash(small: Any, depth: int) -> None:
    params = json.loads(small.artifacts.params)
    text = json.dumps(params)[:-1] + ', "deep": ' + "[" * depth + "]" * depth + "}"
    refused(replace(small.artifacts, params=text.encode()), PARAMS)


KEYS = ["id_column", "alpha", "features", "vocabularies", "scales", "encoder", "training", "libraries", "files"]


@pytest.mark.parametrize("key", KEYS[:-1])
def test_a_missing_parameter_is_refused(with_params: Any, key: str) -> None:
    assert key in refused(with_params(lambda params: params.pop(key)), PARAMS)


@pytest.mark.parametrize("key", KEYS[:-1])
@pytest.mark.parametrize("value", [None, [], [[]], "text", {"a": None}, {"Route": {}}, float("nan"), 10**400])
def test_a_parameter_of_another_kind_is_refused(with_params: Any, key: str, value: Any) -> None:
    accepted = (key, type(value)) in {("training", dict), ("libraries", dict), ("id_column", str)}
    changed = with_params(lambda params: params.update({key: value}))
    if accepted:
        changed.detector()
    else:
        refused(changed, PARAMS)


@pytest.mark.parametrize("files", [None, [], "text", {}, {"encoder": None}])
def test_missing_hashes_are_refused(small: Any, files: Any) -> None:
    from anomaly_detection.models.artifacts import _model_id

    params = {**json.loads(small.artifacts.params), "files": files}
    params["model_id"] = _model_id(params)
    refused(replace(small.artifacts, params=json.dumps(params).encode()), ENCODER)


def set_in(*path: Any) -> Edit:
    """Return an edit that sets the value at a path, both given in one row."""
    *where, last, value = path

    def edit(params: Any) -> None:
        for key in where:
            params = params[key]
        params[last] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda params: params["features"].append(params["features"][0]), "'Route' is there twice"),
        (lambda params: params["features"].pop(0), "the encoder is not one of these features"),
        (set_in("features", 0, "kind", "numeric"), "expected a numeric type of DOUBLE"),
        (set_in("features", 0, "name", 3), "expected a feature with a name and a kind"),
        (set_in("features", 0, "name", "Other"), "'Other' is missing"),
        (set_in("features", 2, "name", "Other"), "'Other' is missing"),
        (set_in("features", 6, "from", "Weight"), "expected 'from' and 'to' to be date features"),
        (set_in("features", 6, "from", []), "expected 'from' and 'to' with a duration"),
        (set_in("vocabularies", "Route", "abc"), "the vocabulary of 'Route': expected a list of texts"),
        (set_in("vocabularies", "Route", {"north": 1, "sea": 1, "south": 1}), "the vocabulary of 'Route'"),
        (set_in("vocabularies", "Route", ["north", "sea", 3]), "the vocabulary of 'Route'"),
        (set_in("vocabularies", "Route", ["north", "sea", None]), "the vocabulary of 'Route'"),
        (set_in("vocabularies", "Route", ["north", "sea", "\ud800"]), "the vocabulary of 'Route'"),
        (set_in("vocabularies", "Route", ["north", "sea"]), "the encoder is not one of these features"),
        (set_in("vocabularies", {}), "'Route' is missing"),
        (lambda params: params["scales"].pop("Weight"), "'Weight' is missing"),
        (lambda params: params["scales"]["Weight"].pop("mean"), "'mean' is missing"),
        (set_in("scales", "Weight", "deviation", 0.0), "the scale of 'Weight' is not usable"),
        (set_in("scales", "Weight", "deviation", -1.0), "the scale of 'Weight' is not usable"),
        (set_in("scales", "Weight", "deviation", float("nan")), "the scale of 'Weight' is not usable"),
        (set_in("scales", "Weight", "mean", float("inf")), "the scale of 'Weight' is not usable"),
        (set_in("scales", "Weight", "mean", "much"), "could not convert"),
        (set_in("scales", "Weight", "mean", None), "cannot be used"),
        (set_in("alpha", 1e-6), "alpha: expected a share from"),
        (set_in("alpha", 1.0), "alpha: expected a share from"),
        (set_in("alpha", float("nan")), "alpha: expected a share from"),
        (set_in("id_column", ""), "id_column: expected a text"),
        (set_in("id_column", 5), "id_column: expected a text"),
        (set_in("encoder", "cards", [5, 5]), "the encoder is not one of these features"),
        (set_in("encoder", "cards", [5.0, 4.0]), "the encoder's sizes are not whole numbers"),
        (set_in("encoder", "cards", 5), "cannot be used"),
        (set_in("encoder", "numbers", 7), "the encoder is not one of these features"),
        (set_in("encoder", "hidden", "64"), "the encoder's sizes are not whole numbers"),
        (set_in("encoder", "hidden", True), "the encoder's sizes are not whole numbers"),
        (set_in("encoder", "depth", 3), "depth"),
        (set_in("encoder", []), "cannot be used"),
    ],
)
def test_parameters_that_do_not_fit_together_are_refused(with_params: Any, edit: Edit, expected: str) -> None:
    assert expected in refused(with_params(edit), PARAMS)


@pytest.mark.parametrize("size", ["hidden", "latent", "bins"])
@pytest.mark.parametrize("value", [10**9, 10**18, 10**30, 10**300, 0, -1])
def test_a_network_of_another_size_is_refused_before_memory_is_taken_for_it(
    with_params: Any, size: str, value: int
) -> None:
    refused_cheaply(with_params(set_in("encoder", size, value)), ENCODER)


# Files that would run code.


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


# Files that would take all memory.


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


# Weights.


def changed_weights(state: dict[str, torch.Tensor], change: str) -> Any:
    name, value = "heads.weight", state["heads.weight"]
    return {
        "nothing": {},
        "missing": {key: weight for key, weight in state.items() if key != name},
        "extra": {**state, "more": value},
        "shape": {**state, name: value[:-1]},
        "transposed": {**state, name: value.T},
        "double": {**state, name: value.double()},
        "whole": {**state, name: value.long()},
        "complex": {**state, name: value.to(torch.complex64)},
        "sparse": {**state, name: value.to_sparse()},
        "nowhere": {**state, name: value.to("meta")},
        "nan": {**state, name: torch.full_like(value, float("nan"))},
        "infinite": {**state, "edges": torch.full_like(state["edges"], float("inf"))},
        "text": {**state, name: "text"},
        "list": {**state, name: value.tolist()},
        "none": None,
        "tensor": value,
        "pairs": list(state.items()),
    }[change]


CHANGES = (
    "nothing", "missing", "extra", "shape", "transposed", "double", "whole", "complex", "sparse", "nowhere",
    "nan", "infinite", "text", "list", "none", "tensor", "pairs",
)  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning:torch")
@pytest.mark.parametrize("change", CHANGES)
def test_other_weights_are_refused(small: Any, hostile: Reseal, change: str) -> None:
    content = saved(changed_weights(state_of(small.artifacts), change))
    refused(hostile(replace(small.artifacts, encoder=content)), ENCODER)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 100, b"\x80\x02}q\x00.", b"text"]
)
@pytest.mark.parametrize("field", ["encoder", "model"])
def test_other_files_are_refused(small: Any, hostile: Reseal, field: str, content: bytes) -> None:
    refused(hostile(replace(small.artifacts, **{field: content})), ENCODER if field == "encoder" else MODEL)


# Arrays.


@pytest.fixture(scope="module")
def arrays(small: Any) -> dict[str, Any]:
    return load_arrays(small.artifacts.model, MODEL)


@pytest.fixture
def check(small: Any) -> Callable[[dict[str, Any]], str]:
    """Assert that arrays are refused, and return why."""

    def run(arrays: dict[str, Any]) -> str:
        with pytest.raises(ModelError) as error:
            check_arrays(arrays, small.detector.featurizer, where="m")
        return str(error.value)

    return run


def test_the_right_arrays_pass(small: Any, arrays: dict[str, Any]) -> None:
    check_arrays(arrays, small.detector.featurizer, where="m")


def test_every_array_is_needed(arrays: dict[str, Any], check: Any, with_arrays: Any) -> None:
    for name in arrays:
        left = {other: array for other, array in arrays.items() if other != name}
        assert check(left) == f"m: array {name!r} is missing"
    refused(with_arrays(score_midpoint=None), MODEL)


def test_an_array_too_many_is_refused(with_arrays: Any) -> None:
    assert refused(with_arrays(more=np.zeros(3)), MODEL) == f"{MODEL}: array 'more' is not known"


# Others take their size from these, and may be named first.
SIZES = ("cluster_reference", "cluster_node_parent", "tree_links", "tree_optional", "copies_by_category")


def test_every_array_is_checked_for_type_and_shape(arrays: dict[str, Any], check: Any) -> None:
    for name, array in arrays.items():
        others = [
            np.zeros(array.shape, np.float32),
            np.zeros(array.shape, np.int32),
            np.zeros(array.shape, array.dtype.newbyteorder(">")),
            np.zeros(array.shape, "U8"),
            np.zeros(array.shape, bool),
            array[None],
            np.zeros((3, 1, 2), array.dtype),
            np.zeros((), array.dtype) if array.ndim else np.zeros(1, array.dtype),
        ]
        for other in others:
            if (other.dtype, other.shape) == (array.dtype, array.shape):
                continue
            message = check({**arrays, name: other})
            assert f"array {name!r}" in message or name in SIZES


def test_an_empty_array_is_refused(arrays: dict[str, Any], check: Any) -> None:
    for name, array in arrays.items():
        if array.ndim and len(array):
            check({**arrays, name: array[:0]})


def test_every_array_is_checked_for_nan(arrays: dict[str, Any], check: Any) -> None:
    for name, array in arrays.items():
        if array.dtype == np.float64 and array.size:
            wrong = array.copy()
            wrong.flat[-1] = np.nan
            assert check({**arrays, name: wrong}) == f"m: array {name!r} holds values that are not finite"


def edited(array: Any, *cells: tuple[Any, float]) -> Any:
    array = array.copy()
    for where, value in cells:
        array[where] = value
    return array


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("cluster_point_parent", lambda a: edited(a, (0, 10**6))),
        ("cluster_point_parent", lambda a: edited(a, (0, -1))),
        ("cluster_node_label", lambda a: edited(a, (0, 10**6))),
        ("cluster_node_label", lambda a: edited(a, (0, -2))),
        ("cluster_min_samples", lambda a: np.array(0)),
        ("cluster_min_samples", lambda a: np.array(-5)),
        ("cluster_min_samples", lambda a: np.array(10**9)),
        ("score_distances", lambda a: a[::-1]),
        ("score_breadths", lambda a: a[::-1]),
        ("score_weights", lambda a: edited(a, (1, -1.0))),
        ("breadth_width", lambda a: edited(a, (0, 0.0))),
        ("tail_excess", lambda a: edited(a, ((0, 0), 0.0))),
        ("residual_excess", lambda a: edited(a, ((0, 1), -1.0))),
        ("encoder_trust", lambda a: edited(a, (0, -0.5))),
        ("copies_evidence", lambda a: edited(a, (1, -0.5))),
        ("copies_whole", lambda a: a[::-1]),
        ("copies_by_date", lambda a: a[::-1]),
        ("copies_by_category", lambda a: a[::-1]),
        ("calibration_scores", lambda a: a + 1),
        ("score_midpoint", lambda a: np.array(0.0)),
        ("score_midpoint", lambda a: np.array(-1.0)),
        ("calibration_scores", lambda a: a[::-1]),
        ("calibration_scores", lambda a: np.zeros(0)),
        ("frequency_missing", lambda a: edited(a, (0, 0.0))),
        ("frequency_missing", lambda a: edited(a, (0, 1.0))),
        ("cluster_reference", lambda a: edited(a, ((0, 0), np.inf))),
        ("cluster_core_distances", lambda a: edited(a, (0, np.inf))),
    ],
)
def test_values_that_no_training_makes_are_refused(
    arrays: dict[str, Any], check: Any, name: str, edit: Callable[[Any], Any]
) -> None:
    assert f"array {name!r}" in check({**arrays, name: edit(arrays[name])})


@pytest.mark.parametrize("parents", [[0, 1], [0, 2, 1], [0, 0, 2], [0, 0, 5], [0, -1, 1], [0, 2, 0]])
def test_clusters_that_climb_for_ever_or_out_of_the_tree_are_refused(with_arrays: Any, parents: list[int]) -> None:
    nodes = len(parents)
    arrays = {f"cluster_{name}": np.ones(nodes) for name in ("node_lambda", "node_max_lambda", "subtree_max_lambda")}
    climbing = with_arrays(
        cluster_node_parent=np.array(parents), cluster_node_label=np.zeros(nodes, np.int64), **arrays
    )
    assert "array 'cluster_" in refused(climbing, MODEL)


@pytest.mark.parametrize("name", ["tree_links", "tree_optional"])
def test_a_column_beyond_those_that_there_are_is_refused(arrays: dict[str, Any], check: Any, name: str) -> None:
    for value in (10**9, -1, -(2**63)):
        changed = arrays[name].copy()
        changed.flat[0] = value
        assert "array 'tree_" in check({**arrays, name: changed})


def test_an_encrypted_archive_is_refused(small: Any, hostile: Reseal) -> None:
    content = bytearray(small.artifacts.model)
    # The flag of encryption, in the first entry's header and in the directory's.
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    refused(hostile(replace(small.artifacts, model=bytes(content))), MODEL)
