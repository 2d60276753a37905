"""What is read is never replaced, and what cannot be written or looked at is said in one line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS


@pytest.mark.parametrize("command", ["train", "score"])
def test_an_output_that_cannot_be_written_is_one_line(refused: Any, small: Any, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("x")
    output = tmp_path / "file" / "out"
    if command == "train":
        message = refused("train", small.csv, "--id-column", "Code", "--output", output, "--alpha", 0.05)
        assert message == f"{output}: cannot be written: expected a folder, found a file at {tmp_path / 'file'}"
    else:
        message = refused("score", small.csv, "--model", small.folder, "--output", output)
        assert message == f"{output}: cannot be written: Not a directory"


def test_score_does_not_replace_a_device(refused: Any, small: Any) -> None:
    message = refused("score", small.csv, "--model", small.folder, "--output", os.devnull)
    assert message.startswith(f"{os.devnull}: cannot be written: expected a file or nothing there")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("command", ["score", "train"])
def test_what_is_read_is_not_replaced(refused: Any, small: Any, tmp_path: Path, parcels_csv: Any, command: str) -> None:
    table = parcels_csv(rows=300)
    content = table.read_bytes()
    beside = tmp_path / "x.errors.jsonl"
    beside.write_bytes(content)
    (tmp_path / "link.csv").symlink_to(table)
    for path in (table, tmp_path / "link.csv", beside):
        source = path if path == beside else tmp_path / "parcels*.csv"
        if command == "score":
            output = tmp_path / "x.jsonl" if path == beside else path
            message = refused("score", source, "--model", small.folder, "--output", output)
            assert message.startswith(f"--output: expected a file of its own, found {path}, which is read as ")
        else:
            message = refused("train", source, "--id-column", "Code", "--output", tmp_path / "m", "--errors", path)
            assert message.startswith(f"--errors: expected a file of its own, found {path}, which is read as ")
        assert path.read_bytes() == content
    assert (tmp_path / "link.csv").is_symlink()


@pytest.mark.parametrize("name", [ENCODER, MODEL, PARAMS])
def test_a_model_that_is_read_is_not_replaced(
    refused: Any, small: Any, tmp_path: Path, parcels_csv: Any, name: str
) -> None:
    small.artifacts.write(tmp_path / "m")
    path = tmp_path / "m" / name
    content = path.read_bytes()
    message = refused("score", parcels_csv(), "--model", tmp_path / "m", "--output", path)
    assert message == f"--output: expected a file of its own, found {path}, which is read as {path}"
    assert path.read_bytes() == content


def test_a_model_does_not_take_the_place_of_the_table_that_it_is_of(
    refused: Any, tmp_path: Path, parcels_csv: Any
) -> None:
    table = parcels_csv(rows=300).rename(tmp_path / PARAMS)
    content = table.read_bytes()
    message = refused("train", table, "--id-column", "Code", "--output", tmp_path)
    assert message == f"--output: expected another folder than that of {table}, which is read as {table}"
    assert table.read_bytes() == content


@pytest.mark.parametrize("command", ["train", "score", "report", "convert"])
def test_a_path_that_the_system_cannot_look_at_is_one_line(
    refused: Any, small: Any, tmp_path: Path, command: str
) -> None:
    # As a folder that may not be searched is, but for root too.
    path = tmp_path / ("x" * 300)
    if command == "train":
        message = refused("train", small.csv, "--id-column", "Code", "--output", path / "model")
        assert message == f"{path / 'model'}: cannot be written: File name too long"
    elif command == "score":
        message = refused("score", small.csv, "--model", path, "--output", tmp_path / "out")
        assert message == f"{path / ENCODER}: cannot be read: File name too long"
    elif command == "report":
        message = refused("report", path, "--output", tmp_path / "out")
        assert message.startswith(f"{path}: expected a file of scored rows or a run's folder, found nothing there that")
    else:
        files = [f"--{name}={path}" for name in ("encoder", "model", "params")]
        message = refused("convert", *files, "--allow-pickle", "--output", tmp_path / "out")
        assert message == f"{path}: expected a file, found none that can be read"
