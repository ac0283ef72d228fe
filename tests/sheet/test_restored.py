"""A ledger that was put back from a backup, at the Sheet: it reads first, and doubles nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from meterctl.domain.readings import Source
from meterctl.errors import SheetUnfit, SubmitterElsewhere, Unreachable
from meterctl.ledger.port import BatchState
from meterctl.ledger.store import SqlLedger
from meterctl.services.amend import correct, void
from meterctl.services.restored import elsewhere, take_over
from meterctl.services.session import Session
from meterctl.services.submitter import claim
from tests.helpers import METER, NOW, reading
from tests.ledger.contract import record
from tests.putting_back import put_back
from tests.sheet.person import Person, person
from tests.sheet.stand import TAB, Stand, standing
from tests.sheet.two_way import DAY_1, DAY_2, DAY_3, nothing_more, told, values

DAY_4 = "2026-02-04 07:00"
PutBack = Callable[[], SqlLedger]
BackUp = Callable[[SqlLedger], PutBack]


@pytest.fixture
def back_up(tmp_path: Path) -> Iterator[BackUp]:
    """Makes a backup of a ledger; what it hands out puts that back on another machine."""
    with ExitStack() as stack:

        def made(ledger: SqlLedger) -> PutBack:
            backup = tmp_path / "backup.db"
            ledger.backup_to(backup)

            def again() -> SqlLedger:
                opened = put_back(backup, tmp_path / "new machine" / "ledger.db", NOW, NOW + 1)
                stack.callback(opened.close)
                return opened

            return again

        yield made


def as_cli(stand: Stand, ledger: SqlLedger) -> Session:
    """Somebody at the command line of one machine."""
    return Session(ledger, stand.zones, NOW, Source.CLI)


def keys(stand: Stand) -> list[str]:
    """The rows' keys."""
    return [row["key"] for row in stand.rows() if row.get("key")]


def agree(stand: Stand, *ledgers: SqlLedger) -> None:
    """Once each has read what the others wrote, all hold the same, and nobody has more to do."""
    for _ in range(2):
        for ledger in ledgers:
            assert stand.sync(ledger).error is None
    for ledger in ledgers:
        told(stand, ledger, stand.sync(ledger))
        nothing_more(stand, ledger)
        assert values(ledger) == values(ledgers[0])
    assert len(set(keys(stand))) == len(keys(stand))
    shown = [(row.get("utc"), row["meterValue"], row.get("revision")) for row in stand.rows()]
    assert len(set(shown)) == len(shown)


@pytest.mark.usefixtures("hands")
class TestReadsFirst:
    """What was delivered since the backup are readings again."""

    def test_what_the_old_one_delivered(
        self, stand: Stand, ledger: SqlLedger, back_up: BackUp
    ) -> None:
        """Readings, a correction and a void; nothing is written twice."""
        again = back_up(ledger)
        record(ledger, reading("148", DAY_3))
        record(ledger, reading("151", DAY_4))
        correct(as_cli(stand, ledger), reading("1", DAY_1).slot, 142_500_000, "misread")
        void(as_cli(stand, ledger), reading("1", DAY_4).slot, "the neighbour's")
        assert stand.sync(ledger).error is None
        rows = stand.rows()
        new = again()
        done = stand.sync(new)
        assert (done.error, done.returned.taken, done.delivered.rows) == (None, 4, 0)
        assert values(new) == [142_500, 145_000, 148_000]
        assert stand.rows() == rows
        agree(stand, ledger, new)

    def test_what_a_person_did_since(
        self, stand: Stand, ledger: SqlLedger, hands: Person, back_up: BackUp
    ) -> None:
        """An edit, a typed row, a deleted row: as any machine takes them."""
        new = back_up(ledger)()
        hands.edits("meterValue", 3, 146)
        hands.types(timestamp="2026-02-03 06:00:00", meterValue=148)
        assert stand.sync(new).error is None
        assert values(new) == [142_300, 146_000, 148_000]
        agree(stand, ledger, new)

    def test_record_before_any_sync(self, stand: Stand, ledger: SqlLedger, back_up: BackUp) -> None:
        """What both machines recorded is delivered by one; what only this one has comes there."""
        new = back_up(ledger)()
        for one in (ledger, new):
            record(one, reading("148", DAY_3))
        assert stand.deliver(ledger).rows == 1
        record(new, reading("151", DAY_4))
        done = stand.deliver(new)
        assert (done.rows, done.left_out) == (1, 1)
        assert stand.values() == {"142.3": 1, "145": 1, "148": 1, "151": 1}
        agree(stand, ledger, new)


