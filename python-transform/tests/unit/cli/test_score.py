"""`score`: every row is scored or in the errors, in the order of the input and as the contract says."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from anomaly_detection.schema import ERRORS, SCORED


def test_score_marks_what_was_reviewed_and_alerts_of_the_rest(
    run: Any, small: Any, tmp_path: Path, json_lines: Any
) -> None:
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


def test_score_warns_of_a_vocabulary_that_training_never_saw(
    run: Any, parcels_csv: Any, small: Any, tmp_path: Path
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


def test_score_writes_the_contract_in_the_order_of_the_input(
    run: Any, small: Any, tmp_path: Path, json_lines: Any
) -> None:
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
    run: Any, small: Any, tmp_path: Path, parcels_csv: Any, size: int
) -> None:
    path = parcels_csv(rows=20, records={3: ["x"] * 7, 4: ["few"], 19: [""] * 7})
    for name, rows in (("a", size), ("b", 7)):
        run("score", path, "--model", small.folder, "--output", tmp_path / f"{name}.jsonl", "--batch-size", rows)
    for suffix in (".jsonl", ".errors.jsonl"):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_every_bad_row_is_in_the_errors_and_every_other_is_scored(
    run: Any, small: Any, tmp_path: Path, parcels_csv: Any, json_lines: Any
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
    counted, *told = done.err.splitlines()
    assert counted.startswith("12 rows read, 3 scored, ")
    assert counted.endswith(", 9 in error:")
    assert told[:4] == [
        "  row 3: expected 7 cells, found 2 cells",
        "  row 4: expected 7 cells, found 8 cells",
        "  row 5: Code: expected an id, found nothing",
        f"  … {tmp_path / 'out.errors.jsonl'}",
    ]


def test_a_run_in_which_nothing_can_be_scored_fails_and_says_why(
    run: Any, small: Any, tmp_path: Path, parcels_csv: Any, json_lines: Any
) -> None:
    """It was a success: with the dates of another country no row can be read."""
    good = ["P7", "sea", "true", "12.5", "26.05.2020", "2024-01-05", "2015-01-01"]
    path = parcels_csv(rows=2, records={1: good, 2: [*good[:4], "26\n.05." * 200, *good[5:]]})
    errors = tmp_path / "out.errors.jsonl"
    options = ("--model", small.folder, "--output", tmp_path / "out.jsonl")
    done = run("score", path, *options, "--batch-size", 1, "--alert-above", 0)
    first = "Sent: expected a date such as 2024-01-31 or 1/31/24, found 26"
    assert done.status == 1
    lines = done.err.splitlines()
    assert lines[0] == "2 rows read, 0 scored, 0 of them odd, 2 in error:"
    assert lines[1] == f"  row 1: {first}.05.2020"
    assert lines[2].startswith(f"  row 2: {first} .05.26 .05.")
    assert lines[2].endswith("…")
    assert len(lines[2]) < 220
    assert lines[-1] == (
        f"error: none of the 2 rows could be scored; the first: row 1: {first}.05.2020; all errors are in {errors}"
    )
    assert len(json_lines(errors)) == 2
    assert (tmp_path / "out.jsonl").read_bytes() == b""
    assert run("score", parcels_csv(rows=0), *options).status == 0


def stray_quotes(path: Path) -> None:
    """Put quotes before the second cell of record 10 and after that of record 110: of 101 records one is left."""
    lines = path.read_text("utf-8").splitlines()
    cells = lines[10].split(",")
    lines[10] = ",".join([cells[0], '"' + cells[1], *cells[2:]])
    cells = lines[110].split(",")
    lines[110] = ",".join([cells[0], cells[1] + '"', *cells[2:]])
    path.write_text("\n".join(lines) + "\n", "utf-8")


def test_score_and_train_warn_of_a_cell_that_swallows_records(
    run: Any, small: Any, tmp_path: Path, parcels_csv: Any
) -> None:
    path = parcels_csv(rows=300)
    stray_quotes(path)
    warning = f"warning: {path}, record 10: column Route holds 100 line breaks; is a quote not closed?"
    done = run("score", path, "--model", small.folder, "--output", tmp_path / "o")
    assert done.status == 0
    assert done.err.startswith("200 rows read, 200 scored, ")
    assert warning in done.err.splitlines()
    done = run("train", path, "--id-column", "Code", "--output", tmp_path / "model", "--alpha", 0.05)
    assert (done.status, done.err.splitlines()) == (0, [warning])


def test_the_first_tall_cells_of_files_stand_for_all(run: Any, small: Any, tmp_path: Path, parcels_csv: Any) -> None:
    good = ["P7", "sea", "true", "12.5", "2024-01-02", "2024-01-05", "2015-01-01"]
    tall = [good[0], "sea" + "\r\n" * 21, *good[2:]]
    written = parcels_csv(rows=9, records={3: [good[0], "\n" * 20, *good[2:]], 5: tall, 6: [*good, "\r" * 30], 7: tall})
    for name in "abcde":
        (tmp_path / f"{name}.csv").write_bytes(written.read_bytes())
    options = ("--model", small.folder, "--output", tmp_path / "o", "--batch-size", 2)
    done = run("score", tmp_path / "[a-e].csv", *options)
    told = "record 5: column Route holds 21 line breaks; is a quote not closed? "
    told += "Other cells of the file with more than 20: 2"
    assert [line for line in done.err.splitlines() if "line break" in line] == [
        *(f"warning: {tmp_path / name}.csv, {told}" for name in "abc"),
        "warning: 2 more files have cells of more than 20 line breaks",
    ]
    written = parcels_csv(rows=9, records={6: [*good, "\r" * 30]})
    done = run("score", written, *options)
    assert f"warning: {written}, record 6: cell 8 holds 30 line breaks; is a quote not closed?" in done.err


def test_a_table_is_scored_alike_however_it_is_cut(run: Any, small: Any, cut: Path, json_lines: Any) -> None:
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
    for inputs in (["whole.parquet"], ["part-*.csv"], sorted(path.name for path in cut.glob("part-*.csv"))):
        run("score", *(cut / name for name in inputs), "--model", small.folder, "--output", cut / "out.jsonl")
        options = [option for name in inputs for option in ("--input", cut / name)]
        assert run("report", cut / "out.jsonl", *options, "--id-column", "Code", "--output", page).status == 0
        page.unlink()


def test_a_clear_outlier_is_labelled_and_explained(
    run: Any, small: Any, tmp_path: Path, parcels_csv: Any, json_lines: Any
) -> None:
    odd = ["P3", "sea", "false", "123456789", "2024-01-02", "2024-01-05", "2015-01-01"]
    path = parcels_csv(rows=10, records={3: odd})
    run("score", path, "--model", small.folder, "--output", tmp_path / "o", "--explain", 1)
    line = json_lines(tmp_path / "o")[2]
    assert (line["id"], line["label"], line["model_id"]) == ("P3", 1, small.detector.model_id)
    assert len(line["reasons"]) == 1
    assert line["reasons"][0]["field"] == "Weight"
    assert (tmp_path / "o.errors.jsonl").exists()


def test_another_id_column_and_alpha_can_be_given(
    run: Any, small: Any, tmp_path: Path, parcels_csv: Any, json_lines: Any, parcel_columns: list[str]
) -> None:
    path = parcels_csv(header=["Opportunity Name", *parcel_columns[1:]])
    base = ("score", path, "--model", small.folder, "--output", tmp_path / "o", "--alpha", 0.5)
    for name in ("Opportunity Name", "Name"):
        assert run(*base, "--id-column", name).status == 0
        lines = json_lines(tmp_path / "o")
        assert [line["id"] for line in lines] == small.batch["Code"].to_pylist()[:30]
        assert all(line["label"] == (line["p_value"] <= 0.5) for line in lines)
        assert lines[0]["threshold"] == small.detector.threshold(0.5)


def test_the_headers_of_an_export_and_a_byte_order_mark_are_understood(
    run: Any, opportunities: Any, tmp_path: Path, json_lines: Any, labels: dict[str, str]
) -> None:
    with opportunities.csv.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))[:21]
    exported = tmp_path / "export.csv"
    with exported.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([[f" {labels[name]} " for name in lines[0]], *lines[1:]])
    done = run("score", exported, "--model", opportunities.folder, "--output", tmp_path / "o.jsonl")
    assert done.status == 0
    expected = opportunities.detector.score(opportunities.batch.slice(0, 20))
    assert [line["score"] for line in json_lines(tmp_path / "o.jsonl")] == expected.score.tolist()
