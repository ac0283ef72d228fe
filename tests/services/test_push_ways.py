"""Several readings in one request, and a second way where the first provably took nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from meterctl.domain.due import Policy, Why
from meterctl.errors import AnswerLost, ConfigError, NotAllowed, PartlyDone, Unreachable
from meterctl.ledger.port import SubmissionState
from meterctl.services.health import Grade
from meterctl.services.health_destinations import check_utility
from meterctl.services.push import Means, push, would_push
from meterctl.services.pushed import Pushed
from meterctl.services.session import Session
from meterctl.services.submissions import Verdict, resolve, resubmit
from meterctl.services.ways import why_to_turn
from meterctl.utility.port import Bounds, Lost, Misconfigured, NotTaken, Outcome, Rejected, Request
from tests.helpers import INVERTER
from tests.utility.flaky import Books, Crash, Fate, Flaky
from tests.utility.pushing import Household
from tests.utility.stand import Passing

DAYS = [f"2026-11-{day} 20:00" for day in range(10, 22)]


class Home(NamedTuple):
    """A household, and two ways to one utility."""

    household: Household
    books: Books
    api: Flaky
    portal: Flaky

    def record(self, days: int) -> None:
        """A reading on each of some days."""
        for count, at in enumerate(DAYS[:days]):
            self.household.record(str(100 + count), at)

    def push(
        self, *fates: Fate, portal: list[Fate] | None = None, only_api: bool = False
    ) -> Pushed:
        """A run in which this becomes of the requests by each way."""
        self.api.script, self.portal.script = list(fates), list(portal or [])
        session, passing = self.household.session, self.household.passing
        other = None if only_api else self.portal
        means = Means(lambda: session.now, passing.pace, other_way=other)
        meters = session.ledger.meters()
        return push(session, self.api, self.household.account, means, meters)

    @property
    def taken(self) -> list[int]:
        """The values that the utility holds, in the order it took them."""
        return [request.value // 1_000_000 for request, _ in self.books.accepted]

    def channels(self, number: int) -> list[str]:
        """Of a submission's attempts."""
        return [one.channel for one in self.household.session.ledger.attempts(number)]


def homes(session: Session, bounds: Bounds) -> Home:
    """A household whose API takes so much."""
    books, seen = Books(), list[Request]()
    api = Flaky(books, seen.append, bounds=bounds)
    portal = Flaky(books, seen.append, "portal", Bounds(by_day=True))
    return Home(Household(session, "", Passing()), books, api, portal)


@pytest.fixture
def home(session: Session) -> Home:
    """A household whose API takes one reading a request."""
    return homes(session, Bounds())


@pytest.fixture
def many(session: Session) -> Home:
    """A household whose API takes five readings a request."""
    return homes(session, Bounds(rows=5))


