"""How well the odd rows of labelled public data sets are found, beside PyOD's detectors.

The protocol, the same for every set and detector: of at most 5,000 rows, 70 % of the ordinary ones are trained on,
and among them, unlabelled, odd rows at their natural share, but 5 % at most. Tested are the other ordinary rows and
all other odd ones, weighted to the same share. Everybody keeps the same settings throughout: this package its
defaults and what it is told to look for, outliers; the rivals those of `anomaly_detection.evaluate.rivals`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from rich.progress import Progress

from anomaly_detection.cli.console import check_folder, complete_file, out, print_table, progress_bar
from anomaly_detection.errors import AnomalyDetectionError
from anomaly_detection.evaluate.contest import contest, contestants
from anomaly_detection.evaluate.metrics import rank
from anomaly_detection.evaluate.rivals import check_installed
from anomaly_detection.models.training import TrainOptions
from anomaly_detection.scoring.weights import LOOK_FOR
from public_results import Record, Results, write_figure
from public_sets import ROW, SETS, PublicSet

MOST_ROWS = 5_000
TRAINED = 0.7
MOST_ODD = 0.05
ALPHA = 0.05

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Positions of the rows to train on, and of the ordinary and odd ones to test, with the share of odd rows."""

    training: Positions
    ordinary: Positions
    odd: Positions
    share: float

    @classmethod
    def draw(cls, is_odd: NDArray[np.bool_], seed: int) -> Split:
        """Draw the split of a seed by the protocol above."""
        order = np.random.default_rng(seed).permutation(len(is_odd))[:MOST_ROWS]
        odd, ordinary = order[is_odd[order]], order[~is_odd[order]]
        share = min(len(odd) / len(order), MOST_ODD)
        trained = round(TRAINED * len(ordinary))
        among = min(round(TRAINED * len(odd)), round(share / (1 - share) * trained))
        training = np.sort(np.concatenate([ordinary[:trained], odd[:among]]))
        return cls(training, ordinary[trained:], odd[among:], share)


def measure(
    name: str,
    public: PublicSet,
    seed: int,
    *,
    rivals: bool = True,
    look_for: str = "outliers",
    progress: Callable[[int], None] = lambda done: None,
) -> list[Record]:
    """Return the records of one split of a set; `progress` is told how many contestants are done."""
    split = Split.draw(public.odd, seed)
    tested = pa.array(np.concatenate([split.ordinary, split.odd]))
    records: list[Record] = []
    for verdict in contest(
        public.table.take(pa.array(split.training)),
        public.table.take(tested),
        public.features,
        id_column=ROW,
        options=TrainOptions(seed=seed, alpha=ALPHA, look_for=look_for),
        rivals=rivals,
    ):
        ordinary, odd = np.split(verdict.scores, [len(split.ordinary)])
        found = rank(ordinary, odd, prevalence=split.share)
        records.append(
            Record(
                data_set=name,
                detector=verdict.detector,
                encoding=verdict.encoding,
                seed=seed,
                auc=found.auc,
                ap=found.ap,
                prevalence=split.share,
                fit_seconds=verdict.fit_seconds,
                score_seconds=verdict.score_seconds,
            )
        )
        progress(len(records))
    return records


@click.command()
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Where results go.")
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="How many splits to average.")
@click.option("--only", type=click.Choice(list(SETS)), multiple=True, help="A data set to take; all when absent.")
@click.option("--rivals/--no-rivals", default=True, show_default=True, help="Whether PyOD's detectors run as well.")
@click.option(
    "--look-for", type=click.Choice(list(LOOK_FOR)), default="outliers", show_default=True, help="As `train` has it."
)
def main(output: Path, seeds: int, only: tuple[str, ...], rivals: bool, look_for: str) -> None:
    """Measure on public data sets how well odd rows are found, beside PyOD's detectors.

    Writes public.json and a figure, and prints average precision and ROC-AUC by data set. The sets are read from
    the packages orange3, river and scikit-learn of the development environment.
    """
    check_installed()
    check_folder(output)
    records: list[Record] = []
    with progress_bar() as bar:
        for name in only or SETS:
            public = SETS[name]()
            for seed in range(seeds):
                steps = _steps(bar, name, seed, rivals)
                records += measure(name, public, seed, rivals=rivals, look_for=look_for, progress=steps)
    results = Results(records)
    output.mkdir(parents=True, exist_ok=True)
    with complete_file(output / "public.json") as stream:
        json.dump([asdict(record) for record in records], stream, indent=1)
        stream.write("\n")
    files = [output / "public.json", *write_figure(results, output)]
    for metric in ("ap", "auc"):
        print_table(results.table(metric))
        out.print("\n".join(results.words(metric)), soft_wrap=True)
        out.print()
    out.print(f"wrote {', '.join(file.name for file in files)} to {output}", soft_wrap=True)


def _steps(bar: Progress, name: str, seed: int, rivals: bool) -> Callable[[int], None]:
    total = contestants(rivals=rivals)
    task = bar.add_task(f"{name}, seed {seed}", total=total)
    return lambda done: bar.update(task, completed=done, visible=done < total)


if __name__ == "__main__":
    try:
        main()
    except AnomalyDetectionError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
