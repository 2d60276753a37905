"""A converted model of the accelerator, ready to score: cluster, membership and outlier score, but no reasons."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from anomaly_detection.accelerator.inputs import RowInputs
from anomaly_detection.accelerator.network import LatentEncoder, LatentShape
from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.checking import BadCell, check_cells
from anomaly_detection.features.feature import Feature
from anomaly_detection.models.detector import Scored
from anomaly_detection.models.drift import Baseline
from anomaly_detection.schema import ColumnType
from anomaly_detection.scoring.calibration import Calibration
from anomaly_detection.scoring.clustering import Clustering, Prediction
from anomaly_detection.threads import one_thread


@dataclass(frozen=True, kw_only=True)
class RowScoring:
    """What scoring rows takes, which the accelerator's files do not hold: see `convert --calibrate`."""

    id_column: str
    alpha: float
    inputs: RowInputs
    calibration: Calibration


@dataclass(frozen=True, kw_only=True)
class LatentModel:
    """The accelerator's encoder and clustering."""

    shape: LatentShape
    encoder: LatentEncoder
    clustering: Clustering

    @one_thread()
    def predict(self, counts: Floats, numbers: Floats) -> Prediction:
        """Return where rows of these counts, (n, C), and standardised numbers, (n, K), fall among the clusters."""
        return self.clustering.predict(self.encoder.encode(counts, numbers))


@dataclass(frozen=True, kw_only=True)
class AcceleratorModel:
    """A converted model that can score rows, in the place of a `Detector`."""

    model_id: str
    latent: LatentModel
    rows: RowScoring

    @property
    def alpha(self) -> float:
        """The share of normal rows to call odd."""
        return self.rows.alpha

    @property
    def id_column(self) -> str:
        """The column that names a row."""
        return self.rows.id_column

    @property
    def features(self) -> tuple[Feature, ...]:
        """What the model looks at."""
        return self.rows.inputs.features

    @property
    def columns(self) -> dict[str, ColumnType]:
        """The input columns that the model needs beside the id, and their types."""
        return {feature.name: feature.column_type for feature in self.features}

    @property
    def currency(self) -> None:
        """None: the accelerator takes amounts as they stand there."""

    @property
    def baseline(self) -> Baseline:
        """What calibration leads to expect: a share of odd rows; the accelerator knows no categories."""
        rows = len(self.rows.calibration.scores)
        return Baseline(unseen_share={}, training_rows=rows, calibration_rows=rows)

    def threshold(self, alpha: float | None) -> float:
        """Return the least score that is labelled at `alpha`, the model's own where it is None."""
        return self.rows.calibration.threshold(self.alpha if alpha is None else alpha)

    def score(
        self,
        batch: pa.RecordBatch,
        *,
        id_field: str | None = None,
        alpha: float | None = None,
        explain: int = 3,
        explain_all: bool = False,
    ) -> Scored:
        """Score a batch as `Detector.score` does; the score is the outlier score, and there are no reasons.

        A row without one of its numbers is bad: the accelerator's encoder has nothing to put in its place.
        """
        bad = check_cells(batch, self.features, id_field=id_field or self.id_column).bad
        for feature in self.rows.inputs.numeric:
            for position in np.flatnonzero(np.asarray(batch[feature.name].is_null())):
                bad.setdefault(int(position), BadCell(int(position), feature.name, "a number", "nothing"))
        good = np.setdiff1d(np.arange(batch.num_rows), np.fromiter(bad, np.int64, len(bad)))
        if bad:
            batch = batch.take(pa.array(good))
        prediction = outlying(self.latent, self.rows.inputs, batch)
        threshold = self.threshold(alpha)
        return Scored(
            positions=good,
            score=prediction.outlier_score,
            label=(prediction.outlier_score >= threshold).astype(np.int64),
            threshold=threshold,
            p_value=self.rows.calibration.p_values(prediction.outlier_score),
            prediction=prediction,
            reasons=[()] * len(good),
            bad=[bad[position] for position in sorted(bad)],
            unseen={},
        )


def outlying(latent: LatentModel, inputs: RowInputs, batch: pa.RecordBatch | pa.Table) -> Prediction:
    """Return the prediction for rows, its outlier score clipped into [0, 1] as the contract has it."""
    prediction = latent.predict(inputs.counts(batch, len(latent.shape.cards)), inputs.numbers(batch))
    return replace(prediction, outlier_score=prediction.outlier_score.clip(0.0, 1.0))
