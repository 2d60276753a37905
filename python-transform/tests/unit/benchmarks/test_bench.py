"""The benchmark's own arithmetic: spreads, headline, merging, tables and figures, and how a failing section ends."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console
from rich.measure import Measurement

import bench.__main__
import bench.arms
import bench.core
import bench.figures
import bench.headline
import bench.machine
import bench.openings
import bench.outlook
import bench.plan
import bench.processes
import bench.profile
import bench.results
import bench.rivals
import bench.spreads
import bench.tables
from anomaly_detection.errors import DataError

MACHINE = {"cpu": "Some CPU", "cores": 2, "memory_gib": 23.5}


def took(java: float, python: float) -> dict[str, dict[str, float]]:
    return {
        "java": {"cpu_seconds": 10.0, "peak_mib": java},
        "python": {"cpu_seconds": 1000.0, "peak_mib": python},
        "prism": {"cpu_seconds": 1.0, "peak_mib": 100.0},
    }


def arm(name: str, rows: int, repeat: int, data: float, wall: float, java: float = 500, python: float = 1e4) -> Any:
    return {
        "arm": name,
        "rows": rows,
        "repeat": repeat,
        "data_seconds": data,
        "wall_seconds": wall,
        "first_row_seconds": None,
        "processes": took(java, python),
    }


def speed(per_second: float, repeat: int = 0, **setting: Any) -> Any:
    return {
        **setting,
        "rows": 65_536,
        "repeat": repeat,
        "cpu_seconds": 65_536 / per_second,
        "rows_per_second": per_second,
    }


def everything() -> dict[str, list[Any]]:
    """What a whole bench measures, with large figures and two or three runs of each."""
    arms = ("Java only", "Row identity", "rows scored", "columns scored")
    seconds = {"Java only": 2.0, "Row identity": 20.0, "rows scored": 1090.0, "columns scored": 10.0}
    detector = [
        speed(40.0 * batch + repeat, repeat, what="detector", batch=batch, reasons=reasons)
        for repeat in (0, 1, 2)
        for batch in (256, 1024, 4096, 16384)
        for reasons in ("odd", "all")
    ]
    transform = [
        speed(5e5, what="transform", boundary=boundary, batch=4096, reasons="odd") for boundary in ("rows", "columns")
    ]
    parts = {"what": "parts", "boundary": "columns", "rows": 65_536, "shares": {"clustering > neighbors": 1.0}}
    training = [
        {"rows": rows, "repeat": 0, "wall_seconds": rows / 10, "cpu_seconds": rows / 20, "peak_mib": 1e4}
        for rows in (671, 5_000, 100_000)
    ]
    return {
        "boundary": [
            arm(name, 1_000_000, repeat, seconds[name] + repeat, 2 * seconds[name] + repeat)
            for repeat in (0, 1, 2)
            for name in arms
        ],
        "core": [*detector, speed(6e5, what="detector, texts as codes", batch=4096, reasons="odd"), *transform, parts],
        "accelerator": [speed(200.0, what="whole"), speed(300.0, what="hashing")],
        "rivals": [speed(5e4, detector=name, encoding="frequency") for name in ("KNN", "LOF", "IForest")],
        "training": training,
        "volume": [
            arm("columns scored", 10**power, 0, 10.0 ** (power - 5), 10.0 ** (power - 5) + 5, java=100 * power)
            for power in (4, 5, 6, 7)
        ],
        "workers": [
            {
                "workers": count,
                "rows": rows,
                "repeat": 0,
                "wall_seconds": rows / 1e4 / count,
                "cpu_seconds": rows / 1e4,
                "peak_mib": 4096.0,
                "files": 40,
                "bytes": 700 * rows,
            }
            for rows in (10_000, 1_000_000)
            for count in (1, 2)
        ],
    }


def test_the_headline_is_made_of_medians() -> None:
    found = bench.headline.headline(everything())
    assert found == {
        "pipeline_over_row_identity": pytest.approx(11 / 21),
        "pipeline_over_row_identity_wall": pytest.approx(21 / 41),
        "core_rows_per_second_per_core": pytest.approx(163_841.0),
        "peak_memory_10m_over_1m": pytest.approx(700 / 600),
        "core_over_accelerator": pytest.approx(163_841.0 / 200),
        "time_1m_over_100k": pytest.approx(10.0),
    }


@pytest.mark.parametrize(
    ("missing", "gone"),
    [
        ("boundary", {"pipeline_over_row_identity", "pipeline_over_row_identity_wall"}),
        ("core", {"core_rows_per_second_per_core", "core_over_accelerator"}),
        ("accelerator", {"core_over_accelerator"}),
        ("volume", {"peak_memory_10m_over_1m", "time_1m_over_100k"}),
        ("training", set()),
    ],
)
def test_what_was_not_measured_is_null_in_the_headline(missing: str, gone: set[str]) -> None:
    sections = {name: found for name, found in everything().items() if name != missing}
    assert {name for name, value in bench.headline.headline(sections).items() if value is None} == gone


def test_a_billion_rows_take_what_the_last_millions_took() -> None:
    volume = [each | {"processes": took(1024, 1024)} for each in everything()["volume"]]
    for each in volume:
        each["processes"]["java"]["cpu_seconds"] = each["rows"] / 1e5
    found = bench.outlook.embedded(volume, 10)
    # 10 s of Java a million rows; each million takes 10 s, so one of two cores is busy.
    assert found.core_hours == pytest.approx(10_000 / 3600)
    assert found.busy == pytest.approx(0.5)
    assert found.hours == pytest.approx(10_000 / 3600 / 10)
    assert found.dollars == pytest.approx(found.hours * 10 * (2 * 0.056 + 2 * 0.003557))
    flink = bench.outlook.on_flink(everything()["workers"], 1)
    assert (flink.core_hours, flink.busy, flink.gib) == (pytest.approx(100_000 / 3600), 0.5, 4.0)
    assert bench.outlook.embedded(volume[:3], 1) is None
    assert bench.outlook.on_flink([], 1) is None


def test_memory_is_not_compared_without_ten_million_rows() -> None:
    volume = [each for each in everything()["volume"] if each["rows"] < 10**7]
    assert bench.headline.headline({"volume": volume})["peak_memory_10m_over_1m"] is None


def test_a_section_measured_again_replaces_the_old_one_alone(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    first = bench.results.Results.open(path, MACHINE)
    for name in ("boundary", "core"):
        add = first.begin(name, rows=10, repeats=1)
        for measurement in everything()[name]:
            add(measurement)
        first.finish(name)
    again = bench.results.Results.open(path, MACHINE)
    add = again.begin("core", rows=20, repeats=2)
    assert len(again.measurements("core")) > 1, "nothing is lost before there is something new"
    add(speed(7.0, what="detector", batch=4096, reasons="odd"))
    stopped = json.loads(path.read_text("utf-8"))
    assert stopped["sections"]["core"]["settings"] == {"rows": 20, "repeats": 2}
    assert (stopped["sections"]["core"]["complete"], stopped["sections"]["boundary"]["complete"]) == (False, True)
    assert stopped["headline"]["core_rows_per_second_per_core"] == 7.0
    assert stopped["headline"]["pipeline_over_row_identity"] == pytest.approx(11 / 21)
    assert stopped["machine"] == MACHINE
    data = next(each for each in stopped["medians"]["boundary"] if each["arm"] == "Row identity")["data_seconds"]
    assert data == {"median": 21.0, "low": 20.0, "high": 22.0, "runs": 3}


def test_results_of_another_machine_are_not_mixed_in(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    bench.results.Results.open(path, MACHINE).begin("core", rows=10, repeats=1)(everything()["core"][0])
    assert bench.results.Results.open(path, MACHINE).sections.keys() == {"core"}
    assert bench.results.Results.open(path, {**MACHINE, "cores": 64}).sections == {}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1}'])
def test_a_file_that_holds_something_else_is_not_overwritten(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bench.json"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match="expected the results of an earlier bench"):
        bench.results.Results.open(path, MACHINE)


def test_no_table_is_wider_than_80_columns() -> None:
    sections, console = everything(), Console(width=1000)
    tables = [table for name, found in sections.items() for table in bench.tables.TABLES[name](found)]
    tables.append(bench.tables.headline_table(bench.headline.headline(sections)))
    tables.append(bench.tables.outlook_table(sections["volume"], sections["workers"]))
    assert len(tables) == 12
    for table in tables:
        assert table.row_count > 0
        assert Measurement.get(console, console.options, table).maximum <= 80, table.title
        assert len(str(table.title)) <= 80


@pytest.mark.slow
def test_figures_are_drawn_of_what_was_measured(tmp_path: Path) -> None:
    files = bench.figures.write_figures(everything(), tmp_path)
    assert {file.stem for file in files} == {"boundary", "core", "detectors", "training", "volume", "scale"}
    for file in files:
        if file.suffix == ".png":
            assert file.read_bytes().startswith(b"\x89PNG")
        else:
            assert ElementTree.fromstring(file.read_text("utf-8")).tag.endswith("svg")  # noqa: S314
    some = {name: found for name, found in everything().items() if name in ("core", "volume")}
    assert {file.stem for file in bench.figures.write_figures(some, tmp_path)} == {"core", "volume"}


def test_a_section_that_fails_keeps_what_it_has_and_the_next_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(unused: Any) -> Iterator[Any]:
        yield everything()["core"][0]
        raise bench.processes.CommandError("core-1 ended with 1; the end of core-1.log:\n  out of luck")

    def broken(unused: Any) -> Iterator[Any]:
        yield from everything()["rivals"]
        raise ZeroDivisionError

    monkeypatch.setattr(bench.core, "core", half)
    monkeypatch.setattr(bench.rivals, "rivals", broken)
    monkeypatch.setattr(bench.__main__, "machine", lambda: MACHINE)
    done = CliRunner().invoke(bench.__main__.main, [f"--output={tmp_path}", "--only=rivals,core", "--rows=2000"])
    assert str(done.exception) == "2 of 2 sections failed: core, rivals"
    found = json.loads((tmp_path / "bench.json").read_text("utf-8"))["sections"]
    assert {name: (len(each["measurements"]), each["complete"]) for name, each in found.items()} == {
        "core": (1, False),
        "rivals": (3, False),
    }


def test_an_unknown_section_is_refused_with_those_there_are(tmp_path: Path) -> None:
    done = CliRunner().invoke(bench.__main__.main, [f"--output={tmp_path}", "--only=core,boundry"])
    assert done.exit_code == 2
    assert "found 'boundry'" in done.output
    assert not list(tmp_path.iterdir())
