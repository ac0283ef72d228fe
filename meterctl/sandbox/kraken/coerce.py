"""From what a client writes to what a field takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

from meterctl.sandbox.kraken.errors import Faulty
from meterctl.sandbox.kraken.schema import Schema
from meterctl.sandbox.kraken.tokens import Kind
from meterctl.sandbox.kraken.tree import ListValue, Literal, ObjectValue, TypeRef, Value, Variable
from meterctl.sandbox.utility.form import Malformed, Number, number, parse_instant

LARGEST = 2**31 - 1  # of an Int


class Known(NamedTuple):
    """A variable's value: it has been coerced already."""

    value: object


def plain(value: Value, variables: Mapping[str, object]) -> object:
    """A written value as JSON has it; a variable that is not given leaves its field out."""
    match value:
        case Variable():
            return Known(variables.get(value.name))
        case ListValue():
            return [plain(one, variables) for one in value.values]
        case ObjectValue():
            return {
                name: plain(one, variables)
                for name, one in value.fields.items()
                if not isinstance(one, Variable) or one.name in variables
            }
        case Literal(Kind.STRING, text):
            return text
        case Literal(Kind.NAME, text):
            words: dict[str, object] = {"true": True, "false": False, "null": None}
            if text not in words:
                raise Faulty(f"Enum value '{text}' is not one of this schema.", value.place)
            return words[text]
        case Literal():
            return number(value.text)


def coerced(schema: Schema, ref: TypeRef, value: object) -> object:
    """A value as its type takes it.

    Raises:
        Faulty: it is none of this type.
    """
    if isinstance(value, Known):
        if value.value is None and ref.required:
            raise Faulty(f"Expected value of type '{ref}', found null.")
        return value.value
    if value is None:
        if ref.required:
            raise Faulty(f"Expected value of type '{ref}', found null.")
        return None
    if ref.item:  # one value is as good as a list of one
        values = value if isinstance(value, list) else [value]
        return [coerced(schema, ref.item, one) for one in values]
    fields = schema.inputs.get(ref.name)
    if fields is None:
        return _scalar(ref.name, value)
    if not isinstance(value, dict):
        raise Faulty(f"Expected type '{ref.name}' to be an object.")
    for name in value:
        if name not in fields:
            raise Faulty(f"Field '{name}' is not defined by type '{ref.name}'.")
    for name, kind in fields.items():
        if kind.required and name not in value:
            raise Faulty(f"Field '{ref.name}.{name}' of required type '{kind}' was not provided.")
    return {name: coerced(schema, fields[name], one) for name, one in value.items()}


def _scalar(name: str, value: object) -> object:
    shown = _shown(value)
    match name, value:
        case "Int", Number() if value.amount == value.amount.to_integral_value():
            if abs(value.amount) <= LARGEST:
                return int(value.amount)
            raise Faulty(f"Int cannot represent non 32-bit signed integer value: {shown}")
        case "Int", _:
            raise Faulty(f"Int cannot represent non-integer value: {shown}")
        case (("String" | "ID"), str()):
            return value
        case "ID", Number() if value.text.isdecimal():
            return value.text
        case "Boolean", bool():
            return value
        case "Date", str():
            return _date(value)
        case "DateTime", str():
            return _instant(value)
        case "Decimal", (Number() | str()):
            return _decimal(value)
        case _:
            raise Faulty(f"{name} cannot represent value: {shown}")


def _shown(value: object) -> str:
    if isinstance(value, Number):
        return value.text
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return json.dumps(value)


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise Faulty(f'Date cannot represent value: "{text}"') from None


def _instant(text: str) -> object:
    try:
        return parse_instant(text, "DateTime")
    except Malformed:
        raise Faulty(f'DateTime cannot represent value: "{text}"') from None


def _decimal(value: Number | str) -> Number:
    try:
        found = value if isinstance(value, Number) else number(value.strip())
    except Malformed:
        raise Faulty(f'Decimal cannot represent value: "{value}"') from None
    if not found.amount.is_finite():
        raise Faulty(f'Decimal cannot represent value: "{found.text}"')
    return found
