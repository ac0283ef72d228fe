"""The services behind `meters`."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Device, Direction, Kind, Meter
from meterctl.errors import Conflict, MeterError, TimeError, UnknownMeter
from meterctl.ledger.port import EntryKind
from meterctl.ledger.store import SqlLedger
from meterctl.services.amend import void
from meterctl.services.meters import add, change, replace
from meterctl.services.record import prepare, store
from meterctl.services.session import Session
from tests.helpers import METER, NOW, instant, reading

GAS = Meter("gas", "gas", "m³", Kind.REGISTER, Direction.CONSUMPTION)
SWAP = instant("2026-03-01 10:00")


def record(session: Session, at: str, value: str) -> None:
    """Store a value of the main meter."""
    values = {"meter": value}
    meters = session.ledger.meters()
    store(session, prepare(meters, session.zones, values, session.now, session.source, at=at))


def swap(session: Session, **more: int | None) -> int:
    """Swap the main meter; how many readings moved."""
    values: dict[str, int | None] = {"at": SWAP, "final": None, "initial": 0} | more
    at, final, initial = values["at"], values["final"], values["initial"]
    assert at is not None
    return replace(session, "meter", at, serial=None, final=final, initial=initial or 0).moved


class TestAdd:
    """A further meter."""

    def test_it_is_there(self, session: Session, ledger: SqlLedger) -> None:
        """After those that were there before."""
        add(session, GAS)
        assert ledger.meters()[-1] == GAS

    def test_it_is_there_already(self, session: Session) -> None:
        """The hint names what changes one."""
        with pytest.raises(MeterError) as caught:
            add(session, METER)
        assert caught.value.hint == "meterctl meters set meter"

    def test_its_device_comes_in_the_future(self, session: Session, ledger: SqlLedger) -> None:
        """A slip in the year would refuse every reading until then."""
        later = GAS._replace(devices=(Device(1, None, NOW + 86_400_000),))
        with pytest.raises(TimeError, match="in the future"):
            add(session, later)
        assert len(ledger.meters()) == 2


class TestChange:
    """What is declared of a meter."""

    def test_its_readings_are_judged_anew(self, session: Session, ledger: SqlLedger) -> None:
        """Those of every device."""
        record(session, "2026-02-01 07:00", "0")
        record(session, "2026-02-02 07:00", "100")
        swap(session, final=200_000_000)
        record(session, "2026-03-02 10:00", "100")
        assert list(ledger.flagged()) == []
        (meter, *_) = ledger.meters()
        change(session, meter._replace(max_per_hour=1_000_000))
        assert {flagged.reading.device for flagged in ledger.flagged()} == {1, 2}

    def test_the_serial_of_the_device_that_stands(
        self, session: Session, ledger: SqlLedger
    ) -> None:
        """The ones before keep theirs."""
        swap(session)
        (meter, *_) = ledger.meters()
        change(session, meter, "B2")
        assert [device.serial for device in ledger.meters()[0].devices] == [None, "B2"]

    def test_an_unknown_meter(self, session: Session) -> None:
        """It cannot be changed."""
        with pytest.raises(UnknownMeter):
            change(session, GAS)


class TestReplace:
    """A swap."""

    def test_it_is_one_entry(self, session: Session, ledger: SqlLedger) -> None:
        """Final and initial value, and what moved, are written together."""
        record(session, "2026-03-02 07:00", "4")
        record(session, "2026-03-03 07:00", "6")
        assert swap(session, final=100_000_000) == 2
        entry = ledger.entry(ledger.counts().entries)
        assert entry is not None
        assert entry.kind is EntryKind.REPLACEMENT
        written = [(one.device, one.value) for one in ledger.entry_readings(entry.number)]
        assert written == [
            (1, 100_000_000),
            (1, None),
            (1, None),
            (2, 0),
            (2, 4_000_000),
            (2, 6_000_000),
        ]

    def test_a_reading_at_its_very_instant(self, session: Session, ledger: SqlLedger) -> None:
        """It is the old device's last one, and stays there."""
        record(session, "2026-03-01 10:00", "100")
        assert swap(session) == 0
        assert [one.device for one in ledger.current("meter")] == [1, 2]

    def test_a_void_reading_after_it(self, session: Session, ledger: SqlLedger) -> None:
        """It never was: nothing moves."""
        record(session, "2026-03-02 07:00", "4")
        void(session, reading("4", "2026-03-02 07:00").slot, "no")
        assert swap(session) == 0
        assert [one.value for one in ledger.current("meter", device=2)] == [0]

    def test_another_final_value_is_stored(self, session: Session, ledger: SqlLedger) -> None:
        """A conflict; no device is added."""
        record(session, "2026-03-01 10:00", "100")
        with pytest.raises(Conflict):
            swap(session, final=101_000_000)
        assert len(ledger.meters()[0].devices) == 1

    def test_twice(self, session: Session, ledger: SqlLedger) -> None:
        """Told again it is done already; another swap is of the second device, and comes later."""
        swap(session, final=900_000_000)
        swap(session, final=900_000_000)
        for other in ({"at": SWAP - 1}, {"final": 901_000_000}, {"initial": 5_000_000}):
            with pytest.raises(MeterError, match="device 2 of meter stands only since"):
                swap(session, **({"final": 900_000_000} | other))
        swap(session, at=SWAP + 1)
        assert [device.number for device in ledger.meters()[0].devices] == [1, 2, 3]

    def test_in_the_future(self, session: Session) -> None:
        """It is noted when it has been."""
        with pytest.raises(TimeError):
            swap(session, at=NOW + 120_000)
