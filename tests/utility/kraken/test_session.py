"""Tokens: asked for first, renewed once, and a reading that never left because there was none."""

from __future__ import annotations

import socket

import pytest

from meterctl.utility.kraken.account import Account
from meterctl.utility.kraken.settings import settings_of
from meterctl.utility.port import (
    Accepted,
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Refused,
)
from tests.utility.kraken.accounts import DE, KEY, REQUEST, UK, Stand, given, submitted
from tests.utility.wild import Behaviour, answer, answering, until_gone, wild


@pytest.mark.parametrize("config", [UK, DE])
def test_wrong_key(stand: Stand, config: str) -> None:
    """Not allowed; nothing counts, and the key is told to nobody."""
    account = stand.account(config, key="a-wrong-key")
    for outcome in (submitted(account), account.ask(REQUEST, 5), account.probe(5)):
        assert isinstance(outcome, Refused)
        assert outcome.why.startswith("it does not let us: Invalid data: Please make sure")
        assert "a-wrong-key" not in repr(outcome)
    assert stand.values() == []


def test_address_and_password(stand: Stand) -> None:
    """They open the same account."""
    url = f"{stand.server.url}/v1/graphql/"
    settings = settings_of("kraken", given(UK, url, None, "me@example.org", KEY))
    assert isinstance(submitted(Account(settings)), Accepted)


def test_token_is_kept(stand: Stand) -> None:
    """One token does for all requests of a run."""
    account = stand.account(DE)
    for day in range(3):
        submitted(account, at=REQUEST.at - day * 86_400_000, value=(9 - day) * 1_000_000)
    assert stand.asked() == 4


@pytest.mark.parametrize("code", ["KT-CT-1120", "KT-CT-1124"])
def test_token_expires(stand: Stand, code: str) -> None:
    """A new one is asked for, and the reading, which was not looked at, counts once."""
    stand.switch(expired_code=code)
    account = stand.account(DE)
    assert isinstance(account.probe(5), NotThere)
    stand.clock.now += 3601
    assert isinstance(submitted(account), Accepted)
    assert stand.asked() == 2 + 3
    assert stand.values() == ["142"]


def test_token_that_is_never_accepted(stand: Stand) -> None:
    """It is renewed once, and not for ever."""
    stand.switch(token_minutes=0)
    assert isinstance(submitted(stand.account()), Refused)
    assert stand.asked() == 4


@pytest.mark.parametrize("limit", [1, 2])
def test_too_many(stand: Stand, limit: int) -> None:
    """It was not looked at; it does not say until when to wait."""
    stand.switch(limit=limit)
    account = stand.account(DE)
    if limit == 2:
        account.probe(5)
    outcome = submitted(account)
    assert isinstance(outcome, NotTaken)
    assert outcome.wait == 600
    assert outcome.why == "Too many requests (KT-CT-1199)"
    assert stand.values() == []


NO_TOKEN: dict[str, tuple[Behaviour, bool]] = {
    "closed": (lambda _end: None, False),
    "silent": (until_gone, False),
    "failing": (answering(answer("503 Busy", b"", "Retry-After: 7")), False),
    "a web page": (answering(answer("200 OK", b"<html>Sign in</html>")), True),
    "no token": (answering(answer("200 OK", b'{"data": {"obtainKrakenToken": null}}')), True),
    "an odd token": (
        answering(answer("200 OK", '{"data": {"obtainKrakenToken": {"token": "ü"}}}'.encode())),
        True,
    ),
    "elsewhere": (answering(answer("302 Found", b"", "Location: http://127.0.0.1:9/")), True),
}


@pytest.mark.parametrize(("behave", "nonsense"), NO_TOKEN.values(), ids=list(NO_TOKEN))
def test_no_token_to_be_had(behave: Behaviour, *, nonsense: bool) -> None:
    """Whatever became of that request: the reading has not left."""
    with wild(behave) as server:
        outcome = submitted(Account(settings_of("kraken", given(UK, server.url))), 0.5)
    assert isinstance(outcome, NotTaken)
    assert outcome.nonsense == nonsense
    assert len(server.requests) == 1


def test_nobody_there() -> None:
    """The connection is refused: another way may fare better."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    outcome = submitted(Account(settings_of("kraken", given(UK, url))))
    assert isinstance(outcome, NotTaken)
    assert outcome.unreached


def test_wrong_path(stand: Stand) -> None:
    """Nothing takes readings there."""
    url = f"{stand.server.url}/graphql"
    account = Account(settings_of("kraken", given(UK, url)))
    assert isinstance(submitted(account), Misconfigured)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect(stand: Stand, status: int) -> None:
    """It is not followed: neither the reading nor the token goes elsewhere."""
    with wild(answering(answer("200 OK", b"{}"))) as elsewhere:
        stand.goes_wrong(f'do = "redirect"; status = {status}; location = "{elsewhere.url}"')
        assert isinstance(submitted(stand.account()), Lost)
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Refused), (403, Refused), (404, Misconfigured), (429, NotTaken)]
)
def test_refused_on_the_way(stand: Stand, status: int, kind: type) -> None:
    """A gateway before it answers by its status: the mutation did not get there."""
    stand.goes_wrong(f'do = "status"; status = {status}; headers = {{ Retry-After = "7" }}')
    outcome = submitted(stand.account())
    assert isinstance(outcome, kind)
    if isinstance(outcome, NotTaken):
        assert outcome.wait == pytest.approx(7, abs=1)
    assert stand.values() == []
