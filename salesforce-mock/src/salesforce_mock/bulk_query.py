"""Query jobs of the Bulk API 2.0."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from salesforce_mock import jobs
from salesforce_mock.calls import Call
from salesforce_mock.errors import SalesforceError
from salesforce_mock.plan import Plan, Row, plan
from salesforce_mock.rendering import DELIMITERS, LINE_ENDS, csv_lines


@dataclass(kw_only=True)
class QueryJob(jobs.Job):
    """A query and, from its creation on, the rows that it found: their text is made when it is first read."""

    plan: Plan
    rows: list[Row]
    _lines: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the header and a line for each row."""
        if not self._lines:
            delimiter, line_end = DELIMITERS[self.delimiter], LINE_ENDS[self.line_end]
            self._lines = csv_lines(self.plan.columns, self.rows, delimiter=delimiter, line_end=line_end)
        return self._lines

    def view(self, now: float) -> dict[str, Any]:
        """Add how it went."""
        state = self.state(now)
        found = super().view(now)
        if state in jobs.FINAL:
            took = int(self.seconds * 1000)
            processed = len(self.rows) if state == "JobComplete" else 0
            found |= {"retries": 0, "totalProcessingTime": took, "numberRecordsProcessed": processed}
        if state == "Failed":
            found["errorMessage"] = self.failure
        return found


async def create(call: Call) -> Response:
    """Make a job of `{"operation": "query" or "queryAll", "query": …}`."""
    wanted, settings = await jobs.settings_of(call)
    if settings["operation"] not in {"query", "queryAll"}:
        raise SalesforceError(
            400, "INVALIDJOB", f"operation: expected query or queryAll, found {settings['operation']!r}"
        )
    found = plan(str(wanted.get("query", "")), call.org.store.schema)
    if found.compound:
        raise SalesforceError(400, "API_ERROR", "Selecting compound data not supported in Bulk Query")
    if found.query.counts or found.query.offset:
        raise SalesforceError(400, "API_ERROR", "Aggregate queries and OFFSET are not supported in Bulk Query")
    rows = found.run(call.org.store.rows(deleted=settings["operation"] == "queryAll"))
    job = QueryJob(object="Opportunity", started=call.org.clock(), plan=found, rows=rows, **settings)
    call.org.query_jobs[job.id] = job
    return jobs.json_response(job.view(call.org.clock()))


async def status(call: Call) -> Response:
    """Return how far a job is."""
    return jobs.json_response(jobs.find(call, call.org.query_jobs).view(call.org.clock()))


async def change(call: Call) -> Response:
    """Abort a job."""
    job = jobs.find(call, call.org.query_jobs)
    if (await call.json()).get("state") != "Aborted":
        raise SalesforceError(400, "INVALIDJOBSTATE", "a query job's state can be set to Aborted only")
    jobs.abort(call, job)
    return jobs.json_response(job.view(call.org.clock()))


async def results(call: Call) -> Response:
    """Return a page of results: at most `maxRecords` rows from where `locator` says."""
    job: QueryJob = jobs.find(call, call.org.query_jobs)
    jobs.same_version(call, job)
    state = job.state(call.org.clock())
    if state != "JobComplete":
        raise SalesforceError(400, "INVALIDJOBSTATE", f"the job has no results: it is {state}")
    params = call.request.query_params
    most = params.get("maxRecords", str(call.org.settings.bulk_page))
    if not most.isdigit() or int(most) == 0:
        raise SalesforceError(400, "INVALIDJOB", f"maxRecords: expected 1 or more, found {most}")
    start = _offset(job, params.get("locator"))
    end = start + min(int(most), call.org.settings.bulk_page)
    lines = job.lines()
    page = lines[start + 1 : end + 1]
    headers = {
        "Sforce-NumberOfRecords": str(len(page)),
        "Sforce-Locator": _locator(job, end) if end < len(job.rows) else "null",
    }
    return Response(lines[0] + "".join(page), headers=headers, media_type="text/csv")


async def delete(call: Call) -> Response:
    """Forget a job."""
    return jobs.delete(call, call.org.query_jobs)


async def listed(call: Call) -> Response:
    """Return all jobs."""
    return jobs.listed(call, call.org.query_jobs)


def _locator(job: QueryJob, start: int) -> str:
    return base64.urlsafe_b64encode(f"{start}:{job.id}".encode()).decode().rstrip("=")


def _offset(job: QueryJob, locator: str | None) -> int:
    """Return where a page starts; the locator is one that this job gave out."""
    if locator is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode("ascii")
        start = int(text.partition(":")[0])
    except (binascii.Error, ValueError):
        start = -1
    if not 0 < start < len(job.rows) or _locator(job, start) != locator:
        raise SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return start
