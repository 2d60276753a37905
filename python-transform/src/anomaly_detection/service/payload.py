"""Reads a configuration row without trusting it.

Beam's compiled coders do not check where their input ends: a short payload decodes to whatever lies behind it
in memory, and a long array walks off the heap. Some types run code while they are decoded: `python_callable`
evaluates its text, `pythonsdk_any` unpickles. And Beam keeps a type for every schema that it comes upon, for ever. So
a payload is read here, and Beam sees what was read in a row of the contract's own schema.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

from apache_beam.portability.api import schema_pb2
from google.protobuf.message import DecodeError

from anomaly_detection.config import check_known
from anomaly_detection.errors import ConfigError, ServiceError
from anomaly_detection.schema import CONFIG, CONTRACT

_MOST_TEXTS = 1 << 17
"""The columns of any table, and few enough to be read at once."""


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

    def end(self) -> None:
        if self.position != len(self.data):
            raise ServiceError(
                f"the configuration row is damaged: it ends at byte {self.position}, "
                f"but {len(self.data)} bytes were sent"
            )

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


def read_config(schema: schema_pb2.Schema, data: bytes) -> dict[str, Any]:
    """Return the fields of an encoded configuration, by name; null ones are left out.

    Raises:
        ConfigError: there is a field that the contract does not have.
        ServiceError: a field has a type other than numbers, texts, booleans, bytes and, where the contract has an
            array, arrays of texts, or the bytes are not exactly one such row.
    """
    if not schema.fields and not data:
        return {}  # so that the transform says what is missing
    reader = _Reader(data)
    values = _config(reader, schema)
    reader.end()
    return values


def read_call(schema: schema_pb2.Schema, data: bytes) -> dict[str, Any]:
    """Return the configuration in an encoded call of the transform's class by its name.

    Raises:
        ConfigError: as `read_config`, or there are positional arguments.
        ServiceError: as `read_config`, or another class is called.
    """
    called: dict[str, Any] = {}

    def argument(reader: _Reader, field: schema_pb2.Field) -> Any:
        kind = field.type.WhichOneof("type_info")
        if field.name == "constructor" and kind == "atomic_type":
            called[field.name] = _scalar(reader, field, "STRING")
            return called[field.name]
        # Clients send the name of the class first.
        _check_class(called)
        if kind != "row_type" or field.name not in ("args", "kwargs"):
            raise ConfigError(f"{CONTRACT.transform}: expected keyword arguments only, found {field.name!r:.80}")
        inner = field.type.row_type.schema
        if field.name == "args" and inner.fields:
            raise ConfigError(f"{CONTRACT.transform}: expected keyword arguments only, found positional ones")
        return _config(reader, inner)

    reader = _Reader(data)
    call = _row(reader, schema, argument)
    _check_class(called)
    reader.end()
    return dict(call.get("kwargs", {}))


def _check_class(called: dict[str, Any]) -> None:
    name = called.get("constructor")
    if name != CONTRACT.transform:
        raise ServiceError(f"refused the class {name!r:.80}: expected {CONTRACT.transform!r}")


def _config(reader: _Reader, schema: schema_pb2.Schema) -> dict[str, Any]:
    check_known(field.name for field in schema.fields)
    return _row(reader, schema, _option)


def _option(reader: _Reader, field: schema_pb2.Field) -> Any:
    expected = CONFIG[field.name].type
    if expected == "ARRAY" and field.type.HasField("array_type"):
        return _texts(reader, field)
    return _scalar(reader, field, expected)


def _scalar(reader: _Reader, field: schema_pb2.Field, expected: str) -> Any:
    if field.type.HasField("atomic_type") and field.type.atomic_type in _ATOMIC:
        return _ATOMIC[field.type.atomic_type](reader)
    raise _refused(field, expected, field.type)


def _texts(reader: _Reader, field: schema_pb2.Field) -> list[str | None]:
    element = field.type.array_type.element_type
    count = reader.unpack(">i")
    if count < 0:
        raise ServiceError(f"the configuration's array {field.name!r:.80} has no length: send it as a list")
    # Clients know no type for the elements of an empty list.
    if count and element.atomic_type != schema_pb2.STRING:
        raise _refused(field, "an array of STRING", element)
    if count > _MOST_TEXTS:
        raise ServiceError(
            f"refused the configuration's array {field.name!r:.80}: expected at most {_MOST_TEXTS} texts, found {count}"
        )
    return [None if element.nullable and not reader.flag() else reader.text() for _ in range(count)]


def _refused(field: schema_pb2.Field, expected: str, type_: schema_pb2.FieldType) -> ServiceError:
    kind = type_.WhichOneof("type_info")
    found = type_.logical_type.urn if kind == "logical_type" else str(kind)
    return ServiceError(
        f"refused the configuration's field {field.name!r:.80}: expected {expected}, found {found!r:.80}"
    )


def _row(
    reader: _Reader, schema: schema_pb2.Schema, value: Callable[[_Reader, schema_pb2.Field], Any]
) -> dict[str, Any]:
    names = Counter(field.name for field in schema.fields)
    for name, times in names.items():
        if times > 1:
            raise ServiceError(f"the configuration has two fields named {name!r:.80}")
    fields = _in_encoded_order(schema)
    count = reader.varint()
    if count != len(fields):
        raise ServiceError(f"the configuration row is damaged: expected {len(fields)} fields, found {count}")
    nulls = reader.take(reader.varint())
    found = {}
    for index, field in fields:
        if not (index // 8 < len(nulls) and nulls[index // 8] >> index % 8 & 1):
            found[field.name] = value(reader, field)
    return found


def _in_encoded_order(schema: schema_pb2.Schema) -> list[tuple[int, schema_pb2.Field]]:
    fields = list(enumerate(schema.fields))
    if not schema.encoding_positions_set:
        return fields
    if sorted(field.encoding_position for _, field in fields) != list(range(len(fields))):
        raise ServiceError("the configuration's schema is damaged: its encoding positions have gaps")
    return sorted(fields, key=lambda indexed: indexed[1].encoding_position)
