"""The section of the scoring core: rows per second of one core, by batch size, and where the time goes.

Everything is in seconds of this process's CPU, with one torch thread, so that it holds on a busy machine too.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from anomaly_detection.artifacts import ENCODER, MODEL, PARAMS
from anomaly_detection.beam_schema import named_tuple
from anomaly_detection.detector import Detector
from anomaly_detection.schema import CONFIG, INPUT
from anomaly_detection.tables import CsvTable
from anomaly_detection.threads import one_thread
from anomaly_detection.transform import AnomalyDetection, ScoreRows
from bench.plan import DETECTOR, PARTS, TRANSFORM, Bench, Measurement
from bench.profile import shares

BATCHES = (256, 1024, 4096, 16384)
EXPLAINED_ROWS = 16_384
"""At most so many rows are scored with reasons for each."""


def core(bench: Bench) -> Iterator[Measurement]:
    """Time the detector on record batches, with reasons for odd rows and for all, and the transform on rows."""
    detector = Detector.load(bench.model)
    table = read(bench.opportunities(bench.plan.core), detector)
    detector.score(batches(table, max(BATCHES))[0].slice(0, 512))
    rows = _rows(table)
    for repeat in range(bench.plan.repeats):
        for size in BATCHES:
            for explain_all in (False, True):
                some = table.slice(0, EXPLAINED_ROWS) if explain_all else table
                if size > some.num_rows:
                    continue
                pieces = batches(some, size)
                with bench.step(_name(size, explain_all, repeat)) as words, one_thread():
                    seconds = cpu_seconds(lambda: _score(detector, pieces, explain_all))  # noqa: B023
                    words.append(f"{some.num_rows / seconds:,.0f} rows/s")
                yield {
                    "what": DETECTOR,
                    "batch": size,
                    "reasons": "all" if explain_all else "odd",
                    "rows": some.num_rows,
                    "repeat": repeat,
                    "cpu_seconds": seconds,
                    "rows_per_second": some.num_rows / seconds,
                }
        with bench.step(f"the transform, rows in and out, run {repeat + 1}") as words:
            seconds = cpu_seconds(lambda: _transform(bench, rows))
            words.append(f"{len(rows) / seconds:,.0f} rows/s")
        yield {
            "what": TRANSFORM,
            "rows": len(rows),
            "repeat": repeat,
            "cpu_seconds": seconds,
            "rows_per_second": len(rows) / seconds,
        }
    with bench.step("where the transform's time goes"):
        found = shares(lambda: _transform(bench, rows))
    yield {"what": PARTS, "rows": len(rows), "shares": found}


def read(source: Path, detector: Detector) -> pa.Table:
    """Return the rows of a CSV as one piece, with the columns that the model needs and the others."""
    table = CsvTable(source, id_column=detector.id_column, types=detector.columns)
    whole = pa.Table.from_batches([batch.columns for batch in table.batches()], schema=table.arrow_schema)
    return whole.combine_chunks()


def batches(table: pa.Table, size: int) -> list[pa.RecordBatch]:
    """Cut a table of one piece."""
    found: list[pa.RecordBatch] = table.to_batches(max_chunksize=size)
    return found


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Return the CPU seconds that all threads of this process take for it."""
    gc.collect()
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _name(size: int, explain_all: bool, repeat: int) -> str:
    return f"core, batches of {size:,}, reasons for {'all' if explain_all else 'odd'} rows, run {repeat + 1}"


def _score(detector: Detector, pieces: list[pa.RecordBatch], explain_all: bool) -> None:
    for piece in pieces:
        detector.score(piece, explain_all=explain_all)


def _rows(table: pa.Table) -> list[Any]:
    """Return the rows as Beam hands them to the transform."""
    make = named_tuple(INPUT)
    nothing = [None] * table.num_rows
    columns = [table[name].to_pylist() if name in table.column_names else nothing for name in make._fields]
    return [make(*values) for values in zip(*columns, strict=True)]


def _transform(bench: Bench, rows: list[Any]) -> None:
    """Score rows as one bundle."""
    encoder, model, params = (str(bench.model / name) for name in (ENCODER, MODEL, PARAMS))
    transform = AnomalyDetection(encoder, model, params)
    score_rows = ScoreRows(transform.config, {name: name for name in INPUT.names}, [])
    score_rows.setup()
    score_rows.start_bundle()
    results = 0
    for row in rows:
        results += sum(1 for _ in score_rows.process(row, 0, None) or ())
    results += sum(1 for _ in score_rows.finish_bundle() or ())
    if results != len(rows):
        raise AssertionError(
            f"expected {len(rows)} results in batches of {CONFIG['batch_size'].default}, got {results}"
        )
