"""Errors of every kind, made from rows of a table, with the columns that are wrong in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from anomaly_detection.evaluate.generic_kinds import GENERIC_KINDS, GenericInjector
from anomaly_detection.evaluate.kinds import KINDS, NAMED, OF_TRAINING_ROWS
from anomaly_detection.evaluate.world import World

Positions = NDArray[np.int64]
_TRIES = 200
"""How many rows are tried for one error before its kind is taken to be impossible in the table."""


@dataclass(frozen=True)
class Errors:
    """Rows with one error each, the columns that were changed, and the positions of the rows they were made of."""

    table: pa.Table
    changed: tuple[frozenset[str], ...]
    sources: Positions

    def __len__(self) -> int:
        return len(self.changed)


@dataclass(frozen=True)
class Injector:
    """Makes errors of the rows of one table."""

    table: pa.Table
    id_column: str
    world: World
    generic: GenericInjector

    @classmethod
    def of(cls, table: pa.Table, world: World, *, id_column: str, seed: int) -> Injector:
        """Prepare the kinds; `table` has the columns that `world` was made of."""
        return cls(table, id_column, world, GenericInjector.fit(world, seed=seed))

    def draw(self, kind: str, rows: Positions, count: int, rng: np.random.Generator) -> Errors:
        """Make `count` errors of one kind of the rows at these positions, or none where the kind is impossible.

        Rows are used again where there are fewer than errors.
        """
        changes: list[tuple[int, Mapping[str, object]]] = []
        if kind in GENERIC_KINDS:
            changes.extend(self.generic.draw(kind, rows, count, rng))
        else:
            order: list[int] = []
            failed = 0
            while len(changes) < count and failed < _TRIES:
                order = order or rng.permutation(rows).tolist()
                position = order.pop()
                change = KINDS[kind](self.world.rows[position], self.world, rng)
                if change is None:
                    failed += 1
                else:
                    changes.append((position, change))
                    failed = 0
            changes = changes if len(changes) == count else []
        return self._errors(kind, changes)

    def _errors(self, kind: str, changes: list[tuple[int, Mapping[str, object]]]) -> Errors:
        sources = np.array([position for position, _ in changes], np.int64)
        cells = self.table.take(pa.array(sources)).to_pylist()
        for i, (row, (_, change)) in enumerate(zip(cells, changes, strict=True)):
            row.update(change)
            row[self.id_column] = f"{row[self.id_column]} {kind} {i}"
        # Nobody can say which columns of a row that was drawn as a whole are wrong.
        changed = tuple(frozenset(() if kind in GENERIC_KINDS else change) for _, change in changes)
        return Errors(pa.Table.from_pylist(cells, schema=self.table.schema), changed, sources)

    def possible(self, rng: np.random.Generator) -> dict[str, bool]:
        """Return the kinds that the table allows, and whether each is part of the mixture.

        The mixture is of the errors that people make; a table without the contract's columns has the generic
        kinds in it as well.
        """
        everywhere = np.arange(self.table.num_rows)
        kinds = [kind for kind in KINDS if len(self.draw(kind, everywhere, 1, rng))]
        named = any(kind in NAMED for kind in kinds)
        return {**dict.fromkeys(kinds, True), **dict.fromkeys(GENERIC_KINDS, not named)}

    def contaminated(
        self, kinds: list[str], rows: Positions, share: float, rng: np.random.Generator
    ) -> tuple[pa.Table, Positions]:
        """Return the rows with a share of them replaced by errors of all kinds in turn, and those left as they were."""
        count = round(share * len(rows))
        spoiled = rng.permutation(len(rows))[:count]
        whole = np.delete(rows, spoiled)
        parts = [self.table.take(pa.array(whole))]
        for i, kind in enumerate(kinds):
            places = rows[spoiled[i :: len(kinds)]]
            errors = self.draw(kind, whole if kind == OF_TRAINING_ROWS else places, len(places), rng)
            # Of these few rows the kind may be impossible, though it is not of others.
            parts.append(errors.table if len(errors) else self.table.take(pa.array(places)))
        return pa.concat_tables(parts), whole
