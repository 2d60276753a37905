"""Single records, and collections of up to 200."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from salesforce_mock.calls import Call
from salesforce_mock.errors import SalesforceError, not_found
from salesforce_mock.ids import same_id
from salesforce_mock.rendering import JsonRecords
from salesforce_mock.schema import OPPORTUNITY
from salesforce_mock.writing import RefusedError, Written, write

_MOST = 200


async def create(call: Call) -> Response:
    """Make a record."""
    _check_object(call)
    written = _write(call, "insert", await call.json())
    return JSONResponse({"id": written.id, "success": True, "errors": []}, 201)


async def single(call: Call) -> Response:
    """Read, change or delete a record."""
    _check_object(call)
    store, id_ = call.org.store, same_id(str(call.request.path_params["id"]))
    row = store.get(id_)
    if row is None or store.is_deleted(row):
        raise not_found("Provided external ID field does not exist or is not accessible")
    if call.request.method == "GET":
        columns = [each for each in store.schema.columns if "." not in each.path]
        text = JsonRecords(columns, store.schema, call.version)([row])
        return Response(text[1:-1], media_type="application/json;charset=UTF-8")
    if call.request.method == "DELETE":
        _write(call, "delete", {"Id": id_})
    else:
        _write(call, "update", {**await call.json(), "Id": id_})
    return Response(status_code=204)


async def composite(call: Call) -> Response:
    """Make, change or delete several records; one that is refused keeps no other from being written."""
    method = call.request.method
    if method == "DELETE":
        records: Any = [{"Id": id_} for id_ in call.request.query_params.get("ids", "").split(",") if id_]
        all_or_none = call.request.query_params.get("allOrNone") == "true"
    else:
        body = await call.json()
        records, all_or_none = body.get("records"), body.get("allOrNone", False)
    if not isinstance(records, list) or not 1 <= len(records) <= _MOST:
        raise SalesforceError(400, "INVALID_INPUT", f"records: expected 1 to {_MOST}")
    if all_or_none:
        raise SalesforceError(400, "INVALID_INPUT", "allOrNone: this test Salesforce has no transactions")
    operation = {"POST": "insert", "PATCH": "update", "DELETE": "delete"}[method]
    return JSONResponse([_collected(call, operation, record) for record in records])


def _collected(call: Call, operation: str, record: Mapping[str, Any]) -> dict[str, Any]:
    try:
        written = write(call, operation, _values(record))
    except RefusedError as refused:
        error = {"statusCode": refused.code, "message": refused.message, "fields": list(refused.fields)}
        return {"success": False, "errors": [error]}
    return {"id": written.id, "success": True, "errors": []}


def _write(call: Call, operation: str, record: Mapping[str, Any]) -> Written:
    try:
        return write(call, operation, _values(record))
    except RefusedError as refused:
        raise SalesforceError(400, refused.code, refused.message) from None


def _values(record: Mapping[str, Any]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in record.items():
        if name != "attributes":
            found[name] = json.dumps(value) if isinstance(value, dict | list) else value
    return found


def _check_object(call: Call) -> None:
    if call.request.path_params["object"] != OPPORTUNITY:
        raise not_found()
