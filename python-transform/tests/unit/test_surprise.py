"""Surprises of the three models, and places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from anomaly_detection.features import FIRST_LEVEL, MISSING, UNKNOWN, Encoded
from anomaly_detection.surprise import CLIP, MISSING_WEIGHT, MODELS, Frequencies, SurpriseModel


def test_frequencies_count_codes_and_half_a_row_for_what_was_not_seen() -> None:
    rows = Encoded(np.array([[2], [2], [2], [3]]), np.zeros((4, 0)), np.zeros((4, 0), dtype=bool))
    found = np.exp(-Frequencies.fit(rows, (5,)).negative_log[0])
    assert np.allclose(found, [0.125, 0.125, 0.75, 0.25, 0.125])


def test_a_rare_value_is_a_surprise_and_a_common_one_is_less_than_none() -> None:
    codes = np.full((100, 1), FIRST_LEVEL)
    codes[0] = FIRST_LEVEL + 1
    rows = Encoded(codes, np.zeros((100, 0)), np.zeros((100, 0), dtype=bool))
    found = Frequencies.fit(rows, (4,)).surprise(rows)[:, 0]
    assert found[0] > 4
    assert found[1] < 0


def test_the_surprise_of_a_number_is_half_its_square_up_to_a_limit(make_rows: Callable[..., Encoded]) -> None:
    frequencies = Frequencies.fit(make_rows(200, (), 1), ())
    asked = Encoded(np.zeros((3, 0), np.int64), np.array([[2.0], [-3.0], [1e9]]), np.zeros((3, 1), dtype=bool))
    assert frequencies.surprise(asked)[:2, 0].tolist() == [2.0, 4.5]
    assert frequencies.surprise(asked)[2, 0] == CLIP


def test_a_missing_number_is_the_more_surprising_the_rarer_it_is(make_rows: Callable[..., Encoded]) -> None:
    gone = Encoded(np.zeros((1, 0), np.int64), np.zeros((1, 1)), np.ones((1, 1), dtype=bool))
    found = [Frequencies.fit(make_rows(1000, (), 1, gone=share), ()).surprise(gone)[0, 0] for share in (0.0, 0.05, 0.9)]
    assert found[0] > found[1] > found[2]
    assert np.isfinite(found).all()


def test_surprises_of_a_model_are_at_least_zero_finite_and_scaled(opportunities: Any) -> None:
    detector = opportunities.detector
    rows = detector.featurizer.encode(opportunities.batch)
    found = detector.surprises(rows)
    d = len(detector.featurizer.scored)
    assert found.shape == (len(MODELS), len(rows), d)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    # Each column's root mean square was made at most 1 on the training rows, most of what is asked here.
    assert (np.sqrt((found**2).mean(1)) < 2.5).all()


def test_a_missing_value_counts_less_than_a_wrong_one(opportunities: Any) -> None:
    model: SurpriseModel = opportunities.detector.surprises
    rows = opportunities.detector.featurizer.encode(opportunities.batch).take(np.arange(50))
    gone = Encoded(rows.codes.copy(), rows.numbers, rows.missing)
    gone.codes[:, 3] = MISSING
    raw = model.frequencies.surprise(gone)[:, 3] / model.scales[2, 3]
    assert np.allclose(model(gone)[2, :, 3], np.maximum(MISSING_WEIGHT * raw, 0))
    strange = Encoded(rows.codes.copy(), rows.numbers, rows.missing)
    strange.codes[:, 3] = UNKNOWN
    raw = model.frequencies.surprise(strange)[:, 3] / model.scales[2, 3]
    assert np.allclose(model(strange)[2, :, 3], np.maximum(raw, 0))


def test_places_are_frequencies_and_clipped_numbers(opportunities: Any) -> None:
    model: SurpriseModel = opportunities.detector.surprises
    rows = opportunities.detector.featurizer.encode(opportunities.batch)
    wild = Encoded(rows.codes, rows.numbers * 1e9, rows.missing)
    found = model.place(wild)
    c = rows.codes.shape[1]
    assert np.array_equal(found[:, :c], model.frequencies.of(rows))
    assert np.abs(found[:, c:]).max() == CLIP


def test_arrays_are_enough(opportunities: Any) -> None:
    model: SurpriseModel = opportunities.detector.surprises
    rows = opportunities.detector.featurizer.encode(opportunities.batch).take(np.arange(50))
    again = SurpriseModel.of_arrays(model.encoder, model.arrays())
    assert np.array_equal(again(rows), model(rows))
    assert np.array_equal(again.place(rows), model.place(rows))
