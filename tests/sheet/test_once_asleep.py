"""A laptop that sleeps in the middle of a delivery, while others write until its number is gone.

What it had sent landed, or did not, or does when nobody thinks of it any more: all is there once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from meterctl.domain.times import SECOND
from meterctl.errors import AnswerLost, MeterctlError
from meterctl.ledger.sqlite import open_for_writing
from meterctl.ledger.store import SqlLedger
from meterctl.services.deliver import Delivered, Means, deliver, is_settled
from meterctl.sheet import chain
from meterctl.sheet.port import Token, Write
from meterctl.sheet.rows import layout_of
from tests import proxy as acts
from tests.helpers import NOW, reading
from tests.ledger.contract import record, revise
from tests.proxy import Act, Exchange, Proxy, standing_between
from tests.sheet.stand import TAB, Stand

SETTLE = 180  # seconds
KEPT = 3  # tokens that stay in these tests; the one that writes more than that says so
OTHERS = [str(number) for number in range(10, 16)]  # one batch each: more than are kept
LOST: dict[str, Act] = {
    "it had landed": acts.reset_after,
    "it had not": acts.reset_before,
    "it lands later": acts.late,
}


def fill(ledger: SqlLedger, *values: str) -> None:
    """Record values of the main meter, a day apart, one entry each."""
    for value in values:
        record(ledger, reading(value, f"2026-02-{int(value):02} 07:00"))


class Laptop:
    """A ledger that reaches the Sheet through a proxy, and a clock that goes on while it sleeps."""

    def __init__(self, stand: Stand, ledger: SqlLedger, way: Proxy, folder: Path) -> None:
        self.stand, self.ledger, self.way = stand, ledger, way
        self.clock = NOW
        self._other = folder / "other.db"

    def runs(
        self, *, tries: int = 0, sleeps: Callable[[], None] | None = None, seconds: float = 20
    ) -> Delivered:
        """One run; after its first failure it sleeps, if it is to."""
        left = [sleeps] if sleeps is not None else []

        def again(_error: MeterctlError) -> bool:
            nonlocal tries
            if left:
                left.pop()()
                return True
            tries -= 1
            return tries >= 0

        means = Means(TAB, lambda: self.clock, again, SETTLE, lambda _: None)
        self.stand.way = self.way.url
        with self.stand.sheet(seconds) as sheet:
            return deliver(self.ledger, sheet, means)

    def sleeps(self, seconds: int, *others: str, like: str = "") -> None:
        """Meanwhile another ledger writes a batch for each value, perhaps one that is here too."""
        self.clock += seconds * SECOND
        there, self.stand.way = self.stand.way, self.stand.url
        other = open_for_writing(self._other, NOW)
        try:
            for value in (*filter(None, [like]), *others):
                fill(other, value)
                assert self.stand.deliver(other, now=self.clock, tries=2).error is None
        finally:
            other.close()
            self.stand.way = there

    @property
    def has_all_there(self) -> bool:
        """Whether nothing is queued and nothing in doubt."""
        return is_settled(self.ledger, f"{self.stand.sheet_id}/{TAB}")

    def tokens(self) -> list[int]:
        """The numbers that the chain shows."""
        with self.stand.sheet() as sheet:
            return [one.id for one in sheet.look().tokens]


@pytest.fixture
def laptop(
    stand: Stand, ledger: SqlLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Laptop]:
    """One that has delivered a reading, and has recorded two more."""
    monkeypatch.setattr(chain, "KEPT", KEPT)
    fill(ledger, "1")
    assert stand.deliver(ledger).error is None
    fill(ledger, "2", "3")
    with standing_between(stand.url) as way:
        yield Laptop(stand, ledger, way, tmp_path)


def in_doubt(laptop: Laptop, act: Act) -> int:
    """The batch's answer is lost; the number that it claimed."""
    laptop.way.script({1: act})
    assert isinstance(laptop.runs().error, AnswerLost)
    assert laptop.way.hit == [1]
    doubt = laptop.ledger.batch_in_doubt(f"{laptop.stand.sheet_id}/{TAB}")
    assert doubt is not None
    laptop.way.script()
    return doubt.token


def everything_once(laptop: Laptop, *others: str) -> None:
    """Its own readings and the others' are there, and nothing is open."""
    laptop.way.settled()
    assert laptop.runs().error is None
    assert laptop.has_all_there
    assert laptop.stand.values() == Counter(("1", "2", "3", *others))


@pytest.mark.parametrize("like", ["", "2"], ids=["others know nothing of it", "another has one"])
@pytest.mark.parametrize("fate", ["it had landed", "it had not"])
def test_a_day(laptop: Laptop, fate: str, like: str) -> None:
    """Its number is gone from the chain: the rows tell, at once."""
    number = in_doubt(laptop, LOST[fate])
    laptop.sleeps(86_400, *OTHERS, like=like)
    assert min(laptop.tokens()) > number
    done = laptop.runs()
    assert (done.error, done.waiting) == (None, 0)
    everything_once(laptop, *OTHERS)


