"""How much is measured, where things lie, and the line that each step gets."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anomaly_detection
from anomaly_detection.cli.console import err
from anomaly_detection.generate import write_opportunities

ROOT = Path(__file__).resolve().parents[3]
Measurement = dict[str, Any]
"""Plain JSON: what was measured, under which settings."""

SEED, TRAINING_SEED = 2, 1
"""Of the rows that are scored, and of those that models are trained on, `pretrained/` among them."""

ANOMALIES = 0.01
TRAINING_ROWS = 5_000
"""As many as `pretrained/` was trained on."""

DETECTOR, CODED, TRANSFORM, PARTS = "detector", "detector, texts as codes", "transform", "parts"
"""What the section `core` measures; blocks of columns bring texts as codes, a CSV does not."""

BATCH = 4096
"""The batch size of the core's headline."""

_CORE_ROWS, _RIVAL_ROWS, _ACCELERATOR_ROWS = 65_536, 16_384, 500
_TRAININGS = (671, 2_000, 5_000, 10_000, 30_000, 100_000)
_SLOW_ROWS = 30_000
"""From here on a training is measured once."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The sizes of all parts, which follow from one number of rows.

    >>> Plan(rows=1_000_000, repeats=5).volumes
    (10000, 100000, 1000000, 10000000)
    >>> Plan(rows=100_000, repeats=2).trainings
    (671, 2000, 5000, 10000)
    """

    rows: int
    repeats: int

    @property
    def core(self) -> int:
        """Rows that the core scores for each figure."""
        return min(self.rows, _CORE_ROWS)

    @property
    def rivals(self) -> int:
        """Rows that the detectors of others score."""
        return min(self.rows, _RIVAL_ROWS)

    @property
    def accelerator(self) -> int:
        """Rows that are scored one at a time."""
        return min(self.rows, _ACCELERATOR_ROWS)

    @property
    def volumes(self) -> tuple[int, ...]:
        """Rows of the pipelines that show growth: powers of ten up to ten times the rows."""
        return tuple(10**power for power in range(4, 8) if 10**power <= 10 * self.rows)

    @property
    def trainings(self) -> tuple[int, ...]:
        """Rows of the trainings, up to a tenth of the rows."""
        return tuple(rows for rows in _TRAININGS if rows <= max(self.rows // 10, _TRAININGS[0]))

    def repeats_of_volume(self, rows: int) -> int:
        """Return how often a pipeline that shows growth runs: once where it is larger than those compared."""
        return self._fewer if rows <= self.rows else 1

    def repeats_of_training(self, rows: int) -> int:
        """Return how often a training of so many rows is measured."""
        return self._fewer if rows < _SLOW_ROWS else 1

    @property
    def _fewer(self) -> int:
        """What shows growth over several sizes needs fewer runs of each than what is compared."""
        return max(self.repeats - 2, 1)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What every section is given: the plan, the folder to work in, the model."""

    plan: Plan
    folder: Path
    model: Path
    began: float = field(default_factory=time.perf_counter)

    @property
    def logs(self) -> Path:
        """Where the commands' outputs are left."""
        return self.folder / "logs"

    @property
    def environment(self) -> Mapping[str, str]:
        """What commands get beside this process's variables: where this package and the product's lie."""
        path = [Path(__file__).parents[1], Path(anomaly_detection.__file__).parents[1]]
        return {"PYTHONPATH": os.pathsep.join(map(str, path))}

    def opportunities(self, rows: int) -> Path:
        """Return the CSV of so many rows to score, generated where it is not there yet."""
        return self._generated(f"opportunities-{rows}.csv", rows, seed=SEED, anomalies=ANOMALIES)

    def shards(self, rows: int, count: int) -> str:
        """Return a glob of so many CSV files that have so many rows in all."""
        for i in range(count):
            own = rows // count + (i < rows % count)
            self._generated(f"shards-{rows}/{i}.csv", own, seed=SEED + i, anomalies=ANOMALIES)
        return str(self.folder / "data" / f"shards-{rows}" / "*.csv")

    def training_rows(self, rows: int) -> Path:
        """Return the CSV of so many clean rows to train on."""
        return self._generated(f"training-{rows}.csv", rows, seed=TRAINING_SEED, anomalies=0.0)

    def _generated(self, name: str, rows: int, *, seed: int, anomalies: float) -> Path:
        path = self.folder / "data" / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with self.step(f"generating {rows:,} rows"):
                write_opportunities(path, rows=rows, seed=seed, anomalies=anomalies)
        return path

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Show that a step goes on, and print its line when it is done, with the words that were added meanwhile."""
        words: list[str] = []
        start = time.perf_counter()
        with err.status(name, spinner="dots"):
            yield words
        now = time.perf_counter()
        told = "".join(f", {word}" for word in words)
        err.print(f"{now - self.began:7.1f} s  {name}: {now - start:.1f} s{told}", soft_wrap=True)
