"""`score` with a table, a model or an option that it cannot use: one line, and nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from anomaly_detection.models.artifacts import ENCODER, FORMAT_VERSION, MODEL, PARAMS


def test_score_refuses_reviewed_columns_without_reasons(refused: Any, small: Any, tmp_path: Path) -> None:
    reviewed = tmp_path / "reviewed.csv"
    reviewed.write_text("id,column\n,Route\n", "utf-8")
    arguments = ("score", small.csv, "--model", small.folder, "--output", tmp_path / "o", "--ignore", reviewed)
    assert "with --explain 0 there are no reasons" in refused(*arguments, "--explain", 0)
    reviewed.write_text("id,column\n,\n", "utf-8")
    assert refused(*arguments).startswith(f"--ignore {reviewed}, line 2: expected an id, a column or both")
    assert not (tmp_path / "o").exists()


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
    refused: Any, small: Any, tmp_path: Path, parcels_csv: Any, parcel_columns: list[str]
) -> None:
    path = parcels_csv(header=[*parcel_columns[:3], "Wieght", *parcel_columns[4:]])
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
