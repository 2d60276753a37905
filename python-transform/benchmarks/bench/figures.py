"""The figures: the arms, the core beside others, and growth with rows; each as PNG and SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from anomaly_detection.evaluate.figures import save_figure
from bench.arms import ARMS
from bench.outlook import CORES, VCPU_HOUR
from bench.plan import BATCH, DETECTOR, Measurement
from bench.processes import ROLES
from bench.spreads import Spread, chosen, process_spread, spread

COLORS = {"java": "#1b6ca8", "python": "#e07b39", "prism": "#9a9a9a"}
_DATA, _WALL, _OTHERS = "#1b6ca8", "#8fbfe0", "#9a9a9a"

Points = list[tuple[float, Spread]]


def write_figures(sections: Mapping[str, Sequence[Measurement]], folder: Path) -> list[Path]:
    """Draw what was measured into an existing folder, and return the files."""
    drawn: dict[str, tuple[Callable[..., Figure], list[str]]] = {
        "boundary": (_boundary, ["boundary"]),
        "core": (_core, ["core"]),
        "detectors": (_detectors, ["core", "accelerator", "rivals"]),
        "training": (_training, ["training"]),
        "volume": (_volume, ["volume"]),
        "scale": (_scale, ["volume", "workers"]),
    }
    files: list[Path] = []
    for name, (draw, needed) in drawn.items():
        if all(sections.get(each) for each in needed):
            files += save_figure(draw(*(sections[each] for each in needed)), folder / name)
    return files


def _boundary(measurements: Sequence[Measurement]) -> Figure:
    """Data and wall time of each arm, with the least and the most."""
    arms = [arm for arm in ARMS if chosen(measurements, arm=arm)]
    figure, axes = _figure((7, 0.8 + 0.75 * len(arms)))
    for shift, figure_name, label, color in (
        (-0.2, "data_seconds", "first row read to last output", _DATA),
        (0.2, "wall_seconds", "whole process", _WALL),
    ):
        found = [spread(measurements, figure_name, arm=arm) for arm in arms]
        _bars(axes, [i + shift for i in range(len(arms))], [each for each in found if each], label, color, 0.38)
    axes.set_yticks(range(len(arms)), arms)
    axes.invert_yaxis()
    axes.set_xlabel(f"seconds for {measurements[0]['rows']:,} rows", fontsize=9)
    figure.legend(fontsize=8, frameon=False, loc="outside upper left", ncols=2)
    return figure


def _core(measurements: Sequence[Measurement]) -> Figure:
    """Rows per second of one core by batch size."""
    figure, axes = _figure((6, 3.6))
    detector = chosen(measurements, what=DETECTOR)
    for reasons, color in (("odd", _DATA), ("all", _WALL)):
        _line(
            axes, _points(detector, "batch", "rows_per_second", reasons=reasons), f"reasons for {reasons} rows", color
        )
    axes.set_xscale("log")
    axes.set_xticks([each["batch"] for each in detector], [f"{each['batch']:,}" for each in detector])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("rows scored together", fontsize=9)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_ylabel("rows per second of one core", fontsize=9)
    axes.legend(fontsize=8, frameon=False)
    return figure


def _detectors(
    core: Sequence[Measurement], accelerator: Sequence[Measurement], rivals: Sequence[Measurement]
) -> Figure:
    """Rows per second of one core: this detector, PyOD's, and the accelerator's way."""
    found = {"this detector": spread(core, "rows_per_second", what=DETECTOR, batch=BATCH, reasons="odd")}
    for name in dict.fromkeys(each["detector"] for each in rivals):
        found[f"PyOD {name}"] = spread(rivals, "rows_per_second", detector=name)
    found["published accelerator"] = spread(accelerator, "rows_per_second", what="whole")
    shown = {name: each for name, each in found.items() if each is not None}
    figure, axes = _figure((7, 0.8 + 0.45 * len(shown)))
    for i, (name, each) in enumerate(shown.items()):
        _bars(axes, [i], [each], None, _DATA if name == "this detector" else _OTHERS, 0.7)
    axes.set_yticks(range(len(shown)), list(shown))
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("rows per second of one core", fontsize=9)
    return figure


def _training(measurements: Sequence[Measurement]) -> Figure:
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    time, memory = figure.subplots(1, 2)
    _line(time, _points(measurements, "rows", "wall_seconds"), "whole process", _DATA)
    _line(time, _points(measurements, "rows", "cpu_seconds"), "CPU", _WALL)
    _line(memory, _points(measurements, "rows", "peak_mib"), "python", COLORS["python"])
    _growth(time, memory, "rows trained on")
    return figure


def _volume(measurements: Sequence[Measurement]) -> Figure:
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    time, memory = figure.subplots(1, 2)
    _line(time, _points(measurements, "rows", "data_seconds"), "first row read to last output", _DATA)
    _line(time, _points(measurements, "rows", "wall_seconds"), "whole process", _WALL)
    for role in ROLES:
        found = [
            (rows, process_spread(measurements, role, "peak_mib", rows=rows))
            for rows in dict.fromkeys(each["rows"] for each in measurements)
        ]
        _line(memory, [(rows, each) for rows, each in found if each], role, COLORS[role])
    _growth(time, memory, "rows scored")
    return figure


def _scale(volume: Sequence[Measurement], workers: Sequence[Measurement]) -> Figure:
    """Wall time by rows, embedded and with one and two workers of a cluster, and what a million rows cost."""
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    time, cost = figure.subplots(1, 2)
    lines = [("embedded", _points(volume, "rows", "wall_seconds"), _DATA)]
    for count, color in ((1, COLORS["python"]), (2, _WALL)):
        points = _points(workers, "rows", "wall_seconds", workers=count)
        lines.append((f"Flink, {count} worker{'s' * (count > 1)}", points, color))
    for label, points, color in lines:
        _line(time, points, label, color)
        _line(cost, [(rows, _dollars(rows, each)) for rows, each in points], label, color)
    _growth(time, cost, "rows scored")
    cost.set_ylabel("US$ for a million rows", fontsize=9)
    return figure


def _dollars(rows: float, wall: Spread) -> Spread:
    """Return the price of the machine's cores for a million rows, at a pace."""
    factor = CORES * VCPU_HOUR / 3600 / rows * 1e6
    return Spread(median=wall.median * factor, low=wall.low * factor, high=wall.high * factor, runs=wall.runs)


