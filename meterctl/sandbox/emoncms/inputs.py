"""What is posted to emoncms's inputs, and what it says where it cannot be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from meterctl.sandbox.utility.form import Malformed, Number, number


class Unread(Exception):
    """Something that cannot be read; the message is emoncms's."""


class Posted(NamedTuple):
    """The values of a node at a second."""

    node: str
    at: int
    values: dict[str, Number]


def parse_post(given: Mapping[str, str], node: str, now: int) -> Posted:
    """What `input/post` brings.

    Raises:
        Unread: it cannot be read.
    """
    node = _cleaned(node or given.get("node", "0"))
    at = _seconds(given["time"]) if given.get("time") else now
    if given.get("fulljson"):
        return Posted(node, at, _full(given["fulljson"]))
    text = given.get("json") or given.get("csv") or given.get("data") or ""
    if not text:
        raise Unread("Request contains no data via csv, json or data tag")
    values: dict[str, Number] = {}
    unnamed = 0
    for pair in re.sub(r"[^\w\s\-.:,+]", "", text).split(","):
        name, colon, value = pair.rpartition(":")
        if colon and not name:
            raise Unread("Format error, json key missing or invalid character")
        if not colon:
            unnamed += 1
            name = str(unnamed)
        kind = "Format error, json" if colon else "Format error: csv"
        values[name.strip()] = _number(value, f"{kind} value is not numeric")
    return Posted(node, at, values)


def parse_bulk(given: Mapping[str, str], now: int) -> Iterator[Posted]:
    """What `input/bulk` brings: `data=[[offset, node, value, ...], ...]`.

    Yields:
        Row after row: those before one that cannot be read count.

    Raises:
        Unread: it, or the next row, cannot be read.
    """
    try:
        data = json.loads(given.get("data", ""), parse_int=number, parse_float=number)
    except (ValueError, RecursionError, Malformed):
        data = None
    if not isinstance(data, list) or not data:
        raise Unread("Format error, json string supplied is not valid")
    if not isinstance(data[-1], list) or not data[-1]:
        raise Unread("Format error, last item in bulk data does not contain any data")
    if given.get("sentat"):
        reference = now - _seconds(given["sentat"])
    elif given.get("offset"):
        reference = now - _seconds(given["offset"])
    elif given.get("time"):
        reference = _seconds(given["time"])
    else:
        reference = now - _offset(data[-1][0])
    for one in data:
        if isinstance(one, list) and len(one) > 2:
            yield _row(one, reference)


def _row(row: list[object], reference: int) -> Posted:
    if not isinstance(row[1], str | Number):
        raise Unread("Format error, node must not be an object")
    node = row[1].text if isinstance(row[1], Number) else row[1]
    values: dict[str, Number] = {}
    unnamed = 0
    for one in row[2:]:
        if isinstance(one, dict) and one:
            name, value = next(iter(one.items()))
            values[name] = _plain(value)
            continue
        unnamed += 1
        if one not in (None, ""):
            values[str(unnamed)] = _plain(one)
    return Posted(_cleaned(node), reference + _offset(row[0]), values)


def _full(text: str) -> dict[str, Number]:
    try:
        found = json.loads(text, parse_int=number, parse_float=number)
    except (ValueError, RecursionError, Malformed):
        raise Unread("Error decoding JSON string (invalid or too deeply nested)") from None
    if not isinstance(found, dict):
        raise Unread("Input must be a JSON object")
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: object) -> Number:
    """A value as PHP's cast sees it: what is no number is 0."""
    if isinstance(value, Number):
        return value
    try:
        return _number(str(value), "")
    except Unread:
        return number("0")


def _number(text: str, otherwise: str) -> Number:
    if not re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*", text, re.ASCII):
        raise Unread(otherwise)
    plain = text.strip().removeprefix("+")
    return number(plain if plain.lstrip("-")[0] != "." else plain.replace(".", "0.", 1))


def _offset(value: object) -> int:
    return int(value.amount) if isinstance(value, Number) and value.amount.adjusted() < 12 else 0


def _seconds(text: str) -> int:
    """A whole number, as PHP's cast sees it."""
    found = re.match(r"\s*(-?[0-9]{1,11})", text)
    return int(found[1]) if found else 0


def _cleaned(node: str) -> str:
    """A node's name without the letters that no name may have."""
    return re.sub(r"[^\w\s\-.:]", "", node)
