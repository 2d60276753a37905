"""Pictures."""

from __future__ import annotations

import math

import pytest

from anomaly_detection.report.charts import cluster_map, histogram
from anomaly_detection.report.groups import Count
from anomaly_detection.report.summary import NOISE, ClusterCount, Place


class TestCharts:
    def test_bars_stand_on_the_axis_and_odd_ones_inside(self) -> None:
        chart = histogram([Count(10_000, 0), Count(0, 0), Count(7, 3), Count(1, 1)], [0.6])
        assert [bar.rows for bar in chart.bars] == [10_000, 7, 1]
        for bar in chart.bars:
            assert bar.y + bar.height == pytest.approx(chart.base, abs=0.02)
            assert chart.top <= bar.y <= bar.odd_y <= chart.base
            assert chart.left <= bar.x < bar.x + bar.width <= chart.right
        assert chart.bars[-1].height > 5
        assert chart.thresholds[0][0] == pytest.approx(chart.left + 0.6 * (chart.right - chart.left), abs=0.01)

    @pytest.mark.parametrize("clusters", [1, 2, 7, 60])
    def test_discs_do_not_touch_and_dots_are_inside(self, clusters: int) -> None:
        counts = {c: ClusterCount(rows=1 + 997 * c * c % 5000) for c in range(NOISE, clusters)}
        odd = [Place(c, 0.3 * k) for c in counts for k in range(4)]
        drawn = cluster_map(counts, [Place(c, 0.1) for c in counts], odd)
        assert len(drawn.discs) + drawn.left_out == len(counts)
        assert NOISE in [disc.cluster for disc in drawn.discs]
        for i, one in enumerate(drawn.discs):
            assert one.radius <= one.x <= drawn.width - one.radius
            assert one.radius <= one.y <= drawn.height - one.radius
            assert (len(one.ordinary), len(one.odd)) == (1, 4)
            assert all(math.hypot(x, y) < one.radius for x, y in one.ordinary + one.odd)
            for other in drawn.discs[:i]:
                assert math.dist((one.x, one.y), (other.x, other.y)) > one.radius + other.radius
        areas = {disc.radius**2 / counts[disc.cluster].rows for disc in drawn.discs if disc.radius > 20}
        assert max(areas) == pytest.approx(min(areas), rel=0.05)
