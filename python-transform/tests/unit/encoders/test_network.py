"""The network's shape, and that masking hides what it should."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from anomaly_detection.encoders.encoder import tensors
from anomaly_detection.encoders.network import EncoderShape, MaskedEncoder, embedding_width, location_and_scale
from anomaly_detection.features.featurizer import Encoded


def random_network(shape: EncoderShape, seed: int = 0) -> MaskedEncoder:
    torch.manual_seed(seed)
    network = MaskedEncoder(shape)
    with torch.no_grad():
        for value in network.parameters():
            value.copy_(torch.randn_like(value) * 0.5)
        network.edges.copy_(torch.randn_like(network.edges).sort(1).values)
    return network.eval()


def test_outputs_and_slices_cover_each_column_once() -> None:
    shape = EncoderShape(cards=(3, 7), numbers=2)
    assert shape.outputs == 14
    assert shape.slices == (slice(0, 3), slice(3, 10), slice(10, 12), slice(12, 14))
    assert EncoderShape(cards=(), numbers=1).slices == (slice(0, 2),)


@pytest.mark.parametrize(("card", "width"), [(2, 3), (10, 6), (56, 15), (10_000, 16)])
def test_an_embedding_is_as_wide_as_the_rule_says(card: int, width: int) -> None:
    assert embedding_width(card) == width


@pytest.mark.parametrize(("cards", "numbers"), [((3, 5), 2), ((4,), 0), ((), 3), ((2, 2, 2), 1)])
def test_a_masked_column_is_not_looked_at(
    cards: tuple[int, ...], numbers: int, make_rows: Callable[..., Encoded]
) -> None:
    network = random_network(EncoderShape(cards=cards, numbers=numbers))
    codes, values, missing = tensors(make_rows(30, cards, numbers))
    d = len(cards) + numbers
    for j in range(d):
        masked = torch.zeros(30, d, dtype=torch.bool)
        masked[:, len(cards) :] |= missing
        masked[:, j] = True
        before = network(codes, values, masked)
        other_codes, other_values = codes.clone(), values.clone()
        if j < len(cards):
            other_codes[:, j] = (codes[:, j] + 1) % cards[j]
        else:
            other_values[:, j - len(cards)] += 1.5
        assert torch.equal(network(other_codes, other_values, masked), before)
        masked[:, j] = False
        assert not torch.equal(network(other_codes, other_values, masked), network(codes, values, masked))


def test_losses_are_negative_log_likelihoods_and_nothing_for_a_missing_number(
    make_rows: Callable[..., Encoded],
) -> None:
    network = random_network(EncoderShape(cards=(4,), numbers=1))
    rows = make_rows(50, (4,), 1)
    codes, values, missing = tensors(rows)
    out = torch.randn(50, 6)
    losses = network.losses(out, codes, values, missing)
    expected = -out[:, :4].log_softmax(1)[torch.arange(50), codes[:, 0]]
    assert torch.allclose(losses[:, 0], expected)
    assert (losses[missing[:, 0], 1] == 0).all()
    assert missing.any()
    (location,), (scale,) = (pair.T for pair in location_and_scale(out[:, 4:]))
    student = torch.distributions.StudentT(5.0, location, scale)
    there = ~missing[:, 0]
    constant = losses[there, 1] + student.log_prob(values[:, 0])[there]
    assert torch.allclose(constant, constant[:1].expand_as(constant), atol=1e-5)


def test_the_scale_is_kept_within_limits() -> None:
    location, scale = location_and_scale(torch.tensor([[1.0, -100.0], [2.0, 100.0], [3.0, 0.0]]))
    assert location.tolist() == [[1.0], [2.0], [3.0]]
    assert torch.allclose(scale[:, 0], torch.tensor([-2.5, 2.0, 0.0]).exp())


def test_every_number_has_a_bin() -> None:
    network = random_network(EncoderShape(cards=(), numbers=1))
    numbers = torch.tensor([[-1e30], [0.0], [1e30]])
    assert network.binned(numbers)[:, 0].tolist()[0] == 0
    assert network.binned(numbers)[:, 0].tolist()[-1] == 9
