"""Who asks a stand-in, and may look inside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from meterctl.sandbox.message import Service
from meterctl.sandbox.server import Running, serve
from tests.sandbox.talk import Answer, ask

TOKEN = "the-token"


class Caller:
    """Requests to a stand-in, with the headers that it wants."""

    def __init__(self, server: Running, name: str, headers: Mapping[str, str]) -> None:
        self.server = server
        self._name = name
        self._headers = headers

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any request; these headers come on top, an empty text takes one away."""
        usual = {"Content-Type": "application/json", **self._headers, **(headers or {})}
        return ask(self.server, method, path, body, {k: v for k, v in usual.items() if v})

    def inside(self, what: str, **fields: object) -> Answer:
        """Tell the sandbox something about this stand-in."""
        return ask(self.server, "POST", f"/sandbox/{self._name}/{what}", json.dumps(fields))

    def switch(self, **settings: object) -> Answer:
        """Change its settings."""
        return self.inside("settings", **settings)

    def settings(self) -> dict[str, object]:
        """Its settings."""
        found: dict[str, object] = ask(self.server, "GET", f"/sandbox/{self._name}/settings").json
        return found

    def accepted(self) -> list[dict[str, object]]:
        """All that counts."""
        path = f"/sandbox/{self._name}/submissions"
        found: list[dict[str, object]] = ask(self.server, "GET", path).json["submissions"]
        return found


@contextmanager
def served(service: Service) -> Iterator[Running]:
    """A stand-in on a port; no request may have met a bug."""
    with serve(service, name="utility") as running:
        yield running
        assert running.errors == []
