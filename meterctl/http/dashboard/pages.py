"""The page itself and its files: public, since they hold nothing of anybody's."""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from meterctl.http.headers import PAGE_CSP
from meterctl.http.problems import Refused

INDEX = "index.html"
_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_TAGS = re.compile(r'(?:W/)?("[^"]*")|\*')


class Asset(NamedTuple):
    """One file of the page."""

    body: bytes
    type: str
    tag: str


@cache
def assets() -> dict[str, Asset]:
    """All files of the page by name: a few dozen kilobytes, read once."""
    found = {}
    for path in (files(__package__) / "static").iterdir():
        kind = _TYPES.get(path.name.rpartition(".")[2])
        if kind is not None:
            body = path.read_bytes()
            tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
            found[path.name] = Asset(body, kind, tag)
    return found


def is_known(asset: Asset, if_none_match: str) -> bool:
    """Whether a browser that sends this holds the file as it is."""
    tags = [match[1] or match[0] for match in _TAGS.finditer(if_none_match)]
    return asset.tag in tags or "*" in tags


def answer(name: str, if_none_match: str) -> Response:
    """A file of the page, or that it is the one the browser holds.

    Raises:
        Refused: there is no such file.
    """
    asset = assets().get(name)
    if asset is None:
        raise Refused(404, "not_found", "there is nothing here")
    headers = {
        "ETag": asset.tag,
        "Cache-Control": "no-cache",  # kept, and asked about: an update shows at once
        "Content-Security-Policy": PAGE_CSP.decode(),
    }
    if is_known(asset, if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(asset.body, headers=headers, media_type=asset.type)


async def index(request: Request) -> Response:
    """The page."""
    return answer(INDEX, request.headers.get("if-none-match", ""))


async def static(request: Request) -> Response:
    """One of its files."""
    return answer(request.path_params["name"], request.headers.get("if-none-match", ""))


ROUTES = [
    Route("/", index),
    Route("/static/{name}", static),
]
