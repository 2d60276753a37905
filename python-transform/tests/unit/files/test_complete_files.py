"""Files that are whole or not there, whoever else writes them and whatever fails."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.files.complete_files import complete_file, replace_files

FullDisk = Callable[[int], AbstractContextManager[None]]


def test_two_runs_that_write_the_same_file_leave_no_mixture_of_both(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with complete_file(path) as first:
        first.write("first " * 100_000)
        with complete_file(path) as second:
            second.write("second")
        assert path.read_text("utf-8") == "second"
        first.write("end")
    assert path.read_text("utf-8") == "first " * 100_000 + "end"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_writer_that_was_killed_left_is_removed_and_what_others_write_is_not(tmp_path: Path) -> None:
    path, program = (
        tmp_path / "out[1].jsonl",
        "import time\nwith complete_file(PATH) as file: print(flush=True); time.sleep(60)",
    )
    start = f"from anomaly_detection.files.complete_files import complete_file\nPATH = {str(path)!r}\n{program}"
    with subprocess.Popen(
        [sys.executable, "-c", start],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        (theirs,) = tmp_path.iterdir()
        replace_files(tmp_path, {path.name: b"while the other writes"})
        assert {theirs, path} == {*tmp_path.iterdir()}
        other.kill()
    assert theirs.exists()
    with complete_file(path) as stream:
        stream.write("afterwards")
    assert (list(tmp_path.iterdir()), path.read_text("utf-8")) == ([path], "afterwards")


def test_a_pipe_or_a_link_with_a_part_s_name_is_left_alone_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "out.00000000.part")
    (tmp_path / "out.00000001.part").symlink_to("file")
    (tmp_path / "file").write_text("another's", "utf-8")
    with complete_file(tmp_path / "out") as stream:
        stream.write("text")
    assert sorted(os.listdir(tmp_path)) == ["file", "out", "out.00000000.part", "out.00000001.part"]


def test_a_file_that_is_full_is_named_and_not_the_one_that_was_opened_after_it(
    tmp_path: Path, full_disk: FullDisk
) -> None:
    paths = tmp_path / "out.jsonl", tmp_path / "out.errors.jsonl"
    paths[0].write_text("before", "utf-8")
    with (
        full_disk(10_000),
        pytest.raises(DataError) as caught,
        complete_file(paths[0]) as first,
        complete_file(paths[1]),
    ):
        first.write("line\n" * 100_000)
    assert str(caught.value) == f"{paths[0]}: cannot be written: File too large"
    assert caught.value.exit_code == 1
    assert (list(tmp_path.iterdir()), paths[0].read_text("utf-8")) == ([paths[0]], "before")


def test_a_file_that_is_full_at_its_end_is_not_there(tmp_path: Path, full_disk: FullDisk) -> None:
    with full_disk(10), pytest.raises(DataError) as caught, complete_file(tmp_path / "out") as stream:
        stream.write("more than that")
    assert (str(caught.value), caught.value.exit_code) == (f"{tmp_path}/out: cannot be written: File too large", 1)
    assert list(tmp_path.iterdir()) == []


def test_an_input_that_cannot_be_read_is_not_taken_for_the_output(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"in\.csv"), complete_file(tmp_path / "out"):
        (tmp_path / "in.csv").read_bytes()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_begun_is_an_option_of_no_use(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="none/out: cannot be written: No such file or directory"):
        complete_file(tmp_path / "none" / "out").__enter__()


def test_what_a_link_stands_for_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("out")
    with complete_file(tmp_path / "link") as stream:
        stream.write("text")
    assert (os.readlink(tmp_path / "link"), (tmp_path / "out").read_text("utf-8")) == ("out", "text")


def test_no_file_of_several_is_replaced_where_one_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").mkdir()
    with pytest.raises(ConfigError, match="b: cannot be written: expected a file or nothing there"):
        replace_files(tmp_path, {"a": b"new", "b": b"new"})
    assert (tmp_path / "a").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_several_files_are_replaced_where_all_can_be(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    replace_files(tmp_path, {"a": b"new", "b": b"new too"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"new", "b": b"new too"}
