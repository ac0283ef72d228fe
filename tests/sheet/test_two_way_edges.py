"""Where two things that people do in the Sheet meet, or what they do meets what the ledger does."""

from __future__ import annotations

from collections import Counter

import pytest

from meterctl.domain.meters import Direction, Kind, Meter
from meterctl.ledger.port import Stretch
from meterctl.ledger.store import SqlLedger
from meterctl.services import meters
from meterctl.services.amend import correct, void
from meterctl.services.notices import About
from meterctl.services.session import Session
from tests.helpers import INVERTER, NOW, instant, reading
from tests.ledger.contract import record
from tests.sheet.person import Person
from tests.sheet.stand import Stand
from tests.sheet.two_way import DAY_1, DAY_2, DAY_3, TYPED_3, nothing_more, told, truth, values
from tests.stores import Store

GAS = Meter("gas", "gasM3", "m³", Kind.REGISTER, Direction.CONSUMPTION)
HEAT = Meter("heat", "heat", "kWh", Kind.INTERVAL, Direction.CONSUMPTION)


@pytest.fixture
def other(store: Store) -> SqlLedger:
    """Another machine's ledger."""
    return store.open("other")


def add(*ledgers: SqlLedger, meter: Meter = GAS) -> None:
    """A meter more, in each."""
    for ledger in ledgers:
        with ledger.writing():
            ledger.add_meter(meter)