@pytest.mark.usefixtures("hands")
class TestQueuedAtTheBackup:
    """Entries that both have, and that the old machine has delivered since."""

    @pytest.fixture
    def again(self, ledger: SqlLedger, back_up: BackUp) -> PutBack:
        """A reading waits when the backup is made."""
        record(ledger, reading("148", DAY_3))
        return back_up(ledger)

    def test_delivered(self, stand: Stand, ledger: SqlLedger, again: PutBack) -> None:
        """It is left out."""
        stand.sync(ledger)
        new = again()
        done = stand.sync(new)
        assert (done.error, done.returned.taken, done.delivered.rows) == (None, 0, 0)
        agree(stand, ledger, new)

    @pytest.mark.parametrize("reads_first", [True, False])
    def test_delivered_and_edited(
        self, stand: Stand, ledger: SqlLedger, hands: Person, again: PutBack, reads_first: bool
    ) -> None:
        """It is its own row, under its former name: the edit is a correction, no rival."""
        stand.sync(ledger)
        hands.edits("meterValue", 4, 149)
        new = again()
        if not reads_first:
            assert stand.deliver(new).rows == 0
        assert (stand.sync(new).error, len(stand.rows())) == (None, 3)
        assert values(new) == [142_300, 145_000, 149_000]
        assert list(new.flagged(METER.id)) == []
        agree(stand, ledger, new)

    def test_not_delivered(self, stand: Stand, ledger: SqlLedger, again: PutBack) -> None:
        """Whoever comes first delivers it, under its own name; the other one leaves it out."""
        new = again()
        assert stand.sync(new).delivered.rows == 1
        assert stand.sync(ledger).delivered.rows == 0
        assert stand.values()["148"] == 1
        agree(stand, ledger, new)


@pytest.mark.usefixtures("hands")
class TestNumbersThatAreGivenTwice:
    """After the backup both machines give the same entry numbers to different readings."""

    @pytest.mark.parametrize("at", [DAY_3, DAY_4], ids=["of the same time", "of another time"])
    def test_rows(self, stand: Stand, ledger: SqlLedger, back_up: BackUp, at: str) -> None:
        """A row of the old one is not taken for one of the new one's."""
        new = back_up(ledger)()
        record(ledger, reading("148", DAY_3))
        record(new, reading("149" if at == DAY_3 else "151", at))
        assert ledger.last_entry() == new.last_entry()
        stand.sync(ledger)
        done = stand.sync(new)
        assert done.error is None
        assert len(set(keys(stand))) == len(keys(stand)) == 4
        assert done.returned.conflicts == (at == DAY_3)
        if at == DAY_4:
            agree(stand, ledger, new)
            assert values(new) == [142_300, 145_000, 148_000, 151_000]

    def test_deleted_by_a_person(
        self, stand: Stand, ledger: SqlLedger, hands: Person, back_up: BackUp
    ) -> None:
        """Only the row that is gone is told of, and neither is written again."""
        new = back_up(ledger)()
        record(ledger, reading("148", DAY_3))
        record(new, reading("151", DAY_4))
        for one in (ledger, new, ledger):
            told(stand, one, stand.sync(one))
        hands.deletes(4)
        for one in (new, ledger):
            (notice,) = told(stand, one, stand.sync(one))
            assert "2026-02-03" in notice.text
        assert stand.values() == {"142.3": 1, "145": 1, "151": 1}


@pytest.mark.usefixtures("hands")
class TestInFlight:
    """A batch whose answer was not read when the backup was made."""

    def lose(self, stand: Stand, ledger: SqlLedger, fault: str) -> None:
        """Send a batch whose fate is not known here."""
        record(ledger, reading("148", DAY_3))
        stand.faults(f"method = 'POST'; path = '*batchUpdate'; do = '{fault}'")
        assert stand.deliver(ledger, now=NOW).error is not None
        stand.faults()
        doubt = ledger.batch_in_doubt(f"{stand.sheet_id}/{TAB}")
        assert doubt is not None
        assert doubt.state is BatchState.UNKNOWN

    @pytest.mark.parametrize("fault", ["reset-after", "reset-before"])
    @pytest.mark.parametrize("old_first", [True, False])
    def test_both_find_out(
        self, stand: Stand, ledger: SqlLedger, back_up: BackUp, fault: str, old_first: bool
    ) -> None:
        """Landed or not: it is there once, whichever of them looks first."""
        self.lose(stand, ledger, fault)
        new = back_up(ledger)()
        for one in (ledger, new) if old_first else (new, ledger):
            assert stand.sync(one).error is None
            assert one.batch_in_doubt(f"{stand.sheet_id}/{TAB}") is None
        assert stand.values() == {"142.3": 1, "145": 1, "148": 1}
        agree(stand, ledger, new)

    @pytest.mark.parametrize("what", ["deleted", "edited"])
    def test_landed_and_touched(
        self, stand: Stand, ledger: SqlLedger, hands: Person, back_up: BackUp, what: str
    ) -> None:
        """It has landed: whatever a person has made of its row since, it is not written again."""
        self.lose(stand, ledger, "reset-after")
        new = back_up(ledger)()
        if what == "deleted":
            hands.deletes(4)
        else:
            hands.edits("meterValue", 4, 149)
        rows = stand.rows()
        assert stand.sync(new).error is None
        assert stand.rows() == rows
        assert "148" not in stand.values()
        assert values(new)[-1] == (148_000 if what == "deleted" else 149_000)


