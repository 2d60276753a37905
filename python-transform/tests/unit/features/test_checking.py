"""Columns and cells that cannot be scored."""

from __future__ import annotations

import pyarrow as pa
import pytest

from anomaly_detection.errors import SchemaError
from anomaly_detection.features.checking import BadCell, check_cells, check_columns
from anomaly_detection.features.feature import parse_features

FEATURES = parse_features(
    [
        {"name": "Stage", "kind": "categorical"},
        {"name": "Amount", "kind": "numeric"},
        {"name": "Closed", "kind": "date"},
        {"name": "Opened", "kind": "date"},
        {"name": "Age", "kind": "duration", "from": "Opened", "to": "Closed"},
    ],
    where="test",
)
FOUND = {"Id": "STRING", "Stage": "STRING", "Amount": "DOUBLE", "Closed": "STRING", "Opened": "STRING"}


def test_the_right_columns_and_more_pass() -> None:
    check_columns(FEATURES, {**FOUND, "Other": "BYTES"}, id_field="Id", where="m")
    check_columns(FEATURES, FOUND, id_field="Stage", where="m")


@pytest.mark.parametrize(
    ("change", "id_field", "message"),
    [
        ({"Amount": "STRING"}, "Id", "column 'Amount': expected DOUBLE (m), found STRING"),
        ({"Stage": "BOOLEAN"}, "Id", "column 'Stage': expected STRING (m), found BOOLEAN"),
        ({"Id": "INT64"}, "Id", "column 'Id': expected STRING (id_field of the config), found INT64"),
        ({}, "Amount", "column 'Amount': expected STRING (id_field of the config), found DOUBLE"),
        ({"Amount": "STRING"}, "Amount", "column 'Amount': expected DOUBLE (m), found STRING"),
    ],
)
def test_a_column_of_another_type_is_named(change: dict[str, str], id_field: str, message: str) -> None:
    with pytest.raises(SchemaError) as error:
        check_columns(FEATURES, {**FOUND, **change}, id_field=id_field, where="m")
    assert str(error.value) == message


@pytest.mark.parametrize("missing", ["Stage", "Amount", "Closed", "Opened"])
def test_a_column_that_is_not_there_is_named_with_those_that_are(missing: str) -> None:
    found = {name: type_ for name, type_ in FOUND.items() if name != missing}
    with pytest.raises(SchemaError) as error:
        check_columns(FEATURES, found, id_field="Id", where="m")
    type_ = FOUND[missing]
    assert str(error.value) == (
        f"column {missing!r}: expected {type_} (m), found no such column; there are {', '.join(found)}"
    )


def test_the_id_must_be_there() -> None:
    with pytest.raises(SchemaError, match=r"^column 'Key': expected STRING \(id_field of the config\), found no such"):
        check_columns(FEATURES, FOUND, id_field="Key", where="m")


def batch(**columns: list[object]) -> pa.RecordBatch:
    values: dict[str, list[object]] = {
        "Id": ["a", "b", "c", "d"],
        "Stage": ["x", None, "", "y"],
        "Amount": [1.0, None, -0.0, 1e308],
        "Closed": ["2024-01-31", None, "2024-01-31T10:00:00.000Z", "2024-02-29"],
        "Opened": ["2024-01-31", None, "2024-01-31T10:00:00+0100", "2024-02-29"],
        **columns,
    }
    types = {"Amount": pa.float64()}
    return pa.record_batch({name: pa.array(cells, types.get(name, pa.string())) for name, cells in values.items()})


def test_missing_values_are_not_bad() -> None:
    assert check_cells(batch(), FEATURES, id_field="Id").bad == {}


def test_each_bad_row_has_its_first_bad_cell() -> None:
    found = check_cells(
        batch(
            Id=["a", None, "c", None],
            Amount=[float("nan"), 1.0, float("-inf"), float("inf")],
            Closed=["2024-02-30", None, None, None],
        ),
        FEATURES,
        id_field="Id",
    )
    assert found.bad == {
        0: BadCell(0, "Amount", "a finite number", "nan"),
        1: BadCell(1, "Id", "an id", "nothing"),
        2: BadCell(2, "Amount", "a finite number", "-inf"),
        3: BadCell(3, "Id", "an id", "nothing"),
    }


@pytest.mark.parametrize("text", ["2024-02-30", "yesterday", "", "31.01.2024", "2024-1-1", "2024-01-31 "])
def test_a_text_that_is_no_date_is_bad(text: str) -> None:
    found = check_cells(batch(Opened=["2024-01-01", text, None, None]), FEATURES, id_field="Id")
    assert found.bad == {1: BadCell(1, "Opened", "a date such as 2024-01-31 or 1/31/24", text)}


def test_another_column_can_be_the_id() -> None:
    found = check_cells(batch(Id=[None] * 4), FEATURES, id_field="Stage")
    assert found.bad == {1: BadCell(1, "Stage", "an id", "nothing")}
