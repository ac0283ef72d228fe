"""What a typed value is held against: what was trusted and usual before the time it was read."""

from __future__ import annotations

import pytest

from meterctl.domain.quantity import format_quantity, parse_quantity
from meterctl.domain.slips import Slip
from meterctl.services.history import of_late
from meterctl.services.record import prepare, store
from meterctl.services.session import Session
from meterctl.services.slips import suspected_slip
from tests.helpers import INVERTER, METER, instant


def record(session: Session, at: str, **values: str) -> None:
    """Store values at a time."""
    meters = session.ledger.meters()
    store(session, prepare(meters, session.zones, values, session.now, session.source, at=at))


def slip(session: Session, typed: str, at: str) -> Slip | None:
    """What is suspected of a value of the meter."""
    return suspected_slip(session, METER, parse_quantity(typed), instant(at))


@pytest.fixture(autouse=True)
def _a_fortnight(session: Session) -> None:
    """Nine a day, and once, on the 7th, thirty more."""
    for day in range(1, 15):
        value = 18000 + 9 * day + (30 if day >= 7 else 0)
        record(session, f"2026-03-{day:02} 07:00", meter=f"{value}.4", inverter="4")


def test_of_late(session: Session) -> None:
    """The usual use and the most, of the days before; what was read later is not known yet."""
    record(session, "2026-05-01 07:00", meter="29000.4")
    usual, most = of_late(session.ledger, session.zones, METER, instant("2026-03-15 06:00"))
    assert (usual, most) == (11_300_000, 39_000_000)
    assert of_late(session.ledger, session.zones, METER, instant("2026-02-01 07:00")) == (None, 0)


def test_a_slip(session: Session) -> None:
    """It is held against the value before."""
    found = slip(session, "18615.4", "2026-03-15 07:00")
    assert found is not None
    assert format_quantity(found.value) == "18165.4"
    assert format_quantity(found.typed_use) == "459"


def test_as_much_as_before(session: Session) -> None:
    """What was used in a day of late may be used again."""
    assert slip(session, "18201.4", "2026-03-15 07:00") is None


def test_the_value_before_is_in_doubt(session: Session) -> None:
    """Then it is the one before that which counts."""
    record(session, "2026-03-14 20:00", meter="1816.34")
    found = slip(session, "18615.4", "2026-03-15 07:00")
    assert found is not None
    assert format_quantity(found.typed_use) == "459"


def test_a_new_meter(session: Session) -> None:
    """Before there is anything to compare with, nothing is suspected."""
    assert slip(session, "99999", "2026-02-01 07:00") is None


def test_a_counter_of_the_day(session: Session) -> None:
    """It is held against whole days, at any hour."""
    at = instant("2026-03-15 07:00")
    assert suspected_slip(session, INVERTER, 0, at) is None
    found = suspected_slip(session, INVERTER, parse_quantity("42"), at)
    assert found is not None
    assert format_quantity(found.value) == "4.2"
