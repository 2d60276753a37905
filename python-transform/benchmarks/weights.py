"""The weights of the score's parts, chosen on tables that no reported benchmark contains.

Generated opportunities, and shipments that have nothing to do with Salesforce, are split, trained on as they are and
with errors among them, and errors of the kinds that people make are put into the held-out rows. The weights are then
moved one at a time along a ladder to where the mean average precision over tables, trainings and kinds is best, or no
worse than chance explains and nearer to 1, until none moves any more. The surprises are computed once: a weight is
their factor.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from anomaly_detection.cli.training_rows import TrainingRows
from anomaly_detection.evaluate.injection import Injector
from anomaly_detection.evaluate.kinds import KINDS, OF_TRAINING_ROWS
from anomaly_detection.evaluate.metrics import rank
from anomaly_detection.evaluate.world import World
from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.discretizer import present
from anomaly_detection.features.feature import Feature, parse_features
from anomaly_detection.features.inference import infer_features
from anomaly_detection.generate import write_opportunities
from anomaly_detection.models.training import TrainOptions, train
from anomaly_detection.scoring.scorer import Scorer
from anomaly_detection.scoring.weights import WEIGHTS, Weights

LADDER = (0.25, 0.35, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
SEARCHED = ("encoder", "missing", "neighbors", "breadth", "copies")
MOST_ROUNDS = 10
"""The search ends after so many rounds at the latest."""

HELD_OUT, CONTAMINATION, PREVALENCE, ERRORS = 0.25, 0.05, 0.05, 40
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Source:
    """A table of ordinary rows."""

    name: str
    table: pa.Table
    features: tuple[Feature, ...]
    id_column: str


@dataclass(frozen=True)
class Trial:
    """What a trained model says of held-out rows and of errors: all parts at weight 1, and who is who."""

    source: str
    scorer: Scorer
    encoder: Floats
    others: Floats
    there: NDArray[np.bool_]
    far: Floats
    broad: Floats
    copies: Floats
    ordinary: slice
    kinds: Mapping[str, slice]

    def oddness(self, weights: Weights) -> Floats:
        """Return the oddness of all rows as `Scorer.oddness` defines it."""
        surprises = np.maximum(weights.encoder * self.encoder, self.others)
        surprises = np.where(self.there, surprises, weights.missing * surprises)
        parts = (weights.neighbors * self.far, weights.breadth * self.broad, weights.copies * self.copies)
        total: Floats = np.cbrt((self.scorer.cells(surprises[None]) ** 3).sum(1) + sum(part**3 for part in parts))
        return total

    def precision(self, weights: Weights) -> dict[str, float]:
        """Return the average precision of each kind alone."""
        oddness = self.oddness(weights)
        ordinary = oddness[self.ordinary]
        return {kind: rank(ordinary, oddness[where], prevalence=PREVALENCE).ap for kind, where in self.kinds.items()}


def sources(rows: int) -> list[Source]:
    """Return the tables: opportunities from the generator, and the shipments of the contract's example."""
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder) / "opportunities.csv"
        write_opportunities(csv, rows=rows, seed=101)
        opportunities = TrainingRows.read(csv, "Id")
    shipments = TrainingRows.read(ROOT / "contract/example/shipments.csv", "Shipment #").rows
    features, _ = infer_features(opportunities.rows, opportunities.types, without=["Id"])
    spec = json.loads((ROOT / "contract/example/features.json").read_text("utf-8"))
    return [
        Source("opportunities", opportunities.rows, features, "Id"),
        Source("shipments", shipments, parse_features(spec, where="features.json"), "Shipment #"),
    ]


def trials(source: Source, seeds: int) -> Iterator[Trial]:
    """Train on clean and on contaminated rows of each seed's split, and ask each model."""
    columns = [source.id_column, *(feature.name for feature in source.features if feature.is_column)]
    table = source.table.select(columns).combine_chunks()
    world = World.of(table, source.features)
    for seed in range(seeds):
        injector = Injector.of(table, world, id_column=source.id_column, seed=seed)
        possible = [kind for kind in injector.possible(np.random.default_rng(seed)) if kind in KINDS]
        order = np.random.default_rng([seed, 0]).permutation(table.num_rows)
        held_out = round(HELD_OUT * len(order))
        tested, trained = np.sort(order[:held_out]), np.sort(order[held_out:])
        spoiled = injector.contaminated(possible, trained, CONTAMINATION, np.random.default_rng([seed, 1]))
        for training, intact in ((table.take(pa.array(trained)), trained), spoiled):
            yield _ask(source, injector, possible, training, intact, tested, seed)


