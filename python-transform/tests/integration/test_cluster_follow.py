"""An org that changes while it is followed on Flink, whose workers are killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .clusters import APP, ROOT, SECONDS, Command, await_that, rows, running

LOGIN = {"client_id": "test-client", "client_secret": "test-secret"}
RECORDS = 200


@dataclass(frozen=True)
class Org:
    """A test Salesforce, and how often each of its records came to be or was changed."""

    port: int
    versions: Counter[str]

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
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_test/records?fields=Id", timeout=10) as answer:
            yield Org(port, Counter(record["Id"] for record in json.load(answer)["records"]))
        process.communicate()


@contextmanager
def following(cluster: Command, of: Org, output: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A run that is ended by SIGTERM, after which it has to say that all is well."""
    login = output.with_suffix(".json")
    login.write_text(json.dumps(LOGIN))
    command = [
        *(
            str(APP),
            *cluster.options(),
            "--source=salesforce",
            f"--salesforceUrl=http://127.0.0.1:{of.port}",
            f"--output={output}",
        ),
        *(f"--salesforceCredentials={login}", "--follow", "--lag=1s", "--pollInterval=1s", "--commitEvery=1s"),
        *("--checkpointingInterval=1000", *options),
    ]
    command = [option for option in command if not option.startswith("--stallLimit")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        process.terminate()
        printed, log = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, log
    assert "ended as asked: " in printed
    assert " rows scored, " in log, log
    await_that(lambda: states(cluster) <= {"CANCELED"})


def states(cluster: Command) -> set[str]:
    return {job["state"] for job in cluster.asked("/jobs/overview")["jobs"]}


def committed(output: Path) -> Counter[str]:
    return Counter(row["id"] for row in rows(output))


def test_every_version_is_scored_once_though_a_task_manager_is_killed(tmp_path: Path) -> None:
    output = tmp_path / "out"
    with running(tmp_path / "cluster", "flink") as cluster, org() as of:
        first = sorted(of.versions)
        with following(cluster, of, output, "--since=2020-01-01"):
            await_that(lambda: committed(output) == of.versions)
            # One of the two has all the tasks; the other one takes them over.
            for number, manager in enumerate(("task-manager-1", "task-manager-2")):
                of.change("POST", {"count": 20})
                os.kill(cluster.pids[manager], signal.SIGKILL)
                of.change("PATCH", {"ids": first[:10], "values": {"Name": f"changed {number}"}})
                await_that(lambda: committed(output) == of.versions)
                assert cluster.start().returncode == 0
            restored = [
                cluster.asked(f"/jobs/{job['jid']}/checkpoints") for job in cluster.asked("/jobs/overview")["jobs"]
            ]
            assert restored[0]["counts"]["restored"] >= 1
        of.change("POST", {"count": 20})
        with following(cluster, of, output) as again:
            await_that(lambda: committed(output) == of.versions)
            assert again.poll() is None
    assert {file.name for file in output.iterdir() if file.name.startswith(".follow-")} == set()
