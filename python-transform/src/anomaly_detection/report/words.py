"""What a row's reasons say, as sentences; nothing is said that the reasons do not hold.

>>> sentence({"field": "OwnerRole", "value": "Sales EMEA", "expected": "Sales WW", "contribution": 0.9})
'Owner Role is Sales EMEA; expected Sales WW'
>>> sentence({"field": "Amount", "value": "2267600", "expected": "52,300 to 148,000", "contribution": 0.9})
'Amount is 2,267,600; expected 52,300 to 148,000 (15 times the upper end)'
>>> sentence({"field": "Stage", "value": None, "expected": "Closed Won", "contribution": 0.9})
'Stage is empty; expected Closed Won'
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from anomaly_detection.report.read import Copies
from anomaly_detection.report.texts import shown
from anomaly_detection.schema import contract_json

_NUMBER = r"-?\d[\d,]{0,29}(?:\.\d{1,30})?(?:e[+-]?\d{1,2})?"
_RANGE = re.compile(rf"({_NUMBER}) to ({_NUMBER})")
_GAP = re.compile(rf"({_NUMBER}) to ({_NUMBER}) days after (.+)")
_GAP_FOUND = re.compile(rf"(.+), ({_NUMBER}) days after (.+)")
_SAME = " (with the same amount)"
_LABELS: dict[str, str] = {field["name"]: field["label"] for field in contract_json("aliases.json")["fields"]}


def label(column: str) -> str:
    """Return what people call a column: the label of an export where the contract has one.

    >>> label("OwnerRole"), label("Owner"), label("Weight (kg)")
    ('Owner Role', 'Opportunity Owner', 'Weight (kg)')
    """
    return shown(_LABELS.get(column, column), most=80)


def sentence(reason: Mapping[str, Any]) -> str:
    """Return one reason as a sentence without its end."""
    field, value, expected = reason["field"], reason["value"], reason["expected"]
    subject = label(field)
    if value is None:
        if expected is None:
            return f"{subject} is empty, as expected here, but seldom is"
        return f"{subject} is empty; expected {_expected(expected)}"
    if expected is None:
        return f"{subject} is {shown(value)}; expected no value"
    if value == expected:
        return f"{subject} is {shown(value)}, which is the most likely value here, but still an uncommon one"
    if gap := _GAP.fullmatch(expected):
        return f"{subject} is {_gap_found(value)}; expected {_gap(*gap.groups())}"
    if (span := _RANGE.fullmatch(expected)) and re.fullmatch(_NUMBER, value):
        return f"{subject} is {_grouped(value)}{_against(_number(value), _number(span[1]), _number(span[2]), expected)}"
    return f"{subject} is {shown(value)}; expected {shown(expected)}"


def copies_sentence(copies: Copies) -> str:
    """Return which rows look like copies of a row.

    >>> from anomaly_detection.report.read import Copies
    >>> copies_sentence(Copies(ids=["006A"], count=1, exact=0))
    'Looks like a copy of 006A, with another amount'
    >>> copies_sentence(Copies(ids=["006A", "006B"], count=7, exact=1))
    'Looks like a copy of 006A (with the same amount), 006B and 5 more'
    """
    mixed = 0 < copies.exact < copies.count
    named = [shown(id_) + (_SAME if mixed and i < copies.exact else "") for i, id_ in enumerate(copies.ids)]
    if left := copies.count - len(named):
        named.append(f"{left:,} more")
    others = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    amounts = "" if mixed else ", with the same amount" if copies.exact else ", with another amount"
    return f"Looks like a copy of {others}{amounts}"


def worth_saying(reasons: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the reasons without those that explain less than a hundredth, but at least the first.

    >>> worth_saying([{"contribution": 0.004}, {"contribution": 0.003}])
    [{'contribution': 0.004}]
    """
    return [reason for i, reason in enumerate(reasons) if i == 0 or reason["contribution"] >= 0.01]


def rarity(p_value: float) -> str:
    """Return a p-value as people say it.

    >>> rarity(0.000999), rarity(0.02), rarity(0.4), rarity(1.0)
    ('1 in 1,001', '1 in 50', '2 in 5', 'all')
    """
    if p_value > 0.95:
        return "all"
    if p_value > 0.3:
        return f"{round(5 * p_value)} in 5"
    return f"1 in {round(1 / p_value):,}"


def _expected(expected: str) -> str:
    gap = _GAP.fullmatch(expected)
    return _gap(*gap.groups()) if gap else shown(expected)


def _against(value: float, low: float, high: float, expected: str) -> str:
    if low <= value <= high:
        return f", within the {expected} expected, but uncommon together with the other values"
    if value >= 2 * high > 0:
        return f"; expected {expected} ({_times(value / high)} times the upper end)"
    if 0 < value <= low / 2:
        return f"; expected {expected} (1/{_times(low / value)} of the lower end)"
    return f"; expected {expected}"


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 9.95 else f"{ratio:.1f}"


def _gap_found(value: str) -> str:
    match = _GAP_FOUND.fullmatch(value)
    if not match:
        return shown(value)
    days, start = round(_number(match[2])), label(match[3])
    if days == 0:
        return f"{shown(match[1])}, the day of {start}"
    return f"{shown(match[1])}, {_days(abs(days))} {'before' if days < 0 else 'after'} {start}"


def _gap(low: str, high: str, start: str) -> str:
    first, last, name = round(_number(low)), round(_number(high)), label(start)
    if first >= 0:
        return f"{first:,} to {_days(last)} after {name}"
    if last <= 0:
        return f"{-last:,} to {_days(-first)} before {name}"
    return f"{_days(-first)} before to {_days(last)} after {name}"


def _days(number: int) -> str:
    return f"{number:,} day" if number == 1 else f"{number:,} days"


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _grouped(text: str) -> str:
    number = _number(text)
    return f"{number:,.0f}" if number.is_integer() and abs(number) < 1e15 else shown(text)
