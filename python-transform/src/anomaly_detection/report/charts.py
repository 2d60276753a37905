"""The geometry of the page's two drawings, in units of their SVG view boxes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from anomaly_detection.report.groups import Count
from anomaly_detection.report.summary import NOISE, ClusterCount, Place

WIDTH, HEIGHT = 480, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 10, 30, 42
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_MOST_DISCS = 24


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar of the distribution: all its rows, and in front of them the odd ones."""

    x: float
    width: float
    y: float
    height: float
    odd_y: float
    odd_height: float
    low: float
    high: float
    rows: int
    odd: int


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Bars on a logarithmic scale of counts, lines for powers of ten, and where the thresholds are."""

    bars: list[Bar]
    lines: list[tuple[float, int]]
    ticks: list[tuple[float, float]]
    thresholds: list[tuple[float, float]]
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    base: float = HEIGHT - _BOTTOM
    width: float = WIDTH
    height: float = HEIGHT


def histogram(bins: Sequence[Count], thresholds: Sequence[float]) -> Histogram:
    """Draw counts of scores from 0 to 1; a logarithm, so that a few odd rows beside thousands stay visible."""
    plot, base = WIDTH - _LEFT - _RIGHT, HEIGHT - _BOTTOM
    decades = max(1, math.ceil(math.log10(max((one.rows for one in bins), default=1) or 1)))

    def tall(number: int) -> float:
        # One row still gets a bar: it stands where half a row would, above the base.
        return 0.0 if number == 0 else (math.log10(2 * number) / (decades + math.log10(2))) * (base - _TOP)

    step = plot / len(bins)
    bars = [
        Bar(
            x=round(_LEFT + i * step + 0.4, 2),
            width=round(step - 0.8, 2),
            y=round(base - tall(one.rows), 2),
            height=round(tall(one.rows), 2),
            odd_y=round(base - tall(one.odd), 2),
            odd_height=round(tall(one.odd), 2),
            low=i / len(bins),
            high=(i + 1) / len(bins),
            rows=one.rows,
            odd=one.odd,
        )
        for i, one in enumerate(bins)
        if one.rows
    ]
    return Histogram(
        bars=bars,
        lines=[(round(base - tall(10**power), 2), 10**power) for power in range(decades + 1)],
        ticks=[(round(_LEFT + share * plot, 2), share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)],
        thresholds=[(round(_LEFT + min(max(t, 0.0), 1.0) * plot, 2), t) for t in thresholds],
    )


@dataclass(frozen=True, kw_only=True)
class Disc:
    """A cluster on the map; its dots are rows, by their distance from what is typical there."""

    cluster: int
    x: float
    y: float
    radius: float
    ordinary: list[tuple[float, float]]
    odd: list[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Map:
    """Discs in rows, the largest first; `left_out` clusters are too many to draw."""

    discs: list[Disc]
    width: float
    height: float
    left_out: int


def cluster_map(clusters: Mapping[int, ClusterCount], ordinary: Sequence[Place], odd: Sequence[Place]) -> Map:
    """Draw clusters as discs whose area is their number of rows, with the rows that are given as dots.

    A dot's distance from the centre is its outlier score (GLOSH); its direction has no meaning. Rows outside
    all clusters have no centre: their dots fill their disc evenly, the odd ones outside.
    """
    order = sorted(clusters, key=lambda cluster: (cluster == NOISE, -clusters[cluster].rows, cluster))
    drawn = order[:_MOST_DISCS]
    if NOISE in clusters and NOISE not in drawn:
        drawn[-1] = NOISE
    largest = max((clusters[cluster].rows for cluster in drawn), default=1)
    discs: list[Disc] = []
    x, y, line = 0.0, 0.0, 0.0
    for cluster in drawn:
        radius = max(10.0, 84 * math.sqrt(clusters[cluster].rows / largest))
        cell = 2 * max(radius, 54) + 12
        if x and x + cell > WIDTH:
            x, y, line = 0.0, y + line, 0.0
        line = max(line, 2 * radius + 56)
        dots = _dots(cluster, [place for place in (*ordinary, *odd) if place.cluster == cluster], radius)
        first_odd = sum(place.cluster == cluster for place in ordinary)
        discs.append(
            Disc(
                cluster=cluster,
                x=round(x + cell / 2, 1),
                y=round(y + radius + 6, 1),
                radius=round(radius, 1),
                ordinary=dots[:first_odd],
                odd=dots[first_odd:],
            )
        )
        x += cell
    return Map(discs=discs, width=WIDTH, height=round(y + line, 1), left_out=len(order) - len(drawn))


def _dots(cluster: int, places: Sequence[Place], radius: float) -> list[tuple[float, float]]:
    dots: list[tuple[float, float]] = []
    for i, place in enumerate(places):
        evenly = math.sqrt((i + 0.5) / len(places))
        out = evenly if cluster == NOISE else min(max(place.outlier_score, 0.0), 1.0)
        distance, angle = 0.95 * radius * out, i * _GOLDEN_ANGLE
        dots.append((round(distance * math.cos(angle), 1), round(distance * math.sin(angle), 1)))
    return dots
