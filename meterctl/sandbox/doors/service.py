"""The doors, each with its guard, its way to write, and a desk of its own behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple
from urllib.parse import unquote

from meterctl.sandbox.doors import bodies, guards
from meterctl.sandbox.doors.desk import Desk, Outcome
from meterctl.sandbox.doors.login import Login
from meterctl.sandbox.doors.oauth2 import OAuth2
from meterctl.sandbox.doors.settings import PARSERS, Settings
from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.standin import Parser, StandIn, json_answer
from meterctl.sandbox.utility.form import Malformed

CLIENT = "customer"  # as the user, the OAuth client and the id of the key
MAX_BODY = 64 * 1024


class _Door(NamedTuple):
    guard: guards.Guard
    desk: Desk
    read: Callable[[Request], list[bodies.Sent]] = bodies.read_json
    tell: Callable[[list[Outcome]], Response] = bodies.tell_json
    show: Callable[[str, list[dict[str, object]]], Response] = bodies.show_json


class Doors(StandIn[Settings]):
    """All doors, as a service of the sandbox; the token is the secret of each."""

    NAME = "doors"
    PARSERS: ClassVar[Mapping[str, Parser]] = PARSERS

    def __init__(self, token: str, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(token, Settings(), clock)
        self._oauth2 = OAuth2(CLIENT, token, clock)
        self._login = Login(CLIENT, token, clock)
        self._doors = {
            "apikey-query": _Door(guards.api_key(token), Desk()),
            "basic": _Door(guards.basic(CLIENT, token), Desk()),
            "oauth2": _Door(self._oauth2.guard, Desk()),
            "login": _Door(self._login.guard, Desk()),
            "hmac": _Door(guards.signed(CLIENT, token, clock), Desk()),
            "form": _Door(guards.bearer(token), Desk(), bodies.read_form),
            "csv": _Door(
                guards.bearer(token), Desk(), bodies.read_csv, bodies.tell_csv, bodies.show_csv
            ),
        }

    def submissions(self) -> list[dict[str, object]]:
        """The accepted readings, door by door, in the order in which each accepted them."""
        now = self.now()
        return [
            {"door": kind, **fields}
            for kind, door in self._doors.items()
            for fields in door.desk.accepted(now)
        ]

    def inside(self, method: str, what: str, body: bytes) -> Response:
        """Besides settings and submissions: `expire` and `revoke` the tokens given out."""
        match method, what:
            case "POST", "expire":
                self._oauth2.expire()
                self._login.expire()
            case "POST", "revoke":
                self._oauth2.revoke()
                self._login.revoke()
            case _:
                return super().inside(method, what, body)
        return json_answer(200, {})

    def answer(self, request: Request) -> Response:
        """Answer as the utility."""
        try:
            return self._routed(request)
        except Malformed as error:
            return _error(400, "malformed", str(error))
        except bodies.WrongType as kind:
            return _error(415, "unsupported_media_type", f"Content-Type: {kind}, please")

    def _routed(self, request: Request) -> Response:
        lives = self.settings.token_seconds
        match request.path.split("/")[2:]:
            case ["oauth2", "token"]:
                return self._oauth2.token(request, lives)
            case ["login", "session"]:
                return self._login.session(request, lives)
            case ["login", "refresh"]:
                return self._login.refresh(request, lives)
            case [kind, "readings", *name] if kind in self._doors and len(name) <= 1:
                return self._guarded(self._doors[kind], request, unquote("".join(name)))
            case _:
                return _error(
                    404, "no_such_path", f"readings are at /doors/{'|'.join(self._doors)}"
                )

    def _guarded(self, door: _Door, request: Request, name: str) -> Response:
        refusal = door.guard(request)
        if refusal:
            return refusal
        within, told = self.spend(self.settings.rate_limit)
        told.pop("Retry-After", None)  # X-RateLimit-Reset has to do, as it has with many
        if within:
            response = self._at_desk(door, request, name)
        else:
            response = _error(429, "rate_limited", "too many requests this minute")
        return response._replace(headers={**response.headers, **told})

    def _at_desk(self, door: _Door, request: Request, name: str) -> Response:
        now = self.now()
        match request.method, bool(name):
            case "POST", False if len(request.body) > MAX_BODY:
                return _error(413, "too_large", f"at most {MAX_BODY} bytes")
            case "POST", False:
                sent = door.read(request)
                with self.lock:
                    return door.tell(
                        [door.desk.take(one.id, one.reading, self.settings, now) for one in sent]
                    )
            case "GET", True:
                with self.lock:
                    return door.tell([door.desk.look_up(name, now)])
            case "GET", False:
                meters = request.query.get("meter", [])
                if len(meters) != 1:
                    raise Malformed("meter: missing, or there twice")
                with self.lock:
                    return door.show(meters[0], door.desk.of_meter(meters[0], now))
            case _:
                return _error(405, "method_not_allowed", "GET or POST")


def _error(status: int, error: str, message: str) -> Response:
    return json_answer(status, {"error": error, "message": message})
