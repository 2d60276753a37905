"""The figures that stand for the whole, and the medians of every section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.arms import COLUMNS, IDENTITY
from bench.plan import BATCH, DETECTOR, PARTS, Measurement
from bench.processes import ROLES
from bench.spreads import as_json, chosen, process_spread, spread

MOST, MILLION, TENTH = 10**7, 10**6, 10**5

_KEYS: dict[str, tuple[str, ...]] = {
    "boundary": ("arm", "rows"),
    "core": ("what", "boundary", "batch", "reasons", "rows"),
    "accelerator": ("what", "rows"),
    "rivals": ("detector", "rows"),
    "training": ("rows",),
    "volume": ("arm", "rows"),
    "workers": ("workers", "rows"),
}
"""What tells the measurements of a section apart, beside the run."""

_FIGURES = ("data_seconds", "wall_seconds", "first_row_seconds", "cpu_seconds", "peak_mib", "rows_per_second")


def headline(sections: Mapping[str, Sequence[Measurement]]) -> dict[str, float | None]:
    """Return the figures that sum the bench up, each None where what it takes was not measured.

    - `pipeline_over_row_identity`, `…_wall`: blocks of columns scored ÷ rows passed through Python unread
    - `core_rows_per_second_per_core`: of the detector in batches of 4,096, reasons for odd rows
    - `core_over_accelerator`: that ÷ the published accelerator's way
    - `peak_memory_10m_over_1m`: of the process for which it is greatest
    - `time_1m_over_100k`: data time of the pipeline
    """
    boundary, core, slow, volume = (sections.get(name, []) for name in ("boundary", "core", "accelerator", "volume"))
    speed = _median(core, "rows_per_second", what=DETECTOR, batch=BATCH, reasons="odd")
    other = _median(slow, "rows_per_second", what="whole")
    return {
        "pipeline_over_row_identity": _over_identity(boundary, "data_seconds"),
        "pipeline_over_row_identity_wall": _over_identity(boundary, "wall_seconds"),
        "core_rows_per_second_per_core": speed,
        "peak_memory_10m_over_1m": _memory_growth(volume),
        "core_over_accelerator": _ratio(speed, other),
        "time_1m_over_100k": _ratio(
            _median(volume, "data_seconds", rows=MILLION), _median(volume, "data_seconds", rows=TENTH)
        ),
    }


def medians(section: str, measurements: Sequence[Measurement]) -> list[dict[str, Any]]:
    """Return one object for each setting of a section: the setting, and each figure's spread."""
    keys = _KEYS[section]
    settings = [{key: each.get(key) for key in keys} for each in measurements if each.get("what") != PARTS]
    different = [setting for i, setting in enumerate(settings) if setting not in settings[:i]]
    return [{**setting, **_spreads(measurements, setting)} for setting in different]


def _spreads(measurements: Sequence[Measurement], setting: dict[str, Any]) -> dict[str, Any]:
    found = {name: as_json(spread(measurements, name, **setting)) for name in _FIGURES}
    some = chosen(measurements, **setting)
    if "processes" in some[0]:
        found["processes"] = {
            role: {figure: as_json(process_spread(some, role, figure)) for figure in ("cpu_seconds", "peak_mib")}
            for role in ROLES
            if process_spread(some, role, "peak_mib")
        }
    return {name: value for name, value in found.items() if value is not None}


def _over_identity(boundary: Sequence[Measurement], figure: str) -> float | None:
    return _ratio(_median(boundary, figure, arm=COLUMNS), _median(boundary, figure, arm=IDENTITY))


def _memory_growth(volume: Sequence[Measurement]) -> float | None:
    growth = []
    for role in ROLES:
        more, fewer = (process_spread(volume, role, "peak_mib", rows=rows) for rows in (MOST, MILLION))
        if more and fewer:
            growth.append(more.median / fewer.median)
    return max(growth, default=None)


def _median(measurements: Sequence[Measurement], figure: str, **where: Any) -> float | None:
    found = spread(measurements, figure, **where)
    return None if found is None else found.median


def _ratio(value: float | None, base: float | None) -> float | None:
    return None if value is None or base is None else value / base
