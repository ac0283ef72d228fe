"""JSON whose numbers are exact: the standard library's would make floats or strings of decimals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meterctl.domain.quantity import format_quantity

try:  # what the library's encoder is made of: 2 ms less than all of it
    from _json import encode_basestring as _text
except ImportError:  # not every Python has it in C
    from json.encoder import encode_basestring as _text


class Exact(str):
    """The text of an exact number, which JSON shows without quotes."""

    __slots__ = ()


def exact(millionths: int | None) -> Exact | None:
    """A quantity for JSON."""
    return None if millionths is None else Exact(format_quantity(millionths))


def to_json(value: object) -> str:
    """JSON in one line."""
    if isinstance(value, Exact):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):  # the usual ones first: asking an abstract class takes longer
        return "{" + ", ".join([f"{_text(k)}: {to_json(v)}" for k, v in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ", ".join([to_json(one) for one in value]) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{to_json(k)}: {to_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Iterable):
        return "[" + ", ".join(map(to_json, value)) + "]"
    raise TypeError(f"not for JSON: {type(value)}")
