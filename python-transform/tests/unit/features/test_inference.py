"""What is looked at when nobody says so."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from anomaly_detection.features.feature import Feature
from anomaly_detection.features.inference import infer_features
from anomaly_detection.schema import ColumnType

N = 40
COLUMNS: dict[str, tuple[ColumnType, list[Any]]] = {
    "Id": ("STRING", [f"id{i}" for i in range(N)]),
    "Stage": ("STRING", ["Open", "Won"] * (N // 2)),
    "Won": ("BOOLEAN", [True, False] * (N // 2)),
    "Amount": ("DOUBLE", [i * 1.5 for i in range(N)]),
    "Closed": ("date", [f"2024-03-{1 + i % 28:02d}" for i in range(N)]),
    "Created": ("date", [f"2024-01-{1 + i % 28:02d}" for i in range(N)]),
    "Number": ("DOUBLE", [float(100 + i) for i in range(N)]),
    "Note": ("STRING", [f"note {i}" for i in range(N)]),
    "Empty": ("STRING", [None] * N),
    "Constant": ("STRING", ["x"] * N),
    "Sometimes": ("STRING", ["x", None] * (N // 2)),
}


def infer(*names: str, **more: tuple[ColumnType, list[Any]]) -> tuple[tuple[Feature, ...], dict[str, str]]:
    columns = {name: COLUMNS[name] for name in names} | more
    arrow = {"DOUBLE": pa.float64(), "BOOLEAN": pa.bool_()}
    table = pa.table(
        {name: pa.array(values, arrow.get(type_, pa.string())) for name, (type_, values) in columns.items()}
    )
    features, skipped = infer_features(table, {name: type_ for name, (type_, _) in columns.items()}, without=["Id"])
    return features, {column.column: column.why for column in skipped}


def test_columns_become_features_of_their_type_in_their_order() -> None:
    features, skipped = infer("Id", "Stage", "Won", "Amount", "Created")
    assert [(feature.name, feature.kind, feature.type) for feature in features] == [
        ("Stage", "categorical", "STRING"),
        ("Won", "categorical", "BOOLEAN"),
        ("Amount", "numeric", "DOUBLE"),
        ("Created", "date", "STRING"),
    ]
    assert skipped == {}


def test_two_dates_give_the_duration_from_the_earlier_to_the_later() -> None:
    features, _ = infer("Closed", "Created", "Stage")
    assert features[-1] == Feature(name="Closed - Created", kind="duration", start="Created", end="Closed")


def test_three_dates_give_two_durations() -> None:
    features, _ = infer("Closed", "Created", Paid=("date", [f"2025-01-{1 + i % 9:02d}" for i in range(N)]))
    durations = [(feature.start, feature.end) for feature in features if feature.kind == "duration"]
    assert durations == [("Created", "Closed"), ("Closed", "Paid")]


def test_what_says_nothing_is_skipped_and_said_so() -> None:
    features, skipped = infer("Number", "Note", "Empty", "Constant", "Sometimes", "Stage")
    assert [feature.name for feature in features] == ["Sometimes", "Stage"]
    assert skipped == {
        "Number": "a running number",
        "Note": f"free text ({N} different values in {N} rows)",
        "Empty": "no value",
        "Constant": "one value",
    }


def test_different_numbers_that_do_not_run_are_looked_at() -> None:
    features, _ = infer(
        Wide=("DOUBLE", [float(i * i) for i in range(N)]), Broken=("DOUBLE", [i + 0.5 for i in range(N)])
    )
    assert [feature.name for feature in features] == ["Wide", "Broken"]


def test_a_text_with_half_its_values_different_is_looked_at() -> None:
    features, _ = infer(
        Half=("STRING", [f"v{i // 2}" for i in range(N)]), Most=("STRING", [f"v{i * 3 // 5}" for i in range(N)])
    )
    assert [feature.name for feature in features] == ["Half"]


def test_generated_opportunities_are_understood(opportunities: Any) -> None:
    features = {feature.name: feature.kind for feature in opportunities.detector.features}
    assert features["CloseDate - CreatedDate"] == "duration"
    assert features["Amount"] == "numeric"
    assert features["IsWon"] == "categorical"
    assert "Name" not in features
    assert "Id" not in features
