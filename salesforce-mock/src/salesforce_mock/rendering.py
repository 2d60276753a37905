"""Rows as the two APIs write them: JSON of nested records, and CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from json.encoder import encode_basestring

from salesforce_mock.plan import Row
from salesforce_mock.schema import OPPORTUNITY, Column, Schema
from salesforce_mock.values import NUMBERS, Value, number_text

Piece = Callable[[Row], str]

DELIMITERS = {"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDS = {"LF": "\n", "CRLF": "\r\n"}


def csv_lines(columns: Sequence[Column], rows: Sequence[Row], *, delimiter: str, line_end: str) -> list[str]:
    """Return the header and a line for each row; every cell is quoted, an absent value is an empty one."""
    between, end = f'"{delimiter}"', f'"{line_end}'
    header = '"' + between.join(each.path for each in columns) + end
    cells = [_csv_cells(each, rows) for each in columns]
    return [header, *('"' + between.join(line) + end for line in zip(*cells, strict=True))]


def _csv_cells(column: Column, rows: Sequence[Row]) -> list[str]:
    slot, kind = column.slot, column.field.type
    if kind in NUMBERS:
        return ["" if (found := row[slot]) is None else number_text(found) for row in rows]  # type: ignore[arg-type]
    if kind == "boolean":
        return ["true" if row[slot] else "false" for row in rows]
    cells = ["" if (found := row[slot]) is None else str(found) for row in rows]
    return [cell.replace('"', '""') if '"' in cell else cell for cell in cells]


class JsonRecords:
    """Writes records of a query's columns as the REST API does."""

    def __init__(self, columns: Sequence[Column], schema: Schema, version: str) -> None:
        self.schema = schema
        self.version = version
        self._record = self._object(OPPORTUNITY, "", [(column.path.split("."), column) for column in columns])

    def __call__(self, rows: Sequence[Row]) -> str:
        """Return the records as one array."""
        record = self._record
        return "[" + ",".join([record(row) for row in rows]) + "]"

    def _object(self, name: str, before: str, columns: Sequence[tuple[list[str], Column]]) -> Piece:
        kind = self.schema.objects[name]
        id_slot = self.schema.slot(f"{before}Id")
        pieces: list[tuple[str, Piece]] = []
        parents: dict[str, list[tuple[list[str], Column]]] = {}
        for steps, column in columns:
            if len(steps) == 1:
                pieces.append((column.field.name, self._value(column)))
                continue
            if steps[0] not in parents:
                way = kind.relationships[steps[0].lower()]
                inner = parents[steps[0]] = []
                pieces.append((steps[0], self._later(way.reference, f"{before}{steps[0]}.", inner)))
            parents[steps[0]].append((steps[1:], column))
        start = f'{{"attributes":{{"type":"{name}","url":"/services/data/{self.version}/sobjects/{name}/'
        keys = [(f',"{key}":', piece) for key, piece in pieces]

        def write(row: Row) -> str:
            found = row[id_slot]
            if found is None:
                return "null"
            return f'{start}{found}"}}' + "".join([key + piece(row) for key, piece in keys]) + "}"

        return write

    def _later(self, name: str, before: str, columns: Sequence[tuple[list[str], Column]]) -> Piece:
        """A parent's piece; which of its columns are selected is known when all were seen."""
        made: list[Piece] = []

        def write(row: Row) -> str:
            if not made:
                made.append(self._object(name, before, columns))
            return made[0](row)

        return write

    def _value(self, column: Column) -> Piece:
        slot, kind = column.slot, column.field.type
        if kind == "address":
            before = column.path.removesuffix("Address")
            country, state = (self.schema.slot(before + part) for part in ("Country", "State"))
            return lambda row: (
                f'{{"city":null,"country":{_json(row[country])},"geocodeAccuracy":null,"latitude":null,'
                f'"longitude":null,"postalCode":null,"state":{_json(row[state])},"street":null}}'
            )
        if kind == "datetime":
            return lambda row: f'"{found[:-1]}+0000"' if isinstance(found := row[slot], str) else "null"
        return lambda row: _json(row[slot])


def _json(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    return encode_basestring(value)
