"""Reads a configuration row without trusting it.

Beam's compiled coders do not check where their input ends: a short payload decodes to whatever lies behind it
in memory, and a long array walks off the heap. Some types run code while they are decoded: `python_callable`
evaluates its text, `pythonsdk_any` unpickles. So a payload passes through here before Beam sees it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apache_beam.portability.api import schema_pb2
from google.protobuf.message import DecodeError

from anomaly_detection.errors import ServiceError


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A value and the bytes that encode it."""

    value: Any
    data: bytes


class _Reader:
    """A cursor over bytes that never passes their end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, size: int) -> bytes:
        if not 0 <= size <= len(self.data) - self.position:
            raise ServiceError(
                f"the configuration row is damaged: expected {size} bytes at byte {self.position}, "
                f"found {len(self.data) - self.position}"
            )
        self.position += size
        return self.data[self.position - size : self.position]

    def unpack(self, layout: str) -> Any:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def varint(self, bits: int = 64) -> int:
        result = 0
        for shift in range(0, 70, 7):
            byte = self.take(1)[0]
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                result &= (1 << bits) - 1
                return result - (1 << bits) if result >> bits - 1 else result
        raise ServiceError(f"the configuration row is damaged: no number ends before byte {self.position}")

    def text(self) -> str:
        data = self.take(self.varint())
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ServiceError(f"the configuration row is damaged: a text is not UTF-8: {error}") from None

    def flag(self) -> bool:
        byte = self.take(1)[0]
        if byte > 1:
            raise ServiceError(
                f"the configuration row is damaged: expected 0 or 1 at byte {self.position - 1}, found {byte}"
            )
        return byte == 1


_ATOMIC: dict[int, Callable[[_Reader], Any]] = {
    schema_pb2.INT16: lambda reader: reader.unpack(">h"),
    schema_pb2.INT32: lambda reader: reader.varint(32),
    schema_pb2.INT64: _Reader.varint,
    schema_pb2.FLOAT: lambda reader: reader.unpack(">f"),
    schema_pb2.DOUBLE: lambda reader: reader.unpack(">d"),
    schema_pb2.STRING: _Reader.text,
    schema_pb2.BOOLEAN: _Reader.flag,
    schema_pb2.BYTES: lambda reader: reader.take(reader.varint()),
}


def parse(kind: type[Any], payload: bytes) -> Any:
    """Return the payload of a request as a message of this kind, unread beyond that.

    Raises:
        ServiceError: the bytes are no such message.
    """
    message = kind()
    try:
        message.ParseFromString(payload)
    except DecodeError as error:
        raise ServiceError(f"the payload is damaged: {len(payload)} bytes are no {kind.__name__} ({error})") from None
    return message


def read_row(schema: schema_pb2.Schema, data: bytes) -> dict[str, Encoded]:
    """Return the fields of an encoded row, by name; null ones are left out.

    Raises:
        ServiceError: a field has a type other than numbers, texts, booleans, bytes, arrays and rows of them,
            or the bytes are not exactly one such row.
    """
    reader = _Reader(data)
    fields = _row(reader, schema)
    if reader.position != len(data):
        raise ServiceError(
            f"the configuration row is damaged: it ends at byte {reader.position}, but {len(data)} bytes were sent"
        )
    return fields


def _row(reader: _Reader, schema: schema_pb2.Schema) -> dict[str, Encoded]:
    fields = _in_encoded_order(schema)
    count = reader.varint()
    if count != len(fields):
        raise ServiceError(f"the configuration row is damaged: expected {len(fields)} fields, found {count}")
    nulls = reader.take(reader.varint())
    found: dict[str, Encoded] = {}
    for index, field in fields:
        null = index // 8 < len(nulls) and nulls[index // 8] >> index % 8 & 1
        start = reader.position
        value = None if null else _value(reader, field.type, field.name)
        if field.name in found:
            raise ServiceError(f"the configuration has two fields named {field.name!r:.80}")
        found[field.name] = Encoded(value=value, data=reader.data[start : reader.position])
    return {name: encoded for name, encoded in found.items() if encoded.value is not None}


def _in_encoded_order(schema: schema_pb2.Schema) -> list[tuple[int, schema_pb2.Field]]:
    fields = list(enumerate(schema.fields))
    if not schema.encoding_positions_set:
        return fields
    if sorted(field.encoding_position for _, field in fields) != list(range(len(fields))):
        raise ServiceError("the configuration's schema is damaged: its encoding positions have gaps")
    return sorted(fields, key=lambda indexed: indexed[1].encoding_position)


def _value(reader: _Reader, type_: schema_pb2.FieldType, name: str) -> Any:
    kind = type_.WhichOneof("type_info")
    if kind == "atomic_type" and type_.atomic_type in _ATOMIC:
        return _ATOMIC[type_.atomic_type](reader)
    if kind == "row_type":
        return _row(reader, type_.row_type.schema)
    if kind == "array_type":
        element = type_.array_type.element_type
        count = reader.unpack(">i")
        if count < 0:
            raise ServiceError(f"the configuration's array {name!r:.80} has no length: send it as a list")
        return [None if element.nullable and not reader.flag() else _value(reader, element, name) for _ in range(count)]
    found = type_.logical_type.urn if kind == "logical_type" else str(kind)
    raise ServiceError(
        f"refused the configuration's field {name!r:.80}: expected numbers, texts, booleans, or arrays of them, "
        f"found {found!r:.80}"
    )
