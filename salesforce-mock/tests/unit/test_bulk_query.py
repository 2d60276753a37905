"""Query jobs: states, pages, and the CSV in them."""

from __future__ import annotations

import pytest

from salesforce_mock.org import Org
from salesforce_mock.values import number_text

from .conftest import DATA, Client, Clock, error, paths, rows_of, sample

ALL = f"SELECT {', '.join(paths().values())} FROM Opportunity"


def test_states_over_time(client: Client, clock: Clock) -> None:
    job = client.job("SELECT Id FROM Opportunity")
    assert job["id"].startswith("750")
    assert job | {"id": ""} == {
        "id": "",
        "operation": "query",
        "object": "Opportunity",
        "createdById": "005990000000001AAA",
        "createdDate": "2025-11-24T16:00:00.000+0000",
        "systemModstamp": "2025-11-24T16:00:00.000+0000",
        "state": "UploadComplete",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 66.0,
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    assert error(client.results(job)) == (400, "INVALIDJOBSTATE")
    states = []
    for _ in range(4):
        states.append(client("GET", f"{DATA}/jobs/query/{job['id']}").json()["state"])
        clock.now += 3.4
    assert states == ["UploadComplete", "InProgress", "InProgress", "JobComplete"]
    done = client("GET", f"{DATA}/jobs/query/{job['id']}").json()
    assert (done["numberRecordsProcessed"], done["retries"], done["totalProcessingTime"]) == (2000, 0, 10_000)
    assert "errorMessage" not in done


def test_every_row_and_column_of_the_sample(client: Client, clock: Clock) -> None:
    job = client.job(ALL)
    clock.now += 10
    found, locator, counts = [], "", []
    while locator != "null":
        answer = client.results(job, maxRecords=700, **({"locator": locator} if locator else {}))
        header, *rows = rows_of(answer)
        assert header == list(paths().values())
        counts.append(int(answer.headers["Sforce-NumberOfRecords"]))
        locator = answer.headers["Sforce-Locator"]
        found += rows
    assert counts == [700, 700, 600]
    for row, expected in zip(found, sample(), strict=True):
        amount = number_text(float(expected["Amount"])) if expected["Amount"] else ""
        flags = {name: expected[name] or "false" for name in ("IsClosed", "IsWon")}  # which Salesforce has none without
        assert dict(zip(paths(), row, strict=True)) == {**expected, **flags, "Amount": amount}


def test_locators_are_opaque_and_can_be_read_again(client: Client, clock: Clock) -> None:
    job, other = client.job(ALL), client.job(ALL)
    clock.now += 10
    locator = client.results(job, maxRecords=100).headers["Sforce-Locator"]
    assert not locator.isdigit()
    assert (
        client.results(job, locator=locator, maxRecords=50).text
        == client.results(job, locator=locator, maxRecords=50).text
    )
    for wrong in (locator[:-1], "MTAw", "!", client.results(other, maxRecords=100).headers["Sforce-Locator"]):
        assert error(client.results(job, locator=wrong)) == (400, "INVALID_QUERY_LOCATOR")


def test_results_are_those_of_the_jobs_creation(client: Client, clock: Clock) -> None:
    job = client.job(ALL)
    client("PATCH", "/_test/records", json={"ids": [each["Id"] for each in sample()], "values": {"Amount": 1}})
    clock.now += 10
    assert "10030.0" in client.results(job).text


def test_everything_is_quoted(client: Client, clock: Clock) -> None:
    nasty = 'a "quoted" name,\r\nover; two\tlines'
    values = {"Name": nasty, "Amount": None, "CloseDate": "2025-02-03"}
    client("PATCH", "/_test/records", json={"ids": [sample()[0]["Id"]], "values": values})
    for delimiter, char in {
        "COMMA": ",",
        "TAB": "\t",
        "PIPE": "|",
        "SEMICOLON": ";",
        "CARET": "^",
        "BACKQUOTE": "`",
    }.items():
        query = "SELECT Id, Name, Amount, IsWon, CloseDate, CreatedDate FROM Opportunity LIMIT 1"
        job = client.job(query, columnDelimiter=delimiter, lineEnding="CRLF")
        clock.now += 10
        answer = client.results(job)
        assert answer.headers["Content-Type"].startswith("text/csv")
        assert rows_of(answer, char)[1] == [
            "0069904007yrr9JAAQ", nasty, "", "true", "2025-02-03", "2024-08-13T13:46:25.000Z",
        ]  # fmt: skip
        assert answer.text.startswith(char.join(f'"{name}"' for name in ("Id", "Name", "Amount")))
        assert answer.text.endswith('.000Z"\r\n')
        assert f'"{char}""{char}' in answer.text


def test_no_rows(client: Client, clock: Clock) -> None:
    job = client.job("SELECT Id FROM Opportunity WHERE Amount < 0")
    clock.now += 10
    answer = client.results(job)
    assert (answer.text, answer.headers["Sforce-NumberOfRecords"], answer.headers["Sforce-Locator"]) == (
        '"Id"\n',
        "0",
        "null",
    )


def test_gzip_only_when_asked_for(client: Client, clock: Clock) -> None:
    job = client.job(ALL)
    clock.now += 10
    plain = client.results(job)
    assert "Content-Encoding" not in plain.headers
    client.headers["Accept-Encoding"] = "gzip"
    packed = client.results(job)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 2


def test_deleted_records_by_query_all(client: Client, clock: Clock) -> None:
    client("DELETE", "/_test/records", json={"ids": [sample()[0]["Id"]]})
    job, whole = (
        client.job("SELECT Id FROM Opportunity"),
        client.job("SELECT Id, IsDeleted FROM Opportunity", "queryAll"),
    )
    clock.now += 10
    assert client.results(job).headers["Sforce-NumberOfRecords"] == "1999"
    assert client.results(whole).text.count('"true"') == 1


def test_abort_delete_list(client: Client, clock: Clock) -> None:
    first, second = client.job(ALL), client.job(ALL)
    address = f"{DATA}/jobs/query/{first['id']}"
    assert error(client("DELETE", address)) == (400, "INVALIDJOBSTATE")
    assert client("PATCH", address, json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert error(client("PATCH", address, json={"state": "Aborted"})) == (400, "INVALIDJOBSTATE")
    assert error(client("PATCH", address, json={"state": "JobComplete"})) == (400, "INVALIDJOBSTATE")
    clock.now += 10
    assert [each["state"] for each in client("GET", f"{DATA}/jobs/query").json()["records"]] == [
        "Aborted",
        "JobComplete",
    ]
    assert client("DELETE", address).status_code == 204
    assert error(client("GET", address)) == (404, "NOT_FOUND")
    assert [each["id"] for each in client("GET", f"{DATA}/jobs/query").json()["records"]] == [second["id"]]


def test_results_under_another_version(client: Client, clock: Clock) -> None:
    job = client.job(ALL)
    clock.now += 10
    answer = client("GET", f"/services/data/v60.0/jobs/query/{job['id']}/results")
    assert error(answer) == (409, "API_ERROR")


@pytest.mark.parametrize(
    ("request_", "code", "says"),
    [
        (
            {"query": "SELECT Account.BillingAddress FROM Opportunity"},
            "API_ERROR",
            "Selecting compound data not supported",
        ),
        ({"query": "SELECT COUNT() FROM Opportunity"}, "API_ERROR", "not supported"),
        ({"query": "SELECT Id FROM Opportunity LIMIT 5 OFFSET 5"}, "API_ERROR", "not supported"),
        ({"query": "SELECT Foo FROM Opportunity"}, "INVALID_FIELD", "No such column"),
        ({"query": "nothing"}, "MALFORMED_QUERY", "unexpected token"),
        ({"query": "SELECT Id FROM Opportunity", "operation": "insert"}, "INVALIDJOB", "expected query or queryAll"),
        ({"query": "SELECT Id FROM Opportunity", "columnDelimiter": "DOT"}, "INVALIDJOB", "expected one of COMMA"),
    ],
)
def test_refused_jobs(client: Client, request_: dict[str, str], code: str, says: str) -> None:
    answer = client("POST", f"{DATA}/jobs/query", json={"operation": "query", **request_})
    assert error(answer) == (400, code)
    assert says in answer.json()[0]["message"]


def test_so_many_jobs_a_day(client: Client, org: Org) -> None:
    org.bulk_jobs_used = org.settings.bulk_job_limit
    answer = client("POST", f"{DATA}/jobs/query", json={"operation": "query", "query": ALL})
    assert error(answer) == (400, "LIMIT_EXCEEDED")
