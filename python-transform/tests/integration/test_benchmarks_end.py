"""`make bench` and `make verify`, told to end: what a section has started is ended with them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, runpy, signal, sys, time
from importlib import import_module
from pathlib import Path
import bench.plan

def section(*unused):
    try:
        os.kill(os.getpid(), signal.{signal})
        time.sleep(60)
        yield
    finally:
        print("what was started is ended")

bench.plan.ROOT = Path.cwd()
import_module("{module}").{name} = section
signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for what runs in its background
sys.argv = ["{program}", "--only={name}", *{options}]
runpy.run_module("{program}", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    ("program", "name", "number", "options"),
    [
        ("bench", "core", "SIGTERM", ["--output=out", f"--model={ROOT.parent / 'pretrained'}"]),
        ("verify", "start", "SIGTERM", []),
        ("verify", "start", "SIGINT", []),
    ],
)
def test_a_section_ends_what_it_started_though_it_is_told_to_end_in_the_background(
    program: str, name: str, number: str, options: list[str], tmp_path: Path
) -> None:
    path = [*(str(ROOT / folder) for folder in ("benchmarks", "deploy")), *filter(None, sys.path)]
    done = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-c"),
            PROGRAM.format(program=program, module=f"{program}.{name}", name=name, signal=number, options=options),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "what was started is ended\n"), done.stderr
    assert done.stderr.endswith("stopped\n")
