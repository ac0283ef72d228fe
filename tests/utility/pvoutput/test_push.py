"""Whole runs against a system at PVOutput."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from meterctl.domain.due import Policy, Why
from meterctl.ledger.port import EntryKind, NewEntry
from meterctl.services.outstanding import Account
from meterctl.services.push import Means, push
from meterctl.services.pushed import Pushed
from meterctl.services.session import Session
from tests.helpers import INVERTER, reading
from tests.utility.pvoutput.systems import Stand
from tests.utility.stand import Passing

METER = INVERTER._replace(submitted=True)


def recorded(session: Session, readings: Sequence[tuple[str, str]]) -> None:
    """What the inverter showed, each with its time."""
    ledger = session.ledger
    with ledger.writing():
        ledger.set_meter(METER)
        found = [reading(value, at, METER) for value, at in readings]
        ledger.append(NewEntry(EntryKind.RECORD, session.source, session.now), found)


def pushed(session: Session, stand: Stand, policy: Policy, config: str = "") -> Pushed:
    """A run, by a client that is new."""
    way = stand.way(config)
    account = Account("pvoutput", policy, since=date(2026, 11, 1), whole_days=way.bounds.whole_days)
    means = Means(lambda: session.now, Passing().pace, 300, 5)
    return push(session, way, account, means, [METER])


def test_days(session: Session, stand: Stand) -> None:
    """The last reading of each day is its total; today's is withheld until midnight."""
    readings = [("5", "2026-11-20 12:00"), ("12.3", "2026-11-20 20:00"), ("9", "2026-11-21 20:00")]
    recorded(session, [*readings, ("1", "2026-11-22 11:00")])
    run = pushed(session, stand, Policy.DAILY)
    assert [row.state.value for row in run.submissions] == ["accepted", "accepted"]
    assert [(held.why, held.readings) for held in run.withheld] == [(Why.UNFINISHED, 1)]
    assert stand.energies() == [("2026-11-20", "g", 12_300), ("2026-11-21", "g", 9_000)]


def test_statuses(session: Session, stand: Stand) -> None:
    """They go together, the one that is refused keeps no other back, and each goes once."""
    readings = [("1", "2026-11-21 09:00"), ("251", "2026-11-21 10:00"), ("3", "2026-11-21 11:00")]
    recorded(session, readings)
    run = pushed(session, stand, Policy.EVERY, 'service = "status"')
    assert [row.state.value for row in run.submissions] == ["accepted", "rejected", "accepted"]
    assert stand.asked() == 1
    pushed(session, stand, Policy.EVERY, 'service = "status"')
    assert stand.asked() == 1


def test_statuses_lost(session: Session, stand: Stand) -> None:
    """A lost answer leaves all of its request in doubt; each is found in the same run."""
    recorded(session, [("1", "2026-11-21 09:00"), ("3", "2026-11-21 11:00")])
    stand.goes_wrong('do = "reset-after"')
    run = pushed(session, stand, Policy.EVERY, 'service = "status"')
    assert [row.state.value for row in run.submissions] == ["accepted", "accepted"]
    assert [energy for *_, energy in stand.energies()] == [1_000, 3_000]
