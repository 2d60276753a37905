"""The transform at work without a runner: rows in and out, or blocks of columns, one bundle of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from anomaly_detection.beam.beam_schema import named_tuple
from anomaly_detection.beam.score_blocks import ScoreBlocks
from anomaly_detection.beam.score_dofn import ScoreDoFn
from anomaly_detection.beam.score_rows import ScoreRows
from anomaly_detection.beam.transform import AnomalyDetection
from anomaly_detection.columns import write_column
from anomaly_detection.columns.blocks import block_schema
from anomaly_detection.models.artifacts import ENCODER, MODEL, PARAMS
from anomaly_detection.schema import CONFIG, CONTRACT, INPUT
from bench.plan import Bench

BLOCK_ROWS = CONFIG["batch_size"].default
"""Rows of each block."""

Work = Callable[[], None]


def rows_in_and_out(bench: Bench, table: pa.Table) -> Work:
    """Return what scores the rows of a table as one bundle, given as Beam gives them."""
    make = named_tuple(INPUT)
    nothing = [None] * table.num_rows
    columns = [table[name].to_pylist() if name in table.column_names else nothing for name in make._fields]
    rows = [make(*values) for values in zip(*columns, strict=True)]
    types = {field.name: field.type for field in INPUT.fields}
    score = ScoreRows(_transform(bench).config, types, {name: name for name in types}, [])
    return _work(score, rows, expected=len(rows))


def blocks_in_and_out(bench: Bench, table: pa.Table) -> Work:
    """Return what scores the same rows as blocks of columns."""
    names = table.column_names
    types = [INPUT[name].type for name in names]
    make = named_tuple(block_schema(len(names)))
    blocks = [
        make(
            CONTRACT.blocks.version,
            batch.num_rows,
            np.zeros(batch.num_rows, "<i8").tobytes(),
            *(write_column(coded(column)) for column in batch.columns),
        )
        for batch in table.to_batches(max_chunksize=BLOCK_ROWS)
    ]
    score = ScoreBlocks(_transform(bench, field_names=names, field_types=types).config)
    return _work(score, blocks, expected=len(blocks))


def coded(column: pa.Array) -> pa.Array:
    """Return texts as codes, as a block carries them, and anything else as it is."""
    return column.dictionary_encode() if pa.types.is_string(column.type) else column


def _transform(bench: Bench, **options: Any) -> AnomalyDetection:
    encoder, model, params = (str(bench.model / name) for name in (ENCODER, MODEL, PARAMS))
    return AnomalyDetection(encoder, model, params, **options)


def _work(score: ScoreDoFn, elements: Iterable[Any], *, expected: int) -> Work:
    score.setup()

    def work() -> None:
        score.start_bundle()
        results = 0
        for element in elements:
            results += sum(1 for _ in score.process(element, 0, None) or ())
        results += sum(1 for _ in score.finish_bundle() or ())
        if results != expected:
            raise AssertionError(f"expected {expected:,} results, found {results:,}")

    return work
