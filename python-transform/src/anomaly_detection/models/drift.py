"""Whether scored rows are still like those of the training: categories that it never saw, and odd rows.

Of each categorical column the chance that a row holds a value which n training rows do not is about f₁ / n, where f₁
is how many values stand in exactly one of them (I. J. Good, 1953, after A. Turing). In an open column those f₁ values
have no code of their own either; that a row holds one of them has a chance of about 2 f₂ / n. Of ordinary rows the
share alpha is odd. All come from samples, so that a number in N rows, of which E are expected, varies by about
√(E (1 + N / n)). What is counted adds up over batches and workers; the pipeline's Java side has the same rule, and
`contract/golden/drift.json` holds both to it.

>>> counts = {"scored": 1000, "outliers": 10, "outliers_expected": 10 * 10**9, "unseen:Stage": 400}
>>> warnings({**counts, "unseen_expected:Stage": 10**9})[0]
'Stage: 40.00% of the rows hold a value that training never saw; expected 0.10%'
>>> warnings({**counts, "unseen:Stage": 2})
[]
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from anomaly_detection.features.featurizer import FIRST_LEVEL, UNKNOWN, Encoded, Featurizer
from anomaly_detection.schema import CONTRACT

if TYPE_CHECKING:
    from anomaly_detection.models.detector import Scored

ADVICE = "the data is not what the model was trained on; look at the oddest rows, and train it anew if they are right"
"""What to do about a warning."""

_METRICS, _LIMITS = CONTRACT.metrics, CONTRACT.drift


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What training leads to expect.

    `unseen_share` has, by categorical column, the share of rows with a value that training never saw; it is empty
    for a model of an earlier release.
    """

    unseen_share: Mapping[str, float]
    training_rows: int
    calibration_rows: int


def unseen_shares(featurizer: Featurizer, rows: Encoded) -> dict[str, float]:
    """Return the share of rows to come with a value that these rows do not hold, by categorical column."""
    shares = {}
    for j, feature in enumerate(featurizer.categorical):
        counts = np.bincount(rows.codes[:, j], minlength=FIRST_LEVEL)
        levels, single = counts[FIRST_LEVEL:], counts[UNKNOWN]
        new = single + 2 * (levels == 2).sum() if single else (levels == 1).sum()
        shares[feature.name] = float(new / len(rows))
    return shares


def counts_of(found: Scored, baseline: Baseline, *, alpha: float) -> dict[str, int]:
    """Return by how much a scored batch raises each counter."""
    rows = len(found.score)

    def units(number: float) -> int:
        return round(_METRICS.unit * number)

    counts = {
        _METRICS.scored: rows,
        _METRICS.errors: len(found.bad),
        _METRICS.odd: int(found.label.sum()),
        _METRICS.odd_expected: units(rows * alpha),
        _METRICS.per_training_row: units(rows / baseline.training_rows),
        _METRICS.per_calibration_row: units(rows / baseline.calibration_rows),
    }
    for column, share in baseline.unseen_share.items():
        counts[_METRICS.unseen + column] = found.unseen[column]
        counts[_METRICS.unseen_expected + column] = units(rows * share)
    return counts


def warnings(counts: Mapping[str, int]) -> list[str]:
    """Return what is out of the training's range, a line each, given the sums of `counts_of`."""
    rows = counts.get(_METRICS.scored, 0)
    if not rows:
        return []

    def number(name: str) -> float:
        return counts.get(name, 0) / _METRICS.unit

    told = []
    for name in sorted(name for name in counts if name.startswith(_METRICS.unseen)):
        column = name.removeprefix(_METRICS.unseen)
        expected = number(_METRICS.unseen_expected + column)
        if counts[name] > expected + _margin(expected, number(_METRICS.per_training_row)):
            told.append(
                f"{column}: {_percent(counts[name] / rows)} of the rows hold a value that training never saw; "
                f"expected {_percent(expected / rows)}"
            )
    if _METRICS.odd_expected in counts:
        odd, expected = counts.get(_METRICS.odd, 0), number(_METRICS.odd_expected)
        ratio, most = number(_METRICS.per_calibration_row), _LIMITS.odd_times * expected
        line = f"{_percent(odd / rows)} of the rows are odd; expected {_percent(expected / rows)} of ordinary ones"
        if odd > most + _margin(most, ratio):
            told.append(f"{line}, and at most {_LIMITS.odd_times:g} times as many")
        elif odd < expected - _margin(expected, ratio):
            told.append(line)
    return told


def _margin(expected: float, ratio: float) -> float:
    """Return how far a number may be from the expected one; `ratio` is of scored rows to those it was learned from."""
    return _LIMITS.deviations * math.sqrt(expected * (1 + ratio)) + _LIMITS.rows * (1 + ratio)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"
