"""What every call goes through: its session, its limit, its faults, and errors in Salesforce's form."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from salesforce_mock.errors import SalesforceError, not_found
from salesforce_mock.faults import STATUSES, Fault
from salesforce_mock.org import Org

NEWEST, OLDEST = 66, 31
_LONGEST_REQUEST = 16_384  # bytes of address and headers


@dataclass(frozen=True)
class Call:
    """A call of the API: `endpoint` is the name that faults and counts have for it."""

    org: Org
    request: Request
    endpoint: str

    @property
    def version(self) -> str:
        """The version of the address: `v66.0`."""
        return str(self.request.path_params["version"])

    async def json(self) -> dict[str, Any]:
        """Return the body.

        Raises:
            SalesforceError: JSON_PARSER_ERROR, it is no object of JSON.
        """
        try:
            found = json.loads(await self.request.body())
        except ValueError as error:
            raise SalesforceError(400, "JSON_PARSER_ERROR", str(error)) from None
        if not isinstance(found, dict):
            raise SalesforceError(400, "JSON_PARSER_ERROR", "expected an object")
        return found


Handler = Callable[[Call], Awaitable[Response]]


def through(org: Org, endpoint: str, handler: Handler, *, session: bool) -> Callable[[Request], Awaitable[Response]]:
    """Return a handler as the application calls it; `session` says whether it needs a login and counts as a call."""

    async def answer(request: Request) -> Response:
        org.calls[endpoint] += 1
        call = Call(org, request, endpoint)
        try:
            if session:
                _check(call)
            response = await _struck_before(call) or await handler(call)
            response = _struck_after(call, response)
        except SalesforceError as error:
            body = [{"errorCode": error.code, "message": error.message}]
            response = JSONResponse(body, error.status, error.headers)
        except ClientDisconnect:
            response = Response(status_code=400)  # nobody is there to read it
        if session:
            response.headers["Sforce-Limit-Info"] = f"api-usage={org.api_used}/{org.settings.api_limit}"
        response.headers["Date"] = formatdate(org.clock(), usegmt=True)
        org.answers[response.status_code] += 1
        return response

    return answer


def _check(call: Call) -> None:
    org, request = call.org, call.request
    size = len(request.scope["raw_path"]) + len(request.scope["query_string"])
    if size + sum(len(name) + len(value) for name, value in request.scope["headers"]) > _LONGEST_REQUEST:
        raise SalesforceError(414, "URI_TOO_LONG", f"address and headers: at most {_LONGEST_REQUEST} bytes")
    authorization = request.headers.get("authorization", "")
    if org.faults.take(call.endpoint, "session"):
        org.auth.end(authorization)
    if not org.auth.accepts(authorization):
        raise SalesforceError(401, "INVALID_SESSION_ID", "Session expired or invalid")
    org.api_used += 1
    if org.api_used > org.settings.api_limit or org.faults.take(call.endpoint, "limit"):
        raise SalesforceError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    version = request.path_params.get("version")
    if version is not None and version not in {f"v{number}.0" for number in range(OLDEST, NEWEST + 1)}:
        raise not_found()


async def _struck_before(call: Call) -> Response | None:
    """Return what a fault puts in place of an answer."""
    take = call.org.faults.take
    if slow := take(call.endpoint, "slow"):
        await asyncio.sleep(float(slow.options["seconds"]))
    if take(call.endpoint, "drop"):
        return Broken()
    if html := take(call.endpoint, "html"):
        page = "<html><head><title>Down for maintenance</title></head><body>We are down for maintenance.</body></html>"
        return Response(page, html.options["status"], media_type="text/html")
    if status := take(call.endpoint, *STATUSES):
        after = status.options["retry_after"]
        code = {"429": "TOO_MANY_REQUESTS", "503": "SERVER_UNAVAILABLE"}.get(status.kind, "UNKNOWN_EXCEPTION")
        headers = {} if after is None else {"Retry-After": str(after)}
        raise SalesforceError(int(status.kind), code, "The request could not be served; try again later.", headers)
    if take(call.endpoint, "locator"):
        raise SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return None


def _struck_after(call: Call, response: Response) -> Response:
    """Return an answer, or what a fault makes of its body; of no other answer than a good one."""
    if response.status_code >= 300 or isinstance(response, Broken):
        return response
    fault = call.org.faults.take(call.endpoint, "truncated", "cut", "rows", "count")
    if fault is None:
        return response
    body = bytes(response.body)
    if fault.kind == "cut":
        return Broken(response, body[: len(body) // 2])
    if fault.kind == "truncated":
        changed = body[: len(body) // 2]
    elif response.media_type == "text/csv":
        changed = _csv_fault(fault, response, body)
    else:
        changed = _json_fault(fault, body)
    response.body = changed
    response.headers["Content-Length"] = str(len(changed))
    return response


def _csv_fault(fault: Fault, response: Response, body: bytes) -> bytes:
    if fault.kind == "count":
        right = int(response.headers["Sforce-NumberOfRecords"])
        response.headers["Sforce-NumberOfRecords"] = str(right + int(fault.options["by"]))
        return body
    for _ in range(int(fault.options["rows"])):
        start = body.rfind(b'\n"', 0, len(body) - 1)
        while body.count(b'"', 0, max(start, 0)) % 2:  # a line break within quotes
            start = body.rfind(b'\n"', 0, start)
        body = body[: start + 1] if start > 0 else body
    return body


def _json_fault(fault: Fault, body: bytes) -> bytes:
    page = json.loads(body)
    if fault.kind == "count":
        count = "totalSize" if "totalSize" in page else "numberRecordsProcessed"
        page[count] = page.get(count, 0) + int(fault.options["by"])
    else:
        del page.get("records", [])[-int(fault.options["rows"]) :]
    return json.dumps(page, ensure_ascii=False).encode()


class Broken(Response):
    """A connection that is closed: before any answer, or after a part of one."""

    def __init__(self, whole: Response | None = None, part: bytes = b"") -> None:
        super().__init__(status_code=whole.status_code if whole else 500)
        self._whole = whole
        self._part = part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the part, and close."""
        if self._whole is not None:
            headers = self._whole.raw_headers
            await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
            await send({"type": "http.response.body", "body": self._part, "more_body": True})
        transport = scope.get("state", {}).get("transport")
        if transport is None:  # in one process with its client
            raise ConnectionResetError("a fault closed the connection")
        transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass
