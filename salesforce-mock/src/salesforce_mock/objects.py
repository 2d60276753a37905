"""The objects that every org has, as far as opportunities reach, and fields that one org has added."""

from __future__ import annotations

from collections.abc import Iterable

from salesforce_mock.schema import OPPORTUNITY, Field, Schema, SObject


def _id() -> Field:
    return Field(name="Id", type="id", length=18, updateable=False, nillable=False)


def _name(length: int) -> Field:
    return Field(name="Name", type="string", length=length, nillable=False)


def _picklist(name: str, length: int = 255) -> Field:
    return Field(name=name, type="picklist", length=length)


def _reference(name: str, to: str) -> Field:
    return Field(
        name=name, type="reference", length=18, updateable=False, reference=to, relationship=name.removesuffix("Id")
    )


def _fixed(name: str, kind: str) -> Field:
    return Field(name=name, type=kind, updateable=False, nillable=False)


_ROLE = SObject("UserRole", "00E", (_id(), _name(80)))
_USER = SObject("User", "005", (_id(), _name(121), _reference("UserRoleId", "UserRole")))
_ACCOUNT = SObject(
    "Account",
    "001",
    (
        _id(),
        _name(255),
        _picklist("Type"),
        _picklist("Industry"),
        Field(name="BillingCountry", type="string", length=80),
        Field(name="BillingState", type="string", length=80),
        Field(name="BillingAddress", type="address", updateable=False),
        _reference("OwnerId", "User"),
    ),
)
_OPPORTUNITY = (
    _id(),
    _fixed("IsDeleted", "boolean"),
    _reference("AccountId", "Account"),
    _name(120),
    _picklist("StageName"),
    Field(name="Amount", type="currency", precision=18, scale=2),
    Field(name="Probability", type="percent", precision=3, scale=0),
    Field(name="CloseDate", type="date", nillable=False),
    _picklist("Type"),
    _picklist("LeadSource"),
    _fixed("IsClosed", "boolean"),
    _fixed("IsWon", "boolean"),
    Field(name="ForecastCategory", type="picklist", length=40, updateable=False),
    _picklist("ForecastCategoryName"),
    _reference("OwnerId", "User"),
    _fixed("CreatedDate", "datetime"),
    _fixed("LastModifiedDate", "datetime"),
    _fixed("SystemModstamp", "datetime"),
    _picklist("Product_Family__c"),
    _picklist("Segment__c"),
    Field(name="Product__c", type="string", length=255),
    Field(name="Anomaly_Score__c", type="double", precision=18, scale=6),
    Field(name="Anomaly_Label__c", type="double", precision=1, scale=0),
    Field(name="Anomaly_Reason__c", type="string", length=255),
)


def schema(more: Iterable[Field] = ()) -> Schema:
    """Return the objects of an org whose opportunities have more fields than those above."""
    known = {each.name.lower() for each in _OPPORTUNITY}
    added = tuple(each for each in more if each.name.lower() not in known)
    opportunity = SObject(OPPORTUNITY, "006", _OPPORTUNITY + added)
    return Schema({each.name: each for each in (opportunity, _ACCOUNT, _USER, _ROLE)})
