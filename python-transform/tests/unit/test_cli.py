"""The `anomaly-detection` command as people and scripts meet it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from anomaly_detection.artifacts import ENCODER, FORMAT_VERSION, MODEL, PARAMS
from anomaly_detection.cli import group
from anomaly_detection.detector import Detector
from anomaly_detection.encoders import SHAPES
from anomaly_detection.evaluate.contest import ENCODERS
from anomaly_detection.generate import write_opportunities
from anomaly_detection.schema import ERRORS, SCORED, contract_json
from anomaly_detection.training import TrainOptions
from anomaly_detection.weights import LOOK_FOR

# Somebody's real export, which is beside the project where that is developed and nowhere else.
EXPORT = Path(__file__).parents[4] / "shared" / "data" / "dtc_opportunity.csv"
LABELS = {field["name"]: field["label"] for field in contract_json("aliases.json")["fields"]}
COMMANDS = ("generate", "train", "score", "report", "evaluate", "card", "inspect", "convert", "serve", "worker-pool")
PARCEL_COLUMNS = ["Code", "Route", "Express", "Weight", "Sent", "Arrived", "Built"]


Run = Callable[..., Any]


@pytest.fixture
def parcels_csv(tmp_path: Path, small: Any) -> Callable[..., Path]:
    """Write parcels as CSV, some records replaced."""

    def write(*, rows: int = 30, header: list[str] | None = None, records: dict[int, list[str]] | None = None) -> Path:
        with small.csv.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.reader(stream))[: rows + 1]
        if header is not None:
            lines[0] = header
        for number, record in (records or {}).items():
            lines[number] = record
        path = tmp_path / "parcels.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(lines)
        return path

    return write


def strict(line: str) -> Any:
    def no_constant(text: str) -> None:
        raise AssertionError(f"{text} is not JSON")

    return json.loads(line, parse_constant=no_constant)


def json_lines(path: Path) -> list[Any]:
    return [strict(line) for line in path.read_text("utf-8").splitlines()]


# Help and usage.


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_every_option_is_for(command: str) -> None:
    result = CliRunner().invoke(group, [command, "--help"])
    assert result.exit_code == 0
    for option in group.commands[command].params:
        assert option.opts[0] in result.output or option.metavar in result.output
        if option.param_type_name == "option":
            assert option.help
    assert result.output.startswith(f"Usage: group {command}")


def test_options_of_train_are_those_of_training() -> None:
    options, defaults = {option.name: option for option in group.commands["train"].params}, TrainOptions()
    for name in ("seed", "alpha", "encoder", "look_for", "reference_rows"):
        assert options[name].default == getattr(defaults, name), name
    assert set(options["encoder"].type.choices) == set(SHAPES) == set(ENCODERS)
    assert set(options["look_for"].type.choices) == set(LOOK_FOR)


def test_help_of_the_whole_shows_how_to_begin() -> None:
    result = CliRunner().invoke(group, ["--help"])
    assert all(command in result.output for command in COMMANDS)
    assert "anomaly-detection train deals.csv --id-column Id --output model" in result.output
    assert "Exit status: 0 done, 1 the run failed, 2 bad usage or bad input, 3" in result.output


def test_the_names_and_options_are_those_that_others_script_against() -> None:
    options = {name: {opt for p in command.params for opt in p.opts} for name, command in group.commands.items()}
    assert options.keys() == set(COMMANDS)
    assert options["generate"] >= {"--rows", "--output", "--seed", "--anomalies", "--labels"}
    assert options["train"] >= {"--id-column", "--output", "--spec", "--seed", "--alpha", "--encoder"}
    assert options["score"] >= {"--model", "--output", "--id-column"}
    assert options["inspect"] >= {"--json"}
    assert options["convert"] >= {"--encoder", "--model", "--params", "--output", "--allow-pickle", "--calibrate"}
    assert options["serve"] >= {"--host", "--port", "--loopback-worker", "--worker-pool", "--log-format"}
    assert options["worker-pool"] >= {"--host", "--port", "--runner", "--max-workers", "--log-format"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["score", "in.csv", "--modle", "m"], "--modle"),
        (["score", "in.csv"], "--model"),
        (["score"], "INPUT…"),
        (["scroe"], "scroe"),
        (["train", "in.csv", "--output", "m"], "--id-column"),
        (["train", "in.csv", "--id-column", "Id", "--output", "m", "--encoder", "bold"], "bold"),
        (["train", "in.csv", "--id-column", "Id", "--output", "m", "--seed", "x"], "--seed"),
        (["generate", "--rows", "0", "--output", "f"], "--rows"),
        (["inspect", "a", "b"], "extra argument"),
        (["train", "in.csv", "--id-column", "Id", "--output", "s3://bucket/m"], "expected a path of this machine"),
        (["serve", "--port", "99999"], "--port"),
        (["worker-pool", "--max-workers", "0"], "--max-workers"),
    ],
)
def test_bad_usage_is_explained_in_the_last_line(run: Run, arguments: list[str], named: str) -> None:
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    last = done.err.splitlines()[-1]
    assert last.startswith("Error: ")
    assert named in last


PROCESS = "import sys; from anomaly_detection.cli import main; main()"


def in_a_process(*arguments: str | Path, program: str = PROCESS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
    )


def test_a_process_ends_with_the_status_that_scripts_look_at(tmp_path: Path) -> None:
    done = in_a_process("generate", "--rows", "5", "--output", tmp_path / "rows.csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"wrote 5 opportunities to {tmp_path / 'rows.csv'}\n")
    done = in_a_process("generate", "--rows", "5")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    path = tmp_path / "open.csv"
    path.write_text(",".join(PARCEL_COLUMNS) + '\nP1,"north\n', "utf-8")
    done = in_a_process("train", path, "--id-column", "Code", "--output", tmp_path / "model")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {path}: record 1 is not CSV: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_process_that_is_told_to_end_leaves_nothing_half_written(tmp_path: Path) -> None:
    program = """
