"""What `make verify` makes of a run that a fault struck."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

import verify.__main__
import verify.batch_faults
import verify.fault
import verify.follow
import verify.measure
import verify.product
import verify.speed
import verify.start
import verify.watch
from anomaly_detection.errors import ServiceError


def struck(*, says: str = "", **found: Any) -> Any:
    """A batch of ten rows that is complete, but for what was found."""
    fault = verify.fault.Fault("a part killed", lambda cluster: None, says=says)
    whole = {"exit_code": 0, "rows_in": 10, "rows_out": 10, "lost": 0, "twice": 0, "outcome": "done"}
    values = {**whole, "run": "batch", "after": 1.0, "recovered": 2.0, "complete": not says, **found}
    return verify.fault.Struck(fault=fault, **values)


GONE: dict[str, Any] = {"exit_code": 1, "rows_out": 0, "outcome": "error: it is gone"}


@pytest.mark.parametrize(
    ("found", "holds"),
    [
        ({}, True),
        ({"rows_out": 9, "lost": 1}, False),
        ({"rows_out": 11, "twice": 1}, False),
        ({"lost": 1, "twice": 1}, False),
        ({"exit_code": 1}, False),
        ({"starts": 2}, False),
        ({"starts": 2, "says": "gone", "outcome": "it is gone; started again", "complete": True}, True),
        ({"rows_in": 0, "rows_out": 0}, False),
        ({"says": "gone", **GONE}, True),
        ({"says": "gone", **GONE, "rows_out": 3}, False),
        ({"says": "gone", **GONE, "exit_code": 0}, False),
        ({"says": "gone", **GONE, "outcome": "error: something"}, False),
        ({"says": "gone", **GONE, "outcome": "error: it is gone\n\tat java.lang.Thread.run"}, False),
    ],
)
def test_a_fault_is_survived_whole_or_the_run_fails_with_its_reason(found: dict[str, Any], holds: bool) -> None:
    one = struck(**found)
    assert one.holds is holds
    assert len(one.cells) == len(one.columns)
    assert json.loads(json.dumps(one.as_json()))["holds"] is holds


def test_versions_are_counted_in_the_files_that_are_there(tmp_path: Path) -> None:
    def put(name: str, *rows: dict[str, str]) -> None:
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    watch = verify.watch.Watch(tmp_path)
    put("scored-a.jsonl", {"id": "1", "Name": "x"})
    watch.look()
    put("scored-a.jsonl", {"id": "1", "Name": "x"}, {"id": "2", "Name": "y"})
    put("scored-b.jsonl", {"id": "1", "Name": "x"})
    put("errors-a.jsonl", {"id": "3"})
    assert watch.committed() == {("1", "x"): 2, ("2", "y"): 1, ("3", "in error"): 1}
    assert not watch.has_passed(0)
    (tmp_path / "position.json").write_text('{"position": "1970-01-01T00:00:10Z"}', "utf-8")
    watch.look()
    assert watch.has_passed(9)
    assert not watch.has_passed(10)


def test_a_run_that_is_followed_ends_though_what_it_begins_with_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*unused: Any) -> None:
        raise KeyboardInterrupt

    run = subprocess.Popen(["sleep", "60"])
    monkeypatch.setattr(verify.follow, "Org", lambda: nullcontext(SimpleNamespace(names=dict)))
    monkeypatch.setattr(verify.follow, "_start", lambda *unused: run)
    monkeypatch.setattr(verify.follow, "_await", interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            next(verify.follow.follow())
        assert run.wait(10) == -signal.SIGKILL
    finally:
        run.kill()
        run.wait()


def test_a_bench_that_is_interrupted_is_told_to_end_and_waited_for(tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    bench = f"trap 'sleep 0.5; touch {ended}; exit 1' TERM; kill -INT $PPID; sleep 60 & wait"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            verify.speed._run("sh", "-c", bench)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (subprocess.TimeoutExpired("sudo", 5), "TimeoutExpired: Command 'sudo' timed out after 5 seconds"),
        (ServiceError("it is gone"), "ServiceError: it is gone"),
    ],
)
def test_a_section_that_fails_in_whatever_way_is_not_measured_and_the_next_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def half() -> Iterator[Any]:
        yield verify.measure.Measure("first", 1.0)
        raise error

    def whole() -> Iterator[Any]:
        yield verify.measure.Measure("second", 2.0)

    main = verify.__main__
    monkeypatch.setattr(main, "OUTPUT", tmp_path)
    monkeypatch.setattr(main, "machine", lambda: {"cpu": "Some CPU", "cores": 2, "memory_gib": 23.5})
    monkeypatch.setattr(verify.start, "start", half)
    monkeypatch.setattr(verify.follow, "follow", whole)
    done = CliRunner().invoke(main.main, ["--only=start", "--only=follow"], standalone_mode=False)
    assert str(done.exception) == "not met or not measured: start"
    assert getattr(done.exception, "exit_code", None) == 1
    files = {name: json.loads((tmp_path / f"{name}.json").read_text("utf-8")) for name in ("start", "follow")}
    assert [len(file["measures"]) for file in files.values()] == [1, 1]
    assert files["start"]["not_measured"] == reason
    assert "not_measured" not in files["follow"]
