"""One figure, what was asked of it, and whether it is met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Measure:
    """A figure in its unit, and its least or its most value; with neither it is only reported."""

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
        return ", ".join(f"{word} {limit:,g}" for word, limit in limits.items() if limit is not None)

    def as_json(self) -> dict[str, Any]:
        """Return the measure as it stands in the file of its section."""
        return {**asdict(self), "holds": self.holds}


class Section(Protocol):
    """What measures a part of the project; raises `AnomalyDetectionError` if it cannot."""

    def __call__(self) -> Iterator[Measure]:
        """Yield each figure as soon as it is there."""