import os, signal, time
import click
from anomaly_detection.cli.console import complete_file
from anomaly_detection.cli.running import run_command

@click.command()
def main():
    with complete_file("out.jsonl") as stream:
        stream.write("half")
        (part,) = os.listdir()
        assert part.startswith("out.jsonl.") and part.endswith(".part")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)

run_command(main)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert (done.returncode, done.stderr.split()) == (1, ["stopped"])
    assert list(tmp_path.iterdir()) == []


def test_generate_on_a_full_disk_ends_as_a_run_that_failed(tmp_path: Path) -> None:
    full = PROCESS.replace("; main()", "; import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9)); main()")
    done = in_a_process("generate", "--rows", "50", "--output", tmp_path / "rows.csv", program=full)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {tmp_path / 'rows.csv'}: cannot be written: File too large\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("OSError(28, 'No space left on device')", "error: No space left on device\n"),
        ("OSError(13, 'Permission denied', 'model')", "error: model: Permission denied\n"),
        ("OSError('said by a library\\nand more')", "error: said by a library\n"),
        ("BrokenPipeError(32, 'Broken pipe')", ""),
    ],
)
def test_what_the_system_refuses_is_one_line_and_a_reader_that_is_gone_is_none(raised: str, said: str) -> None:
    program = f"""
import click
from anomaly_detection.cli.running import run_command

@click.command()
def main():
    raise {raised}

run_command(main)
"""
    done = in_a_process(program=program)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def test_help_does_not_wait_for_large_libraries() -> None:
    large = "{'torch', 'apache_beam', 'hdbscan', 'sklearn'}"
    done = in_a_process(
        "--help", program=PROCESS.replace("; main()", f"; assert not {large} & sys.modules.keys(); main()")
    )
    assert done.returncode == 0, done.stderr


# generate


def test_generate_writes_rows_and_labels(run: Run, tmp_path: Path) -> None:
    output, labels = tmp_path / "rows.csv", tmp_path / "labels.csv"
    done = run("generate", "--rows", 200, "--output", output, "--seed", 3, "--anomalies", 0.1, "--labels", labels)
    assert (done.status, done.out) == (0, "")
    assert done.err == f"wrote 200 opportunities to {output}\n"
    with output.open(encoding="utf-8", newline="") as stream:
        rows = {row["Id"]: row for row in csv.DictReader(stream)}
    with labels.open(encoding="utf-8", newline="") as stream:
        wrong = list(csv.DictReader(stream))
    assert len(rows) == 200
    assert list(wrong[0]) == ["Id", "kind", "column", "original"]
    assert len(wrong) == 20
    assert {row["Id"] for row in wrong} <= rows.keys()


