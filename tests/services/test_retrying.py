"""How often, and how long apart; time here passes by being slept through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from meterctl import log
from meterctl.errors import AnswerLost, MeterctlError, Unreachable
from meterctl.log import Field
from meterctl.services.retrying import Again, Limits, patience, persist
from tests.utility.stand import Passing


class Calls:
    """What is called, and how often."""

    def __init__(self, fails: int, wait: float | None = None, *, at_once: bool = False) -> None:
        self.count = 0
        self._fails = fails
        self._again = Again(wait, at_once)

    def __call__(self) -> int:
        self.count += 1
        return self.count

    def again(self, result: int) -> Again | None:
        """Whether it failed."""
        return self._again if result <= self._fails else None


def persisted(calls: Calls, passing: Passing, limits: Limits) -> int:
    """The last result."""
    return persist(calls, calls.again, limits, passing.pace)


class TestPersist:
    """A call that is made again until it is well, or it is enough."""

    def test_well(self) -> None:
        """No pause."""
        passing = Passing()
        assert persisted(Calls(0), passing, Limits(5, 100)) == 1
        assert passing.pauses == []

    def test_pauses(self) -> None:
        """They double, each between half and all of it, up to the longest."""
        passing = Passing()
        assert persisted(Calls(5), passing, Limits(9, 100, 1.0, 4.0)) == 6
        wholes = [1.0, 2.0, 4.0, 4.0, 4.0]
        assert len(passing.pauses) == len(wholes)
        for pause, whole in zip(passing.pauses, wholes, strict=True):
            assert whole / 2 <= pause <= whole

    def test_enough_attempts(self) -> None:
        """The last result is what there is."""
        calls = Calls(99)
        assert persisted(calls, Passing(), Limits(4, 1000)) == 4
        assert calls.count == 4

    def test_enough_time(self) -> None:
        """It never sleeps past its end."""
        passing = Passing()
        persisted(Calls(99), passing, Limits(99, 10))
        assert 3 < sum(passing.pauses) < 10

    def test_wait_that_is_asked_for(self) -> None:
        """At least so long."""
        passing = Passing()
        persisted(Calls(1, wait=30), passing, Limits(9, 100))
        (pause,) = passing.pauses
        assert 30 < pause <= 31

    def test_wait_that_is_too_long(self) -> None:
        """It ends at once."""
        passing = Passing()
        assert persisted(Calls(1, wait=101), passing, Limits(9, 100)) == 1
        assert passing.pauses == []

    def test_at_once(self) -> None:
        """Without a pause, and still counted."""
        passing = Passing()
        calls = Calls(99, at_once=True)
        persisted(calls, passing, Limits(3, 100))
        assert calls.count == 3
        assert sum(passing.pauses) == 0

    def test_exception(self) -> None:
        """It goes through: nothing is retried that was not named."""

        def fail() -> int:
            raise Unreachable("x")

        with pytest.raises(Unreachable):
            persist(fail, lambda _: Again(), Limits(9, 100), Passing().pace)


class Told:
    """A listener that keeps the pauses it is told of."""

    level = log.DEBUG

    def __init__(self) -> None:
        self.pauses: list[Field] = []

    def tell(self, _level: int, name: str, fields: dict[str, Field]) -> None:
        """Keep how long."""
        assert name == "pause"
        self.pauses.append(fields["wait"])

    def bug(self, error: BaseException, where: str, *, is_last: bool) -> None:
        """None is met here."""


class TestLog:
    """What the log is told of."""

    @pytest.fixture
    def told(self) -> Iterator[Told]:
        """Whoever listens, in this test alone."""
        log.listen(told := Told())
        yield told
        log.listen(None)

    def test_no_pause_that_is_not_made(self, told: Told) -> None:
        """Of a call that is given up after some tries, none after the last one."""
        passing = Passing()
        persisted(Calls(99), passing, Limits(3, 100))
        assert len(told.pauses) == 2
        assert told.pauses == passing.pauses

    def test_at_once(self, told: Told) -> None:
        """What goes on without a pause is none."""
        persisted(Calls(99, at_once=True), Passing(), Limits(3, 100))
        assert told.pauses == []

    def test_a_loop_of_its_own(self, told: Told) -> None:
        """The same."""
        passing = Passing()
        again = patience(10, passing.pace)
        while again(AnswerLost("x")):
            pass
        assert told.pauses == passing.pauses


class TestPatience:
    """The same for a loop of its own."""

    def test_until_it_is_enough(self) -> None:
        """It sleeps and says yes, until there is no time for another pause."""
        passing = Passing()
        again = patience(10, passing.pace)
        answers = [again(AnswerLost("x")) for _ in range(6)]
        assert answers[0] is True
        assert answers[-1] is False
        assert answers == sorted(answers, reverse=True)
        assert sum(passing.pauses) < 10

    @pytest.mark.parametrize(
        ("error", "says"),
        [
            (Unreachable("x", wait=5), True),
            (Unreachable("x", wait=99), False),
            (Unreachable("x"), True),
            (AnswerLost("x"), True),
        ],
    )
    def test_wait(self, error: MeterctlError, says: bool) -> None:
        """What is asked for is waited for, or not at all."""
        passing = Passing()
        assert patience(10, passing.pace)(error) is says
        assert (sum(passing.pauses) >= 5) is (says and getattr(error, "wait", None) == 5)
