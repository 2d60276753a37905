"""Errors of every kind, the figures of merit, and a whole evaluation of a small table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from csv import reader, writer
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from rich.table import Table

from anomaly_detection.cli.console import print_table
from anomaly_detection.cli.evaluate import evaluate as command
from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.evaluate import EvaluateOptions, evaluate, rivals
from anomaly_detection.evaluate import run as run_module
from anomaly_detection.evaluate.contest import DETECTOR, ENCODERS, OURS, contestants, our_encoders
from anomaly_detection.evaluate.figures import write_figures
from anomaly_detection.evaluate.generic_kinds import GENERIC_KINDS
from anomaly_detection.evaluate.injection import Injector
from anomaly_detection.evaluate.kinds import KINDS
from anomaly_detection.evaluate.metrics import judge_reasons, rank
from anomaly_detection.evaluate.rivals import Verdict
from anomaly_detection.evaluate.run import MIXTURE, Evaluation, Record
from anomaly_detection.evaluate.summary import kind_lines, lines
from anomaly_detection.evaluate.world import World, group_of
from anomaly_detection.features.feature import Feature, parse_features
from anomaly_detection.features.inference import infer_features
from anomaly_detection.generate import write_opportunities
from anomaly_detection.models.training import TrainOptions
from anomaly_detection.tables.input_table import InputTable, column_types

pytestmark = pytest.mark.slow

ROWS = 500
EACH = 30


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("evaluate") / "opportunities.csv"
    write_opportunities(path, rows=ROWS, seed=3)
    return path


@pytest.fixture(scope="module")
def opportunities_table(csv: Path) -> tuple[pa.Table, tuple[Feature, ...]]:
    types = column_types(InputTable(csv, id_column="Id"))
    reader = InputTable(csv, id_column="Id", types=types)
    table = pa.Table.from_batches([b.columns for b in reader.batches()], schema=reader.arrow_schema).combine_chunks()
    features, _ = infer_features(table, types, without=["Id"])
    columns = ["Id", *(feature.name for feature in features if feature.is_column)]
    return table.select(columns), features


@pytest.fixture(scope="module")
def injector(opportunities_table: tuple[pa.Table, tuple[Feature, ...]]) -> Injector:
    table, features = opportunities_table
    return Injector.of(table, World.of(table, features), id_column="Id", seed=0)


def drawn(injector: Injector, kind: str, seed: int = 1) -> list[tuple[dict[str, Any], dict[str, Any], frozenset[str]]]:
    """Return (the row as it was, the row with an error, what was changed) of errors of a kind."""
    errors = injector.draw(kind, np.arange(ROWS), EACH, np.random.default_rng(seed))
    assert len(errors) == EACH
    before = injector.table.take(pa.array(errors.sources)).to_pylist()
    return list(zip(before, errors.table.to_pylist(), errors.changed, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_changes_the_columns_that_it_names_and_the_id(injector: Injector, kind: str) -> None:
    for before, after, changed in drawn(injector, kind):
        assert {name for name in before if before[name] != after[name]} == changed | {"Id"}
        assert changed


@pytest.mark.parametrize("kind", [*KINDS, *GENERIC_KINDS])
def test_the_same_seed_makes_the_same_errors(injector: Injector, kind: str) -> None:
    assert drawn(injector, kind) == drawn(injector, kind)
    assert drawn(injector, kind) != drawn(injector, kind, seed=2)


def test_an_amount_is_at_least_ten_times_too_high_or_a_hundred_times_too_low(injector: Injector) -> None:
    factors = [after["Amount"] / before["Amount"] for before, after, _ in drawn(injector, "amount_out_of_scale")]
    assert all(9.99 <= factor <= 100.1 or 1 / 3001 <= factor <= 1 / 99.9 for factor in factors)
    assert min(factors) < 1 < max(factors)


def test_a_copy_has_an_amount_that_is_neither_the_same_nor_out_of_scale(injector: Injector) -> None:
    for before, after, changed in drawn(injector, "duplicate_other_amount"):
        assert changed == {"Amount"}
        factor = after["Amount"] / before["Amount"]
        assert 0.499 <= factor <= 0.801 or 1.249 <= factor <= 2.251


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("stage_conflict", ("Stage", "ForecastCategory", "IsClosed", "IsWon")),
        ("state_outside_country", ("BillingState", "BillingCountry")),
        ("product_outside_family", ("Product", "ProductFamily")),
        ("owner_with_other_role", ("Owner", "OwnerRole")),
    ],
)
def test_a_conflict_is_a_combination_that_no_row_has(injector: Injector, kind: str, columns: tuple[str, ...]) -> None:
    seen = {tuple(row[name] for name in columns) for row in injector.table.to_pylist()}
    for _, after, changed in drawn(injector, kind):
        assert tuple(after[name] for name in columns) not in seen
        assert changed < set(columns)
        assert group_of(changed) == set(columns)


def test_an_end_before_its_start(injector: Injector) -> None:
    for _, after, changed in drawn(injector, "close_before_created"):
        days = (np.datetime64(after["CreatedDate"][:10]) - np.datetime64(after["CloseDate"][:10])).astype(int)
        assert 5 <= days <= 200
        assert changed == {"CloseDate"}


def test_an_unseen_category_is_one_that_its_column_does_not_have(injector: Injector) -> None:
    rows = injector.table.to_pylist()
    for _, after, changed in drawn(injector, "unseen_category"):
        (column,) = changed
        assert after[column] not in {row[column] for row in rows}
        assert column in injector.world.closed_sets


def test_three_cells_are_missing(injector: Injector) -> None:
    for _, after, changed in drawn(injector, "three_missing"):
        assert len(changed) == 3
        assert all(after[name] is None for name in changed)


def test_a_global_anomaly_leaves_the_range_and_a_dependency_does_not(injector: Injector) -> None:
    there = [row["Amount"] for row in injector.table.to_pylist() if row["Amount"] is not None]
    amounts = [after["Amount"] for _, after, _ in drawn(injector, "dependency")]
    assert min(there) * 0.99 <= min(amounts)
    assert max(amounts) <= max(there) * 1.01
    many = injector.draw("global", np.arange(ROWS), 400, np.random.default_rng(0)).table["Amount"].to_pylist()
    assert max(many) > max(there)


def test_anomalies_of_a_cluster_are_close_to_each_other(injector: Injector) -> None:
    names = injector.generic.categorical
    assert len({tuple(after[name] for name in names) for _, after, _ in drawn(injector, "cluster")}) == 1


def test_a_table_without_the_columns_of_the_contract_has_the_generic_kinds_in_its_mixture() -> None:
    random = np.random.default_rng(0)
    color = random.choice(["red", "blue"], 200)
    table = pa.table(
        {
            "key": [str(i) for i in range(200)],
            "color": color.tolist(),
            "size": random.lognormal(np.where(color == "red", 1, 4), 0.4),
            "age": random.normal(40, 9, 200),
        }
    )
    features = parse_features(
        [
            {"name": "color", "kind": "categorical"},
            {"name": "size", "kind": "numeric"},
            {"name": "age", "kind": "numeric"},
        ],
        where="test",
    )
    possible = Injector.of(table, World.of(table, features), id_column="key", seed=0).possible(np.random.default_rng(0))
    expected = ("amount_out_of_scale", "unseen_category", "duplicate_other_amount", *GENERIC_KINDS)
    assert possible == dict.fromkeys(expected, True)


def test_contaminated_rows_are_as_many_and_the_share_of_them_is_wrong(injector: Injector) -> None:
    kinds = [kind for kind, mixed in injector.possible(np.random.default_rng(0)).items() if mixed]
    rows = np.arange(0, ROWS, 2)
    table, whole = injector.contaminated(kinds, rows, 0.1, np.random.default_rng(0))
    assert table.num_rows == len(rows)
    assert len(whole) == len(rows) - round(0.1 * len(rows))
    original = injector.table.take(pa.array(rows)).to_pylist()
    assert sum(row not in original for row in table.to_pylist()) == round(0.1 * len(rows))


@pytest.mark.parametrize("kind", [*KINDS, *GENERIC_KINDS])
def test_errors_are_made_of_the_given_rows_alone(injector: Injector, kind: str) -> None:
    held_out = np.arange(3, ROWS, 5)
    assert set(injector.draw(kind, held_out, EACH, np.random.default_rng(0)).sources) <= set(held_out)


def test_rows_of_which_a_kind_is_impossible_stay_in_contaminated_training(injector: Injector) -> None:
    without = [i for i, row in enumerate(injector.world.rows) if row["Amount"] is None]
    assert without
    rows = np.array(without * 4)
    table, _ = injector.contaminated(["amount_out_of_scale"], rows, 0.5, np.random.default_rng(0))
    assert table.num_rows == len(rows)


def test_ranking_weighs_errors_by_their_prevalence() -> None:
    ordinary, wrong = np.arange(100.0), np.array([99.5, 98.5])
    ranking = rank(ordinary, wrong, prevalence=0.05)
    assert ranking.auc == pytest.approx((100 + 99) / 200)
    # The second error comes after one of a hundred ordinary rows, which weighs 0.95 %.
    assert ranking.ap == pytest.approx(0.5 * 1 + 0.5 * 0.05 / (0.05 + 0.0095))
    assert ranking.precision == pytest.approx((0.05 - 0.0095) / 0.05)


def test_equal_scores_share_their_places() -> None:
    ranking = rank(np.zeros(90), np.zeros(10), prevalence=0.2)
    assert (ranking.auc, ranking.ap, ranking.precision) == pytest.approx((0.5, 0.2, 0.2))


def test_a_reason_may_name_another_column_of_the_group_but_not_strictly() -> None:
    changed = [frozenset({"OwnerRole"}), frozenset({"Amount"}), frozenset({"Stage"}), frozenset[str]()]
    told = [["Owner", "OwnerRole"], ["Segment", "Owner", "Industry", "Amount"], [], ["Stage"]]
    accuracy = judge_reasons(changed, told)
    # The third has no reason and the fourth no column: they do not count.
    assert (accuracy.top1, accuracy.top3, accuracy.top1_strict, accuracy.top3_strict) == (0.5, 0.5, 0.0, 0.5)


def record(**values: Any) -> Record:
    names = ("reason_top1", "reason_top3", "reason_top1_strict", "reason_top3_strict")
    common = dict.fromkeys(("ap", "auc", "fpr", "precision", "detected", "fit_seconds", "score_seconds"), 0.5)
    return Record(
        **{
            "detector": "KNN",
            "encoding": "ordinal",
            "contaminated": False,
            "kind": MIXTURE,
            "seed": 0,
            **dict.fromkeys(names),
            **common,
            **values,
        }
    )


def test_lines_average_over_seeds_and_begin_with_the_best() -> None:
    records = [
        record(detector=detector, seed=seed, contaminated=contaminated, kind=kind, ap=ap + seed / 10)
        for detector, ap in (("LOF", 0.1), ("KNN", 0.3))
        for seed in (0, 1)
        for contaminated in (False, True)
        for kind in (MIXTURE, "three_missing", "local")
    ]
    found = lines(Evaluation(records=records, mixture={0: ["three_missing"], 1: ["three_missing"]}))
    assert [line.detector for line in found] == ["KNN", "LOF"]
    assert found[0].ap == pytest.approx((0.35, 0.35))
    kinds = kind_lines(Evaluation(records=records), "LOF", "ordinal")
    assert [line.kind for line in kinds] == [MIXTURE, "three_missing", "local"]


NAMES = [OURS, (DETECTOR, "other"), ("KNN", "ordinal")]


def small_evaluation() -> Evaluation:
    records = [
        record(detector=detector, encoding=encoding, kind=kind, contaminated=contaminated)
        for detector, encoding in NAMES
        for kind in (MIXTURE, "three_missing")
        for contaminated in (False, True)
    ]
    shares = np.linspace(0.01, 1, 100)
    return Evaluation(
        records=records,
        mixture={0: ["three_missing"]},
        p_values={False: [shares], True: [shares]},
        ordinary=[shares / 2],
        errors=[shares],
        thresholds=[0.5],
    )


def test_figures_show_all_encoders_of_ours_and_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    evaluation = small_evaluation()
    (tmp_path / "again").mkdir()
    files = write_figures(evaluation, tmp_path)
    assert [file.name for file in files[:2]] == ["ap_by_kind.png", "ap_by_kind.svg"]
    for file, again in zip(files, write_figures(evaluation, tmp_path / "again"), strict=True):
        assert file.read_bytes() == again.read_bytes()
    # Text is drawn as glyphs; what they spell stands in a comment beside them.
    drawn = (tmp_path / "ap_by_kind.svg").read_text("utf-8")
    assert all(f"<!-- {', '.join(name)} -->" in drawn for name in NAMES)


def test_too_few_rows_are_refused(opportunities_table: tuple[pa.Table, tuple[Feature, ...]]) -> None:
    table, features = opportunities_table
    with pytest.raises(DataError, match="expected at least 100 good rows, found 60"):
        evaluate(table.slice(0, 60), features, id_column="Id")


def test_too_few_rows_to_train_on_are_refused_with_what_training_needs(
    opportunities_table: tuple[pa.Table, tuple[Feature, ...]],
) -> None:
    table, features = opportunities_table
    found = "88 of 110 good rows are left to train on: .*expected at least 100 good rows.* found 88"
    with pytest.raises(DataError, match=found):
        evaluate(table.slice(0, 110), features, id_column="Id")


def test_an_encoder_without_its_package_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = contestants(rivals=False)
    monkeypatch.setitem(ENCODERS, "other", "no_such_package")
    assert our_encoders()[1]["other"] == "no_such_package"
    assert "other" not in our_encoders()[0]
    assert contestants(rivals=False) == alone
    monkeypatch.setitem(ENCODERS, "other", None)
    assert contestants(rivals=False) == alone + 1


def test_a_missing_package_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    found = rivals.find_spec
    monkeypatch.setattr(rivals, "find_spec", lambda name: None if name == "pyod" else found(name))
    with pytest.raises(
        ConfigError, match=r"found no pyod; install the extra: pip install './python-transform\[evaluate\]'"
    ):
        rivals.check_installed()


def test_every_rival_scores_every_row(opportunities_table: tuple[pa.Table, tuple[Feature, ...]]) -> None:
    table, features = opportunities_table
    names = set()
    for result in rivals.score_rivals(table.slice(0, 120), table.slice(120, 30), features, seed=0, alpha=0.1):
        assert result.scores.shape == (30,)
        assert np.isfinite(result.scores).all()
        assert set(result.label) <= {0.0, 1.0}
        names.add((result.detector, result.encoding))
    assert len(names) == len(rivals.DETECTORS) * len(rivals.ENCODINGS) == 30


def test_rivals_are_repeatable_but_for_the_times(opportunities_table: tuple[pa.Table, tuple[Feature, ...]]) -> None:
    table, features = opportunities_table
    once, again = (
        list(rivals.score_rivals(table.slice(0, 120), table.slice(120, 30), features, seed=5, alpha=0.1))
        for _ in range(2)
    )
    for one, other in zip(once, again, strict=True):
        # Not to the last bit: where memory lies decides how the libraries below sum up.
        np.testing.assert_allclose(one.scores, other.scores, rtol=1e-4, err_msg=f"{one.detector} {one.encoding}")


def test_without_categories_the_encodings_are_one(opportunities_table: tuple[pa.Table, tuple[Feature, ...]]) -> None:
    table, _ = opportunities_table
    features = parse_features([{"name": "Amount", "kind": "numeric"}], where="test")
    found = list(rivals.score_rivals(table.slice(0, 120), table.slice(120, 30), features, seed=0, alpha=0.1))
    assert {(each.detector, each.encoding) for each in found} == set(product(rivals.DETECTORS, rivals.ENCODINGS))
    by_name = {each.detector: each.scores for each in found if each.encoding == "one-hot"}
    assert all((each.scores == by_name[each.detector]).all() for each in found)


@pytest.fixture(scope="module")
def run(csv: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run the command and return its folder and what it printed."""
    folder = tmp_path_factory.mktemp("evaluation") / "out"
    arguments = [str(csv), "--id-column", "Id", "--seeds", "1", "--no-rivals", "--output", str(folder)]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return folder, result.output


