"""What is counted, and which rows are shown."""

from __future__ import annotations

import math
import random
from collections import Counter
from pathlib import Path

import pytest

from anomaly_detection.errors import ConfigError
from anomaly_detection.report import Summary
from anomaly_detection.report.read import ScoredRow

from .lines import error, line, summary_of


class TestSummary:
    def test_counts_are_those_of_all_rows_and_the_oddest_are_kept(self, tmp_path: Path) -> None:
        chance = random.Random(5)  # noqa: S311
        lines = [
            line(i, score=chance.random(), Owner=f"o{chance.randrange(9)}", Stage=chance.choice("xyz"))
            for i in range(500)
        ]
        summary = summary_of(tmp_path, lines, most=40)
        odd = [one for one in lines if one["label"]]
        assert (summary.rows, summary.odd) == (500, len(odd))
        assert sum(one.rows for one in summary.bins) == 500
        assert sum(one.odd for one in summary.bins) == len(odd)
        best = sorted(lines, key=lambda one: -one["score"])[:40]
        assert [row.id for row in summary.oddest()] == [one["id"] for one in best]
        for column in ("Owner", "Stage"):
            totals = summary.groups.totals(column)
            assert {value: count.rows for value, count in totals.items()} == Counter(one[column] for one in lines)
            assert {v: c.odd for v, c in totals.items() if c.odd} == Counter(one[column] for one in odd)
        assert {cluster: count.rows for cluster, count in summary.clusters.items()} == Counter(
            one["cluster"] for one in lines
        )
        assert summary.first_reasons == {"OwnerRole": len(odd)}

    def test_of_equals_the_first_is_first(self, tmp_path: Path) -> None:
        summary = summary_of(tmp_path, [line(i, score=0.7) for i in range(9)], most=3)
        assert [row.id for row in summary.oddest()] == ["id0", "id1", "id2"]

    def test_an_odd_row_comes_before_one_of_another_model_with_a_higher_score(self, tmp_path: Path) -> None:
        lines = [line(0, score=0.9, label=0, threshold=0.95, model_id="m2"), line(1, score=0.6)]
        summary = summary_of(tmp_path, lines, most=1)
        assert [row.id for row in summary.oddest()] == ["id1"]
        assert len(summary.models) == 2

    def test_alpha_lies_between_the_labels(self, tmp_path: Path) -> None:
        lines = [line(0, score=0.9, p_value=0.01), line(1, score=0.8, p_value=0.02), line(2, score=0.1, p_value=0.03)]
        summary = summary_of(tmp_path, lines)
        assert summary.alpha_range() == (0.02, 0.03)
        summary.alpha = 0.02
        summary.check_alpha()
        for wrong in (0.019, 0.03, math.nan):
            summary.alpha = wrong
            with pytest.raises(ConfigError, match=r"from 0.02 to below 0.03"):
                summary.check_alpha()

    def test_columns_that_are_no_groups(self, tmp_path: Path) -> None:
        lines = [
            line(i, Owner=f"o{i % 90}", Segment=None if i % 2 else "SMB", Amount=float(i % 3), Code=str(i % 4),
                 Name=f"n{i}", Day=f"2024-01-0{1 + i % 9}", One="same", Nested=["a"], Open=i % 2 == 0)
            for i in range(200)
        ]  # fmt: skip
        assert summary_of(tmp_path, lines).groups.columns() == ["Owner", "Segment", "Open"]

    def test_what_sets_a_cluster_apart(self, tmp_path: Path) -> None:
        lines = [
            line(i, cluster=i % 4, Route="sea" if i % 4 == 1 else "land", Class=chr(65 + i % 5)) for i in range(200)
        ]
        groups = summary_of(tmp_path, lines).groups
        assert groups.typical(1, 50, 200) == [("Route", "sea", 1.0)]

    def test_memory_is_bounded_where_values_never_end(self, tmp_path: Path) -> None:
        summary = Summary(most=10)
        for i in range(30_000):
            cells = {"Owner": f"o{i}", "Other": f"x{i}"}
            summary.add(ScoredRow(id=str(i), score=0.1, odd=False, threshold=0.5, p_value=0.5, cluster=0,
                                  outlier_score=0.0, model_id="m", reasons=[], cells=cells))  # fmt: skip
            summary.add_error(error(i, column=f"c{i}", found="x" * 5000))
        assert summary.groups.counts == {}
        assert len(summary.oddest()) == 10
        assert (summary.errors, len(summary.error_lines), len(summary.error_kinds)) == (30_000, 500, 1000)
        assert max(len(str(one)) for one in summary.error_lines) < 3000
        assert len(summary.places([])[0]) == 700
