"""A fault, and what became of a run that it struck."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from cluster import run
from cluster.run import Cluster

BACK_SECONDS = 2.0
_WIDTH = 100
_TRACE = "\n\tat "
"""What lines of a Java trace begin with: nothing to show to a user."""


@dataclass(frozen=True)
class Fault:
    """What is done to a run on a cluster, and what is to come of it."""

    name: str
    strike: Callable[[Cluster], None]
    says: str = ""
    """A part of what the run has to say of it. A batch ends with that, publishes nothing and exits with 1; without it,
    it ends complete. A stream may end with that, and goes on when it is started again."""

    share: float = 0.5
    """When it strikes a batch: when so much of the output is written, as a share; at 0.0 when the job begins."""

    of_time: bool = False
    """Whether the share is of the seconds that an unharmed job takes: an engine may write all output at the end."""

    seconds: float = BACK_SECONDS
    """How long it lasts, at least."""

    mend: Callable[[Cluster], object] = run.start
    """Ends it: what was killed is started again."""

    options: tuple[str, ...] = ()
    """Options of the run."""

    output: Path | None = None
    """Where the run writes, if that is part of it."""


@dataclass(frozen=True)
class Struck:
    """A run that a fault struck; all times in seconds."""

    columns: ClassVar[tuple[str, ...]] = (
        *("struck", "fault", "after, s", "the run", "rows in", "rows out"),
        *("lost", "twice or different", "recovered after, s", "holds"),
    )

    run: str
    """`batch` or `stream`."""

    fault: Fault
    after: float
    """From the beginning of the job, or of the run that follows, to the fault."""

    outcome: str
    """What the run did, or the error that it ended with."""

    exit_code: int
    rows_in: int
    rows_out: int
    lost: int
    twice: int
    recovered: float | None
    """How much later than an unharmed batch this one ended; in a stream, from the fault until the first version that
    was posted after it was committed."""

    complete: bool
    """Whether the run is to have all rows, each once; else it is to have none."""

    starts: int = 1
    """How often it was started: again only where the fault says that it may end."""

    @property
    def name(self) -> str:
        """The run and what struck it."""
        return f"{self.run}: {self.fault.name}"

    @property
    def holds(self) -> bool:
        """Whether no row is lost or twice, or the run failed as it should, and it said why in words."""
        if self.fault.says not in self.outcome or _TRACE in self.outcome:
            return False
        if self.starts > 1 and not self.fault.says:
            return False
        if self.complete:
            return self.exit_code == 0 and self.lost == self.twice == 0 and self.rows_in == self.rows_out > 0
        return self.exit_code == 1 and self.rows_out == 0

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in the columns."""
        line = self.outcome.splitlines()[0]
        short = line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"
        return (
            *(self.run, self.fault.name, f"{self.after:.1f}", short, f"{self.rows_in:,}", f"{self.rows_out:,}"),
            *((f"{self.lost:,}", f"{self.twice:,}") if self.complete else ("", "")),
            "" if self.recovered is None else f"{self.recovered:.1f}",
            "yes" if self.holds else "NO",
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in the file of its section."""
        return {
            **{name: value for name, value in vars(self).items() if name != "fault"},
            "fault": self.fault.name,
            "says": self.fault.says,
            "holds": self.holds,
        }
