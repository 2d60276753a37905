"""From a table of ordinary rows to a model: split, fit each layer, calibrate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from anomaly_detection.encoders.autoembedder_network import AutoembedderShape
from anomaly_detection.encoders.network import EncoderShape
from anomaly_detection.encoders.shapes import ColumnEncoder, check_kind
from anomaly_detection.encoders.training import train_encoder
from anomaly_detection.errors import ConfigError, DataError
from anomaly_detection.features.arrays import Floats
from anomaly_detection.features.checking import check_values, training_table
from anomaly_detection.features.currency import CURRENCY, currency_of
from anomaly_detection.features.feature import Feature, parse_features
from anomaly_detection.features.featurizer import Encoded, Featurizer
from anomaly_detection.models.artifacts import Artifacts, pack
from anomaly_detection.models.drift import unseen_shares
from anomaly_detection.scoring.breadth import Breadth
from anomaly_detection.scoring.calibration import Calibration, smallest_alpha
from anomaly_detection.scoring.clustering import fit_hdbscan, freeze
from anomaly_detection.scoring.duplicates import Duplicates
from anomaly_detection.scoring.neighbors import MOST_REFERENCE_ROWS, Neighbors
from anomaly_detection.scoring.scorer import AMONG, Evidence, Scorer
from anomaly_detection.scoring.surprise import SurpriseModel
from anomaly_detection.scoring.weights import LOOK_FOR
from anomaly_detection.threads import one_thread

CALIBRATION_SHARE, VALIDATION_SHARE = 0.2, 0.1
LEAST_ROWS, LEAST_REFERENCE_ROWS = 100, 50

FOLDS, MOST_FOLDED = 5, 20_000
"""Calibration rows are left out in so many parts; of a larger table all at once."""

Progress = Callable[[str, int, int], None]
"""Called with the step that runs, how much of it is done, and how much there is."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What a training run can be told."""

    seed: int = 0
    alpha: float = 0.01
    encoder: str = "masked"
    look_for: str = "errors"
    reference_rows: int = 512
    currency_rates: Mapping[str, float] | None = None
    money: tuple[str, ...] = ()