def _growth(time: Any, memory: Any, label: str) -> None:
    for axes, unit in ((time, "seconds"), (memory, "peak memory, MiB")):
        _plain(axes)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(label, fontsize=9)
        axes.set_ylabel(unit, fontsize=9)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, frameon=False)


def _points(measurements: Sequence[Measurement], key: str, figure: str, **where: Any) -> Points:
    found = [
        (value, spread(measurements, figure, **{key: value}, **where))
        for value in dict.fromkeys(each[key] for each in measurements)
    ]
    return [(value, each) for value, each in found if each is not None]


def _line(axes: Any, points: Points, label: str, color: str) -> None:
    middle = [each.median for _, each in points]
    away = [[each.median - each.low for _, each in points], [each.high - each.median for _, each in points]]
    axes.errorbar([x for x, _ in points], middle, away, marker="o", markersize=4, capsize=2, label=label, color=color)


def _bars(axes: Any, places: list[float], found: list[Spread], label: str | None, color: str, width: float) -> None:
    middle = [each.median for each in found]
    away = [[each.median - each.low for each in found], [each.high - each.median for each in found]]
    bars = axes.barh(
        places, middle, width, xerr=away, color=color, label=label, error_kw={"capsize": 2, "elinewidth": 1}
    )
    axes.bar_label(
        bars, [f"{value:,.1f}" if value < 100 else f"{value:,.0f}" for value in middle], fontsize=8, padding=4
    )
    axes.margins(x=0.12)


def _figure(size: tuple[float, float]) -> tuple[Figure, Any]:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    _plain(axes)
    return figure, axes


def _plain(axes: Any) -> None:
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
