"""What to look at in somebody's table, guessed from the table itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anomaly_detection.features import Feature, numbers_of
from anomaly_detection.schema import ColumnType

MOST_DISTINCT = 0.5
"""A text column with more distinct values than this share of its rows is taken for free text."""


@dataclass(frozen=True)
class Skipped:
    """A column that is not looked at, and why."""

    column: str
    why: str


def infer_features(
    table: pa.Table, types: Mapping[str, ColumnType], *, without: Iterable[str]
) -> tuple[tuple[Feature, ...], tuple[Skipped, ...]]:
    """Return the features of a table and the columns that were skipped.

    Date columns, in the order of their medians, give the durations from each to the next as well.
    """
    features: list[Feature] = []
    skipped: list[Skipped] = []
    for name in table.column_names:
        if name in without:
            continue
        why = _useless(table[name], types[name])
        if why:
            skipped.append(Skipped(name, why))
        elif types[name] == "DOUBLE":
            features.append(Feature(name=name, kind="numeric", type="DOUBLE"))
        elif types[name] == "date":
            features.append(Feature(name=name, kind="date", type="STRING"))
        else:
            features.append(Feature(name=name, kind="categorical", type=types[name]))
    return tuple(features + _durations(features, table)), tuple(skipped)


def _useless(column: pa.ChunkedArray, type_: ColumnType) -> str | None:
    values = column.drop_null()
    distinct = pc.count_distinct(values).as_py()
    if distinct == 0:
        return "no value"
    if distinct == 1 and column.null_count == 0:
        return "one value"
    if type_ == "STRING" and distinct > MOST_DISTINCT * len(values):
        return f"free text ({distinct} different values in {len(values)} rows)"
    if type_ == "DOUBLE" and distinct == len(values):
        numbers = np.asarray(values)
        if np.all(numbers == np.rint(numbers)) and np.ptp(numbers) < 2 * len(numbers):
            return "a running number"
    return None


def _durations(features: list[Feature], table: pa.Table) -> list[Feature]:
    dates = [feature for feature in features if feature.kind == "date"]
    if len(dates) < 2:
        return []
    dates.sort(key=lambda feature: float(np.nanmedian(numbers_of(feature, table))))
    return [
        Feature(name=f"{end.name} - {start.name}", kind="duration", start=start.name, end=end.name)
        for start, end in pairwise(dates)
    ]
