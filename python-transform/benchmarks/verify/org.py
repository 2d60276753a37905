"""The test Salesforce as a process of its own, and what happens in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

import httpx

from anomaly_detection.errors import AnomalyDetectionError
from bench.plan import ROOT

_EXPORT = re.compile(r"export (\w+)='?([^'\n]*)'?\n")


class Org:
    """A test Salesforce, for as long as this context lasts: with the sample, unless its options say otherwise."""

    def __init__(self, *options: str) -> None:
        self._said: dict[str, str] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "salesforce_mock", "--port=0", "--until-stdin-closes", *options],
            env={**os.environ, "PYTHONPATH": str(ROOT / "salesforce-mock" / "src")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Org:
        for line in cast(IO[str], self._process.stdout):
            if found := _EXPORT.fullmatch(line):
                self._said[found[1]] = found[2]
            elif line.startswith("ready "):
                return self
        raise AnomalyDetectionError("the test Salesforce ended before it was ready", exit_code=1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cast(IO[str], self._process.stdin).close()
        self._process.wait(10)

    @property
    def url(self) -> str:
        """Its address."""
        return self._said["SALESFORCE_URL"]

    @property
    def login(self) -> dict[str, str]:
        """The variables of a login with a secret: one of two that it knows."""
        return {name: self._said[name] for name in ("SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET")}

    def write_login(self, file: Path) -> str:
        """Write the login to a file, for workers that do not have the variables; return the option that names it."""
        secrets = {name.removeprefix("SALESFORCE_").lower(): value for name, value in self.login.items()}
        file.write_text(json.dumps(secrets), "utf-8")
        return f"--salesforceCredentials={file}"

    def names(self) -> dict[str, str]:
        """Return the Name of each record by its id."""
        records = self._call("GET", "/_test/records?fields=Id,Name&deleted=false")["records"]
        return {record["Id"]: record["Name"] for record in records}

    def insert(self, name: str) -> str:
        """Insert a record and return its id."""
        return str(self._call("POST", "/_test/records", {"records": [{"Name": name}]})["ids"][0])

    def update(self, record: str, name: str) -> None:
        """Change the Name of a record."""
        self._call("PATCH", "/_test/records", {"ids": [record], "values": {"Name": name}})

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return httpx.request(method, self.url + path, json=body, timeout=30).raise_for_status().json()
