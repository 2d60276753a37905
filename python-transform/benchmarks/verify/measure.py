"""What is found: a figure, what was asked of it, and whether it is met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol


class Finding(Protocol):
    """A row of a section's table and of its file; those of the same columns make a table."""

    columns: ClassVar[tuple[str, ...]]

    @property
    def name(self) -> str:
        """What was looked at."""

    @property
    def holds(self) -> bool:
        """Whether it is what was asked."""

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in the columns."""

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in the file of its section."""


@dataclass(frozen=True)
class Measure:
    """A figure in its unit, and its least or its most value; with neither it is only reported."""

    columns: ClassVar[tuple[str, ...]] = ("measure", "found", "asked", "holds")

    name: str
    found: float
    unit: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the figure is what was asked."""
        return (self.least is None or self.found >= self.least) and (self.most is None or self.found <= self.most)

    @property
    def asked(self) -> str:
        """What was asked, in words.

        >>> Measure("rows per second", 7.0, least=5.0).asked
        'at least 5'
        """
        limits = {"at least": self.least, "at most": self.most}
        return ", ".join(f"{word} {_number(limit)}" for word, limit in limits.items() if limit is not None)

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in the columns.

        >>> Measure("rows", 1e6, "rows").cells[1], Measure("share", 0.87371).cells[1]
        ('1,000,000 rows', '0.8737')
        """
        return self.name, f"{_number(self.found)} {self.unit}".strip(), self.asked, "yes" if self.holds else "NO"

    def as_json(self) -> dict[str, Any]:
        """Return the measure as it stands in the file of its section."""
        return {**asdict(self), "holds": self.holds}


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


class Section(Protocol):
    """What measures a part of the project; raises `AnomalyDetectionError` if it cannot."""

    def __call__(self) -> Iterator[Finding]:
        """Yield each finding as soon as it is there."""
