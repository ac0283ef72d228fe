"""Deliveries as households have them: swaps, intervals, backups that came back, slow networks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from meterctl.domain.meters import Direction, Kind, Meter
from meterctl.domain.quantity import MILLIONTHS
from meterctl.errors import AnswerLost
from meterctl.ledger.sqlite import open_for_writing
from meterctl.ledger.store import SqlLedger
from meterctl.services.meters import add, replace
from meterctl.services.session import Session
from meterctl.sheet import requests as bodies
from meterctl.sheet.chain import KEPT
from tests.helpers import NOW, instant, reading
from tests.ledger.contract import record
from tests.proxy import hold_before, standing_between
from tests.sheet.stand import TAB, Stand

EV = Meter("ev", "ev", "kWh", Kind.INTERVAL, Direction.CONSUMPTION)


@contextmanager
def another(path: Path) -> Iterator[SqlLedger]:
    """A ledger beside the test's own."""
    ledger = open_for_writing(path, NOW)
    try:
        yield ledger
    finally:
        ledger.close()


def fill(ledger: SqlLedger, *values: str) -> None:
    """Record values of the main meter, a day apart, one entry each."""
    for value in values:
        record(ledger, reading(value, f"2026-02-{int(value):02} 07:00"))


def bring(stand: Stand, ledger: SqlLedger) -> None:
    """All of it is in the Sheet after a run without fault."""
    assert stand.deliver(ledger, tries=2).error is None


def others_write(stand: Stand, count: int) -> None:
    """Many batches of another program that keeps to the chain, without rows."""
    with stand.sheet() as sheet:
        head = sheet.look().tokens[-1].id
        ids = range(head + 1, head + 1 + count)
        made = [bodies._create(bodies.TOKEN_KEY, one, f"somebody {one} {NOW}") for one in ids]
        sheet._batch(bodies.batch(made))
        gone = [one for one in ids if one <= ids[-1] - KEPT]
        if gone:
            sheet._batch(bodies.batch(map(bodies._delete, gone)))


class TestABackupThatCameBack:
    """A ledger that is restored does not know what it delivered after its backup was made."""

    @pytest.mark.parametrize("delivered", [(), ("1",)], ids=["a new one", "one with a past"])
    def test_restored(
        self, stand: Stand, ledger: SqlLedger, tmp_path: Path, delivered: tuple[str, ...]
    ) -> None:
        """It finds its own rows, though every token is its own."""
        fill(ledger, *delivered)
        bring(stand, ledger)
        fill(ledger, "2", "3")
        ledger.backup_to(tmp_path / "backup.db")
        bring(stand, ledger)
        with another(tmp_path / "backup.db") as restored:
            fill(restored, "4")
            bring(stand, restored)
        assert stand.values() == Counter([*delivered, "2", "3", "4"])

    def test_two_copies(self, stand: Stand, ledger: SqlLedger, tmp_path: Path) -> None:
        """A machine that was cloned, both of which live on."""
        fill(ledger, "1")
        bring(stand, ledger)
        ledger.backup_to(tmp_path / "clone.db")
        with another(tmp_path / "clone.db") as clone:
            for value in ("2", "3", "4"):
                for one in (ledger, clone):
                    fill(one, value)
                    bring(stand, one)
        assert stand.values() == Counter("1234")


class TestIntervals:
    """Readings that say how much was used from one time to another."""

    def test_two_that_end_at_once(
        self, stand: Stand, session: Session, ledger: SqlLedger, tmp_path: Path
    ) -> None:
        """One is there from another ledger: the other one comes, and it alone."""
        hour, quarter = (
            reading(value, "2026-02-01 08:00", EV, starts_at=instant(f"2026-02-01 {begin}"))
            for value, begin in (("4", "07:00"), ("1", "07:45"))
        )
        add(session, EV)
        record(ledger, hour)
        bring(stand, ledger)
        with another(tmp_path / "other.db") as other:
            other_session = session._replace(ledger=other)
            add(other_session, EV)
            record(other, hour, quarter)
            done = stand.deliver(other)
            assert (done.error, done.left_out, done.readings) == (None, 1, 1)
        rows = [(row["starts_at"], row["ev"]) for row in stand.rows()]
        assert rows == [("2026-02-01T06:00:00Z", "4"), ("2026-02-01T06:45:00Z", "1")]


