"""A utility that answers what a test lays out, and one that is described to speak with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from meterctl.sandbox.message import Request as Received
from meterctl.sandbox.message import Response
from meterctl.sandbox.server import serve
from meterctl.utility.described import adapter
from meterctl.utility.given import Given
from meterctl.utility.keys import parse
from meterctl.utility.port import Request, Utility
from tests.helpers import BERLIN, instant

TOKEN = "a-token-of-the-test"
SECRET = "a-secret-of-the-test"
AT = instant("2026-03-01T06:00:00.165Z")
REQUEST = Request("m1-abc", "meter", "S-1", AT, AT, 142_300_000, "kWh", BERLIN, obis="1.8.0")
HERE = Path()

# The least that a file says: a JSON endpoint with receipts, which cannot be asked.
JSON = """
[submit]
json = { id = "{key}", value = "{value}", at = "{timestamp}" }
[[submit.answers]]
status = 201
outcome = "accepted"
receipt = "receipt"
"""


class Desk:
    """What it was asked, and what it will answer."""

    def __init__(self, answers: list[Response]) -> None:
        self.seen: list[Received] = []
        self.url = ""
        self._answers = answers

    def __call__(self, request: Received) -> Response:
        """Answer with the next one; the last one over and over."""
        self.seen.append(request)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    @property
    def last(self) -> Received:
        """The last request."""
        return self.seen[-1]

    @property
    def bodies(self) -> list[str]:
        """What each request carried."""
        return [one.body.decode() for one in self.seen]


@contextmanager
def desk(*answers: Response) -> Iterator[Desk]:
    """It, for the length of a block."""
    one = Desk(list(answers))
    with serve(one, name="utility") as running:
        one.url = running.url
        yield one
        assert running.errors == []


def says(status: int, body: str = "", **headers: str) -> Response:
    """An answer; header names are written with underscores."""
    kind = "application/json" if body[:1] in ("{", "[", '"') else "text/html"
    return Response(
        status,
        body.encode(),
        kind,
        {name.replace("_", "-"): text for name, text in headers.items()},
    )


def given(url: str | None, text: str | None, **settings: str | None) -> Given:
    """The settings of a test."""
    known: Mapping[str, str | None] = {"token": TOKEN, **settings}
    return Given(
        url,
        known.get("token"),
        known.get("user"),
        known.get("secret"),
        known.get("key_header"),
        None if text is None else parse(text, "mine.toml"),
        HERE,
        HERE,
    )


def described(text: str, url: str | None, name: str = "json", **settings: str | None) -> Utility:
    """The way to a utility that this text describes."""
    return adapter(name, given(url, text, **settings))
