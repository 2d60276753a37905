"""The model card: each section, the values of the model and of an evaluation, and texts that Markdown could misread."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from markdown_it import MarkdownIt

from anomaly_detection.card import Told, render
from anomaly_detection.card.facts import Facts
from anomaly_detection.card.page import plain
from anomaly_detection.cli import main
from anomaly_detection.encoders.network import EncoderShape
from anomaly_detection.evaluate.contest import OURS
from anomaly_detection.evaluate.run import MIXTURE, Record
from anomaly_detection.features.feature import parse_features
from anomaly_detection.models.artifacts import ENCODER, FORMAT_VERSION, LIBRARIES, MODEL, NAMES, PARAMS
from anomaly_detection.models.training import TrainOptions, train

SECTIONS = [
    "# Model card",
    "## Intended use",
    "## Data",
    "## Training",
    "## Figures",
    "### Of this model",
    "### Of models like this one",
    "## What it does not find",
    "## Privacy",
    "## Files",
]
HOSTILE = [
    "<script>alert(1)</script>",
    "a|b",
    "`x`",
    "[l](http://e.org)",
    "*b* _i_ ~~s~~",
    "&amp; $x$ @all",
    "line\nbreak",
]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the command and return its exit status, output and errors."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["anomaly-detection", "card", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as done:
            main()
        captured = capfd.readouterr()
        return int(done.value.code or 0), captured.out, captured.err

    return call


@pytest.fixture
def evaluation(tmp_path: Path) -> Callable[[list[Any]], Path]:
    """Write records as `evaluate` does."""

    def write(records: list[Any]) -> Path:
        path = tmp_path / "evaluation.json"
        path.write_text(json.dumps([r.as_dict() if isinstance(r, Record) else r for r in records]), "utf-8")
        return path

    return write


def record(**values: Any) -> Record:
    detector, encoding = OURS
    base = Record(
        detector=detector, encoding=encoding, contaminated=False, kind=MIXTURE, seed=0, ap=0.9, auc=0.99, fpr=0.04,
        reason_top1=0.9, reason_top3=1.0, reason_top1_strict=0.8, reason_top3_strict=0.9, precision=0.8, detected=0.7,
        fit_seconds=1.0, score_seconds=0.1,
    )  # fmt: skip
    return replace(base, **values)


RECORDS = [
    record(ap=0.91),
    record(ap=0.95, seed=1),
    record(ap=0.6, contaminated=True),
    record(kind="stage_conflict", ap=0.81, detected=0.55, reason_top1=0.875, reason_top1_strict=0.125),
    record(kind="stage_conflict", ap=0.71, contaminated=True, detected=0.45),
    record(kind="local", ap=0.11, reason_top1=None, reason_top3=None, reason_top1_strict=None),
    *(
        record(detector=name, encoding="ordinal", ap=ap, kind=kind, contaminated=contaminated)
        for name, ap in (("LOF", 0.21), ("KNN", 0.31), ("PCA", 0.41), ("HBOS", 0.11))
        for kind in (MIXTURE, "stage_conflict")
        for contaminated in (False, True)
    ),
]


def tables(card: str) -> list[list[list[str]]]:
    """Return the tables that Markdown makes of a card: rows of cells, as a reader sees them."""
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(card)
    return [
        [
            [unescape(re.sub(r"</?code>", "", cell)) for cell in re.findall(r"<t[hd]>(.*?)</t[hd]>", row, re.DOTALL)]
            for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
        ]
        for table in re.findall(r"<table>(.*?)</table>", html, re.DOTALL)
    ]


def section(card: str, heading: str) -> str:
    text = card.partition(f"\n{heading}")[2]
    assert text
    return re.split(r"\n#", text)[0]


@pytest.fixture(scope="module")
def card(small: Any) -> str:
    return render(Facts.of(small.artifacts), None, Told())


def test_every_section_is_there_in_order(card: str) -> None:
    found = [line for line in card.splitlines() if line.startswith("#")]
    assert [line.partition(":")[0] for line in found] == SECTIONS
    for heading in SECTIONS[1:4] + SECTIONS[5:]:
        assert len(section(card, heading)) > 60


def test_it_has_the_values_of_the_model(card: str, small: Any) -> None:
    about, columns, training, thresholds, files = tables(card)
    detector, params = small.detector, small.artifacts.parsed_params
    assert about[1] == ["model", f"{detector.model_id}, format version {FORMAT_VERSION}"]
    assert ["id column", "Code"] in about
    assert about[-1][1].startswith("a row is odd if its p-value is at most alpha = 0.05")
    assert f"{detector.threshold(None):.3f}" in about[-1][1]
    assert columns[1:] == [
        ["Route", "categorical", "STRING", "3 values"],
        ["Express", "categorical", "BOOLEAN", "2 values"],
        ["Weight", "numeric", "DOUBLE", "its distribution"],
        ["Sent", "date", "date", "nothing but the duration that it is part of"],
        ["Arrived", "date", "date", "nothing but the duration that it is part of"],
        ["Built", "date", "date", "its distribution"],
        ["Days", "duration", "", "its distribution, of days from Sent to Arrived"],
    ]
    shown = dict(training[1:])
    assert shown["rows"] == "300"
    assert shown["of which the p-values were calibrated on"] == str(params["training"]["calibration_rows"])
    assert shown["encoder: latent"] == str(EncoderShape.latent)
    assert shown["rows to come that are expected to hold a value which it never saw"] == "hardly any in 2 columns"
    assert all(shown[f"library: {name}"] == params["libraries"][name] for name in LIBRARIES)
    names = {0.001: "0.001", 0.005: "0.005", 0.01: "0.01", 0.05: "0.05, the model's own", 0.1: "0.1"}
    assert thresholds[1:] == [[name, f"{detector.threshold(alpha):.3f}"] for alpha, name in names.items()]
    assert f"{detector.calibration.smallest_alpha:.4g}" in section(card, "### Of this model")
    contents = (small.artifacts.encoder, small.artifacts.model, small.artifacts.params)
    assert files[1:] == [
        [name, f"{len(content):,}", hashlib.sha256(content).hexdigest()]
        for name, content in zip((ENCODER, MODEL, PARAMS), contents, strict=True)
    ]
    privacy = " ".join(section(card, "## Privacy").split())
    assert "5 in all" in privacy
    assert "Route (3), Express (2)." in privacy


def test_no_cell_of_the_data_is_in_it(opportunities: Any) -> None:
    card = render(Facts.of(opportunities.artifacts), None, Told())
    vocabularies = opportunities.detector.featurizer.vocabularies
    for name in ("Owner", "Account", "BillingState", "Product", "Segment"):
        assert name in card
        for text in vocabularies[name]:
            assert not re.search(rf"\b{re.escape(text)}\b", card), text


def test_a_training_value_without_words_is_shown_under_its_name(small: Any) -> None:
    facts = Facts.of(small.artifacts)
    card = render(replace(facts, training={**facts.training, "seed": 12345, "tail_rows": 1234}), None, Told())
    assert ["tail_rows", "1,234"] in tables(card)[2]
    assert ["seed", "12345"] in tables(card)[2]


def test_what_nobody_said_is_not_stated(card: str) -> None:
    assert ["license", "not stated"] in tables(card)[0]
    assert "Trained on: not stated. It looks at 7 features:" in section(card, "## Data")
    assert "No evaluation was given" in section(card, "### Of models like this one")


def test_it_has_the_figures_of_an_evaluation(run: Run, small: Any, evaluation: Callable[..., Path]) -> None:
    status, out, err = run(small.folder, "--evaluation", evaluation(RECORDS), "--evaluated-on", "other parcels")
    assert (status, err) == (0, "")
    text = section(out, "### Of models like this one")
    assert "on: other parcels. It does not test the model of this card" in text
    assert "(there were 2)" in text
    together, kinds = tables(text)
    assert together[1:] == [
        ["anomaly-detection", "masked", "0.930 / 0.600", "0.810 / 0.710", "0.990 / 0.990", "0.040 / 0.040"],
        ["PCA", "ordinal", "0.410 / 0.410", "0.410 / 0.410", "0.990 / 0.990", "0.040 / 0.040"],
        ["KNN", "ordinal", "0.310 / 0.310", "0.310 / 0.310", "0.990 / 0.990", "0.040 / 0.040"],
        ["LOF", "ordinal", "0.210 / 0.210", "0.210 / 0.210", "0.990 / 0.990", "0.040 / 0.040"],
    ]
    assert "These are the best 3 of 4 pairs" in text
    assert kinds[1:] == [
        ["stage conflict", "0.810 / 0.710", "0.990 / 0.990", "0.550 / 0.450", "87.5%", "12.5%", "100.0%"],
        ["local", "0.110 / n/a", "0.990 / n/a", "0.700 / n/a", "n/a", "n/a", "n/a"],
    ]
    assert "mixes all kinds but local." in text


def test_an_evaluation_without_rivals_says_so(run: Run, small: Any, evaluation: Callable[..., Path]) -> None:
    _, out, _ = run(small.folder, "--evaluation", evaluation([record(), record(kind="local")]))
    text = section(out, "### Of models like this one")
    assert "No other detector was part of this evaluation." in text
    assert len(tables(text)[0]) == 2
    assert "mixes all kinds but" not in text  # a table without named kinds has the generic ones in the mixture


def test_the_kinds_are_those_of_the_models_encoder(run: Run, small: Any, evaluation: Callable[..., Path]) -> None:
    other = [record(encoding="autoembedder"), record(encoding="autoembedder", kind="local", ap=0.2)]
    _, out, _ = run(small.folder, "--evaluation", evaluation([*other, record(), record(kind="local", ap=0.3)]))
    together, kinds = tables(section(out, "### Of models like this one"))
    assert {row[1] for row in together[1:]} == {"masked", "autoembedder"}
    assert kinds[1][1].startswith("0.300")


def test_the_file_is_what_standard_output_would_be(run: Run, small: Any, tmp_path: Path) -> None:
    texts = ("--trained-on", "300 parcels", "--license", "CC0-1.0")
    status, out, err = run(small.folder, *texts)
    assert (status, err) == (0, "")
    status, nothing, err = run(small.folder, *texts, "--output", tmp_path / "CARD.md")
    assert (status, nothing, err) == (0, "", f"wrote {tmp_path / 'CARD.md'}\n")
    assert (tmp_path / "CARD.md").read_text("utf-8") == out
    assert ["license", "CC0-1.0"] in tables(out)[0]
    assert "Trained on: 300 parcels. It looks" in section(out, "## Data")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG\xff", "expected the JSON that `evaluate` writes"),
        (b"[", "expected the JSON that `evaluate` writes"),
        (b"[" * 100_000, "expected the JSON that `evaluate` writes"),
        (b'{"ap": 1}', "expected a list of records as `evaluate` writes it, found {'ap': 1}"),
        (b"[]", "expected a list of records"),
        (b"[1]", "record 1: expected an object, found 1"),
        (b'[{"detector": "x"}]', "record 1: expected 'encoding'"),
        (json.dumps([{**record().as_dict(), "ap": "high"}]).encode(), "record 1: ap: expected float, found 'high'"),
        (json.dumps([{**record().as_dict(), "seed": True}]).encode(), "record 1: seed: expected int, found True"),
        (json.dumps([{**record().as_dict(), "auc": float("nan")}]).encode(), "NaN is not JSON"),
        (json.dumps([{**record().as_dict(), "auc": 0}]).replace('"auc": 0', '"auc": 1e999').encode(), "found inf"),
        (json.dumps([record(detector="LOF").as_dict()]).encode(), "expected figures of anomaly-detection, found LOF"),
    ],
)
def test_a_file_that_is_no_evaluation_is_refused(
    run: Run, small: Any, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "no.json"
    path.write_bytes(content)
    status, out, err = run(small.folder, "--evaluation", path, "--output", tmp_path / "CARD.md")
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {path}: ")
    assert message in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "CARD.md").exists()


def test_a_card_takes_the_place_of_nothing_that_it_is_made_of(
    run: Run, small: Any, tmp_path: Path, evaluation: Callable[..., Path]
) -> None:
    small.artifacts.write(tmp_path / "model")
    for path in (evaluation(RECORDS), *(tmp_path / "model" / name for name in NAMES)):
        content = path.read_bytes()
        status, out, err = run(tmp_path / "model", "--evaluation", tmp_path / "evaluation.json", "--output", path)
        assert (status, out) == (2, "")
        assert err == f"error: --output: expected a file of its own, found {path}, which is read as {path}\n"
        assert path.read_bytes() == content


def test_what_is_not_there_is_an_error(run: Run, small: Any, tmp_path: Path) -> None:
    status, _, err = run(small.folder, "--evaluation", tmp_path / "none.json")
    assert (status, err) == (2, f"error: {tmp_path / 'none.json'}: cannot be read: No such file or directory\n")
    status, _, err = run(tmp_path / "none")
    assert status == 2
    assert err.startswith(f"error: {tmp_path / 'none'}: expected a folder with encoder.pth")


def test_names_and_texts_are_text_whatever_they_hold(parcel_table: Callable[..., pa.Table]) -> None:
    table = parcel_table(200)
    columns = {name: table["Route" if i % 2 else "Express"] for i, name in enumerate(HOSTILE)}
    features = parse_features(
        [
            {"name": name, "kind": "categorical", "type": "STRING" if i % 2 else "BOOLEAN"}
            for i, name in enumerate(HOSTILE)
        ],
        where="test",
    )
    artifacts = train(
        pa.table({"Id|<b>": table["Code"], **columns}), features, id_column="Id|<b>", options=TrainOptions(alpha=0.05)
    )
    told = Told(trained_on="# x\n\n<img src=x>|", evaluated_on="", license="|[a](b)|")
    card = render(Facts.of(artifacts), None, told)
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(card)
    assert not re.search(r"<(script|img|b|a|em|strong|s)\b", html)
    about, shown, *_ = tables(card)
    assert [row[0] for row in shown[1:]] == [name.replace("\n", " ") for name in HOSTILE]
    assert dict(about)["id column"] == "Id|<b>"
    assert "<p>Trained on: # x  &lt;img src=x&gt;|. It looks" in html
    assert dict(about)["license"] == "|[a](b)|"
    assert [line for line in card.splitlines() if line.startswith("#")] == [
        line if line != SECTIONS[0] else f"# Model card: {artifacts.detector().model_id}" for line in SECTIONS
    ]


@pytest.mark.parametrize("text", ["", "plain", "1,234", "a: b-c (d) e/f.", "Zoë"])
def test_what_needs_no_escape_stays_as_it_is(text: str) -> None:
    assert plain(text) == text
