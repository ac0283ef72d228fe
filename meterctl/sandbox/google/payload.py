"""Request bodies against Google's published schema: unknown names and wrong types are refused."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any

from meterctl.sandbox.google.errors import ApiError, bad_field, invalid
from meterctl.sandbox.google.schema_names import GROUPS, TYPE_URL, enum_name

Json = dict[str, Any]
_SIMPLE = {"string": "TYPE_STRING", "int32": "TYPE_INT32", "number": "TYPE_DOUBLE"}
_SIMPLE |= {"bool": "TYPE_BOOL"}
_LIST = "type.googleapis.com/google.protobuf.ListValue"
# Messages that the published schema calls by a name of their own, the service by a nested one.
_NESTED = {"Request": "BatchUpdateSpreadsheetRequest.Request"}


@cache
def _schema() -> dict[str, dict[str, str]]:
    text = resources.files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = json.loads(text)
    return loaded


def fields_of(kind: str) -> dict[str, str] | None:
    """The fields of one of Google's types with their types; None for a plain value."""
    return _schema().get(kind.lstrip("[{"))


def snake(name: str) -> str:
    """The name as Google's error messages spell it."""
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)


def camel(name: str) -> str:
    """The name as JSON spells it; both spellings are accepted."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def decode(body: bytes) -> Json:
    """The JSON object of a request's body; an empty body is an empty object.

    Raises:
        ApiError: it is not JSON, or not an object.
    """
    if not body.strip():
        return {}
    try:
        text = body.decode()
        found = json.loads(text)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise ApiError(
            400, f"Invalid JSON payload received. {type(error).__name__}: not JSON.\n\n^"
        ) from error
    if not isinstance(found, dict):
        raise invalid(
            'Invalid JSON payload received. Unknown name "": Root element must be a message.'
        )
    return found


def check(kind: str, found: Json, place: str = "") -> Json:
    """The body with its documented names and types.

    Args:
        kind: Google's type.
        found: The body.
        place: The field of the whole request that the body is; none where it is all of it.

    Raises:
        ApiError: a name or a type is not the documented one; all of them are named.
    """
    wrong: list[tuple[str, str]] = []
    checked = _message(kind, found, (place,) if place else (), wrong)
    if wrong:
        raise bad_field(wrong)
    return checked


_Path = tuple[str | int, ...]  # made into text only where something is wrong: bodies are big
_Wrong = list[tuple[str, str]]


def _message(kind: str, found: object, path: _Path, wrong: _Wrong) -> Json:
    known = _schema()[kind]
    if not isinstance(found, dict):
        _mistyped(TYPE_URL + _NESTED.get(kind, kind), found, path, wrong)
        return {}
    checked: Json = {}
    for name, given in found.items():
        field = name if name in known else camel(name)
        if field not in known:
            _unknown(name, path, wrong)
        elif given is not None:
            checked[field] = _value(known[field], given, (*path, field), wrong, kind)
    if kind in GROUPS and len(checked) > 1:
        _check_group(kind, checked, path, wrong)
    return checked


def _unknown(name: str, path: _Path, wrong: _Wrong) -> None:
    at = _text(path)
    where = f" at '{at}'" if at else ""
    text = f'Invalid JSON payload received. Unknown name "{name}"{where}: '
    wrong.append((at, text + "Cannot find field."))


def _check_group(kind: str, checked: Json, path: _Path, wrong: _Wrong) -> None:
    group, members = GROUPS[kind]
    given = [name for name in checked if not members or name in members]
    at = _text(path)
    said = f"Invalid value at '{at}' (oneof), oneof field '{group}' is already set. Cannot set"
    wrong.extend((at, f"{said} '{name}'") for name in given[1:])


def _value(kind: str, given: object, path: _Path, wrong: _Wrong, owner: str) -> object:
    if kind == "[[any":
        if not isinstance(given, list):
            return [_line(given, path, wrong)]
        return [_line(one, (*path, at), wrong) for at, one in enumerate(given)]
    if kind[0] == "[":
        if not isinstance(given, list):  # one where several are asked is a list of one
            return [_value(kind[1:], given, path, wrong, owner)]
        return [
            _value(kind[1:], one, (*path, at), wrong, owner)
            for at, one in enumerate(given)
            if one is not None
        ]
    if kind == "any":
        return given
    if kind[0] == "{":
        return given if isinstance(given, dict) else _mistyped("TYPE_MAP", given, path, wrong)
    if kind[0] == "|":
        if isinstance(given, str) and given in kind[1:].split("|"):
            return given
        return _mistyped(enum_name(str(path[-1]), owner), given, path, wrong)
    if kind in _SIMPLE:
        return _scalar(kind, given, path, wrong)
    return _message(kind, given, path, wrong)


def _line(given: object, path: _Path, wrong: _Wrong) -> object:
    """One row of values, which may be of any kind."""
    if isinstance(given, list):
        return given
    if isinstance(given, dict):
        for name in given:
            _unknown(name, path, wrong)
        return []
    return _mistyped(_LIST, given, path, wrong)


def _scalar(kind: str, given: object, path: _Path, wrong: _Wrong) -> object:
    if kind == "string" and isinstance(given, str):
        return given
    if kind == "bool" and isinstance(given, bool):
        return given
    if kind in ("int32", "number") and not isinstance(given, bool):
        try:
            number = float(given)  # type: ignore[arg-type]  # a number may come as text
        except (TypeError, ValueError, OverflowError):
            return _mistyped(_SIMPLE[kind], given, path, wrong)
        if kind == "number":
            return given if isinstance(given, int) else number
        if number.is_integer() and abs(number) < 1 << 31:
            return int(number)
    return _mistyped(_SIMPLE[kind], given, path, wrong)


def _mistyped(wanted: str, given: object, path: _Path, wrong: _Wrong) -> object:
    at = _text(path)
    shown = json.dumps(given, ensure_ascii=False)
    wrong.append((at, f"Invalid value at '{at}' ({wanted}), {shown}"))
    return None


def _text(path: _Path) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{snake(part)}" for part in path)
    return "".join(parts).removeprefix(".")
