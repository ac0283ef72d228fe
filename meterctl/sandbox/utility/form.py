"""JSON whose numbers stay the very digits that were sent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII
)


class Malformed(Exception):
    """What was sent is not what the API takes; the message says what it takes."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written, and its exact amount."""

    text: str
    amount: Decimal


def number(text: str) -> Number:
    """The number that a JSON text writes.

    Raises:
        Malformed: its exponent is beyond all measure.
    """
    try:
        return Number(text, Decimal(text))
    except InvalidOperation:
        raise Malformed("a number is beyond all measure") from None


def parse_object(body: bytes) -> dict[str, object]:
    """The one JSON object of a body.

    Raises:
        Malformed: it is something else, or a name or a letter in it is in doubt.
    """
    try:
        text = body.decode()
        found: object = json.loads(
            text,
            parse_int=number,
            parse_float=number,
            parse_constant=_no_constant,
            object_pairs_hook=_each_once,
        )
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
    except (json.JSONDecodeError, RecursionError):
        raise Malformed("the body is not JSON") from None
    if not isinstance(found, dict):
        raise Malformed("the body is not a JSON object")
    return found


def _no_constant(text: str) -> object:
    raise Malformed(f"{text} is no JSON number")


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a name is there twice")
    return found


def parse_instant(text: object, name: str) -> datetime:
    """An ISO 8601 time with an offset or Z, in UTC.

    Raises:
        Malformed: it is another text, or there is no such time.
    """
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise Malformed(f"{name}: ISO 8601 with an offset or Z, such as 2026-03-01T06:00:00Z")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(f"{name}: there is no such time") from None


def to_json(value: object) -> str:
    """JSON, with every number as it was written."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, Mapping):
        pairs = (f"{to_json(name)}: {to_json(one)}" for name, one in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
