"""All that one running org knows."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from salesforce_mock.auth import Auth
from salesforce_mock.clock import Clock
from salesforce_mock.faults import Faults
from salesforce_mock.plan import Row
from salesforce_mock.rendering import JsonRecords
from salesforce_mock.store import Store

if TYPE_CHECKING:
    from salesforce_mock.bulk_ingest import IngestJob
    from salesforce_mock.bulk_query import QueryJob

ORG_ID = "00D990000000001AAA"
USER_ID = "005990000000001AAA"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What can be set: limits for 24 hours, and seconds."""

    api_limit: int = 1_000_000
    bulk_job_limit: int = 10_000
    job_seconds: float = 0.5
    """From the creation of a bulk job to its end."""
    bulk_page: int = 50_000
    """The most rows of a page of results, and how many there are unless maxRecords says fewer."""
    cursor_seconds: float = 2 * 86_400.0


@dataclass(frozen=True)
class Cursor:
    """The rows of a REST query whose pages are being read."""

    rows: list[Row]
    write: JsonRecords
    batch: int
    until: float


@dataclass
class Org:
    """The data, the sessions, the jobs, and what was switched on and counted."""

    store: Store
    auth: Auth
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    calls: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    api_used: int = 0
    bulk_jobs_used: int = 0
    cursors: dict[str, Cursor] = field(default_factory=dict)
    query_jobs: dict[str, QueryJob] = field(default_factory=dict)
    ingest_jobs: dict[str, IngestJob] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._at_first = self.store.snapshot()

    def reset(self) -> None:
        """Go back to the data of the start: no faults, cursors, jobs and skew, nothing counted. Sessions stay."""
        self.store.restore(self._at_first)
        self.faults.active.clear()
        for each in (self.calls, self.answers, self.cursors, self.query_jobs, self.ingest_jobs):
            each.clear()
        self.api_used = self.bulk_jobs_used = 0
        self.clock.skew = 0.0


def new_id(prefix: str) -> str:
    """Return an id that nobody can guess, of 18 characters."""
    return f"{prefix}99{secrets.token_hex(7)[:10].upper()}AAA"
