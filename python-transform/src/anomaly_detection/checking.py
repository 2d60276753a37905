"""Whether a table is one that a model can score: its columns first, then its cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from anomaly_detection import formats
from anomaly_detection.errors import SchemaError
from anomaly_detection.features import Feature
from anomaly_detection.schema import ColumnType


def check_columns(features: tuple[Feature, ...], found: Mapping[str, str], *, id_field: str, where: str) -> None:
    """Raise `SchemaError` for the first column that is missing or of another type.

    `found` are the types of the columns there are, in the contract's words; `where` names what expects them.
    """
    expected = [(id_field, "STRING", "id_field of the config")]
    expected += [(feature.name, feature.type, where) for feature in features if feature.is_column]
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


def find_bad_cells(batch: pa.RecordBatch, features: tuple[Feature, ...], *, id_field: str) -> dict[int, BadCell]:
    """Return the first bad cell of each bad row: a null id, a number that is not finite, a text that is no date."""
    bad: dict[int, BadCell] = {}
    for position in np.flatnonzero(np.asarray(pc.is_null(batch[id_field]))):
        bad[int(position)] = BadCell(int(position), id_field, "an id", "nothing")
    for feature in features:
        if not feature.is_column or feature.kind == "categorical":
            continue
        column = batch[feature.name]
        for position in np.flatnonzero(_unusable(column, feature.column_type)):
            if int(position) not in bad:
                found = str(column[int(position)].as_py())
                expected = formats.expectation(feature.column_type)
                bad[int(position)] = BadCell(int(position), feature.name, expected, found)
    return bad


def _unusable(column: pa.Array, type_: ColumnType) -> NDArray[np.bool_]:
    if type_ == "date":
        return formats.parse_days(column)[1]
    finite = pc.fill_null(pc.is_finite(column), True)
    return ~np.asarray(finite, dtype=bool)
