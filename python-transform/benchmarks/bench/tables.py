"""The tables that are printed: medians, and in brackets the least and the most; none is wider than 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from bench.arms import ARMS
from bench.outlook import BILLION, embedded, on_flink
from bench.plan import CODED, DETECTOR, PARTS, TRANSFORM, Measurement
from bench.processes import ROLES
from bench.spreads import Spread, chosen, process_spread, spread

_HEADLINES = {
    "pipeline_over_row_identity": "pipeline ÷ Row identity, data time",
    "pipeline_over_row_identity_wall": "pipeline ÷ Row identity, wall time",
    "core_rows_per_second_per_core": "core, rows per second of one core",
    "core_over_accelerator": "core ÷ the published accelerator's way",
    "peak_memory_10m_over_1m": "peak memory, 10,000,000 rows ÷ 1,000,000",
    "time_1m_over_100k": "data time, 1,000,000 rows ÷ 100,000",
}
_LEAST_SHARE = 0.01
"""Parts that take less are not shown."""


def seconds(found: Spread | None) -> str:
    """Write seconds.

    >>> seconds(Spread(median=3.04, low=2.9, high=12.3, runs=3)), seconds(Spread(median=3, low=3, high=3, runs=1))
    ('3.0 [2.9, 12.3]', '3.0')
    """
    return _words(found, lambda value: f"{value:.1f}")


def whole(found: Spread | None) -> str:
    """Write a number without decimals."""
    return _words(found, lambda value: f"{value:,.0f}")


def headline_table(figures: dict[str, float | None]) -> Table:
    """Return the headline."""
    table = _table("headline", "", "figure")
    for name, value in figures.items():
        if value is None:
            table.add_row(_HEADLINES[name], "not measured")
        else:
            table.add_row(_HEADLINES[name], f"{value:,.0f}" if value >= 100 else f"{value:.2f}")
    return table


def boundary(measurements: Sequence[Measurement]) -> list[Table]:
    """Return the arms, and what their processes took."""
    arms = [arm for arm in ARMS if chosen(measurements, arm=arm)]
    rows = measurements[0]["rows"]
    times = _table(f"{rows:,} rows, seconds", "", "data", "wall", "rows/s")
    taken = _taken(f"{rows:,} rows, CPU seconds and peak MiB", "")
    for arm in arms:
        data, wall = (spread(measurements, f"{figure}_seconds", arm=arm) for figure in ("data", "wall"))
        times.add_row(arm, seconds(data), seconds(wall), f"{rows / data.median:,.0f}" if data else "")
        taken.add_row(arm, *_processes(measurements, arm=arm))
    return [times, taken]


def volume(measurements: Sequence[Measurement]) -> list[Table]:
    """Return time and memory by rows."""
    arm = measurements[0]["arm"]
    times = _table(f"{arm}, seconds", "rows", "data", "wall", "rows/s")
    taken = _taken(f"{arm}, CPU seconds and peak MiB", "rows")
    for rows in _values(measurements, "rows"):
        data, wall = (spread(measurements, f"{figure}_seconds", rows=rows) for figure in ("data", "wall"))
        times.add_row(f"{rows:,}", seconds(data), seconds(wall), f"{rows / data.median:,.0f}" if data else "")
        taken.add_row(f"{rows:,}", *_processes(measurements, rows=rows))
    return [times, taken]


def core(measurements: Sequence[Measurement]) -> list[Table]:
    """Return rows per second by batch size, and at its default those of texts as codes and of the transform."""
    speeds = _table("core, rows/s of one core", "batch", "reasons for odd rows", "reasons for all rows")
    detector = chosen(measurements, what=DETECTOR)
    for batch in _values(detector, "batch"):
        by = [whole(spread(detector, "rows_per_second", batch=batch, reasons=which)) for which in ("odd", "all")]
        speeds.add_row(f"{batch:,}", *by)
    speeds.add_row("texts as codes", whole(spread(measurements, "rows_per_second", what=CODED)), "")
    for boundary in ("rows", "columns"):
        found = spread(measurements, "rows_per_second", what=TRANSFORM, boundary=boundary)
        speeds.add_row(f"{boundary} in and out", whole(found), "")
    parts = _table("where the time goes, columns in and out", "module", "share")
    for measured in chosen(measurements, what=PARTS):
        for name, share in measured["shares"].items():
            if share >= _LEAST_SHARE:
                parts.add_row(name, f"{share:.0%}")
    return [speeds, *([parts] if parts.rows else [])]


def accelerator(measurements: Sequence[Measurement]) -> list[Table]:
    """Return the accelerator's rows per second."""
    table = _table("the published accelerator's way, a row at a time", "", "rows/s of one core")
    for what in _values(measurements, "what"):
        table.add_row(what, whole(spread(measurements, "rows_per_second", what=what)))
    return [table]


