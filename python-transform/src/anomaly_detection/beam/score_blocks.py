"""Scores blocks of columns, as the Java wrapper sends them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from anomaly_detection.beam.beam_schema import named_tuple
from anomaly_detection.beam.score_dofn import ScoreDoFn
from anomaly_detection.columns import packed_type, write_column
from anomaly_detection.columns.blocks import Block, result_schema, together
from anomaly_detection.columns.writing import bits
from anomaly_detection.config import Config
from anomaly_detection.models.detector import Scored
from anomaly_detection.schema import Field
from anomaly_detection.scoring.reasons import Reason


@dataclass(frozen=True)
class _Waiting:
    """A block as it was sent, its rows, and when and where its results go."""

    sent: Any
    block: Block
    timestamp: Any
    window: Any


class ScoreBlocks(ScoreDoFn):
    """Collects the blocks of a bundle until they have the rows of a batch, and scores them together.

    A block is never split. For each comes one block of results, and a row of errors for each of its bad rows. One that
    is not of the contract's form raises `BlockError`: its bundle fails.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config, dict(zip(config.field_names, config.field_types, strict=True)))
        self._fields = [
            Field(name=name, type=packed_type(word), nullable=True)
            for name, word in zip(config.field_names, config.field_types, strict=True)
        ]

    def setup(self) -> None:
        """Load the model, and make the type of what comes out."""
        super().setup()
        names = self._config.field_names
        self._result = named_tuple(result_schema(len(self._config.keep_fields)))
        kept = {f"k{i}": name for i, name in enumerate(self._config.keep_fields)}
        copied = {"id": self._config.id_field, **kept}
        self._copied = {field: f"f{names.index(name)}" for field, name in copied.items()}

    def start_bundle(self) -> None:
        """Begin with no blocks."""
        self._waiting: list[_Waiting] = []
        self._rows = 0

    def process(
        self,
        sent: Any,
        timestamp: Any = beam.DoFn.TimestampParam,
        window: Any = beam.DoFn.WindowParam,
    ) -> Iterator[Any]:
        """Take a block; give the results of those before it, or of all, when a batch is full or the model another."""
        block = Block.read(sent, self._fields)
        model = self._model_of(window)
        if model is not self._detector or self._rows + block.rows > self._config.batch_size:
            yield from self._flush()
            self._use(model)
        self._waiting.append(_Waiting(sent, block, timestamp, window))
        self._rows += block.rows
        if self._rows >= self._config.batch_size:
            yield from self._flush()

    def finish_bundle(self) -> Iterator[Any]:
        """Give the results of the blocks that are left: none waits longer than its bundle."""
        return self._flush()

    def _flush(self) -> Iterator[Any]:
        waiting = self._waiting
        if not waiting:
            return
        self.start_bundle()
        needed = list(self._types)
        found = self._score(together([one.block.columns.select(needed) for one in waiting]))
        ends = list(accumulate(one.block.rows for one in waiting))
        bad = iter(found.bad)
        cell = next(bad, None)
        for one, end in zip(waiting, ends, strict=True):
            begin = end - one.block.rows
            result = to_result(
                self._result, one.sent, self._copied, found, begin, end, model_id=self._detector.model_id
            )
            yield WindowedValue(result, one.timestamp, (one.window,))
            cells = []
            while cell is not None and cell.position < end:
                cells.append(cell)
                cell = next(bad, None)
            where = [cell.position - begin for cell in cells]
            elements = one.block.columns.take(pa.array(where, pa.int64())).to_pylist() if where else []
            for i, element, wrong in zip(where, elements, cells, strict=True):
                stamp = Timestamp(micros=int(one.block.timestamps[i]) * 1000)
                yield self._to_error(element, wrong, stamp, one.window)
        self._count(found, errors=len(found.bad))


def to_result(
    make: Any, sent: Any, copied: Mapping[str, str], found: Scored, begin: int, end: int, *, model_id: str
) -> Any:
    """Return the block of results, made by `make`, for a block that was sent.

    Its rows are those from `begin` to `end` of those that were scored together; `copied` says which of its fields come
    back as they went, and under which names.
    """
    first, last = np.searchsorted(found.positions, [begin, end])
    some = slice(first, last)
    scored = np.zeros(end - begin, np.bool_)
    scored[found.positions[some] - begin] = True
    rows = int(last - first)
    numbers = {
        "score": found.score[some],
        "label": found.label[some],
        "threshold": np.full(rows, found.threshold),
        "p_value": found.p_value[some],
        "cluster": found.prediction.cluster[some],
        "membership": found.prediction.membership[some],
        "outlier_score": found.prediction.outlier_score[some],
    }
    return make(
        version=sent.version,
        rows=sent.rows,
        timestamps=sent.timestamps,
        scored=bits(scored),
        **{name: write_column(pa.array(column)) for name, column in numbers.items()},
        model_id=write_column(_same(model_id, rows)),
        reasons=write_column(_reasons(found.reasons[some])),
        **{name: getattr(sent, field) for name, field in copied.items()},
    )


def _same(text: str, rows: int) -> pa.Array:
    codes = pa.array(np.zeros(rows, np.int32))
    return pa.DictionaryArray.from_arrays(codes, pa.array([text] if rows else [], pa.string()))


def _reasons(told: Sequence[Sequence[Reason]]) -> pa.Array:
    """Return the reasons of n rows, a list for each."""
    flat = [reason for reasons in told for reason in reasons]
    items = {
        "field": pa.array([reason.field for reason in flat], pa.string()).dictionary_encode(),
        "value": pa.array([reason.value for reason in flat], pa.string()),
        "expected": pa.array([reason.expected for reason in flat], pa.string()),
        "contribution": pa.array([reason.contribution for reason in flat], pa.float64()),
    }
    offsets = np.zeros(len(told) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, told), np.int32, len(told)), out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(list(items.values()), list(items)))
