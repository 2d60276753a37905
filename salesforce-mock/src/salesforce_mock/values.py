"""Values of fields: how they are written in files and requests, and how the store keeps them.

Text, ids, dates and date-times are kept as strings, the latter in the form of `2025-01-31T23:59:59.000Z`, whose order
is the order of time; numbers as floats; an absent value as None.

>>> parse("datetime", "2025-01-31T23:59:59+01:00")
'2025-01-31T22:59:59.000Z'
>>> parse("currency", "1e3"), parse("boolean", "TRUE"), parse("date", "")
(1000.0, True, None)
>>> number_text(10030.0), number_text(12500000.0)
('10030.0', '1.25E7')
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal

Value = str | float | bool | None

NUMBERS = frozenset({"currency", "double", "percent"})
TEXTS = frozenset({"string", "picklist", "textarea"})
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)")


def parse(kind: str, text: str) -> Value:
    """Return the value of a field's type that a text stands for; an empty text is an absent value.

    Raises:
        ValueError: it stands for none; the message says what was expected.
    """
    if text == "":
        return None
    if kind in NUMBERS:
        return _number(text)
    if kind == "boolean":
        if text.lower() not in {"true", "false"}:
            raise ValueError("expected true or false")
        return text.lower() == "true"
    if kind == "date":
        return _date(text)
    if kind == "datetime":
        return parse_datetime(text)
    return text


def of_json(kind: str, value: object) -> Value:
    """Return the value of a field's type that a value of JSON stands for.

    Raises:
        ValueError: it stands for none.
    """
    if value is None:
        return None
    if kind in NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("expected a number")
        return float(value)
    if kind == "boolean" and isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise ValueError(f"expected a {kind}")
    return parse(kind, value)


def parse_datetime(text: str) -> str:
    """Return a date-time with a zone in the form that the store keeps.

    Raises:
        ValueError: it is none.
    """
    if not _DATETIME.fullmatch(text):
        raise ValueError("expected a date-time such as 2025-01-31T23:59:59Z")
    return datetime_text(datetime.fromisoformat(text).timestamp())


def datetime_text(seconds: float) -> str:
    """Return seconds since 1970 as the store keeps date-times; milliseconds are its finest."""
    whole = datetime.fromtimestamp(round(seconds * 1000) / 1000, UTC)
    return whole.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number_text(value: float) -> str:
    """Return a number as Salesforce writes it, which is as Java does."""
    if value and not 1e-3 <= abs(value) < 1e7:
        mantissa, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"
    return repr(value)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in text:
        raise ValueError("expected a finite number")
    return number


def _date(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError("expected a date such as 2025-01-31")
    return date.fromisoformat(text).isoformat()
