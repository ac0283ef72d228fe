"""Bearer tokens: JWTs that say who, never what they may; scopes are looked up at each request.

The one home of PyJWT, which is imported on first use: it loads cryptography, which HS256 has no
need of. PyJWT reads the token's form and its signature; what it says is judged here, strictly, by
a clock that is handed in.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from jwt import PyJWS

LIFETIME_SECONDS = 604_800  # seven days
SHORTEST_KEY = 32  # bytes: as long as the hash of HS256
LONGEST_TOKEN = 2_048  # characters; ours have some 350

ISSUER = "meterctl"
_ALGORITHM = "HS256"
_HEADER = {"alg": _ALGORITHM, "typ": "JWT"}
_LEEWAY_SECONDS = 60  # for another machine's clock that issued it, never for its end
_LONGEST_NAME = 128
# Only one spelling of a token: no padding, nothing but the alphabet.
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class BadToken(Exception):
    """A token that opens nothing; `reason` holds nothing of it and suits an error_description."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Claims(NamedTuple):
    """What a token says, times in milliseconds."""

    client: str
    token_id: str
    issued_at: int
    expires_at: int


class Tokens:
    """Issues tokens of one ledger and reads them, with the key and the one before it."""

    def __init__(self, key: bytes, previous: bytes | None, audience: str) -> None:
        """Take the keys.

        Args:
            key: Signs, and verifies.
            previous: Verifies only, while keys are changed.
            audience: Whose tokens they are, `meterctl:LEDGER`; another ledger's open nothing here.

        Raises:
            ValueError: a key is shorter than 32 bytes, or it is no secret but half of a key pair.
        """
        keys = (key,) if previous is None else (key, previous)
        for one in keys:
            if len(one) < SHORTEST_KEY:
                raise ValueError(f"a token's key has at least {SHORTEST_KEY} bytes")
            if one.startswith(b"ssh-") or b"-----BEGIN" in one or b'"kty"' in one:
                raise ValueError("a token's key is a secret, not a public or private key")
        self._keys = keys
        self._audience = audience

    def issue(self, client: str, now_ms: int) -> str:
        """A new token of a client, valid for seven days."""
        now = now_ms // 1000
        claims = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": client,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": os.urandom(16).hex(),
        }
        payload = json.dumps(claims, separators=(",", ":")).encode()
        return _jws().encode(payload, self._keys[0], algorithm=_ALGORITHM)

    def read(self, token: str, now_ms: int) -> Claims:
        """What a token says, if it is one of ours and valid now.

        Raises:
            BadToken: it opens nothing.
        """
        payload = self._verified(token)
        try:
            claims = json.loads(payload)
        except (ValueError, RecursionError):
            raise BadToken("the token's claims are not JSON") from None
        if not isinstance(claims, dict):
            raise BadToken("the token's claims are no JSON object")
        if _text(claims, "iss") != ISSUER:
            raise BadToken("the token was issued by another service")
        if _text(claims, "aud") != self._audience:
            raise BadToken("the token is for another ledger")
        client, token_id = _name(claims, "sub"), _name(claims, "jti")
        issued, begins, ends = (_seconds(claims, name) for name in ("iat", "nbf", "exp"))
        if ends - issued > LIFETIME_SECONDS:
            raise BadToken("the token is valid for too long")
        if max(issued, begins) * 1000 > now_ms + _LEEWAY_SECONDS * 1000:
            raise BadToken("the token is not valid yet")
        if ends * 1000 <= now_ms:
            raise BadToken("the token has expired")
        return Claims(client, token_id, issued * 1000, ends * 1000)

    def _verified(self, token: str) -> bytes:
        """The payload of a token that one of the keys has signed."""
        from jwt import InvalidSignatureError, InvalidTokenError

        if len(token) > LONGEST_TOKEN:
            raise BadToken("the token is too long")
        if _FORM.fullmatch(token) is None:
            raise BadToken("the token is malformed")
        for key in self._keys:
            try:
                whole = _jws().decode_complete(token, key, algorithms=[_ALGORITHM])
            except InvalidSignatureError:
                continue
            except InvalidTokenError:
                raise BadToken("the token is malformed, or signed in another way") from None
            if whole["header"] != _HEADER:
                raise BadToken("the token's header is not as it was issued")
            payload: bytes = whole["payload"]
            return payload
        raise BadToken("the token's signature is not valid")


def _text(claims: dict[str, Any], name: str) -> str:
    if name not in claims:
        raise BadToken(f"the token has no claim {name}")
    value = claims[name]
    if not isinstance(value, str):
        raise BadToken(f"the token's claim {name} is of a wrong type")
    return value


def _name(claims: dict[str, Any], name: str) -> str:
    value = _text(claims, name)
    if not 1 <= len(value) <= _LONGEST_NAME or not value.isprintable():
        raise BadToken(f"the token's claim {name} is not valid")
    return value


def _seconds(claims: dict[str, Any], name: str) -> int:
    if name not in claims:
        raise BadToken(f"the token has no claim {name}")
    value = claims[name]
    if type(value) is not int or value < 0:  # True is an int to isinstance
        raise BadToken(f"the token's claim {name} is of a wrong type")
    return value


@cache
def _jws() -> PyJWS:
    from jwt import PyJWS

    return PyJWS(algorithms=[_ALGORITHM])
