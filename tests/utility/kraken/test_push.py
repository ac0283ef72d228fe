"""Whole runs against an account that gives no receipts and knows no keys."""

from __future__ import annotations

from datetime import date

from meterctl.domain.readings import Slot
from meterctl.ledger.port import EntryKind, NewEntry
from meterctl.services.outstanding import Account
from meterctl.services.push import Means, push
from meterctl.services.pushed import Pushed
from meterctl.services.session import Session
from tests.helpers import reading
from tests.utility.kraken.accounts import DE, Stand
from tests.utility.stand import Passing

ACCOUNT = Account("octopus", since=date(2026, 11, 1))
DAY = 86_400_000


def recorded(session: Session) -> Slot:
    """A reading of yesterday evening."""
    one = reading("142", "2026-11-21 20:00")
    with session.ledger.writing():
        session.ledger.append(NewEntry(EntryKind.RECORD, session.source, session.now), [one])
    return one.slot


def pushed(session: Session, stand: Stand, days: int = 0) -> Pushed:
    """A run so many days later, by a client that is new."""
    later = session._replace(now=session.now + days * DAY)
    means = Means(lambda: later.now, Passing().pace, 300, 5)
    return push(later, stand.account(DE), ACCOUNT, means, session.ledger.meters())


def state(session: Session) -> str:
    """That of the one submission."""
    (one,) = session.ledger.submissions()
    return one.state.value


def test_lost_answer(session: Session, stand: Stand) -> None:
    """It is found among the readings that the account shows, in the same run."""
    recorded(session)
    stand.goes_wrong('do = "reset-after"')
    assert pushed(session, stand).accepted == 1
    (one,) = session.ledger.submissions()
    assert one.receipt == "2026-11-21 1-0:1.8.0 142 kWh"
    assert stand.values() == ["142"]


def test_shown_late(session: Session, stand: Stand) -> None:
    """What is not shown yet is not sent again; the next run finds it."""
    recorded(session)
    stand.switch(hidden_minutes=60)
    stand.goes_wrong('do = "reset-after"')
    pushed(session, stand)
    assert state(session) == "unknown"
    stand.clock.now += DAY / 1000
    pushed(session, stand, 1)
    assert state(session) == "accepted"
    assert stand.values() == ["142"]


def test_never_arrived(session: Session, stand: Stand) -> None:
    """Only when it would have been shown long since is it sent again, by whichever run."""
    recorded(session)
    stand.goes_wrong('do = "reset-before"')
    pushed(session, stand)
    pushed(session, stand, 1)
    assert state(session) == "unknown"
    assert stand.values() == []
    pushed(session, stand, 3)
    assert state(session) == "accepted"
    assert stand.values() == ["142"]
