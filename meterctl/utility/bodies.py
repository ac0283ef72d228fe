"""JSON as an answer must have it: one object, exact numbers, nothing said twice."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn


class NotAnObject(ValueError):
    """The body is none; the message says what it is instead."""


def object_in(body: bytes) -> dict[str, Any]:
    """The one object that a body is; its numbers are Decimals.

    Raises:
        NotAnObject: it is something else.
    """
    told = value_in(body)
    if not isinstance(told, dict):
        raise NotAnObject("JSON that is no object")
    return told


def value_in(body: bytes) -> object:
    """The JSON that a body is, of whatever kind.

    Raises:
        NotAnObject: it is none.
    """
    if not body.strip():
        raise NotAnObject("no body")
    try:
        return json.loads(
            body.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_no_number,
            object_pairs_hook=_once,
        )
    except NotAnObject:
        raise
    except (ValueError, ArithmeticError, RecursionError):  # a tower of brackets is no answer
        kind = "a web page" if body.lstrip()[:1] == b"<" else "a body that is no JSON"
        raise NotAnObject(kind) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        raise NotAnObject("JSON that says one thing twice")
    return told


def _no_number(name: str) -> NoReturn:
    raise NotAnObject(f"JSON with {name} in it")
