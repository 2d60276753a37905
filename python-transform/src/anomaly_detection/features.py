"""Which columns a model reads, and how a table of them becomes arrays.

A feature is categorical (text or boolean), numeric, a date, or a duration between two dates. Categorical
values become codes: 0 for a value that training did not see or does not tell apart, 1 for a missing one, 2 and up
for the vocabulary, the most frequent value first. The others become standardised numbers, on a signed log scale
where they are skewed; a date that a duration is made of is scored through the duration alone.

**Shape**: a batch of n rows, C categorical and K numeric columns → codes (n, C), numbers (n, K).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from anomaly_detection.currency import Currency
from anomaly_detection.errors import ConfigError
from anomaly_detection.formats import parse_days
from anomaly_detection.schema import ColumnType

Kind = Literal["categorical", "numeric", "date", "duration"]
Floats = NDArray[np.float64]

UNKNOWN, MISSING, FIRST_LEVEL = 0, 1, 2
"""Codes of a categorical column."""

OPEN_SHARE, OPEN_ROWS = 0.02, 5
"""A column in which more rows than these hold a value of their own is open: new values are nothing unusual in it."""

MOST_LEVELS, LONGEST_LEVEL = 20_000, 1_000
"""Values of a column that are told apart, and the bytes of one: the rest is as if training had not seen it."""

FARTHEST = 1e9
"""How many deviations from the mean a number can be: squares of it are finite, and all beyond are as odd."""

_NONE: Mapping[str, Floats] = {}

_TYPES: dict[Kind, tuple[str, ...]] = {
    "categorical": ("STRING", "BOOLEAN"),
    "numeric": ("DOUBLE",),
    "date": ("STRING",),
    "duration": ("",),
}


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One thing that the model looks at: an input column, or the days between two date columns."""

    name: str
    kind: Kind
    type: str = ""
    start: str = ""
    end: str = ""

    @property
    def column_type(self) -> ColumnType:
        """What the input column holds."""
        return "date" if self.kind == "date" else cast(ColumnType, self.type)

    @property
    def is_column(self) -> bool:
        """Whether the feature is a column of the input rather than derived from two."""
        return self.kind != "duration"

    def as_json(self) -> dict[str, str]:
        """Return the feature as it stands in `model.params` and in a spec file."""
        data = {"name": self.name, "kind": self.kind, "type": self.type, "from": self.start, "to": self.end}
        return {key: value for key, value in data.items() if value}


def parse_features(spec: Any, *, where: str) -> tuple[Feature, ...]:
    """Read features from their JSON form; raise `ConfigError` that says what is wrong with which.

    >>> parse_features([{"name": "Stage", "kind": "categorical"}], where="spec")[0].type
    'STRING'
    >>> parse_features([{"name": "Stage", "kind": "color"}], where="spec")
    Traceback (most recent call last):
    anomaly_detection.errors.ConfigError: spec: feature 'Stage': expected a kind of ... duration, found 'color'
    """
    if not isinstance(spec, list) or not spec:
        raise ConfigError(f"{where}: expected a list of features, found {spec!r:.80}")
    features: list[Feature] = []
    for item in spec:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise ConfigError(f"{where}: expected a feature with a name and a kind, found {item!r:.80}")
        features.append(_parse_feature(item, where=f"{where}: feature {item['name']!r}"))
    for name, times in Counter(feature.name for feature in features).items():
        if times > 1:
            raise ConfigError(f"{where}: feature {name!r} is there twice")
    dates = {feature.name for feature in features if feature.kind == "date"}
    for feature in features:
        if feature.kind == "duration" and not {feature.start, feature.end} <= dates:
            raise ConfigError(
                f"{where}: feature {feature.name!r}: expected 'from' and 'to' to be date features "
                f"({', '.join(sorted(dates)) or 'there are none'}), found {feature.start!r}, {feature.end!r}"
            )
    if not any(feature.kind in ("categorical", "numeric", "duration") for feature in features):
        raise ConfigError(f"{where}: expected at least one categorical, numeric or duration feature")
    return tuple(features)


def _parse_feature(item: dict[str, Any], *, where: str) -> Feature:
    unknown = set(item) - {"name", "kind", "type", "from", "to"}
    if unknown:
        raise ConfigError(f"{where}: unknown key {sorted(unknown)[0]!r}")
    kind: Kind | None = item.get("kind")
    if kind not in get_args(Kind):
        raise ConfigError(f"{where}: expected a kind of {', '.join(get_args(Kind))}, found {kind!r}")
    types = _TYPES[cast(Kind, kind)]
    column_type = item.get("type", types[0])
    if column_type not in types:
        raise ConfigError(f"{where}: expected a {kind} type of {' or '.join(types)}, found {column_type!r}")
    for key in ("from", "to"):
        if (kind == "duration") != isinstance(item.get(key), str) or (kind != "duration" and key in item):
            raise ConfigError(
                f"{where}: expected 'from' and 'to' with a duration and nowhere else, found {item.get(key)!r:.80}"
            )
    return Feature(
        name=item["name"],
        kind=cast(Kind, kind),
        type=column_type,
        start=item.get("from", ""),
        end=item.get("to", ""),
    )


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
class Scale:
    """The map from a number to its standardised form; both ways are monotone."""

    mean: float
    deviation: float
    log: bool

    @classmethod
    def fit(cls, values: Floats, *, log: bool | None = None) -> Scale:
        """Fit on finite values; the scale is logarithmic when they are skewed and `log` does not say."""
        if len(values) == 0:
            return cls(mean=0.0, deviation=1.0, log=False)
        if log is None:
            with np.errstate(over="ignore", invalid="ignore"):
                deviation = values.std()
                skewed = deviation > 0 and abs(((values - values.mean()) / deviation) ** 3).mean() > 2
            log = bool(skewed or not np.isfinite(deviation))
        scaled = _signed_log(values) if log else values
        return cls(mean=float(scaled.mean()), deviation=float(scaled.std()) or 1.0, log=log)

    def apply(self, values: Floats) -> Floats:
        """Return the standardised values, at most ± `FARTHEST`."""
        scaled = _signed_log(values) if self.log else values
        with np.errstate(over="ignore"):
            standardized: Floats = np.clip((scaled - self.mean) / self.deviation, -FARTHEST, FARTHEST)
        return standardized

    def invert(self, values: Floats) -> Floats:
        """Return the values in their own unit."""
        scaled = values * self.deviation + self.mean
        unscaled: Floats = np.sign(scaled) * np.expm1(np.minimum(np.abs(scaled), 700.0)) if self.log else scaled
        return unscaled


def _signed_log(values: Floats) -> Floats:
    logs: Floats = np.sign(values) * np.log1p(np.abs(values))
    return logs


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


def by_column(shape: tuple[int, ...], dtype: type[np.generic] = np.float64) -> NDArray[Any]:
    """Return an array to be filled whose columns are contiguous in memory, as they are worked on one at a time."""
    return np.empty(shape, dtype, order="F")


def total(values: Floats) -> Floats:
    """Return the sums of rows, (n,), of values, (n, D); how they are rounded does not depend on n."""
    sums: Floats = np.ascontiguousarray(values).sum(1)
    return sums


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


def scored_numbers(features: Iterable[Feature]) -> tuple[Feature, ...]:
    """Return the numeric features, durations, and dates that no duration is made of."""
    features = tuple(features)
    used = {name for feature in features for name in (feature.start, feature.end)}
    return tuple(
        feature
        for feature in features
        if feature.kind in ("numeric", "duration") or (feature.kind == "date" and feature.name not in used)
    )


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
