"""The benchmark of public data sets: what is read, the protocol, and a run on one small set."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import public
from anomaly_detection.errors import ConfigError
from anomaly_detection.evaluate import rivals
from anomaly_detection.evaluate.contest import DETECTOR, ENCODERS, OURS


@pytest.fixture(scope="module")
def sets() -> dict[str, Any]:
    return {name: read() for name, read in public.SETS.items()}


def test_the_sets_are_read_without_importing_the_packages_that_hold_them(sets: dict[str, Any]) -> None:
    found = {name: (each.table.num_rows, int(each.odd.sum())) for name, each in sets.items()}
    assert found == {
        "heart-disease": (303, 139),
        "breast-cancer": (683, 239),
        "ionosphere": (351, 126),
        "phishing": (1250, 548),
        "solar-flare": (1066, 38),
        "shuttle": (49097, 3511),
        "breast-cancer-diagnostic": (569, 212),
        "digits": (1797, 178),
    }
    assert not {"Orange", "river"} & set(sys.modules)


def test_no_set_has_its_labels_among_its_features(sets: dict[str, Any]) -> None:
    labels = {"diameter narrowing", "type", "y", "is_phishing", "anomaly", "target"}
    labels |= {"c-class-flares", "m-class-flares", "x-class-flares"}
    for each in sets.values():
        assert not labels & {feature.name for feature in each.features}
        assert len(each.features) >= 9


def test_the_types_are_those_of_the_file(sets: dict[str, Any]) -> None:
    heart = sets["heart-disease"]
    kinds = {feature.name: feature.kind for feature in heart.features}
    assert kinds["cholesterol"] == "numeric"
    assert kinds["fasting blood sugar > 120"] == kinds["chest pain"] == "categorical"
    assert heart.table["major vessels colored"].null_count == 4
    assert heart.table["thal"].null_count == 2


def test_odd_rows_are_at_most_a_twentieth_of_the_training_and_all_others_are_tested() -> None:
    is_odd = np.arange(1000) < 400
    split = public.Split.draw(is_odd, 0)
    assert split.share == 0.05
    assert is_odd[split.training].sum() == 22
    assert len(split.training) == 420 + 22
    assert is_odd[split.odd].all()
    assert not is_odd[split.ordinary].any()
    assert sorted(np.concatenate([split.training, split.ordinary, split.odd])) == list(range(1000))


def test_odd_rows_that_are_rare_keep_their_share() -> None:
    is_odd = np.arange(20_000) % 50 == 0
    split = public.Split.draw(is_odd, 3)
    rows = np.concatenate([split.training, split.ordinary, split.odd])
    assert len(set(rows)) == len(rows) == public.MOST_ROWS
    assert split.share == pytest.approx(is_odd[rows].mean())
    assert is_odd[split.training].mean() == pytest.approx(split.share, abs=0.002)


def test_a_set_that_is_not_installed_is_named_with_what_to_do() -> None:
    import public_sets

    with pytest.raises(ConfigError, match=r"expected datasets/none\.tab in the package orange, found .*make setup"):
        public_sets._orange("datasets/none.tab", "y", "1")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("public") / "out"
    with pytest.MonkeyPatch.context() as patch:
        for name in set(rivals.DETECTORS) - {"HBOS", "KNN"}:
            patch.delitem(rivals.DETECTORS, name)
        arguments = ["--seeds", "1", "--only", "heart-disease", "--output", str(folder)]
        result = CliRunner().invoke(public.main, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return folder, result.output


@pytest.mark.slow
def test_the_benchmark_writes_a_record_for_everybody_and_a_figure(run: tuple[Path, str]) -> None:
    folder, printed = run
    records = json.loads((folder / "public.json").read_text("utf-8"))
    names = [(r["detector"], r["encoding"]) for r in records]
    ours = [(DETECTOR, encoder) for encoder in ENCODERS]
    assert names == [*ours, *((name, encoding) for encoding in rivals.ENCODINGS for name in ("HBOS", "KNN"))]
    assert all(r["data_set"] == "heart-disease" and 0 < r["ap"] <= 1 and r["prevalence"] == 0.05 for r in records)
    # Far from chance, which is 0.5: sick people differ from the others.
    assert all(r["auc"] > 0.6 for r in records)
    assert (folder / "public.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (folder / "public.svg").read_bytes()
    assert " ".join(OURS) in printed


@pytest.mark.slow
def test_the_same_results_give_the_same_figure(run: tuple[Path, str], tmp_path: Path) -> None:
    import public_results

    records = json.loads((run[0] / "public.json").read_text("utf-8"))
    results = public_results.Results([public_results.Record(**record) for record in records])
    for file in public_results.write_figure(results, tmp_path):
        assert file.read_bytes() == (run[0] / file.name).read_bytes()


def test_ours_is_compared_with_one_pair_for_all_sets() -> None:
    import public_results

    def record(data_set: str, detector: str, encoding: str, ap: float, seed: int = 0) -> Any:
        return public_results.Record(
            data_set=data_set, detector=detector, encoding=encoding, seed=seed, ap=ap, auc=ap,
            prevalence=0.05, fit_seconds=1, score_seconds=1,
        )  # fmt: skip

    results = public_results.Results(
        [
            *(record("a", *OURS, ap, seed) for seed, ap in enumerate((0.6, 0.8))),
            record("a", "KNN", "ordinal", 0.9),
            record("a", "HBOS", "one-hot", 0.4),
            *(record("b", *OURS, ap, seed) for seed, ap in enumerate((0.5, 0.5))),
            record("b", "KNN", "ordinal", 0.1),
            record("b", "HBOS", "one-hot", 0.8),
        ]
    )
    assert results.best_rival("ap") == ("HBOS", "one-hot")
    assert results.means("ap")[OURS] == pytest.approx([0.7, 0.5])
    assert results.words("ap") == [
        "average precision: anomaly-detection masked 0.600, the best single pair, HBOS one-hot, 0.600",
        "it loses on b (0.500 against 0.800)",
    ]
