"""A batch in, the same bits out whatever stands beside a row."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from anomaly_detection.errors import ConfigError
from anomaly_detection.features.checking import BadCell
from anomaly_detection.models.detector import Detector, Scored

DIGEST = """
import hashlib, sys
from itertools import islice
import pyarrow as pa
from anomaly_detection.models.detector import Detector
from anomaly_detection.features.feature import parse_features
from anomaly_detection.tables.input_table import InputTable, column_types
from anomaly_detection.models.training import TrainOptions, train

folder, csv, small, spec = sys.argv[1:]
detector = Detector.load(folder)
hashed = hashlib.sha256()
for part in islice(InputTable(csv, id_column="Id", types=detector.columns).batches(111), 4):
    found = detector.score(part.columns, explain_all=True)
    for array in (found.score, found.p_value, *vars(found.prediction).values()):
        hashed.update(array.tobytes())
    hashed.update(repr(found.reasons).encode())
print(hashed.hexdigest())
features = parse_features(eval(spec), where="spec")
types = {f.name: f.column_type for f in features if f.is_column}
table = InputTable(small, id_column="Code", types=types)
rows = pa.Table.from_batches([part.columns for part in table.batches()])
artifacts = train(rows, features, id_column="Code", options=TrainOptions(alpha=0.05, seed=3))
print(artifacts.detector().model_id)
for content in (artifacts.encoder, artifacts.model, artifacts.params):
    print(hashlib.sha256(content).hexdigest())
