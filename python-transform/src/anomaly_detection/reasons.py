"""Why a row is odd: its columns by their share of the oddness, each with what was expected instead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from anomaly_detection.breadth import Breadth
from anomaly_detection.duplicates import Duplicates
from anomaly_detection.encoder import Expected, Likely
from anomaly_detection.features import FARTHEST, FIRST_LEVEL, MISSING, UNKNOWN, Encoded, Feature, Featurizer, Floats
from anomaly_detection.formats import parse_days
from anomaly_detection.scoring import Scorer
from anomaly_detection.surprise import SurpriseModel

T90 = 2.0150483733330233
"""Half the width of the central 90 % of the predicted distribution of a number, in scales: of Student's t."""


@dataclass(frozen=True)
class Reason:
    """One column's part in a row's oddness; the fields are those of the contract."""

    field: str
    value: str | None
    expected: str | None
    contribution: float


@dataclass(frozen=True)
class Explainer:
    """What is needed to explain rows that were scored."""

    featurizer: Featurizer
    surprises: SurpriseModel
    duplicates: Duplicates
    breadth: Breadth
    scorer: Scorer

    def contributions(self, rows: Encoded, surprises: Floats) -> Floats:
        """Return each column's share of the oddness, (n, D); a row sums to 1, or to 0 if nothing is odd in it."""
        return _shares(self._parts(rows, surprises, self._copied(rows)))

    def _parts(self, rows: Encoded, surprises: Floats, copied: Floats) -> Floats:
        places, uncommon = self.surprises.place(rows), self.breadth(rows)
        far = self.scorer.far(places)[:, None] ** 3 * _shares(self.scorer.distance_by_column(places))
        more = np.maximum(uncommon - self.breadth.usual, 0.0)
        broad = self.scorer.broad(uncommon)[:, None] ** 3 * _shares(more)
        parts: Floats = self.scorer.cells(surprises) ** 3 + far + broad + copied
        return parts

    def _copied(self, rows: Encoded) -> Floats:
        """Return what the numbers of a copy add, (n, D), in equal parts those that are not the original's."""
        result = np.zeros((len(rows), rows.codes.shape[1] + rows.numbers.shape[1]))
        copies = self.duplicates(rows)
        where = np.flatnonzero(copies)
        if len(where):
            amounts = self.duplicates.amounts
            found = rows.take(where)
            differs = self.duplicates.amounts_of(found) != self.duplicates.originals(found)
            share = np.where(differs.any(1, keepdims=True), differs, True) / np.maximum(
                differs.sum(1, keepdims=True), 1
            )
            columns = rows.codes.shape[1] + np.flatnonzero(amounts)
            result[where[:, None], columns] = copies[where, None] ** 3 * share
        return result

    def explain(self, batch: pa.RecordBatch, rows: Encoded, surprises: Floats, *, most: int) -> list[list[Reason]]:
        """Return for each row at most `most` reasons, the largest contribution first."""
        if len(rows) == 0 or most == 0:
            return [[] for _ in range(len(rows))]
        copied = self._copied(rows)
        parts = self._parts(rows, surprises, copied)
        contributions = _shares(parts)
        order = np.argsort(-contributions, axis=1, kind="stable")[:, :most]
        expected = self.surprises.encoder.expected(rows, np.unique(order))
        categorical = np.unique(order)
        categorical = categorical[categorical < rows.codes.shape[1]]
        given_links = self.surprises.tree.log_probabilities(rows, categorical)
        originals = self._originals(batch, rows, copied > parts / 2)
        reasons: list[list[Reason]] = []
        for i, columns in enumerate(order):
            told = {
                int(j): self._reason(batch, i, int(j), expected[int(j)], given_links, contributions[i, j], originals)
                for j in columns
                if contributions[i, j] > 0
            }
            # A column that holds what was expected of it says nothing beside one that does not.
            telling = [
                reason
                for j, reason in told.items()
                if (i, j) in originals or not (reason.value == reason.expected or _inside(rows, i, j, expected[j]))
            ]
            reasons.append(telling or list(told.values())[:1])
        return reasons

    def _reason(
        self,
        batch: pa.RecordBatch,
        i: int,
        j: int,
        expected: Expected,
        given_links: dict[int, Floats],
        contribution: float,
        originals: dict[tuple[int, int], str],
    ) -> Reason:
        feature = self.featurizer.scored[j]
        if isinstance(expected, Likely):
            return Reason(
                feature.name,
                _text(batch[feature.name][i].as_py()),
                self._likeliest(feature, expected.log_probabilities[i] + given_links[j][i]),
                float(contribution),
            )
        ends = expected.location[i] + np.array([-T90, T90]) * expected.scale[i]
        worth = self.featurizer.worth(feature, batch.slice(i, 1))[0]
        low, high = self.featurizer.scales[feature.name].invert(ends) / worth
        field, value, suffix = _numeric_value(feature, batch, i)
        told = originals.get((i, j)) or _span(feature, low, high) + suffix
        return Reason(field, value, told, float(contribution))

    def _originals(
        self, batch: pa.RecordBatch, rows: Encoded, mostly_copied: NDArray[np.bool_]
    ) -> dict[tuple[int, int], str]:
        """Return what stands in the original, by row and column, where that is what makes a number odd."""
        where = np.flatnonzero(mostly_copied.any(1))
        numbers = self.duplicates.originals(rows.take(where))
        told = {}
        for a, column in enumerate(rows.codes.shape[1] + np.flatnonzero(self.duplicates.amounts)):
            feature = self.featurizer.scored[column]
            worth = self.featurizer.worth(feature, batch.take(pa.array(where)))
            values = self.featurizer.scales[feature.name].invert(numbers[:, a]) / worth
            for row, number, value in zip(where, numbers[:, a], values, strict=True):
                if mostly_copied[row, column]:
                    text = "none" if number == FARTHEST else _rounded(value)
                    told[int(row), int(column)] = f"{text}, as in a row that is equal in all else"
        return told

    def _likeliest(self, feature: Feature, log_probabilities: Floats) -> str | None:
        log_probabilities = log_probabilities.copy()
        log_probabilities[UNKNOWN] = -np.inf
        code = int(np.argmax(log_probabilities))
        return None if code == MISSING else self.featurizer.vocabularies[feature.name][code - FIRST_LEVEL]


