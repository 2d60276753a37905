"""Whether a table is one that a model can score: its columns first, then its cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from anomaly_detection import formats
from anomaly_detection.errors import DataError, SchemaError
from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.currency import Currency
from anomaly_detection.features.feature import Feature


def check_columns(
    features: tuple[Feature, ...],
    found: Mapping[str, str],
    *,
    id_field: str,
    where: str,
    currency: Currency | None = None,
) -> None:
    """Raise `SchemaError` for the first column that is missing or of another type.

    `found` are the types of the columns there are, in the contract's words; `where` names what expects them.
    """
    expected = [(id_field, "STRING", "id_field of the config")]
    expected += [(feature.name, feature.type, where) for feature in features if feature.is_column]
    if currency is not None:
        expected.append((currency.column, "STRING", where))
    for name, type_, by in expected:
        if name not in found:
            raise SchemaError(
                f"column {name!r}: expected {type_} ({by}), found no such column; there are {', '.join(found)}"
            )
        if found[name] != type_:
            raise SchemaError(f"column {name!r}: expected {type_} ({by}), found {found[name]}")


@dataclass(frozen=True)
class BadCell:
    """A cell that cannot be scored, by the position of its row in the batch."""

    position: int
    column: str
    expected: str
    found: str


@dataclass(frozen=True)
class Checked:
    """The first bad cell of each bad row, by its position, and the days of the date columns, (n,) each."""

    bad: dict[int, BadCell]
    days: dict[str, Floats]


def check_cells(
    batch: pa.RecordBatch, features: tuple[Feature, ...], *, id_field: str, currency: Currency | None = None
) -> Checked:
    """Look for cells that cannot be scored.

    Bad are a null id, a number that is not finite, a text that is no date, a currency without a rate.
    """
    bad: dict[int, BadCell] = {}
    days: dict[str, Floats] = {}
    for position in np.flatnonzero(np.asarray(pc.is_null(batch[id_field]))):
        bad[int(position)] = BadCell(int(position), id_field, "an id", "nothing")
    for name, expected, wrong in _wrong_values(batch, features, currency, days):
        for position in np.flatnonzero(wrong):
            if int(position) not in bad:
                bad[int(position)] = BadCell(int(position), name, expected, _found(batch[name][int(position)]))
    return Checked(bad, days)


def training_table(table: pa.Table, features: tuple[Feature, ...], *, currency_column: str) -> pa.Table:
    """Return a table's columns of the features, and the currency's, as the types that training expects.

    Raises:
        DataError: a column is not there, or is of a type that cannot be meant.
    """
    types = {feature.name: feature.column_type for feature in features if feature.is_column}
    if currency_column in table.column_names:
        types.setdefault(currency_column, "STRING")
    columns = {}
    for name, type_ in types.items():
        if name not in table.column_names:
            raise DataError(
                f"column {name!r}: expected a column of that name (features), found {', '.join(table.column_names)}"
            )
        column, target = table[name], formats.ARROW_TYPES[type_]
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if not (_same_family(column.type, target) or pa.types.is_null(column.type)):
            raise DataError(
                f"column {name!r}: expected {type_} (features), found {column.type}; convert it, or change its kind"
            )
        columns[name] = column.cast(target, safe=False)
    return pa.table(columns)


def check_values(table: pa.Table, features: tuple[Feature, ...], currency: Currency | None) -> None:
    """Raise `DataError` for the first column of a training table with a value that could not be scored."""
    for name, expected, wrong in _wrong_values(table, features, currency, {}):
        rows = np.flatnonzero(wrong)
        if len(rows):
            more = f" and {len(rows) - 1:,} more rows" if len(rows) > 1 else ""
            raise DataError(
                f"column {name!r}: expected {expected}, found {_found(table[name][int(rows[0])])} in row {rows[0] + 1}"
                f"{more}; correct or leave out such rows"
            )


def _wrong_values(
    batch: pa.RecordBatch | pa.Table, features: tuple[Feature, ...], currency: Currency | None, days: dict[str, Floats]
) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Yield each column that can hold a bad value, what is expected of it, and which rows hold one, (n,).

    The days of date columns are put into `days`.
    """
    for feature in features:
        if feature.is_column and feature.kind != "categorical":
            yield feature.name, formats.expectation(feature.column_type), _unusable(batch[feature.name], feature, days)
    if currency is not None:
        yield currency.column, currency.expected, np.isnan(currency.factors(batch))


def _unusable(column: pa.Array, feature: Feature, days: dict[str, Floats]) -> NDArray[np.bool_]:
    if feature.kind == "date":
        days[feature.name], bad = formats.parse_days(column)
        return bad
    finite = pc.fill_null(pc.is_finite(column), True)
    return ~np.asarray(finite, dtype=bool)


def _found(cell: pa.Scalar) -> str:
    return "nothing" if cell.as_py() is None else str(cell.as_py())


def _same_family(found: pa.DataType, target: pa.DataType) -> bool:
    if pa.types.is_floating(target):
        return bool(pa.types.is_floating(found) or pa.types.is_integer(found) or pa.types.is_decimal(found))
    if pa.types.is_string(target):
        return bool(pa.types.is_string(found) or pa.types.is_large_string(found))
    return bool(found == target)
