"""Each fault: where it strikes, how often, and what a client sees of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from salesforce_mock.app import ENDPOINTS
from salesforce_mock.faults import KINDS

from .conftest import DATA, Client, Clock, error, rows_of, sample

QUERY = "SELECT Id, Name FROM Opportunity"


def test_a_session_that_ends_between_pages(client: Client) -> None:
    page = client.query(QUERY, batch=500).json()
    client.fault("session", endpoint="query_more", after=1)
    page = client("GET", page["nextRecordsUrl"]).json()
    assert error(client("GET", page["nextRecordsUrl"])) == (401, "INVALID_SESSION_ID")
    assert error(client("GET", page["nextRecordsUrl"])) == (401, "INVALID_SESSION_ID")  # the token is dead
    client.login()
    assert len(client("GET", page["nextRecordsUrl"]).json()["records"]) == 500


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("limit", 403, "REQUEST_LIMIT_EXCEEDED"),
        ("429", 429, "TOO_MANY_REQUESTS"),
        ("503", 503, "SERVER_UNAVAILABLE"),
        ("406", 406, "UNKNOWN_EXCEPTION"),
        ("420", 420, "UNKNOWN_EXCEPTION"),
        ("500", 500, "UNKNOWN_EXCEPTION"),
        ("502", 502, "UNKNOWN_EXCEPTION"),
        ("504", 504, "UNKNOWN_EXCEPTION"),
        ("query_timeout", 400, "QUERY_TIMEOUT"),
    ],
)
def test_so_many_times(client: Client, kind: str, status: int, code: str) -> None:
    client.fault(kind, times=2, after=1, endpoint="query")
    answers = [client.query(QUERY) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, status, status, 200]
    assert error(answers[1]) == (status, code)
    assert "Retry-After" not in answers[1].headers
    assert client("GET", "/_test/faults").json()[0]["struck"] == 2
    assert client("GET", "/_test/calls").json()["answers"] == {"200": 3, str(status): 2}


def test_retry_after(client: Client) -> None:
    client.fault("503", retry_after=7)
    assert client.query(QUERY).headers["Retry-After"] == "7"


def test_a_page_of_html(client: Client) -> None:
    client.fault("html")
    answer = client.query(QUERY)
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_timeout_of_large_results_only(client: Client) -> None:
    client.fault("query_timeout", times=None, more_than=500)
    assert error(client.query(QUERY)) == (400, "QUERY_TIMEOUT")
    assert client.query(f"{QUERY} LIMIT 500").status_code == 200


def test_half_a_page(client: Client) -> None:
    whole = client.query(QUERY).content
    client.fault("truncated")
    half = client.query(QUERY)
    assert half.content == whole[: len(whole) // 2]
    assert half.headers["Content-Length"] == str(len(half.content))


def test_counts_that_are_wrong_and_rows_that_are_missing(client: Client, clock: Clock) -> None:
    job = client.job(QUERY)
    clock.now += 10
    client.fault("count", by=-3)
    assert client.results(job).headers["Sforce-NumberOfRecords"] == "1997"
    client.fault("count", endpoint="bulk_status")
    assert client("GET", f"{DATA}/jobs/query/{job['id']}").json()["numberRecordsProcessed"] == 2001
    client.fault("count", by=5, endpoint="query")
    assert client.query(QUERY).json()["totalSize"] == 2005
    client("PATCH", "/_test/records", json={"ids": [sample()[-1]["Id"]], "values": {"Name": 'a\n"b"\n'}})
    job = client.job(QUERY)
    clock.now += 10
    client.fault("rows", rows=2)
    answer = client.results(job)
    assert answer.headers["Sforce-NumberOfRecords"] == "2000"
    assert len(rows_of(answer)) == 1 + 1998
    client.fault("rows")
    page = client.query(QUERY).json()
    assert (page["totalSize"], len(page["records"])) == (2000, 1999)


@pytest.mark.parametrize("kind", ["drop", "cut"])
def test_a_connection_that_ends(client: Client, kind: str) -> None:
    client.fault(kind)
    with pytest.raises(ConnectionResetError):
        client.query(QUERY)
    assert client.query(QUERY).status_code == 200


def test_locators_that_are_gone(client: Client) -> None:
    page = client.query(QUERY, batch=500).json()
    client.fault("locator")
    assert error(client("GET", page["nextRecordsUrl"])) == (400, "INVALID_QUERY_LOCATOR")
    assert client("GET", page["nextRecordsUrl"]).status_code == 200


def test_no_more_jobs_today(client: Client) -> None:
    client.fault("bulk_limit")
    answer = client("POST", f"{DATA}/jobs/query", json={"operation": "query", "query": QUERY})
    assert error(answer) == (400, "LIMIT_EXCEEDED")


def test_jobs_that_fail_or_never_end(client: Client, clock: Clock) -> None:
    client.fault("job_failed", message="something went wrong")
    client.fault("job_stuck", after=1)
    failed, stuck, good = client.job(QUERY), client.job(QUERY), client.job(QUERY)
    clock.now += 86_400
    client.login()
    views = [client("GET", f"{DATA}/jobs/query/{job['id']}").json() for job in (failed, stuck, good)]
    assert [view["state"] for view in views] == ["Failed", "InProgress", "JobComplete"]
    assert views[0]["errorMessage"] == "something went wrong"
    assert error(client.results(failed)) == (400, "INVALIDJOBSTATE")


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"fault": "none"}, "expected one of session, limit"),
        ({"fault": "limit", "times": 0}, "expected times 1, 2"),
        ({"fault": "limit", "endpoint": "nowhere"}, "found nowhere"),
        ({"fault": "limit", "retry_after": 1}, "found retry_after"),
        ([], "expected an object"),
    ],
)
def test_faults_that_there_are_not(client: Client, request_: Any, says: str) -> None:
    answer = client("POST", "/_test/faults", json=request_)
    assert answer.status_code == 400
    assert says in answer.json()["error"]


def test_faults_are_switched_off(client: Client) -> None:
    client.fault("limit", times=None)
    client("DELETE", "/_test/faults")
    assert client("GET", "/_test/faults").json() == []
    assert client.query(QUERY).status_code == 200


def test_the_readme_lists_every_fault_and_endpoint() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert [name for name in KINDS if f"`{name}`" not in text] == []
    assert [name for name in ENDPOINTS if f"`{name}`" not in text] == []
