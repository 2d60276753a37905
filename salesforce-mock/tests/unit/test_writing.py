"""Records written through the API: by ingest jobs, one by one, and in collections."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DATA, Client, Clock, error, rows_of, sample

INGEST = f"{DATA}/jobs/ingest"
ONE = f"{DATA}/sobjects/Opportunity"


def ingest(client: Client, clock: Clock, data: str, operation: str = "update", **more: str) -> dict[str, Any]:
    """Run a job to its end, and return its view with its three results."""
    job = client(
        "POST", INGEST, json={"object": "Opportunity", "operation": operation, "contentType": "CSV", **more}
    ).json()
    assert job["state"] == "Open"
    address = f"/{job['contentUrl']}"
    assert client("PUT", address, content=data.encode(), headers={"Content-Type": "text/csv"}).status_code == 201
    assert error(client("PUT", address, content=b"Id\n")) == (400, "INVALIDJOBSTATE")
    closed = client("PATCH", f"{INGEST}/{job['id']}", json={"state": "UploadComplete"}).json()
    assert closed["state"] == "UploadComplete"
    assert error(client("GET", f"{INGEST}/{job['id']}/failedResults")) == (400, "INVALIDJOBSTATE")
    clock.now += 10
    view = client("GET", f"{INGEST}/{job['id']}").json()
    for results in ("successfulResults", "failedResults", "unprocessedrecords"):
        view[results] = rows_of(
            client("GET", f"{INGEST}/{job['id']}/{results}"), ";" if "columnDelimiter" in more else ","
        )
    return dict(view)


def value(client: Client, id_: str, path: str) -> Any:
    return next(each[path] for each in client.store(f"Id,{path}") if each["Id"] == id_)


def test_an_update(client: Client, clock: Clock) -> None:
    first, second, third = (each["Id"] for each in sample()[:3])
    rows = (
        f'{first},0.25,"too, ""much"""',
        f"{second[:15]},#N/A,",
        f"{third},much,",
        "006000000000000AAA,1,",
        "nonsense,1,",
        f"{third},1,{'x' * 256}",
    )
    client(
        "PATCH", "/_test/records", json={"ids": [second], "values": {"Anomaly_Score__c": 1, "Anomaly_Reason__c": "old"}}
    )
    clock.now += 60
    found = ingest(client, clock, "\n".join(["Id,Anomaly_Score__c,Anomaly_Reason__c", *rows]) + "\n")
    assert (found["state"], found["numberRecordsProcessed"], found["numberRecordsFailed"]) == ("JobComplete", 6, 4)
    header, *succeeded = found["successfulResults"]
    assert header == ["sf__Id", "sf__Created", "Id", "Anomaly_Score__c", "Anomaly_Reason__c"]
    assert succeeded == [
        [first, "false", first, "0.25", 'too, "much"'],
        [second, "false", second[:15], "#N/A", ""],
    ]
    header, *failed = found["failedResults"]
    assert header == ["sf__Id", "sf__Error", "Id", "Anomaly_Score__c", "Anomaly_Reason__c"]
    assert [(row[2], row[1].partition(":")[0]) for row in failed] == [
        (third, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ("006000000000000AAA", "INVALID_CROSS_REFERENCE_KEY"),
        ("nonsense", "MALFORMED_ID"),
        (third, "STRING_TOO_LONG"),
    ]
    assert found["unprocessedrecords"] == [["Id", "Anomaly_Score__c", "Anomaly_Reason__c"]]
    assert value(client, first, "Anomaly_Score__c") == 0.25
    assert value(client, second, "Anomaly_Score__c") is None
    assert value(client, second, "Anomaly_Reason__c") == "old"  # an empty cell leaves a value as it is
    assert value(client, first, "SystemModstamp") == "2025-11-24T16:01:00.000Z"
    assert value(client, third, "SystemModstamp") < "2025-07"


def test_upserts_and_inserts(client: Client, clock: Clock) -> None:
    known = sample()[0]["Id"]
    rows = (f"{known},Renamed,Closed Won,2025-01-02", ",New,Prospecting,2025-01-03", ",No stage,,2025-01-03")
    data = "\n".join(["Id,Name,StageName,CloseDate", *rows])
    found = ingest(client, clock, data, "upsert", externalIdFieldName="Id")
    assert [row[1] for row in found["successfulResults"][1:]] == ["false", "true"]
    assert found["failedResults"][1][1].startswith("REQUIRED_FIELD_MISSING:Required fields are missing: [StageName]")
    assert value(client, known, "Name") == "Renamed"
    assert len(client.store()) == 2001
    assert ingest(client, clock, "Name,StageName,CloseDate\nN,S,2025-01-01\n", "insert")["numberRecordsFailed"] == 0
    assert len(client.store()) == 2002


def test_deletions(client: Client, clock: Clock) -> None:
    gone = sample()[0]["Id"]
    ingest(client, clock, f"Id\n{gone}\n", "delete")
    assert value(client, gone, "IsDeleted") is True
    assert (
        ingest(client, clock, f"Id,Amount\n{gone},1\n")["failedResults"][1][1]
        == "ENTITY_IS_DELETED:entity is deleted:--"
    )
    ingest(client, clock, f"Id\n{sample()[1]['Id']}\n", "hardDelete")
    assert len(client.store()) == 1999


def test_a_column_that_there_is_not_fails_the_job(client: Client, clock: Clock) -> None:
    found = ingest(
        client, clock, f"Id;Nothing\r\n{sample()[0]['Id']};1\r\n", columnDelimiter="SEMICOLON", lineEnding="CRLF"
    )
    assert (found["state"], found["errorMessage"]) == ("Failed", "InvalidBatch : Field name not found : Nothing")
    job = f"{INGEST}/{found['id']}/unprocessedrecords"
    assert client("GET", job).text == f'"Id";"Nothing"\r\n"{sample()[0]["Id"]}";"1"\r\n'


def test_a_locked_row_fails_once(client: Client, clock: Clock) -> None:
    first, second = sample()[0]["Id"], sample()[1]["Id"]
    client.fault("lock", id=second)
    data = f"Id,Amount\n{first},1\n{second},2\n"
    found = ingest(client, clock, data)
    assert [row[0] for row in found["successfulResults"][1:]] == [first]
    (failed,) = found["failedResults"][1:]
    assert failed[:2] == [second, "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--"]
    assert ingest(client, clock, data)["numberRecordsFailed"] == 0


def test_jobs_that_fail_or_never_end_write_nothing(client: Client, clock: Clock) -> None:
    client.fault("job_failed")
    data = f"Id,Amount\n{sample()[0]['Id']},1\n"
    found = ingest(client, clock, data)
    assert (found["state"], len(found["unprocessedrecords"])) == ("Failed", 2)
    assert value(client, sample()[0]["Id"], "Amount") == 10030.0
    client.fault("job_stuck")
    job = client("POST", INGEST, json={"object": "Opportunity", "operation": "update"}).json()
    address = f"{INGEST}/{job['id']}"
    client("PUT", f"{address}/batches", content=data.encode())
    client("PATCH", address, json={"state": "UploadComplete"})
    clock.now += 3600
    assert client("GET", address).json()["state"] == "InProgress"
    assert client("PATCH", address, json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert client("DELETE", address).status_code == 204
    assert [each["id"] for each in client("GET", INGEST).json()["records"]] == [found["id"]]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"object": "Opportunity", "operation": "query"}, "INVALIDJOB"),
        ({"object": "Account", "operation": "update"}, "INVALIDENTITY"),
        ({"object": "Opportunity", "operation": "upsert"}, "INVALIDJOB"),
        ({"object": "Opportunity", "operation": "update", "contentType": "JSON"}, "INVALIDJOB"),
    ],
)
def test_refused_jobs(client: Client, request_: dict[str, str], code: str) -> None:
    assert error(client("POST", INGEST, json=request_)) == (400, code)


