"""What tests do to the store past the API."""

from __future__ import annotations

from .conftest import Client, Clock, sample


def stamps(client: Client) -> dict[str, str]:
    return {each["Id"]: each["SystemModstamp"] for each in client.store("Id,SystemModstamp")}


def test_records_of_the_start(client: Client) -> None:
    found = client("GET", "/_test/records").json()
    assert (found["count"], found["waiting"]) == (2000, 0)
    assert [each["Id"] for each in found["records"]] == [each["Id"] for each in sample()]
    first = found["records"][0]
    assert (first["Account.Owner.Name"], first["StageName"], first["Amount"]) == (
        "Anneliese Voß",
        "Closed Won",
        10030.0,
    )
    assert all("2025-01-01" <= each["SystemModstamp"] >= each["CreatedDate"][:19] for each in found["records"])
    assert len(stamps(client)) > 1990


def test_live_inserts_and_updates_are_stamped_with_whole_seconds(client: Client) -> None:
    before = stamps(client)
    (new,) = client("POST", "/_test/records", json={"records": [{"Name": "New", "Account.Name": "Acme"}]}).json()["ids"]
    copies = client("POST", "/_test/records", json={"count": 3}).json()["ids"]
    changed = sample()[1]["Id"]
    client("PATCH", "/_test/records", json={"ids": [changed], "values": {"Amount": 5}})
    after = stamps(client)
    assert {id_ for id_ in after if after[id_] != before.get(id_)} == {new, *copies, changed}
    assert {after[id_] for id_ in (new, *copies, changed)} == {"2025-11-24T16:00:00.000Z"}
    (record,) = client.records(f"SELECT Name, Account.Name, IsWon, CreatedDate FROM Opportunity WHERE Id = '{new}'")
    assert (record["Name"], record["Account"]["Name"], record["IsWon"]) == ("New", "Acme", False)


def test_changes_of_a_parent_do_not_move_the_stamp(client: Client) -> None:
    before = stamps(client)
    body = {"ids": [sample()[0]["Id"]], "values": {"Account.Industry": "Mining"}, "touch": False}
    client("PATCH", "/_test/records", json=body)
    assert stamps(client) == before
    assert client.records("SELECT Account.Industry FROM Opportunity LIMIT 1")[0]["Account"]["Industry"] == "Mining"


def test_records_that_are_seen_late_have_the_stamp_of_their_time(client: Client, clock: Clock) -> None:
    (new,) = client("POST", "/_test/records", json={"count": 1, "visible_after": 30}).json()["ids"]
    changed = sample()[0]["Id"]
    client("PATCH", "/_test/records", json={"ids": [changed], "values": {"Amount": 5}, "visible_after": 20})
    query = "SELECT Id, SystemModstamp FROM Opportunity WHERE SystemModstamp >= 2025-11-24T00:00:00Z"
    seen = []
    for _ in range(3):
        seen.append([each["Id"] for each in client.records(query)])
        clock.now += 16
    assert seen == [[], [], [changed, new]]
    assert {each["SystemModstamp"] for each in client.records(query)} == {"2025-11-24T16:00:00.000+0000"}


def test_a_late_change_does_not_replace_a_later_one(client: Client, clock: Clock) -> None:
    id_ = sample()[0]["Id"]
    client("PATCH", "/_test/records", json={"ids": [id_], "values": {"Amount": 5}, "visible_after": 30})
    clock.now += 2
    client("PATCH", "/_test/records", json={"ids": [id_], "values": {"Amount": 6}})
    clock.now += 60
    assert client.records("SELECT Amount FROM Opportunity LIMIT 1")[0]["Amount"] == 6


def test_a_late_change_does_not_replace_a_later_one_of_the_same_second(client: Client, clock: Clock) -> None:
    id_ = sample()[0]["Id"]
    for amount, after in ((5, 30), (6, 20), (7, 0)):
        client("PATCH", "/_test/records", json={"ids": [id_], "values": {"Amount": amount}, "visible_after": after})
    seen = []
    for _ in range(3):
        seen.append(client.records("SELECT Amount FROM Opportunity LIMIT 1")[0]["Amount"])
        clock.now += 25
    assert seen == [7, 7, 7]


