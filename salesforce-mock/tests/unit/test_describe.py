"""What the org says of its objects."""

from __future__ import annotations

from typing import Any

from .conftest import DATA, Client, error, paths, sample


def fields(client: Client, name: str) -> dict[str, dict[str, Any]]:
    found = client("GET", f"{DATA}/sobjects/{name}/describe").json()
    return {each["name"]: each for each in found["fields"]}


def test_types_of_an_opportunity(client: Client) -> None:
    found = fields(client, "Opportunity")
    expected = {
        "Id": ("id", 18),
        "Name": ("string", 120),
        "Amount": ("currency", 0),
        "CloseDate": ("date", 0),
        "CreatedDate": ("datetime", 0),
        "SystemModstamp": ("datetime", 0),
        "StageName": ("picklist", 255),
        "Probability": ("percent", 0),
        "IsWon": ("boolean", 0),
        "OwnerId": ("reference", 18),
        "Product_Family__c": ("picklist", 255),
    }
    assert {name: (found[name]["type"], found[name]["length"]) for name in expected} == expected
    assert (found["Amount"]["precision"], found["Amount"]["scale"]) == (18, 2)
    assert (found["OwnerId"]["referenceTo"], found["OwnerId"]["relationshipName"]) == (["User"], "Owner")
    assert (found["Segment__c"]["custom"], found["StageName"]["custom"]) == (True, False)
    assert not found["IsWon"]["updateable"]


def test_picklists_have_the_values_of_the_data(client: Client) -> None:
    stages = [each["value"] for each in fields(client, "Opportunity")["StageName"]["picklistValues"]]
    assert stages == sorted({each["Stage"] for each in sample()} - {""})
    types = [each["value"] for each in fields(client, "Account")["Type"]["picklistValues"]]
    assert types == sorted({each["AccountType"] for each in sample()} - {""})


def test_every_path_of_the_contract_can_be_followed(client: Client) -> None:
    described = {name: fields(client, name) for name in ("Opportunity", "Account", "User", "UserRole")}
    for path in paths().values():
        at = "Opportunity"
        *parents, name = path.split(".")
        for parent in parents:
            (at,) = next(each["referenceTo"] for each in described[at].values() if each["relationshipName"] == parent)
        assert name in described[at], path


def test_versions_objects_and_limits(client: Client) -> None:
    versions = client("GET", "/services/data", headers={"Authorization": ""}).json()
    assert versions[-1] == {"label": "v66", "url": "/services/data/v66.0", "version": "66.0"}
    names = [each["name"] for each in client("GET", f"{DATA}/sobjects").json()["sobjects"]]
    assert names == ["Opportunity", "Account", "User", "UserRole"]
    assert client("GET", DATA).json()["queryAll"] == f"{DATA}/queryAll"
    assert client("GET", f"{DATA}/limits").json()["DailyBulkV2QueryJobs"] == {"Max": 10_000, "Remaining": 10_000}
    assert error(client("GET", f"{DATA}/sobjects/Nothing/describe")) == (404, "NOT_FOUND")
