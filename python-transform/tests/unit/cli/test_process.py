"""The command as a process: how it ends, by itself and by others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROCESS = "import sys; from anomaly_detection.cli import main; main()"


def in_a_process(*arguments: str | Path, program: str = PROCESS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
    )


def test_a_process_ends_with_the_status_that_scripts_look_at(tmp_path: Path, parcel_columns: list[str]) -> None:
    done = in_a_process("generate", "--rows", "5", "--output", tmp_path / "rows.csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"wrote 5 opportunities to {tmp_path / 'rows.csv'}\n")
    done = in_a_process("generate", "--rows", "5")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    path = tmp_path / "open.csv"
    path.write_text(",".join(parcel_columns) + '\nP1,"north\n', "utf-8")
    done = in_a_process("train", path, "--id-column", "Code", "--output", tmp_path / "model")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {path}: record 1 is not CSV: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_process_that_is_told_to_end_leaves_nothing_half_written(tmp_path: Path) -> None:
    program = """
import os, signal, time
import click
from anomaly_detection.cli.console import complete_file
from anomaly_detection.cli.running import run_command

@click.command()
def main():
    with complete_file("out.jsonl") as stream:
        stream.write("half")
        (part,) = os.listdir()
        assert part.startswith("out.jsonl.") and part.endswith(".part")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)

run_command(main)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert (done.returncode, done.stderr.split()) == (1, ["stopped"])
    assert list(tmp_path.iterdir()) == []


def test_generate_on_a_full_disk_ends_as_a_run_that_failed(tmp_path: Path) -> None:
    full = PROCESS.replace("; main()", "; import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9)); main()")
    done = in_a_process("generate", "--rows", "50", "--output", tmp_path / "rows.csv", program=full)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {tmp_path / 'rows.csv'}: cannot be written: File too large\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("OSError(28, 'No space left on device')", "error: No space left on device\n"),
        ("OSError(13, 'Permission denied', 'model')", "error: model: Permission denied\n"),
        ("OSError('said by a library\\nand more')", "error: said by a library\n"),
        ("BrokenPipeError(32, 'Broken pipe')", ""),
    ],
)
def test_what_the_system_refuses_is_one_line_and_a_reader_that_is_gone_is_none(raised: str, said: str) -> None:
    program = f"""
import click
from anomaly_detection.cli.running import run_command

@click.command()
def main():
    raise {raised}

run_command(main)
"""
    done = in_a_process(program=program)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def test_help_does_not_wait_for_large_libraries() -> None:
    large = "{'torch', 'apache_beam', 'hdbscan', 'sklearn'}"
    done = in_a_process(
        "--help", program=PROCESS.replace("; main()", f"; assert not {large} & sys.modules.keys(); main()")
    )
    assert done.returncode == 0, done.stderr
