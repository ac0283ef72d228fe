"""A service that accepts a metadata id twice: one ledger alone writes, slower, and still once.

Nothing would refuse a batch that is sent again. So none is: after a lost answer all wait for as
long as it may still land, and then the rows tell.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from meterctl.domain.readings import Reading
from meterctl.domain.times import SECOND
from meterctl.errors import AnswerLost, SheetUnfit
from meterctl.ledger.sqlite import open_for_writing
from meterctl.ledger.store import SqlLedger
from meterctl.services.deliver import Delivered, is_settled
from tests.faults.household import street
from tests.faults.wire import FAULTS, KILLS, KINDS, LATE
from tests.helpers import NOW, reading
from tests.ledger.contract import record, revise
from tests.proxy import Act, Exchange, Proxy, standing_between
from tests.sheet.stand import TAB, Stand, standing

SETTLE = 180  # seconds that a request may be under way
BRIEF = 0.4  # seconds that a run has which meets a fault that takes longer
SLOW = ("slow, lands late", "no answer", "drips")  # for as long as a run has


def drip(exchange: Exchange) -> None:
    """A byte at a time, for a bit longer than the client has; no thread of it waits for the end."""
    answer = exchange.forward()
    exchange.answer(answer._replace(body=b""), promised=len(answer.body))
    end = time.monotonic() + 1.5 * BRIEF
    for byte in answer.body:
        exchange.wfile.write(bytes([byte]))
        time.sleep(0.05)
        if time.monotonic() > end:
            break
    exchange.close_connection = True


SWEPT: dict[str, Act] = {**FAULTS, "drips": drip}
del SWEPT["sent twice"]  # which nothing here could refuse
# One of each sort: the others are alike, and swept by the soak.
SAMPLE = (
    *KINDS,
    "refused",
    "slow, lands late",
    "no answer",
    "truncated",
    "401, key revoked",
    "429",
    "500 though applied",
    "200 HTML though applied",
)


def swept(sample: Collection[str]) -> list[object]:
    """All faults; the soak alone meets those that are not in the sample."""
    marks = [() if name in sample else (pytest.mark.soak,) for name in SWEPT]
    return [pytest.param(name, marks=of) for name, of in zip(SWEPT, marks, strict=True)]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A service that refuses no id."""
    with standing(tmp_path, duplicate_ids=True) as made:
        yield made


@pytest.fixture
def way(stand: Stand) -> Iterator[Proxy]:
    """The proxy on the way to it, for tokens too."""
    with standing_between(stand.url) as made:
        stand.way = made.url
        stand.key.write_text(stand.key.read_text().replace(stand.url, made.url))
        yield made


class House:
    """A ledger, an empty spreadsheet of its own, and a clock."""

    def __init__(self, stand: Stand, way: Proxy, path: Path) -> None:
        self.stand, self.way = stand, way
        self.ledger: SqlLedger = open_for_writing(path, NOW)
        self.clock = NOW
        self.expected: Counter[str] = Counter()
        self._number = 0
        stand.sheet_id = stand.google.new_spreadsheet(stand.account["client_email"], "Home")
        way.script()

    def record(self) -> Reading:
        """One more, told apart by its value."""
        self._number += 1
        month, day = divmod(self._number, 28)
        one = reading(str(self._number), f"2026-{1 + month:02}-{1 + day:02} 07:00")
        record(self.ledger, one)
        self.expected[str(self._number)] += 1
        return one

    def amend(self, one: Reading, other: Reading) -> None:
        """A correction and a void."""
        self._number += 1
        revise(self.ledger, one, str(self._number), "misread")
        revise(self.ledger, other, None, "a joke")
        self.expected.update([str(self._number), "void"])

    def run(self, *, after: int = 0, seconds: float = 20, tries: int = 0) -> Delivered:
        """One run, so many seconds after the last one."""
        self.clock += after * SECOND
        return self.stand.deliver(
            self.ledger, seconds=seconds, tries=tries, settle=SETTLE, now=self.clock
        )

    def meet(self, number: int, fault: str, *, lands_between: bool = False) -> bool:
        """A run that meets a fault, one soon after, one when all must have landed: all is well.

        Whether there was such a request at all.
        """
        self.way.script({number: SWEPT[fault]})
        done = self.run(seconds=BRIEF if fault in SLOW else 20)
        self.way.mend("" if done.error is None else done.error.message)
        was_hit = bool(self.way.hit)
        self.way.script()
        self.record()
        if lands_between:
            self.way.settled()
        soon = self.run(after=60)
        assert soon.error is None or isinstance(soon.error, AnswerLost)
        self.way.settled()
        assert self.run(after=SETTLE - 60, tries=2).error is None
        assert self.stand.values() == self.expected
        assert is_settled(self.ledger, f"{self.stand.sheet_id}/{TAB}")
        self.way.script()
        assert self.run(after=SETTLE).batches == 0
        assert self.way.seen == []
        return was_hit


