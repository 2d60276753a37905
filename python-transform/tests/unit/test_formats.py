from __future__ import annotations

import math
import random
import re
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from anomaly_detection.formats import ARROW_TYPES, expectation, parse, parse_days
from anomaly_detection.schema import ColumnType, contract_json

FORMATS = contract_json("formats.json")
KINDS: list[ColumnType] = ["STRING", "DOUBLE", "BOOLEAN", "date"]


def texts(*values: str | None) -> pa.Array:
    return pa.array(values, pa.string())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0.0),
        ("+5", 5.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5E+3", -1500.0),
        ("1e-400", 0.0),
        ("4.9e-324", 5e-324),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("12345678901234567890", 12345678901234567890.0),
        ("0" * 400 + "1", 1.0),
    ],
)
def test_numbers(text: str, number: float) -> None:
    parsed = parse(texts(text), "DOUBLE")
    assert parsed.values.to_pylist() == [number]
    assert not parsed.bad.any()


@pytest.mark.parametrize(
    "text",
    [
        *("abc", "NaN", "nan", "Infinity", "-inf", "1e999", "-1e999", " 1", "1 ", "1,5", "12d", "0x10", "1_000"),
        *("$5", "1e", "e5", ".", "+", "--1", "1\n", "\n1", "1\0", "\u0661", "\uff11", " "),
    ],
)
def test_what_is_not_a_finite_number(text: str) -> None:
    parsed = parse(texts("1", text, "2"), "DOUBLE")
    assert parsed.values.to_pylist() == [1.0, None, 2.0]
    assert parsed.bad.tolist() == [False, True, False]


def test_numbers_are_those_of_python_to_the_last_bit() -> None:
    rng = random.Random(1)  # noqa: S311 (texts to try)
    pattern = re.compile(FORMATS["number"]["pattern"])
    written = [repr(rng.uniform(-1, 1) * 10 ** rng.randint(-300, 308)) for _ in range(2000)]
    written += ["".join(rng.choices("0123456789", k=rng.randint(15, 40))) for _ in range(2000)]
    written += [f"{rng.randint(1, 99)}.{rng.randint(0, 10**18)}e{rng.randint(-340, 330)}" for _ in range(2000)]
    written += ["".join(rng.choices("0123456789+-.eE ", k=rng.randint(1, 7))) for _ in range(20000)]
    for chunk in (written[:4000], written[4000:]):
        expected = [float(text) if pattern.fullmatch(text) else math.inf for text in chunk]
        found = parse(texts(*chunk), "DOUBLE")
        assert found.values.to_pylist() == [number if math.isfinite(number) else None for number in expected]
        assert found.bad.tolist() == [not math.isfinite(number) for number in expected]


def test_minus_zero_keeps_its_sign() -> None:
    assert math.copysign(1, parse(texts("-0.0"), "DOUBLE").values[0].as_py()) == -1


def test_booleans_are_the_words_of_the_contract() -> None:
    words = FORMATS["boolean"]["true"] + FORMATS["boolean"]["false"]
    parsed = parse(texts(*words, "yes", "tRUE", " true", None, "2"), "BOOLEAN")
    assert parsed.values.to_pylist() == [True] * 4 + [False] * 4 + [None] * 5
    assert parsed.bad.tolist() == [False] * 8 + [True, True, True, False, True]


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("1/1/00", "2000-01-01"),
        ("12/31/68", "2068-12-31"),
        ("02/03/04", "2004-02-03"),
        ("2/29/24", "2024-02-29"),
        ("2/29/2024", "2024-02-29"),
        ("12/31/1999", "1999-12-31"),
        ("1/1/0001", "0001-01-01"),
        ("2024-02-29", "2024-02-29"),
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"),
        ("2015-03-30T00:00:00.000Z", "2015-03-30T00:00:00.000Z"),
        ("2015-03-30T00:00:00.000+0000", "2015-03-30T00:00:00.000+0000"),
        ("2015-03-30 23:59", "2015-03-30 23:59"),
        ("2015-03-30T23:59:59.123456789-08:00", "2015-03-30T23:59:59.123456789-08:00"),
    ],
)
def test_dates(text: str, normal: str) -> None:
    parsed = parse(texts(None, text), "date")
    assert parsed.values.to_pylist() == [None, normal]
    assert parsed.bad.tolist() == [False, False]
    days, bad = parse_days(texts(text))
    assert days[0] == (date.fromisoformat(normal[:10]) - date(1970, 1, 1)).days
    assert not bad.any()


