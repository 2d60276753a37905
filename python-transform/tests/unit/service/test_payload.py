from collections.abc import Sequence
from typing import NamedTuple, Optional

import numpy as np
import pytest
from apache_beam.coders import RowCoder
from apache_beam.portability.api import schema_pb2
from apache_beam.typehints.schemas import named_tuple_to_schema

from anomaly_detection.errors import ConfigError, ServiceError
from anomaly_detection.schema import CONTRACT
from anomaly_detection.service.payload import read_call, read_config


class Options(NamedTuple):
    """Each field with a type that some client may have for it."""

    encoder_uri: str
    model_uri: Optional[str]  # noqa: UP045  (inside another type, Beam takes `|` for Any)
    batch_size: np.int16
    explain: np.int32
    follow_model: int
    alpha: np.float32
    params_uri: float
    explain_all: bool
    id_field: bytes
    keep_fields: Sequence[str]
    field_names: Sequence[Optional[str]]  # noqa: UP045
    field_types: Sequence[str]


VALUES = Options(
    "päß", None, np.int16(-7), np.int32(-70000), -(2**62), np.float32(0.5), 1e300, True, b"\0\xff",
    ["a", "", "ä" * 200], ["b", None], [],
)  # fmt: skip
SCHEMA = named_tuple_to_schema(Options)
READ = {name: value for name, value in VALUES._asdict().items() if value is not None}
TEXT = schema_pb2.FieldType(atomic_type=schema_pb2.STRING)


def schema_of(**types: schema_pb2.FieldType) -> schema_pb2.Schema:
    return schema_pb2.Schema(fields=[schema_pb2.Field(name=name, type=type_) for name, type_ in types.items()])


def array_of(element: schema_pb2.FieldType) -> schema_pb2.FieldType:
    return schema_pb2.FieldType(array_type=schema_pb2.ArrayType(element_type=element))


def row_of(schema: schema_pb2.Schema) -> schema_pb2.FieldType:
    return schema_pb2.FieldType(row_type=schema_pb2.RowType(schema=schema))


def test_reads_what_beam_encodes() -> None:
    data = RowCoder(SCHEMA).encode(VALUES)
    assert read_config(SCHEMA, data) == READ
    decoded = RowCoder(SCHEMA).decode(data)._asdict()
    assert {name: value for name, value in decoded.items() if value is not None} == READ


def test_reads_fields_in_the_order_in_which_they_are_encoded() -> None:
    schema = schema_pb2.Schema()
    schema.CopyFrom(SCHEMA)
    schema.encoding_positions_set = True
    for index, field in enumerate(schema.fields):
        field.encoding_position = (index * 5) % len(schema.fields)
    assert read_config(schema, RowCoder(schema).encode(VALUES)) == READ
    schema.fields[0].encoding_position = 99
    with pytest.raises(ServiceError, match="encoding positions"):
        read_config(schema, RowCoder(SCHEMA).encode(VALUES))


def test_every_shorter_and_every_longer_payload_is_refused() -> None:
    data = RowCoder(SCHEMA).encode(VALUES)
    for length in range(len(data)):
        with pytest.raises(ServiceError, match="damaged"):
            read_config(SCHEMA, data[:length])
    with pytest.raises(ServiceError, match=f"ends at byte {len(data)}"):
        read_config(SCHEMA, data + b"\0")


def test_no_changed_byte_raises_anything_else() -> None:
    data = RowCoder(SCHEMA).encode(VALUES)
    for position in range(len(data)):
        for byte in (0x00, 0x7F, 0x80, 0xFF):
            try:
                read_config(SCHEMA, data[:position] + bytes([byte]) + data[position + 1 :])
            except ServiceError:
                continue


INNER = schema_of(text=TEXT)


@pytest.mark.parametrize(
    ("type_", "found"),
    [
        (schema_pb2.FieldType(map_type=schema_pb2.MapType(key_type=TEXT, value_type=TEXT)), "map_type"),
        (schema_pb2.FieldType(iterable_type=schema_pb2.IterableType(element_type=TEXT)), "iterable_type"),
        (schema_pb2.FieldType(logical_type=schema_pb2.LogicalType(urn="some:type")), "some:type"),
        (row_of(INNER), "row_type"),
        (array_of(row_of(INNER)), "row_type"),
        (array_of(array_of(TEXT)), "array_type"),
        (array_of(schema_pb2.FieldType(atomic_type=schema_pb2.DOUBLE)), "atomic_type"),
        (schema_pb2.FieldType(), "None"),
    ],
)
def test_types_that_the_contract_does_not_have_are_refused(type_: schema_pb2.FieldType, found: str) -> None:
    # A thousand elements follow, which are not looked at: they are not even there.
    with pytest.raises(ServiceError, match=f"'keep_fields'.*found '{found}'"):
        read_config(schema_of(keep_fields=type_), b"\x01\x00\x00\x00\x03\xe8")


def test_an_array_in_place_of_one_value_is_refused() -> None:
    with pytest.raises(ServiceError, match="'explain': expected INT64, found 'array_type'"):
        read_config(schema_of(explain=array_of(TEXT)), b"\x01\x00\x00\x00\x00\x00")


def test_an_array_of_more_texts_than_a_table_has_columns_is_refused() -> None:
    with pytest.raises(ServiceError, match="'keep_fields': expected at most 131072 texts, found 4000000"):
        read_config(schema_of(keep_fields=array_of(TEXT)), b"\x01\x00" + (4_000_000).to_bytes(4) + bytes(4_000_000))


def test_fields_that_the_contract_does_not_have_are_refused_before_anything_is_read() -> None:
    with pytest.raises(ConfigError, match=r"^config: unknown field 'explian'; did you mean 'explain'\?$"):
        read_config(schema_of(encoder_uri=TEXT, explian=TEXT), b"")
    with pytest.raises(ConfigError, match=r"^config: unknown field 'x{79}; there are ") as error:
        read_config(schema_of(**{"x" * 1_000_000: TEXT}), b"")
    assert len(str(error.value)) < 500


def call(kwargs: schema_pb2.Schema, data: bytes, name: str = CONTRACT.transform) -> tuple[schema_pb2.Schema, bytes]:
    encoded = b"\x02\x00" + bytes([len(name)]) + name.encode() + data
    return schema_of(constructor=TEXT, kwargs=row_of(kwargs)), encoded


def test_a_call_is_read_as_a_configuration_is() -> None:
    assert read_call(*call(SCHEMA, RowCoder(SCHEMA).encode(VALUES))) == READ
    with pytest.raises(ServiceError, match=r"refused the class 'os\.system'"):
        read_call(*call(SCHEMA, b"", name="os.system"))
    with pytest.raises(ServiceError, match="refused the class None"):
        read_call(schema_of(kwargs=row_of(SCHEMA)), b"\x01\x00")
    with pytest.raises(ConfigError, match="unknown field 'text'"):
        read_call(*call(INNER, b"\x01\x00\x01x"))
    with pytest.raises(ServiceError, match=r"'encoder_uri'.*found 'row_type'"):
        read_call(*call(schema_of(encoder_uri=row_of(INNER)), b"\x01\x00\x01\x00\x01x"))
    schema, data = call(schema_of(encoder_uri=TEXT), b"\x01\x00\x01x")
    with pytest.raises(ServiceError, match="bytes were sent"):
        read_call(schema, data + b"more")
