"""One record written through the API: what is checked, and how each refusal is worded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from salesforce_mock.calls import Call
from salesforce_mock.ids import is_id, same_id
from salesforce_mock.schema import OPPORTUNITY, Field
from salesforce_mock.values import NUMBERS, Value, of_json, parse

_REQUIRED = ("Name", "StageName", "CloseDate")


class RefusedError(Exception):
    """A record that is not written: a code, a message, and the fields that it is about."""

    def __init__(self, code: str, message: str, *fields: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = fields

    @property
    def csv(self) -> str:
        """The refusal as the column sf__Error has it."""
        return f"{self.code}:{self.message}:{' '.join(self.fields) or '--'}"


@dataclass(frozen=True)
class Written:
    """A record that was written, and whether it is new."""

    id: str
    created: bool


def write(call: Call, operation: str, given: Mapping[str, object]) -> Written:
    """Insert, update, upsert (by Id) or delete one opportunity.

    Args:
        call: whose faults may lock the record.
        operation: `insert`, `update`, `upsert`, `delete` or `hardDelete`.
        given: values by name, as text or as of JSON; None is an absent value.

    Raises:
        RefusedError: it is not written.
    """
    store = call.org.store
    values = dict(given)
    key = next((name for name in values if name.lower() == "id"), "Id")
    id_ = str(values.pop(key, None) or "")
    if operation == "insert" and id_:
        raise RefusedError("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id")
    new = operation == "insert" or (operation == "upsert" and not id_)
    if not new:
        _check_id(call, id_)
        id_ = same_id(id_)
    if call.org.faults.take(call.endpoint, "lock", id_=id_):
        raise RefusedError("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    if operation == "hardDelete":
        store.remove([id_])
    elif operation == "delete":
        store.put({"Id": id_, "IsDeleted": True})
    else:
        fields = call.org.store.schema.objects[OPPORTUNITY].by_name
        checked = {name: _checked(fields, name, value) for name, value in values.items()}
        absent = [name for name in _REQUIRED if (checked.get(name) is None if new or name in checked else False)]
        if absent:
            raise RefusedError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(absent)}]", *absent)
        written = {fields[name.lower()].name: value for name, value in checked.items()}
        id_ = store.put(written if new else {**written, "Id": id_})
    return Written(id_, new)


def _check_id(call: Call, id_: str) -> None:
    if not id_:
        raise RefusedError("MISSING_ARGUMENT", "Id not specified in an update call")
    if not is_id(id_):
        raise RefusedError("MALFORMED_ID", f"bad id {id_}", "Id")
    row = call.org.store.get(same_id(id_))
    if row is None:
        raise RefusedError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if call.org.store.is_deleted(row):
        raise RefusedError("ENTITY_IS_DELETED", "entity is deleted")


def _checked(fields: Mapping[str, Field], name: str, value: object) -> Value:
    field = fields.get(name.lower())
    if field is None:
        raise RefusedError("INVALID_FIELD", f"No such column '{name}' on sobject of type {OPPORTUNITY}")
    if not field.updateable:
        raise RefusedError(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {field.name}. Please check the security settings of this field and "
            "verify that it is read/write for your profile or permission set.",
            field.name,
        )
    try:
        # Texts of a CSV stand for values of every type; in JSON numbers and booleans are themselves.
        found = parse(field.type, value) if isinstance(value, str) else of_json(field.type, value)
    except ValueError:
        raise RefusedError(
            "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.name}: value not of required type: {value}", field.name
        ) from None
    if isinstance(found, str) and field.length and len(found) > field.length:
        raise RefusedError(
            "STRING_TOO_LONG", f"{field.name}: data value too large: {found} (max length={field.length})", field.name
        )
    if isinstance(found, float) and field.type in NUMBERS and abs(found) >= 10.0 ** (field.precision - field.scale):
        raise RefusedError(
            "NUMBER_OUTSIDE_VALID_RANGE", f"{field.name}: value outside of valid range: {found}", field.name
        )
    return round(found, field.scale) if isinstance(found, float) else found