@dataclass(frozen=True)
class Split:
    """Positions of the rows that the encoder is trained on, validated on, and that scores are calibrated on."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    calibration: NDArray[np.int64]

    @classmethod
    def draw(cls, rows: int, options: TrainOptions) -> Split:
        """Draw the split; raise `DataError` where there are too few rows, `ConfigError` for an alpha out of reach."""
        if rows < LEAST_ROWS:
            raise DataError(f"training: expected at least {LEAST_ROWS} good rows, found {rows}; export a longer period")
        calibration, validation = round(CALIBRATION_SHARE * rows), round(VALIDATION_SHARE * rows)
        least = smallest_alpha(calibration)
        if not least <= options.alpha < 1:
            raise ConfigError(
                f"alpha: expected a share from {least:.2g} ({calibration} of {rows} rows are for calibration) "
                f"to below 1, found {options.alpha:g}"
            )
        order = np.random.default_rng(options.seed).permutation(rows)
        ends = calibration, calibration + validation
        return cls(np.sort(order[ends[1] :]), np.sort(order[ends[0] : ends[1]]), np.sort(order[: ends[0]]))


@one_thread()
def train(
    table: pa.Table,
    features: Sequence[Feature],
    *,
    id_column: str,
    options: TrainOptions = TrainOptions(),
    progress: Progress | None = None,
) -> Artifacts:
    """Train a model on a table whose columns are the features'; repeatable for a seed on one machine.

    Raises `ConfigError` for options that cannot be used, and `DataError` for a table that cannot: too few rows,
    columns that are not there or of another type, values that could not be scored, currencies without a rate.
    """
    try:
        check_kind(options.encoder)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    if options.look_for not in LOOK_FOR:
        raise ConfigError(f"look_for: expected {' or '.join(LOOK_FOR)}, found {options.look_for!r:.40}")
    for name, value, least, most in (
        ("seed", options.seed, 0, 2**63 - 1),
        ("reference_rows", options.reference_rows, LEAST_REFERENCE_ROWS, MOST_REFERENCE_ROWS),
    ):
        if not least <= value <= most:
            raise ConfigError(f"{name}: expected {least} to {most}, found {value}")
    features = parse_features([feature.as_json() for feature in features], where="features")
    if id_column in (feature.name for feature in features):
        raise ConfigError(f"features: expected columns beside the id, found {id_column!r}, which is the id column")
    report = progress or (lambda step, done, total: None)
    split = Split.draw(table.num_rows, options)
    table = training_table(table, features, currency_column=CURRENCY)
    numeric = [feature.name for feature in features if feature.kind == "numeric"]
    currency = currency_of(table, numeric, options.currency_rates, money=options.money)
    check_values(table, features, currency)
    featurizer = Featurizer.fit(features, table, currency=currency)
    rows = featurizer.encode(table)
    encoder, loss = _train_encoder(
        rows.take(split.train),
        rows.take(split.validation),
        featurizer,
        options,
        lambda epoch, epochs: report("encoder", epoch, epochs),
    )
    report("clusters", 0, 1)
    everything = np.arange(len(rows))
    fitted = _Parts.fit(encoder, featurizer, rows, everything, split, options)
    clustering = freeze(fit_hdbscan(fitted.neighbors.reference))
    report("clusters", 1, 1)
    order = np.random.default_rng([options.seed, 1]).permutation(split.calibration)
    folds = np.array_split(order, FOLDS if len(rows) <= MOST_FOLDED else 1)
    oddness: Floats = np.empty(0)
    for done, fold in enumerate(folds):
        report("calibration", done, len(folds))
        others = _Parts.fit(encoder, featurizer, rows, np.setdiff1d(everything, fold), split, options)
        oddness = np.append(oddness, others.oddness(rows.take(fold)))
    scorer = fitted.scorer.with_midpoint(float(np.quantile(oddness, 1 - options.alpha, method="higher")))
    calibration = Calibration.fit(scorer.score(oddness))
    report("calibration", len(folds), len(folds))
    summary: dict[str, Any] = {
        "rows": len(rows),
        "validation_rows": len(split.validation),
        "calibration_rows": len(split.calibration),
        "reference_rows": len(fitted.neighbors.reference),
        "validation_loss": loss,
        "unseen_share": unseen_shares(featurizer, rows),
        **{key: value for key, value in asdict(options).items() if key in ("seed", "encoder", "look_for")},
    }
    return pack(
        featurizer=featurizer,
        surprises=fitted.surprises,
        duplicates=fitted.duplicates,
        breadth=fitted.breadth,
        clustering=clustering,
        scorer=scorer,
        calibration=calibration,
        id_column=id_column,
        alpha=options.alpha,
        training=summary,
    )


def _train_encoder(
    rows: Encoded,
    validation: Encoded,
    featurizer: Featurizer,
    options: TrainOptions,
    report: Callable[[int, int], None],
) -> tuple[ColumnEncoder, float]:
    """Train the encoder of the kind that was asked for, and return it with its loss on the validation rows."""
    cards, numbers = featurizer.cards, len(featurizer.numeric)
    if options.encoder == AutoembedderShape.kind:
        from anomaly_detection.encoders.autoembedder_training import train_autoembedder

        return train_autoembedder(
            rows, validation, AutoembedderShape.of(cards=cards, numbers=numbers), seed=options.seed, progress=report
        )
    return train_encoder(
        rows,
        validation,
        EncoderShape.of(cards, numbers),
        seed=options.seed,
        progress=lambda epoch, epochs, _: report(epoch, epochs),
    )


@dataclass(frozen=True)
class _Parts:
    """All that scores but the encoder, which has not seen the validation and calibration rows."""

    surprises: SurpriseModel
    duplicates: Duplicates
    breadth: Breadth
    neighbors: Neighbors
    scorer: Scorer

    @classmethod
    def fit(
        cls,
        encoder: ColumnEncoder,
        featurizer: Featurizer,
        rows: Encoded,
        used: NDArray[np.int64],
        split: Split,
        options: TrainOptions,
    ) -> _Parts:
        """Fit on the rows at these positions."""
        trained = rows.take(used)
        unseen = rows.take(np.setdiff1d(used, split.train))
        surprises = SurpriseModel.fit(encoder, trained, featurizer.cards, unseen)
        size = min(options.reference_rows, len(used))
        reference = rows.take(np.sort(np.random.default_rng(options.seed).choice(used, size, replace=False)))
        breadth = Breadth.fit(trained, featurizer.cards)
        points = surprises.points(reference, surprises(reference))
        neighbors = Neighbors(points, len(featurizer.scored))
        scorer = Scorer.fit(neighbors, breadth(trained).sum(1), LOOK_FOR[options.look_for])
        return cls(surprises, Duplicates.fit(trained, featurizer.numeric), breadth, neighbors, scorer)

    def oddness(self, rows: Encoded) -> Floats:
        surprises = self.surprises(rows)
        near = self.neighbors.query(self.surprises.points(rows, surprises), AMONG)
        return self.scorer.oddness(Evidence(surprises, near, self.duplicates(rows), self.breadth(rows)))
