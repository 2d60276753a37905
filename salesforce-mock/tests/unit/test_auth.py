"""Logins that Salesforce grants, and those that it refuses."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from salesforce_mock.auth import JWT_BEARER
from salesforce_mock.org import Org

from .conftest import DATA, LOGIN, Client, Clock, error

TOKEN = "/services/oauth2/token"


def assertion(org: Org, clock: Clock, **claims: Any) -> str:
    claims = {
        "iss": "the-client",
        "sub": "me@example.com",
        "aud": "https://login.salesforce.com",
        "exp": int(clock()) + 180,
    } | claims
    return jwt.encode(
        {name: each for name, each in claims.items() if each is not None}, org.auth.private_key(), "RS256"
    )


@pytest.mark.parametrize("basic", [False, True])
def test_client_credentials_in_the_body_or_the_header(client: Client, basic: bool) -> None:
    form = {"grant_type": "client_credentials"} if basic else LOGIN
    found = client("POST", TOKEN, data=form, auth=("the-client", "the-secret") if basic else None).json()
    assert set(found) == {"access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at"}
    assert (found["token_type"], found["instance_url"]) == ("Bearer", "http://org.test")
    client.headers["Authorization"] = f"Bearer {found['access_token']}"
    assert client("GET", found["id"]).json()["username"] == "me@example.com"
    assert client("GET", f"{DATA}/limits").status_code == 200


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"client_secret": "another"}, "invalid_client"),
        ({"client_id": "another"}, "invalid_client_id"),
        ({"grant_type": "password", "username": "me@example.com", "password": "x"}, "invalid_grant"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
    ],
)
def test_refused_client_credentials(client: Client, change: dict[str, str], expected: str) -> None:
    answer = client("POST", TOKEN, data=LOGIN | change)
    assert answer.status_code == 400
    assert answer.json()["error"] == expected
    assert set(answer.json()) == {"error", "error_description"}


@pytest.mark.parametrize("audience", ["https://login.salesforce.com", "https://test.salesforce.com", "http://org.test"])
def test_a_signed_assertion(client: Client, org: Org, clock: Clock, audience: str) -> None:
    form = {"grant_type": JWT_BEARER, "assertion": assertion(org, clock, aud=audience)}
    token = client("POST", TOKEN, data=form).json()["access_token"]
    assert client("GET", f"{DATA}/limits", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"exp": 1_764_000_000}, ("invalid_grant", "expired authorization code")),
        (
            {"exp": 1_764_000_900},
            ("invalid_grant", "assertion is valid for too long: exp is more than 5 minutes ahead"),
        ),
        ({"exp": None}, ("invalid_grant", "invalid assertion")),
        ({"aud": "https://example.com"}, ("invalid_grant", "audience is invalid")),
        ({"iss": "another"}, ("invalid_client_id", "client identifier invalid")),
        ({"sub": "another"}, ("invalid_grant", "user hasn't approved this consumer")),
    ],
)
def test_refused_assertions(
    client: Client, org: Org, clock: Clock, claims: dict[str, Any], expected: tuple[str, str]
) -> None:
    answer = client("POST", TOKEN, data={"grant_type": JWT_BEARER, "assertion": assertion(org, clock, **claims)})
    assert answer.status_code == 400
    assert (answer.json()["error"], answer.json()["error_description"]) == expected


def test_an_assertion_signed_with_another_key(client: Client, org: Org, clock: Clock) -> None:
    claims = jwt.decode(assertion(org, clock), options={"verify_signature": False})
    forged = jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256")
    answer = client("POST", TOKEN, data={"grant_type": JWT_BEARER, "assertion": forged})
    assert answer.json() == {"error": "invalid_grant", "error_description": "invalid assertion"}


@pytest.mark.parametrize("header", ["", "Bearer made-up", "Basic dGhlLWNsaWVudDp0aGUtc2VjcmV0"])
def test_no_call_without_a_session(client: Client, header: str) -> None:
    answer = client("GET", f"{DATA}/limits", headers={"Authorization": header})
    assert error(answer) == (401, "INVALID_SESSION_ID")


def test_a_session_ends_when_it_is_not_used(client: Client, clock: Clock) -> None:
    clock.now += 7199
    assert client("GET", f"{DATA}/limits").status_code == 200
    clock.now += 7201
    assert error(client("GET", f"{DATA}/limits")) == (401, "INVALID_SESSION_ID")
