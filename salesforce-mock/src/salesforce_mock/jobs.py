"""What query and ingest jobs of the Bulk API 2.0 have in common."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from salesforce_mock.calls import Call
from salesforce_mock.errors import SalesforceError, not_found
from salesforce_mock.org import USER_ID, new_id
from salesforce_mock.rendering import DELIMITERS, LINE_ENDS
from salesforce_mock.values import datetime_text

FINAL = frozenset({"JobComplete", "Failed", "Aborted"})


@dataclass(kw_only=True)
class Job:
    """A job. Its state is computed from the time that has passed since `started`, unless it was ended."""

    id: str
    operation: str
    object: str
    delimiter: str
    line_end: str
    version: str
    created: float
    seconds: float
    started: float | None
    failure: str = ""
    stuck: bool = False
    ended: str = ""

    def state(self, now: float) -> str:
        """Return the state at a time."""
        if self.ended:
            return self.ended
        if self.started is None:
            return "Open"
        passed = now - self.started
        if passed < self.seconds * 0.3:
            return "UploadComplete"
        if passed < self.seconds or self.stuck:
            return "InProgress"
        return "Failed" if self.failure else "JobComplete"

    def view(self, now: float) -> dict[str, Any]:
        """Return it as Salesforce shows it."""
        created = datetime_text(int(self.created))[:-1] + "+0000"
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": USER_ID,
            "createdDate": created,
            "systemModstamp": created,
            "state": self.state(now),
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version[1:]),
            "lineEnding": self.line_end,
            "columnDelimiter": self.delimiter,
        }


async def settings_of(call: Call) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the request for a job, and the settings of one as arguments.

    Raises:
        SalesforceError: it is malformed, or there were too many jobs today.
    """
    org, wanted = call.org, await call.json()
    choices = {"columnDelimiter": DELIMITERS, "lineEnding": LINE_ENDS, "contentType": {"CSV": ""}}
    for name, allowed in choices.items():
        if wanted.get(name, next(iter(allowed))) not in allowed:
            raise SalesforceError(
                400, "INVALIDJOB", f"{name}: expected one of {', '.join(allowed)}, found {wanted[name]!r}"
            )
    org.bulk_jobs_used += 1
    if org.bulk_jobs_used > org.settings.bulk_job_limit or org.faults.take(call.endpoint, "bulk_limit"):
        raise SalesforceError(
            400, "LIMIT_EXCEEDED", f"Max bulk v2 jobs ({org.settings.bulk_job_limit}) per 24 hrs has been reached."
        )
    failed = org.faults.take(call.endpoint, "job_failed")
    return wanted, {
        "id": new_id("750"),
        "operation": wanted.get("operation"),
        "delimiter": wanted.get("columnDelimiter", "COMMA"),
        "line_end": wanted.get("lineEnding", "LF"),
        "version": call.version,
        "created": org.clock(),
        "seconds": org.settings.job_seconds,
        "failure": str(failed.options["message"]) if failed else "",
        "stuck": org.faults.take(call.endpoint, "job_stuck") is not None,
    }


def same_version(call: Call, job: Job) -> None:
    """Check that results are asked for under the version that made the job.

    Raises:
        SalesforceError: 409, they are not.
    """
    if call.version != job.version:
        raise SalesforceError(409, "API_ERROR", f"the job was created with version {job.version}, not {call.version}")


def abort(call: Call, job: Job) -> None:
    """End a job early.

    Raises:
        SalesforceError: it has ended.
    """
    state = job.state(call.org.clock())
    if state in FINAL:
        raise SalesforceError(400, "INVALIDJOBSTATE", f"Aborting already {state} Job not allowed")
    job.ended = "Aborted"


def delete(call: Call, jobs: dict[str, Any]) -> Response:
    """Forget a job that has ended.

    Raises:
        SalesforceError: it has not.
    """
    job = find(call, jobs)
    if job.state(call.org.clock()) not in FINAL:
        raise SalesforceError(400, "INVALIDJOBSTATE", "a job has to be complete, failed or aborted before its deletion")
    del jobs[job.id]
    return Response(status_code=204)


def find(call: Call, jobs: dict[str, Any]) -> Any:
    """Return the job of the address.

    Raises:
        SalesforceError: 404, there is none.
    """
    id_ = str(call.request.path_params["id"])
    job = next((each for each in jobs.values() if id_ in {each.id, each.id[:15]}), None)
    if job is None:
        raise not_found()
    return job


def listed(call: Call, jobs: dict[str, Any]) -> Response:
    """Return all jobs, on one page."""
    now = call.org.clock()
    return JSONResponse({"done": True, "nextRecordsUrl": None, "records": [job.view(now) for job in jobs.values()]})


def json_response(view: dict[str, Any]) -> Response:
    """Return a job's view as an answer."""
    return Response(json.dumps(view, ensure_ascii=False), media_type="application/json;charset=UTF-8")
