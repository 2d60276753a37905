"""What the org says of itself: versions, limits, objects and their fields."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from salesforce_mock.calls import NEWEST, OLDEST, Call
from salesforce_mock.errors import not_found
from salesforce_mock.schema import OPPORTUNITY, Field, SObject
from salesforce_mock.values import NUMBERS

_SOAP = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
    **dict.fromkeys(NUMBERS, "xsd:double"),
}


async def versions(call: Call) -> Response:
    """Return the versions of the API; nobody needs a login for that."""
    numbers = range(OLDEST, NEWEST + 1)
    found = [
        {"label": f"v{number}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"} for number in numbers
    ]
    return JSONResponse(found)


async def resources(call: Call) -> Response:
    """Return what a version has."""
    base = f"/services/data/{call.version}"
    names = ("composite", "jobs", "limits", "query", "queryAll", "sobjects")
    return JSONResponse({name: f"{base}/{name}" for name in names})


async def limits(call: Call) -> Response:
    """Return the limits of 24 hours, and what is left."""
    org = call.org
    calls, jobs = org.settings.api_limit, org.settings.bulk_job_limit
    found = {
        "DailyApiRequests": {"Max": calls, "Remaining": max(0, calls - org.api_used)},
        "DailyBulkV2QueryJobs": {"Max": jobs, "Remaining": max(0, jobs - org.bulk_jobs_used)},
        "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
    }
    return JSONResponse(found)


async def objects(call: Call) -> Response:
    """Return the objects."""
    found = [_object(each, call.version) for each in call.org.store.schema.objects.values()]
    return JSONResponse({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": found})


async def describe(call: Call) -> Response:
    """Return an object's fields; the values of picklists are those that its records have."""
    name = str(call.request.path_params["object"]).lower()
    found = next((each for each in call.org.store.schema.objects.values() if each.name.lower() == name), None)
    if found is None:
        raise not_found()
    fields = [_field(each, _picklist(call, found, each)) for each in found.fields]
    return JSONResponse(
        {**_object(found, call.version), "fields": fields, "childRelationships": [], "recordTypeInfos": []}
    )


def _picklist(call: Call, found: SObject, field: Field) -> list[str]:
    """Return the values that a picklist has in the records, or in those of their parents."""
    if field.type != "picklist":
        return []
    ends = [each for each in call.org.store.schema.columns if each.field is field]
    if found.name == OPPORTUNITY:
        ends = [each for each in ends if "." not in each.path]
    slots = [each.slot for each in ends]
    return sorted({str(row[slot]) for row in call.org.store.rows() for slot in slots if row[slot] is not None})


def _object(found: SObject, version: str) -> dict[str, Any]:
    base = f"/services/data/{version}/sobjects/{found.name}"
    written = found.name == OPPORTUNITY
    return {
        "name": found.name,
        "label": found.name,
        "keyPrefix": found.prefix,
        "custom": False,
        "queryable": written,
        "createable": written,
        "updateable": written,
        "deletable": written,
        "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }


def _field(field: Field, values: list[str]) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.name.removesuffix("__c").replace("_", " "),
        "type": field.type,
        "soapType": _SOAP.get(field.type, "xsd:string"),
        "length": field.length,
        "byteLength": field.length * 3,
        "precision": field.precision,
        "scale": field.scale,
        "digits": 0,
        "nillable": field.nillable,
        "createable": field.updateable,
        "updateable": field.updateable,
        "filterable": field.type != "address",
        "sortable": field.type != "address",
        "calculated": False,
        "custom": field.custom,
        "compoundFieldName": "BillingAddress" if field.name in {"BillingCountry", "BillingState"} else None,
        "externalId": False,
        "unique": False,
        "restrictedPicklist": False,
        "referenceTo": [field.reference] if field.reference else [],
        "relationshipName": field.relationship or None,
        "defaultValue": False if field.type == "boolean" else None,
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": each, "validFor": None, "value": each} for each in values
        ],
    }
