"""REST pages: nesting, values, and cursors."""

from __future__ import annotations

from salesforce_mock.org import Org

from .conftest import DATA, Client, Clock, error, paths, sample


def test_every_row_and_column_of_the_sample(client: Client) -> None:
    records = client.records(f"SELECT {', '.join(paths().values())} FROM Opportunity", batch=300)
    for record, row in zip(records, sample(), strict=True):
        for column, path in paths().items():
            found = record
            for step in path.split("."):
                found = found[step] if found else None
            cell = row[column]
            if column == "Amount":
                assert found == (float(cell) if cell else None)
            elif column in {"IsClosed", "IsWon"}:
                assert found is (cell == "true")
            elif column == "CreatedDate":
                assert found == cell.replace("Z", "+0000")
            else:
                assert found == (cell or None)


def test_parents_are_nested_objects(client: Client) -> None:
    (record,) = client.records(
        "SELECT owner.userrole.NAME, Account.Owner.Name, AccountId, Account.BillingAddress FROM Opportunity LIMIT 1"
    )
    account = f"{DATA}/sobjects/Account/{record['AccountId']}"
    assert record["attributes"]["type"] == "Opportunity"
    assert record["Account"]["attributes"] == {"type": "Account", "url": account}
    assert record["Account"]["BillingAddress"]["country"] == "France"
    assert record["Owner"]["UserRole"]["attributes"]["type"] == "UserRole"
    assert record["Owner"]["UserRole"]["Name"] == "EMEA Mid-Market"
    assert list(record) == ["attributes", "Owner", "Account", "AccountId"]


def test_a_parent_that_is_absent_is_null(client: Client) -> None:
    names = ("Name", "Type", "Industry", "BillingCountry", "BillingState", "Owner.Name")
    values = {f"Account.{name}": None for name in names}
    client("PATCH", "/_test/records", json={"ids": [sample()[0]["Id"]], "values": values})
    (record,) = client.records("SELECT Account.Name, AccountId FROM Opportunity LIMIT 1")
    assert (record["Account"], record["AccountId"]) == (None, None)


def test_a_parent_without_a_name_keeps_its_values(client: Client) -> None:
    client("PATCH", "/_test/records", json={"ids": [sample()[0]["Id"]], "values": {"Account.Name": None}})
    (record,) = client.records("SELECT Account.Name, Account.BillingCountry, AccountId FROM Opportunity LIMIT 1")
    assert (record["Account"]["Name"], record["Account"]["BillingCountry"]) == (None, "France")
    assert record["AccountId"].startswith("001")


def test_pages(client: Client) -> None:
    page = client.query("SELECT Id FROM Opportunity", batch=1500).json()
    assert (page["totalSize"], page["done"], len(page["records"])) == (2000, False, 1500)
    assert page["nextRecordsUrl"].startswith(f"{DATA}/query/01g")
    assert page["nextRecordsUrl"].endswith("-1500")
    last = client("GET", page["nextRecordsUrl"]).json()
    assert (last["totalSize"], last["done"], len(last["records"])) == (2000, True, 500)
    assert "nextRecordsUrl" not in last
    assert client("GET", page["nextRecordsUrl"]).json() == last  # read again


def test_the_batch_size_has_limits(client: Client) -> None:
    assert len(client.query("SELECT Id FROM Opportunity", batch=1).json()["records"]) == 200
    assert client.query("SELECT Id FROM Opportunity", batch=5000).json()["done"]


def test_updates_between_pages_change_no_page(client: Client) -> None:
    page = client.query("SELECT Id, SystemModstamp FROM Opportunity", batch=1000).json()
    expected = client("GET", page["nextRecordsUrl"]).json()
    client("PATCH", "/_test/records", json={"ids": [each["Id"] for each in sample()], "values": {"Amount": 1}})
    assert client("GET", page["nextRecordsUrl"]).json() == expected


def test_a_cursor_lives_two_days(client: Client, org: Org, clock: Clock) -> None:
    following = client.query("SELECT Id FROM Opportunity", batch=1000).json()["nextRecordsUrl"]
    clock.now += 2 * 86_400 + 1
    client.login()
    assert error(client("GET", following)) == (400, "INVALID_QUERY_LOCATOR")
    assert error(client("GET", f"{DATA}/query/01gNONE-2000")) == (400, "INVALID_QUERY_LOCATOR")


def test_soft_deleted_records_are_seen_by_query_all_only(client: Client) -> None:
    gone = sample()[5]["Id"]
    assert client("DELETE", f"{DATA}/sobjects/Opportunity/{gone}").status_code == 204
    assert len(client.records("SELECT Id FROM Opportunity")) == 1999
    deleted = client.records("SELECT Id, IsDeleted FROM Opportunity WHERE IsDeleted = true", all_=True)
    assert [(each["Id"], each["IsDeleted"]) for each in deleted] == [(gone, True)]


def test_large_numbers_are_written_with_an_exponent(client: Client) -> None:
    client("PATCH", "/_test/records", json={"ids": [sample()[0]["Id"]], "values": {"Amount": 12_500_000}})
    assert '"Amount":1.25E7}' in client.query("SELECT Amount FROM Opportunity LIMIT 1").text


def test_addresses_that_are_too_long(client: Client) -> None:
    assert error(client.query("SELECT Id FROM Opportunity" + " " * 17_000)) == (414, "URI_TOO_LONG")


def test_calls_are_counted_and_limited(client: Client, org: Org) -> None:
    before = org.api_used
    answer = client.query("SELECT Id FROM Opportunity LIMIT 1")
    assert answer.headers["Sforce-Limit-Info"] == f"api-usage={before + 1}/1000000"
    limits = client("GET", f"{DATA}/limits").json()["DailyApiRequests"]
    assert limits == {"Max": 1_000_000, "Remaining": 1_000_000 - before - 2}
    org.api_used = 1_000_000
    assert error(client.query("SELECT Id FROM Opportunity LIMIT 1")) == (403, "REQUEST_LIMIT_EXCEEDED")


def test_other_addresses_and_versions_are_errors_in_the_same_form(client: Client) -> None:
    assert error(client("GET", "/services/data/v99.0/query?q=x")) == (404, "NOT_FOUND")
    assert error(client("GET", f"{DATA}/tooling")) == (404, "NOT_FOUND")
    assert error(client("PUT", f"{DATA}/limits")) == (405, "METHOD_NOT_ALLOWED")


def test_ids_are_in_the_order_that_they_are_compared_in(client: Client) -> None:
    found: list[str] = []
    while page := client.records(
        f"SELECT Id FROM Opportunity WHERE Id > '{found[-1] if found else '000000000000000AAA'}' ORDER BY Id LIMIT 300"
    ):
        found += [each["Id"] for each in page]
    assert sorted(found) == found
    assert sorted(each["Id"] for each in client.store()) == found
