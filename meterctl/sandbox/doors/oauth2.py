"""OAuth 2.0: tokens for client credentials (RFC 6749), and what is said of them (RFC 6750)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, unquote_plus

from meterctl.sandbox.doors.guards import basic_of
from meterctl.sandbox.doors.tokens import Token, Tokens
from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.standin import bearer_of, is_secret, json_answer, media_type

READ, WRITE = "readings:read", "readings:write"
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class _Fault(Exception):
    """Why there is no token; the name is RFC 6749's."""


class OAuth2:
    """The token endpoint, and the guard that knows its tokens."""

    def __init__(self, client: str, secret: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._secret = secret
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = Tokens()

    def token(self, request: Request, lives: int) -> Response:
        """Answer a request for a token.

        Args:
            request: The request, whatever its method.
            lives: Seconds that the token will live.
        """
        try:
            scopes = self._granted(request)
        except _Fault as fault:
            return _refused(str(fault), by_header="authorization" in request.headers)
        with self._lock:
            token = Token(frozenset(scopes), self._clock() + lives, 0)
            text = self._tokens.give(token)
        body = {
            "access_token": text,
            "token_type": "Bearer",
            "expires_in": lives,
            "scope": " ".join(scopes),
        }
        return json_answer(200, body, NOT_KEPT)

    def guard(self, request: Request) -> Response | None:
        """Let pass whoever has a token with the scope that is needed."""
        given = bearer_of(request.headers)
        if given is None:  # RFC 6750, 3.1: nothing was wrong, so no error is named
            return json_answer(401, {}, {"WWW-Authenticate": 'Bearer realm="doors"'})
        needed = READ if request.method == "GET" else WRITE
        with self._lock:
            token = self._tokens.find(given)
            ends = token.ends if token else 0.0
        if token is None or ends <= self._clock():
            why = "The access token expired" if token else "The access token is not known"
            return _challenge(401, "invalid_token", f'error_description="{why}"')
        if needed not in token.scopes:
            return _challenge(403, "insufficient_scope", f'scope="{needed}"')
        return None

    def expire(self) -> None:
        """Let all tokens have ended."""
        with self._lock:
            self._tokens.expire()

    def revoke(self) -> None:
        """Know no token any more."""
        with self._lock:
            self._tokens.revoke()

    def _granted(self, request: Request) -> list[str]:
        """The scopes that the client is given.

        Raises:
            _Fault: none.
        """
        if request.method != "POST" or media_type(request) != "application/x-www-form-urlencoded":
            raise _Fault("invalid_request")
        fields = parse_qs(request.body.decode("ascii", "replace"))
        if any(len(values) > 1 for values in fields.values()):
            raise _Fault("invalid_request")
        self._known({name: values[0] for name, values in fields.items()}, request)
        kind = fields.get("grant_type", [""])[0]
        if kind != "client_credentials":
            raise _Fault("unsupported_grant_type" if kind else "invalid_request")
        scopes = fields.get("scope", [f"{READ} {WRITE}"])[0].split(" ")
        if not set(scopes) <= {READ, WRITE}:
            raise _Fault("invalid_scope")
        return scopes

    def _known(self, fields: Mapping[str, str], request: Request) -> None:
        """Make sure that it is the client, by its header or by the body, not by both."""
        given = basic_of(request)
        if "authorization" in request.headers:
            if "client_secret" in fields:
                raise _Fault("invalid_request")
            client, secret = map(unquote_plus, given or ("", ""))  # RFC 6749, 2.3.1
        else:
            client, secret = fields.get("client_id", ""), fields.get("client_secret", "")
        if client != self._client or not is_secret(secret, self._secret):
            raise _Fault("invalid_client")


def _refused(error: str, *, by_header: bool) -> Response:
    headers = dict(NOT_KEPT)
    if error == "invalid_client" and by_header:
        headers["WWW-Authenticate"] = 'Basic realm="doors"'
    return json_answer(401 if error == "invalid_client" else 400, {"error": error}, headers)


def _challenge(status: int, error: str, more: str) -> Response:
    challenge = f'Bearer realm="doors", error="{error}", {more}'
    return json_answer(status, {"error": error}, {"WWW-Authenticate": challenge})
