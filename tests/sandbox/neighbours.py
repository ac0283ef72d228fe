"""Ways to talk to the stand-ins of other utilities, as their clients do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from meterctl.sandbox.server import Running
from tests.sandbox.talk import Answer, ask


class Neighbour:
    """A stand-in on a port, with its own questions.

    Args:
        server: Where it is.
        name: As its own questions are named.
        headers: What comes with every request.
    """

    def __init__(self, server: Running, name: str, headers: Mapping[str, str]) -> None:
        self.server = server
        self._name = name
        self._headers = headers

    def get(self, path: str, headers: Mapping[str, str] | None = None, /, **query: str) -> Answer:
        """A GET, with its query."""
        where = f"{path}?{urlencode(query)}" if query else path
        return ask(self.server, "GET", where, None, {**self._headers, **(headers or {})})

    def post(
        self, path: str, headers: Mapping[str, str] | None = None, /, **form: str | int
    ) -> Answer:
        """A POST of a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        sent = {**self._headers, **kind, **(headers or {})}
        return ask(self.server, "POST", path, urlencode(form), sent)

    def post_json(
        self, path: str, body: object, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A POST of JSON; a text goes out as it is."""
        text = body if isinstance(body, str) else json.dumps(body)
        sent = {**self._headers, "Content-Type": "application/json", **(headers or {})}
        return ask(self.server, "POST", path, text, sent)

    def switch(self, **settings: object) -> Answer:
        """Change how it behaves."""
        return ask(self.server, "POST", f"/sandbox/{self._name}/settings", json.dumps(settings))

    def accepted(self) -> list[dict[str, Any]]:
        """All that it took, in order."""
        found: list[dict[str, Any]] = ask(
            self.server, "GET", f"/sandbox/{self._name}/submissions"
        ).json["submissions"]
        return found