def test_a_late_change_keeps_what_no_later_one_has_set(client: Client, clock: Clock) -> None:
    id_ = sample()[0]["Id"]
    late = {"Amount": 5, "Name": "Late", "Account.Name": "Late"}
    client("PATCH", "/_test/records", json={"ids": [id_], "values": late, "visible_after": 30})
    clock.now += 2
    client("PATCH", "/_test/records", json={"ids": [id_], "values": {"Name": "Later"}})
    clock.now += 60
    (record,) = client.records("SELECT Amount, Name, Account.Name, SystemModstamp FROM Opportunity LIMIT 1")
    assert (record["Amount"], record["Name"], record["Account"]["Name"]) == (5, "Later", "Late")
    assert record["SystemModstamp"] == "2025-11-24T16:00:02.000+0000"


def test_a_late_change_does_not_bring_back_what_was_taken_out(client: Client, clock: Clock) -> None:
    id_ = sample()[0]["Id"]
    client("PATCH", "/_test/records", json={"ids": [id_], "values": {"Amount": 5}, "visible_after": 30})
    client("DELETE", "/_test/records", json={"ids": [id_], "hard": True})
    clock.now += 60
    assert client("GET", "/_test/records").json()["count"] == 1999


def test_many_records_with_one_stamp(client: Client) -> None:
    client("POST", "/_test/stamps", json={"stamp": "2025-03-01T00:00:00Z", "count": 1500})
    query = "SELECT Id FROM Opportunity WHERE SystemModstamp {} 2025-03-01T00:00:00Z"
    assert len(client.records(query.format("="))) == 1500
    assert len(client.records(query.format(">="))) + len(client.records(query.format("<"))) == 2000


def test_deletions(client: Client) -> None:
    soft, hard = sample()[0]["Id"], sample()[1]["Id"]
    client("DELETE", "/_test/records", json={"ids": [soft]})
    client("DELETE", "/_test/records", json={"ids": [hard], "hard": True})
    assert client("GET", "/_test/records").json()["count"] == 1999
    assert client("GET", "/_test/records", params={"deleted": "false"}).json()["count"] == 1998
    assert stamps(client)[soft] == "2025-11-24T16:00:00.000Z"


def test_mistakes_are_named(client: Client) -> None:
    unknown = client("PATCH", "/_test/records", json={"ids": ["006000000000000AAA"], "values": {}})
    assert unknown.json()["error"] == "ids: expected ids of records, found 006000000000000AAA"
    field = client("POST", "/_test/records", json={"records": [{"Nothing": 1}]})
    assert "No such column 'Nothing'" in field.json()["error"]
    assert client("PATCH", "/_test/records", json={"ids": []}).json()["error"] == "expected 'values'"
    assert client("POST", "/_test/stamps", json={"count": 1}).status_code == 400
    assert client("GET", "/_test/records", params={"fields": "Nothing"}).status_code == 400


def test_a_clock_that_goes_wrong(client: Client) -> None:
    assert client.query("SELECT Id FROM Opportunity").headers["Date"] == "Mon, 24 Nov 2025 16:00:00 GMT"
    client("POST", "/_test/clock", json={"skew": -60})
    assert client.query("SELECT Id FROM Opportunity").headers["Date"] == "Mon, 24 Nov 2025 15:59:00 GMT"
    (new,) = client("POST", "/_test/records", json={"count": 1}).json()["ids"]
    assert stamps(client)[new] == "2025-11-24T15:59:00.000Z"
    assert client("POST", "/_test/clock", json={}).status_code == 400
    client("POST", "/_test/reset")
    assert client.query("SELECT Id FROM Opportunity").headers["Date"] == "Mon, 24 Nov 2025 16:00:00 GMT"


def test_calls_by_endpoint(client: Client) -> None:
    client("DELETE", "/_test/calls")
    client.records("SELECT Id FROM Opportunity", batch=800)
    client("GET", "/nowhere")
    client.job("SELECT Id FROM Opportunity")
    found = client("GET", "/_test/calls").json()
    assert found["calls"] == {"bulk_create": 1, "query": 1, "query_more": 2}
    assert found["jobs"] == 1


def test_a_reset_goes_back_to_the_start(client: Client) -> None:
    client.fault("limit")
    client("DELETE", "/_test/records", json={"ids": [sample()[0]["Id"]], "hard": True})
    client("POST", "/_test/records", json={"count": 5, "visible_after": 60})
    client("POST", "/_test/reset")
    found = client("GET", "/_test/records").json()
    assert ([each["Id"] for each in found["records"]], found["waiting"]) == ([each["Id"] for each in sample()], 0)
    assert client.query("SELECT Id FROM Opportunity").headers["Sforce-Limit-Info"] == "api-usage=1/1000000"
