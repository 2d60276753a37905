"""`train`: what it prints and writes, and what it refuses in one line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from anomaly_detection.models.artifacts import FORMAT_VERSION, PARAMS
from anomaly_detection.models.detector import Detector


def test_train_prints_what_it_infers_and_writes_a_model(run: Any, small: Any, tmp_path: Path) -> None:
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


def test_train_and_score_with_the_other_encoder(
    run: Any, small: Any, tmp_path: Path, json_lines: Any, strict: Any
) -> None:
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


def test_train_follows_a_spec_and_leaves_bad_rows_out(
    run: Any, small: Any, tmp_path: Path, parcels_csv: Any, json_lines: Any
) -> None:
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
    run: Any, refused: Any, small: Any, tmp_path: Path
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


def test_names_that_look_like_markup_are_printed_as_they_are(run: Any, parcels_csv: Any, tmp_path: Path) -> None:
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


@pytest.mark.slow
def test_train_takes_several_files_and_names_the_one_of_a_bad_row(run: Any, cut: Path) -> None:
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