@pytest.mark.parametrize("like", ["", "2"], ids=["others know nothing of it", "another has one"])
@pytest.mark.parametrize("fate", LOST)
def test_a_day_within_one_run(laptop: Laptop, fate: str, like: str) -> None:
    """The lid is closed between the lost answer and the next look of the very same run."""
    laptop.way.script({1: LOST[fate]})

    def sleep() -> None:
        laptop.way.settled()  # within 180 seconds, Google says
        laptop.sleeps(86_400, *OTHERS, like=like)

    assert laptop.runs(sleeps=sleep).error is None
    assert laptop.way.hit == [1]
    everything_once(laptop, *OTHERS)


@pytest.mark.parametrize("fate", ["it had landed", "it had not"])
def test_two_hundred_batches(laptop: Laptop, fate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as it really takes until its number is gone."""
    monkeypatch.undo()
    number = in_doubt(laptop, LOST[fate])
    laptop.sleeps(86_400, *OTHERS[:2], like="3")
    others_write(laptop.stand, chain.KEPT)
    assert min(laptop.tokens()) > number
    assert laptop.runs().error is None
    everything_once(laptop, *OTHERS[:2])


def others_write(stand: Stand, count: int) -> None:
    """Many batches of a further program that keeps to the chain, each a request of its own."""
    with stand.sheet() as sheet:
        view = sheet.look()
        assert view.tab is not None
        layout = layout_of(view.tab.header)
        ids = [one.id for one in view.tokens]
        for _ in range(count):
            ids.append(ids[-1] + 1)
            token = Token(ids[-1], "somebody", 1, NOW)
            gone = [one for one in ids if one < ids[-1] - chain.KEPT]
            sheet.write(Write(token, view.tab, layout, None, (), view.zone, gone))
            ids = ids[len(gone) :]


@pytest.mark.fault(18)
class TestLandingAfterItWoke:
    """Its number is gone and free again, though Google may still be at it: this cannot be refused.

    Google gives a request up after 180 s, and takes about a write a second: so at most as long as
    that, and only where others write more in that time than is kept of the chain.
    """

    @pytest.mark.parametrize("early", [0, 1, 2], ids=["before a run", "after one", "after two"])
    def test_it_waits(self, laptop: Laptop, early: int) -> None:
        """Until it can land no more; then the rows tell."""
        in_doubt(laptop, acts.late)
        laptop.sleeps(60, *OTHERS)
        for _ in range(early):
            soon = laptop.runs()
            assert isinstance(soon.error, AnswerLost)
            assert "180 s after it was sent" in (soon.error.hint or "")
            assert not laptop.has_all_there
            laptop.clock += 30 * SECOND
        laptop.way.land()
        laptop.clock += SETTLE * SECOND
        everything_once(laptop, *OTHERS)

    def test_what_was_recorded_since(self, laptop: Laptop) -> None:
        """It waits too, and comes along; so do a correction and a void of what is in doubt."""
        in_doubt(laptop, acts.late)
        laptop.sleeps(60, *OTHERS)
        fill(laptop.ledger, "4")
        revise(laptop.ledger, reading("2", "2026-02-02 07:00"), "22", "misread")
        revise(laptop.ledger, reading("3", "2026-02-03 07:00"), None, "a joke")
        assert isinstance(laptop.runs().error, AnswerLost)
        laptop.way.land()
        laptop.clock += SETTLE * SECOND
        assert laptop.runs().error is None
        assert laptop.has_all_there
        assert laptop.stand.values() == Counter(("1", "2", "3", *OTHERS, "4", "22", "void"))


@pytest.mark.fault(36)
@pytest.mark.parametrize("like", ["", "2"], ids=["others know nothing of it", "another has one"])
@pytest.mark.parametrize("fate", ["new", *LOST])
def test_asleep_between_a_look_and_the_rows(laptop: Laptop, fate: str, like: str) -> None:
    """What it saw is of yesterday: it looks again before it sends anything."""
    if fate != "new":
        in_doubt(laptop, LOST[fate])

    def sleep_at(exchange: Exchange) -> None:
        seen = exchange.forward()
        laptop.way.land()
        laptop.sleeps(86_400, *OTHERS, like=like)
        exchange.answer(seen)

    laptop.way.script({0: sleep_at})
    soon = laptop.runs()
    assert laptop.way.hit == [0]
    assert not any(one.startswith("POST") for one in laptop.way.seen[1:2])
    if soon.error is not None:  # a batch was written down, so that it might have been sent
        assert isinstance(soon.error, AnswerLost)
        laptop.clock += SETTLE * SECOND
    everything_once(laptop, *OTHERS)


@pytest.mark.fault(36)
def test_a_clock_that_was_set_back(laptop: Laptop) -> None:
    """It never learns how long ago it sent: it waits, and does not send on a guess."""
    in_doubt(laptop, acts.reset_after)
    laptop.sleeps(60, *OTHERS)
    laptop.clock -= 86_400 * SECOND
    assert isinstance(laptop.runs().error, AnswerLost)
    laptop.clock += (86_400 + SETTLE) * SECOND
    everything_once(laptop, *OTHERS)