class TestASwap:
    """Of the device behind a meter."""

    AT = instant("2026-02-02 12:00")

    def swap(self, session: Session, ledger: SqlLedger, final: str | None) -> None:
        """Tell a ledger of it."""
        last = None if final is None else int(final) * MILLIONTHS
        replace(
            session._replace(ledger=ledger),
            "meter",
            self.AT,
            serial="NEW-1",
            final=last,
            initial=0,
        )

    def test_told_in_time(self, stand: Stand, session: Session, ledger: SqlLedger) -> None:
        """Both values bear the same time: the row of the old device names it."""
        self.swap(session, ledger, "9")
        bring(stand, ledger)
        rows = [(row["meterValue"], row["device"], row["note"]) for row in stand.rows()]
        assert sorted(rows) == [
            ("0", "", "initial value"),
            ("9", "#1", "final value"),
        ]

    def test_half_of_it_is_there(
        self, stand: Stand, session: Session, ledger: SqlLedger, tmp_path: Path
    ) -> None:
        """The new device's first value is, told on another machine: the old one's last comes."""
        self.swap(session, ledger, None)
        bring(stand, ledger)
        with another(tmp_path / "other.db") as other:
            self.swap(session, other, "9")
            bring(stand, other)
        assert stand.values() == Counter("09")

    def test_told_late(self, stand: Stand, session: Session, ledger: SqlLedger) -> None:
        """What was delivered since the swap means the new device now, and is not written again."""
        fill(ledger, "1", "3")
        bring(stand, ledger)
        self.swap(session, ledger, None)
        bring(stand, ledger)
        assert stand.values() == Counter(["1", "3", "0", "void"])


class TestLandingLate:
    """A request that arrives when nobody waits for it any more."""

    @pytest.mark.parametrize("count", [2, KEPT + 2], ids=["refused", "after its number has gone"])
    @pytest.mark.parametrize("has_landed", [True, False], ids=["before a run", "after it"])
    def test_while_others_write(
        self, stand: Stand, ledger: SqlLedger, count: int, has_landed: bool
    ) -> None:
        """However many writes of others come first: what it brought is there once."""
        fill(ledger, "1")
        bring(stand, ledger)
        fill(ledger, "2")
        with standing_between(stand.url) as way:
            there, stand.way = stand.way, way.url
            way.script({1: hold_before})
            stand.deliver(ledger, seconds=1)
            others_write(stand, count)
            stand.way = there
            if has_landed:
                way.settled()
            error = stand.deliver(ledger, tries=2).error
            assert error is None or isinstance(error, AnswerLost)
            way.settled()
        assert stand.deliver(ledger, now=NOW + 200_000).error is None
        assert stand.values() == Counter("12")


class TestTheTab:
    """That rows go to."""

    def test_one_that_was_renamed(self, stand: Stand, ledger: SqlLedger, tmp_path: Path) -> None:
        """Another ledger makes a new one beside it."""
        fill(ledger, "1")
        bring(stand, ledger)
        with stand.sheet() as sheet:
            tab = sheet.look().tab
            assert tab is not None
            sheet._batch(
                b'{"requests":[{"updateSheetProperties":{"properties":{"sheetId":%d,'
                b'"title":"%s of last year"},"fields":"title"}}]}' % (tab.gid, TAB.encode())
            )
        with another(tmp_path / "other.db") as other:
            fill(other, "2")
            bring(stand, other)
        assert stand.values() == Counter("2")
