"""From a row to what the accelerator's encoder sees of it: how many of its texts fall into each bucket."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.feature import Feature, parse_features

BUCKETS = 64
"""Of the accelerator's hash; it reads only as many of them, the first, as its encoder has embeddings."""


@dataclass(frozen=True, kw_only=True)
class RowInputs:
    """The columns that are hashed and those that are standardised, with their means and deviations."""

    features: tuple[Feature, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]

    @classmethod
    def fit(cls, features: tuple[Feature, ...], table: pa.Table) -> RowInputs:
        """Measure mean and deviation of a sample, as the accelerator's training did; null numbers are left out."""
        numbers = [np.asarray(table[f.name].drop_null(), np.float64) for f in features if f.kind == "numeric"]
        return cls(
            features=features,
            means=tuple(float(column.mean()) for column in numbers),
            deviations=tuple(float(column.std(ddof=1)) for column in numbers),
        )

    @property
    def hashed(self) -> tuple[Feature, ...]:
        """The columns whose texts are hashed."""
        return tuple(feature for feature in self.features if feature.kind == "categorical")

    @property
    def numeric(self) -> tuple[Feature, ...]:
        """The columns whose numbers are standardised."""
        return tuple(feature for feature in self.features if feature.kind == "numeric")

    def counts(self, batch: pa.RecordBatch | pa.Table, buckets: int) -> Floats:
        """Return how many of each row's values fall into each of the first buckets, (n, buckets)."""
        counts = np.zeros((batch.num_rows, buckets))
        for feature in self.hashed:
            column = batch[feature.name]
            column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
            encoded = pc.dictionary_encode(column)
            falls = np.zeros((len(encoded.dictionary) + 1, buckets))
            for i, value in enumerate(encoded.dictionary.to_pylist()):
                bucket = bucket_of(value)
                if bucket < buckets:
                    falls[i, bucket] = 1.0
            # A null value falls into none.
            counts += falls[pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False)]
        return counts

    def numbers(self, batch: pa.RecordBatch | pa.Table) -> Floats:
        """Return the standardised numbers, (n, K)."""
        result = np.empty((batch.num_rows, len(self.numeric)))
        for j, (feature, mean, deviation) in enumerate(zip(self.numeric, self.means, self.deviations, strict=True)):
            result[:, j] = (np.asarray(batch[feature.name], np.float64) - mean) / deviation
        return result

    def as_json(self) -> dict[str, Any]:
        """Return the inputs as they stand in `model.params`."""
        return {
            "features": [feature.as_json() for feature in self.features],
            "means": list(self.means),
            "deviations": list(self.deviations),
        }

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> RowInputs:
        """Undo `as_json`; raise `ConfigError`, `KeyError`, `TypeError` or `ValueError` for what is none."""
        inputs = cls(
            features=parse_features(data["features"], where="features"),
            means=tuple(map(float, data["means"])),
            deviations=tuple(map(float, data["deviations"])),
        )
        if not len(inputs.numeric) == len(inputs.means) == len(inputs.deviations):
            raise ValueError("expected a mean and a deviation for each numeric feature")
        if len(inputs.hashed) + len(inputs.numeric) != len(inputs.features):
            raise ValueError("expected only categorical and numeric features")
        if not (np.isfinite([*inputs.means, *inputs.deviations]).all() and all(d > 0 for d in inputs.deviations)):
            raise ValueError("expected finite means, and deviations above 0")
        return inputs


def bucket_of(value: str | bool) -> int:
    """Return the bucket of a value, by the MD5 of its text in Python's spelling.

    >>> bucket_of("Japan"), bucket_of(True)
    (27, 52)
    """
    return int(hashlib.md5(str(value).encode(), usedforsecurity=False).hexdigest(), 16) % BUCKETS
