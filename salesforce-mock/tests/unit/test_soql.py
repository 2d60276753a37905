"""Which rows a query takes, held against plain Python over the sample; and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Client, error, sample

Record = dict[str, Any]
CONDITIONS: dict[str, Callable[[Record], bool]] = {
    "Amount > 100000": lambda r: r["Amount"] is not None and r["Amount"] > 100000,
    "Amount >= 10030 AND Amount <= 1.003e4": lambda r: r["Amount"] == 10030,
    "Amount = null": lambda r: r["Amount"] is None,
    "Amount != null": lambda r: r["Amount"] is not None,
    "Amount != 10030": lambda r: r["Amount"] != 10030,
    "StageName = 'closed WON'": lambda r: r["StageName"] == "Closed Won",
    "StageName IN ('Closed Won', 'Closed Lost')": lambda r: r["StageName"] in {"Closed Won", "Closed Lost"},
    "StageName NOT IN ('Closed Won')": lambda r: r["StageName"] != "Closed Won",
    "NOT StageName = 'Closed Won'": lambda r: r["StageName"] != "Closed Won",
    "IsWon = true and isclosed = TRUE": lambda r: r["IsWon"] and r["IsClosed"],
    "IsWon = false OR Amount < 5000": lambda r: not r["IsWon"] or (r["Amount"] is not None and r["Amount"] < 5000),
    "(IsWon = true OR Amount < 5000) AND CloseDate > 2025-01-01": lambda r: (
        (r["IsWon"] or (r["Amount"] is not None and r["Amount"] < 5000)) and r["CloseDate"] > "2025-01-01"
    ),
    "Name LIKE 'soci_t_%'": lambda r: (r["Name"] or "").lower().startswith("soci"),
    "Account.Name = 'Société Beauséjour SARL'": lambda r: (r["Account"] or {}).get("Name") == "Société Beauséjour SARL",
    "Account.BillingState = null": lambda r: (r["Account"] or {}).get("BillingState") is None,
    "CreatedDate < 2024-08-13T13:46:25Z": lambda r: r["CreatedDate"] < "2024-08-13T13:46:25",
    "CreatedDate <= 2024-08-13T15:46:25.000+02:00": lambda r: r["CreatedDate"] <= "2024-08-13T13:46:25.000+0000",
    "Id = '0069904007yrr9J'": lambda r: r["Id"] == "0069904007yrr9JAAQ",
    "Name = 'it\\'s \\\\ nothing'": lambda r: False,
}
FIELDS = (
    "Id, Name, Amount, StageName, IsWon, IsClosed, CloseDate, CreatedDate, Account.Name, Account.BillingState, "
    "SystemModstamp"
)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions(client: Client, condition: str) -> None:
    everything = client.records(f"SELECT {FIELDS} FROM Opportunity")
    expected = [record for record in everything if CONDITIONS[condition](record)]
    assert client.records(f"SELECT {FIELDS} FROM Opportunity WHERE {condition}") == expected
    assert bool(expected) == ("nothing" not in condition)
    assert len(expected) < len(everything)


def test_two_windows_share_no_record_and_miss_none(client: Client) -> None:
    stamps = sorted(record["SystemModstamp"] for record in client.store("SystemModstamp"))
    edge = stamps[700]
    before = client.records(f"SELECT Id FROM Opportunity WHERE SystemModstamp < {edge}")
    after = client.records(f"SELECT Id FROM Opportunity WHERE SystemModstamp >= {edge}")
    assert (len(before), len(after)) == (stamps.index(edge), 2000 - stamps.index(edge))
    assert {each["Id"] for each in before + after} == {each["Id"] for each in sample()}


def test_order_limit_and_offset(client: Client) -> None:
    amounts = [each["Amount"] for each in client.records("SELECT Amount FROM Opportunity")]
    known = sorted(each for each in amounts if each is not None)
    absent = [None] * (len(amounts) - len(known))
    assert absent

    def ordered(how: str) -> list[Any]:
        return [each["Amount"] for each in client.records(f"SELECT Amount FROM Opportunity ORDER BY Amount {how}")]

    assert ordered("") == absent + known
    assert ordered("DESC NULLS LAST LIMIT 10") == known[::-1][:10]
    assert ordered("ASC NULLS LAST LIMIT 3 OFFSET 5") == known[5:8]
    by_two = client.records("SELECT StageName, Amount FROM Opportunity ORDER BY StageName, Amount DESC NULLS LAST")
    assert by_two == sorted(by_two, key=lambda r: (r["StageName"] or "", -(r["Amount"] or -1.0)))


def test_counting(client: Client) -> None:
    found = client.query("select count() from opportunity where IsWon = true").json()
    assert found == {"totalSize": sum(each["IsWon"] == "true" for each in sample()), "done": True, "records": []}


@pytest.mark.parametrize(
    ("query", "code", "says"),
    [
        ("SELECT Id, Foo FROM Opportunity", "INVALID_FIELD", "No such column 'Foo' on entity 'Opportunity'"),
        ("SELECT Account.Foo FROM Opportunity", "INVALID_FIELD", "No such column 'Foo' on entity 'Account'"),
        ("SELECT Parent.Id FROM Opportunity", "INVALID_FIELD", "Didn't understand relationship 'Parent'"),
        ("SELECT Id, id FROM Opportunity", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Id FROM Opportunities", "INVALID_TYPE", "sObject type 'Opportunities' is not supported"),
        ("SELECT Id FRM Opportunity", "MALFORMED_QUERY", "ERROR at Row:1:Column:11\nunexpected token: 'FRM'"),
        ("SELECT Id FROM Opportunity WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Opportunity WHERE Name = 'a", "MALFORMED_QUERY", "unexpected token: '''"),
        ("SELECT Id FROM Opportunity GROUP BY Id", "MALFORMED_QUERY", "GROUP is not supported"),
        ("SELECT Id FROM Opportunity WHERE A = 1 AND B = 2 OR C = 3", "MALFORMED_QUERY", "unexpected token: 'OR'"),
        ("", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        (
            "SELECT Id FROM Opportunity WHERE SystemModstamp > '2025-01-01T00:00:00Z'",
            "INVALID_FIELD",
            "must be of type dateTime and should not be enclosed in quotes",
        ),
        ("SELECT Id FROM Opportunity WHERE CloseDate > 2025-01-01T00:00:00Z", "INVALID_FIELD", "must be of type date"),
        ("SELECT Id FROM Opportunity WHERE Name = 5", "INVALID_FIELD", "should be enclosed in quotes"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2025-02-30", "INVALID_FIELD", "found 2025-02-30"),
        ("SELECT Id FROM Opportunity WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"),
    ],
)
def test_refused_queries(client: Client, query: str, code: str, says: str) -> None:
    answer = client.query(query)
    assert error(answer) == (400, code)
    assert says in answer.json()[0]["message"]