def _shares(parts: Floats) -> Floats:
    """Return each part's share of its row's sum, 0 where that is 0."""
    sums = parts.sum(1, keepdims=True)
    shares: Floats = parts / np.where(sums > 0, sums, 1.0)
    return shares


def _inside(rows: Encoded, i: int, j: int, expected: Expected) -> bool:
    """Say whether a number is within the range that is told as expected."""
    if isinstance(expected, Likely):
        return False
    column = j - rows.codes.shape[1]
    away = abs(rows.numbers[i, column] - expected.location[i]) / expected.scale[i]
    return bool(away <= T90 and not rows.missing[i, column])


def _text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _numeric_value(feature: Feature, batch: pa.RecordBatch, i: int) -> tuple[str, str | None, str]:
    """Return the column to name, what stands there, and what follows the expected range."""
    if feature.kind != "duration":
        value = batch[feature.name][i].as_py()
        return feature.name, value if isinstance(value, str) else _number(value), ""
    end = batch[feature.end][i].as_py()
    days = parse_days(batch[feature.end].slice(i, 1))[0] - parse_days(batch[feature.start].slice(i, 1))[0]
    suffix = f" days after {feature.start}"
    value = None if end is None else f"{end}" + ("" if np.isnan(days[0]) else f", {days[0]:.0f}{suffix}")
    return feature.end, value, suffix


def _span(feature: Feature, low: float, high: float) -> str:
    if feature.kind == "date":
        return f"{_date(low)} to {_date(high)}"
    return f"{_rounded(low)} to {_rounded(high)}"


def _date(days: float) -> str:
    limit = 2_900_000.0  # days that numpy can write as a date of four digits
    return str(np.datetime64(int(np.clip(days, -719_000, limit)), "D"))


def _number(value: float | None) -> str | None:
    return None if value is None else (f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else repr(value))


def _rounded(value: float) -> str:
    """Return three significant digits, without an exponent where people would not write one."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if 100 <= abs(rounded) < 1e15 else f"{rounded:g}"
