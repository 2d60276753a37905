"""The four kinds of anomaly of ADBench, for any table: local, global, cluster and dependency.

Numbers and dates follow a Gaussian mixture on their standardised scales, from which anomalies are drawn as in
S. Han et al., "ADBench: Anomaly detection benchmark", 2022, section 3.2; categories are drawn in the same spirit.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from anomaly_detection.evaluate.kinds import Change
from anomaly_detection.evaluate.world import World
from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.scale import Scale

GENERIC_KINDS = ("local", "global", "cluster", "dependency")
SPREAD = 5.0
"""By how much ADBench widens the components (local) and moves their means away (cluster)."""

MARGIN = 0.1
"""How far beyond the seen range a global anomaly may lie, as a share of it."""

_MOST_COMPONENTS = 5
_EPOCH = date(1970, 1, 1)
_FIRST_DAY, _LAST_DAY = (date(1, 1, 1) - _EPOCH).days, (date(9999, 12, 31) - _EPOCH).days


@dataclass(frozen=True)
class GenericInjector:
    """What the kinds draw from: the columns' scales, a mixture of the numbers, the levels of the categories."""

    world: World
    numeric: tuple[str, ...]
    dates: frozenset[str]
    categorical: tuple[str, ...]
    scales: tuple[Scale, ...]
    points: Floats
    mixture: GaussianMixture | None

    @classmethod
    def fit(cls, world: World, *, seed: int) -> GenericInjector:
        """Fit the mixture with the number of components that the Bayesian information criterion likes best."""
        numeric = tuple(feature.name for feature in world.features if feature.kind in ("numeric", "date"))
        dates = frozenset(feature.name for feature in world.features if feature.kind == "date")
        categorical = tuple(feature.name for feature in world.features if feature.kind == "categorical")
        columns, scales = [], []
        for name in numeric:
            values = np.array([_number(row[name], name in dates) for row in world.rows])
            there = np.isfinite(values)
            scale = Scale.fit(values[there])
            scales.append(scale)
            columns.append(np.where(there, scale.apply(np.where(there, values, 0.0)), 0.0))
        points = np.stack(columns, 1) if columns else np.zeros((len(world.rows), 0))
        mixture = _mixture(points, seed) if columns else None
        return cls(world, numeric, dates, categorical, tuple(scales), points, mixture)

    def draw(
        self, kind: str, rows: NDArray[np.int64], count: int, rng: np.random.Generator
    ) -> list[tuple[int, Change]]:
        """Return for each anomaly the position, among `rows`, of the row whose cells it replaces, and those cells."""
        positions = rng.choice(rows, count)
        numbers = self._numbers(kind, count, rng)
        cells = [
            {name: self._cell(j, value) for j, (name, value) in enumerate(zip(self.numeric, row, strict=True))}
            for row in numbers
        ]
        return [
            (int(position), {**change, **categories})
            for position, change, categories in zip(positions, cells, self._categories(kind, count, rng), strict=True)
        ]

    def _numbers(self, kind: str, count: int, rng: np.random.Generator) -> Floats:
        low, high = self.points.min(0), self.points.max(0)
        if self.mixture is None:
            return np.zeros((count, 0))
        if kind == "global":
            return rng.uniform(low - MARGIN * (high - low), high + MARGIN * (high - low), (count, len(self.numeric)))
        if kind == "dependency":
            return np.stack([rng.choice(column, count) for column in self.points.T], 1)
        weights, means, covariances = self.mixture.weights_, self.mixture.means_, self.mixture.covariances_
        if kind == "local":
            chosen, covariances = rng.choice(len(weights), count, p=weights), SPREAD * covariances
        else:
            # One component, as far out as it lies already, makes one dense group.
            farthest = int(np.argmax((means**2).sum(1)))
            chosen, means = np.full(count, farthest), SPREAD * means
        return np.stack([rng.multivariate_normal(means[k], covariances[k]) for k in chosen])

    def _categories(self, kind: str, count: int, rng: np.random.Generator) -> list[dict[str, Any]]:
        rows, levels = self.world.rows, {name: self.world.levels(name) for name in self.categorical}
        if kind == "dependency":
            return [{name: rows[int(rng.integers(len(rows)))][name] for name in self.categorical} for _ in range(count)]
        if kind == "global":
            return [{name: _any(levels[name], rng) for name in self.categorical} for _ in range(count)]
        if kind == "cluster":
            shared = {name: _any(levels[name], rng) for name in self.categorical}
            return [shared] * count
        # A local anomaly keeps its row's categories; without numbers one of them is another row's.
        if self.numeric:
            return [{} for _ in range(count)]
        return [{name: _any(levels[name], rng)} for name in rng.choice(self.categorical, count).tolist()]

    def _cell(self, j: int, value: float) -> float | str:
        number = float(self.scales[j].invert(np.array([value]))[0])
        if self.numeric[j] not in self.dates:
            return number
        return str(_EPOCH + timedelta(int(np.clip(number, _FIRST_DAY, _LAST_DAY))))


def _mixture(points: Floats, seed: int) -> GaussianMixture:
    most = min(_MOST_COMPONENTS, max(2, len(points) // 50))
    with warnings.catch_warnings():
        # A mixture that is not at its optimum yet draws well enough.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = [
            GaussianMixture(components, random_state=seed, reg_covar=1e-4).fit(points)
            for components in range(2, most + 1)
        ]
    return min(fitted, key=lambda mixture: float(mixture.bic(points)))


def _number(value: Any, is_date: bool) -> float:
    if value is None:
        return np.nan
    return (date.fromisoformat(value[:10]) - _EPOCH).days if is_date else float(value)


def _any(levels: list[Any], rng: np.random.Generator) -> Any:
    return levels[int(rng.integers(len(levels)))]
