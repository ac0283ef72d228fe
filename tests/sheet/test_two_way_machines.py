"""One Sheet and several machines: each knows what the others wrote, and what it costs to know."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing

import pytest

from meterctl.domain.findings import Rule
from meterctl.domain.meters import DEFAULT_METERS, Direction, Kind, Meter
from meterctl.domain.readings import Source
from meterctl.errors import Busy, MeterctlError, Unreachable
from meterctl.ledger.store import SqlLedger
from meterctl.services.amend import correct, void
from meterctl.services.deliver import Means
from meterctl.services.judging import is_in_doubt
from meterctl.services.notices import About
from meterctl.services.session import Session
from meterctl.services.sync import Synced, sync
from meterctl.sheet.google import GoogleSheet
from tests.helpers import METER, NOW, reading
from tests.ledger.contract import record
from tests.sheet.person import Person, person
from tests.sheet.stand import Stand
from tests.sheet.two_way import (
    DAY_1,
    DAY_2,
    DAY_3,
    TYPED_3,
    nothing_more,
    told,
    values,
)
from tests.stores import Store


class TestAnotherMachine:
    """That shares the Sheet."""

    @pytest.fixture
    def other(self, store: Store) -> SqlLedger:
        """Its ledger."""
        return store.open("other")

    @pytest.mark.usefixtures("hands")
    def test_its_rows(self, stand: Stand, ledger: SqlLedger, other: SqlLedger) -> None:
        """They are readings here too, so that each machine knows the newest one."""
        done = stand.sync(other)
        assert (done.returned.taken, done.delivered.rows) == (3, 0)
        assert values(other) == [142_300, 145_000]
        record(other, reading("148", DAY_3))
        assert stand.sync(other).delivered.rows == 1
        assert stand.sync(ledger).returned.taken == 1
        assert values(ledger) == [142_300, 145_000, 148_000]
        nothing_more(stand, ledger)
        nothing_more(stand, other)

    @pytest.mark.usefixtures("hands")
    def test_its_corrections(
        self, stand: Stand, ledger: SqlLedger, session: Session, other: SqlLedger
    ) -> None:
        """They are what is true here too, in whatever order the rows are met."""
        correct(session, reading("1", DAY_1).slot, 142_500_000, "misread")
        void(session, reading("1", DAY_2).slot, "the neighbour's")
        stand.sync(ledger)
        with person(stand) as somebody:
            somebody.sorts("revision")
        stand.sync(other)
        assert values(other) == [142_500]
        known = ledger.revisions(reading("1", DAY_1).slot)
        assert [one[4:6] for one in other.revisions(reading("1", DAY_1).slot)] == [
            one[4:6] for one in known
        ]
        nothing_more(stand, other)

    @pytest.mark.usefixtures("hands")
    def test_another_value_of_the_same_time(
        self, stand: Stand, ledger: SqlLedger, other: SqlLedger
    ) -> None:
        """Both are in the Sheet; neither machine submits its own, until one corrects it."""
        record(other, reading("146", DAY_2))
        assert stand.sync(other).returned.conflicts == 1
        assert [row["meterValue"] for row in stand.rows()] == ["142.3", "145", "146"]
        assert stand.sync(ledger).returned.conflicts == 1
        slot = reading("1", DAY_2).slot
        for one in (ledger, other):
            (flagged,) = one.flagged(METER.id)
            assert [found.rule for found in flagged.findings] == [Rule.CONFLICT]
            assert is_in_doubt(one, one.revisions(slot)[-1])
        correct(Session(other, stand.zones, NOW, Source.CLI), slot, 146_000_000, "looked again")
        stand.sync(other)
        assert stand.sync(ledger).returned.taken == 1
        for one in (ledger, other):
            told(stand, one, stand.sync(one))
            assert one.revisions(slot)[-1].value == 146_000_000
            assert list(one.flagged(METER.id)) == []
            nothing_more(stand, one)

    @pytest.mark.usefixtures("hands")
    def test_a_conflict_that_ends_in_the_sheet(
        self, stand: Stand, ledger: SqlLedger, other: SqlLedger
    ) -> None:
        """One of the rows is edited to say the same, or deleted."""
        record(other, reading("146", DAY_2))
        stand.sync(other)
        stand.sync(ledger)
        with person(stand) as somebody:
            somebody.edits("meterValue", 4, 145)
        assert stand.sync(ledger).returned.corrected == 0
        assert stand.sync(other).returned.corrected == 1
        for one in (ledger, other):
            told(stand, one, stand.sync(one))
            assert values(one)[-1] == 145_000
            assert list(one.flagged(METER.id)) == []
            nothing_more(stand, one)

    @pytest.mark.usefixtures("hands")
    def test_a_row_in_conflict_is_deleted(
        self, stand: Stand, ledger: SqlLedger, other: SqlLedger
    ) -> None:
        """Who read it says nothing against the other one any more."""
        record(other, reading("146", DAY_2))
        stand.sync(other)
        stand.sync(ledger)
        with person(stand) as somebody:
            somebody.deletes(4)
        told(stand, ledger, stand.sync(ledger))
        assert list(ledger.flagged(METER.id)) == []
        nothing_more(stand, ledger)

    @pytest.mark.usefixtures("hands")
    def test_a_meter_that_is_not_known_here(
        self, stand: Stand, ledger: SqlLedger, other: SqlLedger
    ) -> None:
        """It is offered, with the command that adds it; then its readings come."""
        gas = Meter("gas", "gasM3", "m³", Kind.REGISTER, Direction.CONSUMPTION)
        with ledger.writing():
            ledger.add_meter(gas)
        record(ledger, reading("77", DAY_3, gas), reading("148", DAY_3))
        record(ledger, reading("78", "2026-02-04 07:00", gas))
        stand.sync(ledger)
        (notice,) = told(stand, other, stand.sync(other))
        assert notice.about is About.UNKNOWN_METER
        assert notice.hint == (
            "meterctl meters add gas --column gasM3 --unit 'm³' --kind register"
            " --direction consumption"
        )
        assert values(other) == [142_300, 145_000, 148_000]
        nothing_more(stand, other)
        with other.writing():
            other.add_meter(gas)
        assert stand.sync(other).returned.taken + stand.sync(other).returned.typed >= 1
        assert values(other, gas) == [77_000, 78_000]
        nothing_more(stand, other)

    @pytest.mark.usefixtures("hands")
    def test_what_this_one_records_after_it_has_read(
        self, stand: Stand, ledger: SqlLedger, other: SqlLedger
    ) -> None:
        """It costs one look and one write: all that the other wrote is known here."""
        stand.sync(other)
        record(other, reading("148", DAY_3))
        stand.deliver(other)
        stand.sync(ledger)
        for day in (4, 5):
            record(ledger, reading(str(150 + day), f"2026-02-0{day} 07:00"))
            before = len(stand.requests())
            assert stand.deliver(ledger).rows == 1
            assert [one.split()[0] for one in stand.requests()[before:]] == ["GET", "POST"]


class TestAllAtOnce:
    """Machines that record and sync, and a person who types, all at the same time."""

    def test_it(self, stand: Stand, store: Store) -> None:
        """In the end each of them knows every reading, and each is in the Sheet once."""
        errors: list[MeterctlError | None] = []

        def work(number: int) -> None:
            with closing(store.open(str(number))) as own:
                for hour in range(8):
                    at = f"2026-02-0{number + 1} {hour:02}:00"
                    record(own, reading(f"{number + 1}{hour}", at))
                    done = stand.sync(own)
                    errors.append(done.error)

        work(0)
        threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2)]
        for thread in threads:
            thread.start()
        with person(stand) as somebody:
            for hour in range(8):
                somebody.types(timestamp=f"2026-02-05 {hour:02}:00", meterValue=50 + hour)
        for thread in threads:
            thread.join()
        assert all(one is None or isinstance(one, (Unreachable, Busy)) for one in errors)
        rows, known = Counter[str](), Counter[str]()
        for number in (0, 1, 2, 0, 1, 2):
            with closing(store.open(str(number))) as own:
                assert stand.sync(own).error is None
                rows = Counter(row["meterValue"] for row in stand.rows())
                known = Counter(str(one // 1_000) for one in values(own))
        assert (len(rows), set(rows.values())) == (32, {1})
        assert known == rows


class TestRequests:
    """What reading back costs."""

    @pytest.mark.usefixtures("hands")
    def test_nothing_to_do(self, stand: Stand, ledger: SqlLedger) -> None:
        """The file's version is asked for; after a row of our own, one read more."""
        stand.sync(ledger)
        before = len(stand.requests())
        stand.sync(ledger)
        assert len(stand.requests()) - before == 1
        record(ledger, reading("148", DAY_3))
        stand.deliver(ledger)
        before = len(stand.requests())
        stand.sync(ledger)
        assert len(stand.requests()) - before == 2

    def test_drive_is_not_enabled(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Then the rows are read each time, and all the same holds."""
        hands.types(timestamp=TYPED_3, meterValue=148)
        stand.faults("path = '/drive/*'; times = 0; do = 'status'; status = 403; body = '{}'")
        assert stand.sync(ledger).returned.typed == 1
        assert stand.sync(ledger).returned[1:] == (0,) * 6
        assert DEFAULT_METERS[0].id == METER.id


class TestReadInPieces:
    """A Sheet that takes several requests, and is worked in between two of them."""

    @pytest.fixture
    def many(
        self, ledger: SqlLedger, stand: Stand, monkeypatch: pytest.MonkeyPatch
    ) -> Sequence[str]:
        """Nine rows, three of which come at once."""
        values = [str(200 + number) for number in range(1, 10)]
        record(ledger, *(reading(value, f"2026-03-{value[1:]} 07:00") for value in values))
        assert stand.sync(ledger).error is None
        monkeypatch.setattr("meterctl.sheet.google._FIRST", 4)
        monkeypatch.setattr(GoogleSheet, "rows_with_a_look", 4)
        monkeypatch.setattr("meterctl.sheet.google._BLOCK", 3)
        monkeypatch.setattr("meterctl.services.read_back.BLOCK", 3)
        with person(stand) as somebody:
            somebody.book.update_title("Home again")
        return values

    def sync(self, stand: Stand, ledger: SqlLedger, meanwhile: Callable[[Person], None]) -> Synced:
        """A run, and what a person does when it has read the first three rows."""

        def after(rows: int) -> None:
            if rows == 3:
                with person(stand) as somebody:
                    meanwhile(somebody)

        means = Means("Readings", lambda: NOW, lambda _error: False, 180, lambda _: None)
        with stand.sheet() as sheet:
            return sync(ledger, stand.zones, sheet, means, after)

    @pytest.mark.parametrize("drive_lags", [False, True])
    def test_a_row_above_is_deleted(
        self,
        stand: Stand,
        ledger: SqlLedger,
        many: Sequence[str],
        monkeypatch: pytest.MonkeyPatch,
        drive_lags: bool,
    ) -> None:
        """The one that moved up between two requests is not missed; the deleted one is, later."""
        with monkeypatch.context() as patch:
            if drive_lags:
                patch.setattr(GoogleSheet, "version", lambda _self: "7")
            done = self.sync(stand, ledger, lambda somebody: somebody.deletes(2))
            assert (done.error, done.returned.deleted, told(stand, ledger, done)) == (None, 0, [])
        done = stand.sync(ledger)
        (notice,) = told(stand, ledger, done)
        assert "2026-03-01 07:00" in notice.text
        assert len(values(ledger)) == len(many)
        nothing_more(stand, ledger)

    def test_a_row_is_put_in_above(
        self,
        stand: Stand,
        ledger: SqlLedger,
        many: Sequence[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The one that is met twice for that is no copy."""
        with monkeypatch.context() as patch:
            patch.setattr(GoogleSheet, "version", lambda _self: "7")
            row = ["2026-02-03 06:00:00", 148]
            done = self.sync(
                stand,
                ledger,
                lambda somebody: somebody.tab.insert_row(row, 2, value_input_option="USER_ENTERED"),  # type: ignore[arg-type] # gspread's enum
            )
            assert (done.error, told(stand, ledger, done)) == (None, [])
        assert stand.sync(ledger).returned.typed == 1
        assert len(values(ledger)) == len(many) + 1
        nothing_more(stand, ledger)