class TestSeveralCellsOfOneTime:
    """Changed before the same read."""

    def test_a_row_and_what_was_typed(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Mended alike, they are one correction."""
        hands.types(timestamp="2026-02-02 06:00", meterValue=145)
        stand.sync(ledger)
        for row in (3, 4):
            hands.edits("meterValue", row, 146)
        done = stand.sync(ledger)
        assert (done.error, done.returned.corrected) == (None, 1)
        assert truth(ledger, reading("1", DAY_2)).value == 146_000_000
        nothing_more(stand, ledger)

    def test_a_row_and_its_correction(
        self, stand: Stand, ledger: SqlLedger, session: Session, hands: Person
    ) -> None:
        """The later one counts."""
        correct(session, reading("1", DAY_1).slot, 142_500_000, "misread")
        stand.sync(ledger)
        hands.edits("meterValue", 2, 150)
        hands.edits("meterValue", 4, 151)
        done = stand.sync(ledger)
        told(stand, ledger, done)
        assert (done.error, done.returned.corrected) == (None, 1)
        assert truth(ledger, reading("1", DAY_1)).value == 151_000_000
        nothing_more(stand, ledger)

    def test_a_value_filled_into_two_rows(
        self, stand: Stand, ledger: SqlLedger, hands: Person
    ) -> None:
        """It is one reading."""
        record(ledger, reading("7", DAY_3, INVERTER, note="a"))
        record(ledger, reading("150", DAY_3, note="b"))
        add(ledger)
        record(ledger, reading("1", "2026-02-05 07:00", GAS))
        stand.sync(ledger)
        for row in (4, 5):
            hands.edits("gasM3", row, 6)
        done = stand.sync(ledger)
        assert (done.error, done.returned.typed) == (None, 1)
        assert truth(ledger, reading("6", DAY_3, GAS)).value == 6_000_000
        nothing_more(stand, ledger)

    def test_two_that_were_typed(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """In conflict, then mended to say the same."""
        for value in (148, 149):
            hands.types(timestamp=TYPED_3, meterValue=value)
        told(stand, ledger, stand.sync(ledger))
        for row in (4, 5):
            hands.edits("meterValue", row, 150)
        told(stand, ledger, stand.sync(ledger))
        assert truth(ledger, reading("1", DAY_3)).value == 150_000_000
        assert list(ledger.flagged("meter")) == []
        nothing_more(stand, ledger)

    def test_two_rows_without_a_time(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Each is told."""
        for value in (148, 149):
            hands.types(timestamp="", meterValue=value)
            assert len(told(stand, ledger, stand.sync(ledger))) == 1


class TestAMeter:
    """That is changed here."""

    def test_its_column_gets_another_name(
        self, stand: Stand, ledger: SqlLedger, session: Session, hands: Person
    ) -> None:
        """Nothing was emptied; the new column is made with the next reading."""
        assert hands.tab.title
        meters.change(session, ledger.meters()[0]._replace(column="strom"))
        assert told(stand, ledger, stand.sync(ledger)) == []
        record(ledger, reading("148", DAY_3))
        done = stand.sync(ledger)
        assert (done.error, done.delivered.rows, told(stand, ledger, done)) == (None, 1, [])
        assert stand.values("strom") == Counter(["148"])

    @pytest.mark.usefixtures("hands")
    def test_it_is_added_where_another_machine_has_it(
        self, stand: Stand, ledger: SqlLedger, other: SqlLedger
    ) -> None:
        """What is there already is not sent again, though its column was never read."""
        add(other)
        record(other, reading("77", DAY_3, GAS))
        stand.sync(other)
        for _ in range(2):
            stand.sync(ledger)
        add(ledger)
        record(ledger, reading("77", DAY_3, GAS))
        assert stand.deliver(ledger).left_out == 1
        assert stand.values("gasM3") == Counter(["77"])

    @pytest.mark.usefixtures("hands")
    def test_a_swap_of_which_another_machine_has_the_last_value(
        self, stand: Stand, ledger: SqlLedger, session: Session, other: SqlLedger
    ) -> None:
        """It says the old device's; it is no word on the new one."""
        record(other, reading("150", DAY_3))
        stand.sync(other)
        meters.replace(session, "meter", instant(DAY_3), serial="X", final=150_000_000, initial=0)
        for _ in range(2):
            told(stand, ledger, stand.sync(ledger))
            nothing_more(stand, ledger)
        assert values(ledger)[-2:] == [150_000, 0]

    def test_the_start_of_an_interval_is_edited(
        self, stand: Stand, ledger: SqlLedger, hands: Person
    ) -> None:
        """It changes nothing, as with any other time."""
        add(ledger, meter=HEAT)
        start = instant("2026-02-03 06:00")
        record(ledger, reading("1.5", DAY_3, HEAT, starts_at=start))
        stand.sync(ledger)
        hands.tab.update([["2026-02-03T04:30:00Z"]], hands.cell("starts_at", 4), raw=True)
        (notice,) = told(stand, ledger, stand.sync(ledger))
        assert notice.about is About.MOVED
        assert values(ledger, HEAT) == [1_500]
        nothing_more(stand, ledger)


class TestAConflict:
    """And what is done about it."""

    @pytest.fixture
    def row(self, stand: Stand, ledger: SqlLedger, other: SqlLedger, hands: Person) -> int:
        """The row of the other machine."""
        assert hands.tab.title
        record(other, reading("146", DAY_2))
        stand.sync(other)
        told(stand, ledger, stand.sync(ledger))
        return 4

    def test_its_row_is_edited(
        self, stand: Stand, ledger: SqlLedger, hands: Person, row: int
    ) -> None:
        """To a third value: that is told, too."""
        hands.edits("meterValue", row, 150)
        (notice,) = told(stand, ledger, stand.sync(ledger))
        assert "says 150 kWh" in notice.text
        nothing_more(stand, ledger)

    def test_its_row_is_edited_after_a_correction(
        self, stand: Stand, ledger: SqlLedger, session: Session, hands: Person, row: int
    ) -> None:
        """The correction stands, which is told."""
        correct(session, reading("1", DAY_2).slot, 145_000_000, "looked")
        stand.sync(ledger)
        hands.edits("meterValue", row, 150)
        (notice,) = told(stand, ledger, stand.sync(ledger))
        assert notice.about is About.PAST
        nothing_more(stand, ledger)

    @pytest.mark.usefixtures("hands")
    def test_void_here_and_another_value_there(
        self, stand: Stand, ledger: SqlLedger, session: Session, other: SqlLedger
    ) -> None:
        """Voided once more, it is void on both."""
        stand.sync(other)
        slot = reading("1", DAY_2).slot
        void(session, slot, "never was")
        correct(Session(other, stand.zones, NOW, session.source), slot, 146_000_000, "misread")
        stand.sync(other)
        stand.sync(ledger)
        void(session, slot, "the neighbour's")
        stand.sync(ledger)
        stand.sync(other)
        assert [one.revisions(slot)[-1].value for one in (ledger, other)] == [None, None]


@pytest.mark.usefixtures("hands")
def test_a_ledger_that_came_back(
    stand: Stand, ledger: SqlLedger, other: SqlLedger, store: Store
) -> None:
    """It gives keys out again; both rows of one key are readings on every machine."""
    ledger.close()
    store.copy("ledger", "copy")
    before, after = store.open(), store.open("copy")
    record(before, reading("148", DAY_3))
    stand.sync(before)
    record(after, reading("149", "2026-02-04 07:00"))
    for _ in range(2):
        assert stand.sync(after).error is None
    assert values(after) == [142_300, 145_000, 148_000, 149_000]
    stand.sync(other)
    assert values(other) == [142_300, 145_000, 148_000, 149_000]


def test_a_run_that_was_stopped_before_it_had_judged(
    stand: Stand, ledger: SqlLedger, hands: Person
) -> None:
    """The next one does that, although it has nothing to read."""
    hands.types(timestamp="2026-02-02 06:00", meterValue=145)
    stand.sync(ledger)
    stand.sync(ledger)
    owed = Stretch("meter", 1, instant("2026-02-02 06:00"), instant("2026-02-02 06:00"))
    with ledger.writing():
        ledger.leave_unjudged(owed)
    stand.sync(ledger)
    assert ledger.unjudged() == []
