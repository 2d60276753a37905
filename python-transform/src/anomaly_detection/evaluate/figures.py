"""Three figures of an evaluation, each as PNG and SVG: AP by kind, calibration, scores."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from anomaly_detection.evaluate.contest import DETECTOR, OURS
from anomaly_detection.evaluate.run import Evaluation
from anomaly_detection.evaluate.summary import kind_lines, lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RIVALS = 3
_OURS_COLOR, _OURS_COLORS, _COLORS = "#1b6ca8", ("#8fbfe0", "#5b9bc8"), ("#e07b39", "#9a9a9a", "#c9b458")
_CONTAMINATED_COLOR = "#c0392b"


def write_figures(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Draw all figures into an existing folder and return the files."""
    drawn = {
        "ap_by_kind": _ap_by_kind(evaluation),
        "calibration": _calibration(evaluation),
        "scores": _scores(evaluation),
    }
    return [file for name, figure in drawn.items() for file in save_figure(figure, folder / name)]


def save_figure(figure: Figure, path: Path) -> list[Path]:
    """Write a figure as PNG and SVG, beside each other; the same figure gives the same bytes."""
    from matplotlib import rc_context

    files = [path.with_name(f"{path.name}.{suffix}") for suffix in ("png", "svg")]
    # Else the elements of an SVG get random names.
    with rc_context({"svg.hashsalt": path.name}):
        for file in files:
            figure.savefig(file, dpi=150, metadata={"Date": None} if file.suffix == ".svg" else None)
    return files


def _ap_by_kind(evaluation: Evaluation) -> Figure:
    """Ours beside the rivals with the best means."""
    best = [(line.detector, line.encoding) for line in lines(evaluation)]
    others = [name for name in best if name[0] == DETECTOR and name != OURS]
    rivals = [name for name in best if name[0] != DETECTOR][:_RIVALS]
    shown = [(OURS, _OURS_COLOR), *zip(others, cycle(_OURS_COLORS)), *zip(rivals, _COLORS, strict=False)]
    figure = _figure(figsize=(11, 5.5), layout="constrained")
    panels = figure.subplots(2, 1, sharex=True, sharey=True)
    for axes, which, title in zip(panels, (0, 1), ("clean training", "contaminated training"), strict=True):
        for i, (name, color) in enumerate(shown):
            kinds = kind_lines(evaluation, *name)
            places = np.arange(len(kinds)) + (i - (len(shown) - 1) / 2) * 0.8 / len(shown)
            heights = [line.ap[which] for line in kinds]
            axes.bar(places, heights, 0.8 / len(shown), color=color, label=", ".join(name))
            axes.set_xticks(range(len(kinds)), [line.kind.replace("_", "\n") for line in kinds], fontsize=7)
        axes.set_title(title, loc="left", fontsize=9)
        axes.set_ylabel("average precision", fontsize=8)
        axes.set_ylim(0, 1)
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=len(shown), fontsize=8)
    return figure


def _calibration(evaluation: Evaluation) -> Figure:
    """The share of ordinary held-out rows that each alpha would call odd: the diagonal is what it promises."""
    figure = _figure(figsize=(5.5, 5), layout="constrained")
    axes = figure.subplots()
    for contaminated, color in ((False, _OURS_COLOR), (True, _CONTAMINATED_COLOR)):
        p = np.sort(np.concatenate(evaluation.p_values[contaminated]))
        label = "contaminated training" if contaminated else "clean training"
        axes.step(p, np.arange(1, len(p) + 1) / len(p), where="post", color=color, label=label)
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.8, linestyle="--", label="promised")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("alpha")
    axes.set_ylabel("share of ordinary rows with p ≤ alpha")
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    return figure


def _scores(evaluation: Evaluation) -> Figure:
    """Scores of ordinary held-out rows and of the mixture's errors, all seeds, with the mean threshold."""
    figure = _figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    edges = np.linspace(0, 1, 41).tolist()
    for values, label, color in (
        (np.concatenate(evaluation.ordinary), "ordinary rows", "#9a9a9a"),
        (np.concatenate(evaluation.errors), "errors", _OURS_COLOR),
    ):
        share = np.full(len(values), 1 / len(values))
        axes.hist(values, edges, weights=share, color=color, alpha=0.6, label=label)
    axes.axvline(float(np.mean(evaluation.thresholds)), color="black", linestyle="--", linewidth=0.8, label="threshold")
    axes.set_xlabel("score")
    axes.set_ylabel("share of rows")
    axes.legend(fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _figure(**options: Any) -> Figure:
    # Of the extra `evaluate`, like the rivals: who does not evaluate need not have it.
    from matplotlib.figure import Figure

    return Figure(**options)
