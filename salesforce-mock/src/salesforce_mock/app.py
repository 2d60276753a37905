"""The application: which address leads to what."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from salesforce_mock import bulk_ingest, bulk_query, describe, login, query, sobjects
from salesforce_mock.calls import Handler, through
from salesforce_mock.control import Control
from salesforce_mock.org import Org

_DATA = "/services/data/{version}"
_PUBLIC: tuple[tuple[str, str, str, Handler], ...] = (
    ("token", "POST", "/services/oauth2/token", login.token),
    ("identity", "GET", "/id/{org}/{user}", login.identity),
    ("versions", "GET", "/services/data", describe.versions),
)
_API: tuple[tuple[str, str, str, Handler], ...] = (
    ("resources", "GET", _DATA, describe.resources),
    ("limits", "GET", f"{_DATA}/limits", describe.limits),
    ("objects", "GET", f"{_DATA}/sobjects", describe.objects),
    ("describe", "GET", f"{_DATA}/sobjects/{{object}}/describe", describe.describe),
    ("sobject", "POST", f"{_DATA}/sobjects/{{object}}", sobjects.create),
    ("sobject", "GET PATCH DELETE", f"{_DATA}/sobjects/{{object}}/{{id}}", sobjects.single),
    ("composite", "POST PATCH DELETE", f"{_DATA}/composite/sobjects", sobjects.composite),
    ("query", "GET", f"{_DATA}/query", query.query),
    ("query", "GET", f"{_DATA}/queryAll", query.query_all),
    ("query_more", "GET", f"{_DATA}/query/{{locator}}", query.query_more),
    ("query_more", "GET", f"{_DATA}/queryAll/{{locator}}", query.query_more),
    ("bulk_create", "POST", f"{_DATA}/jobs/query", bulk_query.create),
    ("bulk_list", "GET", f"{_DATA}/jobs/query", bulk_query.listed),
    ("bulk_status", "GET", f"{_DATA}/jobs/query/{{id}}", bulk_query.status),
    ("bulk_abort", "PATCH", f"{_DATA}/jobs/query/{{id}}", bulk_query.change),
    ("bulk_delete", "DELETE", f"{_DATA}/jobs/query/{{id}}", bulk_query.delete),
    ("bulk_results", "GET", f"{_DATA}/jobs/query/{{id}}/results", bulk_query.results),
    ("ingest_create", "POST", f"{_DATA}/jobs/ingest", bulk_ingest.create),
    ("ingest_list", "GET", f"{_DATA}/jobs/ingest", bulk_ingest.listed),
    ("ingest_status", "GET", f"{_DATA}/jobs/ingest/{{id}}", bulk_ingest.status),
    ("ingest_close", "PATCH", f"{_DATA}/jobs/ingest/{{id}}", bulk_ingest.change),
    ("ingest_delete", "DELETE", f"{_DATA}/jobs/ingest/{{id}}", bulk_ingest.delete),
    ("ingest_upload", "PUT", f"{_DATA}/jobs/ingest/{{id}}/batches", bulk_ingest.upload),
    ("ingest_results", "GET", f"{_DATA}/jobs/ingest/{{id}}/{{results}}", bulk_ingest.results),
)
ENDPOINTS = frozenset(name for name, *_ in (*_PUBLIC, *_API))
"""The names that faults and counts have for the endpoints."""


def application(org: Org) -> Starlette:
    """Return the application that serves an org."""
    control = Control(org, ENDPOINTS)
    routes = [
        *_routes(org, _PUBLIC, session=False),
        *_routes(org, _API, session=True),
        Route("/_test/faults", control.faults, methods=["GET", "POST", "DELETE"]),
        Route("/_test/calls", control.calls, methods=["GET", "DELETE"]),
        Route("/_test/records", control.records, methods=["GET", "POST", "PATCH", "DELETE"]),
        Route("/_test/stamps", control.stamps, methods=["POST"]),
        Route("/_test/clock", control.clock, methods=["POST"]),
        Route("/_test/reset", control.reset, methods=["POST"]),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(GZipMiddleware, compresslevel=1)],
        exception_handlers={404: _missing, 405: _not_allowed},
    )


def _routes(org: Org, table: tuple[tuple[str, str, str, Handler], ...], *, session: bool) -> list[Route]:
    found = []
    for name, methods, path, handler in table:
        answer = through(org, name, handler, session=session)
        # Clients write some addresses with a slash at the end, and Salesforce does not mind.
        found += [Route(each, answer, methods=methods.split()) for each in (path, f"{path}/")]
    return found


async def _missing(request: Request, error: Exception) -> Response:
    return JSONResponse([{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}], 404)


async def _not_allowed(request: Request, error: Exception) -> Response:
    message = f"HTTP Method '{request.method}' not allowed."
    return JSONResponse([{"errorCode": "METHOD_NOT_ALLOWED", "message": message}], 405)