def test_generate_where_nothing_can_be_written(refused: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    message = refused("generate", "--rows", 5, "--output", tmp_path / "file" / "rows.csv")
    assert message.startswith(f"{tmp_path / 'file' / 'rows.csv'}: cannot be written: Not a directory")


# train


def test_train_prints_what_it_infers_and_writes_a_model(run: Run, small: Any, tmp_path: Path) -> None:
    done = run("train", small.csv, "--id-column", "Code", "--output", tmp_path / "model", "--alpha", 0.05)
    assert (done.status, done.err) == (0, "")
    lines = [re.sub(r"[│┃|]", " ", line).split() for line in done.out.splitlines()]
    assert ["Route", "categorical", "3", "values"] in lines
    assert ["Express", "categorical", "2", "values"] in lines
    assert ["Weight", "numeric"] in lines
    assert ["Built", "date"] in lines
    assert "days from Sent to Arrived" in done.out
    detector = Detector.load(tmp_path / "model")
    assert f"model {detector.model_id}: 300 rows, alpha 0.05, threshold {detector.threshold(None):.3f}" in done.out
    assert done.out.endswith(f"wrote {tmp_path / 'model'}\n")
    assert (detector.id_column, detector.alpha) == ("Code", 0.05)
    durations = [(f.start, f.end) for f in detector.features if f.kind == "duration"]
    assert durations == [("Built", "Sent"), ("Sent", "Arrived")]


def test_train_and_score_with_the_other_encoder(run: Run, small: Any, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    options = ("--id-column", "Code", "--output", folder, "--alpha", 0.05, "--encoder", "autoembedder")
    done = run("train", small.csv, *options)
    assert (done.status, done.err) == (0, "")
    # The package prints of its own accord; standard output is for results.
    assert done.out.lstrip().startswith("inferred")
    assert strict((folder / PARAMS).read_text("utf-8"))["encoder"]["kind"] == "autoembedder"
    done = run("score", small.csv, "--model", folder, "--output", tmp_path / "out.jsonl")
    assert (done.status, done.out) == (0, "")
    assert len(json_lines(tmp_path / "out.jsonl")) == 300
    assert "autoembedder" in run("inspect", folder).out


def test_train_follows_a_spec_and_leaves_bad_rows_out(run: Run, small: Any, tmp_path: Path, parcels_csv: Any) -> None:
    spec, errors = tmp_path / "spec.json", tmp_path / "bad.jsonl"
    spec.write_text(json.dumps({"features": [f.as_json() for f in small.detector.features]}), "utf-8")
    bad = {5: ["p", "sea", "True", "heavy", "", "", ""], 9: ["few"], **{i: ["", *["x"] * 6] for i in range(20, 27)}}
    path = parcels_csv(rows=160, records=bad)
    arguments = ("--id-column", "Code", "--output", tmp_path / "model", "--alpha", 0.1, "--spec", spec)
    done = run("train", path, *arguments, "--errors", errors)
    assert done.status == 0
    assert done.err.splitlines() == [
        "9 bad rows are left out:",
        "  row 5: Weight: expected a finite number, found heavy",
        "  row 9: expected 7 cells, found 1 cells",
        *(f"  row {i}: Code: expected an id, found nothing" for i in (20, 21, 22)),
        f"  … {errors}",
    ]
    assert [line["row"] for line in json_lines(errors)] == [5, 9, *range(20, 27)]
    assert "151 rows" in done.out
    assert Detector.load(tmp_path / "model").features == small.detector.features


def test_a_model_of_another_format_version_can_be_trained_again_on_its_columns(
    run: Run, refused: Any, small: Any, tmp_path: Path
) -> None:
    old, spec = tmp_path / "old", tmp_path / "old" / PARAMS
    small.artifacts.write(old)
    params = json.loads(spec.read_text("utf-8"))
    features = [feature for feature in params["features"] if feature["name"] != "Weight"]
    spec.write_text(json.dumps({**params, "format_version": FORMAT_VERSION - 1, "features": features}), "utf-8")
    assert refused("score", small.csv, "--model", old, "--output", tmp_path / "out.jsonl") == (
        f"{spec}: expected format version {FORMAT_VERSION}, found {FORMAT_VERSION - 1}; train it again with this "
        "version: `train --spec` takes the columns of the old model.params"
    )
    options = ("--id-column", "Code", "--alpha", 0.05, "--output", old)
    assert run("train", small.csv, *options, "--spec", spec).status == 0
    assert [feature.as_json() for feature in Detector.load(old).features] == features
    assert run("score", small.csv, "--model", old, "--output", tmp_path / "out.jsonl").status == 0


def test_names_that_look_like_markup_are_printed_as_they_are(run: Run, parcels_csv: Any, tmp_path: Path) -> None:
    header = ["Code", "[red]", "[/b] :smile:", "Weight [kg]", "Sent", "Arrived", "Built"]
    path = parcels_csv(rows=150, header=header)
    done = run("train", path, "--id-column", "Code", "--output", tmp_path / "[model]", "--alpha", 0.1)
    assert done.status == 0
    assert all(name in done.out for name in ("[red]", "[/b] :smile:", "Weight [kg]", "[model]"))
    done = run("inspect", tmp_path / "[model]")
    assert done.status == 0
    assert all(name in done.out for name in ("[red]", "[/b] :smile:", "Weight [kg]"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "SPEC: expected JSON: "),
        ("[" * 100_000, "SPEC: expected JSON: "),
        ("[]", "SPEC: expected a list of features, found []"),
        ("{}", "SPEC: expected a list of features, found None"),
        (
            '[{"name": "Route"}]',
            "SPEC: feature 'Route': expected a kind of categorical, numeric, date, duration, found",
        ),
        ('[{"name": "Nowhere", "kind": "numeric"}]', "CSV: expected the column 'Nowhere' (spec); it has Code, Route"),
        ('[{"name": "Code", "kind": "categorical"}]', "features: expected columns beside the id, found 'Code', which"),
        ('[{"name": "Code", "kind": "numeric"}]', "features: expected columns beside the id, found 'Code', which"),
        (
            '[{"name": "Route", "kind": "categorical", "from": "Sent"}]',
            "SPEC: feature 'Route': expected 'from' and 'to'",
        ),
    ],
)
def test_a_wrong_spec_is_one_line(refused: Any, small: Any, tmp_path: Path, content: str, message: str) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(content, "utf-8")
    found = refused("train", small.csv, "--id-column", "Code", "--output", tmp_path / "m", "--spec", spec)
    assert found.replace(str(spec), "SPEC").replace(str(small.csv), "CSV").startswith(message)
    assert not (tmp_path / "m").exists()


def test_a_spec_that_is_not_there_is_one_line(refused: Any, small: Any, tmp_path: Path) -> None:
    arguments = ("train", small.csv, "--id-column", "Code", "--output", tmp_path / "m", "--spec")
    assert (
        refused(*arguments, tmp_path / "s.json") == f"{tmp_path / 's.json'}: cannot be read: No such file or directory"
    )
    (tmp_path / "latin1.json").write_bytes(b'["\xe9"]')
    assert refused(*arguments, tmp_path / "latin1.json").startswith(f"{tmp_path / 'latin1.json'}: expected JSON: ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--alpha", "0.0001"], "alpha: RANGE, found 0.0001"),
        (["--alpha", "0"], "alpha: RANGE, found 0"),
        (["--alpha", "1"], "alpha: RANGE, found 1"),
        (["--alpha", "nan"], "alpha: RANGE, found nan"),
        (["--alpha", "1e-320"], "alpha: RANGE, found 9.99989e-321"),
        (["--seed", "-1"], "seed: expected 0 to 9223372036854775807, found -1"),
    ],
)
def test_an_option_that_cannot_be_used_is_one_line(
    refused: Any, small: Any, tmp_path: Path, options: list[str], message: str
) -> None:
    arguments = ("train", small.csv, "--id-column", "Code", "--output", tmp_path / "m")
    share = "expected a share from 0.00016 (60 of 300 rows are for calibration) to below 1"
    assert refused(*arguments, *options) == message.replace("RANGE", share)
    assert not (tmp_path / "m").exists()