class TestFallingBack:
    """The web form takes what the API provably did not."""

    @pytest.mark.parametrize("fate", [Fate.DOWN, Fate.NO_ENTRY])
    def test_api_out_of_reach(self, home: Home, fate: Fate) -> None:
        """All goes by the form, in one run; the API is asked for the first one alone."""
        home.record(3)
        done = home.push(fate, portal=[])
        assert home.taken == [100, 101, 102]
        assert (done.accepted, done.error) == (3, None)
        assert {one.channel for one in done.submissions} == {"portal"}
        assert home.channels(3) == ["portal"]
        assert done.turned

    @pytest.mark.fault(26)
    @pytest.mark.parametrize(
        "fate", [Fate.LOST_BEFORE, Fate.LOST_AFTER, Fate.NONSENSE, Fate.LOST_PARTLY]
    )
    def test_doubt(self, home: Home, fate: Fate) -> None:
        """A lost answer never turns to the form: the API is asked what became of it."""
        home.record(2)
        done = home.push(fate)
        assert home.taken == [100, 101]
        assert "portal" not in home.channels(1) + home.channels(2)
        assert done.turned == ""

    def test_doubt_and_then_silence(self, home: Home) -> None:
        """What is in doubt stays so, though the form would be there; the rest goes by the form."""
        home.record(2)
        done = home.push(Fate.LOST_AFTER, Fate.DOWN)
        assert (done.unknown, done.accepted) == (1, 1)
        assert home.taken == [100, 101]
        assert home.channels(2)[-1] == "portal"
        assert "portal" not in home.channels(1)
        assert home.push().accepted == 1
        assert home.taken == [100, 101]

    @pytest.mark.parametrize("fate", [Fate.REJECTED, Fate.BUSY])
    def test_the_utility_has_spoken(self, home: Home, fate: Fate) -> None:
        """A rejected value, or a request to wait, is not taken to the form."""
        home.record(1)
        done = home.push(*[fate] * 6)
        assert home.channels(1) == ["api"] * len(home.channels(1))
        assert (home.taken, done.turned) == ([], "")

    def test_both_out_of_reach(self, home: Home) -> None:
        """It stays queued, and the error is the form's."""
        home.record(2)
        done = home.push(Fate.DOWN, portal=[Fate.DOWN])
        assert isinstance(done.error, Unreachable)
        assert home.push().accepted == 2

    def test_both_closed(self, home: Home) -> None:
        """Nothing else would fare better."""
        home.record(2)
        done = home.push(Fate.NO_ENTRY, portal=[Fate.NO_ENTRY])
        assert isinstance(done.error, NotAllowed)
        assert home.channels(2) == []

    def test_lost_at_the_form(self, home: Home) -> None:
        """The form is asked, and nobody else."""
        home.record(1)
        done = home.push(Fate.NO_ENTRY, portal=[Fate.LOST_AFTER, Fate.DOWN])
        assert isinstance(done.error, AnswerLost)
        done = home.push()
        assert (done.accepted, home.taken) == (1, [100])

    def test_form_that_is_gone(self, home: Home) -> None:
        """What was sent by it stays in doubt until a person settles it; the API is not asked."""
        home.record(1)
        home.push(Fate.NO_ENTRY, portal=[Fate.LOST_AFTER, Fate.DOWN])
        done = home.push(only_api=True)
        assert done.unknown == 1
        assert done.error is not None
        assert "sent by the portal, which is not set up now" in done.error.message
        (held,) = home.household.submissions()
        resolve(home.household.session, held, Verdict.ACCEPTED, "it shows it", "R-1")
        assert home.push(only_api=True).error is None
        assert home.taken == [100]

    def test_next_run(self, home: Home) -> None:
        """It tries the API again."""
        home.record(1)
        home.push(Fate.NO_ENTRY)
        home.household.record("200", DAYS[5])
        home.push()
        assert home.channels(2) == ["api"]


