"""The objects of the org and their fields; what a path such as `Account.Owner.Name` leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from salesforce_mock.errors import SalesforceError

OPPORTUNITY = "Opportunity"


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of an object; `reference` is the object that it refers to, `relationship` the name of the way there."""

    name: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    updateable: bool = True
    nillable: bool = True
    reference: str = ""
    relationship: str = ""

    @property
    def custom(self) -> bool:
        """Whether somebody added it to what Salesforce brings."""
        return self.name.endswith("__c")


@dataclass(frozen=True)
class SObject:
    """A kind of object: its name, the first three characters of its ids, and its fields in order."""

    name: str
    prefix: str
    fields: tuple[Field, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """The fields by their name in lower case: names have no case in SOQL."""
        return {each.name.lower(): each for each in self.fields}

    @cached_property
    def relationships(self) -> Mapping[str, Field]:
        """The fields that lead to a parent, by the relationship's name in lower case."""
        return {each.relationship.lower(): each for each in self.fields if each.relationship}


@dataclass(frozen=True)
class Column:
    """A path from an opportunity to a field, as the store has it: `slot` is its place in a row."""

    path: str
    field: Field
    slot: int


@dataclass(frozen=True)
class Schema:
    """The objects by name, and every path from an opportunity to a field."""

    objects: Mapping[str, SObject]
    columns: tuple[Column, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = enumerate(self._walk(self.objects[OPPORTUNITY], ""))
        object.__setattr__(self, "columns", tuple(Column(path, each, slot) for slot, (path, each) in found))

    def _walk(self, start: SObject, before: str) -> Iterator[tuple[str, Field]]:
        for each in start.fields:
            yield before + each.name, each
        for each in start.relationships.values():
            yield from self._walk(self.objects[each.reference], f"{before}{each.relationship}.")

    @cached_property
    def by_path(self) -> Mapping[str, Column]:
        """Columns by their path in lower case."""
        return {each.path.lower(): each for each in self.columns}

    def slot(self, path: str) -> int:
        """Return the place in a row of a path that is known to be there."""
        return self.by_path[path.lower()].slot

    def resolve(self, path: str) -> Column:
        """Return what a path of a query leads to.

        Raises:
            SalesforceError: INVALID_FIELD, as Salesforce words it.
        """
        column = self.by_path.get(path.lower())
        if column is not None:
            return column
        at = self.objects[OPPORTUNITY]
        *parents, name = path.split(".")
        for parent in parents:
            way = at.relationships.get(parent.lower())
            if way is None:
                raise SalesforceError(
                    400,
                    "INVALID_FIELD",
                    f"Didn't understand relationship '{parent}' in field path. If you are attempting to use a custom "
                    "relationship, be sure to append the '__r' after the custom relationship name. Please reference "
                    "your WSDL or the describe call for the appropriate names.",
                )
            at = self.objects[way.reference]
        raise SalesforceError(
            400,
            "INVALID_FIELD",
            f"No such column '{name}' on entity '{at.name}'. If you are attempting to use a custom field, be sure to "
            "append the '__c' after the custom field name. Please reference your WSDL or the describe call for the "
            "appropriate names.",
        )
