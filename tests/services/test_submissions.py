"""`submissions`: what a person sees of them, and settles by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.errors import Busy, PartlyDone, UnknownReading, UsageError
from meterctl.ledger.port import Submission
from meterctl.services import push as push_service
from meterctl.services import submissions as service
from meterctl.services.session import Session
from meterctl.services.submissions import Verdict
from tests.stores import Store
from tests.utility.pushing import Household
from tests.utility.stand import Passing, Stand, standing

TODAY = "2026-11-22 08:00"
POST = 'method = "POST"'


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A utility."""
    with standing(tmp_path) as one:
        yield one


@pytest.fixture
def home(session: Session, stand: Stand) -> Household:
    """A household with an account there."""
    return Household(session, stand.url, Passing())


def newest(home: Household) -> Submission:
    """The newest submission."""
    return home.submissions()[-1]


def in_doubt(home: Household, stand: Stand) -> Submission:
    """A submission that the utility has, and that nobody answers for."""
    home.record("110", TODAY)
    stand.faults(
        f'{POST}; do = "reset-after"', 'method = "GET"; do = "status"; status = 405; times = 0'
    )
    home.push()
    return newest(home)


def resubmit(home: Household) -> Submission:
    """The newest one once more."""
    return service.resubmit(home.session, newest(home), "corrected").submission


class TestResolve:
    """What nobody can be asked about is settled by a person."""

    def test_accepted(self, home: Household, stand: Stand) -> None:
        """Its receipt is the proof; who said so is kept, and nothing is sent any more."""
        held = in_doubt(home, stand)
        done = service.resolve(home.session, held, Verdict.ACCEPTED, "their page", "R-77")
        assert (done.submission.state, done.submission.receipt) == ("accepted", "R-77")
        assert (done.attempts[-1].channel, done.attempts[-1].outcome) == (
            "person",
            "accepted: their page",
        )
        assert home.push().submissions == ()
        assert len(stand.accepted()) == 1

    def test_rejected(self, home: Household, stand: Stand) -> None:
        """It is set aside."""
        held = in_doubt(home, stand)
        service.resolve(home.session, held, Verdict.REJECTED, "they called")
        assert home.states() == ["rejected"]
        assert home.push().submissions == ()

    def test_not_sent(self, home: Household, stand: Stand) -> None:
        """The next push sends it with the same key: had it arrived after all, it counts once."""
        held = in_doubt(home, stand)
        service.resolve(home.session, held, Verdict.NOT_SENT, "their page has none")
        stand.faults()
        done = home.push()
        assert (done.accepted, done.error) == (1, None)
        assert [one["key"] for one in stand.accepted()] == [held.key]

    def test_not_in_doubt(self, home: Household, stand: Stand) -> None:
        """There is nothing to settle, and nothing changes."""
        home.record("110", TODAY)
        home.push()
        with pytest.raises(UsageError, match="is accepted, not in doubt"):
            service.resolve(home.session, newest(home), Verdict.NOT_SENT, "x")
        assert home.states() == ["accepted"]
        assert len(stand.accepted()) == 1

    def test_while_a_push_runs(self, home: Household, stand: Stand, store: Store) -> None:
        """It may be settling it just now."""
        held = in_doubt(home, stand)
        with store.open().holding(push_service.JOB), pytest.raises(Busy):
            service.resolve(home.session, held, Verdict.NOT_SENT, "x")

    def test_without_a_reason(self, home: Household, stand: Stand) -> None:
        """One is needed."""
        held = in_doubt(home, stand)
        with pytest.raises(UsageError, match="reason"):
            service.resolve(home.session, held, Verdict.NOT_SENT, " ")


