"""Who may pass: a key in the query, a password, a fixed token, a signature."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable
from hashlib import sha256

from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.standin import bearer_of, is_secret, json_answer

WINDOW = 300  # seconds that a signature's time may be off

Guard = Callable[[Request], Response | None]  # the refusal, or None where one may pass


def api_key(secret: str) -> Guard:
    """`?api_key=SECRET`."""

    def guard(request: Request) -> Response | None:
        given = request.query.get("api_key", [])
        if len(given) == 1 and is_secret(given[0], secret):
            return None
        return unauthorized('ApiKey in="query", name="api_key"', "no api_key, or a wrong one")

    return guard


def basic(client: str, secret: str) -> Guard:
    """`Authorization: Basic` (RFC 7617)."""

    def guard(request: Request) -> Response | None:
        given = basic_of(request)
        if given and given[0] == client and is_secret(given[1], secret):
            return None
        return unauthorized('Basic realm="doors", charset="UTF-8"', "wrong user or password")

    return guard


def bearer(secret: str) -> Guard:
    """`Authorization: Bearer SECRET`."""

    def guard(request: Request) -> Response | None:
        if is_secret(bearer_of(request.headers), secret):
            return None
        return unauthorized('Bearer realm="doors"', "no token, or a wrong one")

    return guard


def signed(client: str, secret: str, clock: Callable[[], float]) -> Guard:
    """`X-Key-Id`, `X-Timestamp`, `X-Signature`: see `signature`."""

    def guard(request: Request) -> Response | None:
        challenge = 'HMAC-SHA256 realm="doors"'
        headers = request.headers
        when = headers.get("x-timestamp", "")
        if headers.get("x-key-id") != client or not re.fullmatch(r"\d{1,12}", when, re.ASCII):
            return unauthorized(challenge, "X-Key-Id or X-Timestamp is missing or wrong")
        if abs(clock() - int(when)) > WINDOW:
            return unauthorized(challenge, f"X-Timestamp is off by more than {WINDOW} seconds")
        if is_secret(headers.get("x-signature"), signature(secret, request, when)):
            return None
        return unauthorized(challenge, "X-Signature is wrong")

    return guard


def signature(secret: str, request: Request, when: str) -> str:
    """HMAC-SHA256 in lower-case hex, over method, path, time and body, a newline between them.

    Args:
        secret: The key, in UTF-8.
        request: Its path is signed as it is on the wire, without the query.
        when: Seconds since 1970, as X-Timestamp has them.
    """
    head = f"{request.method}\n{request.path}\n{when}\n".encode()
    return hmac.new(secret.encode(), head + request.body, sha256).hexdigest()


def basic_of(request: Request) -> tuple[str, str] | None:
    """User and password of an Authorization header, if it has them."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = (
            base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        )
    except ValueError:  # neither ASCII, nor base64, nor UTF-8
        return None
    return (user, password) if colon else None


def unauthorized(challenge: str, message: str) -> Response:
    """401, with what would help."""
    body = {"error": "unauthorized", "message": message}
    return json_answer(401, body, {"WWW-Authenticate": challenge})
