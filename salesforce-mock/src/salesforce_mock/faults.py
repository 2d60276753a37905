"""Faults on demand: which there are, which are switched on, and when they strike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PAGES = frozenset({"query", "query_more", "bulk_results"})
STATUSES = ("406", "420", "429", "500", "502", "503", "504")


@dataclass(frozen=True)
class Kind:
    """A kind of fault: the endpoints where it strikes unless told otherwise (none: every one), and its options."""

    endpoints: frozenset[str]
    does: str
    options: Mapping[str, Any] = field(default_factory=dict)


KINDS: Mapping[str, Kind] = {
    "session": Kind(frozenset(), "401 INVALID_SESSION_ID; the token is no longer good for anything"),
    "limit": Kind(frozenset(), "403 REQUEST_LIMIT_EXCEEDED"),
    **{
        status: Kind(frozenset(), f"{status}, with Retry-After if `retry_after` says so", {"retry_after": None})
        for status in STATUSES
    },
    "html": Kind(frozenset(), "a page of HTML in place of JSON, with `status`", {"status": 503}),
    "slow": Kind(frozenset(), "the answer comes `seconds` late", {"seconds": 1.0}),
    "drop": Kind(frozenset(), "the connection is closed before any answer"),
    "cut": Kind(PAGES, "the connection is closed in the middle of the body"),
    "truncated": Kind(PAGES, "half of the body, with the Content-Length of that half"),
    "rows": Kind(PAGES, "the last `rows` rows of a page are missing, its counts are right", {"rows": 1}),
    "count": Kind(PAGES, "the count of records is wrong `by` so many", {"by": 1}),
    "locator": Kind(frozenset({"query_more", "bulk_results"}), "400 INVALID_QUERY_LOCATOR"),
    "query_timeout": Kind(
        frozenset({"query"}), "400 QUERY_TIMEOUT, for results of more rows than `more_than`", {"more_than": -1}
    ),
    "bulk_limit": Kind(frozenset({"bulk_create"}), "400 LIMIT_EXCEEDED"),
    "job_failed": Kind(
        frozenset({"bulk_create", "ingest_create"}),
        "the job ends as Failed, with `message`",
        {"message": "InternalServerError : Retried more than fifteen times"},
    ),
    "job_stuck": Kind(frozenset({"bulk_create", "ingest_create"}), "the job stays InProgress for ever"),
    "lock": Kind(
        frozenset({"ingest_close", "sobject", "composite"}),
        "UNABLE_TO_LOCK_ROW, once for each time, of `id` if given",
        {"id": None},
    ),
}


@dataclass
class Fault:
    """A fault that is switched on. It lets `after` matching calls pass, then strikes `times` times; None: always."""

    kind: str
    endpoints: frozenset[str]
    times: int | None
    after: int
    options: dict[str, Any]
    struck: int = 0

    def view(self) -> dict[str, Any]:
        """Return it as the test endpoints show it."""
        return {
            "fault": self.kind,
            "endpoint": sorted(self.endpoints) or None,
            "times": self.times,
            "after": self.after,
            "struck": self.struck,
            **self.options,
        }


@dataclass
class Faults:
    """Those that are switched on, in that order."""

    active: list[Fault] = field(default_factory=list)

    def add(self, request: Mapping[str, Any], endpoints: frozenset[str]) -> Fault:
        """Switch a fault on: `{"fault": kind, "times": 1, "after": 0, "endpoint": name or names, option: value}`.

        Args:
            request: the above, of which all but the kind have defaults.
            endpoints: the names that there are.

        Raises:
            ValueError: it cannot be understood; says what is expected.
        """
        rest = dict(request)
        name = str(rest.pop("fault", ""))
        if name not in KINDS:
            raise ValueError(f"fault: expected one of {', '.join(KINDS)}, found {name!r}")
        kind = KINDS[name]
        times, after = rest.pop("times", 1), rest.pop("after", 0)
        if not (times is None or (isinstance(times, int) and times > 0)) or not isinstance(after, int) or after < 0:
            raise ValueError(f"expected times 1, 2, … or null and after 0, 1, …; found {times!r} and {after!r}")
        given = rest.pop("endpoint", None)
        wanted = frozenset([given] if isinstance(given, str) else given or kind.endpoints)
        unknown = sorted(wanted - endpoints)
        if unknown:
            raise ValueError(f"endpoint: expected names of {', '.join(sorted(endpoints))}; found {', '.join(unknown)}")
        unknown = sorted(set(rest) - set(kind.options))
        if unknown:
            raise ValueError(
                f"{name}: expected options of {', '.join(kind.options) or 'none'}; found {', '.join(unknown)}"
            )
        fault = Fault(name, wanted, times, after, {**kind.options, **rest})
        self.active.append(fault)
        return fault

    def take(self, endpoint: str, *kinds: str, rows: int = 0, id_: str | None = None) -> Fault | None:
        """Return the first fault of some kinds that strikes this call, which is then counted."""
        for fault in self.active:
            if fault.kind not in kinds or (fault.endpoints and endpoint not in fault.endpoints):
                continue
            if rows <= fault.options.get("more_than", -1) or fault.options.get("id") not in {None, id_}:
                continue
            if fault.times is not None and fault.struck >= fault.times:
                continue
            if fault.after:
                fault.after -= 1
                continue
            fault.struck += 1
            return fault
        return None
