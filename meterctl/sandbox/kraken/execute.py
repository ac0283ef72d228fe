"""Doing what a document asks, field after field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from meterctl.sandbox.kraken.coerce import coerced, plain
from meterctl.sandbox.kraken.errors import Faulty
from meterctl.sandbox.kraken.schema import Schema
from meterctl.sandbox.kraken.tree import (
    Directive,
    Field,
    Fragment,
    Inline,
    Operation,
    Selection,
    TypeRef,
)

Path = tuple[str | int, ...]


class Ask(NamedTuple):
    """A field that is to be answered."""

    parent: Mapping[str, Any]  # what the field is of
    arguments: Mapping[str, Any]
    asker: str | None  # the token that came along


Resolvers = Mapping[str, Callable[[Ask], object]]  # by `Type.field`


def variables_of(
    schema: Schema, operation: Operation, given: Mapping[str, object]
) -> dict[str, object]:
    """The variables of a request, as their types take them.

    Raises:
        Faulty: one of them is missing, or is none of its type.
    """
    found: dict[str, object] = {}
    for one in operation.variables:
        if one.name in given:
            try:
                found[one.name] = coerced(schema, one.type, given[one.name])
            except Faulty as fault:
                text = f"Variable '${one.name}' got invalid value; {fault}"
                raise Faulty(text, one.place) from None
        elif one.default is not None:
            found[one.name] = coerced(schema, one.type, plain(one.default, {}))
        elif one.type.required:
            text = f"Variable '${one.name}' of required type '{one.type}' was not provided."
            raise Faulty(text, one.place)
    return found


class Execution:
    """One operation that is carried out.

    A field whose resolver fails is null: those of this API all may be.

    Args:
        schema: What there is.
        resolvers: How fields are answered; others are looked up in what they are of.
        fragments: The document's.
        variables: As `variables_of` has them.
        asker: The token that came along, if any.
    """

    def __init__(
        self,
        schema: Schema,
        resolvers: Resolvers,
        fragments: Mapping[str, Fragment],
        variables: Mapping[str, object],
        asker: str | None,
    ) -> None:
        self.errors: list[dict[str, object]] = []
        self._schema = schema
        self._resolvers = resolvers
        self._fragments = fragments
        self._variables = variables
        self._asker = asker

    def data(self, operation: Operation) -> object:
        """The answer's data; the errors are in `errors` then."""
        return self._object(operation.kind.title(), {}, operation.selections, ())

    def _object(
        self, on: str, parent: Mapping[str, Any], selections: Iterable[Selection], path: Path
    ) -> dict[str, object]:
        grouped: dict[str, list[Field]] = {}
        self._collect(selections, grouped)
        return {
            key: self._field(on, parent, fields, (*path, key)) for key, fields in grouped.items()
        }

    def _collect(self, selections: Iterable[Selection], grouped: dict[str, list[Field]]) -> None:
        """The fields under their keys: the same key twice is one field with all selections."""
        for one in selections:
            if not self._wanted(one.directives):
                continue
            if isinstance(one, Field):
                grouped.setdefault(one.key, []).append(one)
            elif isinstance(one, Inline):
                self._collect(one.selections, grouped)
            else:
                self._collect(self._fragments[one.name].selections, grouped)

    def _wanted(self, directives: Iterable[Directive]) -> bool:
        boolean = TypeRef("Boolean", None, required=True)
        return all(
            coerced(self._schema, boolean, plain(one.arguments["if"], self._variables))
            is (one.name == "include")
            for one in directives
        )

    def _field(self, on: str, parent: Mapping[str, Any], fields: list[Field], path: Path) -> object:
        first = fields[0]
        if first.name == "__typename":
            return on
        declared = self._schema.objects[on][first.name]
        try:
            given = {
                name: coerced(self._schema, declared.arguments[name], plain(one, self._variables))
                for name, one in first.arguments.items()
            }
            resolve = self._resolvers.get(f"{on}.{first.name}")
            ask = Ask(parent, given, self._asker)
            value = resolve(ask) if resolve else parent[first.name]
        except Faulty as fault:
            fault.places = (first.place,)
            self.errors.append(fault.fields(path))
            value = None
        selections = [one for field in fields for one in field.selections]
        return self._completed(declared.type, value, selections, path)

    def _completed(
        self, kind: TypeRef, value: object, selections: list[Selection], path: Path
    ) -> object:
        if value is None:
            return None
        if kind.item:
            values: list[object] = list(value)  # type: ignore[call-overload]  # a resolver's list
            return [
                self._completed(kind.item, one, selections, (*path, at))
                for at, one in enumerate(values)
            ]
        if kind.name in self._schema.objects:
            fields: Mapping[str, Any] = value  # type: ignore[assignment]  # a resolver's object
            return self._object(kind.name, fields, selections, path)
        return value