@pytest.fixture(scope="module")
def records(run: tuple[Path, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((run[0] / "evaluation.json").read_text("utf-8"))
    return found


def test_the_command_writes_a_record_for_every_kind(records: list[dict[str, Any]]) -> None:
    assert {r["contaminated"] for r in records} == {False, True}
    assert {(r["detector"], r["encoding"]) for r in records} == {(DETECTOR, encoder) for encoder in ENCODERS}
    assert {r["kind"] for r in records} == {MIXTURE, *KINDS, *GENERIC_KINDS}
    wanted = {"detector", "encoding", "contaminated", "kind", "seed", "ap", "auc", "fpr", "reason_top1", "reason_top3"}
    assert all(wanted <= set(r) and 0 <= r["ap"] <= 1 and 0 <= r["fpr"] <= 1 for r in records)
    clean = {r["kind"]: r for r in records if not r["contaminated"] and r["encoding"] == OURS[1]}
    assert clean["close_before_created"]["ap"] > 0.9
    assert clean["close_before_created"]["reason_top1"] == 1.0
    assert clean["local"]["reason_top1"] is None


def test_the_command_draws_figures_and_prints_a_table(run: tuple[Path, str]) -> None:
    folder, printed = run
    for name in ("ap_by_kind", "calibration", "scores"):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in (folder / f"{name}.svg").read_bytes()
    for word in (*OURS, *KINDS, *GENERIC_KINDS, "FPR@0.05", "P@5%"):
        assert word in printed
    assert "…" not in printed
    table = [line for line in printed.splitlines() if not line.startswith("wrote")]
    assert max(map(len, table)) <= 80


def test_a_table_in_a_pipe_is_as_wide_as_its_cells(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("name", title="what it is")
    table.add_row("long " * 50)
    print_table(table)
    assert "long " * 49 in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--id-column", "None"], "None"),
        (["--id-column", "Id", "--prevalence", "0.7"], "0.7 is not in the range 0<x<=0.5"),
        (["--id-column", "Id", "--alpha", "0"], "0.0 is not in the range 0<x<=0.5"),
    ],
)
def test_the_command_says_what_is_wrong(csv: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(command, [str(csv), *arguments, "--output", str(tmp_path)])
    assert result.exit_code != 0
    assert message in (result.output or str(result.exception))


def test_an_evaluation_does_not_take_the_place_of_its_input(csv: Path, tmp_path: Path) -> None:
    table = tmp_path / "evaluation.json"
    table.write_bytes(csv.read_bytes())
    result = CliRunner().invoke(command, [str(table), "--id-column", "Id", "--output", str(tmp_path)])
    assert str(result.exception) == f"--output: expected a file of its own, found {table}, which is read as {table}"
    assert table.read_bytes() == csv.read_bytes()


@pytest.mark.parametrize("most", [10, 10_000], ids=["records", "figures"])
def test_a_full_disk_is_one_line_and_the_status_of_a_run_that_failed(
    csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_disk: Any, most: int
) -> None:
    monkeypatch.setattr("anomaly_detection.evaluate.evaluate", lambda *_, **__: small_evaluation())
    with full_disk(most):
        result = CliRunner().invoke(command, [str(csv), "--id-column", "Id", "--output", str(tmp_path / "out")])
    assert isinstance(result.exception, DataError)
    assert result.exception.exit_code == 1
    name = "out/evaluation.json" if most == 10 else "out"
    assert str(result.exception) == f"{tmp_path / name}: cannot be written: File too large"


def test_an_evaluation_is_repeatable_but_for_the_times(
    records: list[dict[str, Any]], opportunities_table: tuple[pa.Table, tuple[Feature, ...]]
) -> None:
    table, features = opportunities_table
    again = evaluate(table, features, id_column="Id", options=EvaluateOptions(seeds=1, rivals=False))
    times = {"fit_seconds": 0.0, "score_seconds": 0.0}
    assert [{**record, **times} for record in records] == [{**r.as_dict(), **times} for r in again.records]
    assert again.mixture == {0: list(KINDS)}


def asked(told: list[tuple[pa.Table, TrainOptions]]) -> Callable[..., Iterator[Verdict]]:
    """Return what stands for a contest: it keeps what it is asked, and one detector, ours, scores at random."""

    def contest(
        training: pa.Table, tested: pa.Table, features: Any, *, options: TrainOptions, **others: Any
    ) -> Iterator[Verdict]:
        told.append((pa.concat_tables([training, tested]), options))
        scores = np.random.default_rng(len(told)).random(tested.num_rows)
        scored: Any = SimpleNamespace(p_value=1 - scores, threshold=0.9, score=scores, reasons=[()] * len(scores))
        yield Verdict(
            detector=OURS[0], encoding=OURS[1], scores=scores, label=(scores > 0.9) * 1.0, fit_seconds=1.0,
            score_seconds=1.0, scored=scored,
        )  # fmt: skip

    return contest


def test_amounts_of_several_currencies_are_evaluated_with_rates_and_rows_of_none_left_out(
    csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[pa.Table, TrainOptions]] = []
    monkeypatch.setattr(run_module, "contest", asked(told))
    with csv.open(encoding="utf-8", newline="") as stream:
        lines = list(reader(stream))
    lines[0].append("CurrencyIsoCode")
    for i, line in enumerate(lines[1:]):
        line.append(("EUR", "JPY")[i % 2])
    lines[7][-1] = ""
    path, rates = tmp_path / "deals.csv", tmp_path / "rates.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer(stream).writerows(lines)
    rates.write_text("currency,rate\nEUR,1\nJPY,0.005\n", "utf-8")
    arguments = [str(path), "--id-column", "Id", "--seeds", "2", "--no-rivals", "--output", str(tmp_path / "out")]
    assert "give them with --currency-rates FILE" in str(CliRunner().invoke(command, arguments).exception)
    arguments += ["--currency-rates", str(rates), "--money"]
    refused = CliRunner().invoke(command, [*arguments, "Cost"])
    assert str(refused.exception).startswith("money: expected a numeric feature (Amount), found 'Cost'")
    assert not told
    done = CliRunner().invoke(command, [*arguments, "Amount"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "1 bad rows are left out:\n  row 7: CurrencyIsoCode: expected one of EUR, JPY, found nothing" in done.output
    assert len(told) == 4
    for rows, options in told:
        assert (options.currency_rates, options.money) == ({"EUR": 1.0, "JPY": 0.005}, ("Amount",))
        # Errors are no rows that are bad.
        assert set(rows["CurrencyIsoCode"].to_pylist()) == {"EUR", "JPY"}


def test_kinds_are_those_of_the_mixture_of_their_seed_and_not_of_the_last(
    opportunities_table: tuple[pa.Table, tuple[Feature, ...]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table, features = opportunities_table
    kinds = iter([{"three_missing": True, "unseen_category": True, "local": False}, {"local": True}])
    monkeypatch.setattr(Injector, "possible", lambda self, rng: next(kinds))
    monkeypatch.setattr(run_module, "contest", asked([]))
    found = evaluate(table, features, id_column="Id", options=EvaluateOptions(seeds=2, rivals=False))
    assert found.mixture == {0: ["three_missing", "unseen_category"], 1: ["local"]}
    records = {(r.seed, r.kind): r.ap for r in found.records if not r.contaminated}
    alone = [records[0, "three_missing"], records[0, "unseen_category"], records[1, "local"]]
    (line,) = lines(found)
    assert line.kinds_ap[0] == pytest.approx(np.mean(alone))
    assert [len(scores) for scores in found.errors] == [40, 40, 40]
    assert all(file.stat().st_size for file in write_figures(found, tmp_path))