class TestTogether:
    """Several readings in one request, an outcome for each."""

    def test_all_well(self, many: Home) -> None:
        """Twelve readings are three requests."""
        many.record(12)
        done = many.push(*[Fate.WELL] * 3, Fate.DOWN)
        assert many.taken == list(range(100, 112))
        assert (done.accepted, done.error) == (12, None)

    @pytest.mark.fault(24)
    def test_one_is_poison(self, many: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is set aside, and the rest goes on."""
        apply = many.books.apply

        def picky(request: Request, *, rejects: bool = False) -> Outcome:
            if request.value == 103_000_000:
                return Rejected("spike")
            return apply(request, rejects=rejects)

        monkeypatch.setattr(many.books, "apply", picky)
        many.record(6)
        done = many.push()
        assert many.taken == [100, 101, 102, 104, 105]
        assert (done.accepted, done.rejected) == (5, 1)
        assert isinstance(done.error, PartlyDone)

    @pytest.mark.parametrize("fate", [Fate.LOST_AFTER, Fate.LOST_BEFORE, Fate.LOST_PARTLY])
    def test_answer_lost(self, many: Home, fate: Fate) -> None:
        """Each is asked about, and each is there once."""
        many.record(6)
        many.push(fate)
        many.push()
        assert sorted(many.taken) == list(range(100, 106))
        assert [one.state for one in many.household.submissions()] == [SubmissionState.ACCEPTED] * 6

    def test_the_first_alone_was_taken(self, many: Home) -> None:
        """The others stay due, and go with the next run."""
        many.record(5)
        done = many.push(Fate.PARTLY)
        assert (done.accepted, done.pending, many.taken) == (1, 4, [100])
        assert many.push().accepted == 4

    def test_out_of_reach(self, many: Home) -> None:
        """Three requests in all, and no more: not one for each reading."""
        many.record(12)
        done = many.push(Fate.DOWN, portal=[Fate.DOWN], only_api=True)
        assert isinstance(done.error, Unreachable)
        assert [len(many.channels(number)) for number in (1, 5, 6, 12)] == [3, 3, 0, 0]

    def test_falls_back(self, many: Home) -> None:
        """What was to go together goes one by one by the form."""
        many.record(7)
        done = many.push(Fate.NO_ENTRY)
        assert (done.accepted, many.taken) == (7, list(range(100, 107)))
        assert many.channels(7) == ["portal"]

    def test_killed(self, many: Home) -> None:
        """All that left is asked about, one by one."""
        many.record(5)
        with pytest.raises(Crash):
            many.push(Fate.CRASH_AFTER)
        assert [one.state for one in many.household.submissions()] == [SubmissionState.SENDING] * 5
        assert many.push().accepted == 5
        assert many.taken == list(range(100, 105))


class TestNotShownYet:
    """Where only what it shows can be asked, "not there" proves nothing at first."""

    @pytest.mark.fault(18)
    def test_too_early(self, session: Session) -> None:
        """It is not sent again."""
        home = homes(session, Bounds(settles=3600))
        home.record(1)
        done = home.push(Fate.LOST_BEFORE)
        assert isinstance(done.error, AnswerLost)
        assert done.error.message == "it does not show it yet"
        assert home.push(only_api=True).unknown == 1
        assert home.taken == []

    def test_another_value_is_shown(self, session: Session) -> None:
        """While it may change, that is no rejection; afterwards it is."""
        home = homes(session, Bounds(settles=3600))
        home.record(1)
        home.push(Fate.LOST_BEFORE)
        home.books.rejected.add(home.household.submissions()[0].key)
        assert home.push(only_api=True).unknown == 1
        later = session._replace(now=session.now + 3_600_000)
        home = home._replace(household=home.household._replace(session=later))
        assert home.push(only_api=True).rejected == 1

    def test_killed_as_it_left(self, session: Session) -> None:
        """Nobody knows when the last of it left: as late as a request may take."""
        home = homes(session, Bounds(settles=3600))
        home.record(1)
        with pytest.raises(Crash):
            home.push(Fate.CRASH_BEFORE)
        for seconds, is_sent in ((3_600, False), (3_660, True)):
            later = session._replace(now=session.now + seconds * 1_000)
            home = home._replace(household=home.household._replace(session=later))
            assert home.push(only_api=True).unknown == (not is_sent)
            assert home.taken == [100] * is_sent

    def test_long_after(self, session: Session) -> None:
        """It is."""
        home = homes(session, Bounds(settles=3600))
        home.record(1)
        home.push(Fate.LOST_BEFORE)
        later = session._replace(now=session.now + 3_600_000)
        home = home._replace(household=home.household._replace(session=later))
        assert home.push().accepted == 1
        assert home.taken == [100]

    def test_many(self, session: Session) -> None:
        """Each of them is asked about, though none is shown; what is due is not kept waiting."""
        home = homes(session, Bounds(settles=3600, rows=4))
        home.record(4)
        home.push(Fate.LOST_BEFORE)
        home.household.record("200", DAYS[8])
        done = home.push()
        assert (done.unknown, done.accepted) == (4, 1)
        assert [home.channels(number)[-1] for number in (1, 2, 3, 4)] == ["query"] * 4


class Picky(Flaky):
    """A way that has its own answers to some values."""

    def answers(self, **outcomes: Outcome) -> None:
        """To these values, as `v101`."""
        self.own = outcomes

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """Its own answer, or what becomes of all others."""
        assert len(requests) == 1
        own = self.own.get(f"v{requests[0].value // 1_000_000}")
        return [own] if own is not None else super().submit(requests, seconds)


class TestOfOneAlone:
    """What is the matter with one reading is no matter of the others."""

    @pytest.fixture
    def picky(self, home: Home) -> Home:
        """A household whose API is particular."""
        return home._replace(api=Picky(home.books, home.api.watch))

    def test_not_yet(self, picky: Home) -> None:
        """Several that wait for something keep no other back, and are not tried twice in a run."""
        picky.record(6)
        waits = NotTaken("there is no generation of that day yet", alone=True)
        picky.api.answers(v100=waits, v101=waits, v102=waits)  # type: ignore[attr-defined] # Picky
        done = picky.push(only_api=True)
        assert picky.taken == [103, 104, 105]
        assert (done.pending, done.accepted) == (3, 3)
        assert [len(picky.channels(number)) for number in (1, 2, 3)] == [1, 1, 1]

    def test_a_setting(self, picky: Home) -> None:
        """It stays due until the setting is mended; with nothing through, it is what is wrong."""
        picky.record(2)
        missing = NotTaken("meter has no number", "set it", settings=True)
        picky.api.answers(v100=missing)  # type: ignore[attr-defined] # Picky
        assert isinstance(picky.push(only_api=True).error, PartlyDone)
        done = picky.push(only_api=True)
        assert isinstance(done.error, ConfigError)
        assert (done.error.message, picky.taken) == ("meter has no number", [101])
        picky.api.answers()  # type: ignore[attr-defined] # Picky
        assert picky.push(only_api=True).error is None
        assert picky.taken == [101, 100]

    def test_a_setting_of_the_first_way(self, picky: Home) -> None:
        """It does not turn the run to the form."""
        picky.record(1)
        picky.api.answers(v100=NotTaken("no number", settings=True))  # type: ignore[attr-defined] # Picky
        assert picky.push().turned == ""
        assert picky.taken == []

    def test_heard(self, picky: Home) -> None:
        """Who knows no more yet has answered: the others go on, and it is asked by the next run."""
        picky.record(5)
        told = Lost("not shown yet", heard=True)
        picky.api.answers(v100=told, v101=told, v102=told)  # type: ignore[attr-defined] # Picky
        done = picky.push(only_api=True)
        assert (done.unknown, picky.taken) == (3, [103, 104])
        assert [len(picky.channels(number)) for number in (1, 2, 3)] == [1, 1, 1]


class TestAskedInVain:
    """A question that is refused says nothing of what may be sent."""

    def test_others_are_sent(self, home: Home) -> None:
        """What is in doubt stays so; what is due goes out all the same."""
        home.record(3)
        done = home.push(Fate.LOST_AFTER, Fate.NO_ENTRY, only_api=True)
        assert (done.unknown, home.taken) == (1, [100, 101, 102])
        assert isinstance(done.error, PartlyDone)

    def test_nothing_else(self, home: Home) -> None:
        """That it may not be asked is what the run ends with."""
        home.record(1)
        home.push(Fate.LOST_AFTER, Fate.NO_ENTRY, only_api=True)
        done = home.push(Fate.NO_ENTRY, only_api=True)
        assert isinstance(done.error, NotAllowed)
        assert done.stopped is None
        assert home.push(only_api=True).accepted == 1


def test_utility_that_is_told_of_no_meter(session: Session) -> None:
    """With two meters it would take the readings of one for the other's: nothing is sent."""
    home = homes(session, Bounds(one_meter=True))
    home.record(1)
    with session.ledger.writing():
        session.ledger.set_meter(INVERTER._replace(submitted=True))
    with pytest.raises(ConfigError, match="meter and inverter are submitted"):
        home.push(only_api=True)
    with session.ledger.writing():
        session.ledger.set_meter(INVERTER._replace(submitted=False))
    assert home.push(only_api=True).accepted == 1


class TestCannotBeAsked:
    """A utility that tells nothing of what it took: a person looks."""

    @pytest.mark.fault(18)
    def test_answer_lost(self, session: Session) -> None:
        """No question is made of it, in this run or the next; it says whose turn it is."""
        home = homes(session, Bounds(can_be_asked=False))
        home.record(2)
        done = home.push(Fate.LOST_AFTER, only_api=True)
        assert (done.unknown, home.taken) == (1, [100, 101])
        for _ in range(2):
            done = home.push(only_api=True)
            assert isinstance(done.error, AnswerLost)
            assert "the utility cannot be asked" in done.error.message
            assert done.error.hint.endswith("meterctl submissions resolve 1")
        assert home.channels(1) == ["api"]
        (held, _) = home.household.submissions()
        resolve(session, held, Verdict.ACCEPTED, "its page shows it", "as shown")
        assert home.push(only_api=True).error is None


def test_account_that_is_left_behind(home: Home) -> None:
    """What is in doubt at an account that the settings name no more is warned about, with a way."""
    home.record(1)
    home.push(Fate.LOST_AFTER, Fate.DOWN, only_api=True)
    session, account = home.household.session, home.household.account
    names = [check.name for check in check_utility(session, account)]
    assert "utility:unknown" in names
    assert "utility:left_behind" not in names
    found = {one.name: one for one in check_utility(session, account._replace(name="another"))}
    left = found["utility:left_behind"]
    assert (left.grade, left.hint.endswith("resolve 1")) == (Grade.WARN, True)
    assert account.name in left.output


class TestOrdered:
    """What a person lets send again closes its day, as what is under way does."""

    def test_later_reading_of_the_day(self, home: Home) -> None:
        """It is not sent as well."""
        home.household.record("100", "2026-11-21 10:00")
        home.push(Fate.REJECTED, only_api=True)
        (held,) = home.household.submissions()
        resubmit(home.household.session, held, "they lifted the limit")
        home.household.record("110", "2026-11-21 20:00")
        home.books.rejected.clear()
        done = home.push(only_api=True)
        assert home.taken == [100]
        assert done.error is None

    def test_no_longer_different(self, home: Home) -> None:
        """What differed is sent, and is not told to differ by the very run that sent it."""
        slot = home.household.record("100", "2026-11-21 10:00")
        home.push(only_api=True)
        home.household.correct(slot, "101")
        assert [held.why for held in home.push(only_api=True).withheld] == [Why.DIFFERS]
        resubmit(home.household.session, home.household.submissions()[0], "misread")
        done = home.push(only_api=True)
        assert (done.accepted, done.withheld) == (1, ())

    def test_dry_run(self, home: Home) -> None:
        """What would be dropped is not shown."""
        slot = home.household.record("100", "2026-11-21 10:00")
        home.push(Fate.REJECTED, only_api=True)
        resubmit(home.household.session, home.household.submissions()[0], "again")
        home.household.void(slot)
        session = home.household.session
        meters = session.ledger.meters()
        assert (
            would_push(session, home.household.account, meters, home.api, shows=True).requests == ()
        )


class TestTooLate:
    """What the utility does not take any more is listed, and not sent."""

    @pytest.mark.fault(34)
    def test_missed_nights(self, home: Home) -> None:
        """Those within its days go out at once; the others are withheld, with the day."""
        home.record(12)
        account = home.household.account._replace(oldest_days=3)
        home = home._replace(household=home.household._replace(account=account))
        done = home.push()
        assert home.taken == [109, 110, 111]  # the test's today is 2026-11-22
        assert [held[1:] for held in done.withheld] == [(Why.TOO_LATE, 9, "before 2026-11-19")]
        assert done.error is None

    def test_queued_for_too_long(self, home: Home) -> None:
        """It is dropped, unsent."""
        home.record(12)
        home.push(Fate.DOWN, portal=[Fate.DOWN])
        account = home.household.account._replace(oldest_days=1)
        home._replace(household=home.household._replace(account=account)).push()
        assert home.taken == [111]
        states = [one.state for one in home.household.submissions()]
        assert states == [SubmissionState.REJECTED] * 11 + [SubmissionState.ACCEPTED]


class TestDryRun:
    """What would leave can be looked at."""

    def test_requests(self, many: Home) -> None:
        """As many readings in each as would leave together; nothing is asked or written."""
        many.record(6)
        session = many.household.session
        meters = session.ledger.meters()
        done = would_push(session, many.household.account, meters, many.api, shows=True)
        assert [len(one.split()) for one in done.requests] == [5, 1]
        many.push()
        keys = [request.key for request, _ in many.books.accepted]
        assert " ".join(done.requests).split() == keys

    def test_every_policy(self, home: Home) -> None:
        """In the order of time."""
        home.household.record("101", DAYS[1])
        home.household.record("100", DAYS[0])
        session, account = home.household.session, home.household.account
        every = account._replace(policy=Policy.EVERY)
        done = would_push(session, every, session.ledger.meters(), home.api, shows=True)
        assert len(done.requests) == 2


def test_outcomes_that_turn() -> None:
    """Only what is proven, and only where the way is the cause."""
    assert why_to_turn(Misconfigured("no such page")) == "no such page"
    assert why_to_turn(NotTaken("out of reach", unreached=True)) == "out of reach"
    assert why_to_turn(NotTaken("its window is closed")) == ""