class TestResubmit:
    """Sent once more, because a person says so."""

    def test_corrected(self, home: Household, stand: Stand) -> None:
        """The new value goes out under its own key, though the day is closed."""
        slot = home.record("110", TODAY)
        home.push()
        home.correct(slot, "111")
        again = resubmit(home)
        assert (again.state, again.value, again.number) == ("due", 111_000_000, 2)
        done = home.push()
        assert done.submissions[0].error == "already there with another value: 110"
        assert isinstance(done.error, PartlyDone)
        assert stand.values() == [110]

    def test_corrected_where_the_utility_lets_it(self, home: Household) -> None:
        """Accepted: then nothing differs any more."""
        slot = home.record("110", TODAY)
        home.push()
        home.correct(slot, "111")
        resubmit(home)
        with standing(Path.cwd()) as fresh:
            assert home._replace(url=fresh.url).push().accepted == 1
            assert fresh.values() == [111]
        assert home.push().withheld == ()
        assert [one.differs for one in service.listed(home.session.ledger)] == [False, False]

    def test_rejected(self, home: Household, stand: Stand) -> None:
        """Another key each time: the utility remembers its refusal by the old one."""
        home.record("110", TODAY)
        stand.set(max_value=100)
        home.push()
        resubmit(home)
        home.push()
        resubmit(home)
        stand.set(max_value=None)
        assert home.push().accepted == 1
        own = home.submissions()[0].key
        assert [one.key for one in home.submissions()] == [own, f"{own}-2", f"{own}-3"]
        assert stand.values() == [110]

    def test_corrected_before_it_left(self, home: Household, stand: Stand) -> None:
        """What was ordered is not true any more: it is not sent."""
        slot = home.record("110", TODAY)
        home.push()
        home.correct(slot, "111")
        resubmit(home)
        home.correct(slot, "112")
        assert home.push().submissions == ()
        assert home.states() == ["accepted", "rejected"]
        assert stand.values() == [110]

    def test_to_and_fro(self, home: Household) -> None:
        """A value that was accepted before, and is true again, gets a key of its own."""
        slot = home.record("110", TODAY)
        home.push()
        with standing(Path.cwd()) as fresh:
            for value in ("111", "110"):
                home.correct(slot, value)
                resubmit(home)
                home._replace(url=fresh.url).push()
        keys = [one.key for one in home.submissions()]
        assert keys[2] == f"{keys[0]}-2"

    def test_refused(self, home: Household, stand: Stand) -> None:
        """What would be sent for nothing, or twice, is not."""
        slot = home.record("110", TODAY)
        home._replace(url="http://127.0.0.1:9").push()
        with pytest.raises(UsageError, match="is due already"):
            resubmit(home)
        home.push()
        with pytest.raises(UsageError, match="holds this very value"):
            resubmit(home)
        home.correct(slot, "111")
        first = newest(home)
        resubmit(home)
        with pytest.raises(UsageError, match="submission 2 of the same reading came after"):
            service.resubmit(home.session, first, "again")
        home.void(slot)
        home.push()
        with pytest.raises(UsageError, match="is void"):
            resubmit(home)
        assert stand.values() == [110]

    def test_in_doubt_there(self, home: Household, stand: Stand) -> None:
        """Sent again it might count twice."""
        in_doubt(home, stand)
        with pytest.raises(UsageError, match="might count twice"):
            resubmit(home)

    def test_in_doubt_here(self, home: Household, stand: Stand) -> None:
        """A reading with an open finding is not sent, whoever says so."""
        home.record("110", TODAY)
        stand.set(max_value=100)
        home.push()
        home.record("150", "2026-11-21 08:00")
        with pytest.raises(UsageError, match="is in doubt"):
            resubmit(home)


class TestLooking:
    """What is listed and shown."""

    def test_list(self, home: Household, stand: Stand) -> None:
        """Newest first; by state; those that differ are marked."""
        slots = [home.record(f"1{day}", f"2026-11-{day} 08:00") for day in ("20", "21")]
        home.push()
        home.correct(slots[0], "119")
        home.record("122", TODAY)
        stand.set(max_value=100)
        home.push()
        ledger = home.session.ledger
        assert [(one.submission.number, one.differs) for one in service.listed(ledger)] == [
            (3, False),
            (2, False),
            (1, True),
        ]
        assert [one.submission.number for one in service.listed(ledger, state="rejected")] == [3]
        assert [one.submission.number for one in service.listed(ledger, state="differs")] == [1]
        assert service.shown(ledger, service.found(ledger, 1)).differs
        assert not service.shown(ledger, service.found(ledger, 3)).differs

    def test_attempts(self, home: Household, stand: Stand) -> None:
        """Each with what was answered, and without the token."""
        home.record("110", TODAY)
        stand.faults(f'{POST}; do = "status"; status = 503; body = "no {home.token} today"')
        home.push()
        first, second, third = service.shown(home.session.ledger, newest(home)).attempts
        assert (first.outcome, first.answer) == (
            "lost: it answered 503 Service Unavailable",
            "HTTP 503 Service Unavailable\nno *** today",
        )
        assert (second.channel, second.outcome) == (
            "query",
            "not there: it had not arrived when it was asked about",
        )
        assert third.outcome == "accepted"

    def test_no_such(self, session: Session) -> None:
        """An unknown number is told."""
        with pytest.raises(UnknownReading, match="no submission 7"):
            service.found(session.ledger, 7)

    def test_superseded(self, home: Household, stand: Stand) -> None:
        """What was dropped here, unsent, is not told as a rejection of the utility's."""
        slot = home.record("110", TODAY)
        home._replace(url="http://127.0.0.1:9").push()
        home.correct(slot, "111")
        home.push()
        found = service.listed(home.session.ledger)
        assert [one.state for one in found] == ["accepted", "superseded"]
        assert list(service.listed(home.session.ledger, state="rejected")) == []
        assert stand.values() == [111]