@pytest.mark.fault(18)
@pytest.mark.parametrize("fault", swept(SAMPLE))
def test_one(stand: Stand, way: Proxy, ledger_path: Path, fault: str) -> None:
    """One fault, at each request of a delivery; a correction and a void are delivered too."""
    house = House(stand, way, ledger_path)
    with closing(house.ledger):
        queued = [house.record(), house.record()]
        assert house.run().error is None
        for lands_between in (False, True) if fault in LATE else (False,):
            for number in (0, 1, 2):  # for a token, a look, the rows
                house.amend(*queued)
                queued = [house.record(), house.record()]
                assert house.meet(number, fault, lands_between=lands_between)


@pytest.mark.parametrize("fault", swept(KINDS))
def test_first_contact(stand: Stand, way: Proxy, tmp_path: Path, fault: str) -> None:
    """One fault, at each request of it."""
    for lands_between in (False, True) if fault in LATE else (False,):
        for number in count():
            house = House(stand, way, tmp_path / f"{number}-{lands_between}.db")
            with closing(house.ledger):
                house.record()
                house.record()
                if not house.meet(number, fault, lands_between=lands_between):
                    break
        # A token, two looks, the proof that fails, what it left behind, the rows.
        assert number == 6


@pytest.mark.parametrize("kill", KILLS)
def test_killed(tmp_path: Path, kill: str) -> None:
    """At the rows: the next run waits, and says for how long; the one after that goes on."""
    with street(tmp_path, duplicate_ids=True) as there:
        house = there.new()
        house.record(1)
        assert house.run(["sync"]).code == 0
        house.record(2)
        there.way.chance = lambda one: KILLS[kill] if b"appendCells" in one.sent.body else None
        running = house.start(["sync"])
        there.way.sent_by(running.kill)
        assert running.wait().code == -9
        there.way.chance = None
        house.record(3)
        soon = house.run(["sync"], pause=3_600, settle=30)
        is_known = kill in ("killed, applied", "killed with the answer")
        assert soon.code == (0 if is_known else 75), soon
        assert is_known or "30 s after it was sent" in soon.err
        there.way.settled()
        assert house.run(["sync"], settle=0).code == 0
        assert house.balance()[1:] == ([], [], "")


class TestASecondLedger:
    """That would write there too."""

    def test_it_is_refused(self, stand: Stand, ledger: SqlLedger, tmp_path: Path) -> None:
        """And says why; what it has stays queued, the first one goes on."""
        other = open_for_writing(tmp_path / "other.db", NOW)
        try:
            record(ledger, reading("1", "2026-02-01 07:00"))
            assert stand.deliver(ledger).error is None
            record(other, reading("1", "2026-02-01 07:00"))
            record(other, reading("2", "2026-02-02 07:00"))
            for _ in range(2):
                done = stand.deliver(other)
                assert isinstance(done.error, SheetUnfit)
                assert "one ledger alone may write" in done.error.message
                assert done.waiting == 2
            record(ledger, reading("3", "2026-02-03 07:00"))
            assert stand.deliver(ledger).error is None
        finally:
            other.close()
        assert stand.values() == Counter("13")

    def test_what_a_person_reads(self, tmp_path: Path) -> None:
        """`record` stores and succeeds; `sync` fails with one line, and a way out."""
        with street(tmp_path, duplicate_ids=True) as there:
            one = there.new()
            two = there.new(beside=one)
            assert one.run(one.recording(1)).code == 0
            recorded = two.run(["record", "2", "--at", "2026-02-02T07:00:00Z"])
            assert recorded.code == 0
            assert "queued for the Sheet" in recorded.out
            assert len(recorded.err.splitlines()) == 1
            ran = two.run(["sync", "--quiet"])
            assert (ran.code, ran.out) == (78, "")
            assert "one ledger alone may write" in ran.err
            assert "spreadsheet of its own" in ran.err
            assert one.balance()[1:] == ([], [], "")
