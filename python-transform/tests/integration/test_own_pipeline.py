"""The program that `java-pipeline/own-pipeline.md` shows compiles against what `make run` installs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from .clusters import ROOT

LIB = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "lib"


def test_the_program_of_the_page_compiles(tmp_path: Path) -> None:
    page = (ROOT / "java-pipeline" / "own-pipeline.md").read_text("utf-8")
    (program,) = re.findall(r"^```java\n(.*?)^```", page, re.M | re.S)
    (name,) = re.findall(r"public final class (\w+)", program)
    assert f"{name}.java" in page
    source = tmp_path / f"{name}.java"
    source.write_text(program, "utf-8")
    done = subprocess.run(
        ["javac", "-Xlint:all,-classfile,-path,-processing", "-Werror", "-d", tmp_path, "-cp", f"{LIB}/*", source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / f"{name}.class").exists()
