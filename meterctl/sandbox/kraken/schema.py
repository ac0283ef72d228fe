"""A GraphQL schema, read from its own language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from meterctl.sandbox.kraken.parse import Reader
from meterctl.sandbox.kraken.tokens import Kind
from meterctl.sandbox.kraken.tree import TypeRef

BUILT_IN = ("Int", "Float", "String", "Boolean", "ID")


class FieldType(NamedTuple):
    """What a field takes and gives."""

    type: TypeRef
    arguments: Mapping[str, TypeRef]


class Schema(NamedTuple):
    """All types by their names."""

    objects: Mapping[str, Mapping[str, FieldType]]
    inputs: Mapping[str, Mapping[str, TypeRef]]
    scalars: frozenset[str]

    def root(self, kind: str) -> str | None:
        """The type of a kind of operation."""
        name = kind.title()
        return name if name in self.objects else None


def read_schema(text: str) -> Schema:
    """The schema that a text declares: types, inputs and scalars.

    Raises:
        BadSyntax: it is none.
    """
    reader = Reader(text)
    objects: dict[str, Mapping[str, FieldType]] = {}
    inputs: dict[str, Mapping[str, TypeRef]] = {}
    scalars = set(BUILT_IN)
    while reader.token.kind is not Kind.END:
        match reader.name():
            case "scalar":
                scalars.add(reader.name())
            case "type":
                name = reader.name()
                objects[name] = _fields(reader)
            case "input":
                name = reader.name()
                inputs[name] = {field: one.type for field, one in _fields(reader).items()}
            case _:
                raise reader.unexpected()
    return Schema(objects, inputs, frozenset(scalars))


def _fields(reader: Reader) -> dict[str, FieldType]:
    found: dict[str, FieldType] = {}

    def field() -> None:
        name = reader.name()
        arguments: dict[str, TypeRef] = {}

        def argument() -> None:
            called = reader.name()
            reader.expect(":")
            arguments[called] = reader.type_ref()

        if reader.takes("("):
            reader.until(")", argument)
        reader.expect(":")
        found[name] = FieldType(reader.type_ref(), arguments)

    reader.expect("{")
    reader.until("}", field)
    return found
