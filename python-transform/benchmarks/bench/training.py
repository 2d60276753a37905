"""The section of trainings: time and memory by rows, each in a process of its own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator

from bench.plan import Bench, Measurement
from bench.processes import run

_TRAIN = "from anomaly_detection.cli import main; main()"


def training(bench: Bench) -> Iterator[Measurement]:
    """Run `anomaly-detection train` with its defaults on clean generated rows."""
    for rows in bench.plan.trainings:
        source = bench.training_rows(rows)
        for repeat in range(bench.plan.repeats_of_training(rows)):
            model = bench.folder / "trained"
            command = [sys.executable, "-c", _TRAIN, "train", str(source), "--id-column=Id", f"--output={model}"]
            try:
                with bench.step(f"training on {rows:,} rows, run {repeat + 1}") as words:
                    ran = run(f"training-{rows}-{repeat}", command, logs=bench.logs, env=bench.environment)
                    taken = ran.taken["python"]
                    words += [f"{taken.peak_mib:,.0f} MiB"]
            finally:
                shutil.rmtree(model, ignore_errors=True)
            yield {
                "rows": rows,
                "repeat": repeat,
                "wall_seconds": ran.wall_seconds,
                "cpu_seconds": taken.cpu_seconds,
                "peak_mib": taken.peak_mib,
            }
