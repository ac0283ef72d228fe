"""What people and cron do while a batch is in doubt, or while another run is at it: all is once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.household import NEVER, Household, Street
from tests.faults.starter import Running
from tests.faults.wire import FAULTS, KILLS, KINDS
from tests.proxy import LONG, Act, Exchange

SYNC = ["sync"]


@pytest.fixture
def there(the_street: Street) -> Iterator[Street]:
    """Where households live, on a line that is well, before and after."""
    the_street.way.script()
    yield the_street
    the_street.way.chance = None
    the_street.way.settled()


@pytest.fixture
def house(there: Street) -> Household:
    """One that has delivered a reading."""
    house = there.new()
    house.do(house.recording(1, "--offline"), SYNC)
    return house


class Once:
    """An act that is done to the next request with rows, and to no other."""

    def __init__(self, there: Street, act: Act) -> None:
        self.was_done = threading.Event()
        self._act = act
        self._lock = threading.Lock()
        there.way.chance = self

    def __call__(self, exchange: Exchange) -> Act | None:
        """What becomes of a request."""
        with self._lock:
            if self.was_done.is_set() or b"appendCells" not in exchange.sent.body:
                return None
            self.was_done.set()
            return self._act


def in_doubt(there: Street, house: Household, kind: str) -> None:
    """The answer to readings 2 and 3 is lost, and the run does not look again."""
    once = Once(there, FAULTS[kind])
    house.do(house.recording(2, "--offline"), house.recording(3, "--offline"))
    ran = house.run(SYNC, pause=NEVER)
    there.way.chance = None
    assert once.was_done.is_set()
    assert ran.code == 75, ran
    assert "in doubt" in house.stuck()


def everything_once(there: Street, house: Household) -> None:
    """After a run without fault, and after all that was late: nothing lost, doubled, or open."""
    for _ in range(2):
        ran = house.run(SYNC)
        assert (ran.code, ran.err) == (0, ""), ran
        there.way.settled()
    assert house.balance()[1:] == ([], [], "")


@pytest.mark.fault(18)
@pytest.mark.parametrize("lands", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
class TestInDoubt:
    """What is recorded before it is known what became of a batch."""

    def test_stored_only(self, there: Street, house: Household, kind: str, lands: str) -> None:
        """A reading, a correction and a void of what is in doubt: they follow it."""
        in_doubt(there, house, kind)
        house.do(
            house.recording(4, "--offline"),
            house.correcting(2, 3, "--offline"),
            house.voiding(3, "--offline"),
        )
        if lands == "before":
            there.way.settled()
        everything_once(there, house)
        shown = [(value, revision) for _, value, revision in house.rows()]
        assert shown.index(("2", "")) < shown.index(("3", "2"))
        assert shown.index(("3", "")) < shown.index(("void", "2"))

    def test_brought_at_once(self, there: Street, house: Household, kind: str, lands: str) -> None:
        """Each command finds out what became of the batch before it brings its own."""
        in_doubt(there, house, kind)
        if lands == "before":
            there.way.settled()
        for command in (house.correcting(2, 3), house.voiding(3), house.recording(4)):
            ran = house.run(command)
            assert (ran.code, ran.err) == (0, ""), ran
            assert "written to the Sheet" in ran.out
        everything_once(there, house)

    def test_doubted_again(self, there: Street, house: Household, kind: str, lands: str) -> None:
        """The correction's own answer is lost as well."""
        in_doubt(there, house, kind)
        if lands == "before":
            there.way.settled()
        once = Once(there, FAULTS[kind])
        ran = house.run(house.correcting(2, 3), pause=NEVER)
        there.way.chance = None
        assert once.was_done.is_set()
        assert ran.code == 0, ran
        assert "queued for the Sheet" in ran.out
        house.do(house.voiding(2, "--offline"), house.recording(4, "--offline"))
        house.expected["2024-01-01T00:02:00Z", "void", "2"] -= 1  # it is the third of its slot
        house.expected["2024-01-01T00:02:00Z", "void", "3"] += 1
        everything_once(there, house)


class Holding:
    """A run that is held at its rows until it is let go, or killed there."""

    def __init__(self, there: Street, house: Household, kind: str = "") -> None:
        self.kind = kind
        self._go = threading.Event()
        self._way = there.way
        self._once = Once(there, self._hold)
        self.running = house.start(SYNC)
        there.way.sent_by(self.running.kill)
        assert self._once.was_done.wait(LONG)

    def _hold(self, exchange: Exchange) -> None:
        assert self._go.wait(LONG)
        KILLS[self.kind](exchange) if self.kind else exchange.answer(exchange.forward())

    def ends(self) -> int:
        """Let go; its exit code."""
        self._go.set()
        return self.running.wait().code


@pytest.mark.fault(32)
class TestTwoRuns:
    """Of one ledger, at the same time."""

    def test_two_syncs(self, there: Street, house: Household) -> None:
        """The second leaves at once, with one line that says so; the first does all."""
        house.record(2)
        first = Holding(there, house)
        house.record(3)
        ran = house.run(SYNC)
        assert (ran.code, ran.out) == (75, "")
        assert len(ran.err.splitlines()) == 1
        assert first.ends() == 0
        assert house.balance()[1:] == ([], [], "")

    def test_started_together(self, there: Street, house: Household) -> None:
        """Whichever is first, over and over, with records in between that bring their own."""
        for number in range(2, 14, 3):
            house.record(number)
            commands = [SYNC, SYNC, house.recording(number + 1), house.recording(number + 2)]
            with ThreadPoolExecutor(len(commands)) as pool:
                codes = [ran.code for ran in pool.map(house.run, commands)]
            assert set(codes[:2]) <= {0, 75}
            assert codes[2:] == [0, 0]
        everything_once(there, house)

    @pytest.mark.parametrize("kind", ["", *KILLS])
    def test_one_waits(self, there: Street, house: Household, kind: str) -> None:
        """`record` waits for a sync; when that ends, or is killed, it brings what is left."""
        house.record(2)
        first = Holding(there, house, kind)
        waiting = house.start(house.recording(3))
        has_stored(waiting)
        assert first.ends() == (-9 if kind else 0)
        ran = waiting.wait()
        assert (ran.code, ran.err) == (0, ""), ran
        assert "written to the Sheet" in ran.out
        everything_once(there, house)

    @pytest.mark.parametrize("kind", KILLS)
    def test_both_killed(self, there: Street, house: Household, kind: str) -> None:
        """The one at its rows, and the one that waits for it."""
        house.record(2)
        first = Holding(there, house, kind)
        waiting = house.start(house.recording(3))
        has_stored(waiting)
        waiting.kill()
        assert waiting.wait().code == -9
        assert first.ends() == -9
        everything_once(there, house)


def has_stored(running: Running) -> None:
    """Until a run has said that its reading is stored; what it does next is to wait its turn."""
    end = time.monotonic() + LONG
    path = Path(running._job.out)
    while not path.exists() or not path.stat().st_size:
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.05)