@pytest.mark.parametrize(
    "text",
    [
        *("1/1/69", "12/31/99", "2023-02-30", "2/29/23", "1900-02-29", "13/1/24", "0/1/24", "1/0/24", "1/32/24"),
        *("1/5/024", "1/5/02024", "2/30/2024", "1/1/0000", "31/1/2024"),
        *("2024-00-10", "2024-1-5", "31.1.2024", "0000-01-01", "2024-01-01T24:00:00Z", "20240101"),
        *("2024-01-01T12:60", "2024-01-01T", "2024-01-01Z", " 2024-01-01", "2024-01-01 ", "2024-01-01\n", "-"),
        *("2023-02-30T00:00:00Z", "2024-01-01T00:00:60Z", "\u0662024-01-01", "1/1/\u0661\u0662"),
    ],
)
def test_what_is_not_a_date(text: str) -> None:
    parsed = parse(texts("2024-01-31", text), "date")
    assert parsed.values.to_pylist() == ["2024-01-31", None]
    assert parsed.bad.tolist() == [False, True]
    days, bad = parse_days(texts(text, "1970-01-01"))
    np.testing.assert_array_equal(days, [np.nan, 0.0])
    assert bad.tolist() == [True, False]


def test_every_day_of_the_short_years_is_read() -> None:
    days = [date(2000, 1, 1) + timedelta(days=day) for day in range((date(2069, 1, 1) - date(2000, 1, 1)).days)]
    short = texts(*(f"{day.month}/{day.day}/{day.year % 100:02}" for day in days))
    assert parse(short, "date").values.to_pylist() == [day.isoformat() for day in days]
    np.testing.assert_array_equal(parse_days(short)[0], 10957.0 + np.arange(len(days)))


def test_days_are_those_that_are_written_whatever_the_zone() -> None:
    days, _ = parse_days(texts("1970-01-02T00:30:00+14:00", "1970-01-02T23:30:00-12:00", "1970-01-02"))
    assert days.tolist() == [1.0, 1.0, 1.0]


def test_missing_is_not_bad() -> None:
    for kind in KINDS:
        parsed = parse(texts(None, None), kind)
        assert parsed.values.to_pylist() == [None, None]
        assert not parsed.bad.any()


def test_results_have_the_types_of_their_columns_even_when_empty() -> None:
    for kind in KINDS:
        for column in (texts(), texts(None), texts("1")):
            assert parse(column, kind).values.type == ARROW_TYPES[kind]
            assert len(parse(column, kind).values) == len(parse(column, kind).bad) == len(column)
    assert [len(part) for part in parse_days(texts())] == [0, 0]


def test_slices_are_read_like_whole_columns() -> None:
    written = [None, "1", "x", "1/2/24", "2024-01-31T10:00:00Z", "true", "", "17.5", "2024-02-30", "0"]
    whole = texts(*written)
    for kind in KINDS:
        for start in range(len(written)):
            for length in range(len(written) - start + 1):
                part = parse(whole.slice(start, length), kind)
                same = parse(texts(*written[start : start + length]), kind)
                part.values.validate(full=True)
                assert part.values.to_pylist() == same.values.to_pylist()
                assert part.bad.tolist() == same.bad.tolist()


def test_chunks_of_dates_are_read_as_one() -> None:
    days, bad = parse_days(pa.chunked_array([texts("1970-01-02"), texts(None, "x")]))
    np.testing.assert_array_equal(days, [1.0, np.nan, np.nan])
    assert bad.tolist() == [False, False, True]


def test_expectations_are_those_of_the_contract() -> None:
    assert expectation("DOUBLE") == FORMATS["number"]["expected"]
    assert expectation("BOOLEAN") == FORMATS["boolean"]["expected"]
    assert expectation("date") == FORMATS["date"]["expected"]
    assert expectation("STRING") == "UTF-8 text"
