"""The endpoints of the login."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse, Response

from salesforce_mock.auth import LoginError
from salesforce_mock.calls import Call
from salesforce_mock.errors import SalesforceError
from salesforce_mock.org import ORG_ID, USER_ID


async def token(call: Call) -> Response:
    """Answer a request of a token."""
    request, auth = call.request, call.org.auth
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    base = _base(call)
    try:
        found = auth.login(form, request.headers.get("authorization", ""), base.partition("://")[2])
    except LoginError as error:
        return JSONResponse({"error": error.error, "error_description": error.description}, 400)
    identity = f"{base}/id/{ORG_ID}/{USER_ID}"
    issued = str(int(call.org.clock() * 1000))
    digest = hmac.digest(auth.client_secret.encode(), (identity + issued).encode(), hashlib.sha256)
    return JSONResponse(
        {
            "access_token": found,
            "signature": base64.b64encode(digest).decode(),
            "scope": "api id",
            "instance_url": base,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued,
        },
        headers={"Cache-Control": "no-store"},
    )


async def identity(call: Call) -> Response:
    """Tell who is logged in."""
    if not call.org.auth.accepts(call.request.headers.get("authorization", "")):
        raise SalesforceError(403, "INVALID_SESSION_ID", "Bad_OAuth_Token")
    base = _base(call)
    return JSONResponse(
        {
            "id": f"{base}/id/{ORG_ID}/{USER_ID}",
            "user_id": USER_ID,
            "organization_id": ORG_ID,
            "username": call.org.auth.username,
            "display_name": "Test User",
            "active": True,
            "urls": {
                "rest": f"{base}/services/data/v{{version}}/",
                "query": f"{base}/services/data/v{{version}}/query/",
                "sobjects": f"{base}/services/data/v{{version}}/sobjects/",
            },
        }
    )


def _base(call: Call) -> str:
    """Return the address that the caller has come to."""
    url = call.request.url
    return f"{url.scheme}://{url.netloc}"
