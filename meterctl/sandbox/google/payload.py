"""Request bodies against Google's published schema: unknown names and wrong types are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
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
    checked: Json = _message(kind)(found, ((), place) if place else (), wrong)
    if wrong:
        raise bad_field(wrong)
    return checked


_Path = tuple[Any, ...]  # (what it is in, its name or number): text only where something is wrong
_Wrong = list[tuple[str, str]]
_Check = Callable[[Any, _Path, _Wrong], Any]  # what a value comes to, or what is wrong with it


@cache
def _message(kind: str) -> _Check:
    """How a message of one of Google's types is checked: made once, for bodies are big."""
    known = _schema()[kind]
    checks: dict[str, _Check] = {}  # by the names as they were sent

    def check_message(found: Any, path: _Path, wrong: _Wrong) -> Json:  # noqa: ANN401 (any JSON)
        if not isinstance(found, dict):
            _mistyped(TYPE_URL + _NESTED.get(kind, kind), found, path, wrong)
            return {}
        checked: Json = {}
        for name, given in found.items():
            if given is None and name in known:
                continue
            field = name if name in known else camel(name)
            if field not in known:
                _unknown(name, path, wrong)
            elif given is not None:
                if field not in checks:
                    checks[field] = _value(known[field], kind)
                checked[field] = checks[field](given, (path, field), wrong)
        if len(checked) > 1 and kind in GROUPS:
            _check_group(kind, checked, path, wrong)
        return checked

    return check_message


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


def _value(kind: str, owner: str) -> _Check:
    """How a field's value is checked: its type, and the type that the field is of."""
    if kind == "[[any":
        return _lines
    if kind[0] == "[":
        return _list(_value(kind[1:], owner))
    if kind == "any":
        return lambda given, _path, _wrong: given
    if kind[0] == "{":
        return _map
    if kind[0] == "|":
        return _enum(frozenset(kind[1:].split("|")), owner)
    if kind in _SIMPLE:
        return _scalar(kind)
    return _message(kind)


def _list(check_one: _Check) -> _Check:
    def check_list(given: Any, path: _Path, wrong: _Wrong) -> list[Any]:  # noqa: ANN401 (any JSON)
        if not isinstance(given, list):  # one where several are asked is a list of one
            return [check_one(given, path, wrong)]
        if list in map(type, given):  # lists in lists are taken as one; pygsheets relies on it
            given = [one for some in given for one in (some if isinstance(some, list) else [some])]
        return [
            check_one(one, (path, at), wrong) for at, one in enumerate(given) if one is not None
        ]

    return check_list


def _map(given: object, path: _Path, wrong: _Wrong) -> object:
    return given if isinstance(given, dict) else _mistyped("TYPE_MAP", given, path, wrong)


def _enum(among: frozenset[str], owner: str) -> _Check:
    def check_enum(given: object, path: _Path, wrong: _Wrong) -> object:
        if isinstance(given, str) and given in among:
            return given
        return _mistyped(enum_name(str(path[-1]), owner), given, path, wrong)

    return check_enum


def _lines(given: object, path: _Path, wrong: _Wrong) -> list[object]:
    """Rows of values, which may be of any kind."""
    if not isinstance(given, list):
        return [_line(given, path, wrong)]
    return [_line(one, (path, at), wrong) for at, one in enumerate(given)]


def _line(given: object, path: _Path, wrong: _Wrong) -> object:
    if isinstance(given, list):
        return given
    if isinstance(given, dict):
        for name in given:
            _unknown(name, path, wrong)
        return []
    return _mistyped(_LIST, given, path, wrong)


def _scalar(kind: str) -> _Check:
    exactly = {"string": (str, str), "bool": (bool, bool), "number": (float, int)}
    one, other = exactly.get(kind, (None, None))

    def check_scalar(given: object, path: _Path, wrong: _Wrong) -> object:
        if type(given) is one or type(given) is other:
            return given
        if kind in ("int32", "number") and not isinstance(given, bool):
            try:
                number = float(given)  # type: ignore[arg-type]  # a number may come as text
            except (TypeError, ValueError, OverflowError):
                return _mistyped(_SIMPLE[kind], given, path, wrong)
            if kind == "number":
                return number
            if number.is_integer() and abs(number) < 1 << 31:
                return int(number)
        return _mistyped(_SIMPLE[kind], given, path, wrong)

    return check_scalar


def _mistyped(wanted: str, given: object, path: _Path, wrong: _Wrong) -> object:
    at = _text(path)
    shown = json.dumps(given, ensure_ascii=False)
    wrong.append((at, f"Invalid value at '{at}' ({wanted}), {shown}"))
    return None


def _text(path: _Path) -> str:
    parts: list[str] = []
    while path:
        path, part = path
        parts.append(f"[{part}]" if isinstance(part, int) else f".{snake(part)}")
    return "".join(reversed(parts)).removeprefix(".")
