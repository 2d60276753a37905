"""Figures of merit, with errors weighted so that they have a given share among ordinary rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from anomaly_detection.evaluate.world import group_of
from anomaly_detection.features.arrays import Floats


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """How well scores put errors before ordinary rows."""

    auc: float
    ap: float
    precision: float


def rank(ordinary: Floats, wrong: Floats, *, prevalence: float) -> Ranking:
    """Compare the scores of ordinary rows with those of errors that weigh `prevalence` of all.

    The precision is that of the `prevalence` highest scores; equal scores share their places.

    >>> rank(np.array([0.0, 1.0, 2.0]), np.array([1.5, 3.0]), prevalence=0.5)
    Ranking(auc=0.833..., ap=0.8..., precision=0.666...)
    """
    scores = np.nan_to_num(np.concatenate([ordinary, wrong]), nan=0.0, posinf=1e300, neginf=-1e300)
    is_wrong = np.repeat([0, 1], [len(ordinary), len(wrong)])
    weights = np.repeat([(1 - prevalence) / len(ordinary), prevalence / len(wrong)], [len(ordinary), len(wrong)])
    return Ranking(
        auc=float(roc_auc_score(is_wrong, scores)),
        # Sums of weights are off by rounding.
        ap=min(float(average_precision_score(is_wrong, scores, sample_weight=weights)), 1.0),
        precision=_precision(scores, is_wrong * weights, weights, prevalence),
    )


def _precision(scores: Floats, wrong: Floats, weights: Floats, share: float) -> float:
    levels, place = np.unique(-scores, return_inverse=True)
    found = np.bincount(place, wrong, len(levels))
    taken = np.bincount(place, weights, len(levels))
    before = np.cumsum(taken) - taken
    part = np.clip((share - before) / taken, 0.0, 1.0)
    return float((found * part).sum() / share)


@dataclass(frozen=True, kw_only=True)
class ReasonAccuracy:
    """How often the first reason, or one of the first three, names what is wrong; None where nothing is known."""

    top1: float | None
    top3: float | None
    top1_strict: float | None
    top3_strict: float | None


def judge_reasons(changed: Sequence[frozenset[str]], told: Sequence[Sequence[str]]) -> ReasonAccuracy:
    """Compare the changed columns of errors with the columns that were named for each.

    Strictly a reason must name a changed column, else a column of its group. Errors without known columns or
    without a reason do not count.
    """
    pairs = [(columns, names) for columns, names in zip(changed, told, strict=True) if columns and names]
    if not pairs:
        return ReasonAccuracy(top1=None, top3=None, top1_strict=None, top3_strict=None)

    def share(most: int, *, strict: bool) -> float:
        return float(
            np.mean([bool(set(names[:most]) & (columns if strict else group_of(columns))) for columns, names in pairs])
        )

    return ReasonAccuracy(
        top1=share(1, strict=False),
        top3=share(3, strict=False),
        top1_strict=share(1, strict=True),
        top3_strict=share(3, strict=True),
    )
