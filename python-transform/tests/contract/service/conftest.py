"""A runner and a client in each language, for tests against the service in its container."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from anomaly_detection.schema import contract_json
from anomaly_detection.tables.input_table import InputTable

ROOT = Path(__file__).parents[4]
JAVA = ROOT / "java-pipeline" / "build" / "install" / "java-pipeline" / "bin"
PRISM = ROOT / "build" / "tools" / "prism"
PYTHON_CLIENT = Path(__file__).with_name("python_client.py")
SECONDS = 120
"""That a client may take."""

Fields = Sequence[Mapping[str, Any]]
Row = dict[str, Any]


@dataclass
class Outcome:
    """What came of a case: rows, or why there are none."""

    scored: list[Row] = field(default_factory=list)
    errors: list[Row] = field(default_factory=list)
    refused: str | None = None


Client = Callable[[Sequence[Mapping[str, Any]]], dict[str, Outcome]]


def exact(rows: Sequence[Row]) -> list[str]:
    """Return rows, in whatever order they came, so that equal is equal bit by bit: −0.0 is not 0.0."""
    return sorted(json.dumps(row) for row in rows)


@pytest.fixture(scope="session")
def rows_of() -> Callable[[Sequence[Row]], list[str]]:
    """See `exact`."""
    return exact


@pytest.fixture(scope="session")
def case() -> Callable[..., dict[str, Any]]:
    """Make a case for a client; `python_client.py` says what that is."""
    config_fields = {field["name"]: field for field in contract_json("schemas/config.json")["fields"]}
    model = {
        "encoder_uri": "pretrained/encoder.pth",
        "model_uri": "pretrained/anomaly_detection.model",
        "params_uri": "pretrained/model.params",
    }

    def make(
        name: str,
        *,
        way: str,
        fields: Fields,
        rows: Sequence[Row],
        types: Mapping[str, str] | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        given = {**model, **options}
        changed = {option: {"type": type_} for option, type_ in (types or {}).items()}
        config = [
            {**config_fields.get(option, {"name": option}), "nullable": False, **changed.get(option, {})}
            for option in given
        ]
        return {"name": name, "way": way, "fields": list(fields), "rows": list(rows),
                "config": {"fields": config, "row": given}}  # fmt: skip

    return make


@dataclass(frozen=True)
class Opportunities:
    """Rows of the sample, typed, with the fields that they have in the contract."""

    fields: list[dict[str, Any]]
    rows: list[Row]


@pytest.fixture(scope="session")
def opportunities() -> Opportunities:
    """Thirty rows: ordinary ones, odd ones, and such as cannot be scored."""
    sample = ROOT / "data" / "opportunities.csv"
    table = InputTable(sample, id_column="Id")
    rows: list[Row] = [row for batch in table.batches() for row in batch.columns.to_pylist()]
    labelled = {line.partition(",")[0] for line in (sample.with_name("labels.csv")).read_text("utf-8").splitlines()}
    odd = [row for row in rows if row["Id"] in labelled][:12]
    ordinary = [row for row in rows if row["Id"] not in labelled][:10]
    changes: list[Row] = [
        {"Amount": {"double": "NaN"}},
        {"Amount": {"double": "-Infinity"}},
        {"CloseDate": "2024-02-30"},
        {"Id": None},
        {"Stage": "never seen", "Owner": "Zoë 🗼"},
        {"Amount": -0.0},
        {name: None for name in table.columns if name != "Id"},
        {"Id": ""},
    ]
    changed = [
        {**row, "Id": f"changed-{i}", **change} for i, (row, change) in enumerate(zip(rows, changes, strict=False))
    ]
    fields = [field for field in contract_json("schemas/input.json")["fields"] if field["name"] in table.columns]
    # A client cannot promise that there is an id: where there is none, the row is an error.
    return Opportunities([{**field, "nullable": True} for field in fields], [*ordinary, *odd, *changed])


@pytest.fixture(scope="session")
def prism(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[str]:
    """The address of a runner."""
    assert PRISM.exists(), f"expected Prism at {PRISM}; run `make setup`"
    port = free_port()
    log = tmp_path_factory.mktemp("prism") / "prism.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [PRISM, f"--job_port={port}", "--serve_http=false", "--log_level=info", "--idle_shutdown_timeout=1h"],
            stdout=stream,
            stderr=stream,
        )
    try:
        deadline = time.monotonic() + 30
        while "Serving JobManagement" not in log.read_text("utf-8"):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, f"Prism was not ready within 30 s: {log.read_text('utf-8')}"
            time.sleep(0.05)
        yield f"localhost:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Outcome]]:
    """Run a client's command with what it takes before its two files, and return what came of each case, by name."""

    def run(command: Sequence[str | Path], cases: Sequence[Mapping[str, Any]]) -> dict[str, Outcome]:
        folder = tmp_path_factory.mktemp("client")
        given, results = folder / "cases.json", folder / "results.jsonl"
        given.write_text(json.dumps(cases), "utf-8")
        ended = subprocess.run(
            [*command, given, results],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        outcomes: dict[str, Outcome] = defaultdict(Outcome)
        for line in map(json.loads, results.read_text("utf-8").splitlines()):
            if "refused" in line:
                outcomes[line["name"]].refused = line["refused"]
            else:
                getattr(outcomes[line["name"]], line["output"]).append(line["row"])
        assert outcomes.keys() == {case["name"] for case in cases}
        return dict(outcomes)

    return run


@pytest.fixture(scope="session")
def java_client(clients: Any, service: Any, prism: str) -> Client:
    """A pipeline in Java that reaches the service in every way that there is."""
    program = JAVA / "contract-client"
    assert program.exists(), f"expected {program}; run `build/tools/gradle :java-pipeline:installContractClient`"
    return lambda cases: clients([program, service.address, prism], cases)


@pytest.fixture(scope="session")
def python_client(clients: Any, service: Any) -> Client:
    """A pipeline in Python that reaches the service."""
    return lambda cases: clients([sys.executable, PYTHON_CLIENT, service.address], cases)


@pytest.fixture(scope="session")
def in_process(clients: Any) -> Client:
    """The transform itself, in a process without service and runner."""
    return lambda cases: clients([sys.executable, PYTHON_CLIENT, ""], cases)
