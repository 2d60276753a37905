"""What training leads to expect of rows to come, and what of them is counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from anomaly_detection.features.feature import parse_features
from anomaly_detection.features.featurizer import UNKNOWN, Featurizer
from anomaly_detection.models.detector import Detector
from anomaly_detection.models.drift import counts_of, unseen_shares, warnings
from anomaly_detection.schema import CONTRACT


def names(weights: np.ndarray[Any, Any], rows: int, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    return pa.table({"Name": random.choice(len(weights), rows, p=weights / weights.sum()).astype(str).tolist()})


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_the_share_of_rows_to_come_that_have_no_code_is_estimated_well(exponent: float) -> None:
    weights = 1 / np.arange(1, 2001) ** exponent
    table = names(weights, 1500, 0)
    featurizer = Featurizer.fit(parse_features([{"name": "Name", "kind": "categorical"}], where="test"), table)
    share = unseen_shares(featurizer, featurizer.encode(table))["Name"]
    new = (featurizer.encode(names(weights, 50_000, 1)).codes == UNKNOWN).mean()
    assert abs(share - new) < 0.02 + 0.1 * new


def test_missing_values_are_none_that_training_never_saw() -> None:
    table = pa.table({"Name": ["a", "a", "b", None]})
    featurizer = Featurizer.fit(parse_features([{"name": "Name", "kind": "categorical"}], where="test"), table)
    assert unseen_shares(featurizer, featurizer.encode(table)) == {"Name": 0.25}


def test_counts_add_up_over_batches(opportunities: Any) -> None:
    detector, batch = opportunities.detector, opportunities.batch
    whole = counts_of(detector.score(batch), detector.baseline, alpha=0.01)
    parts: Counter[str] = Counter()
    for begin in range(0, batch.num_rows, 500):
        parts.update(counts_of(detector.score(batch.slice(begin, 500)), detector.baseline, alpha=0.01))
    assert parts.keys() == whole.keys()
    for name, number in whole.items():
        assert abs(parts[name] - number) <= 3, name
    assert whole["scored"] == batch.num_rows
    assert whole["scored_per_training_row"] == CONTRACT.metrics.unit
    assert {name.removeprefix("unseen:") for name in whole if name.startswith("unseen:")} == {
        feature.name for feature in detector.featurizer.categorical
    }


def test_rows_of_the_training_have_not_drifted_and_others_have(opportunities: Any) -> None:
    detector, batch = opportunities.detector, opportunities.batch
    assert warnings(counts_of(detector.score(batch), detector.baseline, alpha=detector.alpha)) == []
    stages = pa.array([f"{text} (new)" for text in batch["Stage"].to_pylist()])
    drifted = batch.set_column(batch.schema.get_field_index("Stage"), "Stage", stages)
    told = warnings(counts_of(detector.score(drifted), detector.baseline, alpha=detector.alpha))
    assert told[0].startswith("Stage: 100.00% of the rows hold a value that training never saw; expected 0.")
    assert [line.split(":")[0] for line in told if "training never saw" in line] == ["Stage"]


def test_a_model_of_an_earlier_release_tells_of_odd_rows_alone(opportunities: Any, hostile: Any) -> None:
    training = {**opportunities.artifacts.parsed_params["training"]}
    del training["unseen_share"], training["rows"]
    detector: Detector = hostile(opportunities.artifacts, training=training).detector()
    assert detector.baseline.unseen_share == {}
    counts = counts_of(detector.score(opportunities.batch), detector.baseline, alpha=0.01)
    assert not [name for name in counts if name.startswith("unseen")]
    assert warnings({**counts, "outliers": counts["scored"]}) != []


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({"unseen_share": []}, "unseen_share: expected an object"),
        ({"unseen_share": {"Stage": 2}}, "unseen_share: expected shares of categorical features"),
        ({"unseen_share": {"Amount": 0.1}}, "unseen_share: expected shares of categorical features, found 'Amount'"),
        ({"rows": "many"}, "rows: expected a number of rows, found 'many'"),
        ({"rows": -1}, "rows: expected a number of rows, found -1"),
    ],
)
def test_what_no_training_says_is_refused(
    training: dict[str, Any], message: str, opportunities: Any, hostile: Any
) -> None:
    from anomaly_detection.errors import ModelError

    with pytest.raises(ModelError, match=message):
        hostile(opportunities.artifacts, training=training).detector()
