"""Why a row is odd: its columns by their share of the oddness, each with what was expected instead."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from anomaly_detection.encoders.encoder import Likely, Located
from anomaly_detection.features.arrays import Floats, total
from anomaly_detection.features.feature import Feature
from anomaly_detection.features.featurizer import MISSING, Encoded, Featurizer
from anomaly_detection.features.scale import FARTHEST
from anomaly_detection.scoring.breadth import Breadth
from anomaly_detection.scoring.duplicates import Duplicates, Originals
from anomaly_detection.scoring.scorer import AMONG, NEAREST, Evidence, Scorer, cube
from anomaly_detection.scoring.surprise import SurpriseModel

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
    reference: Floats

    def contributions(self, rows: Encoded, evidence: Evidence) -> Floats:
        """Return each column's share of the oddness, (n, D); a row sums to 1, or to 0 if nothing is odd in it."""
        return _shares(
            self._parts(rows, evidence, self._copied(rows, evidence.copies, self._originals(rows, evidence)))
        )

    def _parts(self, rows: Encoded, evidence: Evidence, copied: Floats) -> Floats:
        far = cube(self.scorer.far(evidence.near))[:, None] * _shares(self._distances(rows, evidence))
        more = np.maximum(evidence.uncommon - self.breadth.usual, 0.0)
        broad = cube(self.scorer.broad(evidence.uncommon))[:, None] * _shares(more)
        parts: Floats = cube(self.scorer.cells(evidence.surprises)) + far + broad + copied
        return parts

    def _distances(self, rows: Encoded, evidence: Evidence) -> Floats:
        """Return how far each column's place is from the nearest rows', squared and averaged over them, (n, D)."""
        d = evidence.surprises.shape[2]
        places = self.surprises.points(rows, evidence.surprises)[:, d:]
        order = evidence.near.tail[:, :AMONG].argsort(1, kind="stable")[:, :NEAREST]
        nearest = np.take_along_axis(evidence.near.positions, order, 1)
        by_column: Floats = ((places[:, None] - self.reference[nearest][:, :, d:]) ** 2).mean(1)
        return by_column

    def _originals(self, rows: Encoded, evidence: Evidence) -> Originals:
        """Return what stands in the originals of the rows that are copies."""
        return self.duplicates.originals(rows.take(np.flatnonzero(evidence.copies)))

    def _copied(self, rows: Encoded, copies: Floats, originals: Originals) -> Floats:
        """Return what the numbers of a copy add, (n, D), in equal parts those that are not the original's."""
        result = np.zeros((len(rows), rows.codes.shape[1] + rows.numbers.shape[1]))
        where = np.flatnonzero(copies)
        differs = self.duplicates.amounts_of(rows.take(where)) != originals.numbers
        share = np.where(differs.any(1, keepdims=True), differs, True) / np.maximum(differs.sum(1, keepdims=True), 1)
        columns = rows.codes.shape[1] + np.flatnonzero(self.duplicates.amounts)
        result[where[:, None], columns] = copies[where, None] ** 3 * share
        return result

    def explain(
        self, batch: pa.RecordBatch, days: Mapping[str, Floats], rows: Encoded, evidence: Evidence, *, most: int
    ) -> list[tuple[Reason, ...]]:
        """Return for each row at most `most` reasons, the largest contribution first.

        `days` are those of the date columns, (n,) each.
        """
        if len(rows) == 0 or most == 0:
            return [()] * len(rows)
        found_originals = self._originals(rows, evidence)
        copied = self._copied(rows, evidence.copies, found_originals)
        parts = self._parts(rows, evidence, copied)
        contributions = _shares(parts)
        order = np.argsort(-contributions, axis=1, kind="stable")[:, :most]
        originals = self._told(batch, rows, np.flatnonzero(evidence.copies), found_originals, copied > parts / 2)
        codes, known = self.surprises.tree.discretizer.apply(rows)
        told: dict[tuple[int, int], tuple[Reason, bool]] = {}
        columns, scored = np.unique(order), self.featurizer.scored
        expected = self.surprises.encoder.expected(rows, columns)
        for j in columns:
            where = np.flatnonzero((order == j).any(1) & (contributions[:, j] > 0))
            feature = scored[j]
            field = feature.end if feature.kind == "duration" else feature.name
            column = batch[field].to_pylist()
            shown = [column[i] for i in where.tolist()]
            found = expected[int(j)].take(where)
            if isinstance(found, Likely):
                values = [_text(value) for value in shown]
                given = self.surprises.tree.log_probabilities(codes[where], known[where], int(j))
                texts = self._likeliest(feature, found.log_probabilities + given)
                inside = [value == text for value, text in zip(values, texts, strict=True)]
            else:
                values = _numeric_values(feature, shown, {name: values[where] for name, values in days.items()})
                worth = self.featurizer.worth(feature, batch)[where]
                texts, inside = self._ranges(feature, worth, rows.take(where), found, j - rows.codes.shape[1])
            for i, value, text, likely in zip(where.tolist(), values, texts, inside, strict=True):
                original = originals.get((i, int(j)))
                reason = Reason(field, value, original or text, float(contributions[i, j]))
                told[i, int(j)] = reason, original is not None or not (likely or value == text)
        return [_telling([told[i, j] for j in chosen if (i, j) in told]) for i, chosen in enumerate(order.tolist())]

    def _ranges(
        self, feature: Feature, worth: Floats, rows: Encoded, expected: Located, column: int
    ) -> tuple[list[str | None], list[bool]]:
        """Return the range in which each number was expected, in its own unit, and whether it is within."""
        ends = expected.location + np.array([[-T90], [T90]]) * expected.scale
        low, high = self.featurizer.scales[feature.name].invert(ends) / worth
        suffix = _after(feature)
        texts: list[str | None] = [
            _span(feature, *span) + suffix for span in zip(low.tolist(), high.tolist(), strict=True)
        ]
        away = np.abs(rows.numbers[:, column] - expected.location) / expected.scale
        return texts, ((away <= T90) & ~rows.missing[:, column]).tolist()

    def _told(
        self,
        batch: pa.RecordBatch,
        rows: Encoded,
        where: NDArray[np.intp],
        originals: Originals,
        mostly_copied: NDArray[np.bool_],
    ) -> dict[tuple[int, int], str]:
        """Return what stands in the originals of the rows at `where`, by row and column, where that makes it odd."""
        numbers, but_for = originals.numbers, np.where(originals.with_dates, "numbers", "numbers and dates").tolist()
        told: dict[tuple[int, int], str] = {}
        if not mostly_copied.any():
            return told
        for a, column in enumerate(rows.codes.shape[1] + np.flatnonzero(self.duplicates.amounts)):
            feature = self.featurizer.scored[column]
            worth = self.featurizer.worth(feature, batch.take(pa.array(where)))
            values = self.featurizer.scales[feature.name].invert(numbers[:, a]) / worth
            for row, number, value, others in zip(where, numbers[:, a], values, but_for, strict=True):
                if mostly_copied[row, column]:
                    text = "none" if number == FARTHEST else _rounded(value)
                    # Values that the model does not know are one to it, and so are durations on other dates.
                    told[int(row), int(column)] = f"{text}, as in a row that is the same to the model but for {others}"
        return told

    def _likeliest(self, feature: Feature, log_probabilities: Floats) -> list[str | None]:
        """Return the likeliest value of each row, None for a missing one, given the log probabilities, (n, k)."""
        levels = (None, *self.featurizer.vocabularies[feature.name])
        return [levels[code] for code in np.argmax(log_probabilities[:, MISSING:], 1)]


def _telling(reasons: list[tuple[Reason, bool]]) -> tuple[Reason, ...]:
    """Return the reasons that tell something; if none does, the first.

    A column that holds what was expected of it says nothing beside one that does not.
    """
    return tuple(reason for reason, tells in reasons if tells) or tuple(reason for reason, _ in reasons[:1])


def _shares(parts: Floats) -> Floats:
    """Return each part's share of its row's sum, 0 where that is 0."""
    sums = total(parts)[:, None]
    shares: Floats = parts / np.where(sums > 0, sums, 1.0)
    return shares


def _text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _numeric_values(feature: Feature, shown: list[Any], days: Mapping[str, Floats]) -> list[str | None]:
    """Return what stands in the column to name, as text; of a duration also how long it is."""
    if feature.kind != "duration":
        return [value if isinstance(value, str) else _number(value) for value in shown]
    return [
        end if end is None or math.isnan(lasted) else f"{end}, {lasted:.0f}{_after(feature)}"
        for end, lasted in zip(shown, (days[feature.end] - days[feature.start]).tolist(), strict=True)
    ]


def _after(feature: Feature) -> str:
    return f" days after {feature.start}" if feature.kind == "duration" else ""


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
