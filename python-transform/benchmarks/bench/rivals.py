"""The section of PyOD's detectors: how fast they score the rows that the core scores.

They are fitted on the rows that `pretrained/` was trained on, in the encoding with which they find most. Encoding is
not counted: only the detector's work is.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from importlib import import_module

import numpy as np

from anomaly_detection.evaluate.rivals import DETECTORS, check_installed, encode
from anomaly_detection.features.featurizer import Featurizer
from anomaly_detection.models.detector import Detector
from anomaly_detection.threads import one_thread
from bench.core import read, timed
from bench.plan import TRAINING_ROWS, Bench, Measurement

NAMES = ("KNN", "LOF", "IForest")
ENCODING = "frequency"


def rivals(bench: Bench) -> Iterator[Measurement]:
    """Fit each detector once and time its `decision_function`."""
    check_installed()
    detector = Detector.load(bench.model)
    training = read(bench.training_rows(TRAINING_ROWS), detector)
    tested = read(bench.opportunities(bench.plan.rivals), detector)
    featurizer = Featurizer.fit(detector.features, training)
    fitted_on, scored_on = encode(ENCODING, featurizer.encode(training), featurizer.encode(tested), featurizer.cards)
    varies = np.ptp(fitted_on, axis=0) > 0
    fitted_on, scored_on = fitted_on[:, varies], scored_on[:, varies]
    fitted = {}
    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore")
        for name in NAMES:
            module, arguments = DETECTORS[name]
            with bench.step(f"fitting PyOD's {name} on {training.num_rows:,} rows"):
                made = getattr(import_module(f"pyod.models.{module}"), name)(**arguments(0, fitted_on.shape[1]))
                fitted[name] = made.fit(fitted_on)
        for repeat in range(bench.plan.repeats):
            for name in NAMES:
                work = partial(fitted[name].decision_function, scored_on)
                setting = {"detector": name, "encoding": ENCODING}
                yield timed(bench, f"PyOD's {name}", work, len(scored_on), repeat, setting)
