"""How fast the transform scores generated opportunities on one core, and where the time goes.

Each part is timed on the same batches in one run, in seconds of this process's CPU, so that the shares hold
on a busy machine too.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from anomaly_detection.beam_schema import named_tuple
from anomaly_detection.detector import Detector, cluster_points
from anomaly_detection.generate import write_opportunities
from anomaly_detection.row_columns import to_batch
from anomaly_detection.schema import INPUT
from anomaly_detection.score_rows import ScoreRows
from anomaly_detection.scoring import Rows
from anomaly_detection.tables import CsvTable
from anomaly_detection.transform import AnomalyDetection


@click.command()
@click.option("--rows", default=100_000, show_default=True, help="How many opportunities.")
@click.option("--batch-size", default=4096, show_default=True, help="Rows that are scored together.")
@click.option("--model", default="pretrained", show_default=True, help="The model's folder.")
def main(rows: int, batch_size: int, model: str) -> None:
    """Print rows per second of the transform and of its parts."""
    torch.set_num_threads(1)
    detector = Detector.load(model)
    folder = Path(model)
    transform = AnomalyDetection(
        str(folder / "encoder.pth"),
        str(folder / "anomaly_detection.model"),
        str(folder / "model.params"),
        batch_size=batch_size,
    )
    score_rows = ScoreRows(transform.config, {name: name for name in INPUT.names}, [])
    score_rows.setup()
    types = {detector.id_column: "STRING", **detector.columns}
    wanted = {name: (name, type_) for name, type_ in types.items()}
    seconds: dict[str, float] = {}
    memory: list[tuple[int, float]] = []
    done = scored = 0

    def timed(part: str, work: Callable[..., Any], *arguments: Any) -> Any:
        begin = time.process_time()
        result = work(*arguments)
        seconds[part] = seconds.get(part, 0.0) + time.process_time() - begin
        return result

    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "opportunities.csv"
        write_opportunities(source, rows=rows, seed=2)
        steps = -(-rows // batch_size)
        for batch in track(_rows(source, batch_size), total=steps, description="scoring", console=Console(stderr=True)):
            scored += timed("the transform, rows in and out", _through, score_rows, batch)
            columns, _, _ = timed("rows to columns", to_batch, batch, wanted)
            encoded = timed("columns to arrays", detector.featurizer.encode, columns)
            surprises = timed("surprises", detector.surprises, encoded)
            places = detector.surprises.place(encoded)
            copies = timed("copies of training rows", detector.duplicates, encoded)
            uncommon = timed("breadth", detector.breadth, encoded)
            timed("neighbors and score", detector.scorer.oddness, Rows(surprises, places, copies, uncommon))
            timed("HDBSCAN", detector.clustering.predict, cluster_points(surprises, places))
            done += len(batch)
            memory.append((done, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
    whole = next(iter(seconds.values()))
    table = Table(title=f"{scored:,} rows, batches of {batch_size:,}, one core", title_justify="left")
    for heading in ("part", "rows/s", "share of the transform"):
        table.add_column(heading, justify="left" if heading == "part" else "right")
    for part, spent in seconds.items():
        table.add_row(part, f"{scored / spent:,.0f}", f"{spent / whole:.0%}")
    Console().print(table)
    half = memory[len(memory) // 2]
    Console().print(f"peak memory: {half[1]:,.0f} MiB after {half[0]:,} rows, {memory[-1][1]:,.0f} MiB after {done:,}")


def _rows(source: Path, size: int) -> Iterator[list[Any]]:
    make = named_tuple(INPUT)
    for batch in CsvTable(source, id_column="Id").batches(size):
        names = batch.columns.schema.names
        nothing = [None] * batch.columns.num_rows
        columns = [batch.columns[name].to_pylist() if name in names else nothing for name in make._fields]
        yield [make(*values) for values in zip(*columns, strict=True)]


def _through(score_rows: ScoreRows, batch: list[Any]) -> int:
    score_rows.start_bundle()
    results = 0
    for row in batch:
        for _ in score_rows.process(row, 0, None) or ():
            results += 1
    for _ in score_rows.finish_bundle() or ():
        results += 1
    return results


if __name__ == "__main__":
    main()
