"""A test Salesforce that changes, and runs that follow it on a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .clusters import APP, ROOT, SECONDS, Command, await_that, rows

LOGIN = {"client_id": "test-client", "client_secret": "test-secret"}
RECORDS = 200


@dataclass(frozen=True)
class Org:
    """A test Salesforce, and how often each of its records came to be or was changed."""

    port: int
    versions: Counter[str]

    def values(self, field: str) -> dict[str, Any]:
        """A field of all records by their ids."""
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.port}/_test/records?fields=Id,{field}", timeout=10
        ) as answer:
            return {record["Id"]: record[field] for record in json.load(answer)["records"]}

    def change(self, method: str, body: dict[str, Any]) -> None:
        """Insert (`POST`) or change (`PATCH`) records past the API, each of which comes to be read."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/_test/records",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            self.versions.update(json.load(answer)["ids"])


@contextmanager
def org() -> Iterator[Org]:
    command = (sys.executable, "-m", "salesforce_mock", "--port=0", f"--rows={RECORDS}", "--until-stdin-closes")
    path = {**os.environ, "PYTHONPATH": str(ROOT / "salesforce-mock" / "src")}
    with subprocess.Popen(command, env=path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = next(line for line in process.stdout if line.startswith("ready "))
        port = int(ready.split()[1].rsplit(":", 1)[1])
        of = Org(port, Counter())
        of.versions.update(of.values("Name").keys())
        yield of
        process.communicate()


@contextmanager
def following(cluster: Command, of: Org, output: Path, *options: str, stopped_in_flink: bool = False) -> Iterator[Path]:
    """A run that is ended by SIGTERM, or has been in Flink, after which it has to say that all is well; its log."""
    login = output.with_suffix(".json")
    login.write_text(json.dumps(LOGIN))
    command = [
        *(str(APP), "--source=salesforce", f"--salesforceUrl=http://127.0.0.1:{of.port}", f"--output={output}"),
        *(f"--salesforceCredentials={login}", "--follow", "--lag=1s", "--pollInterval=1s", "--commitEvery=1s"),
        *("--checkpointingInterval=1000", *options),
    ]
    log = output.with_suffix(".log")
    with (
        log.open("a") as stream,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stream, text=True) as process,
    ):
        try:
            yield log
        except BaseException:
            process.kill()
            raise
        if not stopped_in_flink:
            process.terminate()
        printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, log.read_text()
    assert f"ended as asked{' in Flink' * stopped_in_flink}: " in printed
    await_that(lambda: not states(cluster) & {"RUNNING", "RESTARTING", "CANCELLING"})


def states(cluster: Command) -> set[str]:
    return {job["state"] for job in cluster.asked("/jobs/overview")["jobs"]}


def savepoint(cluster: Command, job: str, folder: Path, *, stop: bool) -> str:
    """A savepoint of a running job, which is stopped by it or goes on."""
    path, target = ("stop", "targetDirectory") if stop else ("savepoints", "target-directory")
    request = cluster.asked(f"/jobs/{job}/{path}", {target: str(folder)})["request-id"]

    def state() -> Any:
        return cluster.asked(f"/jobs/{job}/savepoints/{request}")

    await_that(lambda: state()["status"]["id"] == "COMPLETED")
    return str(state()["operation"]["location"])


def committed(output: Path) -> Counter[str]:
    return Counter(row["id"] for row in rows(output))
