"""Who gets in: tokens, scopes, limits; decided at each request by what the ledger says now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from starlette.requests import Request

from meterctl.access.secrets import verify_secret
from meterctl.access.tokens import BadToken, Claims, Tokens
from meterctl.domain.meters import Meter
from meterctl.http.addresses import Network, client_address, grouped
from meterctl.http.audit import Audit
from meterctl.http.limits import Limiter, Rate
from meterctl.http.problems import Refused
from meterctl.http.threads import Threads
from meterctl.ledger.access import Client, Event
from meterctl.ledger.port import Ledger

READ, RECORD, PUSH = "read", "record", "push"

_UNKNOWN = Rate("unknown", 600, 600)  # requests without a token, by address
_FAILED = Rate("failed", 60, 60)  # tokens that open nothing, by address
_LOGINS = Rate("logins", 120, 60)  # by address
_WRONG_HERE = Rate("wrong", 10, 10)  # wrong secrets, by address
_WRONG_THERE = Rate("wrong-client", 30, 30)  # wrong secrets of one client, wherever from
_NEW = "new"  # in place of the id of a token that is yet to be issued
_TOLD = Rate("told", 1, 1)  # a refusal by a limit, in the audit log
_DENIED = Rate("denied", 60, 60)  # and one for a scope, of each client

_KNOWN_TOKENS = 1_024
_HASHING = 2  # at once: each takes 19 MiB and a core
_WAITING = 32  # for their turn


class Caller(NamedTuple):
    """Who asks, and proved it."""

    client: Client
    token: Claims
    address: str
    request: str

    def meters(self, meters: tuple[Meter, ...]) -> tuple[Meter, ...]:
        """Those of the ledger's meters that this client may see and record."""
        allowed = self.client.meters
        return meters if allowed is None else tuple(m for m in meters if m.id in allowed)

    def event(
        self, at: int, name: str, detail: str | None = None, entry: int | None = None
    ) -> Event:
        """What it did, for the audit log."""
        return Event(at, name, self.client.id, self.address, self.request, detail, entry)


