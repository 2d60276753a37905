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


class _Late(NamedTuple):
    """A change that is seen from a time on: its place among all changes, the record, and its values by slot."""

    at: float
    number: int
    id: str
    values: dict[int, Value]


@dataclass
class Store:
    """Rows by id, in the order in which they came. `clock` gives seconds since 1970."""

    schema: Schema
    clock: Callable[[], float]
    _rows: dict[str, Row] = field(default_factory=dict)
    _late: list[_Late] = field(default_factory=list)
    _last: dict[str, dict[int, int]] = field(default_factory=dict)
    """Of records that a change is late for: the number of the last change of each slot that can be seen."""

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
        new = id_ not in self._rows
        changed: dict[int, Value] = {}
        now = self.now()
        if new:
            changed[self._id] = id_
            for path in ("IsDeleted", "IsClosed", "IsWon"):
                changed[self.schema.slot(path)] = False
            changed[self.schema.slot("CreatedDate")] = now
        if touch or new:
            changed[self._stamp] = changed[self._modified] = now
        changed |= {self.schema.slot(path): value for path, value in values.items() if path != "Id"}
        if "SystemModstamp" in values:
            changed[self._modified] = values["SystemModstamp"]
        if visible_after > 0:
            heapq.heappush(self._late, _Late(self.clock() + visible_after, next(self._numbers), id_, changed))
            self._last.setdefault(id_, {})
        else:
            self._apply(next(self._numbers), id_, changed)
        return id_

    def _apply(self, number: int, id_: str, values: Mapping[int, Value]) -> None:
        """Set the values that no later change has set."""
        row = list(self._rows.get(id_) or [None] * len(self.schema.columns))
        last = self._last.get(id_)
        for slot, value in values.items():
            if last is None or last.get(slot, 0) < number:
                row[slot] = value
        if last is not None:
            last |= {slot: max(number, last.get(slot, 0)) for slot in values}
        self._refer(row)
        self._rows[id_] = tuple(row)

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
        self._last.clear()

    def _arrive(self) -> None:
        while self._late and self._late[0][0] <= self.clock():
            late = heapq.heappop(self._late)
            if late.id in self._rows or self._id in late.values:  # else the record was taken out meanwhile
                self._apply(late.number, late.id, late.values)
        if not self._late:
            self._last.clear()

    def _new_id(self) -> str:
        while True:
            # Far from the numbers of generated files.
            id_ = salesforce_id(self.schema.objects[OPPORTUNITY].prefix, 62**8 + next(self._numbers))
            if id_ not in self._rows:
                return id_
