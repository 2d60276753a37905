"""From records to the lines of the table: means over the seeds, the best first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from anomaly_detection.evaluate.run import MIXTURE, Evaluation, Record


@dataclass(frozen=True, kw_only=True)
class Line:
    """One detector on one encoding: means over seeds, of clean and of contaminated training where there are two.

    `kinds_ap` is the mean over the kinds of each seed's mixture, each alone; all others are of the mixture. The
    seconds are medians: the first of a detector's runs compiles and loads.
    """

    detector: str
    encoding: str
    ap: tuple[float, float]
    kinds_ap: tuple[float, float]
    auc: tuple[float, float]
    precision: tuple[float, float]
    fpr: tuple[float, float]
    fit_seconds: float
    score_seconds: float


def lines(evaluation: Evaluation) -> list[Line]:
    """Return a line for each detector and encoding, by falling mean of the clean and contaminated AP."""
    names = dict.fromkeys((record.detector, record.encoding) for record in evaluation.records)
    result = []
    for name in names:
        records = [record for record in evaluation.records if (record.detector, record.encoding) == name]
        mixed = [record for record in records if record.kind == MIXTURE]
        alone = [record for record in records if record.kind in evaluation.mixture[record.seed]]
        result.append(
            Line(
                detector=name[0],
                encoding=name[1],
                ap=_both(mixed, "ap"),
                kinds_ap=_both(alone, "ap"),
                auc=_both(mixed, "auc"),
                precision=_both(mixed, "precision"),
                fpr=_both(mixed, "fpr"),
                fit_seconds=float(np.median([record.fit_seconds for record in mixed])),
                score_seconds=float(np.median([record.score_seconds for record in mixed])),
            )
        )
    return sorted(result, key=lambda line: -sum(line.ap))


@dataclass(frozen=True, kw_only=True)
class KindLine:
    """One detector on one encoding and one kind alone: the same means."""

    detector: str
    encoding: str
    kind: str
    ap: tuple[float, float]
    auc: tuple[float, float]
    detected: tuple[float, float]
    reason_top1: float | None
    reason_top1_strict: float | None
    reason_top3: float | None


def kind_lines(evaluation: Evaluation, detector: str, encoding: str) -> list[KindLine]:
    """Return a line for each kind, in the order of the records."""
    records = [record for record in evaluation.records if (record.detector, record.encoding) == (detector, encoding)]
    result = []
    for kind in dict.fromkeys(record.kind for record in records):
        these = [record for record in records if record.kind == kind]
        clean = [record for record in these if not record.contaminated]
        result.append(
            KindLine(
                detector=detector,
                encoding=encoding,
                kind=kind,
                ap=_both(these, "ap"),
                auc=_both(these, "auc"),
                detected=_both(these, "detected"),
                reason_top1=_mean(clean, "reason_top1"),
                reason_top1_strict=_mean(clean, "reason_top1_strict"),
                reason_top3=_mean(clean, "reason_top3"),
            )
        )
    return result


def _both(records: Sequence[Record], name: str) -> tuple[float, float]:
    clean = _mean([record for record in records if not record.contaminated], name)
    contaminated = _mean([record for record in records if record.contaminated], name)
    return (np.nan if clean is None else clean, np.nan if contaminated is None else contaminated)


def _mean(records: Iterable[Record], name: str) -> float | None:
    values = [value for record in records if (value := getattr(record, name)) is not None]
    return float(np.mean(values)) if values else None
