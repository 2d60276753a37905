"""Surprises of the three models, and places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from anomaly_detection.encoders.network import EncoderShape
from anomaly_detection.encoders.training import EncoderOptions, train_encoder
from anomaly_detection.features.featurizer import FIRST_LEVEL, MISSING, UNKNOWN, Encoded
from anomaly_detection.scoring.surprise import CLIP, MODELS, Frequencies, SurpriseModel
from anomaly_detection.scoring.tails import Tails
from anomaly_detection.scoring.weights import WEIGHTS


def test_frequencies_count_codes_and_half_a_row_for_what_was_not_seen() -> None:
    rows = Encoded(np.array([[2], [2], [2], [3]]), np.zeros((4, 0)), np.zeros((4, 0), dtype=bool))
    found = np.exp(-Frequencies.fit(rows, (5,)).negative_log[0])
    assert np.allclose(found, [0.125, 0.125, 0.75, 0.25, 0.125])


def no_tails(rows: Encoded) -> Tails:
    return Tails.fit(rows.numbers, ~rows.missing)


def test_a_rare_value_is_a_surprise_and_a_common_one_is_less_than_none() -> None:
    codes = np.full((100, 1), FIRST_LEVEL)
    codes[0] = FIRST_LEVEL + 1
    rows = Encoded(codes, np.zeros((100, 0)), np.zeros((100, 0), dtype=bool))
    found = Frequencies.fit(rows, (4,)).surprise(rows, (4,), no_tails(rows))[:, 0]
    assert found[0] > 3
    assert found[1] < 0


def test_values_that_are_all_rare_are_no_surprise() -> None:
    codes = FIRST_LEVEL + np.arange(100)[:, None]
    rows = Encoded(codes, np.zeros((100, 0)), np.zeros((100, 0), dtype=bool))
    found = Frequencies.fit(rows, (102,)).surprise(rows, (102,), no_tails(rows))
    assert np.abs(found).max() < 0.5


def test_the_surprise_of_a_number_is_that_of_the_tails(make_rows: Callable[..., Encoded]) -> None:
    rows = make_rows(200, (), 1)
    asked = Encoded(np.zeros((3, 0), np.int64), np.array([[2.0], [-3.0], [1e9]]), np.zeros((3, 1), dtype=bool))
    tails = no_tails(rows)
    assert np.array_equal(Frequencies.fit(rows, ()).surprise(asked, (), tails), tails(asked.numbers))


def test_a_missing_value_is_the_more_surprising_the_rarer_it_is(make_rows: Callable[..., Encoded]) -> None:
    gone = Encoded(np.array([[MISSING]]), np.zeros((1, 1)), np.ones((1, 1), dtype=bool))
    found = []
    for share in (0.0, 0.05, 0.9):
        rows = make_rows(1000, (6,), 1, gone=share)
        rows.codes[:, 0] = np.where(np.random.default_rng(0).random(1000) < share, MISSING, FIRST_LEVEL)
        found.append(Frequencies.fit(rows, (6,)).surprise(gone, (6,), no_tails(rows))[0])
    assert (np.diff(np.array(found), axis=0) < 0).all()
    assert np.isfinite(found).all()


def test_surprises_of_a_model_are_at_least_zero_finite_and_comparable(opportunities: Any) -> None:
    detector = opportunities.detector
    rows = detector.featurizer.encode(opportunities.batch)
    found = detector.surprises(rows)
    d = len(detector.featurizer.scored)
    assert found.shape == (len(MODELS), len(rows), d)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    # Standardized: what they vary by on rows like those of training is about one or less.
    assert (np.sqrt((found**2).mean(1)) < 1.5).all()


def test_an_encoder_that_knew_its_rows_by_heart_would_count_less(opportunities: Any) -> None:
    trust = opportunities.detector.surprises.trust
    assert (trust > 0).all()
    assert (trust <= WEIGHTS.encoder).all()


def test_a_missing_value_counts_less_than_a_wrong_one(opportunities: Any) -> None:
    model: SurpriseModel = opportunities.detector.surprises
    rows = opportunities.detector.featurizer.encode(opportunities.batch).take(np.arange(50))
    cards = model.encoder.network.shape.cards
    for code, weight in ((MISSING, WEIGHTS.missing), (UNKNOWN, 1.0)):
        other = Encoded(rows.codes.copy(), rows.numbers, rows.missing)
        other.codes[:, 3] = code
        raw = model.frequencies.surprise(other, cards, model.tails)[:, 3]
        assert np.allclose(model(other)[2, :, 3], np.maximum(weight * raw, 0))
        assert raw.min() > 1


def test_points_are_surprises_frequencies_and_clipped_numbers(opportunities: Any) -> None:
    model: SurpriseModel = opportunities.detector.surprises
    rows = opportunities.detector.featurizer.encode(opportunities.batch)
    wild = Encoded(rows.codes, rows.numbers * 1e9, rows.missing)
    surprises = model(wild)
    found = model.points(wild, surprises)
    c, d = rows.codes.shape[1], surprises.shape[2]
    assert np.array_equal(found[:, :d], surprises.max(0))
    assert np.array_equal(found[:, d : d + c], model.frequencies.of(rows))
    assert np.abs(found[:, d + c :]).max() == CLIP


def test_arrays_are_enough(opportunities: Any) -> None:
    model: SurpriseModel = opportunities.detector.surprises
    rows = opportunities.detector.featurizer.encode(opportunities.batch).take(np.arange(50))
    again = SurpriseModel.of_arrays(model.encoder, model.arrays())
    assert np.array_equal(again(rows), model(rows))
    assert np.array_equal(again.points(rows, again(rows)), model.points(rows, model(rows)))


def test_residuals_count_as_much_as_the_other_columns_tell_of_a_number(make_rows: Callable[..., Encoded]) -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (1500, 1)) + FIRST_LEVEL
    told = (codes - 3.5) + random.normal(0, 0.2, codes.shape)
    numbers = np.concatenate([told, random.normal(0, 1, codes.shape)], 1)
    rows = Encoded(codes, numbers, np.zeros(numbers.shape, dtype=bool))
    train, unseen = rows.take(np.arange(1000)), rows.take(np.arange(1000, 1500))
    encoder, _ = train_encoder(train, unseen, EncoderShape.of((6,), 2), seed=0, options=EncoderOptions(epochs=30))
    trust = SurpriseModel.fit(encoder, train, (6,), unseen).trust
    assert trust[1] > 0.5 * WEIGHTS.encoder
    assert trust[2] < 0.1
