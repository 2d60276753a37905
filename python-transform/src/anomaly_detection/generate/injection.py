"""Which rows of a chunk get an error, of which kind, and the labels that say so.

A chunk is cut into as many equal stretches as it gets errors, with one error somewhere in each, and every ten
errors in a row are of the ten kinds in some order: any part of a file has its share of each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomaly_detection.generate.catalogue import Ints
from anomaly_detection.generate.faults import DRAWS, KINDS, duplicate_other_amount
from anomaly_detection.generate.rows import CHUNK_ROWS, MISSING_SHARES, Chunk, Columns

MOST_ANOMALIES = 0.5
"""The largest share of rows with an error: every stretch keeps a row without."""

LABEL_COLUMNS = ("Id", "kind", "column", "original")


@dataclass(frozen=True)
class Label:
    """One error: its row, counted from the chunk's first, and the cells of its line in the file of labels."""

    row: int
    cells: tuple[str, str, str, str]


@dataclass(frozen=True, kw_only=True)
class Injected:
    """The cells of a chunk as they are written, and the labels of its errors in the order of the rows."""

    cells: Columns
    labels: list[Label]


def inject(chunk: Chunk, *, seed: int, index: int, share: float) -> Injected:
    """Leave cells empty and put errors in; rows with an error are otherwise whole."""
    rng = np.random.default_rng([seed, index, 1])
    count = _errors_before(index + 1, seed, share) - _errors_before(index, seed, share)
    rows = _positions(count, rng)
    missing = chunk.missing.copy()
    missing[rows] = False
    cells = {column: values.copy() for column, values in chunk.cells.items()}
    for j, column in enumerate(MISSING_SHARES):
        for row in np.flatnonzero(missing[:, j]).tolist():
            cells[column][row] = ""

    kinds = list(KINDS)
    order = np.argsort(rng.random((count // len(kinds) + 1, len(kinds))), axis=1).ravel()[:count].tolist()
    draws = rng.random((count, DRAWS + 1)).tolist()
    copyable = _copyable(rows, missing)
    labels = []
    for row, kind, drawn in zip(rows.tolist(), order, draws, strict=True):
        source = row
        if KINDS[kinds[kind]] is duplicate_other_amount:
            source = int(copyable[int(drawn[-1] * np.searchsorted(copyable, row))])
        labels.append(_apply(cells, row, source, kinds[kind], drawn))
    return Injected(cells=cells, labels=labels)


def _apply(cells: Columns, row: int, source: int, kind: str, draws: list[float]) -> Label:
    before = {column: values[source] for column, values in cells.items()}
    after = KINDS[kind](before, draws)
    if source != row:
        after = {**before, "Id": cells["Id"][row], **after}
    for column, text in after.items():
        cells[column][row] = text
    changed = [column for column, text in after.items() if text != before[column]]
    originals = [before[column] for column in changed]
    original = originals[0] if len(originals) == 1 else json.dumps(originals, ensure_ascii=False)
    return Label(row, (cells["Id"][row], kind, "|".join(changed), original))


def _errors_before(index: int, seed: int, share: float) -> int:
    """How many errors all earlier chunks have together: the share of their rows, to within one."""
    start = float(np.random.default_rng([seed, 2]).random())
    return int(index * CHUNK_ROWS * share + start)


def _positions(count: int, rng: np.random.Generator) -> Ints:
    edges = np.arange(count + 1) * CHUNK_ROWS // max(count, 1)
    # The first row stays without error, so that there is always one to duplicate.
    starts = np.maximum(edges[:-1], 1)
    return np.asarray(starts + (rng.random(count) * (edges[1:] - starts)).astype(np.int64))


def _copyable(rows: Ints, missing: NDArray[np.bool_]) -> Ints:
    """Rows without errors that have an amount."""
    good = ~missing[:, list(MISSING_SHARES).index("Amount")]
    good[rows] = False
    return np.flatnonzero(good)