def test_too_few_rows_are_one_line(refused: Any, parcels_csv: Any, tmp_path: Path) -> None:
    message = refused("train", parcels_csv(rows=50), "--id-column", "Code", "--output", tmp_path / "m")
    assert message == "training: expected at least 100 good rows, found 50; export a longer period"


def test_a_table_with_nothing_to_look_at_is_one_line(refused: Any, tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_text("Id,Note\n" + "".join(f"{i},note {i}\n" for i in range(300)), "utf-8")
    message = refused("train", path, "--id-column", "Id", "--output", tmp_path / "m")
    assert message == (
        f"{path}: no column can be looked at: Note: free text (300 different values in 300 rows); "
        "give it columns that vary, or say what to look at with --spec"
    )


@pytest.mark.parametrize("command", ["train", "score"])
def test_an_output_that_cannot_be_written_is_one_line(refused: Any, small: Any, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("x")
    output = tmp_path / "file" / "out"
    if command == "train":
        message = refused("train", small.csv, "--id-column", "Code", "--output", output, "--alpha", 0.05)
        assert message == f"{output}: cannot be written: expected a folder, found a file at {tmp_path / 'file'}"
    else:
        message = refused("score", small.csv, "--model", small.folder, "--output", output)
        assert message == f"{output}: cannot be written: Not a directory"


def test_score_does_not_replace_a_device(refused: Any, small: Any) -> None:
    message = refused("score", small.csv, "--model", small.folder, "--output", os.devnull)
    assert message.startswith(f"{os.devnull}: cannot be written: expected a file or nothing there")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("command", ["score", "train"])
def test_what_is_read_is_not_replaced(refused: Any, small: Any, tmp_path: Path, parcels_csv: Any, command: str) -> None:
    table = parcels_csv(rows=300)
    content = table.read_bytes()
    beside = tmp_path / "x.errors.jsonl"
    beside.write_bytes(content)
    (tmp_path / "link.csv").symlink_to(table)
    for path in (table, tmp_path / "link.csv", beside):
        source = path if path == beside else tmp_path / "parcels*.csv"
        if command == "score":
            output = tmp_path / "x.jsonl" if path == beside else path
            message = refused("score", source, "--model", small.folder, "--output", output)
            assert message.startswith(f"--output: expected a file of its own, found {path}, which is read as ")
        else:
            message = refused("train", source, "--id-column", "Code", "--output", tmp_path / "m", "--errors", path)
            assert message.startswith(f"--errors: expected a file of its own, found {path}, which is read as ")
        assert path.read_bytes() == content
    assert (tmp_path / "link.csv").is_symlink()


@pytest.mark.parametrize("name", [ENCODER, MODEL, PARAMS])
def test_a_model_that_is_read_is_not_replaced(
    refused: Any, small: Any, tmp_path: Path, parcels_csv: Any, name: str
) -> None:
    small.artifacts.write(tmp_path / "m")
    path = tmp_path / "m" / name
    content = path.read_bytes()
    message = refused("score", parcels_csv(), "--model", tmp_path / "m", "--output", path)
    assert message == f"--output: expected a file of its own, found {path}, which is read as {path}"
    assert path.read_bytes() == content


def test_a_model_does_not_take_the_place_of_the_table_that_it_is_of(
    refused: Any, tmp_path: Path, parcels_csv: Any
) -> None:
    table = parcels_csv(rows=300).rename(tmp_path / PARAMS)
    content = table.read_bytes()
    message = refused("train", table, "--id-column", "Code", "--output", tmp_path)
    assert message == f"--output: expected another folder than that of {table}, which is read as {table}"
    assert table.read_bytes() == content


@pytest.mark.parametrize("command", ["train", "score", "report", "convert"])
def test_a_path_that_the_system_cannot_look_at_is_one_line(
    refused: Any, small: Any, tmp_path: Path, command: str
) -> None:
    # As a folder that may not be searched is, but for root too.
    path = tmp_path / ("x" * 300)
    if command == "train":
        message = refused("train", small.csv, "--id-column", "Code", "--output", path / "model")
        assert message == f"{path / 'model'}: cannot be written: File name too long"
    elif command == "score":
        message = refused("score", small.csv, "--model", path, "--output", tmp_path / "out")
        assert message == f"{path / ENCODER}: cannot be read: File name too long"
    elif command == "report":
        message = refused("report", path, "--output", tmp_path / "out")
        assert message.startswith(f"{path}: expected a file of scored rows or a run's folder, found nothing there that")
    else:
        files = [f"--{name}={path}" for name in ("encoder", "model", "params")]
        message = refused("convert", *files, "--allow-pickle", "--output", tmp_path / "out")
        assert message == f"{path}: expected a file, found none that can be read"


# score


def test_score_marks_what_was_reviewed_and_alerts_of_the_rest(run: Run, small: Any, tmp_path: Path) -> None:
    output, reviewed = tmp_path / "scored.jsonl", tmp_path / "reviewed.csv"
    options = ("score", small.csv, "--model", small.folder, "--output", output, "--alpha", 0.2)
    done = run(*options, "--alert-above", 0.01)
    odd = [line for line in json_lines(output) if line["label"]]
    assert len(odd) > 2
    assert done.status == 3
    share = f"{100 * len(odd) / 300:.2f}%"
    assert done.err.splitlines()[-1] == (
        f"alert: {share} of the scored rows are odd, more than --alert-above 0.01 allows"
    )
    lines = [f"{line['id']},{line['reasons'][0]['field']}" for line in odd[:-1]]
    reviewed.write_text("\n".join(["id,column", *lines, "nobody,", ""]), "utf-8")
    done = run(*options, "--alert-above", 0.01, "--ignore", reviewed)
    assert done.status == 0
    assert f"1 of them odd, {len(odd) - 1} more reviewed and ignored, 0 in error" in done.err
    assert f"warning: {reviewed}, line {len(odd) + 1} (id nobody) matches no odd row" in done.err.splitlines()
    found = json_lines(output)
    assert [line["id"] for line in found if line["ignored"]] == [line["id"] for line in odd[:-1]]
    assert [line["id"] for line in found if line["label"]] == [line["id"] for line in odd]
    assert all(tuple(line) == (*SCORED.names, "ignored") for line in found)


def test_score_refuses_reviewed_columns_without_reasons(refused: Any, small: Any, tmp_path: Path) -> None:
    reviewed = tmp_path / "reviewed.csv"
    reviewed.write_text("id,column\n,Route\n", "utf-8")
    arguments = ("score", small.csv, "--model", small.folder, "--output", tmp_path / "o", "--ignore", reviewed)
    assert "with --explain 0 there are no reasons" in refused(*arguments, "--explain", 0)
    reviewed.write_text("id,column\n,\n", "utf-8")
    assert refused(*arguments).startswith(f"--ignore {reviewed}, line 2: expected an id, a column or both")
    assert not (tmp_path / "o").exists()


def test_score_warns_of_a_vocabulary_that_training_never_saw(
    run: Run, parcels_csv: Any, small: Any, tmp_path: Path
) -> None:
    options = ("--model", small.folder, "--output", tmp_path / "o.jsonl")
    assert "warning" not in run("score", small.csv, *options).err
    with small.csv.open(encoding="utf-8", newline="") as stream:
        records = list(csv.reader(stream))
    path = parcels_csv(rows=60, records={i: [records[i][0], "by air", *records[i][2:]] for i in range(1, 61)})
    done = run("score", path, *options)
    assert done.status == 0
    warned = [line for line in done.err.splitlines() if line.startswith("warning: ")]
    assert warned[0] == (
        "warning: drift: Route: 100.00% of the rows hold a value that training never saw; expected 0.00%"
    )
    assert warned[-1].startswith("warning: the data is not what the model was trained on")


def test_score_writes_the_contract_in_the_order_of_the_input(run: Run, small: Any, tmp_path: Path) -> None:
    output = tmp_path / "scored.jsonl"
    done = run("score", small.csv, "--model", small.folder, "--output", output, "--explain-all", "--batch-size", 7)
    assert (done.status, done.out) == (0, "")
    lines = json_lines(output)
    assert all(tuple(line) == SCORED.names for line in lines)
    assert [line["id"] for line in lines] == small.batch["Code"].to_pylist()
    expected = small.detector.score(small.batch, explain_all=True)
    assert [line["score"] for line in lines] == expected.score.tolist()
    assert [line["p_value"] for line in lines] == expected.p_value.tolist()
    assert [line["cluster"] for line in lines] == expected.prediction.cluster.tolist()
    assert [line["membership"] for line in lines] == expected.prediction.membership.tolist()
    assert [line["outlier_score"] for line in lines] == expected.prediction.outlier_score.tolist()
    reasons = SCORED["reasons"].items
    assert isinstance(reasons, tuple)
    assert all(list(reason) == [field.name for field in reasons] for line in lines for reason in line["reasons"])
    assert [[r["field"] for r in line["reasons"]] for line in lines] == [
        [r.field for r in rs] for rs in expected.reasons
    ]
    assert (tmp_path / "scored.errors.jsonl").read_bytes() == b""
    odd = sum(line["label"] for line in lines)
    assert done.err.splitlines() == [
        f"300 rows read, 300 scored, {odd} of them odd, 0 in error",
        f"wrote {output} and {tmp_path / 'scored.errors.jsonl'}",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scored.errors.jsonl", "scored.jsonl"]


@pytest.mark.parametrize("size", [1, 4096])
def test_the_output_has_the_same_bytes_whatever_the_batch_size(
    run: Run, small: Any, tmp_path: Path, parcels_csv: Any, size: int
) -> None:
    path = parcels_csv(rows=20, records={3: ["x"] * 7, 4: ["few"], 19: [""] * 7})
    for name, rows in (("a", size), ("b", 7)):
        run("score", path, "--model", small.folder, "--output", tmp_path / f"{name}.jsonl", "--batch-size", rows)
    for suffix in (".jsonl", ".errors.jsonl"):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_every_bad_row_is_in_the_errors_and_every_other_is_scored(
    run: Run, small: Any, tmp_path: Path, parcels_csv: Any
) -> None:
    good = ["P7", "sea", "true", "12.5", "2024-01-02", "2024-01-05", "2015-01-01"]
    records = {
        1: good,
        2: good,
        3: ["few", "cells"],
        4: [*good, "more"],
        5: ["", *good[1:]],
        6: [*good[:3], "1,5", *good[4:]],
        7: [*good[:3], "NaN", *good[4:]],
        8: [*good[:3], "1e999", *good[4:]],
        9: [*good[:4], "2024-02-30", *good[5:]],
        10: [*good[:2], "maybe", *good[3:]],
        11: [good[0], "caf\udce9", *good[2:]],
        12: [good[0], 'café, "or"\nnone', *good[2:]],
    }
    path = parcels_csv(rows=12, records={n: record for n, record in records.items() if n != 11})
    lines = path.read_bytes()
    eleventh = io.StringIO()
    csv.writer(eleventh).writerow(records[11])
    with path.open(encoding="utf-8", newline="") as stream:
        text = stream.read()
    old = io.StringIO()
    csv.writer(old).writerow(list(csv.reader(io.StringIO(text)))[11])
    path.write_bytes(lines.replace(old.getvalue().encode(), eleventh.getvalue().encode("utf-8", "surrogateescape")))
    output = tmp_path / "out.jsonl"
    done = run("score", path, "--model", small.folder, "--output", output)
    assert done.status == 0
    scored, errors = json_lines(output), json_lines(tmp_path / "out.errors.jsonl")
    assert [line["id"] for line in scored] == ["P7", "P7", "P7"]
    assert scored[0] == scored[1]
    assert all(tuple(line) == ERRORS.names for line in errors)
    assert {line["source"] for line in errors} == {str(path)}
    assert {line["stage"] for line in errors} == {"read"}
    assert [(line["row"], line["column"], line["error"]) for line in errors] == [
        (3, None, "expected 7 cells, found 2 cells"),
        (4, None, "expected 7 cells, found 8 cells"),
        (5, "Code", "Code: expected an id, found nothing"),
        (6, "Weight", "Weight: expected a finite number, found 1,5"),
        (7, "Weight", "Weight: expected a finite number, found NaN"),
        (8, "Weight", "Weight: expected a finite number, found 1e999"),
        (9, "Sent", "Sent: expected a date such as 2024-01-31 or 1/31/24, found 2024-02-30"),
        (10, "Express", "Express: expected true or false, found maybe"),
        (11, "Route", "Route: expected UTF-8 text, found caf\\xe9"),
    ]
    assert json.loads(errors[-1]["element"])["Route"] == {"base64": "Y2Fm6Q=="}
    assert done.err.startswith("12 rows read, 3 scored, ")
    assert "9 in error" in done.err


SHARDS = 8


@pytest.fixture
def cut(small: Any, tmp_path: Path) -> Path:
    """The parcels, of which two are bad, as one CSV, as eight, and as Parquet, in a folder."""
    with small.csv.open(encoding="utf-8", newline="") as stream:
        header, *lines = csv.reader(stream)
    lines[3][0], lines[299][3] = "", "NaN"

    def write(name: str, records: list[list[str]]) -> None:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *records])

    write("whole.csv", lines)
    size = -(-len(lines) // SHARDS)
    for shard in range(SHARDS):
        write(f"part-{shard}.csv", lines[shard * size : (shard + 1) * size])
    names = small.batch.schema.names
    typed = small.batch.set_column(0, names[0], pa.array([line[0] or None for line in lines], pa.string()))
    typed = typed.set_column(3, names[3], pa.array([float(line[3]) if line[3] else None for line in lines]))
    typed = typed.set_column(4, names[4], typed["Sent"].cast(pa.timestamp("ms")))
    pq.write_table(pa.Table.from_batches([typed]), tmp_path / "whole.parquet", row_group_size=100)
    return tmp_path


def test_a_table_is_scored_alike_however_it_is_cut(run: Run, small: Any, cut: Path) -> None:
    found = {}
    for name in ("whole.csv", "part-*.csv", "whole.parquet"):
        done = run("score", cut / name, "--model", small.folder, "--output", cut / "out.jsonl", "--batch-size", 64)
        assert done.status == 0
        files = " of 8 files" if "*" in name else ""
        assert done.err.startswith(f"300 rows{files} read, 298 scored, ")
        errors = json_lines(cut / "out.errors.jsonl")
        assert [error["error"] for error in errors] == [
            "Code: expected an id, found nothing",
            "Weight: expected a finite number, found NaN",
        ]
        places = [(Path(error["source"]).name, error["row"]) for error in errors]
        assert places == ([("part-0.csv", 4), ("part-7.csv", 34)] if "*" in name else [(name, 4), (name, 300)])
        found[name] = (cut / "out.jsonl").read_bytes()
    assert len(set(found.values())) == 1
    done = run("score", *sorted(cut.glob("part-*.csv")), "--model", small.folder, "--output", cut / "again.jsonl")
    assert (done.status, (cut / "again.jsonl").read_bytes()) == (0, found["whole.csv"])
    page = cut / "report.html"
    for inputs in (["whole.parquet"], ["part-*.csv"], [f"part-{shard}.csv" for shard in range(SHARDS)]):
        run("score", *(cut / name for name in inputs), "--model", small.folder, "--output", cut / "out.jsonl")
        options = [option for name in inputs for option in ("--input", cut / name)]
        assert run("report", cut / "out.jsonl", *options, "--id-column", "Code", "--output", page).status == 0
        page.unlink()


@pytest.mark.slow
def test_train_takes_several_files_and_names_the_one_of_a_bad_row(run: Run, cut: Path) -> None:
    arguments = ("--id-column", "Code", "--alpha", 0.1, "--output", cut / "model")
    done = run("train", cut / "part-[0-6].csv", *arguments)
    assert done.status == 0
    assert done.err.splitlines() == [
        "1 bad rows are left out:",
        f"  {cut / 'part-0.csv'}, row 4: Code: expected an id, found nothing",
    ]
    # The column of a CSV that has NaN in it would be refused; that of Parquet is one of numbers all the same.
    done = run("train", cut / "whole.parquet", *arguments)
    assert done.status == 0
    assert done.err.splitlines()[1:] == [
        "  row 4: Code: expected an id, found nothing",
        "  row 300: Weight: expected a finite number, found NaN",
    ]


def test_a_clear_outlier_is_labelled_and_explained(run: Run, small: Any, tmp_path: Path, parcels_csv: Any) -> None:
    odd = ["P3", "sea", "false", "123456789", "2024-01-02", "2024-01-05", "2015-01-01"]
    path = parcels_csv(rows=10, records={3: odd})
    run("score", path, "--model", small.folder, "--output", tmp_path / "o", "--explain", 1)
    line = json_lines(tmp_path / "o")[2]
    assert (line["id"], line["label"], line["model_id"]) == ("P3", 1, small.detector.model_id)
    assert len(line["reasons"]) == 1
    assert line["reasons"][0]["field"] == "Weight"
    assert (tmp_path / "o.errors.jsonl").exists()


def test_another_id_column_and_alpha_can_be_given(run: Run, small: Any, tmp_path: Path, parcels_csv: Any) -> None:
    path = parcels_csv(header=["Opportunity Name", *PARCEL_COLUMNS[1:]])
    base = ("score", path, "--model", small.folder, "--output", tmp_path / "o", "--alpha", 0.5)
    for name in ("Opportunity Name", "Name"):
        assert run(*base, "--id-column", name).status == 0
        lines = json_lines(tmp_path / "o")
        assert [line["id"] for line in lines] == small.batch["Code"].to_pylist()[:30]
        assert all(line["label"] == (line["p_value"] <= 0.5) for line in lines)
        assert lines[0]["threshold"] == small.detector.threshold(0.5)


def test_the_headers_of_an_export_and_a_byte_order_mark_are_understood(
    run: Run, opportunities: Any, tmp_path: Path
) -> None:
    with opportunities.csv.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))[:21]
    exported = tmp_path / "export.csv"
    with exported.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([[f" {LABELS[name]} " for name in lines[0]], *lines[1:]])
    done = run("score", exported, "--model", opportunities.folder, "--output", tmp_path / "o.jsonl")
    assert done.status == 0
    expected = opportunities.detector.score(opportunities.batch.slice(0, 20))
    assert [line["score"] for line in json_lines(tmp_path / "o.jsonl")] == expected.score.tolist()


