"""Amounts of several currencies: rates from a file, tables that need them, models that carry them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from anomaly_detection.errors import ConfigError, DataError, ModelError
from anomaly_detection.evaluate import contest, rivals
from anomaly_detection.features.checking import BadCell
from anomaly_detection.features.currency import CURRENCY, MONEY, Currency, currency_of, read_rates
from anomaly_detection.features.feature import Feature, parse_features
from anomaly_detection.models.artifacts import Artifacts
from anomaly_detection.models.detector import Detector
from anomaly_detection.models.training import TrainOptions, train

RATES = {"EUR": 1.0, "JPY": 0.006, "USD": 0.9}
SPEC = [{"name": "Stage", "kind": "categorical"}, {"name": "Amount", "kind": "numeric"}]
FEATURES = parse_features(SPEC, where="test")


def deals(rows: int = 300, *, seed: int = 0, currencies: Sequence[str] = tuple(RATES)) -> pa.Table:
    """Make deals whose amounts are alike once they are converted."""
    random = np.random.default_rng(seed)
    currency = random.choice(currencies, rows)
    worth = random.lognormal(9, 0.3, rows) / np.array([RATES[name] for name in currency])
    return pa.table(
        {
            "Id": [f"d{i}" for i in range(rows)],
            "Stage": random.choice(["Open", "Closed"], rows).tolist(),
            "Amount": worth,
            CURRENCY: currency.tolist(),
        }
    )


def changed(table: pa.Table, **columns: Sequence[Any]) -> pa.Table:
    for name, values in columns.items():
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.array(values, table.schema.field(name).type))
    return table


def fitted(table: pa.Table, features: Sequence[Feature] = FEATURES, **options: Any) -> Artifacts:
    return train(table, features, id_column="Id", options=TrainOptions(alpha=0.1, **options))


@pytest.fixture(scope="module")
def model() -> Artifacts:
    return fitted(deals(), currency_rates=RATES)


def score(detector: Detector, table: pa.Table) -> Any:
    return detector.score(table.combine_chunks().to_batches()[0], explain_all=True)


# The rates.


def rates_file(folder: Path, text: str) -> Path:
    path = folder / "rates.csv"
    path.write_text(text, "utf-8")
    return path


def test_rates_are_read_as_people_write_them(tmp_path: Path) -> None:
    path = rates_file(tmp_path, "\ufeffCurrency, Rate\r\nEUR,1\r\n\r\n USD , 0.9 \r\nJPY,6e-3\r\n")
    assert read_rates(path) == RATES


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "FILE: expected a CSV file with a header, found an empty file"),
        ("EUR,1\n", "FILE: expected the header currency,rate, found eur,1"),
        ("currency,rate\n", "FILE: expected a currency and its rate, found no record"),
        ("currency,rate\nEUR\n", "FILE: record 1: expected a currency and a rate above 0, found EUR"),
        ("currency,rate\nEUR,1\n,2\n", "FILE: record 2: expected a currency and a rate above 0, found ,2"),
        ("currency,rate\nEUR,1\nEUR,2\n", "FILE: record 2: expected each currency once, found EUR again"),
        ('currency,rate\n"EUR,1\n', "FILE: record 1 is not CSV: "),
        *(
            (
                f"currency,rate\nEUR,{rate}\n",
                f"FILE: record 1: expected a currency and a rate above 0, found EUR,{rate}",
            )
            for rate in ("0", "-1", "nan", "inf", "1e999", "one", "")
        ),
    ],
)
def test_rates_that_cannot_be_used_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = rates_file(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read_rates(path)
    assert str(error.value).replace(str(path), "FILE").startswith(message)
    assert error.value.exit_code == 2


# The table.


def test_the_money_of_the_contract_is_its_amount() -> None:
    assert MONEY == ("Amount",)


def test_several_currencies_without_rates_are_refused() -> None:
    table = deals(currencies=["EUR"] * 8 + ["USD"])
    with pytest.raises(DataError) as error:
        fitted(table)
    usd = table[CURRENCY].to_pylist().count("USD")
    assert str(error.value) == (
        "column 'CurrencyIsoCode': expected one currency, or rates to convert Amount with, "
        f"found EUR in {300 - usd} rows, USD in {usd} rows; "
        "give them with --currency-rates FILE, a CSV of currency,rate"
    )


def test_a_currency_without_a_rate_is_refused_by_name() -> None:
    with pytest.raises(DataError) as error:
        fitted(deals(), currency_rates={"EUR": 1.0, "USD": 0.9})
    assert str(error.value).startswith(
        "column 'CurrencyIsoCode': expected currencies that have a rate (EUR, USD), found"
    )
    assert "JPY in " in str(error.value)


@pytest.mark.parametrize("missing", [CURRENCY, "Amount"])
def test_rates_with_nothing_to_convert_are_refused(missing: str) -> None:
    features = [feature for feature in FEATURES if feature.name != missing]
    with pytest.raises(ConfigError) as error:
        fitted(deals().drop_columns([missing]), features, currency_rates=RATES)
    assert str(error.value) == (f"currency rates: expected amounts to convert, found no values of a column {missing}")


def test_without_the_column_or_without_amounts_there_are_no_currencies() -> None:
    table = deals()
    assert currency_of(table.drop_columns([CURRENCY]), ["Amount"], None) is None
    assert currency_of(table, ["Score"], None) is None
    assert currency_of(changed(table, **{CURRENCY: [None] * 300}), ["Amount"], None) is None


def test_a_table_may_have_money_of_its_own() -> None:
    found = currency_of(deals(), ["Cost", "Amount", "Count"], RATES, money=["Cost"])
    assert found == Currency(column=CURRENCY, rates=RATES, money=("Cost", "Amount"))


def test_money_that_is_no_numeric_feature_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^money: expected a numeric feature \(Amount\), found 'Cots'$"):
        fitted(deals(), currency_rates=RATES, money=("Cots",))


def test_rows_that_do_not_say_their_currency_are_refused_in_training() -> None:
    with pytest.raises(DataError) as error:
        fitted(changed(deals(), **{CURRENCY: [None, None, *["EUR"] * 298]}))
    assert str(error.value) == (
        "column 'CurrencyIsoCode': expected EUR, found nothing in row 1 and 1 more rows; correct or leave out such rows"
    )


# The model.


def test_amounts_are_compared_converted(model: Artifacts) -> None:
    detector = model.detector()
    table = deals(200, seed=1)
    found = score(detector, table)
    assert found.bad == []
    assert found.label.mean() < 0.2
    rows = detector.featurizer.encode(table)
    names = np.array(table[CURRENCY].to_pylist())
    means = [rows.numbers[names == name, 0].mean() for name in RATES]
    assert np.ptp(means) < 0.5
    assert score(detector, changed(table, **{CURRENCY: ["EUR"] * 200})).label[names == "JPY"].mean() > 0.9


def test_a_row_scores_the_same_in_any_currency(model: Artifacts) -> None:
    detector, table = model.detector(), deals(50, seed=2, currencies=["EUR"])
    amounts = np.asarray(table["Amount"])
    for name, rate in RATES.items():
        other = changed(table, Amount=amounts / rate, **{CURRENCY: [name] * 50})
        assert np.allclose(score(detector, other).score, score(detector, table).score, rtol=1e-4)


def test_reasons_speak_in_the_currency_of_the_row(model: Artifacts) -> None:
    table = deals(1, seed=3, currencies=["JPY"])
    found = score(model.detector(), changed(table, Amount=[5.0]))
    reason = next(reason for reason in found.reasons[0] if reason.field == "Amount")
    assert reason.value == "5"
    low, high = (float(end.replace(",", "")) for end in (reason.expected or "").split(" to "))
    assert 300_000 < low < 9_000 / RATES["JPY"] < high < 5_000_000


def test_a_row_of_an_unknown_currency_is_bad_and_never_scored(model: Artifacts) -> None:
    table = changed(deals(5, seed=4), **{CURRENCY: ["EUR", "CHF", None, "usd", "USD"]})
    found = score(model.detector(), table)
    assert found.positions.tolist() == [0, 4]
    assert found.bad == [
        BadCell(1, CURRENCY, "one of EUR, JPY, USD", "CHF"),
        BadCell(2, CURRENCY, "one of EUR, JPY, USD", "nothing"),
        BadCell(3, CURRENCY, "one of EUR, JPY, USD", "usd"),
    ]


def test_an_amount_too_large_to_convert_is_odd_and_finite(model: Artifacts) -> None:
    table = changed(deals(1, currencies=["EUR"]), Amount=[1.7e308])
    detector = fitted(deals(), currency_rates={**RATES, "EUR": 1000.0, "JPY": 6.0, "USD": 900.0}).detector()
    for found in (score(detector, table), score(model.detector(), table)):
        assert found.label.tolist() == [1]
        assert np.isfinite(found.score).all()


def test_a_model_of_one_currency_knows_that_others_are_others() -> None:
    detector = fitted(deals(currencies=["USD"])).detector()
    assert detector.currency == Currency(column=CURRENCY, rates={"USD": 1.0}, money=("Amount",))
    found = score(detector, deals(3, currencies=["EUR"]))
    assert [cell.expected for cell in found.bad] == ["USD"] * 3
    assert len(found.score) == 0


def test_a_model_without_the_column_is_as_before() -> None:
    table = deals().drop_columns([CURRENCY])
    artifacts = fitted(table)
    assert "currency" not in json.loads(artifacts.params)
    assert CURRENCY not in artifacts.detector().columns
    assert score(artifacts.detector(), table).bad == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (None, "currency: expected a column, rates and money, found None"),
        ({"column": ""}, "currency: expected a column, found ''"),
        ({"column": 7}, "currency: expected a column, found 7"),
        ({"rates": {}}, "currency: expected rates that are positive and finite, found {}"),
        ({"rates": [1]}, "currency: expected rates that are positive and finite, found [1]"),
        ({"rates": {"EUR": 0}}, "currency: expected rates that are positive and finite, found {'EUR': 0}"),
        ({"rates": {"EUR": -1.0}}, "currency: expected rates that are positive and finite"),
        ({"rates": {"EUR": float("nan")}}, "currency: expected rates that are positive and finite"),
        ({"rates": {"EUR": float("inf")}}, "currency: expected rates that are positive and finite"),
        ({"rates": {"EUR": True}}, "currency: expected rates that are positive and finite"),
        ({"rates": {"EUR": "1"}}, "currency: expected rates that are positive and finite"),
        ({"rates": {"EUR": 10**400}}, "currency: expected rates that are positive and finite"),
        ({"money": []}, "currency: expected money to be numeric features, found []"),
        ({"money": ["Stage"]}, "currency: expected money to be numeric features, found ['Stage']"),
        ({"money": [["Amount"]]}, ""),
        ({"more": 1}, "currency: expected a column, rates and money"),
    ],
)
def test_currencies_that_no_training_writes_are_refused_at_load(
    model: Artifacts, hostile: Callable[..., Artifacts], change: Any, message: str
) -> None:
    written = json.loads(model.params)["currency"]
    assert written == {"column": CURRENCY, "rates": RATES, "money": ["Amount"]}
    with pytest.raises(ModelError) as error:
        hostile(model, currency=None if change is None else {**written, **change}).detector()
    assert str(error.value).startswith(f"model.params: cannot be used: {message}")


# The command.


def write(path: Path, table: pa.Table, header: dict[str, str] | None = None) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow([(header or {}).get(name, name) for name in table.column_names])
        lines.writerows(row.values() for row in table.to_pylist())
    return path


def test_the_command_refuses_several_currencies_and_takes_rates(run: Any, refused: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "d.csv", deals(), header={CURRENCY: "Opportunity Currency"})
    arguments = ("train", path, "--id-column", "Id", "--output", tmp_path / "model", "--alpha", 0.1)
    assert refused(*arguments).endswith("give them with --currency-rates FILE, a CSV of currency,rate")
    rates = rates_file(tmp_path, "currency,rate\nEUR,1\nJPY,0.006\nUSD,0.9\n")
    done = run(*arguments, "--currency-rates", rates)
    assert (done.status, done.err) == (0, "")
    assert Detector.load(tmp_path / "model").currency == Currency(column=CURRENCY, rates=RATES, money=("Amount",))


def test_the_command_takes_money_of_other_names(refused: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "d.csv", deals(), header={"Amount": "Cost"})
    arguments = ("train", path, "--id-column", "Id", "--output", tmp_path / "model", "--alpha", 0.1)
    assert "or rates to convert Cost with" in refused(*arguments, "--money", "Cost")
    assert refused(*arguments, "--money", "Cots") == "money: expected a numeric feature (Cost), found 'Cots'"


def test_numbers_that_are_not_converted_are_named(run: Any, tmp_path: Path) -> None:
    table = deals().append_column("Fee", pa.array(np.random.default_rng(9).lognormal(3, 0.2, 300)))
    rates = rates_file(tmp_path, "currency,rate\nEUR,1\nJPY,0.006\nUSD,0.9\n")
    arguments = (
        "train", write(tmp_path / "d.csv", table), "--id-column", "Id", "--output", tmp_path / "model",
        "--alpha", 0.1, "--currency-rates", rates,
    )  # fmt: skip
    assert run(*arguments).err == "taken for no amounts of money: Fee; name with --money those that are\n"
    assert run(*arguments, "--money", "Fee").err == ""
    assert Detector.load(tmp_path / "model").currency == Currency(column=CURRENCY, rates=RATES, money=("Amount", "Fee"))


def test_detectors_beside_ours_are_given_converted_amounts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contest, "ENCODERS", {"masked": None})
    monkeypatch.setattr(rivals, "DETECTORS", {"KNN": rivals.DETECTORS["KNN"]})
    table = deals()
    in_euro = table["Amount"].to_numpy() * [RATES[name] for name in table[CURRENCY].to_pylist()]
    found = [
        list(
            contest.contest(
                each.slice(0, 250),
                each.slice(250),
                FEATURES,
                id_column="Id",
                options=TrainOptions(alpha=0.1, currency_rates=RATES),
                rivals=True,
            )
        )
        for each in (table, changed(table, Amount=in_euro, **{CURRENCY: ["EUR"] * 300}))
    ]
    assert [verdict.detector for verdict in found[0]] == [contest.DETECTOR, *["KNN"] * len(rivals.ENCODINGS)]
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one.scores, other.scores, rtol=1e-6, atol=1e-9)


def test_rows_without_their_currency_are_left_out_of_training_and_listed(run: Any, tmp_path: Path) -> None:
    table = changed(deals(300, currencies=["EUR"]), **{CURRENCY: ["EUR", None, *["EUR"] * 298]})
    bad = tmp_path / "bad.jsonl"
    done = run(
        "train", write(tmp_path / "d.csv", table), "--id-column", "Id", "--output", tmp_path / "model",
        "--alpha", 0.1, "--errors", bad,
    )  # fmt: skip
    assert done.status == 0
    assert done.err.splitlines() == [
        "1 bad rows are left out:",
        "  row 2: CurrencyIsoCode: expected EUR, found nothing",
    ]
    line = json.loads(bad.read_text("utf-8"))
    assert {key: line[key] for key in ("row", "id", "column", "stage")} == {
        "row": 2, "id": "d1", "column": CURRENCY, "stage": "read",
    }  # fmt: skip


def test_the_command_scores_what_has_a_rate_and_lists_what_has_none(
    run: Any, refused: Any, model: Artifacts, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    model.write(folder)
    table = changed(deals(4, seed=5), **{CURRENCY: ["EUR", "CHF", "USD", None]})
    path = write(tmp_path / "d.csv", table, header={CURRENCY: "Currency ISO Code"})
    done = run("score", path, "--model", folder, "--output", tmp_path / "o.jsonl")
    assert done.status == 0
    scored = [json.loads(line)["id"] for line in (tmp_path / "o.jsonl").read_text("utf-8").splitlines()]
    errors = [json.loads(line) for line in (tmp_path / "o.errors.jsonl").read_text("utf-8").splitlines()]
    assert scored == ["d0", "d2"]
    assert [(error["row"], error["error"]) for error in errors] == [
        (2, "CurrencyIsoCode: expected one of EUR, JPY, USD, found CHF"),
        (4, "CurrencyIsoCode: expected one of EUR, JPY, USD, found nothing"),
    ]
    path = write(tmp_path / "d.csv", table.drop_columns([CURRENCY]))
    message = refused("score", path, "--model", folder, "--output", tmp_path / "o.jsonl")
    assert message == (
        f"column 'CurrencyIsoCode': expected STRING ({folder}/model.params), found no such column; "
        "there are Id, Stage, Amount"
    )
