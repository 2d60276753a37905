"""The whole comparison: seeds × clean and contaminated training × detectors × kinds of error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from anomaly_detection.errors import DataError
from anomaly_detection.evaluate.contest import OURS, contest, contestants
from anomaly_detection.evaluate.injection import Errors, Injector
from anomaly_detection.evaluate.kinds import OF_TRAINING_ROWS
from anomaly_detection.evaluate.metrics import ReasonAccuracy, judge_reasons, rank
from anomaly_detection.evaluate.rivals import Verdict, check_installed
from anomaly_detection.evaluate.world import World
from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.currency import currency_of
from anomaly_detection.features.feature import Feature
from anomaly_detection.models.detector import Scored
from anomaly_detection.models.training import Split, TrainOptions

MIXTURE = "all"
"""The kind of the records about all kinds of the mixture together."""

_LEAST_HELD_OUT = 20
_NOTHING = ReasonAccuracy(top1=None, top3=None, top1_strict=None, top3_strict=None)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions:
    """What an evaluation can be told; `errors_per_kind` weigh `prevalence` of the held-out rows together."""

    seeds: int = 5
    prevalence: float = 0.05
    alpha: float = 0.05
    held_out: float = 0.2
    contamination: float = 0.05
    errors_per_kind: int = 40
    rivals: bool = True
    currency_rates: Mapping[str, float] | None = None
    money: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Record:
    """The figures of one detector, encoding, training, kind and seed."""

    detector: str
    encoding: str
    contaminated: bool
    kind: str
    seed: int
    ap: float
    auc: float
    fpr: float
    reason_top1: float | None
    reason_top3: float | None
    reason_top1_strict: float | None
    reason_top3_strict: float | None
    precision: float
    detected: float
    fit_seconds: float
    score_seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return the record as it stands in `evaluation.json`."""
        return asdict(self)


@dataclass(frozen=True)
class Evaluation:
    """All records, the kinds of the mixture by seed, and our scores and p-values for the figures.

    `p_values` holds those of ordinary held-out rows by contamination; `ordinary` and `errors` are the scores of these
    rows and of the mixture's errors, `thresholds` what they are compared with, all of clean training.
    """

    records: list[Record] = field(default_factory=list)
    mixture: dict[int, list[str]] = field(default_factory=dict)
    p_values: dict[bool, list[Floats]] = field(default_factory=lambda: {False: [], True: []})
    ordinary: list[Floats] = field(default_factory=list)
    errors: list[Floats] = field(default_factory=list)
    thresholds: list[float] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Trial:
    """One split: the rows to train on, those to test, and where each kind stands among the tested."""

    training: pa.Table
    tested: pa.Table
    ordinary: int
    kinds: dict[str, tuple[slice, Errors]]


def evaluate(
    table: pa.Table,
    features: Sequence[Feature],
    *,
    id_column: str,
    options: EvaluateOptions = EvaluateOptions(),
    progress: Progress | None = None,
) -> Evaluation:
    """Put errors into held-out rows of a table and see who finds them; repeatable but for the times.

    Raises `ConfigError` if a package is missing, `DataError` where there are too few rows, and both as `train` does.
    """
    check_installed()
    report = progress or (lambda step, done, total: None)
    _check_rows(table.num_rows, options)
    numeric = [feature.name for feature in features if feature.kind == "numeric"]
    currency = currency_of(table, numeric, options.currency_rates, money=options.money)
    money = () if currency is None else (currency.column,)
    columns = [id_column, *(feature.name for feature in features if feature.is_column), *money]
    table = table.select(list(dict.fromkeys(columns))).combine_chunks()
    # A row of no currency or an unknown one is bad: it has no score that could be judged.
    world = World.of(table, [feature for feature in features if feature.name not in money])
    evaluation = Evaluation()
    for seed in range(options.seeds):
        injector = Injector.of(table, world, id_column=id_column, seed=seed)
        possible = injector.possible(np.random.default_rng(seed))
        mixture = [kind for kind, mixed in possible.items() if mixed]
        evaluation.mixture[seed] = mixture
        for contaminated in (False, True):
            trial = _draw(injector, possible, mixture, seed, contaminated, options)
            step = f"seed {seed}, {'contaminated' if contaminated else 'clean'} training"
            total = contestants(rivals=options.rivals)
            report(step, 0, total)
            verdicts = contest(
                trial.training,
                trial.tested,
                features,
                id_column=id_column,
                options=TrainOptions(
                    seed=seed, alpha=options.alpha, currency_rates=options.currency_rates, money=options.money
                ),
                rivals=options.rivals,
            )
            for done, verdict in enumerate(verdicts, start=1):
                report(step, done, total)
                if verdict.scored is not None and (verdict.detector, verdict.encoding) == OURS:
                    _keep(evaluation, trial, verdict.scored, mixture, contaminated)
                evaluation.records.extend(_judge(trial, verdict, mixture, seed, contaminated, options))
    return evaluation


