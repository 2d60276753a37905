"""The façade: a table of columns in, a score, a label and reasons for every good row out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from anomaly_detection.encoders.encoder import BLOCK
from anomaly_detection.errors import ModelError
from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.checking import BadCell, check_cells
from anomaly_detection.features.currency import Currency
from anomaly_detection.features.feature import Feature
from anomaly_detection.features.featurizer import UNKNOWN, Encoded, Featurizer
from anomaly_detection.formats import written_out
from anomaly_detection.models.drift import Baseline
from anomaly_detection.scoring.breadth import Breadth
from anomaly_detection.scoring.calibration import Calibration
from anomaly_detection.scoring.clustering import Clustering, Prediction
from anomaly_detection.scoring.duplicates import Duplicates
from anomaly_detection.scoring.neighbors import Neighbors
from anomaly_detection.scoring.reasons import Explainer, Reason
from anomaly_detection.scoring.scorer import AMONG, Evidence, Scorer
from anomaly_detection.scoring.surprise import SurpriseModel
from anomaly_detection.threads import one_thread

if TYPE_CHECKING:
    from anomaly_detection.schema import ColumnType


@dataclass(frozen=True)
class Scored:
    """The result for a batch: arrays over its n good rows, and the first bad cell of every other row.

    `unseen` counts, by categorical column, the good rows with a value that training never saw.
    """

    positions: NDArray[np.int64]
    score: Floats
    label: NDArray[np.int64]
    threshold: float
    p_value: Floats
    prediction: Prediction
    reasons: list[tuple[Reason, ...]]
    bad: list[BadCell]
    unseen: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Detector:
    """A model that is ready to score; it is never changed and may be shared between threads."""

    model_id: str
    alpha: float
    id_column: str
    featurizer: Featurizer
    surprises: SurpriseModel
    duplicates: Duplicates
    breadth: Breadth
    clustering: Clustering
    scorer: Scorer
    calibration: Calibration
    baseline: Baseline

    @classmethod
    def load(cls, folder: str | Path) -> Detector:
        """Read a model from a local folder; raise `ModelError` where it cannot be trusted."""
        from anomaly_detection.models.artifacts import Artifacts

        return Artifacts.read(Path(folder)).detector()

    @property
    def features(self) -> tuple[Feature, ...]:
        """What the model looks at."""
        return self.featurizer.features

    @property
    def columns(self) -> dict[str, ColumnType]:
        """The input columns that the model needs beside the id, and their types."""
        columns = {feature.name: feature.column_type for feature in self.features if feature.is_column}
        if self.currency is not None:
            columns.setdefault(self.currency.column, "STRING")
        return columns

    @property
    def currency(self) -> Currency | None:
        """The currencies of the amounts, where the training rows said which they were in."""
        return self.featurizer.currency

    def threshold(self, alpha: float | None) -> float:
        """Return the least score that is labelled at `alpha`, the model's own where it is None."""
        return self.calibration.threshold(self.alpha if alpha is None else alpha)

    @cached_property
    def neighbors(self) -> Neighbors:
        """The reference rows; their places are the tail of their columns."""
        return Neighbors(self.clustering.reference, len(self.featurizer.scored))

    def evidence(self, rows: Encoded) -> Evidence:
        """Return what the score is made of; one search of neighbors serves it and the clusters."""
        surprises = self.surprises(rows)
        points, k = self.surprises.points(rows, surprises), max(AMONG, self.clustering.needed)
        self._require_finite(surprises, points)
        near = self.neighbors.query(points, k)
        return Evidence(surprises, near, self.duplicates(rows), self.breadth(rows))

    def _require_finite(self, *values: Floats) -> None:
        """Raise `ModelError` for what no training makes, though each number of the model is finite."""
        if not all(np.isfinite(some).all() for some in values):
            raise ModelError(
                f"model {self.model_id}: expected finite scores, found others; it was not made by training"
            )

    @one_thread()
    def score(
        self,
        batch: pa.RecordBatch,
        *,
        id_field: str | None = None,
        alpha: float | None = None,
        explain: int = 3,
        explain_all: bool = False,
    ) -> Scored:
        """Score a batch of any number of rows.

        Its columns are those of `columns` and the id, texts plain or with a dictionary; bad rows are left out of the
        arrays and named in `bad`.
        The result for a row is bitwise the same whatever rows stand beside it and however many processors there are.
        """
        checked = check_cells(batch, self.features, id_field=id_field or self.id_column, currency=self.currency)
        bad, days = checked.bad, checked.days
        good = np.setdiff1d(np.arange(batch.num_rows), np.fromiter(bad, np.int64, len(bad)))
        if bad:
            batch = batch.take(pa.array(good))
            days = {name: values[good] for name, values in days.items()}
        rows = self.featurizer.encode(batch, days)
        evidence = self.evidence(rows)
        score = self.scorer.score(self.scorer.oddness(evidence))
        self._require_finite(score)
        threshold = self.threshold(alpha)
        label = (score >= threshold).astype(np.int64)
        told = np.arange(len(score)) if explain_all else np.flatnonzero(label)
        prediction = self.clustering.predict_near(evidence.near)
        explainer = Explainer(
            self.featurizer,
            self.surprises,
            self.duplicates,
            self.breadth,
            self.scorer,
            self.clustering.reference,
        )
        reasons: list[tuple[Reason, ...]] = [()] * len(score)
        for begin in range(0, len(told), BLOCK):
            some = told[begin : begin + BLOCK]
            shown = written_out(batch.take(pa.array(some)))
            told_days = {name: values[some] for name, values in days.items()}
            found = explainer.explain(shown, told_days, rows.take(some), evidence.take(some), most=explain)
            for position, reason in zip(some, found, strict=True):
                reasons[position] = reason
        names = (feature.name for feature in self.featurizer.categorical)
        return Scored(
            positions=good,
            score=score,
            label=label,
            threshold=threshold,
            p_value=self.calibration.p_values(score),
            prediction=replace(prediction, outlier_score=prediction.outlier_score.clip(0.0, 1.0)),
            reasons=reasons,
            bad=[bad[position] for position in sorted(bad)],
            unseen=dict(zip(names, (rows.codes == UNKNOWN).sum(0).tolist(), strict=True)),
        )
