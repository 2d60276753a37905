"""What to look at in somebody's table, guessed from the table itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anomaly_detection.errors import DataError
from anomaly_detection.features.feature import Feature
from anomaly_detection.features.featurizer import numbers_of
from anomaly_detection.formats import parse
from anomaly_detection.schema import ColumnType

MOST_DISTINCT = 0.5
"""A text column with more distinct values than this share of its rows is taken for free text."""

MIXED_SHARE, MOSTLY, LEAST_NUMBERS, MOST_WORDS = 0.5, 0.95, 20, 10
"""A text column is mixed if this share of it are so many different numbers (or dates), and the rest are few
different words, or hardly any rows."""

_SHOWN = 3


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

    Raises:
        DataError: a column holds numbers, or dates, and words: only people can know which it is.
    """
    features: list[Feature] = []
    skipped: list[Skipped] = []
    for name in table.column_names:
        if name in without:
            continue
        if types[name] == "STRING":
            _check_not_mixed(name, table[name])
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


def _check_not_mixed(name: str, column: pa.ChunkedArray) -> None:
    counted = pc.value_counts(column.combine_chunks().drop_null())
    values, counts = counted.field("values"), counted.field("counts").to_numpy(zero_copy_only=False)
    kinds: tuple[tuple[ColumnType, str], ...] = (("DOUBLE", "number"), ("date", "date"))
    for kind, word in kinds:
        bad = parse(values, kind).bad
        share = counts[~bad].sum() / max(counts.sum(), 1)
        few = bad.sum() <= MOST_WORDS or share >= MOSTLY
        if bad.any() and (~bad).sum() >= LEAST_NUMBERS and share >= MIXED_SHARE and few:
            common = np.flatnonzero(bad)[np.argsort(-counts[bad], kind="stable")]
            shown = [f"{values[int(i)].as_py()!r:.40}" for i in common[:_SHOWN]] + ["…"] * (len(common) > _SHOWN)
            raise DataError(
                f"column {name!r}: expected {word}s throughout, as in {counts[~bad].sum():,} rows, found "
                f"{', '.join(shown)} in {counts[bad].sum():,}; correct or empty those cells, or say with --spec that "
                f"it is {'numeric' if kind == 'DOUBLE' else 'a date'} (such rows are left out) or categorical"
            )


def _durations(features: list[Feature], table: pa.Table) -> list[Feature]:
    dates = [feature for feature in features if feature.kind == "date"]
    if len(dates) < 2:
        return []
    dates.sort(key=lambda feature: float(np.nanmedian(numbers_of(feature, table))))
    return [
        Feature(name=f"{end.name} - {start.name}", kind="duration", start=start.name, end=end.name)
        for start, end in pairwise(dates)
    ]
