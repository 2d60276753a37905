"""A model's files: written whole, read whole, or refused with the name of the one that is missing or damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from anomaly_detection.errors import ConfigError, DataError, ModelError
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS, Artifacts
from anomaly_detection.models.detector import Detector
from anomaly_detection.models.safe_files import load_arrays

from .changed import FILES, Reseal, npz, refused, saved, state_of, why_refused


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