class Gate:
    """Lets in, or refuses with the reason."""

    def __init__(
        self,
        *,
        asking: Callable[[], AbstractContextManager[Ledger]],
        tokens: Tokens,
        limits: Limiter,
        audit: Audit,
        rate: Rate,
        trusted: tuple[Network, ...],
        clock: Callable[[], int],
    ) -> None:
        self._asking = asking
        self._tokens = tokens
        self._limits = limits
        self._audit = audit
        self._rate = rate
        self._trusted = trusted
        self._clock = clock
        self._read: dict[str, Claims] = {}
        self._this_turn: dict[tuple[str, str], tuple[Client, int] | None] = {}
        self._hashing = Threads(_HASHING)
        self._waiting = 0

    def address(self, request: Request) -> str:
        """Whose request it is: the nearest one that no trusted proxy speaks for."""
        peer = request.client.host if request.client else None
        forwarded = [v for n, v in request.scope["headers"] if n == b"x-forwarded-for"]
        return client_address(peer, forwarded, self._trusted)

    def admit(self, request: Request, scope: str) -> Caller:
        """Who asks, if it may.

        Raises:
            Refused: 401, 403, 429.
        """
        caller = self.known(request)
        if caller is None:
            self._take(request, _UNKNOWN)
            raise _unauthorized("a bearer token is needed: POST /auth/token")
        if scope not in caller.client.scopes:
            if self._limits.take(_DENIED, caller.client.id) is None:
                self._audit.security(caller.event(self._clock(), "insufficient_scope", scope))
            raise Refused(
                403,
                "insufficient_scope",
                f"this client has not the scope {scope}",
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
            )
        return caller

    def known(self, request: Request) -> Caller | None:
        """Who asks; None where no token was sent.

        Raises:
            Refused: the token opens nothing, or its client asks too often.
        """
        given = [v for n, v in request.scope["headers"] if n == b"authorization"]
        if not given:
            return None
        kind, _, token = given[0].decode("latin-1").partition(" ")
        if len(given) > 1 or kind.lower() != "bearer":
            raise self._failed(request, None, "one Authorization header with Bearer is needed")
        now = self._clock()
        try:
            claims = self._claims(token.strip(" "), now)
        except BadToken as bad:
            raise self._failed(request, None, bad.reason) from None
        client = _holder(self._standing(claims), claims)
        if client is None:
            raise self._failed(request, claims.client, "the token was revoked")
        caller = Caller(client, claims, self.address(request), request.scope["request_id"])
        wait = self._limits.take(self._rate, client.id)
        if wait is not None:
            if self._limits.take(_TOLD, client.id) is None:
                self._audit.security(caller.event(now, "rate_limited"))
            raise _too_often(wait)
        return caller

    def _standing(self, claims: Claims) -> tuple[Client, int] | None:
        """What the ledger says of a token's client.

        It is asked once for all requests of one turn of the loop: they had all come before it was
        asked, so that each is judged by what is so after it was sent.
        """
        mark = claims.client, claims.token_id
        if not self._this_turn:
            asyncio.get_running_loop().call_soon(self._this_turn.clear)
        if mark not in self._this_turn:
            with self._asking() as ledger:
                self._this_turn[mark] = ledger.standing(*mark)
        return self._this_turn[mark]

    def is_still_good(self, caller: Caller) -> bool:
        """Whether who was let in would be let in now; for answers that go on for long."""
        claims = caller.token
        with self._asking() as ledger:
            found = ledger.standing(claims.client, claims.token_id)
        return self._clock() < claims.expires_at and _holder(found, claims) is not None

    def stranger(self, request: Request) -> None:
        """Let in whoever asks, but not too often.

        Raises:
            Refused: 429.
        """
        self._take(request, _UNKNOWN)

    async def issue(self, request: Request, client_id: str, secret: str) -> str:
        """A token for whoever knows a client's secret.

        Raises:
            Refused: 401, 429, 503; the same words for every way of not knowing.
        """
        here = grouped(self.address(request))
        self._take(request, _LOGINS)
        self._look(request, here, client_id)
        if self._waiting >= _WAITING:
            raise Refused(503, "overloaded", "too many log in just now", headers=_later(1))
        self._waiting += 1
        try:
            now = self._clock()
            with self._asking() as ledger:
                client = ledger.client(client_id)
                secrets = ledger.secrets(client_id) if client else ()
            hashes = [
                one.hash for one in secrets if one.valid_until is None or one.valid_until > now
            ]
            is_right = await self._hashing.run(
                lambda: self._verify(here, client_id, hashes, secret)
            )
        finally:
            self._waiting -= 1
        event = Event(
            now, "token_issued", client_id, self.address(request), request.scope["request_id"], None
        )
        if is_right is None:
            self._look(request, here, client_id)
        if not is_right or client is None or client.revoked_at is not None:
            self._limits.take(_WRONG_HERE, here)
            self._limits.take(_WRONG_THERE, client_id)
            # Nobody has proved to be that client: the event is a stranger's.
            known = client_id if client else "no client of ours"
            self._audit.of_stranger(event._replace(name="login_failed", client=None, detail=known))
            raise Refused(
                401,
                "invalid_client",
                "no client with this id and secret",
                headers={"WWW-Authenticate": "Bearer"},
            )
        self._audit.security(event)
        return self._tokens.issue(client.id, self._begins(client.id, now))

    def _begins(self, client: str, now: int) -> int:
        """When a new token begins, which tells its second and no more.

        Where others of this very second are refused (a restore, all tokens refused), the next one.
        """
        with self._asking() as ledger:
            found = ledger.standing(client, _NEW)
        refused_before = found[1] if found else 0
        return refused_before + 999 if refused_before // 1000 == now // 1000 else now

    def _verify(self, here: str, client_id: str, hashes: list[str], secret: str) -> bool | None:
        """Whether it is the secret; None where meanwhile too many were wrong to look."""
        if self._limits.peek(_WRONG_HERE, here) or self._limits.peek(_WRONG_THERE, client_id):
            return None
        return verify_secret(hashes, secret)

    def _look(self, request: Request, here: str, client_id: str) -> None:
        """Refuse before any work is spent, where too many secrets were wrong."""
        waits = (self._limits.peek(_WRONG_HERE, here), self._limits.peek(_WRONG_THERE, client_id))
        if any(waits):
            self._tell_limit(request, here)
            raise _too_often(max(wait or 0 for wait in waits))

    def _claims(self, token: str, now: int) -> Claims:
        """What a token says; its signature is looked at once."""
        known = self._read.get(token)
        if known is not None and now < known.expires_at:
            return known
        claims = self._tokens.read(token, now)
        if len(self._read) >= _KNOWN_TOKENS:
            self._read.clear()
        self._read[token] = claims
        return claims

    def _failed(self, request: Request, client: str | None, reason: str) -> Refused:
        """A token that opens nothing."""
        address = self.address(request)
        wait = self._limits.take(_FAILED, grouped(address))
        if wait is not None:
            self._tell_limit(request, grouped(address))
            return _too_often(wait)
        event = Event(
            self._clock(), "token_refused", client, address, request.scope["request_id"], reason
        )
        self._audit.of_stranger(event)
        return _unauthorized(reason, error="invalid_token")

    def _take(self, request: Request, rate: Rate) -> None:
        here = grouped(self.address(request))
        wait = self._limits.take(rate, here)
        if wait is not None:
            self._tell_limit(request, here)
            raise _too_often(wait)

    def _tell_limit(self, request: Request, here: str) -> None:
        """Once a minute."""
        if self._limits.take(_TOLD, here) is None:
            self._audit.of_stranger(
                Event(
                    self._clock(),
                    "rate_limited",
                    None,
                    self.address(request),
                    request.scope["request_id"],
                    None,
                )
            )


def _holder(found: tuple[Client, int] | None, claims: Claims) -> Client | None:
    """The client that a token lets in, by what the ledger says; None where it was revoked."""
    return None if found is None or claims.issued_at < found[1] else found[0]


def _unauthorized(detail: str, error: str | None = None) -> Refused:
    challenge = (
        "Bearer" if error is None else f'Bearer error="{error}", error_description="{detail}"'
    )
    return Refused(401, error or "unauthorized", detail, headers={"WWW-Authenticate": challenge})


def _later(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(int(seconds) + 1)}


def _too_often(wait: float) -> Refused:
    return Refused(
        429, "too_many_requests", "too many requests; wait, then try again", headers=_later(wait)
    )
