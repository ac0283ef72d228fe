"""How a client passes each door; written from the documentation, not from the doors."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode

from tests.sandbox.doors.caller import TOKEN, Caller
from tests.sandbox.talk import Answer
from tests.sandbox.utility.customer import Clock

FORM = "application/x-www-form-urlencoded"
KINDS = ["apikey-query", "basic", "oauth2", "login", "hmac", "form"]  # that answer in JSON
AT = "2026-11-22T06:00:00Z"


def basic(user: str = "customer", password: str = TOKEN) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Customer:
    """A customer at one door, with what it takes to pass."""

    def __init__(self, caller: Caller, kind: str, clock: Clock) -> None:
        self.caller = caller
        self.kind = kind
        self.url = f"/doors/{kind}/readings"
        self.bearer = TOKEN if kind in ("form", "csv") else ""
        self.refresh_token = ""
        self._clock = clock
        if kind == "oauth2":
            self.bearer = self.token().json["access_token"]
        if kind == "login":
            self.log_in()

    def token(self, **fields: str) -> Answer:
        """Ask for an OAuth token; a field more, another one, or (if empty) one less."""
        usual = {"grant_type": "client_credentials", **fields}
        body = urlencode({name: text for name, text in usual.items() if text})
        headers = {"Content-Type": FORM, "Authorization": basic()}
        return self.caller.ask("POST", "/doors/oauth2/token", body, headers)

    def log_in(self) -> None:
        """Ask for both tokens."""
        body = json.dumps({"user": "customer", "password": TOKEN})
        self._hold(self.caller.ask("POST", "/doors/login/session", body))

    def refresh(self) -> Answer:
        """Ask for new ones."""
        body = json.dumps({"refreshToken": self.refresh_token})
        return self._hold(self.caller.ask("POST", "/doors/login/refresh", body))

    def _hold(self, answer: Answer) -> Answer:
        if answer.status == 200:
            self.bearer = answer.json["token"]
            self.refresh_token = answer.json["refreshToken"]
        return answer

    def ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> Answer:
        """A request with all that the door wants."""
        found = dict(headers or {})
        if self.kind == "apikey-query":
            path += f"{'&' if '?' in path else '?'}api_key={TOKEN}"
        if self.kind == "basic":
            found["Authorization"] = basic()
        if self.kind == "hmac":
            found = {**self.signed(method, path.split("?")[0], body), **found}
        if self.bearer:
            found["Authorization"] = f"Bearer {self.bearer}"
        return self.caller.ask(method, path, body, found)

    def signed(self, method: str, path: str, body: str) -> dict[str, str]:
        """The headers of a signed request."""
        when = str(int(self._clock.now))
        text = f"{method}\n{path}\n{when}\n{body}".encode()
        signature = hmac.new(TOKEN.encode(), text, hashlib.sha256).hexdigest()
        return {"X-Key-Id": "customer", "X-Timestamp": when, "X-Signature": signature}

    def submit(
        self, value: str = "142.3", headers: dict[str, str] | None = None, **fields: str
    ) -> Answer:
        """A reading, as the door wants it written."""
        found = {"id": "", "meter": "M1", "timestamp": AT, "unit": "kWh", **fields}
        kind = {"form": FORM, "csv": "text/csv"}.get(self.kind, "application/json")
        if self.kind == "form":
            body = urlencode({**found, "value": value})
        elif self.kind == "csv":
            body = ",".join([found["id"], found["meter"], found["timestamp"], value, found["unit"]])
        else:
            body = json.dumps(found)[:-1] + f', "value": {value}}}'
        return self.ask("POST", self.url, body, {"Content-Type": kind, **(headers or {})})

    def look_up(self, name: str) -> Answer:
        """What became of a submission."""
        return self.ask("GET", f"{self.url}/{name}")

    def read_back(self, meter: str = "M1") -> Answer:
        """What is accepted of a meter."""
        return self.ask("GET", f"{self.url}?{urlencode({'meter': meter})}")