def test_single_records(client: Client) -> None:
    made = client("POST", ONE, json={"Name": "One", "StageName": "Prospecting", "CloseDate": "2025-01-01"})
    assert made.status_code == 201
    assert set(made.json()) == {"id", "success", "errors"}
    address = f"{ONE}/{made.json()['id']}"
    assert client("PATCH", address, json={"Amount": 12.345}).status_code == 204
    record = client("GET", address).json()
    assert (record["Name"], record["Amount"], record["IsWon"], record["attributes"]["type"]) == (
        "One",
        12.35,
        False,
        "Opportunity",
    )
    assert client("DELETE", address).status_code == 204
    assert error(client("GET", address)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"Amount": "much"}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"Amount": True}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"Amount": 1e17}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ({"CloseDate": "1/2/25"}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"CloseDate": None}, "REQUIRED_FIELD_MISSING"),
        ({"Name": 5}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"IsWon": True}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Nothing": 1}, "INVALID_FIELD"),
    ],
)
def test_refused_values(client: Client, values: dict[str, Any], code: str) -> None:
    address = f"{ONE}/{sample()[0]['Id']}"
    before = client("GET", address).json()
    assert error(client("PATCH", address, json=values)) == (400, code)
    assert client("GET", address).json() == before


def test_collections(client: Client) -> None:
    first, second = sample()[0]["Id"], sample()[1]["Id"]
    records = [{"attributes": {"type": "Opportunity"}, "id": first, "Amount": 1}, {"id": second, "Amount": "x"}]
    answers = client("PATCH", f"{DATA}/composite/sobjects", json={"allOrNone": False, "records": records}).json()
    assert answers[0] == {"id": first, "success": True, "errors": []}
    assert (answers[1]["success"], answers[1]["errors"][0]["fields"]) == (False, ["Amount"])
    assert value(client, first, "Amount") == 1
    answers = client("DELETE", f"{DATA}/composite/sobjects", params={"ids": f"{first},{second}"}).json()
    assert [each["success"] for each in answers] == [True, True]
    assert error(client("POST", f"{DATA}/composite/sobjects", json={"records": []})) == (400, "INVALID_INPUT")
