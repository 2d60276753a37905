"""What a report says, gathered from rows that stream by: counts, and the oddest rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from random import Random
from typing import Any

from anomaly_detection.errors import ConfigError
from anomaly_detection.report.groups import Count, Groups
from anomaly_detection.report.read import ScoredRow

BINS = 50
"""Bars of the score distribution, of equal width from 0 to 1."""
NOISE = -1
_ERRORS_KEPT = 500
_KINDS_KEPT = 1000
_MODELS_KEPT = 20
_TEXT_KEPT = 1000
_PLACES_KEPT = 700


@dataclass(frozen=True, kw_only=True)
class Model:
    """What scored rows: the model, and the threshold that was used."""

    id: str
    threshold: float


@dataclass
class ClusterCount(Count):
    """A cluster's rows, and the sum of their GLOSH outlier scores."""

    outlier_sum: float = 0.0


@dataclass(frozen=True)
class Place:
    """Where a row is on the map of the clusters."""

    cluster: int
    outlier_score: float


@dataclass(kw_only=True)
class Summary:
    """Counts over all rows that were added, and the `most` oddest of them; memory does not grow with the rows.

    `alpha` is the one that was used, where it is known; `errors` stays None where no errors file was there, and
    `copies` where nobody looked for duplicates. Of the odd rows so many are `ignored`, since they were reviewed.
    """

    most: int = 2000
    alpha: float | None = None
    rows: int = 0
    odd: int = 0
    ignored: int = 0
    copies: int | None = None
    files: list[str] = field(default_factory=list)
    bins: list[Count] = field(default_factory=lambda: [Count() for _ in range(BINS)])
    models: Counter[Model] = field(default_factory=Counter)
    clusters: dict[int, ClusterCount] = field(default_factory=dict)
    columns: dict[str, None] = field(default_factory=dict)
    groups: Groups = field(default_factory=Groups)
    first_reasons: Counter[str] = field(default_factory=Counter)
    errors: int | None = None
    error_kinds: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    error_lines: list[dict[str, Any]] = field(default_factory=list)
    largest_odd_p: float | None = None
    smallest_normal_p: float | None = None
    _ordinary: list[Place] = field(default_factory=list)
    _random: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - the same rows give the same page
    _heap: list[tuple[bool, bool, float, int, ScoredRow]] = field(default_factory=list)

    def add(self, row: ScoredRow) -> None:
        """Count one scored row."""
        odd = int(row.odd)
        self.rows += 1
        self.odd += odd
        self.ignored += row.ignored
        if row.copies:
            self.copies = (self.copies or 0) + (row.copies.count > 0)
        self.bins[min(int(row.score * BINS), BINS - 1)].add(odd)
        model = Model(id=row.model_id, threshold=row.threshold)
        if model in self.models or len(self.models) < _MODELS_KEPT:
            self.models[model] += 1
        cluster = self.clusters.setdefault(row.cluster, ClusterCount())
        cluster.add(odd)
        cluster.outlier_sum += row.outlier_score
        self.columns.update(dict.fromkeys(row.cells))
        self.groups.add(row.cells, odd=odd, cluster=row.cluster)
        if odd:
            self.largest_odd_p = max(row.p_value, self.largest_odd_p or 0.0)
            if row.reasons:
                self.first_reasons[row.reasons[0]["field"]] += 1
        else:
            self.smallest_normal_p = min(row.p_value, self.smallest_normal_p or 1.0)
            self._sample(row)
        # Of equals the first one read is kept, and shown first.
        is_copy = row.copies is not None and row.copies.count > 0
        entry = (row.odd, is_copy, row.score, -self.rows, row)
        if len(self._heap) < self.most:
            heappush(self._heap, entry)
        else:
            heappushpop(self._heap, entry)

    def add_error(self, line: Mapping[str, Any]) -> None:
        """Count one row that could not be scored."""
        self.errors = (self.errors or 0) + 1
        kind = (_cut(line["column"]), _cut(line["expected"]))
        if kind in self.error_kinds or len(self.error_kinds) < _KINDS_KEPT:
            self.error_kinds[kind] += 1
        if len(self.error_lines) < _ERRORS_KEPT:
            self.error_lines.append({name: _cut(value) for name, value in line.items() if name != "element"})

    def oddest(self) -> list[ScoredRow]:
        """Return the rows that were kept: odd ones, then copies, then others, the highest score first."""
        return [entry[4] for entry in sorted(self._heap, key=lambda entry: entry[:4], reverse=True)]

    def places(self, rows: Sequence[ScoredRow]) -> tuple[list[Place], list[Place]]:
        """Return places for the map: those of a sample of the normal rows, and those of the odd among `rows`."""
        odd = [Place(row.cluster, row.outlier_score) for row in rows if row.odd]
        return self._ordinary, odd[:_PLACES_KEPT]

    def _sample(self, row: ScoredRow) -> None:
        # Reservoir sampling: every normal row is as likely to be kept (J. Vitter, 1985, algorithm R).
        normal = self.rows - self.odd
        place = normal - 1 if normal <= _PLACES_KEPT else self._random.randrange(normal)
        if place < _PLACES_KEPT:
            self._ordinary[place : place + 1] = [Place(row.cluster, row.outlier_score)]

    def alpha_range(self) -> tuple[float, float]:
        """Return between which p-values the line was drawn: alpha is at least the first and below the second."""
        return self.largest_odd_p or 0.0, 1.0 if self.smallest_normal_p is None else self.smallest_normal_p

    def check_alpha(self) -> None:
        """Raise `ConfigError` if the rows cannot have been labelled at the alpha that was given."""
        low, high = self.alpha_range()
        if self.alpha is not None and not low <= self.alpha < high:
            raise ConfigError(
                f"--alpha: expected the one that the rows were scored with, from {low:.4g} to below {high:.4g}, "
                f"found {self.alpha:g}; leave it out to show that range"
            )


def _cut(value: Any) -> Any:
    return value[:_TEXT_KEPT] if isinstance(value, str) else value
