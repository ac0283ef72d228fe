"""Log-ins, questions and the audit log, for the tests of who gets in."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx

from meterctl.ledger.access import Event
from tests.helpers import run_program
from tests.http.posting import looking_at
from tests.http.served import Served


def added(at: Served, name: str, scope: str, *more: str) -> tuple[str, str]:
    """Another client: its id and secret."""
    ran = run_program(["clients", "add", name, "--scope", scope, "--json", *more], at.environment)
    assert ran.code == 0, ran.err
    return ran.json["id"], ran.json["secret"]


def log_in(at: Served, client: str, secret: str) -> httpx.Response:
    """A log-in."""
    given = {"clientId": client, "clientSecret": secret}
    return httpx.post(f"{at.url}/auth/token", json=given, timeout=30)


def token_of(at: Served, login: tuple[str, str]) -> str:
    """A token."""
    answer = log_in(at, *login)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def current(at: Served, token: str, **headers: str) -> httpx.Response:
    """A question on a connection of its own, so that any worker may take it."""
    return httpx.get(
        f"{at.url}/readings/current", headers={"Authorization": f"Bearer {token}"} | headers
    )


def events(at: Served) -> list[Event]:
    """The audit log, newest first."""
    ledger = looking_at(at.environment)
    try:
        return ledger.events(10_000)
    finally:
        ledger.close()


def eventually(found: Callable[[], bool]) -> bool:
    """Whether something comes true soon: events are written after the answer."""
    end = time.monotonic() + 5
    while not found():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
