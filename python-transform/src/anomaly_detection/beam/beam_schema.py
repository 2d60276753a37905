"""The contract's rows as Beam types: schema protos and the named tuples that stand for them.

>>> from anomaly_detection.schema import SCORED
>>> Scored = named_tuple(SCORED)
>>> Scored.__name__, Scored._fields[:2], Scored.__annotations__["label"]
('Scored', ('id', 'score'), <class 'numpy.int64'>)
>>> named_tuple(SCORED) is Scored
True
"""

from __future__ import annotations

import keyword
import uuid
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple, Optional

from apache_beam import coders
from apache_beam.portability.api import schema_pb2
from apache_beam.typehints import row_type, schemas
from apache_beam.typehints.schema_registry import SCHEMA_REGISTRY

from anomaly_detection.errors import SchemaError
from anomaly_detection.schema import Field, Schema

_ATOMIC = {
    "STRING": schema_pb2.STRING,
    "INT64": schema_pb2.INT64,
    "DOUBLE": schema_pb2.DOUBLE,
    "BOOLEAN": schema_pb2.BOOLEAN,
    "BYTES": schema_pb2.BYTES,
}
_NAMESPACE = uuid.UUID("5d1f4a0e-3f0b-4a5e-9d0c-6b2f3c6f7a11")


def row_schema(schema: Schema, extra: Sequence[tuple[str, Any]] = ()) -> schema_pb2.Schema:
    """Return Beam's schema of a contract's row, with more fields of Python types after the contract's.

    Equal schemas have equal ids in every process, so coders that were made apart compare equal.

    Raises:
        SchemaError: an extra field has a name that a Beam row in Python cannot have, or that is taken.
    """
    for position, (name, _) in enumerate(extra):
        if name in schema or name in (other for other, _ in extra[:position]):
            raise SchemaError(
                f"the column {name!r} cannot be kept: {schema.name} rows have a field of that name; rename it"
            )
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
            raise SchemaError(
                f"the column {name!r} cannot be kept: expected letters, digits and inner underscores, as a "
                "Beam row needs in Python; rename it"
            )
    fields = [_field(field) for field in schema.fields]
    fields += [schema_pb2.Field(name=name, type=schemas.typing_to_runner_api(type_)) for name, type_ in extra]
    return _with_id(fields)


def named_tuple(schema: Schema, extra: Sequence[tuple[str, Any]] = ()) -> type[Any]:
    """Return the named tuple of a contract's row, known to Beam's row coder; the same type for equal fields.

    Its instances can be pickled wherever this package is installed. `reasons` holds instances of
    `item_type(SCORED, "reasons")`.

    Raises:
        SchemaError: as `row_schema`.
    """
    return _named_tuple(schema.name.title(), row_schema(schema, extra).SerializeToString(deterministic=True))


def passing_type(schema: Schema, extra: Sequence[tuple[str, Any]] = ()) -> type[Any]:
    """Return a new type of such rows for a collection to declare, which is not kept for the next time.

    Raises:
        SchemaError: as `row_schema`.
    """
    made: type[Any] = schemas.named_tuple_from_schema(row_schema(schema, extra))
    return made


def item_type(schema: Schema, field: str) -> type[Any]:
    """Return the named tuple of the rows in an array field."""
    proto = _field(schema[field]).type.array_type.element_type.row_type.schema
    return _named_tuple(_singular(field), proto.SerializeToString(deterministic=True))


@cache
def _named_tuple(name: str, serialized: bytes) -> type[Any]:
    proto = schema_pb2.Schema.FromString(serialized)
    fields = []
    for field in proto.fields:
        element = field.type.array_type.element_type
        if element.WhichOneof("type_info") == "row_type":
            inner = element.row_type.schema.SerializeToString(deterministic=True)
            rows: Any = Sequence[_named_tuple(_singular(field.name), inner)]  # type: ignore[misc]
            # Beam reads Optional[X], and calls X | None Any.
            fields.append((field.name, Optional[rows] if field.type.nullable else rows))  # noqa: UP045
        else:
            fields.append((field.name, schemas.typing_from_runner_api(field.type)))
    made: type[Any] = NamedTuple(name, fields)  # type: ignore[misc]
    made.__module__ = __name__
    setattr(made, "__reduce__", lambda self: (_restore, (name, serialized, tuple(self))))  # noqa: B010
    setattr(made, row_type._BEAM_SCHEMA_ID, proto.id)
    SCHEMA_REGISTRY.add(made, proto)
    coders.registry.register_coder(made, coders.RowCoder)
    return made


def _restore(name: str, serialized: bytes, values: tuple[Any, ...]) -> Any:
    return _named_tuple(name, serialized)(*values)


def _singular(name: str) -> str:
    return name.title().removesuffix("s")


def _field(field: Field) -> schema_pb2.Field:
    if field.type == "ARRAY":
        array = schema_pb2.ArrayType(element_type=_element(field.items))
        type_ = schema_pb2.FieldType(array_type=array, nullable=field.nullable)
    else:
        type_ = schema_pb2.FieldType(atomic_type=_ATOMIC[field.type], nullable=field.nullable)
    return schema_pb2.Field(name=field.name, type=type_)


def _element(items: str | tuple[Field, ...] | None) -> schema_pb2.FieldType:
    if isinstance(items, str):
        return schema_pb2.FieldType(atomic_type=_ATOMIC[items])
    schema = _with_id([_field(field) for field in items or ()])
    return schema_pb2.FieldType(row_type=schema_pb2.RowType(schema=schema))


def _with_id(fields: Sequence[schema_pb2.Field]) -> schema_pb2.Schema:
    schema = schema_pb2.Schema(fields=fields)
    schema.id = str(uuid.uuid5(_NAMESPACE, schema.SerializeToString(deterministic=True).hex()))
    return schema
