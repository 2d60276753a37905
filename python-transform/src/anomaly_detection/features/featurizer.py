"""How a table of features becomes arrays.

Categorical values become codes: 0 for a value that training did not see or does not tell apart, 1 for a missing one,
2 and up for the vocabulary, the most frequent value first. The others become standardised numbers; a date that a
duration is made of is scored through the duration alone.

**Shape**: a batch of n rows, C categorical and K numeric columns → codes (n, C), numbers (n, K).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from anomaly_detection.features.arrays import Floats, by_column
from anomaly_detection.features.currency import Currency
from anomaly_detection.features.feature import Feature, scored_numbers
from anomaly_detection.features.scale import Scale
from anomaly_detection.formats import parse_days

UNKNOWN, MISSING, FIRST_LEVEL = 0, 1, 2
"""Codes of a categorical column."""

OPEN_SHARE, OPEN_ROWS = 0.02, 5
"""A column in which more rows than these hold a value of their own is open: new values are nothing unusual in it."""

MOST_LEVELS, LONGEST_LEVEL = 20_000, 1_000
"""Values of a column that are told apart, and the bytes of one: the rest is as if training had not seen it."""

_NONE: Mapping[str, Floats] = {}


@dataclass(frozen=True)
class Encoded:
    """A batch as arrays; numbers are 0 where they are missing."""

    codes: NDArray[np.int64]
    numbers: Floats
    missing: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: NDArray[Any] | slice) -> Encoded:
        """Return the rows at these positions, or where this mask is true."""
        return Encoded(self.codes[rows], self.numbers[rows], self.missing[rows])


@dataclass(frozen=True, kw_only=True)
class Featurizer:
    """Features with what training learned of them: vocabularies and scales, and which currencies there are."""

    features: tuple[Feature, ...]
    vocabularies: Mapping[str, tuple[str, ...]]
    scales: Mapping[str, Scale]
    currency: Currency | None = None

    @classmethod
    def fit(cls, features: Sequence[Feature], table: pa.Table, *, currency: Currency | None = None) -> Featurizer:
        """Learn the vocabularies and the scales from a table of good rows."""
        vocabularies = {}
        scales = {}
        for feature in features:
            if feature.kind == "categorical":
                vocabularies[feature.name] = _levels(_texts(table[feature.name]))
        for feature in scored_numbers(features):
            values = _converted(feature, table, currency, _NONE)
            log = True if feature.kind == "duration" else None
            scales[feature.name] = Scale.fit(values[np.isfinite(values)], log=log)
        return cls(features=tuple(features), vocabularies=vocabularies, scales=scales, currency=currency)

    @property
    def categorical(self) -> tuple[Feature, ...]:
        """The features that `Encoded.codes` holds, in order."""
        return tuple(feature for feature in self.features if feature.kind == "categorical")

    @property
    def numeric(self) -> tuple[Feature, ...]:
        """The features that `Encoded.numbers` holds, in order."""
        return scored_numbers(self.features)

    @property
    def scored(self) -> tuple[Feature, ...]:
        """All that is scored, in the order of a surprise vector: categorical, then numeric."""
        return self.categorical + self.numeric

    @property
    def cards(self) -> tuple[int, ...]:
        """How many codes each categorical feature has."""
        return tuple(len(self.vocabularies[feature.name]) + FIRST_LEVEL for feature in self.categorical)

    @cached_property
    def _levels(self) -> dict[str, pa.Array]:
        return {name: pa.array(levels, pa.string()) for name, levels in self.vocabularies.items()}

    def encode(self, batch: pa.RecordBatch | pa.Table, days: Mapping[str, Floats] = _NONE) -> Encoded:
        """Turn the columns of a batch into arrays; `days` are those of date columns that are parsed already."""
        n = batch.num_rows
        codes = by_column((n, len(self.categorical)), np.int64)
        for j, feature in enumerate(self.categorical):
            codes[:, j] = self._codes(batch[feature.name], feature.name)
        numbers = by_column((n, len(self.numeric)))
        for j, feature in enumerate(self.numeric):
            numbers[:, j] = self.scales[feature.name].apply(_converted(feature, batch, self.currency, days))
        missing = np.isnan(numbers)
        return Encoded(codes, np.where(missing, 0.0, numbers), missing)

    def worth(self, feature: Feature, batch: pa.RecordBatch | pa.Table) -> Floats:
        """Return what each row's values of a numeric feature are multiplied by before they are compared, (n,)."""
        return _worth(feature, batch, self.currency)

    def _codes(self, column: pa.Array, name: str) -> NDArray[np.int64]:
        encoded = pc.dictionary_encode(_texts(column))
        positions = pc.index_in(encoded.dictionary, value_set=self._levels[name])
        known = pc.fill_null(positions, UNKNOWN - FIRST_LEVEL).to_numpy(zero_copy_only=False) + FIRST_LEVEL
        lookup = np.append(known.astype(np.int64), MISSING)
        indices = pc.fill_null(encoded.indices, len(known)).to_numpy(zero_copy_only=False)
        codes: NDArray[np.int64] = lookup[indices]
        return codes


def _levels(column: pa.Array) -> tuple[str, ...]:
    """Return the values that are told apart, the most frequent first.

    In an open column a value that was seen once stands for those that were not seen: so the model knows how often
    there is a new one (I. J. Good, "The population frequencies of species", 1953), and what stands beside it.
    """
    counted = pc.value_counts(column.drop_null())
    values, counts = counted.field("values"), counted.field("counts").to_numpy(zero_copy_only=False)
    kept = pc.binary_length(values).to_numpy(zero_copy_only=False) <= LONGEST_LEVEL
    if (counts == 1).sum() > max(OPEN_SHARE * len(column), OPEN_ROWS):
        kept &= counts > 1
    levels = values.filter(pa.array(kept)).to_pylist()
    order = sorted(zip((-counts[kept]).tolist(), levels, strict=True))
    return tuple(level for _, level in order[:MOST_LEVELS])


def numbers_of(feature: Feature, batch: pa.RecordBatch | pa.Table, days: Mapping[str, Floats] = _NONE) -> Floats:
    """Return the values of a numeric, date (days since 1970) or duration (days) feature; NaN is missing.

    `days` are those of date columns that are parsed already, (n,) each.
    """
    if feature.kind == "duration":
        return _days(feature.end, batch, days) - _days(feature.start, batch, days)
    if feature.kind == "date":
        return _days(feature.name, batch, days)
    return np.asarray(pc.fill_null(batch[feature.name], np.nan), np.float64)


def _converted(
    feature: Feature, batch: pa.RecordBatch | pa.Table, currency: Currency | None, days: Mapping[str, Floats]
) -> Floats:
    with np.errstate(over="ignore"):
        return numbers_of(feature, batch, days) * _worth(feature, batch, currency)


def _worth(feature: Feature, batch: pa.RecordBatch | pa.Table, currency: Currency | None) -> Floats:
    if currency is None or feature.name not in currency.money:
        return np.ones(batch.num_rows)
    return currency.factors(batch)


def _days(name: str, batch: pa.RecordBatch | pa.Table, days: Mapping[str, Floats]) -> Floats:
    return days[name] if name in days else parse_days(batch[name])[0]


def _array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _texts(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    column = _array(column)
    texts = pa.types.is_string(column.type) or pa.types.is_dictionary(column.type)
    return column if texts else pc.cast(column, pa.string())
