"""Whole runs against an account that gives no receipts and knows no keys."""

from __future__ import annotations

from datetime import date

from meterctl.domain.meters import Meter
from meterctl.domain.readings import Slot
from meterctl.ledger.port import EntryKind, NewEntry
from meterctl.services.outstanding import Account
from meterctl.services.push import Means, push
from meterctl.services.pushed import Pushed
from meterctl.services.session import Session
from tests.helpers import METER, reading
from tests.utility.kraken.accounts import DE, UK, Stand
from tests.utility.stand import Passing

ACCOUNT = Account("octopus", since=date(2026, 11, 1))
DAY = 86_400_000


def recorded(session: Session) -> Slot:
    """A reading of yesterday evening."""
    one = reading("142", "2026-11-21 20:00")
    with session.ledger.writing():
        session.ledger.append(NewEntry(EntryKind.RECORD, session.source, session.now), [one])
    return one.slot


def pushed(session: Session, stand: Stand, days: int = 0, config: str = DE) -> Pushed:
    """A run so many days later, by a client that is new."""
    later = session._replace(now=session.now + days * DAY)
    means = Means(lambda: later.now, Passing().pace, 300, 5)
    return push(later, stand.account(config), ACCOUNT, means, session.ledger.meters())


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


OTHER = METER._replace(id="other", column="other")
_DAY = '[meters.day]\nmpan = "1200000000002"\nserial = "21L0000002"\nregister = "01"\n'


def held(session: Session, value: str, at: str, meter: Meter = METER) -> None:
    """A reading of a meter, which may be new."""
    ledger = session.ledger
    with ledger.writing():
        if meter.id in {one.id for one in ledger.meters()}:
            ledger.set_meter(meter)
        else:
            ledger.add_meter(meter)
        found = [reading(value, at, meter)]
        ledger.append(NewEntry(EntryKind.RECORD, session.source, session.now), found)


def states(session: Session) -> list[tuple[str, str]]:
    """Of each submission the meter and the state."""
    return sorted((one.slot.meter, one.state.value) for one in session.ledger.submissions())


def test_meter_without_a_table(session: Session, stand: Stand) -> None:
    """It stays due, the others go, and the run says which setting is missing."""
    held(session, "5", "2026-11-20 20:00", OTHER)
    recorded(session)
    run = pushed(session, stand)
    assert states(session) == [("meter", "accepted"), ("other", "due")]
    assert run.error is not None
    assert "[meters.other]" in run.error.hint


def test_setting_that_is_mended(session: Session, stand: Stand) -> None:
    """What could not be told as it was, goes when the settings say how."""
    held(session, "142.3", "2026-11-21 20:00", METER._replace(decimals=1))
    with session.ledger.writing():
        session.ledger.set_serial("meter", 1, "21L0000001")
    pushed(session, stand, config=UK)
    assert states(session) == [("meter", "due")]
    pushed(session, stand, config=f'rounding = "truncate"{UK}')
    assert states(session) == [("meter", "accepted")]
    assert stand.values() == ["142"]


def test_errors_without_data(session: Session, stand: Stand) -> None:
    """A time-out on the way there proves nothing: it is asked about, and no other way is taken."""
    recorded(session)
    stand.goes_wrong('do = "body"; body = \'{"errors": [{"message": "upstream timeout"}]}\'')
    run = pushed(session, stand)
    assert (run.stopped, run.accepted) == (None, 1)
    assert stand.values() == ["142"]


def test_shown_late_for_all(session: Session, stand: Stand) -> None:
    """An account that shows readings a day later is not out of reach: each of several goes."""
    stand.switch(hidden_minutes=1200)
    both = UK.replace("[meters.night]", _DAY + "[meters.night]")
    held(session, "142", "2026-11-21 20:00")
    with session.ledger.writing():
        session.ledger.set_serial("meter", 1, "21L0000001")
    for name in ("day", "night"):
        held(session, "9", "2026-11-21 20:01", METER._replace(id=name, column=name))
    pushed(session, stand, config=both)
    assert states(session) == [("day", "unknown"), ("meter", "unknown"), ("night", "unknown")]
    assert len(stand.values()) == 3
