"""What a report says of a row, in words."""

from __future__ import annotations

from typing import Any

import pytest

from anomaly_detection.report.texts import shown
from anomaly_detection.report.words import label, rarity, sentence

from .lines import reason


class TestWords:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (",", "1 to 50"),
            ("5", ", to 50"),
            ("1e999", "1 to 50"),
            ("9" * 5000, "1 to 50"),
            ("2024-01-01, 9e999 days after A", "1 to 2 days after A"),
            ("2024-01-01, 3 days after A", "1 to 9e999 days after A"),
        ],
    )
    def test_what_only_looks_like_a_number_is_shown(self, value: str, expected: str) -> None:
        said = sentence({"field": "Size", "value": value, "expected": expected, "contribution": 1.0})
        assert said == f"Size is {shown(value)}; expected {shown(expected)}"

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (reason("OwnerRole", "Sales EMEA", "Sales WW"), "Owner Role is Sales EMEA; expected Sales WW"),
            (reason("Stage", None, "Closed Won"), "Stage is empty; expected Closed Won"),
            (reason("Stage", "Won", None), "Stage is Won; expected no value"),
            (reason("Stage", None, None), "Stage is empty, as expected here, but seldom is"),
            (
                reason("AccountOwner", "Zoë", "Zoë"),
                "Account Owner is Zoë, which is the most likely value here, but still an uncommon one",
            ),
            (reason("Amount", "226760", "52,300 to 148,000"), "Amount is 226,760; expected 52,300 to 148,000"),
            (
                reason("Amount", "22630184", "208,000 to 691,000"),
                "Amount is 22,630,184; expected 208,000 to 691,000 (33 times the upper end)",
            ),
            (
                reason("Amount", "1.84", "1,210 to 6,490"),
                "Amount is 1.84; expected 1,210 to 6,490 (1/658 of the lower end)",
            ),
            (
                reason("Amount", "8450", "2,180 to 10,300"),
                "Amount is 8,450, within the 2,180 to 10,300 expected, but uncommon together with the other values",
            ),
            (
                reason("CloseDate", "2023-07-18, -197 days after CreatedDate", "52.1 to 156 days after CreatedDate"),
                "Close Date is 2023-07-18, 197 days before Created Date; expected 52 to 156 days after Created Date",
            ),
            (
                reason("CloseDate", "2023-07-18, 1 days after CreatedDate", "-3.2 to 56 days after CreatedDate"),
                "Close Date is 2023-07-18, 1 day after Created Date; "
                "expected 3 days before to 56 days after Created Date",
            ),
            (
                reason("CloseDate", "2023-07-18, -0 days after CreatedDate", "-20 to -10 days after CreatedDate"),
                "Close Date is 2023-07-18, the day of Created Date; expected 10 to 20 days before Created Date",
            ),
            (
                reason("CloseDate", None, "5 to 10 days after CreatedDate"),
                "Close Date is empty; expected 5 to 10 days after Created Date",
            ),
            (
                reason("CreatedDate", "2030-01-01", "2023-01-01 to 2024-01-01"),
                "Created Date is 2030-01-01; expected 2023-01-01 to 2024-01-01",
            ),
            (
                reason("Weight (kg)", "1e20", "1e+18 to 2e+18"),
                "Weight (kg) is 1e20; expected 1e+18 to 2e+18 (50 times the upper end)",
            ),
            (reason("Route", "south", "Rome to Milan"), "Route is south; expected Rome to Milan"),
            (reason("Stage", " ", "Won"), "Stage is “ ”; expected Won"),
        ],
    )  # fmt: skip
    def test_says_what_the_reason_holds(self, given: dict[str, Any], said: str) -> None:
        assert sentence(given) == said

    def test_a_sentence_keeps_long_values_short(self) -> None:
        assert len(sentence(reason("F" * 1000, "v" * 10_000, "e" * 10_000))) < 400

    @pytest.mark.parametrize("p_value", [1 / 10**k for k in range(7)] + [0.5, 0.96, 0.31])
    def test_rarity_names_the_share(self, p_value: float) -> None:
        said = rarity(p_value)
        if said == "all":
            assert p_value > 0.95
        else:
            part, whole = said.replace(",", "").split(" in ")
            assert int(part) / int(whole) == pytest.approx(p_value, abs=0.1)

    def test_labels_are_those_of_an_export(self) -> None:
        assert [label(name) for name in ("BillingState", "Owner", "IsWon", "#")] == [
            "Billing State/Province", "Opportunity Owner", "Won", "#"]  # fmt: skip

    @pytest.mark.parametrize("text", ["\ud800", "a\x00b", "\u202eevil", "\u2066x", "tab\there"])
    def test_a_text_can_always_be_written_and_disturbs_nothing(self, text: str) -> None:
        found = shown(text)
        found.encode("utf-8")
        assert not set(found) & set("\x00\u202e\u2066\ud800\t")

    def test_a_name_that_runs_from_right_to_left_is_isolated(self) -> None:
        name = "\u05e9\u05dc\u05d5\u05dd"
        assert shown(name) == f"\u2068{name}\u2069"
        assert shown("Zoë 中文") == "Zoë 中文"