def _check_rows(rows: int, options: EvaluateOptions) -> None:
    held_out = round(options.held_out * rows)
    if held_out < _LEAST_HELD_OUT:
        raise DataError(f"evaluate: expected at least {_LEAST_HELD_OUT / options.held_out:.0f} good rows, found {rows}")
    try:
        Split.draw(rows - held_out, TrainOptions(alpha=options.alpha))
    except DataError as error:
        raise DataError(f"evaluate: {rows - held_out} of {rows} good rows are left to train on: {error}") from error


def _draw(
    injector: Injector,
    possible: dict[str, bool],
    mixture: list[str],
    seed: int,
    contaminated: bool,
    options: EvaluateOptions,
) -> _Trial:
    rng = np.random.default_rng([seed, 0])
    order = rng.permutation(injector.table.num_rows)
    held_out = round(options.held_out * len(order))
    tested, trained = np.sort(order[:held_out]), np.sort(order[held_out:])
    training = injector.table.take(pa.array(trained))
    intact: NDArray[np.int64] = trained
    if contaminated:
        training, intact = injector.contaminated(
            mixture, trained, options.contamination, np.random.default_rng([seed, 1])
        )
    parts, kinds, begin = [injector.table.take(pa.array(tested))], {}, held_out
    for i, kind in enumerate(possible):
        source = intact if kind == OF_TRAINING_ROWS else tested
        errors = injector.draw(kind, source, options.errors_per_kind, np.random.default_rng([seed, 2, i]))
        if len(errors):
            kinds[kind] = (slice(begin, begin + len(errors)), errors)
            parts.append(errors.table)
            begin += len(errors)
    return _Trial(training=training, tested=pa.concat_tables(parts), ordinary=held_out, kinds=kinds)


def _keep(evaluation: Evaluation, trial: _Trial, scored: Scored, mixture: list[str], contaminated: bool) -> None:
    evaluation.p_values[contaminated].append(scored.p_value[: trial.ordinary])
    if contaminated:
        return
    evaluation.thresholds.append(scored.threshold)
    evaluation.ordinary.append(scored.score[: trial.ordinary])
    evaluation.errors.extend(scored.score[where] for kind, (where, _) in trial.kinds.items() if kind in mixture)


def _judge(
    trial: _Trial, verdict: Verdict, mixture: list[str], seed: int, contaminated: bool, options: EvaluateOptions
) -> Iterator[Record]:
    ordinary = slice(0, trial.ordinary)
    parts = {kind: np.arange(where.start, where.stop) for kind, (where, _) in trial.kinds.items()}
    parts = {MIXTURE: np.concatenate([parts[kind] for kind in mixture if kind in parts]), **parts}
    changed = [columns for _, errors in trial.kinds.values() for columns in errors.changed]
    for kind, rows in parts.items():
        ranking = rank(verdict.scores[ordinary], verdict.scores[rows], prevalence=options.prevalence)
        accuracy = _NOTHING
        if verdict.scored is not None:
            told = [[reason.field for reason in verdict.scored.reasons[i]] for i in rows]
            accuracy = judge_reasons([changed[i - trial.ordinary] for i in rows], told)
        yield Record(
            detector=verdict.detector,
            encoding=verdict.encoding,
            contaminated=contaminated,
            kind=kind,
            seed=seed,
            ap=ranking.ap,
            auc=ranking.auc,
            fpr=float(verdict.label[ordinary].mean()),
            reason_top1=accuracy.top1,
            reason_top3=accuracy.top3,
            reason_top1_strict=accuracy.top1_strict,
            reason_top3_strict=accuracy.top3_strict,
            precision=ranking.precision,
            detected=float(verdict.label[rows].mean()),
            fit_seconds=verdict.fit_seconds,
            score_seconds=verdict.score_seconds,
        )
