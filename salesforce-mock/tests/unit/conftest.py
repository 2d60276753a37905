"""An org of the sample behind a client that needs no socket, and a clock that tests set."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette

from salesforce_mock.app import application
from salesforce_mock.auth import Auth
from salesforce_mock.clock import Clock as OrgClock
from salesforce_mock.loading import load
from salesforce_mock.org import Org, Settings
from salesforce_mock.store import Store

PROJECT = Path(__file__).resolve().parents[3]
SAMPLE = PROJECT / "data" / "opportunities.csv"
CONTRACT = PROJECT / "contract" / "salesforce.json"
DATA = "/services/data/v66.0"
LOGIN = {"grant_type": "client_credentials", "client_id": "the-client", "client_secret": "the-secret"}


@dataclass
class Clock:
    now: float = 1_764_000_000.25

    def __call__(self) -> float:
        return self.now


@dataclass
class Client:
    """Calls an application in this process; the token of the last login goes with each call."""

    app: Starlette
    headers: dict[str, str] = field(default_factory=lambda: {"Accept-Encoding": "identity"})

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://org.test") as client:
                return await client.request(method, path, headers=self.headers | more.pop("headers", {}), **more)

        return asyncio.run(call())

    def login(self) -> str:
        token = self("POST", "/services/oauth2/token", data=LOGIN).json()["access_token"]
        self.headers["Authorization"] = f"Bearer {token}"
        return str(token)

    def query(self, soql: str, *, all_: bool = False, batch: int = 2000) -> httpx.Response:
        headers = {"Sforce-Query-Options": f"batchSize={batch}"}
        return self("GET", f"{DATA}/{'queryAll' if all_ else 'query'}", params={"q": soql}, headers=headers)

    def records(self, soql: str, **more: Any) -> list[dict[str, Any]]:
        """Read all pages."""
        page = self.query(soql, **more).json()
        found = page["records"]
        while not page["done"]:
            page = self("GET", page["nextRecordsUrl"]).json()
            found += page["records"]
        return found

    def fault(self, kind: str, **options: Any) -> None:
        assert self("POST", "/_test/faults", json={"fault": kind, **options}).status_code == 201

    def store(self, fields: str = "Id") -> list[dict[str, Any]]:
        return list(self("GET", "/_test/records", params={"fields": fields}).json()["records"])

    def job(self, soql: str, operation: str = "query", **more: str) -> dict[str, Any]:
        answer = self("POST", f"{DATA}/jobs/query", json={"operation": operation, "query": soql, **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def results(self, job: dict[str, Any], **params: Any) -> httpx.Response:
        return self("GET", f"{DATA}/jobs/query/{job['id']}/results", params=params)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def loaded() -> Store:
    return load(SAMPLE, contract=CONTRACT, more=(), clock=Clock())


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def org(clock: Clock, loaded: Store, key: rsa.RSAPrivateKey) -> Org:
    skewed = OrgClock(clock)
    store = Store(loaded.schema, skewed)
    store.restore(loaded.snapshot())
    auth = Auth("the-client", "the-secret", "me@example.com", skewed, key=key)
    return Org(store, auth, Settings(job_seconds=10), skewed)


@pytest.fixture
def client(org: Org) -> Client:
    found = Client(application(org))
    found.login()
    return found


def error(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal in Salesforce's form."""
    (only,) = answer.json()
    assert set(only) == {"errorCode", "message"}
    return answer.status_code, only["errorCode"]


def rows_of(answer: httpx.Response, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text, newline=""), delimiter=delimiter, strict=True))


def sample() -> list[dict[str, str]]:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def paths() -> dict[str, str]:
    return dict(json.loads(CONTRACT.read_text("utf-8")))