class TestWhoSubmits:
    """The Sheet names the old one, until a person says otherwise."""

    def may(self, stand: Stand, ledger: SqlLedger, *, take_over: bool = False) -> bool:
        """Ask."""
        with stand.sheet() as sheet:
            return claim(ledger, sheet, lambda: NOW + 5, take_over=take_over)

    def test_it(self, stand: Stand, ledger: SqlLedger, back_up: BackUp) -> None:
        """The new one is refused before it takes over, the old one after."""
        assert self.may(stand, ledger)
        new = back_up(ledger)()
        with pytest.raises(SubmitterElsewhere) as refused:
            self.may(stand, new)
        assert refused.value.exit_code == 78
        assert self.may(stand, ledger)
        assert self.may(stand, new, take_over=True)
        assert self.may(stand, new)
        other = elsewhere(new)
        assert other is not None
        assert other.stopped_at == NOW + 5
        with pytest.raises(SubmitterElsewhere):
            self.may(stand, ledger)

    def test_out_of_reach(self, stand: Stand, ledger: SqlLedger, back_up: BackUp) -> None:
        """That the Sheet named this ledger before the backup is no leave now."""
        assert self.may(stand, ledger)
        new = back_up(ledger)()
        stand.way = "http://127.0.0.1:1"
        assert not self.may(stand, ledger)
        with pytest.raises(Unreachable):
            self.may(stand, new)


class TestAnIdMayBeHadTwice:
    """A spreadsheet's service that keeps no two writers apart."""

    def test_it(self, tmp_path: Path, ledger: SqlLedger, back_up: BackUp) -> None:
        """The old one counts as another writer, until it has stopped for long enough."""
        with standing(tmp_path, duplicate_ids=True) as stand:
            record(ledger, reading("142.3", DAY_1))
            assert stand.deliver(ledger).rows == 1
            new = back_up(ledger)()
            record(new, reading("145", DAY_2))
            refused = stand.deliver(new).error
            assert isinstance(refused, SheetUnfit)
            assert "--take-over" in refused.hint
            take_over(new, NOW)
            early = stand.deliver(new, now=NOW + 179_000).error
            assert early is not None
            assert "may be under way" in early.message
            done = stand.deliver(new, now=NOW + 180_000)
            assert (done.error, done.rows) == (None, 1)
            assert stand.values() == {"142.3": 1, "145": 1}


class TestSideBySide:
    """Both go on, record the same and different readings, and sync in turns."""

    @pytest.mark.parametrize("edits", [False, True])
    def test_days(
        self, stand: Stand, ledger: SqlLedger, hands: Person, back_up: BackUp, edits: bool
    ) -> None:
        """At the end both agree with the Sheet, and no slot is there twice."""
        again = back_up(ledger)
        record(ledger, reading("147", "2026-02-02 20:00"))
        new = again()
        for number, day in enumerate((DAY_3, DAY_4)):
            first, second = (ledger, new) if number % 2 else (new, ledger)
            record(first, reading(str(150 + 10 * number), day))
            record(second, reading(str(150 + 10 * number), day))
            record(second, reading(str(155 + 10 * number), day.replace("07:00", "20:00")))
            assert stand.sync(second).error is None
            if edits:
                row = len(stand.rows()) + 1
                hands.edits("meterValue", row, 156 + 10 * number)
            assert stand.sync(first).error is None
        slot = reading("1", DAY_1).slot
        correct(as_cli(stand, new), slot, 142_500_000, "misread")
        agree(stand, ledger, new)
        assert len(stand.rows()) == 2 + 1 + 4 + 1
        with person(stand) as somebody:
            somebody.sorts("utc")
        agree(stand, new, ledger)