def rivals(measurements: Sequence[Measurement]) -> list[Table]:
    """Return the rows per second of PyOD's detectors."""
    table = _table("detectors of PyOD, encoding not counted", "", "rows/s of one core")
    for name in _values(measurements, "detector"):
        table.add_row(name, whole(spread(measurements, "rows_per_second", detector=name)))
    return [table]


def training(measurements: Sequence[Measurement]) -> list[Table]:
    """Return time and memory of training by rows."""
    table = _table("training", "rows", "wall s", "CPU s", "peak MiB")
    for rows in _values(measurements, "rows"):
        wall, cpu, peak = (
            spread(measurements, name, rows=rows) for name in ("wall_seconds", "cpu_seconds", "peak_mib")
        )
        table.add_row(f"{rows:,}", seconds(wall), seconds(cpu), whole(peak))
    return [table]


def workers(measurements: Sequence[Measurement]) -> list[Table]:
    """Return time, memory and files by rows and workers of a cluster, all on this machine's cores."""
    table = _table(
        "on a Flink cluster of this machine; MiB: peak, all processes",
        *("rows", "workers", "wall s", "CPU s", "MiB", "files", "bytes/row"),
    )
    for rows in _values(measurements, "rows"):
        for count in _values(measurements, "workers"):
            setting = {"rows": rows, "workers": count}
            wall, cpu = (spread(measurements, name, **setting) for name in ("wall_seconds", "cpu_seconds"))
            files, size, peak = (spread(measurements, name, **setting) for name in ("files", "bytes", "peak_mib"))
            if wall and cpu and files and size and peak:
                whole_numbers = [f"{each.median:,.0f}" for each in (peak, files)]
                per_row = f"{size.median / rows:,.0f}"
                table.add_row(f"{rows:,}", str(count), seconds(wall), f"{cpu.median:.1f}", *whole_numbers, per_row)
    return [table]


def outlook_table(volume: Sequence[Measurement], runs: Sequence[Measurement]) -> Table:
    """Return what a billion rows would take, as far as what is needed was measured."""
    table = _table(f"{BILLION:,} rows, worked out", "workers of 2 cores", "core h", "busy", "hours", "GiB each", "US$")
    for name, reckon, measured in (("no runner", embedded, volume), ("Flink", on_flink, runs)):
        for count in (1, 10, 100):
            found = reckon(measured, count)
            if found is not None:
                numbers = (f"{found.core_hours:.1f}", f"{found.busy:.0%}", f"{found.hours:.2f}")
                table.add_row(f"{count}, {name}", *numbers, f"{found.gib:.1f}", f"{found.dollars:.2f}")
    return table


TABLES = {
    "boundary": boundary,
    "core": core,
    "accelerator": accelerator,
    "rivals": rivals,
    "training": training,
    "volume": volume,
    "workers": workers,
}


def _words(found: Spread | None, write: Callable[[float], str]) -> str:
    if found is None:
        return ""
    if found.runs == 1:
        return write(found.median)
    return f"{write(found.median)} [{write(found.low)}, {write(found.high)}]"


def _taken(title: str, first: str) -> Table:
    return _table(title, first, *(f"{role} {unit}" for role in ROLES for unit in ("s", "MiB")))


def _processes(measurements: Sequence[Measurement], **where: object) -> list[str]:
    """Return the medians alone, of each process CPU seconds and peak memory."""
    cells = []
    for role in ROLES:
        cpu, peak = (process_spread(measurements, role, figure, **where) for figure in ("cpu_seconds", "peak_mib"))
        cells += [f"{cpu.median:.1f}" if cpu else "", f"{peak.median:,.0f}" if peak else ""]
    return cells


def _values(measurements: Sequence[Measurement], key: str) -> list[Any]:
    return list(dict.fromkeys(each[key] for each in measurements))


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="right" if i else "left", no_wrap=True)
    return table