"""


def columns_of(found: Scored) -> list[Any]:
    return [found.score, found.label, found.p_value, *vars(found.prediction).values()]


def assert_same(found: Scored, rows: Any, whole: Scored) -> None:
    for some, every in zip(columns_of(found), columns_of(whole), strict=True):
        assert np.array_equal(some, every[rows])
    assert found.reasons == [whole.reasons[i] for i in rows]


@pytest.fixture(scope="module")
def whole(opportunities: Any) -> Scored:
    return opportunities.detector.score(opportunities.batch, explain_all=True)


@pytest.mark.parametrize("size", [1, 7, 512, 4096])
def test_results_have_the_same_bits_whatever_the_batch(opportunities: Any, whole: Scored, size: int) -> None:
    rows = opportunities.batch.num_rows
    begins = range(0, rows, size if size > 100 else 61)
    for begin in begins:
        found = opportunities.detector.score(opportunities.batch.slice(begin, size), explain_all=True)
        assert_same(found, range(begin, min(begin + size, rows)), whole)


def test_results_have_the_same_bits_whatever_the_order(opportunities: Any, whole: Scored) -> None:
    order = np.random.default_rng(0).permutation(opportunities.batch.num_rows)
    assert_same(opportunities.detector.score(opportunities.batch.take(pa.array(order)), explain_all=True), order, whole)


def test_results_have_the_same_bits_beside_bad_rows_and_copies(
    opportunities: Any, whole: Scored, changed: Callable[..., pa.RecordBatch]
) -> None:
    bad = changed(opportunities.batch, 5, Amount=float("nan"))
    parts = [bad, opportunities.batch.slice(10, 3), bad, bad, *[opportunities.batch.slice(11, 1)] * 600, bad]
    batch = pa.Table.from_batches(parts).combine_chunks().to_batches()[0]
    found = opportunities.detector.score(batch, explain_all=True)
    assert_same(found, [10, 11, 12] + [11] * 600, whole)
    assert [cell.position for cell in found.bad] == [0, 4, 5, 606]


@pytest.mark.parametrize("more", [[], ["never seen", "2020-01-01", "USD", ""]], ids=["used", "unused and equal"])
def test_results_have_the_same_bits_whether_texts_have_a_dictionary(
    opportunities: Any, whole: Scored, changed: Callable[..., pa.RecordBatch], more: list[str]
) -> None:
    def coded(column: pa.Array) -> pa.Array:
        if column.type != pa.string():
            return column
        found = column.dictionary_encode()
        values = [*more, *found.dictionary.to_pylist(), *more, *found.dictionary.to_pylist()]
        codes = pa.array([None if code is None else code + len(more) for code in found.indices.to_pylist()], pa.int32())
        return pa.DictionaryArray.from_arrays(codes, pa.array(values, pa.string()))

    bad = changed(opportunities.batch, 7, CloseDate="tomorrow")
    batch = pa.Table.from_batches([opportunities.batch, bad]).combine_chunks().to_batches()[0]
    batch = pa.RecordBatch.from_arrays([coded(column) for column in batch], batch.schema.names)
    found = opportunities.detector.score(batch, explain_all=True)
    assert_same(found, range(opportunities.batch.num_rows), whole)
    assert (found.unseen, found.threshold) == (whole.unseen, whole.threshold)
    assert found.bad == [BadCell(batch.num_rows - 1, "CloseDate", found.bad[0].expected, "tomorrow")]
    assert_same(opportunities.detector.score(batch.slice(1000, 150), explain_all=True), range(1000, 1150), whole)


@pytest.mark.slow
def test_results_and_training_have_the_same_bits_in_every_process(
    opportunities: Any,
    small: Any,
    run_python: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec = repr([feature.as_json() for feature in small.detector.features])
    arguments = (str(opportunities.folder), str(opportunities.csv), str(small.csv), spec)
    monkeypatch.setattr("sys.argv", ["", *arguments])
    exec(DIGEST, {})  # noqa: S102
    here = capsys.readouterr().out
    assert len(here.split()) == 5
    assert run_python(DIGEST, *arguments, hash_seed=2) == here


@pytest.mark.parametrize("threads", [2, 3])
def test_results_have_the_same_bits_however_many_threads_torch_may_use(
    opportunities: Any, whole: Scored, threads: int
) -> None:
    torch.set_num_threads(threads)
    found = opportunities.detector.score(opportunities.batch.slice(0, 600), explain_all=True)
    assert_same(found, range(600), whole)
    assert torch.get_num_threads() == threads


def test_results_have_the_same_bits_from_several_threads_at_once(opportunities: Any, whole: Scored) -> None:
    torch.set_num_threads(2)
    begins = list(range(0, 1200, 150))
    with ThreadPoolExecutor(4) as pool:
        every = pool.map(lambda begin: opportunities.detector.score(opportunities.batch.slice(begin, 150)), begins)
        for begin, found in zip(begins, every, strict=True):
            assert np.array_equal(found.score, whole.score[begin : begin + 150])
            assert np.array_equal(found.prediction.outlier_score, whole.prediction.outlier_score[begin : begin + 150])
    assert torch.get_num_threads() == 2


def test_results_are_of_the_kind_that_the_contract_names(whole: Scored, opportunities: Any) -> None:
    n = opportunities.batch.num_rows
    assert whole.positions.tolist() == list(range(n))
    assert whole.bad == []
    assert ((whole.score >= 0) & (whole.score < 1)).all()
    assert ((whole.p_value > 0) & (whole.p_value <= 1)).all()
    prediction = whole.prediction
    assert ((prediction.membership >= 0) & (prediction.membership <= 1)).all()
    assert ((prediction.outlier_score >= 0) & (prediction.outlier_score <= 1)).all()
    assert prediction.cluster.min() >= -1
    assert set(whole.label) <= {0, 1}


@pytest.mark.parametrize("alpha", [0.005, 0.01, 0.05, 0.1, 0.3, 0.75])
def test_a_row_is_labelled_exactly_when_its_p_value_is_at_most_alpha(opportunities: Any, alpha: float) -> None:
    found = opportunities.detector.score(opportunities.batch, alpha=alpha, explain=0)
    assert np.array_equal(found.label == 1, found.p_value <= alpha)
    assert np.array_equal(found.label == 1, found.score >= found.threshold)
    assert found.threshold == opportunities.detector.threshold(alpha)
    assert 0 < found.label.sum() < len(found.label) or alpha < 0.02


def test_about_alpha_of_ordinary_rows_that_were_not_trained_on_are_labelled(opportunities: Any, tmp_path: Any) -> None:
    from anomaly_detection.generate import write_opportunities
    from anomaly_detection.tables.input_table import InputTable

    write_opportunities(tmp_path / "others.csv", rows=1500, seed=77)
    batches = InputTable(tmp_path / "others.csv", id_column="Id", types=opportunities.detector.columns).batches()
    labels = [opportunities.detector.score(batch.columns, alpha=0.05, explain=0).label for batch in batches]
    assert 0.02 < np.concatenate(labels).mean() < 0.1


def test_gross_errors_are_labelled(opportunities: Any) -> None:
    batch = opportunities.batch.slice(0, 100)
    place = batch.schema.get_field_index("Amount")
    wrong = batch.set_column(place, "Amount", pa.array([(v or 1.0) * 1000 for v in batch["Amount"].to_pylist()]))
    assert opportunities.detector.score(wrong).label.mean() > 0.95
    assert opportunities.detector.score(batch).label.mean() < 0.05


def test_only_odd_rows_are_explained_unless_all_are_wanted(opportunities: Any, whole: Scored) -> None:
    found = opportunities.detector.score(opportunities.batch, alpha=0.05)
    assert [bool(reasons) for reasons in found.reasons] == (found.label == 1).tolist()
    assert sum(map(bool, whole.reasons)) > 0.5 * len(whole.reasons)


def test_bad_rows_are_named_and_the_others_scored(
    opportunities: Any, changed: Callable[..., pa.RecordBatch], whole: Scored
) -> None:
    batch = opportunities.batch
    parts = [
        changed(batch, 0, Id=None),
        batch.slice(1, 1),
        changed(batch, 2, Amount=float("inf")),
        changed(batch, 3, CloseDate="2024-02-30"),
        batch.slice(4, 1),
    ]
    found = opportunities.detector.score(
        pa.Table.from_batches(parts).combine_chunks().to_batches()[0], explain_all=True
    )
    assert found.positions.tolist() == [1, 4]
    assert_same(found, [1, 4], whole)
    assert found.bad == [
        BadCell(0, "Id", "an id", "nothing"),
        BadCell(2, "Amount", "a finite number", "inf"),
        BadCell(3, "CloseDate", "a date such as 2024-01-31 or 1/31/24", "2024-02-30"),
    ]


def test_only_bad_rows_or_none_are_a_result_of_no_rows(
    opportunities: Any, changed: Callable[..., pa.RecordBatch]
) -> None:
    for batch, bad in ((opportunities.batch.slice(0, 0), 0), (changed(opportunities.batch, 0, Id=None), 1)):
        found = opportunities.detector.score(batch, explain_all=True)
        assert [len(column) for column in columns_of(found)] == [0] * 6
        assert (found.reasons, len(found.bad)) == ([], bad)


def test_more_columns_and_another_order_change_nothing(opportunities: Any, whole: Scored) -> None:
    batch = opportunities.batch.slice(0, 20)
    names = batch.schema.names[::-1]
    other = pa.record_batch({"More": pa.array([object.__name__] * 20), **{name: batch[name] for name in names}})
    assert_same(opportunities.detector.score(other, explain_all=True), range(20), whole)


def test_another_column_can_be_the_id(opportunities: Any) -> None:
    batch = opportunities.batch.rename_columns(
        ["Key" if name == "Id" else name for name in opportunities.batch.schema.names]
    )
    assert len(opportunities.detector.score(batch, id_field="Key").score) == batch.num_rows


def test_unseen_values_everywhere_are_odd_and_finite(opportunities: Any) -> None:
    batch = opportunities.batch.slice(0, 3)
    texts = [name for name in batch.schema.names if pa.types.is_string(batch.schema.field(name).type)]
    for name in set(texts) - {"Id", "CreatedDate", "CloseDate"}:
        batch = batch.set_column(batch.schema.get_field_index(name), name, pa.array(["\u0000 unseen 漢"] * 3))
    found = opportunities.detector.score(batch)
    assert (found.label == 1).all()
    assert all(np.isfinite(column).all() for column in columns_of(found))


def test_a_row_of_nothing_is_scored(opportunities: Any) -> None:
    batch = opportunities.batch
    nothing = pa.RecordBatch.from_pylist([{"Id": "x"}], schema=batch.schema)
    found = opportunities.detector.score(nothing, explain_all=True)
    assert all(np.isfinite(column).all() for column in columns_of(found))
    assert all(reason.value is None for reason in found.reasons[0])


def test_an_alpha_that_the_calibration_cannot_give_is_refused(opportunities: Any) -> None:
    for alpha in (1e-5, 0.0, 1.0, 7.0):
        with pytest.raises(ConfigError, match=r"^alpha: expected a share from"):
            opportunities.detector.score(opportunities.batch, alpha=alpha)


def test_a_detector_cannot_be_changed(opportunities: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        opportunities.detector.alpha = 0.5


def test_the_columns_are_those_of_the_features_without_durations(small: Any) -> None:
    detector: Detector = small.detector
    assert detector.columns == {
        "Route": "STRING",
        "Express": "BOOLEAN",
        "Weight": "DOUBLE",
        "Sent": "date",
        "Arrived": "date",
        "Built": "date",
    }
    assert (detector.id_column, detector.alpha) == ("Code", 0.05)
