"""`/_test/…`: what tests switch on, put into the store, and read from it past the API. It asks for no login."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from salesforce_mock.errors import SalesforceError
from salesforce_mock.ids import same_id
from salesforce_mock.org import Org
from salesforce_mock.values import Value, of_json, parse_datetime


class Control:
    """The endpoints for an org; `endpoints` are the names that faults may be for."""

    def __init__(self, org: Org, endpoints: frozenset[str]) -> None:
        self.org = org
        self.endpoints = endpoints

    async def faults(self, request: Request) -> Response:
        """Switch a fault on, list those that are, or switch all off."""
        faults = self.org.faults
        if request.method == "POST":
            try:
                return JSONResponse(faults.add(await _object(request), self.endpoints).view(), 201)
            except ValueError as error:
                return _refusal(str(error))
        if request.method == "DELETE":
            faults.active.clear()
            return Response(status_code=204)
        return JSONResponse([each.view() for each in faults.active])

    async def calls(self, request: Request) -> Response:
        """Return how many calls each endpoint had and how many jobs there are, or start counting anew."""
        org = self.org
        if request.method == "DELETE":
            org.calls.clear()
            org.answers.clear()
            return Response(status_code=204)
        answers = {str(status): count for status, count in sorted(org.answers.items())}
        calls, jobs = dict(sorted(org.calls.items())), len(org.query_jobs) + len(org.ingest_jobs)
        return JSONResponse({"calls": calls, "answers": answers, "api_used": org.api_used, "jobs": jobs})

    async def records(self, request: Request) -> Response:
        """Read, insert, change or delete records."""
        if request.method == "GET":
            return self._read(request.query_params)
        try:
            body = await _object(request)
            ids = {"POST": self._insert, "PATCH": self._update, "DELETE": self._delete}[request.method](body)
        except KeyError as error:
            return _refusal(f"expected {error}")
        except (ValueError, TypeError, SalesforceError) as error:
            return _refusal(str(error))
        return JSONResponse({"ids": ids}, 201 if request.method == "POST" else 200)

    async def stamps(self, request: Request) -> Response:
        """Give `count` records, or those of `ids`, one SystemModstamp: `stamp`."""
        try:
            body = await _object(request)
            stamp = parse_datetime(str(body["stamp"]))
            ids = body.get("ids") or self._ids()[: int(body["count"])]
            for id_ in self._known(ids):
                self.org.store.put({"Id": id_, "SystemModstamp": stamp}, touch=False)
        except (KeyError, ValueError) as error:
            return _refusal(f"expected stamp, and count or ids: {error}")
        return JSONResponse({"ids": ids})

    async def clock(self, request: Request) -> Response:
        """Set the org's clock `skew` seconds ahead of this machine's, or behind it."""
        try:
            self.org.clock.skew = float((await _object(request))["skew"])
        except (KeyError, TypeError, ValueError) as error:
            return _refusal(f"expected skew, in seconds: {error}")
        return JSONResponse({"skew": self.org.clock.skew})

    async def reset(self, request: Request) -> Response:
        """Go back to the data of the start, with no faults and no skew, and nothing counted."""
        self.org.reset()
        return Response(status_code=204)

    def _read(self, params: Mapping[str, str]) -> Response:
        """Return `fields` (all of them, unless given) of all records; soft-deleted ones too, unless deleted=false."""
        schema, store = self.org.store.schema, self.org.store
        try:
            wanted = (
                [schema.resolve(path) for path in params["fields"].split(",")]
                if "fields" in params
                else [each for each in schema.columns if each.field.type != "address"]
            )
        except SalesforceError as error:
            return _refusal(error.message)
        rows = store.rows(deleted=params.get("deleted") != "false")
        records = [{each.path: row[each.slot] for each in wanted} for row in rows]
        text = json.dumps({"count": len(records), "waiting": store.waiting(), "records": records}, ensure_ascii=False)
        return Response(text, media_type="application/json")

    def _insert(self, body: Mapping[str, Any]) -> list[str]:
        """Insert `records`, or `count` copies of records that are there; seen `visible_after` seconds from now."""
        after = float(body.get("visible_after", 0))
        store = self.org.store
        given: Sequence[Mapping[str, Value]]
        if "records" in body:
            given = [self._values(each) for each in body["records"]]
        else:
            own = {"Id", "SystemModstamp", "LastModifiedDate", "CreatedDate", "IsDeleted"}
            rows = store.rows()
            if not rows:
                raise ValueError("count: expected records to copy, found none")
            columns = [each for each in store.schema.columns if each.path not in own]
            copied = (rows[i % len(rows)] for i in range(int(body["count"])))
            given = [{each.path: row[each.slot] for each in columns} for row in copied]
        return [store.put(each, visible_after=after) for each in given]

    def _update(self, body: Mapping[str, Any]) -> list[str]:
        """Set `values` in records of `ids`; `touch` false leaves SystemModstamp, as changes of a parent do."""
        values = self._values(body["values"])
        ids = self._known(body["ids"])
        touch, after = bool(body.get("touch", True)), float(body.get("visible_after", 0))
        return [self.org.store.put({**values, "Id": id_}, touch=touch, visible_after=after) for id_ in ids]

    def _delete(self, body: Mapping[str, Any]) -> list[str]:
        """Soft-delete records of `ids`; `hard` true takes them out for good."""
        ids = self._known(body["ids"])
        if body.get("hard"):
            self.org.store.remove(ids)
            return ids
        return [self.org.store.put({"Id": id_, "IsDeleted": True}) for id_ in ids]

    def _values(self, record: Mapping[str, Any]) -> dict[str, Value]:
        found = {}
        for path, value in record.items():
            column = self.org.store.schema.resolve(path)
            found[column.path] = of_json(column.field.type, value)
        return found

    def _ids(self) -> list[str]:
        slot = self.org.store.schema.slot("Id")
        return [str(row[slot]) for row in self.org.store.rows()]

    def _known(self, ids: Iterable[str]) -> list[str]:
        found = [same_id(str(id_)) for id_ in ids]
        unknown = [id_ for id_ in found if self.org.store.get(id_) is None]
        if unknown:
            raise ValueError(f"ids: expected ids of records, found {unknown[0]}")
        return found


async def _object(request: Request) -> dict[str, Any]:
    found = json.loads(await request.body() or b"{}")
    if not isinstance(found, dict):
        raise ValueError("expected an object of JSON")
    return found


def _refusal(message: str) -> Response:
    return JSONResponse({"error": message}, 400)
