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

from anomaly_detection.memory import keep_freed
from anomaly_detection.models.detector import Detector
from anomaly_detection.tables.input_table import InputTable
from anomaly_detection.threads import one_thread
from bench.plan import BATCH, CODED, DETECTOR, PARTS, TRANSFORM, Bench, Measurement
from bench.profile import shares
from bench.transforms import blocks_in_and_out, coded, rows_in_and_out

BATCHES = (256, 1024, 4096, 16384)
EXPLAINED_ROWS = 16_384
"""At most so many rows are scored with reasons for each."""


def core(bench: Bench) -> Iterator[Measurement]:
    """Time the detector on record batches, with reasons for odd rows and for all, and the transform around it."""
    keep_freed()
    detector = Detector.load(bench.model)
    table = read(bench.opportunities(bench.plan.core), detector)
    detector.score(table.slice(0, 512).to_batches()[0])
    whole = {"rows": rows_in_and_out(bench, table), "columns": blocks_in_and_out(bench, table)}
    for repeat in range(bench.plan.repeats):
        for size in BATCHES:
            for reasons in ("odd", "all"):
                rows = min(table.num_rows, EXPLAINED_ROWS if reasons == "all" else table.num_rows)
                if size <= rows:
                    pieces = table.slice(0, rows).to_batches(max_chunksize=size)
                    yield _timed(bench, detector, pieces, repeat, {"what": DETECTOR, "batch": size, "reasons": reasons})
        pieces = [_coded(piece) for piece in table.to_batches(max_chunksize=BATCH)]
        yield _timed(bench, detector, pieces, repeat, {"what": CODED, "batch": BATCH, "reasons": "odd"})
        for boundary, work in whole.items():
            setting = {"what": TRANSFORM, "boundary": boundary, "batch": BATCH, "reasons": "odd"}
            yield timed(bench, f"the transform, {boundary} in and out", work, table.num_rows, repeat, setting)
    with bench.step("where the transform's time goes"):
        found = shares(whole["columns"])
    yield {"what": PARTS, "boundary": "columns", "rows": table.num_rows, "shares": found}


def read(source: Path, detector: Detector) -> pa.Table:
    """Return the rows of a CSV as one piece, with the columns that the model needs and the others."""
    table = InputTable(source, id_column=detector.id_column, types=detector.columns)
    whole = pa.Table.from_batches([batch.columns for batch in table.batches()], schema=table.arrow_schema)
    return whole.combine_chunks()


def timed(
    bench: Bench, name: str, work: Callable[[], Any], rows: int, repeat: int, setting: Measurement
) -> Measurement:
    """Return the setting with the CPU seconds that all threads of this process take for so many rows."""
    with bench.step(f"{name}, run {repeat + 1}") as words, one_thread():
        gc.collect()
        begin = time.process_time()
        work()
        seconds = time.process_time() - begin
        words.append(f"{rows / seconds:,.0f} rows/s of one core")
    return {**setting, "rows": rows, "repeat": repeat, "cpu_seconds": seconds, "rows_per_second": rows / seconds}


def _timed(
    bench: Bench, detector: Detector, pieces: list[pa.RecordBatch], repeat: int, setting: Measurement
) -> Measurement:
    def work() -> None:
        for piece in pieces:
            detector.score(piece, explain_all=setting["reasons"] == "all")

    name = f"{setting['what']}, batches of {setting['batch']:,}, reasons for {setting['reasons']} rows"
    return timed(bench, name, work, sum(piece.num_rows for piece in pieces), repeat, setting)


def _coded(piece: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([coded(column) for column in piece.columns], piece.schema.names)
