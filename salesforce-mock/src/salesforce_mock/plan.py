"""A query held against the schema: which rows it takes, in which order, and which columns of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from salesforce_mock.errors import SalesforceError
from salesforce_mock.ids import is_id, same_id
from salesforce_mock.schema import OPPORTUNITY, Column, Schema
from salesforce_mock.soql import Comparison, Condition, Operand, Query, parse_soql, refuse
from salesforce_mock.values import NUMBERS, TEXTS, Value, parse

Row = tuple[Value, ...]
Predicate = Callable[[Row], bool]
_LITERALS = {"boolean": "boolean", "date": "date", "datetime": "datetime"} | dict.fromkeys(NUMBERS, "number")
_CALLED = {"datetime": "dateTime", "percent": "double", "currency": "double"}


@dataclass(frozen=True)
class Plan:
    """A query that can be run."""

    query: Query
    columns: tuple[Column, ...]
    takes: Predicate
    order: tuple[tuple[Column, bool, bool], ...]
    """Column, descending, nulls first; the most important one first."""

    @property
    def compound(self) -> bool:
        """Whether it selects a field made of others, which bulk queries refuse."""
        return any(each.field.type == "address" for each in self.columns)

    def run(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows that it takes, in its order. Rows never change, so that later updates do not show."""
        takes = self.takes
        found = [row for row in rows if takes(row)]
        for column, descending, nulls_first in reversed(self.order):
            slot = column.slot
            absent = [row for row in found if row[slot] is None]
            there = sorted((row for row in found if row[slot] is not None), key=_key(column), reverse=descending)
            found = absent + there if nulls_first else there + absent
        end = None if self.query.limit is None else self.query.offset + self.query.limit
        return found[self.query.offset : end]


def plan(text: str, schema: Schema) -> Plan:
    """Return how to run a query.

    Raises:
        SalesforceError: MALFORMED_QUERY, INVALID_TYPE or INVALID_FIELD.
    """
    query = parse_soql(text)
    if query.object.lower() != OPPORTUNITY.lower():
        raise refuse(
            text,
            query.object_at,
            "INVALID_TYPE",
            f"sObject type '{query.object}' is not supported. If you are attempting to use a custom object, be sure to "
            "append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
            "appropriate names.",
        )
    bind = _Binder(text, schema)
    columns = tuple(bind.column(path, at) for path, at in query.fields)
    for i, each in enumerate(columns):
        if each in columns[:i]:
            raise refuse(text, query.fields[i][1], "INVALID_FIELD", f"duplicate field selected: {each.path}")
    takes = bind.condition(query.where) if query.where else (lambda row: True)
    order = tuple((bind.column(o.path, o.at), o.descending, o.nulls_first) for o in query.order)
    return Plan(query, columns, takes, order)


def _key(column: Column) -> Callable[[Row], tuple[str, str] | float]:
    """Texts are in order without case; ids, which count with letters of both cases, are not."""
    cased = column.field.type in {"id", "reference"}

    def key(row: Row) -> tuple[str, str] | float:
        value = row[column.slot]
        return ("" if cased else value.lower(), value) if isinstance(value, str) else value or 0.0

    return key


class _Binder:
    def __init__(self, text: str, schema: Schema) -> None:
        self.text = text
        self.schema = schema

    def column(self, path: str, at: int) -> Column:
        try:
            return self.schema.resolve(path)
        except SalesforceError as error:
            raise refuse(self.text, at, error.code, error.message) from None

    def condition(self, node: Condition) -> Predicate:
        if isinstance(node, Comparison):
            return self.comparison(node)
        parts = [self.condition(part) for part in node.parts]
        if node.operator == "NOT":
            return lambda row: not parts[0](row)
        if node.operator == "AND":
            return lambda row: all(part(row) for part in parts) if len(parts) > 2 else parts[0](row) and parts[1](row)
        return lambda row: any(part(row) for part in parts)

    def comparison(self, node: Comparison) -> Predicate:
        column = self.column(node.path, node.at)
        if column.field.type == "address":
            raise refuse(
                self.text, node.at, "INVALID_FIELD", f"field '{node.path}' can not be filtered in a query call"
            )
        slot = column.slot
        values = [self.value(node, column, literal) for literal in node.literals]
        value = values[0]
        if column.field.type in TEXTS:
            return self.text_comparison(node, slot, [v.lower() if isinstance(v, str) else v for v in values])
        if node.operator in {"=", "IN"}:
            wanted = set(values)
            return lambda row: row[slot] in wanted
        if node.operator in {"!=", "NOT IN"}:
            unwanted = set(values)
            return lambda row: row[slot] not in unwanted
        if node.operator == "LIKE":
            raise self.wrong(node, column, "invalid operator on field")
        return _ordering(node.operator, slot, value)

    def text_comparison(self, node: Comparison, slot: int, values: list[Value]) -> Predicate:
        """Texts are compared without case."""

        def of(row: Row) -> Value:
            found = row[slot]
            return found.lower() if isinstance(found, str) else found

        wanted = set(values)
        if node.operator in {"=", "IN"}:
            return lambda row: of(row) in wanted
        if node.operator in {"!=", "NOT IN"}:
            return lambda row: of(row) not in wanted
        if node.operator == "LIKE":
            pattern = re.escape(str(values[0])).replace("%", ".*").replace("_", ".")
            like = re.compile(pattern, re.DOTALL)
            return lambda row: isinstance(found := of(row), str) and like.fullmatch(found) is not None
        compared = _ordering(node.operator, 0, values[0])
        return lambda row: compared((of(row),))

    def value(self, node: Comparison, column: Column, literal: Operand) -> Value:
        kind = column.field.type
        if literal.kind == "null":
            return None
        expected = _LITERALS.get(kind, "string")
        if literal.kind != expected:
            quotes = "should be enclosed" if expected == "string" else "should not be enclosed"
            called = _CALLED.get(kind, kind)
            raise self.wrong(
                node,
                column,
                f"value of filter criterion for field '{column.path}' must be of type {called} and {quotes} in quotes",
            )
        if kind in {"id", "reference"}:
            if not is_id(literal.text):
                raise refuse(self.text, node.at, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal.text}")
            return same_id(literal.text)
        try:
            return parse(kind, literal.text) if literal.text else ""
        except ValueError as error:
            raise self.wrong(node, column, f"{column.path}: {error}, found {literal.text}") from None

    def wrong(self, node: Comparison, column: Column, message: str) -> SalesforceError:
        return refuse(self.text, node.at, "INVALID_FIELD", message)


def _ordering(operator: str, slot: int, value: Value) -> Predicate:
    """An absent value is neither less nor more than another."""
    if value is None:
        return lambda row: False
    if operator == "<":
        return lambda row: (found := row[slot]) is not None and found < value  # type: ignore[operator]
    if operator == "<=":
        return lambda row: (found := row[slot]) is not None and found <= value  # type: ignore[operator]
    if operator == ">":
        return lambda row: (found := row[slot]) is not None and found > value  # type: ignore[operator]
    return lambda row: (found := row[slot]) is not None and found >= value  # type: ignore[operator]
