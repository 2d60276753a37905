"""`make verify`: measure, keep, print, and fail where a figure is not what was asked."""

from __future__ import annotations

import json
import signal
import traceback
from importlib import import_module
from itertools import groupby

import click
from rich.table import Table

from anomaly_detection.cli.console import complete_file, err, out, print_table
from anomaly_detection.cli.running import run_command
from anomaly_detection.errors import AnomalyDetectionError
from bench.machine import machine, today, words
from bench.plan import ROOT
from verify.measure import Finding, Section

SECTIONS = ("start", "follow", "containers", "salesforce", "speed", "cluster", "faults", "spark")
"""Each is a function of its own name in a module of its own name."""

OUTPUT = ROOT / "build" / "verify"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--only", type=click.Choice(SECTIONS), multiple=True, help="What to measure; all when absent. Repeatable."
)
def main(only: tuple[str, ...]) -> None:
    """Measure what the project promises, at its full size, on an idle machine, as root or with sudo.

    Each section writes build/verify/SECTION.json, with the reason where it could not be measured to its end; the next
    one is measured then. The exit status is 1 if a figure is not what was asked, or could not be measured.
    """
    OUTPUT.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in only or SECTIONS:
        err.print(f"verify: {name}")
        found: list[Finding] = []
        try:
            section: Section = getattr(import_module(f"verify.{name}"), name)
            for finding in section():
                found.append(finding)
                _save(name, found)
        except Exception as error:  # one that is not ours is a fault of a section, which the others need not share
            ours = isinstance(error, AnomalyDetectionError)
            err.print(f"{name}: {error if ours else traceback.format_exc()}", style="red", soft_wrap=True)
            _save(name, found, not_measured=f"{type(error).__name__}: {error}")
            failed.append(name)
        failed += [f"{name}: {finding.name}" for finding in found if not finding.holds]
        _print(name, found)
    if failed:
        raise AnomalyDetectionError(f"not met or not measured: {', '.join(failed)}", exit_code=1)


def _save(name: str, found: list[Finding], *, not_measured: str | None = None) -> None:
    content = {"date": today(), "machine": machine(), "measures": [finding.as_json() for finding in found]}
    if not_measured is not None:
        content["not_measured"] = not_measured
    with complete_file(OUTPUT / f"{name}.json") as stream:
        json.dump(content, stream, indent=1)


def _print(name: str, found: list[Finding]) -> None:
    out.print(f"{name}, on {words(machine())}", soft_wrap=True)
    for columns, findings in groupby(found, key=lambda finding: finding.columns):
        table = Table(*columns)
        for finding in findings:
            table.add_row(*finding.cells)
        print_table(table)
    out.print()


if __name__ == "__main__":
    # A shell that starts it in the background has it ignore SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run_command(main)
