"""How the benchmark runs commands, sees when their input is read, and finds where time goes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import bench.arms
import bench.openings
import bench.plan
import bench.processes
import bench.profile
from anomaly_detection.errors import ConfigError


@pytest.fixture
def place(tmp_path: Path) -> SimpleNamespace:
    return bench.plan.Bench(plan=bench.plan.Plan(rows=1000, repeats=1), folder=tmp_path, model=Path("pretrained"))


def test_a_command_is_timed_and_what_it_took_is_told_by_process(tmp_path: Path) -> None:
    program = "x = bytearray(300 << 20)\nimport time\nwhile time.process_time() < 0.6: pass\nprint('done')"
    began = time.time()
    ran = bench.processes.run("busy", [sys.executable, "-c", program], logs=tmp_path)
    assert ran.output == "done\n"
    assert ran.taken.keys() == {"python"}
    assert ran.taken["python"].peak_mib > 300
    assert 0.3 < ran.taken["python"].cpu_seconds < 5
    assert ran.wall_seconds >= 0.6
    assert 0 <= ran.seen["python"] - began < 5


def test_a_command_that_fails_shows_the_end_of_its_log(tmp_path: Path) -> None:
    program = "import sys\nfor i in range(30): print('line', i, file=sys.stderr)\nsys.exit(3)"
    with pytest.raises(bench.processes.CommandError) as failed:
        bench.processes.run("failing", [sys.executable, "-c", program], logs=tmp_path)
    lines = str(failed.value).splitlines()
    assert lines[0].startswith("failing ended with 3; the end of ")
    assert [line.strip() for line in lines[1:]] == [f"line {i}" for i in range(15, 30)]


def test_what_a_command_left_behind_is_ended(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid)"
    )
    ran = bench.processes.run("leaving", [sys.executable, "-c", program], logs=tmp_path)
    end = time.monotonic() + 10
    while alive(int(ran.output)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not alive(int(ran.output))


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_the_kernel_tells_when_another_process_reads_a_file(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("Id\n" + "1\n" * 1000, "utf-8")
    program = (
        "import sys, time\n"
        "open(sys.argv[1]).close()\n"
        "time.sleep(0.2)\n"
        "print(time.time())\n"
        "stream = open(sys.argv[1])\n"
        "time.sleep(0.5)\n"
    )
    with bench.openings.Openings(file) as openings:
        done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=True)
    began = float(done.stdout)
    assert len(openings.times()) == 2
    for found in (openings.times(), openings.times()[1:]):
        assert 0 <= bench.openings.reading(found) - began < 0.3
    assert 0 <= bench.openings.reading(openings.times(), after=began - 0.05) - began < 0.3
    assert bench.openings.reading(openings.times(), after=began + 10) is None


def test_the_time_of_a_function_is_given_to_the_module_that_called_it() -> None:
    def burn(seconds: float) -> None:
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    def called_by(name: str, seconds: float) -> None:
        namespace = {"__name__": name, "burn": burn, "seconds": seconds}
        exec(compile("burn(seconds)", name, "exec"), namespace)  # noqa: S102

    def work() -> None:
        called_by("anomaly_detection.features.tree", 0.3)
        called_by("somebody.else", 0.1)

    found = bench.profile.shares(work)
    assert list(found) == ["tree", bench.profile.OTHER]
    assert found["tree"] == pytest.approx(0.75, abs=0.1)
    assert sum(found.values()) == pytest.approx(1)


def test_an_arm_that_scores_names_its_boundary_and_makes_no_report(
    place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    arms = bench.arms
    monkeypatch.setattr(arms, "available", lambda unused: arms.ARMS)
    for arm, boundary in ((arms.ROWS, "rows"), (arms.COLUMNS, "columns")):
        command = arms._command(place, arm, Path("in.csv"), Path("out"))
        assert command[0].name == "java-pipeline"
        assert {f"--boundary={boundary}", "--report=false", "--input=in.csv", "--output=out"} <= set(command[1:])


def test_the_baselines_count_and_only_one_of_them_has_a_python(place: SimpleNamespace) -> None:
    alone, through = (bench.arms._command(place, arm, Path("in.csv"), Path("out")) for arm in bench.arms.ARMS[:2])
    for command in (alone, through):
        assert command[0].name == "baseline"
        assert "--countFile=out/count" in command
    assert "--throughPython" not in alone
    program = Path(through[-1].removeprefix("--python="))
    assert os.access(program, os.X_OK)
    assert "identity_service" in program.read_text("utf-8")


def test_rows_are_counted_from_what_an_arm_left(tmp_path: Path) -> None:
    arms = bench.arms
    (tmp_path / "count").write_text("1234", "utf-8")
    assert arms._counted(arms.IDENTITY, tmp_path, "") == 1234
    summary = "1,000,000 rows read: 999,999 scored, 12,345 of them odd; 1 in error. 12.0 s."
    assert arms._counted(arms.COLUMNS, tmp_path, summary) == 999_999
    assert arms._counted(arms.COLUMNS, tmp_path, "error: something") == 0


def test_without_the_baseline_it_is_said_how_to_build_it(
    place: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.arms, "_BIN", tmp_path)
    with pytest.raises(ConfigError, match="installBench"):
        bench.arms.available(place)
