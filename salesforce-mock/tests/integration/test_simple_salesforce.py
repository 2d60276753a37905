"""A client that we did not write, unpatched: its requests of https://… go to the test Salesforce."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceMalformedRequest,
    SalesforceOperationError,
)

from .conftest import Server

QUERY = "SELECT Id, Name, Amount, CreatedDate, Account.Owner.Name, Owner.UserRole.Name FROM Opportunity"


class ToMock(HTTPAdapter):
    """Sends what is for any host to one address over http."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        request.url = f"{self.url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return super().send(request, *args, **more)


Connect = Callable[..., Salesforce]


@pytest.fixture
def connect(server: Server) -> Connect:
    def connect(**login: str) -> Salesforce:
        session = requests.Session()
        session.mount("https://", ToMock(server.url))
        login = {"consumer_secret": server.login["SALESFORCE_CLIENT_SECRET"], "domain": "mydomain.my"} | login
        login = {name: value for name, value in login.items() if value}
        return Salesforce(consumer_key=server.login["SALESFORCE_CLIENT_ID"], session=session, version="66.0", **login)

    return connect


@pytest.fixture
def salesforce(connect: Connect) -> Salesforce:
    return connect()


def bulk_rows(pages: Any) -> list[dict[str, str]]:
    return [row for page in pages for row in csv.DictReader(io.StringIO(page, newline=""))]


def ids(server: Server, **params: str) -> list[str]:
    return [each["Id"] for each in server.test("GET", "records", params={"fields": "Id", **params})["records"]]


def test_login_with_client_credentials(salesforce: Salesforce) -> None:
    assert salesforce.auth_type == "client-credentials"
    assert salesforce.limits()["DailyApiRequests"]["Max"] == 1_000_000
    assert salesforce.api_usage["api-usage"].used == 1


def test_login_with_a_signed_assertion(connect: Connect, server: Server) -> None:
    login = {"username": server.login["SALESFORCE_USERNAME"], "consumer_secret": "", "domain": "login"}
    salesforce = connect(privatekey_file=server.login["SALESFORCE_PRIVATE_KEY_FILE"], **login)
    assert salesforce.auth_type == "jwt-bearer"
    assert salesforce.query("SELECT COUNT() FROM Opportunity")["totalSize"] == 2000


def test_a_wrong_secret(connect: Connect) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid_client"):
        connect(consumer_secret="wrong")


def test_query_all(salesforce: Salesforce, server: Server) -> None:
    found = salesforce.query_all(QUERY)
    assert (found["totalSize"], found["done"]) == (2000, True)
    assert [each["Id"] for each in found["records"]] == ids(server)
    first = found["records"][0]
    assert first["Account"]["Owner"]["Name"] == "Anneliese Voß"
    assert first["CreatedDate"] == "2024-08-13T13:46:25.000+0000"


def test_query_all_iter_over_pages_and_deleted_records(salesforce: Salesforce, server: Server) -> None:
    gone = ids(server)[7]
    salesforce.Opportunity.delete(gone)
    headers = {"Sforce-Query-Options": "batchSize=300"}
    visible = [each["Id"] for each in salesforce.query_all_iter(QUERY, headers=headers)]
    whole = [each["Id"] for each in salesforce.query_all_iter(QUERY, include_deleted=True, headers=headers)]
    assert visible == [id_ for id_ in ids(server) if id_ != gone] == ids(server, deleted="false")
    assert whole == ids(server)
    assert server.test("GET", "calls")["calls"]["query_more"] == 12


def test_it_logs_in_again_when_its_session_ends_between_pages(salesforce: Salesforce, server: Server) -> None:
    server.test("POST", "faults", json={"fault": "session", "endpoint": "query_more", "after": 2})
    found = [each["Id"] for each in salesforce.query_all_iter(QUERY, headers={"Sforce-Query-Options": "batchSize=400"})]
    assert found == ids(server)
    assert server.test("GET", "calls")["calls"]["token"] == 2


def test_errors_carry_the_message(salesforce: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.query("SELECT Nothing FROM Opportunity")
    assert caught.value.content[0]["errorCode"] == "INVALID_FIELD"


def test_describe(salesforce: Salesforce) -> None:
    fields = {each["name"]: each for each in salesforce.Opportunity.describe()["fields"]}
    assert fields["Amount"]["type"] == "currency"
    assert "Closed Won" in [each["value"] for each in fields["StageName"]["picklistValues"]]
    assert "Opportunity" in [each["name"] for each in salesforce.describe()["sobjects"]]


def test_single_records(salesforce: Salesforce) -> None:
    made = salesforce.Opportunity.create({"Name": "One", "StageName": "Prospecting", "CloseDate": "2025-01-01"})
    assert salesforce.Opportunity.update(made["id"], {"Amount": 5}) == 204
    assert salesforce.Opportunity.get(made["id"])["Amount"] == 5.0


def test_bulk_query_and_query_all(salesforce: Salesforce, server: Server) -> None:
    salesforce.Opportunity.delete(ids(server)[0])
    found = bulk_rows(salesforce.bulk2.Opportunity.query(QUERY, max_records=900, wait=0.15))
    assert [each["Id"] for each in found] == ids(server, deleted="false")
    assert set(found[0]) == {"Id", "Name", "Amount", "CreatedDate", "Account.Owner.Name", "Owner.UserRole.Name"}
    assert found[0]["CreatedDate"].endswith(".000Z")
    whole = bulk_rows(salesforce.bulk2.Opportunity.query_all(QUERY, wait=0.15))
    assert [each["Id"] for each in whole] == ids(server)
    assert server.test("GET", "calls")["calls"]["bulk_results"] == 6  # pages of 700


def test_a_bulk_query_that_fails(salesforce: Salesforce, server: Server) -> None:
    server.test("POST", "faults", json={"fault": "job_failed", "message": "no luck"})
    with pytest.raises(SalesforceOperationError, match="no luck"):
        list(salesforce.bulk2.Opportunity.query(QUERY, wait=0.15))


def test_bulk_update(salesforce: Salesforce, server: Server) -> None:
    first, second = ids(server)[:2]
    records = [
        {"Id": first, "Anomaly_Score__c": "0.75", "Anomaly_Reason__c": 'odd, "very"'},
        {"Id": second, "Anomaly_Score__c": "high", "Anomaly_Reason__c": ""},
    ]
    (result,) = salesforce.bulk2.Opportunity.update(records=records, wait=0.15)
    assert (result["numberRecordsTotal"], result["numberRecordsProcessed"], result["numberRecordsFailed"]) == (2, 2, 1)
    found = salesforce.bulk2.Opportunity.get_all_ingest_records(result["job_id"])
    assert [each["sf__Id"] for each in found["successfulRecords"]] == [first]
    assert found["failedRecords"][0]["sf__Error"].startswith("INVALID_TYPE_ON_FIELD_IN_RECORD:Anomaly_Score__c")
    assert found["unprocessedRecords"] == []
    assert salesforce.Opportunity.get(first)["Anomaly_Reason__c"] == 'odd, "very"'
