"""The opportunities. A row is a tuple that never changes: who holds one has the record as it was then."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from salesforce_mock.ids import id_of_name, salesforce_id
from salesforce_mock.plan import Row
from salesforce_mock.schema import OPPORTUNITY, Column, Schema
from salesforce_mock.values import Value, datetime_text


class _Parent(NamedTuple):
    """Slots: of the reference to a parent, of its id and its name, and of all values of it and of its parents."""

    reference: int
    id: int
    name: int
    below: list[int]
    prefix: str


@dataclass
class Store:
    """Rows by id, in the order in which they came. `clock` gives seconds since 1970."""

    schema: Schema
    clock: Callable[[], float]
    _rows: dict[str, Row] = field(default_factory=dict)
    _late: list[tuple[float, int, str, Row]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        slot = self.schema.slot
        self._deleted = slot("IsDeleted")
        self._id = slot("Id")
        self._stamp = slot("SystemModstamp")
        self._modified = slot("LastModifiedDate")
        self._parents = [self._parent(each) for each in self.schema.columns if each.field.reference]

    def _parent(self, reference: Column) -> _Parent:
        way = reference.path.removesuffix("Id") + "."
        below = [
            each.slot for each in self.schema.columns if each.path.startswith(way) and not each.path.endswith("Id")
        ]
        slots = reference.slot, self.schema.slot(f"{way}Id"), self.schema.slot(f"{way}Name")
        return _Parent(*slots, below, self.schema.objects[reference.field.reference].prefix)

    def rows(self, *, deleted: bool = False) -> list[Row]:
        """Return the rows that can be seen now; soft-deleted ones only if they are wanted."""
        self._arrive()
        if deleted:
            return list(self._rows.values())
        at = self._deleted
        return [row for row in self._rows.values() if not row[at]]

    def get(self, id_: str) -> Row | None:
        """Return a row, deleted or not; None if there is none."""
        self._arrive()
        return self._rows.get(id_)

    def is_deleted(self, row: Row) -> bool:
        """Tell whether a row was soft-deleted."""
        return bool(row[self._deleted])

    def put(self, values: Mapping[str, Value], *, touch: bool = True, visible_after: float = 0.0) -> str:
        """Make a row, or change one: values by path, of which those that are not given stay or are absent.

        Args:
            values: with `Id` of the row to change or to make; without, a new one gets an id.
            touch: whether the row was modified now; not what the values say themselves.
            visible_after: seconds from now until queries see it.

        Returns:
            Its id.
        """
        self._arrive()
        given = values.get("Id")
        id_ = given if isinstance(given, str) else self._new_id()
        old = self._rows.get(id_)
        row: list[Value] = list(old) if old else [None] * len(self.schema.columns)
        now = self.now()
        if old is None:
            row[self._id] = id_
            for path in ("IsDeleted", "IsClosed", "IsWon"):
                row[self.schema.slot(path)] = False
            row[self.schema.slot("CreatedDate")] = now
        if touch or old is None:
            row[self._stamp] = row[self._modified] = now
        for path, value in values.items():
            if path != "Id":
                row[self.schema.slot(path)] = value
        if "SystemModstamp" in values:
            row[self._modified] = values["SystemModstamp"]
        self._refer(row)
        if visible_after > 0:
            heapq.heappush(self._late, (self.clock() + visible_after, next(self._numbers), id_, tuple(row)))
        else:
            self._rows[id_] = tuple(row)
        return id_

    def fill(self, rows: Iterable[list[Value]]) -> None:
        """Take rows over that have every value but the ids of their parents."""
        for row in rows:
            self._refer(row)
            self._rows[str(row[self._id])] = tuple(row)

    def _refer(self, row: list[Value]) -> None:
        """Parents are known by their names, of which their ids come; one without a name is this record's own."""
        for parent in self._parents:
            name = row[parent.name]
            if name is None and any(row[slot] is not None for slot in parent.below):
                name = f"the parent of {row[self._id]}"
            row[parent.reference] = row[parent.id] = None if name is None else id_of_name(parent.prefix, str(name))

    def remove(self, ids: Iterable[str]) -> None:
        """Take rows out for good, as if they had never been."""
        for id_ in ids:
            self._rows.pop(id_, None)

    def now(self) -> str:
        """Return the time as modifications are stamped: in whole seconds."""
        return datetime_text(int(self.clock()))

    def waiting(self) -> int:
        """Return how many changes cannot be seen yet."""
        self._arrive()
        return len(self._late)

    def snapshot(self) -> dict[str, Row]:
        """Return the rows as they are, to go back to."""
        return dict(self._rows)

    def restore(self, rows: Mapping[str, Row]) -> None:
        """Go back to a snapshot."""
        self._rows = dict(rows)
        self._late.clear()

    def _arrive(self) -> None:
        while self._late and self._late[0][0] <= self.clock():
            _, _, id_, row = heapq.heappop(self._late)
            there = self._rows.get(id_)
            if there is None or str(there[self._stamp]) <= str(row[self._stamp]):  # no later change has replaced it
                self._rows[id_] = row

    def _new_id(self) -> str:
        while True:
            # Far from the numbers of generated files.
            id_ = salesforce_id(self.schema.objects[OPPORTUNITY].prefix, 62**8 + next(self._numbers))
            if id_ not in self._rows:
                return id_
