"""REST queries and their pages."""

from __future__ import annotations

import re
import secrets

from starlette.responses import Response

from salesforce_mock.calls import Call
from salesforce_mock.errors import SalesforceError
from salesforce_mock.org import Cursor
from salesforce_mock.plan import plan
from salesforce_mock.rendering import JsonRecords

_MOST_CURSORS = 1000
_BATCH = re.compile(r"batchSize=(\d+)", re.IGNORECASE)


async def query(call: Call) -> Response:
    """Answer `query?q=`: the first page, and a cursor for those that follow."""
    return _first(call, deleted=False)


async def query_all(call: Call) -> Response:
    """Answer `queryAll?q=`, which sees soft-deleted records too."""
    return _first(call, deleted=True)


def _first(call: Call, *, deleted: bool) -> Response:
    org, request = call.org, call.request
    text = request.query_params.get("q", "")
    found = plan(text, org.store.schema)
    rows = found.run(org.store.rows(deleted=deleted))
    if org.faults.take(call.endpoint, "query_timeout", rows=len(rows)):
        raise SalesforceError(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
    if found.query.counts:
        return _page(f'{{"totalSize":{len(rows)},"done":true,"records":[]}}')
    wanted = _BATCH.search(request.headers.get("Sforce-Query-Options", ""))
    batch = min(2000, max(200, int(wanted[1]))) if wanted else 2000
    write = JsonRecords(found.columns, org.store.schema, call.version)
    cursor = Cursor(rows, write, batch, org.clock() + org.settings.cursor_seconds)
    name = f"01g99{secrets.token_hex(8)[:10].upper()}"
    if len(rows) > batch:
        org.cursors[name] = cursor
        if len(org.cursors) > _MOST_CURSORS:
            del org.cursors[next(iter(org.cursors))]
    return _records(call, cursor, name, 0)


async def query_more(call: Call) -> Response:
    """Answer `query/LOCATOR-OFFSET`: a further page. A page can be read again."""
    name, _, offset = str(call.request.path_params["locator"]).partition("-")
    cursor = call.org.cursors.get(name)
    if cursor is None or cursor.until < call.org.clock() or not offset.isdigit() or int(offset) >= len(cursor.rows):
        raise SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return _records(call, cursor, name, int(offset))


def _records(call: Call, cursor: Cursor, name: str, start: int) -> Response:
    end = start + cursor.batch
    done = end >= len(cursor.rows)
    following = "" if done else f'"nextRecordsUrl":"/services/data/{call.version}/query/{name}-{end}",'
    head = f'{{"totalSize":{len(cursor.rows)},"done":{"true" if done else "false"},{following}"records":'
    return _page(head + cursor.write(cursor.rows[start:end]) + "}")


def _page(text: str) -> Response:
    return Response(text, media_type="application/json;charset=UTF-8")
