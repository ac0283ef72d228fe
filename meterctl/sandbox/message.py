"""What the sandbox's services take and give: HTTP messages, without any socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple


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
        json.dumps(body, ensure_ascii=False).encode(),
        headers={name.replace("_", "-"): text for name, text in headers.items()},
    )
