"""Ingest jobs of the Bulk API 2.0."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from salesforce_mock import jobs
from salesforce_mock.calls import Call
from salesforce_mock.errors import SalesforceError, not_found
from salesforce_mock.rendering import DELIMITERS, LINE_ENDS
from salesforce_mock.schema import OPPORTUNITY
from salesforce_mock.writing import RefusedError, write

_OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
_MOST_BYTES = 150_000_000
_ABSENT = "#N/A"  # an empty cell leaves a value as it is


@dataclass(kw_only=True)
class IngestJob(jobs.Job):
    """Records to write: as uploaded, and what became of each one."""

    external_id: str = ""
    data: bytes | None = None
    header: list[str] = field(default_factory=list)
    succeeded: list[list[str]] = field(default_factory=list)
    failed: list[list[str]] = field(default_factory=list)
    unprocessed: list[list[str]] = field(default_factory=list)

    def view(self, now: float) -> dict[str, Any]:
        """Add where to upload to, and how it went."""
        state = self.state(now)
        done = state == "JobComplete"
        found = super().view(now) | {
            "jobType": "V2Ingest",
            "contentUrl": f"services/data/{self.version}/jobs/ingest/{self.id}/batches",
            "retries": 0,
            "numberRecordsProcessed": len(self.succeeded) + len(self.failed) if done else 0,
            "numberRecordsFailed": len(self.failed) if done else 0,
            "totalProcessingTime": int(self.seconds * 1000) if state in jobs.FINAL else 0,
        }
        if self.external_id:
            found["externalIdFieldName"] = self.external_id
        if state == "Failed":
            found["errorMessage"] = self.failure
        return found


async def create(call: Call) -> Response:
    """Make a job of `{"object": "Opportunity", "operation": …}`, which then waits for its data."""
    wanted, settings = await jobs.settings_of(call)
    if settings["operation"] not in _OPERATIONS:
        expected = ", ".join(_OPERATIONS)
        raise SalesforceError(
            400, "INVALIDJOB", f"operation: expected one of {expected}, found {settings['operation']!r}"
        )
    if wanted.get("object") != OPPORTUNITY:
        raise SalesforceError(
            400, "INVALIDENTITY", f"Entity '{wanted.get('object')}' is not supported by the Bulk API."
        )
    external = str(wanted.get("externalIdFieldName", ""))
    if (settings["operation"] == "upsert") != bool(external) or external not in {"", "Id"}:
        raise SalesforceError(400, "INVALIDJOB", "externalIdFieldName: expected Id for upsert, and nothing otherwise")
    job = IngestJob(object=OPPORTUNITY, started=None, external_id=external, **settings)
    call.org.ingest_jobs[job.id] = job
    return jobs.json_response(job.view(call.org.clock()))


async def upload(call: Call) -> Response:
    """Take the data, once."""
    job: IngestJob = jobs.find(call, call.org.ingest_jobs)
    if job.state(call.org.clock()) != "Open" or job.data is not None:
        raise SalesforceError(400, "INVALIDJOBSTATE", "data can be uploaded once, to an open job")
    data = await call.request.body()
    if len(data) > _MOST_BYTES:
        raise SalesforceError(400, "INVALIDBATCH", f"at most {_MOST_BYTES} bytes a job, found {len(data)}")
    job.data = data
    return Response(status_code=201)


async def change(call: Call) -> Response:
    """Close a job, which writes its records, or abort it."""
    job: IngestJob = jobs.find(call, call.org.ingest_jobs)
    state = (await call.json()).get("state")
    if state == "Aborted":
        jobs.abort(call, job)
    elif state == "UploadComplete" and job.started is None and not job.ended:
        job.started = call.org.clock()
        _process(call, job)
    else:
        raise SalesforceError(
            400, "INVALIDJOBSTATE", f"an open job's state can be UploadComplete or Aborted, not {state}"
        )
    return jobs.json_response(job.view(call.org.clock()))


async def status(call: Call) -> Response:
    """Return how far a job is."""
    return jobs.json_response(jobs.find(call, call.org.ingest_jobs).view(call.org.clock()))


async def results(call: Call) -> Response:
    """Return the records that succeeded, that failed, or that were not looked at."""
    job: IngestJob = jobs.find(call, call.org.ingest_jobs)
    if job.state(call.org.clock()) not in jobs.FINAL:
        raise SalesforceError(400, "INVALIDJOBSTATE", "results are there when the job has ended")
    kind = str(call.request.path_params["results"]).lower()
    if kind == "successfulresults":
        return _csv(job, ["sf__Id", "sf__Created", *job.header], job.succeeded)
    if kind == "failedresults":
        return _csv(job, ["sf__Id", "sf__Error", *job.header], job.failed)
    if kind == "unprocessedrecords":
        return _csv(job, job.header, job.unprocessed)
    raise not_found()


async def delete(call: Call) -> Response:
    """Forget a job."""
    return jobs.delete(call, call.org.ingest_jobs)


async def listed(call: Call) -> Response:
    """Return all jobs."""
    return jobs.listed(call, call.org.ingest_jobs)


def _process(call: Call, job: IngestJob) -> None:
    """Write all records at once; the job's state tells of it later."""
    try:
        text = io.StringIO((job.data or b"").decode("utf-8-sig"), newline="")
        lines = list(csv.reader(text, delimiter=DELIMITERS[job.delimiter], strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        job.failure = f"InvalidBatch : {error}"
        return
    job.header, records = (lines[0], lines[1:]) if lines else ([], [])
    fields = call.org.store.schema.objects[OPPORTUNITY].by_name
    unknown = [name for name in job.header if name.lower() not in fields]
    if unknown or not job.header:
        job.failure = f"InvalidBatch : Field name not found : {unknown[0] if unknown else ''}"
    elif any(len(record) != len(job.header) for record in records):
        job.failure = "InvalidBatch : The number of cells of a record is not that of the header"
    if job.failure or job.stuck:
        job.unprocessed = records
        return
    for record in records:
        given = dict(zip(job.header, record, strict=True))
        values = {name: None if cell == _ABSENT else cell for name, cell in given.items() if cell != ""}
        try:
            written = write(call, job.operation, values)
            job.succeeded.append([written.id, str(written.created).lower(), *record])
        except RefusedError as refused:
            job.failed.append([str(values.get("Id") or ""), refused.csv, *record])


def _csv(job: IngestJob, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Response:
    text = io.StringIO()
    line_end = LINE_ENDS[job.line_end]
    writer = csv.writer(text, delimiter=DELIMITERS[job.delimiter], quoting=csv.QUOTE_ALL, lineterminator=line_end)
    writer.writerow(header)
    writer.writerows(rows)
    return Response(text.getvalue(), media_type="text/csv")
