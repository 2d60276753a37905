"""The pipelines that are compared, each as one command, and the time that its data took.

The data time runs from the moment in which the reader opens the file to the last write of what comes out: files of
JSON Lines, or a count. Both are told by the file system, in the same way for all, so that no arm carries a clock.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from anomaly_detection.errors import ConfigError
from bench.openings import Openings, reading
from bench.plan import ROOT, Bench, Measurement
from bench.processes import CommandError, run

JAVA, IDENTITY, ROWS, COLUMNS = "Java only", "Row identity", "rows scored", "columns scored"
ARMS = (JAVA, IDENTITY, ROWS, COLUMNS)
SWITCH = "boundary"
"""The product's option that says how rows cross: `rows` or `columns`."""

_BIN = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "bin"
PRODUCT = _BIN / "java-pipeline"
_SUMMARY = re.compile(r"([\d,]+) rows (?:of [\d,]+ files )?read: ([\d,]+) scored\b")
_FIRST = re.compile(r"first row scored after ([\d.]+) s")


@cache
def available(bench: Bench) -> tuple[str, ...]:
    """Return the arms that this build of the product has."""
    if not (_BIN / "baseline").is_file():
        raise ConfigError(
            f"expected the product and the baseline in {_BIN}, found none; build them: "
            "build/tools/gradle :java-pipeline:installBench"
        )
    told = run("help", [PRODUCT, "--help"], logs=bench.logs, cwd=ROOT).output
    return ARMS if f"--{SWITCH}" in told else ARMS[:-1]


def measure(bench: Bench, arm: str, rows: int, repeat: int) -> Measurement:
    """Run an arm once and return its times, and what its processes took; what it wrote is removed.

    Raises `CommandError`, with the end of the arm's log, if it fails or loses rows.
    """
    source, output = bench.opportunities(rows), bench.folder / "output"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    name = f"{arm.lower().replace(' ', '-')}-{rows}-{repeat}"
    try:
        with bench.step(f"{arm}, {rows:,} rows, run {repeat + 1}") as words, Openings(source) as openings:
            ran = run(name, _command(bench, arm, source, output), logs=bench.logs, cwd=ROOT, env=bench.environment)
            require_complete(name, _counted(arm, output, ran.output), rows, bench.logs)
            begin = reading(openings.times(), after=ran.seen["prism"])
            if begin is None:
                raise CommandError(f"{name}: expected {source} to be read by the job, found that nobody opened it")
            seconds = _last_write(output) - begin
            words += [f"data {seconds:.1f} s", f"wall {ran.wall_seconds:.1f} s"]
    finally:
        shutil.rmtree(output, ignore_errors=True)
    first = _FIRST.search(ran.output)
    return {
        "arm": arm,
        "rows": rows,
        "repeat": repeat,
        "data_seconds": seconds,
        "wall_seconds": ran.wall_seconds,
        "first_row_seconds": float(first[1]) if first else None,
        "processes": ran.processes(),
    }


def _command(bench: Bench, arm: str, source: Path, output: Path) -> Sequence[str | Path]:
    common = [f"--input={source}", f"--model={bench.model}", f"--output={output}"]
    if arm in (ROWS, COLUMNS):
        switch = [f"--{SWITCH}={arm.split()[0]}"] if COLUMNS in available(bench) else []
        # The page for people is made of the files, after the pipeline.
        return [PRODUCT, *common, "--report=false", *switch]
    count = f"--countFile={output / 'count'}"
    if arm == JAVA:
        # An address that nobody asks: without it a Python service would be started.
        return [_BIN / "baseline", *common, count, "--expansionService=localhost:1"]
    return [_BIN / "baseline", *common, count, "--throughPython", f"--python={_identity(bench)}"]


def _identity(bench: Bench) -> Path:
    """Write the program that the engine starts in the place of the product's command."""
    program = bench.folder / "identity-service"
    code = "from bench.identity_service import main; main()"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -W ignore -c '{code}' \"$@\"\n", "utf-8")
    program.chmod(0o755)
    return program


def scored(printed: str) -> int:
    """Return how many rows a run of the product read and scored, by what it printed."""
    summary = _SUMMARY.search(printed)
    return min(int(number.replace(",", "")) for number in summary.groups()) if summary else 0


def require_complete(name: str, counted: int, rows: int, logs: Path) -> None:
    """Raise `CommandError` if a run lost rows."""
    if counted != rows:
        raise CommandError(f"{name}: expected {rows:,} rows, found {counted:,}; see {logs}/{name}.out")


def _counted(arm: str, output: Path, printed: str) -> int:
    return int((output / "count").read_text("utf-8")) if arm in (JAVA, IDENTITY) else scored(printed)


def _last_write(output: Path) -> float:
    return max(file.stat().st_mtime_ns for file in output.iterdir() if file.is_file()) / 1e9
