"""What a GraphQL document is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from meterctl.sandbox.kraken.tokens import Kind, Place


class Variable(NamedTuple):
    """A value that comes with the request."""

    name: str
    place: Place


class Literal(NamedTuple):
    """A number, a text, a name: true, false, null or one of an enumeration."""

    kind: Kind
    text: str
    place: Place


class ListValue(NamedTuple):
    """Values in brackets."""

    values: tuple[Value, ...]
    place: Place


class ObjectValue(NamedTuple):
    """Values in braces."""

    fields: Mapping[str, Value]
    place: Place


Value = Variable | Literal | ListValue | ObjectValue


class TypeRef(NamedTuple):
    """A type as it is written: by name, or a list of another, and whether it must be there."""

    name: str
    item: TypeRef | None
    required: bool

    def __str__(self) -> str:
        """The type, as it is written."""
        return (f"[{self.item}]" if self.item else self.name) + "!" * self.required


class Directive(NamedTuple):
    """A word on a selection, such as `@include(if: $full)`."""

    name: str
    arguments: Mapping[str, Value]
    place: Place


class Field(NamedTuple):
    """A field that is asked for."""

    name: str
    key: str  # its name in the answer
    arguments: Mapping[str, Value]
    directives: tuple[Directive, ...]
    selections: tuple[Selection, ...]
    place: Place


class Spread(NamedTuple):
    """A named fragment's fields."""

    name: str
    directives: tuple[Directive, ...]
    place: Place


class Inline(NamedTuple):
    """Fields that are asked of one type."""

    on: str | None
    directives: tuple[Directive, ...]
    selections: tuple[Selection, ...]
    place: Place


Selection = Field | Spread | Inline


class Declared(NamedTuple):
    """A variable as an operation declares it."""

    name: str
    type: TypeRef
    default: Value | None
    place: Place


class Operation(NamedTuple):
    """A query or a mutation."""

    kind: str
    name: str | None
    variables: tuple[Declared, ...]
    selections: tuple[Selection, ...]
    place: Place


class Fragment(NamedTuple):
    """Fields with a name."""

    name: str
    on: str
    selections: tuple[Selection, ...]
    place: Place


class Document(NamedTuple):
    """Operations and fragments."""

    operations: tuple[Operation, ...]
    fragments: Mapping[str, Fragment]
