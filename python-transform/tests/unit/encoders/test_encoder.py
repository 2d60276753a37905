"""Scoring by the encoder: tables against the plain network, batches, training."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from anomaly_detection.encoders.encoder import BLOCK, Encoder, Likely, Located, tensors
from anomaly_detection.encoders.masked_tables import MaskedTables
from anomaly_detection.encoders.network import LEAST_CODES, MOST_CODES, EncoderShape, MaskedEncoder, location_and_scale
from anomaly_detection.encoders.training import EncoderOptions, Plan, train_encoder, validation_loss
from anomaly_detection.errors import ModelError
from anomaly_detection.features.feature import parse_features
from anomaly_detection.features.featurizer import FIRST_LEVEL, UNKNOWN, Encoded
from anomaly_detection.features.scale import FARTHEST
from anomaly_detection.features.tree import standardized
from anomaly_detection.models.artifacts import Artifacts
from anomaly_detection.models.training import TrainOptions, train

SHAPES = [((3, 5, 9), 2), ((4,), 0), ((), 3), ((), 1), ((2, 2), 1), ((40, 3), 4)]


def random_encoder(cards: tuple[int, ...], numbers: int, seed: int = 0) -> Encoder:
    torch.manual_seed(seed)
    network = MaskedEncoder(EncoderShape(cards=cards, numbers=numbers))
    state = {name: torch.randn_like(value) * 0.5 for name, value in network.state_dict().items()}
    state["edges"] = state["edges"].sort(1).values
    return Encoder.of_state(network.shape, state)


@pytest.mark.parametrize(("cards", "numbers"), SHAPES)
@pytest.mark.parametrize("gone", [0.0, 0.4, 1.0])
def test_tables_predict_as_the_network_does_with_one_column_masked_at_a_time(
    cards: tuple[int, ...], numbers: int, gone: float, make_rows: Callable[..., Encoded]
) -> None:
    network = random_encoder(cards, numbers).network
    codes, values, missing = tensors(make_rows(64, cards, numbers, gone=gone))
    values = values * 5  # beyond the clamp, too
    d = len(cards) + numbers
    with torch.inference_mode():
        found = dict(MaskedTables.of(network).outputs(codes, values, missing))
        assert list(found) == list(range(d))
        for j, part in enumerate(network.shape.slices):
            masked = torch.zeros(64, d, dtype=torch.bool)
            masked[:, j] = True
            masked[:, len(cards) :] |= missing
            expected = network(codes, values, masked)[:, part]
            if j < len(cards):
                # Only differences between the logits of a column mean anything.
                expected -= expected.mean(1, keepdim=True)
            assert torch.allclose(found[j].T, expected, atol=2e-4, rtol=1e-4), j


def test_surprise_is_standardized_for_a_category_and_the_residual_of_a_number(
    make_rows: Callable[..., Encoded],
) -> None:
    encoder = random_encoder((4, 3), 2)
    rows = make_rows(100, (4, 3), 2)
    expected = encoder.expected(rows, np.arange(4))
    found = encoder.surprise(rows)
    for j in (0, 1):
        likely = expected[j]
        assert isinstance(likely, Likely)
        assert np.allclose(np.exp(likely.log_probabilities).sum(1), 1)
        surprises = standardized(likely.log_probabilities)[np.arange(100), rows.codes[:, j]]
        assert np.allclose(found[:, j], surprises, rtol=1e-3, atol=1e-4)
    for j in (0, 1):
        located = expected[2 + j]
        assert isinstance(located, Located)
        residual = (rows.numbers[:, j] - located.location) / located.scale
        there = ~rows.missing[:, j]
        assert np.allclose(found[there, 2 + j], residual[there], rtol=1e-3, atol=1e-4)
        assert (found[~there, 2 + j] == 0).all()


def test_a_number_however_wild_has_a_finite_surprise(make_rows: Callable[..., Encoded]) -> None:
    rows = make_rows(2, (3,), 1, gone=0.0)
    wild = Encoded(rows.codes, np.array([[FARTHEST], [-FARTHEST]]), rows.missing)
    found = random_encoder((3,), 1).surprise(wild)
    assert np.isfinite(found).all()
    assert found[0, 1] > 1e6
    assert found[1, 1] < -1e6


@pytest.mark.parametrize("n", [1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 3])
def test_the_surprise_of_a_row_has_the_same_bits_in_every_batch(n: int, make_rows: Callable[..., Encoded]) -> None:
    encoder = random_encoder((4, 30), 2)
    rows = make_rows(3 * BLOCK + 5, (4, 30), 2)
    whole = encoder.surprise(rows)
    order = np.random.default_rng(n).permutation(len(rows))[:n]
    assert np.array_equal(encoder.surprise(rows.take(order)), whole[order])
    expected, some = encoder.expected(rows, np.array([0, 3])), encoder.expected(rows.take(order), np.array([0, 3]))
    first, second = expected[0], some[0]
    assert isinstance(first, Likely)
    assert isinstance(second, Likely)
    assert np.array_equal(first.log_probabilities[order], second.log_probabilities)


@pytest.mark.parametrize(("cards", "numbers"), SHAPES)
def test_latent_is_what_the_heads_see_less_the_wide_logits(
    cards: tuple[int, ...], numbers: int, make_rows: Callable[..., Encoded]
) -> None:
    encoder = random_encoder(cards, numbers)
    network = encoder.network
    for table in network.wide:
        torch.nn.init.zeros_(table.weight)
    rows = make_rows(70, cards, numbers)
    z = encoder.latent(rows)
    codes, values, missing = tensors(rows)
    masked = torch.cat([torch.zeros(70, len(cards), dtype=torch.bool), missing], 1)
    with torch.inference_mode():
        expected = network(codes, values, masked)
        found = network.heads(network.from_latent(torch.from_numpy(z).float()))
    assert z.shape == (70, network.shape.latent)
    assert torch.allclose(found, expected, atol=1e-4)


def test_latent_of_a_row_has_the_same_bits_in_every_batch(make_rows: Callable[..., Encoded]) -> None:
    encoder = random_encoder((4, 30), 2)
    rows = make_rows(BLOCK + 5, (4, 30), 2)
    whole = encoder.latent(rows)
    order = np.random.default_rng(0).permutation(len(rows))
    assert np.array_equal(encoder.latent(rows.take(order)), whole[order])
    assert np.array_equal(encoder.latent(rows.take(order[:3])), whole[order[:3]])
    assert encoder.latent(rows.take(order[:0])).shape == (0, encoder.network.shape.latent)


def test_latent_does_not_see_the_number_that_stands_for_a_missing_one(make_rows: Callable[..., Encoded]) -> None:
    encoder = random_encoder((4,), 2)
    rows = make_rows(50, (4,), 2, gone=0.5)
    other = Encoded(rows.codes, np.where(rows.missing, 3.0, rows.numbers), rows.missing)
    assert np.array_equal(encoder.latent(other), encoder.latent(rows))


def test_no_rows_give_no_surprise(make_rows: Callable[..., Encoded]) -> None:
    assert random_encoder((4,), 2).surprise(make_rows(0, (4,), 2)).shape == (0, 3)


def test_weights_of_another_shape_are_not_loaded() -> None:
    state = random_encoder((4,), 1).network.state_dict()
    with pytest.raises(RuntimeError, match="size mismatch"):
        Encoder.of_state(EncoderShape(cards=(5,), numbers=1), state)


def dependent(n: int, seed: int) -> Encoded:
    """Column 1 is column 0 shifted, column 2 is noise; the number follows column 0."""
    random = np.random.default_rng(seed)
    first = random.integers(0, 4, n)
    codes = np.stack([first, (first + 1) % 4, random.integers(0, 4, n)], 1) + FIRST_LEVEL
    numbers = (first - 1.5)[:, None] + random.normal(0, 0.1, (n, 1))
    return Encoded(codes, numbers, np.zeros((n, 1), dtype=bool))


SHAPE = EncoderShape(cards=(6, 6, 6), numbers=1)


def test_training_learns_what_depends_on_what() -> None:
    encoder, loss = train_encoder(dependent(400, 0), dependent(100, 1), SHAPE, seed=0)
    rows = dependent(200, 2)
    expected = encoder.expected(rows, np.arange(4))
    first, noise, number = expected[1], expected[2], expected[3]
    assert isinstance(first, Likely)
    assert isinstance(noise, Likely)
    assert isinstance(number, Located)
    assert (first.log_probabilities.argmax(1) == rows.codes[:, 1]).mean() > 0.98
    assert np.exp(noise.log_probabilities).max() < 0.8
    assert np.abs(number.location - rows.numbers[:, 0]).mean() < 0.3
    wrong = Encoded(rows.codes.copy(), rows.numbers, rows.missing)
    wrong.codes[:, 1] = FIRST_LEVEL + (wrong.codes[:, 1] - FIRST_LEVEL + 1) % 4
    assert (encoder.surprise(wrong)[:, 1] > encoder.surprise(rows)[:, 1] + 1).mean() > 0.98
    assert math.isclose(loss, validation_loss(encoder.network, dependent(100, 1)), rel_tol=1e-5)


def test_an_unknown_value_leaves_the_columns_beside_it_predictable() -> None:
    encoder, _ = train_encoder(dependent(400, 0), dependent(100, 1), SHAPE, seed=0, options=EncoderOptions(epochs=40))
    rows = dependent(200, 2)
    strange = Encoded(rows.codes.copy(), rows.numbers, rows.missing)
    strange.codes[:, 2] = UNKNOWN
    assert encoder.surprise(strange)[:, 1].mean() < encoder.surprise(rows)[:, 1].mean() + 0.2


def test_training_is_repeatable_and_leaves_the_callers_random_numbers_and_threads_alone() -> None:
    options = EncoderOptions(epochs=3)
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    first, _ = train_encoder(dependent(100, 0), dependent(50, 1), SHAPE, seed=5, options=options)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads
    second, _ = train_encoder(dependent(100, 0), dependent(50, 1), SHAPE, seed=5, options=options)
    third, _ = train_encoder(dependent(100, 0), dependent(50, 1), SHAPE, seed=6, options=options)
    states = [encoder.network.state_dict() for encoder in (first, second, third)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not all(torch.equal(states[0][name], states[2][name]) for name in states[0])


def test_training_stops_when_it_no_longer_helps_and_keeps_the_best() -> None:
    seen: list[tuple[int, float]] = []
    _, loss = train_encoder(
        dependent(60, 0),
        dependent(20, 1),
        SHAPE,
        seed=0,
        options=EncoderOptions(epochs=200, patience=1, checks=200),
        progress=lambda epoch, epochs, best: seen.append((epoch, best)),
    )
    assert len(seen) < 200
    assert [epoch for epoch, _ in seen] == list(range(1, len(seen) + 1))
    assert loss == min(best for _, best in seen)


def test_a_missing_number_of_the_whole_column_can_be_trained_on(make_rows: Callable[..., Encoded]) -> None:
    rows = make_rows(60, (3,), 1, gone=1.0)
    encoder, loss = train_encoder(
        rows, rows, EncoderShape(cards=(3,), numbers=1), seed=0, options=EncoderOptions(epochs=2)
    )
    assert math.isfinite(loss)
    out = encoder.expected(make_rows(5, (3,), 1, gone=0.0), np.array([1]))[1]
    assert isinstance(out, Located)
    assert np.isfinite(out.location).all()
    assert location_and_scale(torch.zeros(1, 2))[1].item() == 1.0


def test_rare_codes_of_a_large_column_share_one_and_the_others_are_told_apart() -> None:
    random = np.random.default_rng(0)
    shape = EncoderShape(cards=(50, 4), numbers=0, levels=8)
    common = random.integers(0, 2, 600)
    codes = np.stack([np.where(random.random(600) < 0.3, random.integers(8, 50, 600), 2 + common), 2 + common], 1)
    rows = Encoded(codes, np.zeros((600, 0)), np.zeros((600, 0), dtype=bool))
    encoder, _ = train_encoder(rows, rows, shape, seed=0, options=EncoderOptions(epochs=60))
    assert encoder.network.embeddings[0].weight.shape[0] == 9
    assert encoder.network.shape.outputs == 12
    expected = encoder.expected(rows, np.array([0]))[0]
    assert isinstance(expected, Likely)
    assert expected.log_probabilities.shape == (600, 50)
    assert np.allclose(np.exp(expected.log_probabilities).sum(1), 1, atol=1e-5)
    rare, found = codes[:, 0] >= 8, encoder.surprise(rows)
    assert np.ptp(found[rare & (codes[:, 1] == 2), 0]) < 1e-5
    assert found[rare, 0].max() < 1.5
    wrong = Encoded(np.where(codes == 2, 3, np.where(codes == 3, 2, codes)), rows.numbers, rows.missing)
    wrong.codes[:, 1] = codes[:, 1]
    assert (encoder.surprise(wrong)[~rare, 0] > 3).mean() > 0.95


def test_a_large_table_is_gone_through_in_fewer_and_larger_steps() -> None:
    seen: list[int] = []
    options = EncoderOptions(epochs=80, batch=16, largest_batch=64, most_steps=100, patience=99)
    assert options.plan(1000) == Plan(epochs=6, batch=64)
    assert options.plan(20) == Plan(epochs=50, batch=16)
    train_encoder(
        dependent(1000, 0),
        dependent(50, 1),
        SHAPE,
        seed=0,
        options=options,
        progress=lambda e, n, _: seen.extend([e, n]),
    )
    assert seen[-2:] == [6, 6]


@pytest.mark.parametrize("levels", [0, -1, 2, LEAST_CODES - 1, 64.0, "64", None])
def test_a_number_of_levels_that_no_training_writes_is_refused(
    small: Any, hostile: Callable[..., Artifacts], levels: Any
) -> None:
    written = json.loads(small.artifacts.params)["encoder"]
    assert written["levels"] == MOST_CODES
    with pytest.raises(ModelError, match=r"^model.params: cannot be used: "):
        hostile(small.artifacts, encoder={**written, "levels": levels}).detector()


def test_a_model_with_a_column_of_many_values_is_stored_and_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anomaly_detection.encoders.network.MOST_CODES", 40)
    random = np.random.default_rng(0)
    owner = random.integers(0, 60, 600)
    table = pa.table({"Owner": [f"o{i}" for i in owner], "Role": [f"r{i % 5}" for i in owner]})
    features = parse_features([{"name": name, "kind": "categorical"} for name in ("Owner", "Role")], where="test")
    artifacts = train(table, features, id_column="Id", options=TrainOptions(alpha=0.1))
    detector = artifacts.detector()
    assert detector.surprises.encoder.network.shape.known == (33, 7)
    assert detector.featurizer.cards == (62, 7)
    ids = pa.array([f"i{i}" for i in range(600)])
    wrong = pa.record_batch({"Id": ids, "Owner": table["Owner"].combine_chunks(), "Role": pa.array(["r0"] * 600)})
    latent = detector.surprises.encoder.latent(detector.featurizer.encode(wrong))
    assert np.isfinite(latent).all()
    found = detector.score(wrong, explain_all=True)
    assert found.label[owner % 5 != 0].mean() > 0.95
    assert found.label[owner % 5 == 0].mean() < 0.2
