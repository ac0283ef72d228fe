"""A login: user and password for a token, and a second token that gets new ones, once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from meterctl.sandbox.doors.guards import unauthorized
from meterctl.sandbox.doors.tokens import Token, Tokens
from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.standin import bearer_of, is_json, is_secret, json_answer
from meterctl.sandbox.utility.form import Malformed, parse_object

REFRESH_SECONDS = 30 * 24 * 3600
CHALLENGE = 'Bearer realm="doors"'


class Login:
    """The session endpoints, and the guard that knows their tokens."""

    def __init__(self, user: str, password: str, clock: Callable[[], float]) -> None:
        self._user = user
        self._password = password
        self._clock = clock
        self._lock = threading.Lock()
        self._access = Tokens()
        self._refresh = Tokens()
        self._spent: dict[str, int] = {}  # families of refresh tokens that were used
        self._families = itertools.count()

    def session(self, request: Request, lives: int) -> Response:
        """Answer a login.

        Args:
            request: A POST with `user` and `password`.
            lives: Seconds that the token will live.

        Raises:
            Malformed: the body is not that.
        """
        user, password = _texts_of(request, "user", "password")
        if user != self._user or not is_secret(password, self._password):
            return unauthorized(CHALLENGE, "wrong user or password")
        with self._lock:
            return self._given(next(self._families), lives)

    def refresh(self, request: Request, lives: int) -> Response:
        """Answer with new tokens for a refresh token, which is spent by it.

        Whoever shows a spent one ends all that came of the same login: one of the two who had it
        must have stolen it.

        Args:
            request: A POST with `refreshToken`.
            lives: Seconds that the token will live.

        Raises:
            Malformed: the body is not that.
        """
        (text,) = _texts_of(request, "refreshToken")
        with self._lock:
            spent = self._spent.get(text)
            if spent is not None:
                self._access.take_back(spent)
                self._refresh.take_back(spent)
            token = self._refresh.find(text)
            if token is None or token.ends <= self._clock():
                return unauthorized(CHALLENGE, "this refresh token is not valid")
            self._refresh.forget(text)
            self._spent[text] = token.family
            return self._given(token.family, lives)

    def guard(self, request: Request) -> Response | None:
        """Let pass whoever has a token that lives."""
        with self._lock:
            token = self._access.find(bearer_of(request.headers) or "")
            ends = token.ends if token else 0.0
        if token is None:
            return unauthorized(CHALLENGE, "no token, or not a known one")
        if ends <= self._clock():
            return unauthorized(CHALLENGE, "the token has expired")
        return None

    def expire(self) -> None:
        """Let all access tokens have ended; they can be refreshed."""
        with self._lock:
            self._access.expire()

    def revoke(self) -> None:
        """Know no token any more: only a login helps."""
        with self._lock:
            self._access.revoke()
            self._refresh.revoke()

    def _given(self, family: int, lives: int) -> Response:
        now = self._clock()
        none = frozenset[str]()
        body = {
            "token": self._access.give(Token(none, now + lives, family)),
            "expiresIn": lives,
            "refreshToken": self._refresh.give(Token(none, now + REFRESH_SECONDS, family)),
        }
        return json_answer(200, body, {"Cache-Control": "no-store"})


def _texts_of(request: Request, *names: str) -> list[str]:
    if request.method != "POST" or not is_json(request):
        raise Malformed("POST application/json, please")
    fields = parse_object(request.body)
    found = [fields.get(name) for name in names]
    if not all(isinstance(one, str) for one in found):
        raise Malformed(f"{', '.join(names)}: needed")
    return [str(one) for one in found]
