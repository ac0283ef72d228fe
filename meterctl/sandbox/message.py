"""What the sandbox's services take and give: HTTP messages, without any socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

PIECE = 500  # entries of a long list that are written as JSON in one go
FEW = 16  # a list so short may have long ones in it
DEPTH = 5  # so far down: a sheet's rows lie in body > sheets > sheet > data > block

_ENCODER = json.JSONEncoder(ensure_ascii=False)


class Request(NamedTuple):
    """A request as it came, whole."""

    method: str  # upper case
    path: str  # as on the wire: percent-encoded, without the query
    query: Mapping[str, list[str]]  # decoded, every value of every name
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class Response(NamedTuple):
    """An answer; Content-Length and Date are the server's to add."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: Mapping[str, str] = {}


Service = Callable[[Request], Response]  # called by many threads at once


def as_json(status: int, body: object, **headers: str) -> Response:
    """A JSON answer; header names are written with underscores."""
    return Response(
        status,
        _written(body, DEPTH).encode(),
        headers={name.replace("_", "-"): text for name, text in headers.items()},
    )


def _written(body: object, depth: int) -> str:
    """The JSON of a body; a long list in pieces, between which other threads get their turn."""
    if depth and isinstance(body, dict):
        names = map(_ENCODER.encode, body)
        parts = (_written(one, depth - 1) for one in body.values())
        return f"{{{', '.join(map(': '.join, zip(names, parts, strict=True)))}}}"
    if isinstance(body, list) and len(body) > PIECE:
        pieces = (body[at : at + PIECE] for at in range(0, len(body), PIECE))
        return f"[{', '.join(_ENCODER.encode(piece)[1:-1] for piece in pieces)}]"
    if depth and isinstance(body, list) and len(body) <= FEW:
        return f"[{', '.join(_written(one, depth - 1) for one in body)}]"
    return _ENCODER.encode(body)
