"""Who may use the ledger over HTTP: clients, their secrets, and what is refused at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from meterctl.domain.meters import meter_named
from meterctl.domain.times import DAY, iso_utc, refuse_future
from meterctl.errors import DataError, UsageError, shown
from meterctl.ledger.access import Client, Event, Secret
from meterctl.ledger.port import Ledger
from meterctl.services.health import ROTATE_FROM, ROTATED_AFTER, Check, Grade
from meterctl.services.session import Session

SCOPES = ("read", "record", "push")
NAME_LIMIT = 60


class State(StrEnum):
    """How a client stands."""

    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"  # none of its secrets is valid any more


class Given(NamedTuple):
    """A client with a secret that is shown once; `old_until` is until when those before count."""

    client: Client
    secret: str
    old_until: int | None = None


class Listed(NamedTuple):
    """A client as it is listed."""

    client: Client
    state: State
    secret_since: int | None  # when its newest secret was made
    secrets: int  # how many of them are valid


class Maker(NamedTuple):
    """What makes ids and secrets, and hashes them."""

    client_id: Callable[[], str]
    secret: Callable[[], str]
    hash: Callable[[str], str]


def add(
    session: Session,
    name: str,
    scopes: Sequence[str],
    meters: Sequence[str] | None,
    maker: Maker,
) -> Given:
    """Add a client.

    Raises:
        UsageError: no scope, or one that there is not.
        DataError: a name that cannot be one, or is taken; a meter that there is not.
    """
    wanted = _scopes(scopes)
    _check_name(name)
    secret = maker.secret()
    hashed = maker.hash(secret)
    ledger, now = session.ledger, session.now
    with ledger.writing():
        for other in ledger.clients():
            if name in (other.name, other.id):
                raise DataError(
                    f"there is a client {shown(name)} already", "choose another name for this one"
                )
        known = ledger.meters()
        ids = None
        if meters is not None:
            ids = tuple(dict.fromkeys(meter_named(known, one).id for one in meters))
        client = Client(maker.client_id(), name, wanted, ids, now, None, None)
        ledger.add_client(client, Secret(hashed, now, None))
        allowed = "all meters" if ids is None else ", ".join(ids)
        _note(session, "client_added", client.id, f"{name}: {', '.join(wanted)}; {allowed}")
    return Given(client, secret)


def rotate(session: Session, name: str, overlap: int, maker: Maker) -> Given:
    """Give a client another secret; those before are valid for `overlap` milliseconds more.

    Raises:
        DataError: there is no such client, or it was revoked.
    """
    secret = maker.secret()
    hashed = maker.hash(secret)
    ledger, now = session.ledger, session.now
    with ledger.writing():
        client = named(ledger, name)
        if client.revoked_at is not None:
            raise DataError(
                f"client {client.name} was revoked at {iso_utc(client.revoked_at)}",
                "add a new one: meterctl clients add NAME",
            )
        ledger.add_secret(client.id, Secret(hashed, now, None), now + overlap)
        _note(
            session, "secret_rotated", client.id, f"old ones valid until {iso_utc(now + overlap)}"
        )
    return Given(client, secret, now + overlap)


def revoke(session: Session, name: str) -> Client:
    """Refuse a client and all its tokens, from its next request on.

    Raises:
        DataError: there is no such client.
    """
    with session.ledger.writing():
        client = named(session.ledger, name)
        session.ledger.revoke_client(client.id, session.now)
        _note(session, "client_revoked", client.id, client.name)
    return client


def refuse_token(session: Session, token_id: str) -> None:
    """Refuse one token, from its next request on."""
    with session.ledger.writing():
        session.ledger.refuse_token(token_id, session.now)
        _note(session, "token_refused_for_good", None, token_id)


def refuse_issued_before(session: Session, instant: int, name: str | None = None) -> Client | None:
    """Refuse the tokens that were issued before an instant: a client's, or all.

    Raises:
        DataError: there is no such client.
        TimeError: the instant is to come, so that nobody could log in until then.
    """
    refuse_future(instant, session.now, session.zones.default)
    with session.ledger.writing():
        client = None if name is None else named(session.ledger, name)
        session.ledger.refuse_tokens_before(instant, None if client is None else client.id)
        of = None if client is None else client.id
        _note(session, "tokens_refused", of, f"those issued before {iso_utc(instant)}")
    return client


def listed(ledger: Ledger, now: int) -> list[Listed]:
    """All clients."""
    found = []
    for client in ledger.clients():
        secrets = ledger.secrets(client.id)
        valid = [one for one in secrets if one.valid_until is None or one.valid_until > now]
        state = State.ACTIVE if valid else State.EXPIRED
        if client.revoked_at is not None:
            state = State.REVOKED
        since = secrets[0].created_at if secrets else None
        found.append(Listed(client, state, since, len(valid)))
    return found


def named(ledger: Ledger, name: str) -> Client:
    """The client with this name or id.

    Raises:
        DataError: there is none.
    """
    for client in ledger.clients():
        if name in (client.name, client.id):
            return client
    raise DataError(f"there is no client {shown(name)}", "see them: meterctl clients list")


def check_secrets(ledger: Ledger, now: int) -> Iterator[Check]:
    """Whether the clients' secrets are young enough; nothing where there are no clients."""
    unrevoked = [one for one in listed(ledger, now) if one.state is not State.REVOKED]
    is_well = bool(unrevoked)
    for client, state, since, _ in unrevoked:
        if state is State.EXPIRED:
            is_well = False
            yield Check(
                "clients:secrets",
                Grade.WARN,
                f"no secret of {client.name} is valid any more",
                f"meterctl clients rotate {client.id}, or revoke it",
            )
            continue
        age = now - (client.created_at if since is None else since)
        if age < ROTATE_FROM:
            continue
        is_well = False
        what = "should have been changed by" if age > ROTATED_AFTER else "is to be changed by"
        yield Check(
            "clients:secrets",
            Grade.WARN,
            f"the secret of {client.name} is {age // DAY} days old; it {what} day 90",
            f"meterctl clients rotate {client.id}",
        )
    if is_well:
        yield Check("clients:secrets", Grade.PASS, "all are younger than 76 days")


def _scopes(scopes: Sequence[str]) -> tuple[str, ...]:
    for scope in scopes:
        if scope not in SCOPES:
            raise UsageError(f"there is no scope {shown(scope)}", f"of {', '.join(SCOPES)}")
    if not scopes:
        raise UsageError("a client needs a scope", f"--scope {','.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in scopes)


def _check_name(name: str) -> None:
    if not name.isprintable() or name != name.strip() or not 1 <= len(name) <= NAME_LIMIT:
        raise DataError(
            f"{shown(name)} cannot be a client's name",
            f"use 1 to {NAME_LIMIT} letters, digits and spaces between them",
        )


def _note(session: Session, event: str, client: str | None, detail: str) -> None:
    session.ledger.note(Event(session.now, event, client, None, None, detail))
