"""SOQL's text as a tree: the part of the language that reads one object and its parents.

>>> parse_soql("select Id, Account.Name from Opportunity where Amount >= 5 and not StageName in ('a') limit 3").limit
3
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NoReturn, TypeVar

from salesforce_mock.errors import SalesforceError

T = TypeVar("T")
LiteralKind = Literal["string", "number", "date", "datetime", "boolean", "null"]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d))
  | (?P<date>\d{4}-\d\d-\d\d(?![\dT]))
  | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.:]))
  | (?P<name>[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*)
  | (?P<symbol><=|>=|!=|<>|[=<>(),])
  | (?P<end>$)
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_UNSUPPORTED = {"GROUP", "HAVING", "TYPEOF", "WITH", "FOR", "USING"}


@dataclass(frozen=True)
class Operand:
    """A literal of a condition, as it was written; strings without quotes and escapes."""

    kind: LiteralKind
    text: str


@dataclass(frozen=True)
class Comparison:
    """`path operator literals`: one literal, or those of IN and NOT IN. `at` is where the path begins."""

    path: str
    operator: str
    literals: tuple[Operand, ...]
    at: int


@dataclass(frozen=True)
class Junction:
    """AND or OR of conditions, or NOT of one."""

    operator: str
    parts: tuple[Condition, ...]


Condition = Comparison | Junction


@dataclass(frozen=True)
class Order:
    """A path to sort by."""

    path: str
    descending: bool
    nulls_first: bool
    at: int


@dataclass(frozen=True)
class Query:
    """A query. `fields` are paths and where they begin; none if it counts."""

    text: str
    fields: tuple[tuple[str, int], ...]
    counts: bool
    object: str
    object_at: int
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int


def refuse(text: str, at: int, code: str, message: str) -> SalesforceError:
    """Return the refusal of a query that points at the place of its text."""
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1)
    start = max(0, at - 40)
    context = text[start : at + 20].replace("\n", " ")
    place = f"\n{context}\n{' ' * (at - start)}^\nERROR at Row:{line}:Column:{column + 1}\n"
    return SalesforceError(400, code, place + message)


def parse_soql(text: str) -> Query:
    """Return a query's tree.

    Raises:
        SalesforceError: MALFORMED_QUERY, with the place.
    """
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.kind = ""
        self.word = ""
        self._end = 0
        self._next()

    def query(self) -> Query:
        self._keyword("SELECT")
        counts, fields = self._selection()
        self._keyword("FROM")
        object_at, name = self.at, self._name()
        where = self._condition() if self._skip("WHERE") else None
        order: tuple[Order, ...] = ()
        if self._skip("ORDER"):
            self._keyword("BY")
            order = self._list(self._order)
        limit = self._whole() if self._skip("LIMIT") else None
        offset = self._whole() if self._skip("OFFSET") else 0
        if self.kind != "end":
            self._unexpected()
        return Query(self.text, fields, counts, name, object_at, where, order, limit, offset)

    def _selection(self) -> tuple[bool, tuple[tuple[str, int], ...]]:
        fields = self._list(self._field)
        if self.word == "(" and len(fields) == 1:
            if fields[0][0].upper() != "COUNT":
                self._unexpected()
            self._next()
            self._symbol(")")
            return True, ()
        return False, fields

    def _field(self) -> tuple[str, int]:
        at = self.at
        return self._name(), at

    def _order(self) -> Order:
        at, path = self.at, self._name()
        descending = self._skip("DESC")
        if not descending:
            self._skip("ASC")
        nulls_first = True
        if self._skip("NULLS"):
            nulls_first = self._skip("FIRST")
            if not nulls_first:
                self._keyword("LAST")
        return Order(path, descending, nulls_first, at)

    def _condition(self) -> Condition:
        first = self._part()
        for operator in ("AND", "OR"):
            if self._is(operator):
                parts = [first]
                while self._skip(operator):
                    parts.append(self._part())
                if self._is("AND") or self._is("OR"):
                    self._unexpected()  # as in SOQL, which wants parentheses where both meet
                return Junction(operator, tuple(parts))
        return first

    def _part(self) -> Condition:
        if self._skip("NOT"):
            return Junction("NOT", (self._part(),))
        if self.word == "(" and self.kind == "symbol":
            self._next()
            inner = self._condition()
            self._symbol(")")
            return inner
        at, path = self.at, self._name()
        if self._skip("NOT"):
            self._keyword("IN")
            return Comparison(path, "NOT IN", self._literals(), at)
        if self._skip("IN"):
            return Comparison(path, "IN", self._literals(), at)
        if self._skip("LIKE"):
            return Comparison(path, "LIKE", (self._literal(),), at)
        operator = "!=" if self.word == "<>" else self.word
        if self.kind != "symbol" or operator not in {"=", "!=", "<", "<=", ">", ">="}:
            self._unexpected()
        self._next()
        return Comparison(path, operator, (self._literal(),), at)

    def _literals(self) -> tuple[Operand, ...]:
        self._symbol("(")
        found = self._list(self._literal)
        self._symbol(")")
        return found

    def _literal(self) -> Operand:
        kind, token = self.kind, self.word
        if kind == "name" and token.upper() in {"TRUE", "FALSE"}:
            found = Operand("boolean", token.lower())
        elif kind == "name" and token.upper() == "NULL":
            found = Operand("null", "")
        elif kind == "string":
            found = Operand("string", re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), token[1:-1], flags=re.S))
        elif kind == "number":
            found = Operand("number", token)
        elif kind == "date":
            found = Operand("date", token)
        elif kind == "datetime":
            found = Operand("datetime", token)
        else:
            self._unexpected()
        self._next()
        return found

    def _list(self, item: Callable[[], T]) -> tuple[T, ...]:
        found = [item()]
        while self.word == "," and self.kind == "symbol":
            self._next()
            found.append(item())
        return tuple(found)

    def _whole(self) -> int:
        if self.kind != "number" or not self.word.isdigit():
            self._unexpected()
        number = int(self.word)
        self._next()
        return number

    def _name(self) -> str:
        if self.kind != "name":
            self._unexpected()
        name = self.word
        self._next()
        return name

    def _is(self, keyword: str) -> bool:
        return self.kind == "name" and self.word.upper() == keyword

    def _skip(self, keyword: str) -> bool:
        found = self._is(keyword)
        if found:
            self._next()
        return found

    def _keyword(self, keyword: str) -> None:
        if not self._skip(keyword):
            self._unexpected()

    def _symbol(self, symbol: str) -> None:
        if self.kind != "symbol" or self.word != symbol:
            self._unexpected()
        self._next()

    def _next(self) -> None:
        found = _TOKEN.match(self.text, self._end)
        if found is None or found.lastgroup is None:
            at = self._end + len(self.text[self._end :]) - len(self.text[self._end :].lstrip())
            raise self._refusal(f"unexpected token: '{self.text[at : at + 1]}'", at)
        self.kind, self.word = found.lastgroup, found[found.lastgroup]
        self.at, self._end = found.start(found.lastgroup), found.end()

    def _unexpected(self) -> NoReturn:
        if self.kind == "end":
            raise self._refusal("unexpected token: '<EOF>'", self.at)
        if self.word.upper() in _UNSUPPORTED:
            raise self._refusal(f"{self.word} is not supported by this test Salesforce", self.at)
        raise self._refusal(f"unexpected token: '{self.word}'", self.at)

    def _refusal(self, message: str, at: int) -> SalesforceError:
        return refuse(self.text, at, "MALFORMED_QUERY", message)