# Bad input to score.


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "CSV: expected a CSV file with a header, found an empty file"),
        (b"\n\n", "CSV: expected a CSV file with a header, found an empty file"),
        (b"Route,Weight\n", "CSV: expected the id column 'Code', found the columns Route, Weight; name the one that"),
        (
            b"Code,Route\n",
            "column 'Express': expected BOOLEAN (MODEL/model.params), found no such column; there are Code,",
        ),
        (b"Code,Route,Route\n", "CSV: header, column 3: expected different names, found 'Route' and 'Route', which"),
        (b"Code,,Route\n", "CSV: header, column 2: expected a name, found nothing"),
        (b"Code,\xff\n", "CSV: header, column 2: expected UTF-8 text, found \\xff"),
        (b'Code,"Route\n', "CSV: the header is not CSV: expected every quote to be closed, found: "),
    ],
)
def test_a_file_without_a_usable_header_is_one_line(
    refused: Any, small: Any, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    found = refused("score", path, "--model", small.folder, "--output", tmp_path / "o.jsonl")
    assert found.replace(str(path), "CSV").replace(str(small.folder), "MODEL").startswith(message)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv"]


def test_a_header_without_a_feature_of_the_model_is_one_line(
    refused: Any, small: Any, tmp_path: Path, parcels_csv: Any
) -> None:
    path = parcels_csv(header=[*PARCEL_COLUMNS[:3], "Wieght", *PARCEL_COLUMNS[4:]])
    assert refused("score", path, "--model", small.folder, "--output", tmp_path / "o") == (
        f"column 'Weight': expected DOUBLE ({small.folder / PARAMS}), found no such column; "
        "there are Code, Route, Express, Wieght, Sent, Arrived, Built"
    )


def test_a_feature_that_is_taken_for_the_id_is_one_line(refused: Any, small: Any, tmp_path: Path) -> None:
    arguments = ("score", small.csv, "--model", small.folder, "--output", tmp_path / "o", "--id-column")
    assert refused(*arguments, "Weight") == f"column 'Weight': expected DOUBLE ({small.folder / PARAMS}), found STRING"
    assert refused(*arguments, "None").startswith(
        f"{small.csv}: expected the id column 'None', found the columns Code, "
    )


@pytest.mark.parametrize("command", ["score", "train"])
def test_an_input_that_cannot_be_read_is_one_line(refused: Any, small: Any, tmp_path: Path, command: str) -> None:
    options = ("--model", small.folder) if command == "score" else ("--id-column", "Code")
    for path, why in ((tmp_path / "none.csv", "No such file or directory"), (tmp_path, "Is a directory")):
        message = refused(command, path, *options, "--output", tmp_path / "o")
        assert message == f"{path}: expected a CSV file that can be read, found: {why}"


@pytest.mark.parametrize("command", ["score", "train"])
def test_an_unclosed_quote_fails_the_run_and_is_named_with_its_row(
    refused: Any, small: Any, tmp_path: Path, parcels_csv: Any, command: str
) -> None:
    path = parcels_csv(rows=200)
    lines = path.read_bytes().split(b"\r\n")
    lines[150] = b'P9,"sea' + lines[150]
    path.write_bytes(b"\r\n".join(lines))
    options = ("--model", small.folder) if command == "score" else ("--id-column", "Code")
    message = refused(command, path, *options, "--output", tmp_path / "o", status=1)
    assert message.startswith(f"{path}: record 150 is not CSV: expected every quote to be closed, found: ")
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("alpha", ["0.0001", "0", "1", "-1", "nan", "inf"])
def test_an_alpha_that_the_model_cannot_give_is_one_line(refused: Any, small: Any, tmp_path: Path, alpha: str) -> None:
    message = refused("score", small.csv, "--model", small.folder, "--output", tmp_path / "o", "--alpha", alpha)
    assert message.startswith(
        "alpha: expected a share from 0.0001639 (the model was calibrated on 60 rows) to below 1, f"
    )
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("command", ["score", "inspect"])
@pytest.mark.parametrize("damage", ["missing folder", "missing file", "truncated", "pickle", "version", "mixed"])
def test_a_model_that_cannot_be_trusted_is_one_line(
    refused: Any, small: Any, opportunities: Any, tmp_path: Path, command: str, damage: str
) -> None:
    folder = tmp_path / "model"
    small.artifacts.write(folder)
    named = folder / ENCODER
    if damage == "missing folder":
        folder = named = tmp_path / "none"
    elif damage == "missing file":
        named.unlink()
    elif damage == "truncated":
        named.write_bytes(named.read_bytes()[:1000])
    elif damage == "pickle":
        named = folder / MODEL
        named.write_bytes(b"\x80\x04N.")
    elif damage == "version":
        named = folder / PARAMS
        named.write_text(
            named.read_text("utf-8").replace(f'"format_version": {FORMAT_VERSION}', '"format_version": 99'), "utf-8"
        )
    else:
        named = folder / MODEL
        named.write_bytes(opportunities.artifacts.model)
    if command == "score":
        message = refused("score", small.csv, "--model", folder, "--output", tmp_path / "o")
    else:
        message = refused("inspect", folder)
    assert message.startswith(f"{named}: ")
    assert not (tmp_path / "o").exists()


# inspect


def test_inspect_shows_what_is_in_a_model(run: Run, small: Any) -> None:
    done = run("inspect", small.folder)
    assert (done.status, done.err) == (0, "")
    assert f"model {small.detector.model_id}" in done.out
    for text in ("Route", "Days", "Sent to Arrived", "id_column", "Code", "training: rows", "300", "libraries: torch"):
        assert text in done.out


def test_inspect_gives_json_to_programs(run: Run, small: Any) -> None:
    done = run("inspect", small.folder, "--json")
    assert (done.status, done.err) == (0, "")
    found = strict(done.out)
    assert found["model_id"] == small.detector.model_id
    assert found["threshold"] == small.detector.threshold(None)
    assert found["clusters"] == int(np.max(small.detector.clustering.node_label)) + 1
    assert found["features"][0] == {"name": "Route", "kind": "categorical", "type": "STRING", "values": 3}
    assert found["training"]["rows"] == 300
    assert "vocabularies" not in found


# An export of Salesforce's report builder.


def exported(path: Path) -> Path:
    """Write made-up opportunities as the report builder does: its labels, no ids but a running number, short dates."""
    made = path.with_name("made.csv")
    write_opportunities(made, rows=671, seed=3, anomalies=0.02)
    with made.open(encoding="utf-8", newline="") as stream:
        rows = [{LABELS[name]: cell for name, cell in row.items()} for row in csv.DictReader(stream)]
    for number, row in enumerate(rows, 1):
        year, month, day = map(int, row["Close Date"].split("-"))
        row |= {"#": str(number), "Close Date": f"{month}/{day}/{year % 100:02}"}
        row["Created Date"] = f"{row['Created Date'][:10]}T00:00:00.000Z"
        del row["Opportunity ID"]
    names = sorted(rows[0], key=lambda name: name != "Opportunity Name")
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    "export", [Path("export.csv"), *([EXPORT] if EXPORT.exists() else [])], ids=lambda path: path.stem
)
def test_a_model_of_an_export_scores_it_and_loses_no_row(run: Run, tmp_path: Path, export: Path) -> None:
    if export != EXPORT:
        export = exported(tmp_path / export)
    done = run("train", export, "--id-column", "Opportunity Name", "--output", tmp_path / "model")
    assert done.status == 0
    assert "a running number" in done.out
    assert "CloseDate" in done.out
    done = run("score", export, "--model", tmp_path / "model", "--output", tmp_path / "o.jsonl")
    assert done.status == 0
    scored, errors = json_lines(tmp_path / "o.jsonl"), json_lines(tmp_path / "o.errors.jsonl")
    with export.open(encoding="utf-8-sig", newline="") as stream:
        names = [row["Opportunity Name"] for row in csv.DictReader(stream)]
    assert len(scored) + len(errors) == len(names) == 671
    assert [line["id"] for line in scored] == [name for name in names if name]
    assert sum(line["label"] for line in scored) < 30
    assert max(line["score"] for line in scored) > 0.3
