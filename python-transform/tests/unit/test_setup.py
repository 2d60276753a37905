"""The sum that closes `make test`: what it counts, and what makes it fail."""

import subprocess
import sys
from pathlib import Path

import pytest

SUM = Path(__file__).parents[3] / ".ci" / "sum_junit.py"

MIXED = """<testsuites><testsuite tests="99" failures="0">
  <testcase name="a"/>
  <testcase name="b"><system-out>text</system-out></testcase>
  <testcase name="c"><failure message="no"/></testcase>
  <testcase name="d"><error message="no"/></testcase>
  <testcase name="e"><skipped/></testcase>
</testsuite></testsuites>"""
GOOD = '<testsuite><testcase name="f"/></testsuite>'


def run(*folders: Path) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, SUM, *folders], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def java(tmp_path: Path) -> Path:
    return write(tmp_path / "java", "TEST-junit-jupiter.xml", GOOD)


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_sums_over_languages_and_files(tmp_path: Path, java: Path) -> None:
    write(java, "TEST-junit-vintage.xml", GOOD)
    python = write(tmp_path / "python", "pytest.xml", GOOD)
    assert run(java, python) == (0, "3 passed, 0 failed, 0 skipped\n", "")


def test_failures_and_errors_fail(tmp_path: Path, java: Path) -> None:
    python = write(tmp_path / "python", "pytest.xml", MIXED)
    assert run(java, python) == (1, "3 passed, 2 failed, 1 skipped\n", "")


@pytest.mark.parametrize("text", [None, "<testsuite/>", '<testsuite><testcase name="a">'])
def test_a_language_without_results_fails(tmp_path: Path, java: Path, text: str | None) -> None:
    python = tmp_path / "python"
    if text is not None:
        write(python, "pytest.xml", text)
    status, out, err = run(java, python)
    assert status == 1
    assert out == "1 passed, 0 failed, 0 skipped\n"
    assert f"{python}: expected test results, found none" in err
