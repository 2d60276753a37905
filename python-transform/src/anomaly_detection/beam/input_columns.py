"""Which columns an input has, by what Beam says of its elements: rows, or blocks of columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from types import UnionType
from typing import Any, Union, get_type_hints

from apache_beam.typehints import schemas
from apache_beam.typehints.native_type_compatibility import convert_to_beam_type
from apache_beam.typehints.row_type import RowTypeConstraint
from apache_beam.typehints.typehints import get_concrete_type_from_nullable, is_nullable

from anomaly_detection.columns.blocks import block_schema
from anomaly_detection.errors import ConfigError, SchemaError

_TYPE_NAMES = {
    "str": "STRING",
    "float": "DOUBLE",
    "float64": "DOUBLE",
    "float32": "FLOAT",
    "bool": "BOOLEAN",
    "int": "INT64",
    "int64": "INT64",
    "int32": "INT32",
    "int16": "INT16",
    "bytes": "BYTES",
}


def columns_of_rows(element_type: Any, field_names: Sequence[str]) -> dict[str, tuple[str, Any]]:
    """Return the columns of rows: name → (attribute of the row, type).

    Raises:
        ConfigError: there are other than as many columns as names for them.
        SchemaError: the elements are no rows, or columns have the same name.
    """
    fields = _fields(element_type)
    if field_names and len(field_names) != len(fields):
        raise ConfigError(f"config: field_names: expected {len(fields)} names, found {len(field_names)}")
    names = list(field_names) or [name for name, _ in fields]
    check_names(names)
    return dict(zip(names, fields, strict=True))


def check_names(names: Iterable[str]) -> None:
    """Raise `SchemaError` for columns of the same name."""
    for name, times in Counter(names).items():
        if times > 1:
            raise SchemaError(f"input: expected columns of different names, found {name!r} twice")


def check_blocks(element_type: Any, columns: int) -> None:
    """Raise `SchemaError` for elements that are not blocks of so many columns."""
    expected = [f"{field.name} {field.type}" for field in block_schema(columns).fields]
    found = [f"{name} {_with_null(type_)}" for name, type_ in _fields(element_type)]
    for i, (one, other) in enumerate(zip_longest(expected, found, fillvalue="nothing"), start=1):
        if one != other:
            raise SchemaError(
                f"input: expected blocks of {columns} columns, as there are field_types in the config: "
                f"expected {one} as field {i}, found {other:.80}"
            )


def _with_null(type_: Any) -> str:
    return ("nullable " if is_nullable(convert_to_beam_type(type_)) else "") + type_name(type_)


def type_name(type_: Any) -> str:
    """Return a Python type in the contract's words."""
    type_ = convert_to_beam_type(type_)
    if is_nullable(type_):
        type_ = get_concrete_type_from_nullable(type_)
    return _TYPE_NAMES.get(getattr(type_, "__name__", ""), str(type_))


def _fields(element_type: Any) -> list[tuple[str, Any]]:
    try:
        if isinstance(element_type, RowTypeConstraint):
            declared = dict(element_type._fields)
        else:
            declared = get_type_hints(element_type) if isinstance(element_type, type) else {}
        return [
            (name, _spelled(declared.get(name, type_)) if type_ is Any else type_)
            for name, type_ in schemas.named_fields_from_element_type(element_type)
        ]
    except (NameError, TypeError, ValueError) as error:
        raise SchemaError(
            f"input: expected rows with a schema (named tuples, beam.Row or rows of another language), "
            f"found elements of type {element_type}"
        ) from error


def _spelled(type_: Any) -> Any:
    # Beam reads Optional[X], and calls X | None and names in quotes Any.
    return Union[type_.__args__] if isinstance(type_, UnionType) else type_  # noqa: UP007
