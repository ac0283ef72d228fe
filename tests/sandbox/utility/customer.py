"""A customer of the utility, who knows nothing but its documentation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from meterctl.sandbox.server import Running
from tests.sandbox.talk import Answer, ask

TOKEN = "the-token"
URL = "/v1/meter-readings"


class Clock:
    """The utility's clock, which stands until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


class Customer:
    """Requests to the utility, with the token."""

    def __init__(self, server: Running) -> None:
        self._server = server

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any request; these headers come on top, an empty text takes one away."""
        usual = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        all_of_them = {name: text for name, text in {**usual, **(headers or {})}.items() if text}
        return ask(self._server, method, path, body, all_of_them)

    def submit(self, value: str = "142.3", key: str | None = None, **fields: object) -> Answer:
        """A reading: its value as the digits to send."""
        body = {"meter": "M1", "timestamp": "2026-11-22T06:00:00Z", "unit": "kWh", **fields}
        text = json.dumps(body, ensure_ascii=False)[:-1] + f', "value": {value}}}'
        return self.ask("POST", URL, text, {} if key is None else {"Idempotency-Key": key})

    def look_up(self, key: str) -> Answer:
        """What became of a key."""
        return self.ask("GET", f"{URL}/{quote(key, safe='')}")

    def read_back(self, **query: str) -> Answer:
        """What is accepted of a meter."""
        return self.ask("GET", f"{URL}?{urlencode(query)}")

    def switch(self, **settings: object) -> Answer:
        """Change how the utility behaves."""
        return ask(self._server, "POST", "/sandbox/settings", json.dumps(settings))

    def accepted(self) -> list[dict[str, object]]:
        """All that counts."""
        found: list[dict[str, object]] = ask(self._server, "GET", "/sandbox/submissions").json[
            "submissions"
        ]
        return found
