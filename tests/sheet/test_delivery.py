"""Delivery by the real gspread over real sockets: once, whatever goes wrong on the way."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from meterctl.errors import AnswerLost, MeterctlError, SheetUnfit
from meterctl.ledger.port import BatchState
from meterctl.ledger.store import SqlLedger
from meterctl.services.amend import correct, void
from meterctl.services.deliver import is_settled
from meterctl.services.session import Session
from meterctl.services.set_up import make_ready
from meterctl.sheet import chain
from meterctl.sheet import requests as bodies
from meterctl.sheet.port import Token
from tests.helpers import INVERTER, NOW, reading
from tests.ledger.contract import record
from tests.sheet.stand import TAB, Stand, standing
from tests.stores import Store

WRITE = "path = '*:batchUpdate'"


def fill(ledger: SqlLedger, *values: str) -> None:
    """Record values of the main meter, a day apart, one entry each."""
    for value in values:
        record(ledger, reading(value, f"2026-02-{int(value):02} 07:00"))


def everything_once(stand: Stand, *values: str) -> None:
    """Each value is in the Sheet, once, and nothing else is."""
    assert stand.values() == Counter(values)


class TestTheFirstBatch:
    """Of a ledger, in an empty spreadsheet."""

    def test_what_is_made(self, stand: Stand, ledger: SqlLedger) -> None:
        """The tab with its header, and a row for what was recorded together."""
        record(
            ledger,
            reading("142.3", "2026-02-01 07:00", note="=1+1"),
            reading("5.42", "2026-02-01 07:00", INVERTER, note="=1+1"),
        )
        done = stand.deliver(ledger)
        assert (done.rows, done.readings, done.batches, done.waiting) == (1, 2, 1, 0)
        assert done.error is None
        (row,) = stand.rows()
        assert row == {
            "timestamp": "2026-02-01 06:00:00",
            "meterValue": "142.3",
            "inverterKWh": "5.42",
            "starts_at": "",
            "quality": "",
            "quality_code": "",
            "source": "cli",
            "device": "",
            "note": "=1+1",
            "revision": "",
            "reason": "",
            "utc": "2026-02-01T06:00:00Z",
            "key": f"{ledger.id[:12]}-1-0",
        }

    def test_nothing_to_do(self, stand: Stand, ledger: SqlLedger) -> None:
        """Then nobody is asked anything."""
        assert stand.deliver(ledger).batches == 0
        fill(ledger, "1")
        stand.deliver(ledger)
        before = stand.requests()
        assert stand.deliver(ledger).batches == 0
        assert stand.requests() == before

    def test_the_next_one(self, stand: Stand, ledger: SqlLedger) -> None:
        """It costs one look and one write."""
        fill(ledger, "1")
        stand.deliver(ledger)
        before = len(stand.requests())
        fill(ledger, "2")
        stand.deliver(ledger)
        assert [one.split()[0] for one in stand.requests()[before:]] == ["GET", "POST"]
        everything_once(stand, "1", "2")

    def test_after_init(self, stand: Stand, ledger: SqlLedger) -> None:
        """What `init` made is known: one look and one write, and no row is read."""
        with stand.sheet() as sheet:
            make_ready(ledger, sheet, TAB, lambda: NOW)
        for value in ("1", "2"):
            before = len(stand.requests())
            fill(ledger, value)
            stand.deliver(ledger)
            assert [one.split()[0] for one in stand.requests()[before:]] == ["GET", "POST"]
        everything_once(stand, "1", "2")


class TestLaterTruths:
    """A correction and a void are further rows that say so."""

    def test_a_correction_and_a_void(self, stand: Stand, session: Session) -> None:
        """With their reasons; the first rows stay."""
        fill(session.ledger, "1", "2")  # type: ignore[arg-type] # a SQLite one it is
        correct(session, reading("1", "2026-02-01 07:00").slot, 1_500_000, "misread")
        void(session, reading("2", "2026-02-02 07:00").slot, "=wrong")
        stand.deliver(session.ledger)  # type: ignore[arg-type] # as above
        rows = [(one["meterValue"], one["revision"], one["reason"]) for one in stand.rows()]
        assert rows == [
            ("1", "", ""),
            ("2", "", ""),
            ("1.5", "2", "misread"),
            ("void", "2", "=wrong"),
        ]


# What happens to one request of a delivery. Each is followed by a delivery without any fault.
FAULTS = [
    pytest.param("do = 'status'; status = 500", id="500"),
    pytest.param("do = 'status'; status = 502; body = '<html>'", id="502 with HTML"),
    pytest.param("do = 'status'; status = 503", id="503"),
    pytest.param("do = 'status'; status = 429; headers = {Retry-After = '1'}", id="429"),
    pytest.param("do = 'status'; status = 401", id="401"),
    pytest.param("do = 'reset-before'", id="reset before"),
    pytest.param("do = 'reset-after'", id="reset after it was applied"),
    pytest.param("do = 'hang-before'", id="hangs before"),
    pytest.param("do = 'hang-after'", id="hangs after it was applied"),
    pytest.param("do = 'drip'; seconds = 0.5", id="drips"),
    pytest.param("do = 'truncate'", id="truncated"),
    pytest.param("do = 'late'; seconds = 0.3", id="lands late"),
    pytest.param("do = 'redirect'; location = 'http://127.0.0.1:1/'", id="redirect"),
    pytest.param(
        "do = 'body'; body = '<html>log in</html>'; content_type = 'text/html'", id="HTML"
    ),
    pytest.param("do = 'body'; body = '{}'", id="another JSON"),
]


class TestFaults:
    """Each at each request of a delivery: afterwards everything is there once."""

    @pytest.mark.fault(18, 19, 20, 21, 22, 23, 24, 25)
    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("tries", [0, 2], ids=["next run", "same run"])
    def test_of_the_write(self, stand: Stand, ledger: SqlLedger, fault: str, tries: int) -> None:
        """Whether it was applied or not."""
        fill(ledger, "1")
        stand.deliver(ledger)
        fill(ledger, "2", "3")
        stand.faults(f"{WRITE}; {fault}")
        stand.deliver(ledger, seconds=1.5, tries=tries)
        stand.faults()
        done = stand.deliver(ledger, tries=2)
        assert done.error is None
        assert is_settled(ledger, f"{stand.sheet_id}/{TAB}")
        everything_once(stand, "1", "2", "3")

    @pytest.mark.fault(18, 19, 20, 21, 22, 23, 24, 25)
    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("skip", [0, 1, 2])
    def test_of_the_first_contact(
        self, stand: Stand, ledger: SqlLedger, fault: str, skip: int
    ) -> None:
        """The looks, the proof, the batch that makes the tab."""
        fill(ledger, "1", "2")
        stand.faults(f"service = 'sheets'; skip = {skip}; {fault}")
        stand.deliver(ledger, seconds=1.5)
        stand.faults()
        assert stand.deliver(ledger, tries=2).error is None
        everything_once(stand, "1", "2")

    @pytest.mark.fault(18)
    def test_a_lost_answer_is_written_down(self, stand: Stand, ledger: SqlLedger) -> None:
        """It is in doubt, not refused; nothing is sent again, and the next look settles it."""
        fill(ledger, "1")
        stand.faults(f"{WRITE}; skip = 1; do = 'reset-after'")  # the first is the proof
        done = stand.deliver(ledger)
        assert isinstance(done.error, AnswerLost)
        doubt = ledger.batch_in_doubt(f"{stand.sheet_id}/{TAB}")
        assert doubt is not None
        assert doubt.state is BatchState.UNKNOWN
        stand.faults()
        before = sum(one.startswith("POST") for one in stand.requests())
        assert stand.deliver(ledger).error is None
        assert sum(one.startswith("POST") for one in stand.requests()) == before
        everything_once(stand, "1")


class TestSeveralLedgers:
    """That write to one Sheet."""

    @pytest.mark.parametrize("count", [2, 5])
    def test_at_the_same_time(self, stand: Stand, store: Store, count: int) -> None:
        """Holding some of the same readings: each is there once."""
        errors: list[MeterctlError | None] = []
        names = [str(number) for number in range(count)]
        for name in names:
            fill(store.open(name), "1", "2", f"1{name}")

        def bring(name: str) -> None:
            with closing(store.open(name)) as own:
                errors.append(stand.deliver(own, tries=20).error)

        threads = [threading.Thread(target=bring, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == [None] * count
        everything_once(stand, "1", "2", *(str(10 + number) for number in range(count)))

    def test_a_reading_that_another_wrote(self, stand: Stand, store: Store) -> None:
        """It is left out, also when it is recorded here long after."""
        one, two = store.open("1"), store.open("2")
        fill(one, "1", "2")
        stand.deliver(one)
        fill(two, "3")
        stand.deliver(two)
        fill(two, "2")
        assert stand.deliver(two).left_out == 1
        everything_once(stand, "1", "2", "3")


class TestTheChain:
    """Of numbers that writes claim."""

    def test_long(self, stand: Stand, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
        """Old numbers go, so that what Google allows is never used up."""
        monkeypatch.setattr(chain, "KEPT", 5)
        values = [str(number) for number in range(1, 13)]
        for value in values:
            fill(ledger, value)
            assert stand.deliver(ledger).error is None
        with stand.sheet() as sheet:
            tokens = sheet.look().tokens
        assert [one.id for one in tokens] == list(range(tokens[-1].id - 5, tokens[-1].id + 1))
        everything_once(stand, *values)

    def test_a_number_that_something_else_has(self, stand: Stand, ledger: SqlLedger) -> None:
        """It is passed over."""
        fill(ledger, "1")
        stand.deliver(ledger)
        with stand.sheet() as sheet:
            taken = sheet.look().tokens[-1].id + 1
            sheet._batch(bodies.batch([bodies._create("of another add-on", taken, "x")]))
        fill(ledger, "2")
        assert stand.deliver(ledger).error is None
        everything_once(stand, "1", "2")
        with stand.sheet() as sheet:
            assert sheet.token(taken) == Token(taken, "", 0, 0)
            assert sheet.look().tokens[-1].id == taken + 1


class TestAServiceThatAcceptsADoubleId:
    """It cannot be relied on to refuse: slower, and for one ledger alone."""

    def test_a_lost_answer(self, tmp_path: Path, ledger: SqlLedger) -> None:
        """It is waited out, then the rows tell."""
        with standing(tmp_path, duplicate_ids=True) as stand:
            fill(ledger, "1")
            assert stand.deliver(ledger).error is None
            for value, fault in (("2", "reset-after"), ("3", "reset-before")):
                fill(ledger, value)
                stand.faults(f"{WRITE}; do = '{fault}'")
                stand.deliver(ledger)
                stand.faults()
                soon = stand.deliver(ledger, now=NOW + 60_000)
                assert isinstance(soon.error, AnswerLost) is (fault == "reset-before")
                assert stand.deliver(ledger, now=NOW + 200_000).error is None
            everything_once(stand, "1", "2", "3")

    def test_a_second_ledger(self, tmp_path: Path, ledger: SqlLedger, store: Store) -> None:
        """It is refused."""
        with standing(tmp_path, duplicate_ids=True) as stand:
            fill(ledger, "1")
            stand.deliver(ledger)
            other = store.open("other")
            fill(other, "2")
            assert isinstance(stand.deliver(other).error, SheetUnfit)
            everything_once(stand, "1")
