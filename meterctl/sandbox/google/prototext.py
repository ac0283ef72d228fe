"""A JSON value as Google's messages spell it out: the text format of protocol buffers."""

from __future__ import annotations

import json


def described(value: object) -> str:
    """The value, which no cell can hold, over several lines."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: object) -> list[str]:
    if value is None:
        return ["null_value: NULL_VALUE"]
    if isinstance(value, bool):
        return [f"bool_value: {str(value).lower()}"]
    if isinstance(value, int | float):
        return [f"number_value: {float(value)}"]
    if isinstance(value, str):
        return [f"string_value: {json.dumps(value, ensure_ascii=False)}"]
    if isinstance(value, list):
        return _block(
            "list_value", [line for one in value for line in _block("values", _lines(one))]
        )
    if not isinstance(value, dict):
        return []
    fields = [
        line
        for key, one in value.items()
        for line in _block(
            "fields",
            [f"key: {json.dumps(key, ensure_ascii=False)}", *_block("value", _lines(one))],
        )
    ]
    return _block("struct_value", fields)


def _block(name: str, lines: list[str]) -> list[str]:
    return [f"{name} {{", *(f"  {line}" for line in lines), "}"]
