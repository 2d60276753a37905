"""Scores rows one by one, as any client sends them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

import apache_beam as beam
from apache_beam.utils.windowed_value import WindowedValue

from anomaly_detection.beam.beam_schema import item_type, named_tuple
from anomaly_detection.beam.row_columns import to_batch
from anomaly_detection.beam.score_dofn import ScoreDoFn
from anomaly_detection.config import Config
from anomaly_detection.features.checking import BadCell
from anomaly_detection.schema import SCORED


class ScoreRows(ScoreDoFn):
    """Collects the rows of a bundle and scores them a batch at a time."""

    def __init__(
        self, config: Config, types: Mapping[str, str], attributes: dict[str, str], kept: list[tuple[str, Any]]
    ) -> None:
        super().__init__(config, types)
        self._attributes = attributes
        self._kept = kept

    def setup(self) -> None:
        """Load the model, and make the types of what comes out."""
        super().setup()
        self._scored, self._reason = named_tuple(SCORED, self._kept), item_type(SCORED, "reasons")
        self._all = attrgetter(*self._attributes.values())
        self._keep = [self._attributes[name] for name in self._config.keep_fields]

    def start_bundle(self) -> None:
        """Begin with no rows."""
        self._rows: list[Any] = []
        self._stamps: list[tuple[Any, Any]] = []

    def process(
        self,
        row: Any,
        timestamp: Any = beam.DoFn.TimestampParam,
        window: Any = beam.DoFn.WindowParam,
    ) -> Iterable[Any] | None:
        """Take a row; give the results of a batch when it is full, or before another model takes over."""
        done = None
        if self._config.follow_model and (model := self._model_of(window)) is not self._detector:
            done = list(self._flush()) if self._rows else None
            self._use(model)
        self._rows.append(row)
        self._stamps.append((timestamp, window))
        return self._flush() if len(self._rows) >= self._config.batch_size else done

    def finish_bundle(self) -> Iterator[Any] | None:
        """Give the results of the rows that are left: none waits longer than its bundle."""
        return self._flush() if self._rows else None

    def _flush(self) -> Iterator[Any]:
        rows, stamps = self._rows, self._stamps
        self.start_bundle()
        types = self._types
        batch, positions, bad = to_batch(rows, {name: (self._attributes[name], types[name]) for name in types})
        found = self._score(batch)
        where = positions[found.positions]
        results = zip(
            batch.column(self._config.id_field).take(found.positions).to_pylist(),
            found.score.tolist(),
            found.label.tolist(),
            found.p_value.tolist(),
            found.prediction.cluster.tolist(),
            found.prediction.membership.tolist(),
            found.prediction.outlier_score.tolist(),
            found.reasons,
            where.tolist(),
            strict=True,
        )
        make, reason, threshold, model_id = self._scored, self._reason, found.threshold, self._detector.model_id
        for id_, score, label, p, cluster, membership, outlier, reasons, i in results:
            told = [reason(r.field, r.value, r.expected, r.contribution) for r in reasons]
            kept = [getattr(rows[i], name) for name in self._keep]
            row = make(id_, score, label, threshold, p, cluster, membership, outlier, model_id, told, *kept)
            timestamp, window = stamps[i]
            yield WindowedValue(row, timestamp, (window,))
        bad += [BadCell(int(positions[b.position]), b.column, b.expected, b.found) for b in found.bad]
        for cell in sorted(bad, key=lambda cell: cell.position):
            yield self._to_error(self._element(rows[cell.position]), cell, *stamps[cell.position])
        self._count(found, errors=len(bad))

    def _element(self, row: Any) -> dict[str, Any]:
        values = self._all(row) if len(self._attributes) > 1 else (self._all(row),)
        return dict(zip(self._attributes, values, strict=True))
