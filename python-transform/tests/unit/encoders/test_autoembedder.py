"""The autoembedder as an encoder: training, scoring, storing, and what happens without its package."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from anomaly_detection.encoders.autoembedder_encoder import AutoembedderEncoder, squared_distances
from anomaly_detection.encoders.autoembedder_network import AutoembedderNetwork, AutoembedderShape, package
from anomaly_detection.encoders.autoembedder_training import AutoembedderOptions, train_autoembedder
from anomaly_detection.encoders.encoder import BLOCK, Likely, Located
from anomaly_detection.errors import ConfigError, ModelError
from anomaly_detection.features.featurizer import FIRST_LEVEL, MISSING, UNKNOWN, Encoded
from anomaly_detection.models.artifacts import ENCODER, PARAMS, Artifacts
from anomaly_detection.models.detector import Detector
from anomaly_detection.models.safe_files import state_dict_file
from anomaly_detection.models.training import TrainOptions, train

pytestmark = pytest.mark.slow

SHAPES = [((3, 5, 9), 2), ((4,), 0), ((), 3), ((), 1), ((40, 3), 4)]
SHORT = AutoembedderOptions(epochs=3)


def random_encoder(cards: tuple[int, ...], numbers: int, seed: int = 0) -> AutoembedderEncoder:
    torch.manual_seed(seed)
    network = AutoembedderNetwork(AutoembedderShape.of(cards=cards, numbers=numbers))
    network.spread.uniform_(0.3, 1.0)
    network.slack.fill_(0.01)
    return AutoembedderEncoder.of_state(network.shape, network.state_dict())


def dependent(n: int, seed: int) -> Encoded:
    """Column 1 is column 0 shifted, column 2 is noise; the number follows column 0."""
    random = np.random.default_rng(seed)
    first = random.integers(0, 4, n)
    codes = np.stack([first, (first + 1) % 4, random.integers(0, 4, n)], 1) + FIRST_LEVEL
    numbers = (first - 1.5)[:, None] + random.normal(0, 0.1, (n, 1))
    return Encoded(codes, numbers, np.zeros((n, 1), dtype=bool))


SHAPE = AutoembedderShape.of(cards=(6, 6, 6), numbers=1)


@pytest.fixture(scope="module")
def learned() -> AutoembedderEncoder:
    return train_autoembedder(dependent(400, 0), dependent(100, 1), SHAPE, seed=0)[0]


# What it computes.


@pytest.mark.parametrize(("cards", "numbers"), SHAPES)
def test_reconstructions_are_those_of_the_package(
    cards: tuple[int, ...], numbers: int, make_rows: Callable[..., Encoded]
) -> None:
    network = random_encoder(cards, numbers).network
    sizes = [*zip(cards, network.shape.widths, strict=True), *[(2, 1)] * numbers]
    hidden = [[network.shape.hidden, network.shape.middle], [network.shape.middle, network.shape.latent]]
    plain = package().Autoembedder({"hidden_layers": hidden}, max(numbers, 1), sizes).double()
    weights = {name.removeprefix("model."): value for name, value in network.state_dict().items()}
    plain.load_state_dict({name: value for name, value in weights.items() if name not in ("spread", "slack")})
    rows = make_rows(20, cards, numbers)
    values = rows.numbers if numbers else np.zeros((20, 1))
    categories = np.concatenate([rows.codes, rows.missing], 1)
    with torch.inference_mode():
        expected = plain(torch.from_numpy(categories.T.copy()), torch.from_numpy(values.T.copy()))
        embedded, located = network(*map(torch.from_numpy, (rows.codes, rows.numbers, rows.missing)))
    first = max(numbers, 1)
    assert torch.allclose(located, expected[:, :numbers], rtol=0, atol=1e-12)
    found = torch.cat([*embedded, expected[:, :0]], 1)
    assert torch.allclose(found, expected[:, first : first + sum(network.shape.widths)], rtol=0, atol=1e-12)


def test_the_nearest_level_is_expected_and_others_by_their_distance(make_rows: Callable[..., Encoded]) -> None:
    encoder = random_encoder((7, 4), 1)
    rows = make_rows(50, (7, 4), 1)
    with torch.inference_mode():
        embedded, located = encoder.network(*map(torch.from_numpy, (rows.codes, rows.numbers, rows.missing)))
        distances = torch.cdist(embedded[0], encoder.network.tables[0]).numpy()
    expected = encoder.expected(rows, np.arange(3))
    likely, number = expected[0], expected[2]
    assert isinstance(likely, Likely)
    assert isinstance(number, Located)
    assert np.array_equal(likely.log_probabilities.argmax(1), distances.argmin(1))
    shares = np.exp(-(distances**2) / (2 * float(encoder.network.spread[0]) ** 2))
    shares = 0.99 * shares / shares.sum(1, keepdims=True) + 0.01 / 7
    assert np.allclose(np.exp(likely.log_probabilities), shares)
    assert np.allclose(number.location, located[:, 0].numpy())
    assert np.allclose(number.scale, float(encoder.network.spread[2]))
    residuals = np.where(rows.missing[:, 0], 0.0, (rows.numbers[:, 0] - number.location) / number.scale)
    assert np.allclose(encoder.surprise(rows)[:, 2], residuals, atol=1e-6)


def test_distances_of_a_level_to_itself_are_exactly_0() -> None:
    table = torch.randn(30, 5, dtype=torch.float64)
    assert (squared_distances(table, table).diagonal() == 0).all()
    assert torch.allclose(squared_distances(table[:7], table), torch.cdist(table[:7], table) ** 2)


@pytest.mark.parametrize("cards", [(4, 30), (5, 4), (9, 9, 9, 3001)])
@pytest.mark.parametrize("n", [1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 3])
def test_the_surprise_of_a_row_has_the_same_bits_in_every_batch(
    n: int, cards: tuple[int, ...], make_rows: Callable[..., Encoded]
) -> None:
    encoder = random_encoder(cards, 3)
    rows = make_rows(3 * BLOCK + 5, cards, 3)
    whole = encoder.surprise(rows)
    order = np.random.default_rng(n).permutation(len(rows))[:n]
    assert np.array_equal(encoder.surprise(rows.take(order)), whole[order])
    last = len(cards) + 2
    expected, some = (
        encoder.expected(rows, np.array([1, last])),
        encoder.expected(rows.take(order), np.array([1, last])),
    )
    likely, located = expected[1], expected[last]
    assert isinstance(likely, Likely)
    assert isinstance(located, Located)
    assert np.array_equal(likely.log_probabilities[order], some[1].log_probabilities)  # type: ignore[union-attr]
    assert np.array_equal(located.location[order], some[last].location)  # type: ignore[union-attr]


@pytest.mark.parametrize(("cards", "numbers"), SHAPES)
def test_no_rows_give_no_surprise(cards: tuple[int, ...], numbers: int, make_rows: Callable[..., Encoded]) -> None:
    assert random_encoder(cards, numbers).surprise(make_rows(0, cards, numbers)).shape == (0, len(cards) + numbers)


def test_a_number_however_wild_has_a_finite_surprise(make_rows: Callable[..., Encoded]) -> None:
    rows = make_rows(2, (3,), 1, gone=0.0)
    found = random_encoder((3,), 1).surprise(Encoded(rows.codes, np.array([[1e9], [-1e9]]), rows.missing))
    assert np.isfinite(found).all()
    assert found[0, 1] > 1e6
    assert found[1, 1] < -1e6


# Training.


def test_training_learns_what_depends_on_what(learned: AutoembedderEncoder) -> None:
    rows = dependent(200, 2)
    expected = learned.expected(rows, np.arange(4))
    number = expected[3]
    assert isinstance(number, Located)
    assert np.abs(number.location - rows.numbers[:, 0]).mean() < 0.3
    wrong = Encoded(rows.codes.copy(), rows.numbers, rows.missing)
    wrong.codes[:, 1] = FIRST_LEVEL + (wrong.codes[:, 1] - FIRST_LEVEL + 1) % 4
    usual, found = learned.surprise(rows), learned.surprise(wrong)
    assert usual[:, :3].mean() < 0.2
    assert (found[:, :2].max(1) > usual[:, :2].max(1) + 1).mean() > 0.5


def test_unknown_and_missing_values_have_levels_of_their_own(learned: AutoembedderEncoder) -> None:
    table = learned.network.tables[2]
    assert torch.pdist(table[[UNKNOWN, MISSING, FIRST_LEVEL]]).min() > 0.1
    rows = dependent(200, 2)
    strange = Encoded(rows.codes.copy(), rows.numbers, rows.missing)
    strange.codes[:, 2] = UNKNOWN
    usual, found = learned.surprise(rows), learned.surprise(strange)
    assert found[:, 2].mean() > usual[:, 2].mean()
    assert found[:, 1].mean() < usual[:, 1].mean() + 0.2
    gone = Encoded(rows.codes, np.zeros((200, 1)), np.ones((200, 1), dtype=bool))
    assert (learned.surprise(gone)[:, 3] == 0).all()


def test_training_is_repeatable_and_leaves_the_callers_random_numbers_and_threads_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    first, loss = train_autoembedder(dependent(100, 0), dependent(50, 1), SHAPE, seed=5, options=SHORT)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads
    second, again = train_autoembedder(dependent(100, 0), dependent(50, 1), SHAPE, seed=5, options=SHORT)
    third, _ = train_autoembedder(dependent(100, 0), dependent(50, 1), SHAPE, seed=6, options=SHORT)
    states = [encoder.state() for encoder in (first, second, third)]
    assert loss == again
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not all(torch.equal(states[0][name], states[2][name]) for name in states[0])


def test_training_reports_its_epochs_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    seen: list[tuple[int, int]] = []
    train_autoembedder(
        dependent(100, 0), dependent(50, 1), SHAPE, seed=0, options=SHORT, progress=lambda *told: seen.append(told)
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert capfd.readouterr() == ("", "")


def test_a_large_table_is_trained_on_for_fewer_epochs() -> None:
    seen: list[tuple[int, int]] = []
    options = replace(SHORT, most_steps=12, batch=20)
    train_autoembedder(
        dependent(100, 0), dependent(50, 1), SHAPE, seed=0, options=options, progress=lambda *told: seen.append(told)
    )
    assert seen == [(1, 2), (2, 2)]


@pytest.mark.parametrize(("cards", "numbers"), SHAPES)
def test_tables_of_every_shape_can_be_trained_on(
    cards: tuple[int, ...], numbers: int, make_rows: Callable[..., Encoded]
) -> None:
    rows = make_rows(60, cards, numbers)
    shape = AutoembedderShape.of(cards=cards, numbers=numbers)
    encoder, loss = train_autoembedder(rows, rows.take(np.arange(10)), shape, seed=0, options=SHORT)
    assert np.isfinite(encoder.surprise(rows)).all()
    assert 0 < loss < 100


def test_a_column_of_many_levels_can_be_trained_on(make_rows: Callable[..., Encoded]) -> None:
    shape = AutoembedderShape.of(cards=(3000, 4), numbers=1)
    rows = make_rows(2000, (3000, 4), 1)
    encoder, _ = train_autoembedder(rows, rows, shape, seed=0, options=replace(SHORT, epochs=1))
    found = encoder.surprise(rows)
    assert np.isfinite(found).all()
    likely = encoder.expected(rows.take(np.arange(40)), np.array([0]))[0]
    assert isinstance(likely, Likely)
    assert np.allclose(np.exp(likely.log_probabilities).sum(1), 1)


def test_a_column_of_missing_numbers_can_be_trained_on(make_rows: Callable[..., Encoded]) -> None:
    rows = make_rows(60, (3,), 2, gone=1.0)
    encoder, _ = train_autoembedder(rows, rows, AutoembedderShape.of(cards=(3,), numbers=2), seed=0, options=SHORT)
    assert (encoder.surprise(rows)[:, 1:] == 0).all()


# The whole model.


@dataclass(frozen=True)
class Model:
    """A model of parcels with this encoder, and the table that it was trained on."""

    artifacts: Artifacts
    detector: Detector
    batch: pa.RecordBatch


@pytest.fixture(scope="module")
def model(parcel_features: Any, parcel_table: Callable[..., pa.Table]) -> Model:
    table = parcel_table(400)
    options = TrainOptions(alpha=0.05, encoder="autoembedder")
    artifacts = train(table, parcel_features, id_column="Code", options=options)
    return Model(artifacts, artifacts.detector(), table.combine_chunks().to_batches()[0])


def test_model_params_name_the_encoder(model: Model) -> None:
    params = json.loads(model.artifacts.params)
    assert params["encoder"] == {
        "kind": "autoembedder", "cards": [5, 4], "numbers": 3, "hidden": 16, "middle": 8, "latent": 3,
    }  # fmt: skip
    assert params["training"]["encoder"] == "autoembedder"
    assert params["libraries"]["autoembedder"] == "0.2.5"


def test_the_contract_is_that_of_the_other_encoder(model: Model, small: Any, parcel_table: Any) -> None:
    new = parcel_table(200, seed=9).combine_chunks().to_batches()[0]
    found, other = model.detector.score(new), small.detector.score(new)
    for name in ("positions", "score", "label", "p_value"):
        mine, theirs = getattr(found, name), getattr(other, name)
        assert (mine.shape, mine.dtype) == (theirs.shape, theirs.dtype)
    assert found.prediction.cluster.min() >= -1
    assert ((found.prediction.membership >= 0) & (found.prediction.membership <= 1)).all()
    assert np.array_equal(found.label, (found.p_value <= 0.05).astype(np.int64))
    assert np.array_equal(found.label, (found.score >= found.threshold).astype(np.int64))
    assert found.label.mean() < 0.2


def test_the_score_of_a_row_does_not_depend_on_the_rows_beside_it(model: Model) -> None:
    whole = model.detector.score(model.batch, explain_all=True)
    for i in range(0, 400, 41):
        alone = model.detector.score(model.batch.slice(i, 1), explain_all=True)
        assert alone.score[0] == whole.score[i]
        assert alone.prediction.membership[0] == whole.prediction.membership[i]
        assert alone.reasons[0] == whole.reasons[i]


@pytest.mark.parametrize(
    ("cells", "field", "expected"),
    [
        ({"Express": False}, "Express", "true"),
        ({"Route": "moon"}, "Route", "north"),
        ({"Weight": 90_000.0}, "Weight", None),
        ({"Built": "1950-01-01"}, "Built", None),
    ],
)
def test_the_first_reason_is_the_column_that_is_wrong(
    model: Model, changed: Any, cells: dict[str, Any], field: str, expected: str | None
) -> None:
    north = int(np.flatnonzero(np.array(model.batch["Route"].to_pylist()) == "north")[3])
    found = model.detector.score(changed(model.batch, north, **cells))
    assert found.label[0] == 1
    reason = found.reasons[0][0]
    # Route and Express say the same of each other: either may be the wrong one.
    assert reason.field == field or (reason.field, field) == ("Route", "Express")
    if expected is not None and reason.field == field:
        assert reason.expected == expected


def test_what_was_stored_scores_the_same(model: Model, tmp_path: Any) -> None:
    model.artifacts.write(tmp_path / "model")
    again = Detector.load(tmp_path / "model")
    assert again.model_id == model.detector.model_id
    first, second = (d.score(model.batch, explain_all=True) for d in (model.detector, again))
    assert np.array_equal(first.score, second.score)
    assert np.array_equal(first.p_value, second.p_value)
    assert first.reasons == second.reasons
    state = torch.load(tmp_path / "model" / ENCODER, weights_only=True)
    assert all(torch.equal(value, state[name]) for name, value in model.detector.surprises.encoder.state().items())


def test_the_same_seed_gives_the_same_files(model: Model, parcel_features: Any, parcel_table: Any) -> None:
    options = TrainOptions(alpha=0.05, encoder="autoembedder")
    again = train(parcel_table(400), parcel_features, id_column="Code", options=options)
    assert (again.encoder, again.model, again.params) == (
        model.artifacts.encoder, model.artifacts.model, model.artifacts.params,
    )  # fmt: skip


# Files that are not what they should be.


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spread", 0.0),
        ("spread", -1.0),
        ("spread", float("nan")),
        ("slack", 0.0),
        ("slack", 1.0),
        ("slack", float("inf")),
        ("model.embeddings.0.weight", float("nan")),
        ("model.decoder.2.bias", float("inf")),
    ],
)
def test_weights_that_no_training_gives_are_refused(model: Model, hostile: Any, name: str, value: float) -> None:
    state = dict(model.detector.surprises.encoder.state())
    state[name] = torch.full_like(state[name], value)
    files = hostile(replace(model.artifacts, encoder=state_dict_file(state)))
    with pytest.raises(ModelError, match=f"^{ENCODER}: "):
        files.detector()


@pytest.mark.parametrize("change", ["missing", "extra", "shape", "single"])
def test_other_weights_are_refused(model: Model, hostile: Any, change: str) -> None:
    state, name = dict(model.detector.surprises.encoder.state()), "model.encoder.1.weight"
    if change == "missing":
        del state[name]
    elif change == "extra":
        state["model.more"] = state[name]
    else:
        state[name] = state[name][:-1] if change == "shape" else state[name].float()
    with pytest.raises(ModelError, match=f"^{ENCODER}: not a state_dict of this model: "):
        hostile(replace(model.artifacts, encoder=state_dict_file(state))).detector()


@pytest.mark.parametrize("size", ["hidden", "middle", "latent"])
@pytest.mark.parametrize("value", [10**9, 10**30, 0, -1])
def test_a_network_of_another_size_is_refused(model: Model, hostile: Any, size: str, value: int) -> None:
    encoder = {**json.loads(model.artifacts.params)["encoder"], size: value}
    with pytest.raises(ModelError, match=f"^{ENCODER}: "):
        hostile(model.artifacts, encoder=encoder).detector()


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ({"kind": "masked"}, "unexpected keyword argument 'middle'"),
        ({"kind": "best"}, "encoder: expected masked or autoembedder, found 'best'"),
        ({"kind": ["masked"]}, "encoder: expected masked or autoembedder, found"),
        ({"kind": None}, "encoder: expected masked or autoembedder, found None"),
        ({"hidden": 64.0}, "the encoder's sizes are not whole numbers"),
        ({"depth": 3}, "unexpected keyword argument 'depth'"),
        ({"cards": [5, 5]}, "the encoder is not one of these features"),
    ],
)
def test_an_encoder_that_there_is_not_is_refused(model: Model, hostile: Any, edit: dict[str, Any], why: str) -> None:
    encoder = {**json.loads(model.artifacts.params)["encoder"], **edit}
    with pytest.raises(ModelError) as error:
        hostile(model.artifacts, encoder=encoder).detector()
    assert str(error.value).startswith(f"{PARAMS}: cannot be used: ")
    assert why in str(error.value)


def test_an_encoder_without_a_kind_is_refused(model: Model, hostile: Any) -> None:
    encoder = json.loads(model.artifacts.params)["encoder"]
    del encoder["kind"]
    with pytest.raises(ModelError, match=f"^{PARAMS}: 'kind' is missing"):
        hostile(model.artifacts, encoder=encoder).detector()


# Without the package.


def test_without_the_package_there_is_one_clear_error(
    model: Model, monkeypatch: pytest.MonkeyPatch, parcel_features: Any, parcel_table: Any
) -> None:
    monkeypatch.setitem(sys.modules, "autoembedder", None)
    options = TrainOptions(alpha=0.05, encoder="autoembedder")
    told = "expected the package autoembedder, .* found none; install .* uv pip install '.\\[autoembedder\\]'"
    with pytest.raises(ConfigError, match=told):
        train(parcel_table(400), parcel_features, id_column="Code", options=options)
    with pytest.raises(ModelError, match=f"^{PARAMS}: cannot be used: encoder: {told}"):
        model.artifacts.detector()


def test_the_other_encoder_needs_no_package(run_python: Any, small: Any) -> None:
    program = """
import sys
sys.modules["autoembedder"] = None
from anomaly_detection.models.detector import Detector
print(Detector.load(sys.argv[1]).model_id)
assert not {"dask", "ignite", "torchinfo"} & sys.modules.keys()
"""
    assert run_python(program, str(small.folder), hash_seed=1) == f"{small.detector.model_id}\n"


def test_an_encoder_of_another_name_is_refused(parcel_features: Any, parcel_table: Any) -> None:
    with pytest.raises(ConfigError, match="encoder: expected masked or autoembedder, found 'best'"):
        train(parcel_table(400), parcel_features, id_column="Code", options=TrainOptions(encoder="best"))
