"""Whole runs against a system at PVOutput."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from meterctl.domain.due import Policy, Why
from meterctl.domain.meters import Direction, Meter
from meterctl.ledger.port import EntryKind, NewEntry
from meterctl.services.outstanding import Account
from meterctl.services.push import Means, push
from meterctl.services.pushed import Pushed
from meterctl.services.session import Session
from tests.helpers import INVERTER, instant, meterctl_environment, reading, run_program
from tests.utility.pvoutput.systems import Stand, submitted
from tests.utility.stand import Passing

METER = INVERTER._replace(submitted=True)


def recorded(session: Session, readings: Sequence[tuple[str, str]]) -> None:
    """What the inverter showed, each with its time."""
    ledger = session.ledger
    with ledger.writing():
        ledger.set_meter(METER)
        found = [reading(value, at, METER) for value, at in readings]
        ledger.append(NewEntry(EntryKind.RECORD, session.source, session.now), found)


def pushed(
    session: Session,
    stand: Stand,
    policy: Policy,
    config: str = "",
    meters: Sequence[Meter] = (METER,),
) -> Pushed:
    """A run, by a client that is new."""
    way = stand.way(config)
    account = Account("pvoutput", policy, since=date(2026, 11, 1), whole_days=way.bounds.whole_days)
    means = Means(lambda: session.now, Passing().pace, 300, 5)
    return push(session, way, account, means, meters)


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
    assert stand.asked() == 2
    pushed(session, stand, Policy.EVERY, 'service = "status"')
    assert stand.asked() == 2


def test_statuses_lost(session: Session, stand: Stand) -> None:
    """A lost answer leaves all of its request in doubt; each is found in the same run."""
    recorded(session, [("1", "2026-11-21 09:00"), ("3", "2026-11-21 11:00")])
    stand.goes_wrong('do = "reset-after"')
    run = pushed(session, stand, Policy.EVERY, 'service = "status"')
    assert [row.state.value for row in run.submissions] == ["accepted", "accepted"]
    assert [energy for *_, energy in stand.energies()] == [1_000, 3_000]


SOLD = INVERTER._replace(id="sold", column="sold", direction=Direction.TO_GRID, submitted=True)
BOUGHT = INVERTER._replace(
    id="bought", column="bought", direction=Direction.FROM_GRID, submitted=True
)


def held(session: Session, meter: Meter, *readings: tuple[str, str]) -> None:
    """What a meter showed, which may be new, each with its time."""
    ledger = session.ledger
    with ledger.writing():
        if meter.id in {one.id for one in ledger.meters()}:
            ledger.set_meter(meter)
        else:
            ledger.add_meter(meter)
        found = [reading(value, at, meter) for value, at in readings]
        ledger.append(NewEntry(EntryKind.RECORD, session.source, session.now), found)


def all_pushed(session: Session, stand: Stand, minutes: int = 0, config: str = "") -> Pushed:
    """A run of all meters that are submitted, so much later, by a client that is new."""
    later = session._replace(now=session.now + minutes * 60_000)
    meters = [one for one in later.ledger.meters() if one.submitted and one.id != "meter"]
    return pushed(later, stand, Policy.EVERY if config else Policy.DAILY, config, meters)


def states(session: Session) -> list[tuple[str, str]]:
    """Of each submission the meter and the state, oldest first."""
    rows = list(session.ledger.submissions())[::-1]
    return [(one.slot.meter, one.state.value) for one in rows]


def test_days_without_a_generation(session: Session, stand: Stand) -> None:
    """Two of them, oldest of all, keep nothing back; they go when theirs is there."""
    held(session, BOUGHT, ("1", "2026-11-10 20:00"), ("1", "2026-11-11 20:00"))
    held(session, METER, ("7", "2026-11-12 20:00"), ("8", "2026-11-13 20:00"))
    run = all_pushed(session, stand)
    assert [energy for *_, energy in stand.energies()] == [7_000, 8_000]
    assert (run.accepted, run.pending, run.stopped) == (2, 2, None)
    held(session, METER, ("5", "2026-11-10 20:01"))
    all_pushed(session, stand)
    all_pushed(session, stand)
    assert stand.energies()[2:] == [("2026-11-10", "g", 5_000), ("2026-11-10", "ip", 1_000)]


def test_old_value_in_another_run(session: Session, stand: Stand) -> None:
    """It says first and works after: a run that knows nothing of it gives no verdict either."""
    held(session, METER, ("9", "2026-11-20 20:00"))
    submitted(stand.way(), at=instant("2026-11-20 19:00"), value=1_000_000)
    stand.goes_wrong('do = "reset-before"')
    all_pushed(session, stand)
    all_pushed(session, stand, 9)
    assert states(session) == [("inverter", "unknown")]
    all_pushed(session, stand, 11)
    assert states(session) == [("inverter", "rejected")]


def test_export_that_is_lost(session: Session, stand: Stand) -> None:
    """What it shows then is 0: it stays in doubt until a person has looked, and is no rejection."""
    held(session, METER, ("9", "2026-11-20 20:00"))
    all_pushed(session, stand)
    held(session, SOLD, ("5", "2026-11-20 20:00"))
    stand.goes_wrong('do = "reset-before"')
    all_pushed(session, stand)
    run = all_pushed(session, stand, 1440)
    assert states(session) == [("inverter", "accepted"), ("sold", "unknown")]
    assert run.error is not None
    assert "submissions resolve" in run.error.hint


def test_two_meters_for_one_field(session: Session, stand: Stand) -> None:
    """The second one stays due, and both are named."""
    held(session, METER, ("9", "2026-11-20 20:00"))
    held(session, METER._replace(id="shed", column="shed"), ("4", "2026-11-20 20:01"))
    run = all_pushed(session, stand)
    assert states(session) == [("inverter", "accepted"), ("shed", "due")]
    assert run.error is not None
    assert "inverter and shed both go to g" in run.error.message
    assert stand.energies() == [("2026-11-20", "g", 9_000)]


def test_status_lost_on_the_way(session: Session, stand: Stand) -> None:
    """An earlier reading has its interval: after ten minutes the later one goes over it."""
    status = 'service = "status"'
    held(session, METER, ("1", "2026-11-21 10:01"))
    all_pushed(session, stand, config=status)
    held(session, METER, ("1.5", "2026-11-21 10:04"))
    stand.goes_wrong('do = "reset-before"')
    all_pushed(session, stand, config=status)
    assert states(session) == [("inverter", "accepted"), ("inverter", "unknown")]
    all_pushed(session, stand, 11, config=status)
    assert states(session) == [("inverter", "accepted"), ("inverter", "accepted")]
    assert [energy for *_, energy in stand.energies()] == [1_000, 1_500]


def test_meters_of_the_page(tmp_path: Path) -> None:
    """What docs/pvoutput.md says of a new ledger leaves those meters that have a day's total."""
    environment = meterctl_environment(tmp_path)
    page = (Path(__file__).parents[3] / "docs/pvoutput.md").read_text(encoding="utf-8")
    commands = re.findall(r"^meterctl (meters set .*)$", page, re.MULTILINE)
    assert len(commands) == 2
    assert run_program(["init"], environment).code == 0
    for command in commands:
        assert run_program(command.split(), environment).code == 0
    listed = run_program(["meters", "list", "--json"], environment).json["meters"]
    assert [one["kind"] for one in listed if one["submitted"]] == ["daily"]
