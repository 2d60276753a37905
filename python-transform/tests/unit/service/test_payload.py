from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

import numpy as np
import pytest
from apache_beam.coders import RowCoder
from apache_beam.portability.api import schema_pb2
from apache_beam.typehints.schemas import named_tuple_to_schema

from anomaly_detection.errors import ServiceError
from anomaly_detection.service.payload import read_row


class Inner(NamedTuple):
    text: str
    number: Optional[int]  # noqa: UP045


class Everything(NamedTuple):
    text: str
    none: Optional[str]  # noqa: UP045
    small: np.int16
    middle: np.int32
    large: int
    single: np.float32
    double: float
    flag: bool
    data: bytes
    texts: Sequence[str]
    holes: Sequence[Optional[float]]  # noqa: UP045  (inside another type, Beam takes `|` for Any)
    inner: Inner
    inners: Sequence[Inner]


VALUES = Everything(
    "päß", None, np.int16(-7), np.int32(-70000), -(2**62), np.float32(0.5), 1e300, True, b"\0\xff",
    ["a", "", "ä" * 200], [1.5, None], Inner("x", None), [Inner("y", 1), Inner("z", -1)],
)  # fmt: skip
SCHEMA = named_tuple_to_schema(Everything)


def plain(value: Any) -> Any:
    """Return the values alone, as Beam's decoder gives them."""
    if hasattr(value, "value"):
        return plain(value.value)
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items() if item is not None}
    return [plain(item) for item in value] if isinstance(value, list) else value


def test_reads_what_beam_encodes() -> None:
    data = RowCoder(SCHEMA).encode(VALUES)
    assert plain(read_row(SCHEMA, data)) == plain(RowCoder(SCHEMA).decode(data)) == plain(VALUES)


def test_reads_fields_in_the_order_in_which_they_are_encoded() -> None:
    schema = schema_pb2.Schema()
    schema.CopyFrom(SCHEMA)
    schema.encoding_positions_set = True
    for index, field in enumerate(schema.fields):
        field.encoding_position = (index * 5) % len(schema.fields)
    data = RowCoder(schema).encode(VALUES)
    assert plain(read_row(schema, data)) == plain(VALUES)
    schema.fields[0].encoding_position = 99
    with pytest.raises(ServiceError, match="encoding positions"):
        read_row(schema, data)


def test_the_bytes_of_a_field_are_those_that_beam_encodes() -> None:
    inner = read_row(SCHEMA, RowCoder(SCHEMA).encode(VALUES))["inner"]
    schema = next(field for field in SCHEMA.fields if field.name == "inner").type.row_type.schema
    assert inner.data == RowCoder(schema).encode(VALUES.inner)


def test_every_shorter_and_every_longer_payload_is_refused() -> None:
    data = RowCoder(SCHEMA).encode(VALUES)
    for length in range(len(data)):
        with pytest.raises(ServiceError, match="damaged"):
            read_row(SCHEMA, data[:length])
    with pytest.raises(ServiceError, match=f"ends at byte {len(data)}"):
        read_row(SCHEMA, data + b"\0")


def test_no_changed_byte_raises_anything_else() -> None:
    data = RowCoder(SCHEMA).encode(VALUES)
    for position in range(len(data)):
        for byte in (0x00, 0x7F, 0x80, 0xFF):
            try:
                read_row(SCHEMA, data[:position] + bytes([byte]) + data[position + 1 :])
            except ServiceError:
                continue


def test_types_without_a_known_length_are_refused() -> None:
    text = schema_pb2.FieldType(atomic_type=schema_pb2.STRING)
    for type_, found in (
        (schema_pb2.FieldType(map_type=schema_pb2.MapType(key_type=text, value_type=text)), "map_type"),
        (schema_pb2.FieldType(iterable_type=schema_pb2.IterableType(element_type=text)), "iterable_type"),
        (schema_pb2.FieldType(logical_type=schema_pb2.LogicalType(urn="some:type")), "some:type"),
        (schema_pb2.FieldType(), "None"),
    ):
        schema = schema_pb2.Schema(fields=[schema_pb2.Field(name="odd", type=type_)])
        with pytest.raises(ServiceError, match=f"'odd'.*{found}"):
            read_row(schema, b"\x01\x00\x00\x00\x00\x00")
