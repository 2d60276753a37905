"""How many bundles are scored at a time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa

from anomaly_detection.beam import score_dofn
from anomaly_detection.config import Config


class Counting:
    """Stands where the detector does, and notes how many threads are in it."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.lock = threading.Lock()

    def score(self, batch: pa.RecordBatch, **options: Any) -> int:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        time.sleep(0.02)
        with self.lock:
            self.inside -= 1
        return batch.num_rows


def test_no_more_bundles_are_scored_at_a_time_than_there_are_processors(monkeypatch: Any) -> None:
    monkeypatch.setattr(score_dofn, "_processors", threading.BoundedSemaphore(3))
    detector = Counting()
    config = Config.of({"encoder_uri": "encoder", "model_uri": "model", "params_uri": "params"})
    dofns: list[Any] = [score_dofn.ScoreDoFn(config, {}) for _ in range(12)]
    for dofn in dofns:
        dofn._detector = detector
    batch = pa.record_batch({"Id": ["a"]})
    with ThreadPoolExecutor(len(dofns)) as pool:
        assert list(pool.map(lambda dofn: dofn._score(batch), dofns)) == [1] * len(dofns)
    assert detector.most == 3
