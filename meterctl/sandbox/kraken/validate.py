"""Whether a document fits the schema, before anything of it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meterctl.sandbox.kraken.coerce import coerced, plain
from meterctl.sandbox.kraken.errors import Faulty
from meterctl.sandbox.kraken.schema import Schema
from meterctl.sandbox.kraken.tokens import Place
from meterctl.sandbox.kraken.tree import (
    Declared,
    Directive,
    Document,
    Field,
    Fragment,
    Inline,
    ListValue,
    ObjectValue,
    Operation,
    Selection,
    Spread,
    TypeRef,
    Value,
    Variable,
)

_CONDITION = {"if": TypeRef("Boolean", None, required=True)}


def faults_of(schema: Schema, document: Document) -> list[Faulty]:
    """All that is wrong with a document."""
    faults: list[Faulty] = []
    names = [one.name for one in document.operations]
    if len(names) > 1 and None in names:
        faults.append(Faulty("This anonymous operation must be the only defined operation."))
    faults += [
        Faulty(f"There can be only one operation named '{name}'.")
        for name in sorted({name for name in names if name and names.count(name) > 1})
    ]
    used: set[str] = set()
    for operation in document.operations:
        check = _Check(schema, document.fragments, operation)
        check.whole()
        faults += check.faults
        used |= check.fragments_used
    faults += [
        Faulty(f"Fragment '{name}' is never used.", fragment.place)
        for name, fragment in document.fragments.items()
        if name not in used
    ]
    return faults


class _Check:
    """Checks one operation, with the fragments that it uses."""

    def __init__(
        self, schema: Schema, fragments: Mapping[str, Fragment], operation: Operation
    ) -> None:
        self.faults: list[Faulty] = []
        self.fragments_used: set[str] = set()
        self._schema = schema
        self._fragments = fragments
        self._operation = operation
        self._declared = {one.name: one for one in operation.variables}
        self._used: set[str] = set()

    def whole(self) -> None:
        root = self._schema.root(self._operation.kind)
        if root is None:
            text = f"The schema has no {self._operation.kind} type."
            self._fault(text, self._operation.place)
            return
        for variable in self._operation.variables:
            self._declaration(variable)
        self._selections(root, self._operation.selections, within=())
        of = f" in operation '{self._operation.name}'" if self._operation.name else ""
        for name, variable in self._declared.items():
            if name not in self._used:
                self._fault(f"Variable '${name}' is never used{of}.", variable.place)

    def _fault(self, message: str, *places: Place) -> None:
        fault = Faulty(message, *places)
        if fault.fields() not in [one.fields() for one in self.faults]:
            self.faults.append(fault)

    def _declaration(self, variable: Declared) -> None:
        inner = variable.type
        while inner.item:
            inner = inner.item
        if inner.name not in self._schema.scalars and inner.name not in self._schema.inputs:
            self._fault(f"Unknown type '{inner.name}'.", variable.place)
        elif variable.default is not None:
            self._value(variable.type, variable.default, variable.place)

    def _selections(
        self, on: str, selections: Iterable[Selection], within: tuple[str, ...]
    ) -> None:
        keys: dict[str, Field] = {}
        for one in selections:
            self._directives(one.directives)
            match one:
                case Field():
                    same = keys.setdefault(one.key, one)
                    if (same.name, same.arguments.keys()) != (one.name, one.arguments.keys()):
                        text = f"Fields '{one.key}' conflict. Use different aliases."
                        self._fault(text, same.place, one.place)
                    self._field(on, one, within)
                case Inline():
                    self._fragment(on, one.on or on, one.selections, one.place, within)
                case Spread():
                    self._spread(on, one, within)

    def _spread(self, on: str, spread: Spread, within: tuple[str, ...]) -> None:
        fragment = self._fragments.get(spread.name)
        if fragment is None:
            self._fault(f"Unknown fragment '{spread.name}'.", spread.place)
        elif spread.name in within:
            self._fault(f"Cannot spread fragment '{spread.name}' within itself.", spread.place)
        else:
            self.fragments_used.add(spread.name)
            inside = (*within, spread.name)
            self._fragment(on, fragment.on, fragment.selections, spread.place, inside)

    def _fragment(
        self,
        parent: str,
        on: str,
        selections: Iterable[Selection],
        place: Place,
        within: tuple[str, ...],
    ) -> None:
        if on not in self._schema.objects:
            self._fault(f"Unknown type '{on}'.", place)
        elif on != parent:
            text = "Fragment cannot be spread here as objects of type "
            self._fault(f"{text}'{parent}' can never be of type '{on}'.", place)
        else:
            self._selections(on, selections, within)

    def _field(self, on: str, field: Field, within: tuple[str, ...]) -> None:
        if field.name == "__typename":
            return
        declared = self._schema.objects[on].get(field.name)
        if declared is None:
            self._fault(f"Cannot query field '{field.name}' on type '{on}'.", field.place)
            return
        self._arguments(
            f"field '{on}.{field.name}'", declared.arguments, field.arguments, field.place
        )
        inner = declared.type
        while inner.item:
            inner = inner.item
        if inner.name not in self._schema.objects:
            if field.selections:
                text = f"Field '{field.name}' must not have a selection since type "
                self._fault(f"{text}'{declared.type}' has no subfields.", field.place)
        elif field.selections:
            self._selections(inner.name, field.selections, within)
        else:
            text = f"Field '{field.name}' of type '{declared.type}' must have a selection of "
            self._fault(f"{text}subfields. Did you mean '{field.name} {{ ... }}'?", field.place)

    def _directives(self, directives: Iterable[Directive]) -> None:
        for one in directives:
            if one.name in ("include", "skip"):
                of = f"directive '@{one.name}'"
                self._arguments(of, _CONDITION, one.arguments, one.place)
            else:
                self._fault(f"Unknown directive '@{one.name}'.", one.place)

    def _arguments(
        self,
        of: str,
        declared: Mapping[str, TypeRef],
        given: Mapping[str, Value],
        place: Place,
    ) -> None:
        for name, value in given.items():
            if name in declared:
                self._value(declared[name], value, place)
            else:
                self._fault(f"Unknown argument '{name}' on {of}.", value.place)
        for name, kind in declared.items():
            if kind.required and name not in given:
                head, _, rest = of.partition(" ")
                text = f"{head.title()} {rest} argument '{name}' of type '{kind}' is required, but "
                self._fault(f"{text}it was not provided.", place)

    def _value(self, kind: TypeRef, value: Value, place: Place) -> None:
        """Whether a value fits, and every variable in it."""
        self._variables(kind, value)
        try:
            # What a variable brings is checked when it is known: here each is a gap.
            coerced(self._schema, _lenient(kind, value), plain(value, self._declared))
        except Faulty as fault:
            self._fault(str(fault), *(fault.places or (place,)))

    def _variables(self, kind: TypeRef, value: Value) -> None:
        match value:
            case Variable():
                self._variable(kind, value)
            case ListValue() if kind.item:
                for one in value.values:
                    self._variables(kind.item, one)
            case ObjectValue():
                inner = kind.item or kind
                fields = self._schema.inputs.get(inner.name, {})
                for name, one in value.fields.items():
                    if name in fields:
                        self._variables(fields[name], one)
            case _:
                pass

    def _variable(self, kind: TypeRef, variable: Variable) -> None:
        self._used.add(variable.name)
        declared = self._declared.get(variable.name)
        if declared is None:
            of = f" by operation '{self._operation.name}'" if self._operation.name else ""
            self._fault(f"Variable '${variable.name}' is not defined{of}.", variable.place)
        elif not _fits(declared.type, kind, has_default=declared.default is not None):
            text = f"Variable '${variable.name}' of type '{declared.type}' used in position "
            self._fault(f"{text}expecting type '{kind}'.", declared.place, variable.place)


def _lenient(kind: TypeRef, value: Value) -> TypeRef:
    """The type without its `!`, where a variable stands alone."""
    return kind._replace(required=False) if isinstance(value, Variable) else kind


def _fits(given: TypeRef, wanted: TypeRef, *, has_default: bool = False) -> bool:
    """Whether a variable of one type may stand where another is expected."""
    if wanted.required and not (given.required or has_default):
        return False
    if wanted.item and given.item:
        return _fits(given.item, wanted.item)
    return given.name == wanted.name and given.item is wanted.item
