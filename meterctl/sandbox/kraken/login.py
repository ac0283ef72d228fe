"""Tokens: got with a key or a password, good for an hour, got anew with a refresh token."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping

from meterctl.sandbox.kraken.errors import Coded
from meterctl.sandbox.standin import is_secret

WEEK = 7 * 86_400  # seconds that a refresh token is good for


class Login:
    """The tokens that were given. Its owner locks.

    Args:
        secret: The API key, and the password of whoever gives an e-mail address.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._issued: dict[str, float] = {}  # when, of each token
        self._refresh: dict[str, float] = {}

    def obtain(self, given: Mapping[str, object], now: float, minutes: int) -> dict[str, object]:
        """A token and a refresh token.

        Raises:
            Coded: what is given opens nothing.
        """
        match {name: value for name, value in given.items() if value is not None}:
            case {"APIKey": str(secret), **rest} if not rest:
                self._compare(secret, "Please make sure the credentials are correct.")
            case {"email": str(email), "password": str(secret), **rest} if not rest:
                if "@" not in email:
                    secret = ""
                self._compare(secret, "Please make sure the credentials are correct.")
            case {"refreshToken": str(token), **rest} if not rest:
                if token not in self._refresh:
                    raise Coded("KT-CT-1135", "Please make sure the refresh token is correct.")
                if now >= self._refresh[token] + WEEK:
                    raise Coded("KT-CT-1134", "The refresh token has expired.")
            case _:
                raise Coded("KT-CT-1142", "Give APIKey, or email and password, or refreshToken.")
        payload = {
            "sub": "kraken|account-user:1",
            "gty": "API-KEY" if given.get("APIKey") else "EMAIL-AND-PASSWORD",
            "iat": int(now),
            "exp": int(now) + minutes * 60,
        }
        parts = [json.dumps(one).encode() for one in ({"alg": "HS256", "typ": "JWT"}, payload)]
        parts.append(secrets.token_bytes(32))
        token = ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts)
        refresh = secrets.token_hex(32)
        self._issued[token] = self._refresh[refresh] = now
        return {
            "token": token,
            "payload": payload,
            "refreshToken": refresh,
            "refreshExpiresIn": int(now) + WEEK,
        }

    def check(self, token: str | None, now: float, minutes: int, expired: str) -> None:
        """Whether a token is good.

        Args:
            token: What came in the Authorization header, with or without `JWT `.
            now: Seconds since 1970.
            minutes: How long a token is good for.
            expired: The code of the error that it is so no longer.

        Raises:
            Coded: it is missing, unknown or too old.
        """
        if not token:
            raise Coded("KT-CT-1112", "You must provide the AUTHORIZATION header.")
        issued = self._issued.get(token.removeprefix("JWT "))
        if issued is None:
            raise Coded("KT-CT-1139")
        if now >= issued + minutes * 60:
            raise Coded(expired)

    def _compare(self, secret: str, description: str) -> None:
        if not is_secret(secret, self._secret):
            raise Coded("KT-CT-1138", description)
