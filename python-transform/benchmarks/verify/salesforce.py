"""Opportunities read from the test Salesforce: how fast, with how many calls, and whole whatever goes wrong."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from anomaly_detection.errors import AnomalyDetectionError
from bench.plan import ROOT
from bench.processes import CommandError, Ran, run
from verify.measure import Measure
from verify.org import Org

ROWS = 100_000
LOGS = ROOT / "build" / "verify" / "salesforce-logs"
_BIN = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "bin"
_PATHS: Mapping[str, str] = json.loads((ROOT / "contract" / "salesforce.json").read_text("utf-8"))
_TIMES = re.compile(r"First row read after ([0-9.]+) s, .* last row scored after ([0-9.]+) s")

Fault = Mapping[str, Any]

FAULTS: Mapping[str, Sequence[Fault]] = {
    "session_ended": [{"fault": "session", "endpoint": "bulk_results", "after": 2}],
    "no_calls_left_for_now": [{"fault": "limit", "endpoint": "bulk_results", "after": 2}],
    "too_many_requests": [{"fault": "429", "endpoint": "bulk_results", "after": 1, "times": 2}],
    "retry_after": [{"fault": "503", "endpoint": "bulk_results", "after": 1, "retry_after": 2}],
    "unavailable": [{"fault": "503", "endpoint": ["bulk_create", "bulk_status", "bulk_results"], "times": 3}],
    "page_truncated": [{"fault": "truncated", "endpoint": "bulk_results", "after": 2}],
    "rows_missing": [{"fault": "rows", "endpoint": "bulk_results", "after": 2}],
    "count_wrong": [{"fault": "count", "endpoint": "bulk_results", "after": 2}],
    "connection_cut": [{"fault": "cut", "endpoint": "bulk_results", "after": 2}],
    "connection_dropped": [{"fault": "drop", "endpoint": ["bulk_status", "bulk_results"], "times": 2}],
    "job_failed": [{"fault": "job_failed", "times": 2}],
    "no_bulk_jobs_left": [
        {"fault": "bulk_limit", "times": None},
        {"fault": "rows", "endpoint": "query_more", "after": 5},
        {"fault": "session", "endpoint": "query_more", "after": 20},
    ],
}
"""What is switched on in turn, each of which a run survives."""


def salesforce() -> Iterator[Measure]:
    """Read and score all, then once more with each fault; compare with the store, past the API."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Org(f"--rows={ROWS}") as server,
        httpx.Client(base_url=server.url, timeout=120) as org,
    ):
        output, login = Path(folder) / "output", server.write_login(Path(folder) / "login.json")
        source = ["--source=salesforce", f"--salesforceUrl={server.url}", login]
        stored = _stored(org)
        yield from _read_alone(org, source, Path(folder))
        ran = _score("no_fault", source, output)
        times = _TIMES.search(ran.output)
        if not times:
            raise AnomalyDetectionError(f"expected a summary with times, found {ran.output}", exit_code=1)
        yield Measure("rows_per_second_read_and_scored", ROWS / (float(times[2]) - float(times[1])), "rows/s")
        yield Measure("peak_memory_java", ran.taken["java"].peak_mib, "MiB")
        yield Measure("different_without_fault", _different(stored, output), "rows", most=0)
        for name, faults in FAULTS.items():
            _switch_on(org, faults)
            _score(name, source, output)
            _require_struck(org)
            yield Measure(f"different_with_{name}", _different(stored, output), "rows", most=0)
        _switch_on(org, [{"fault": "job_stuck", "times": None}])
        yield Measure("ends_clearly_with_job_stuck", _fails(source, output), least=1)


def _read_alone(org: httpx.Client, source: Sequence[str], folder: Path) -> Iterator[Measure]:
    """Read without scoring."""
    _switch_on(org, [])
    count = folder / "count"
    # An address that nobody asks: without it a Python service would be started.
    options = [f"--countFile={count}", f"--output={folder}", "--expansionService=localhost:1"]
    command: list[str | Path] = [_BIN / "baseline", *source, *options]
    ran = run("read-alone", command, logs=LOGS, cwd=ROOT)
    calls = org.get("/_test/calls").json()["api_used"]
    yield Measure("rows_read_alone", int(count.read_text("utf-8")), "rows", least=ROWS, most=ROWS)
    seconds = count.stat().st_mtime - ran.seen["prism"]
    yield Measure("rows_per_second_read_alone", ROWS / seconds, "rows/s")
    yield Measure("peak_memory_java_read_alone", ran.taken["java"].peak_mib, "MiB")
    yield Measure("api_calls", calls, "calls")


def _score(name: str, source: Sequence[str], output: Path) -> Ran:
    shutil.rmtree(output, ignore_errors=True)
    command: list[str | Path] = [_BIN / "java-pipeline", *source, f"--output={output}", "--report=false"]
    return run(name, command, logs=LOGS, cwd=ROOT)


def _fails(source: Sequence[str], output: Path) -> int:
    """Return 1 if a run whose query never ends says so and ends with 1, 0 otherwise."""
    try:
        _score("job_stuck", [*source, "--salesforceJobTimeout=5s"], output)
    except CommandError as error:
        return int("ended with 1;" in str(error) and "expected it to end within" in str(error))
    return 0


def _switch_on(org: httpx.Client, faults: Sequence[Fault]) -> None:
    org.delete("/_test/faults").raise_for_status()
    org.delete("/_test/calls").raise_for_status()
    for fault in faults:
        org.post("/_test/faults", json=fault).raise_for_status()


def _require_struck(org: httpx.Client) -> None:
    for fault in org.get("/_test/faults").json():
        if not fault["struck"]:
            raise AnomalyDetectionError(f"expected the fault {fault} to have struck, it did not", exit_code=1)


def _stored(org: httpx.Client) -> dict[str, dict[str, Any]]:
    """Return the contract's columns of all records, by id."""
    fields = {"fields": ",".join(_PATHS.values()), "deleted": "false"}
    records = org.get("/_test/records", params=fields).json()["records"]
    return {record["Id"]: {column: record[path] for column, path in _PATHS.items()} for record in records}


def _different(stored: Mapping[str, Mapping[str, Any]], output: Path) -> int:
    """Return how many rows are missing, come twice, are in error or differ in a value."""
    seen: set[str] = set()
    different = 0
    for file in output.glob("*.jsonl"):
        for line in file.open(encoding="utf-8"):
            row = json.loads(line)
            id_ = row.get("Id")
            different += id_ in seen or id_ not in stored or {column: row[column] for column in _PATHS} != stored[id_]
            seen.add(id_)
    return different + len(stored.keys() - seen)
