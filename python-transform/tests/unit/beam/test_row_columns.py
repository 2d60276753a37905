"""Rows of objects as columns: what does not fit is named, and the others survive."""

from __future__ import annotations

import datetime
import decimal
from typing import Any, NamedTuple

import numpy as np
import pytest

from anomaly_detection.beam.row_columns import to_batch
from anomaly_detection.features.checking import BadCell
from anomaly_detection.schema import ColumnType


class Row(NamedTuple):
    key: Any = "k"
    text: Any = "t"
    number: Any = 1.5
    flag: Any = True
    day: Any = "2024-01-31"


COLUMNS: dict[str, tuple[str, ColumnType]] = {
    "Id": ("key", "STRING"),
    "Some text": ("text", "STRING"),
    "Amount": ("number", "DOUBLE"),
    "IsWon": ("flag", "BOOLEAN"),
    "Closed": ("day", "date"),
}


def test_rows_become_columns_under_their_names() -> None:
    batch, positions, bad = to_batch([Row(), Row("j", "é\n漢", -2.0, False, None)], COLUMNS)
    assert batch.to_pydict() == {
        "Id": ["k", "j"],
        "Some text": ["t", "é\n漢"],
        "Amount": [1.5, -2.0],
        "IsWon": [True, False],
        "Closed": ["2024-01-31", None],
    }
    assert positions.tolist() == [0, 1]
    assert bad == []


def test_only_the_columns_that_are_asked_for_are_read() -> None:
    batch, _, bad = to_batch([Row(text=object())], {"Id": ("key", "STRING")})
    assert batch.to_pydict() == {"Id": ["k"]}
    assert bad == []


def test_null_fits_everywhere() -> None:
    batch, positions, bad = to_batch([Row(None, None, None, None, None)], COLUMNS)
    assert [column.null_count for column in batch.columns] == [1] * 5
    assert (positions.tolist(), bad) == ([0], [])


def test_no_rows_are_a_batch_of_none() -> None:
    batch, positions, bad = to_batch([], COLUMNS)
    assert (batch.num_rows, batch.schema.names, len(positions), bad) == (0, list(COLUMNS), 0, [])


def test_nan_and_infinity_stay_for_the_detector_to_find() -> None:
    batch, _, bad = to_batch([Row(number=float("nan")), Row(number=float("inf"))], COLUMNS)
    assert np.isnan(batch["Amount"][0].as_py())
    assert bad == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        (2**53 + 1, 2.0**53),
        (2**60, 2.0**60),
        (-(10**300), -1e300),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7.0),
    ],
)
def test_whole_and_numpy_numbers_are_numbers(value: Any, expected: float) -> None:
    batch, _, bad = to_batch([Row(), Row(number=value)], COLUMNS)
    assert batch["Amount"].to_pylist() == [1.5, expected]
    assert bad == []


WRONG = [
    ({"text": 5}, BadCell(1, "Some text", "STRING", "int 5")),
    ({"text": b"bytes"}, BadCell(1, "Some text", "STRING", "bytes b'bytes'")),
    ({"text": b"\xff"}, BadCell(1, "Some text", "STRING", "bytes b'\\xff'")),
    ({"text": ["a"]}, BadCell(1, "Some text", "STRING", "list ['a']")),
    ({"text": "caf\udce9"}, BadCell(1, "Some text", "UTF-8 text", "caf\\xe9")),
    ({"text": "half \ud83d"}, BadCell(1, "Some text", "UTF-8 text", "half \\ud83d")),
    ({"key": 7}, BadCell(1, "Id", "STRING", "int 7")),
    ({"number": "12"}, BadCell(1, "Amount", "DOUBLE", "str '12'")),
    ({"number": True}, BadCell(1, "Amount", "DOUBLE", "bool True")),
    ({"number": np.bool_(True)}, BadCell(1, "Amount", "DOUBLE", "bool np.True_")),
    ({"number": decimal.Decimal("1.5")}, BadCell(1, "Amount", "DOUBLE", "Decimal Decimal('1.5')")),
    ({"number": 1j}, BadCell(1, "Amount", "DOUBLE", "complex 1j")),
    ({"flag": 1}, BadCell(1, "IsWon", "BOOLEAN", "int 1")),
    ({"flag": "true"}, BadCell(1, "IsWon", "BOOLEAN", "str 'true'")),
    ({"day": datetime.date(2024, 1, 31)}, BadCell(1, "Closed", "date", "date datetime.date(2024, 1, 31)")),
]


@pytest.mark.parametrize(("cells", "expected"), WRONG)
@pytest.mark.parametrize("beside", [[], WRONG[:1]])
def test_a_value_of_another_type_is_one_bad_cell_and_the_others_survive(
    cells: dict[str, Any], expected: BadCell, beside: list[Any]
) -> None:
    rows = [Row(key="first"), Row(**cells), Row(key="last", number=2**60), *(Row(**other) for other, _ in beside)]
    batch, positions, bad = to_batch(rows, COLUMNS)
    assert bad[0] == expected
    assert len(bad) == 1 + len(beside)
    assert positions.tolist() == [0, 2]
    assert batch["Id"].to_pylist() == ["first", "last"]
    assert batch["Amount"].to_pylist() == [1.5, 2.0**60]


def test_a_number_beyond_all_doubles_is_bad() -> None:
    batch, positions, bad = to_batch([Row(number=10**400), Row(number=-(10**9000)), Row()], COLUMNS)
    assert batch.num_rows == 1
    assert positions.tolist() == [2]
    assert [(cell.position, cell.column, cell.expected) for cell in bad] == [
        (0, "Amount", "a finite number"),
        (1, "Amount", "a finite number"),
    ]
    assert all(len(cell.found) <= 80 for cell in bad)


def test_the_first_bad_column_is_the_one_that_is_named() -> None:
    _, _, bad = to_batch([Row(text=1, number="x", day=2)], COLUMNS)
    assert [cell.column for cell in bad] == ["Some text"]


def test_only_bad_rows_leave_an_empty_batch() -> None:
    batch, positions, bad = to_batch([Row(flag=2), Row(text=b"")], COLUMNS)
    assert (batch.num_rows, len(positions), len(bad)) == (0, 0, 2)
    assert batch.schema.names == list(COLUMNS)


def test_subclasses_and_numpy_texts_are_texts() -> None:
    class Name(str):
        __slots__ = ()

    batch, _, bad = to_batch([Row(text=Name("n")), Row(text=np.str_("m")), Row(flag=np.bool_(False))], COLUMNS)
    assert batch["Some text"].to_pylist() == ["n", "m", "t"]
    assert batch["IsWon"].to_pylist() == [True, True, False]
    assert bad == []


def test_the_limit_of_doubles_is_where_python_puts_it() -> None:
    most = int(np.finfo(float).max)
    batch, _, bad = to_batch([Row(number=most), Row(number=most * 2)], COLUMNS)
    assert batch["Amount"].to_pylist() == [float(most)]
    assert [cell.position for cell in bad] == [1]
