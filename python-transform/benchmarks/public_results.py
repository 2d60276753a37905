"""From the records of the public data sets to tables, words and a figure: ours beside the best rival.

The best rival is one detector under one encoding for all sets: the pair whose mean over the sets is highest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from anomaly_detection.evaluate.contest import DETECTOR, OURS
from anomaly_detection.evaluate.figures import save_figure

NAMES = {"ap": "average precision", "auc": "ROC-AUC"}


@dataclass(frozen=True, kw_only=True)
class Record:
    """The figures of one detector and encoding on one split of a set."""

    data_set: str
    detector: str
    encoding: str
    seed: int
    auc: float
    ap: float
    prevalence: float
    fit_seconds: float
    score_seconds: float


@dataclass(frozen=True)
class Results:
    """Means over the seeds of all records."""

    records: Sequence[Record]

    @property
    def sets(self) -> list[str]:
        """The data sets, in order."""
        return list(dict.fromkeys(record.data_set for record in self.records))

    def means(self, metric: str) -> dict[tuple[str, str], list[float]]:
        """Return for each detector and encoding its mean on every set, the best first."""
        found: dict[tuple[str, str], dict[str, list[float]]] = {}
        for record in self.records:
            by_set = found.setdefault((record.detector, record.encoding), {})
            by_set.setdefault(record.data_set, []).append(getattr(record, metric))
        means = {name: [float(np.mean(by_set[each])) for each in self.sets] for name, by_set in found.items()}
        return dict(sorted(means.items(), key=lambda item: -np.mean(item[1])))

    def best_rival(self, metric: str) -> tuple[str, str] | None:
        """Return the pair of the highest mean, None where no rival ran."""
        return next((name for name in self.means(metric) if name[0] != DETECTOR), None)

    def table(self, metric: str) -> Table:
        """Return a line for each detector and encoding, a column for each set."""
        table = Table(title=NAMES[metric], title_justify="left", box=SIMPLE_HEAD, padding=0, show_edge=False)
        for heading in ("detector", "encoding"):
            table.add_column(heading, no_wrap=True)
        for heading in ("mean", *self.sets):
            table.add_column(heading, justify="right")
        for name, values in self.means(metric).items():
            cells = [f"{value:.3f}" for value in (float(np.mean(values)), *values)]
            table.add_row(*name, *cells, style="bold" if name[0] == DETECTOR else None)
        return table

    def words(self, metric: str) -> list[str]:
        """Say how ours stands beside the best rival, and on which sets it loses."""
        rival = self.best_rival(metric)
        if rival is None:
            return []
        ours, theirs = (self.means(metric)[name] for name in (OURS, rival))
        lines = [
            f"{NAMES[metric]}: {' '.join(OURS)} {np.mean(ours):.3f}, the best single pair, {' '.join(rival)}, "
            f"{np.mean(theirs):.3f}"
        ]
        lost = [
            f"{name} ({mine:.3f} against {their:.3f})"
            for name, mine, their in zip(self.sets, ours, theirs, strict=True)
            if mine < their
        ]
        return [*lines, f"it loses on {', '.join(lost)}" if lost else "it loses on no set"]


def write_figure(results: Results, folder: Path) -> list[Path]:
    """Draw both metrics by set into an existing folder and return the files."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    panels = figure.subplots(2, 1, sharex=True)
    for axes, metric in zip(panels, NAMES, strict=True):
        rival = results.best_rival(metric)
        shown = [(OURS, "#1b6ca8"), *([(rival, "#e07b39")] if rival else [])]
        means = results.means(metric)
        for i, (name, color) in enumerate(shown):
            values = means[name]
            heights = [*values, float(np.mean(values))]
            places = np.arange(len(heights)) + (i - (len(shown) - 1) / 2) * 0.8 / len(shown)
            bars = axes.bar(places, heights, 0.8 / len(shown), color=color, label=" ".join(name))
            axes.bar_label(bars, [f"{height:.2f}" for height in heights], fontsize=7)
        axes.set_xticks(range(len(results.sets) + 1), [*(name.replace("-", "\n") for name in results.sets), "mean"])
        axes.set_ylabel(NAMES[metric], fontsize=9)
        axes.set_ylim(0, 1.15)
        axes.set_yticks(np.linspace(0, 1, 6))
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(fontsize=8, loc="upper left", ncols=2, frameon=False)
    return save_figure(figure, folder / "public")