def _ask(
    source: Source,
    injector: Injector,
    possible: list[str],
    training: pa.Table,
    intact: NDArray[np.int64],
    tested: NDArray[np.int64],
    seed: int,
) -> Trial:
    parts, kinds, begin = [injector.table.take(pa.array(tested))], {}, len(tested)
    for i, kind in enumerate(possible):
        rows = intact if kind == OF_TRAINING_ROWS else tested
        errors = injector.draw(kind, rows, ERRORS, np.random.default_rng([seed, 2, i]))
        if len(errors):
            parts.append(errors.table)
            kinds[kind] = slice(begin, begin + len(errors))
            begin += len(errors)
    options = TrainOptions(seed=seed)
    detector = train(training, source.features, id_column=source.id_column, options=options).detector()
    rows = detector.featurizer.encode(pa.concat_tables(parts))
    surprises, there = detector.surprises(rows), present(rows)
    surprises = np.where(there, surprises, surprises / WEIGHTS.missing)
    return Trial(
        source=source.name,
        scorer=detector.scorer,
        encoder=surprises[0] / WEIGHTS.encoder,
        others=surprises[1:].max(0),
        there=there,
        far=detector.scorer.far(detector.evidence(rows).near) / WEIGHTS.neighbors,
        broad=detector.scorer.broad(detector.breadth(rows)) / WEIGHTS.breadth,
        copies=detector.duplicates(rows) / WEIGHTS.copies,
        ordinary=slice(0, len(tested)),
        kinds=kinds,
    )


def merits(found: list[Trial], weights: Weights) -> Floats:
    """Return each trial's mean average precision over its kinds."""
    return np.array([np.mean(list(trial.precision(weights).values())) for trial in found])


def choose(found: list[Trial]) -> Weights:
    """Return where the search ends that starts with all weights at 1.

    The rule of one standard error (L. Breiman et al., "Classification and regression trees", 1984): of the steps
    whose loss against the best is within the standard error of that loss, the one nearest to 1.
    """
    best = replace(WEIGHTS, **dict.fromkeys(SEARCHED, 1.0))
    for _ in range(MOST_ROUNDS):
        before = best
        for name in SEARCHED:
            ladder = {step: merits(found, replace(best, **{name: step})) for step in LADDER}
            top = max(ladder.values(), key=lambda each: float(each.mean()))
            good = [step for step, each in ladder.items() if (top - each).mean() <= _standard_error(top - each)]
            best = replace(best, **{name: min(good, key=lambda step: abs(np.log(step)))})
        if best == before:
            break
    return best


def _standard_error(values: Floats) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


@click.command()
@click.option("--rows", default=1000, show_default=True, help="How many generated opportunities.")
@click.option("--seeds", default=6, show_default=True, help="How many splits of each table.")
def main(rows: int, seeds: int) -> None:
    """Print the merit of each weight's ladder beside the others' best, and the weights found."""
    found: list[Trial] = []
    tables = sources(rows)
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("training", total=2 * seeds * len(tables))
        for source in tables:
            for trial in trials(source, seeds):
                found.append(trial)
                bar.advance(task)
    best = choose(found)
    shown = Table(title=f"mean average precision, {len(found)} models", title_justify="left")
    for heading in ("weight", *(f"{step:g}" for step in LADDER), "in use", "best"):
        shown.add_column(heading, justify="left" if heading == "weight" else "right")
    for name in SEARCHED:
        ladder = [merits(found, replace(best, **{name: step})).mean() for step in LADDER]
        ends = (f"{getattr(weights, name):g}" for weights in (WEIGHTS, best))
        shown.add_row(name, *(f"{each:.4f}" for each in ladder), *ends)
    console = Console(width=160)
    console.print(shown)
    console.print(f"in use: {merits(found, WEIGHTS).mean():.4f}; best: {merits(found, best).mean():.4f}")
    kinds = Table(title="by kind, with the best weights", title_justify="left")
    for heading in ("table", "kind", "AP"):
        kinds.add_column(heading)
    for source in tables:
        results = [trial.precision(best) for trial in found if trial.source == source.name]
        for kind in results[0]:
            kinds.add_row(source.name, kind, f"{np.mean([each[kind] for each in results if kind in each]):.3f}")
    console.print(kinds)


if __name__ == "__main__":
    main()
