"""A ledger that was put back from a backup: it doubles nothing that the one before has done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from meterctl.domain.due import Policy, Why, may_be_elsewhere
from meterctl.errors import AnswerLost, SubmitterElsewhere
from meterctl.ledger.access import Answer, Client, Secret
from meterctl.ledger.port import SubmissionState
from meterctl.ledger.store import SqlLedger
from meterctl.services.asking import NOT_SHOWN_YET
from meterctl.services.current import current
from meterctl.services.health import Grade
from meterctl.services.push import Means, push, would_push
from meterctl.services.pushed import Pushed
from meterctl.services.restored import (
    HAS_STOPPED,
    WHY,
    Ancestor,
    begin_anew,
    check_restored,
    elsewhere,
    note_taken_over,
    restored,
    take_over,
)
from meterctl.services.session import Session
from meterctl.services.submissions import Verdict, resolve
from meterctl.utility.json_api import JsonUtility
from meterctl.utility.port import Bounds, Outcome, Request, Utility
from tests.helpers import METER, NOW
from tests.stores import Store, put_back
from tests.utility.flaky import Books, Fate, Flaky
from tests.utility.pushing import Household
from tests.utility.stand import Passing, Stand, standing
from tests.utility.to_file.folder import CSV, files, way

EARLIER, YESTERDAY, TODAY = "2026-11-20 20:00", "2026-11-21 20:00", "2026-11-22 08:00"
NOWHERE = "http://127.0.0.1:9"
MINUTE = 60_000


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A utility."""
    with standing(tmp_path) as one:
        yield one


@pytest.fixture
def old(session: Session, stand: Stand) -> Household:
    """A household with an account there, whose machine goes on beside the new one."""
    return Household(session, stand.url, Passing())


@pytest.fixture
def back_up(store: Store) -> BackUp:
    """Makes a backup of a household's ledger; what it hands out puts that back elsewhere."""

    def made(home: Household) -> Callable[[], Household]:
        backup = f"backup-{home.session.ledger.id}"
        store.back_up(home.session.ledger, backup)

        def again() -> Household:
            opened = put_back(store, backup, f"new-{backup}", NOW, NOW)
            return home._replace(session=home.session._replace(ledger=opened), passing=Passing())

        return again

    return made


BackUp = Callable[[Household], Callable[[], Household]]


def test_what_may_be_elsewhere() -> None:
    """Any reading until it is taken over; from then on what was read up to that instant."""
    assert may_be_elsewhere(NOW, None)
    assert may_be_elsewhere(NOW, NOW)
    assert not may_be_elsewhere(NOW + 1, NOW)


class TestBeginsAnew:
    """What is in the copy once it is put back."""

    def test_id(self, old: Household, back_up: BackUp) -> None:
        """It has one of its own, and knows whose it had, also of a backup of what was put back."""
        old.record("100", YESTERDAY)
        new = back_up(old)()
        newest = back_up(new)()
        ids = [home.session.ledger.id for home in (old, new, newest)]
        assert len({id_[:12] for id_ in ids}) == 3  # as much of it is in the keys of rows
        back = restored(newest.session.ledger)
        assert back is not None
        assert back.ancestors == (Ancestor(ids[0], 1), Ancestor(ids[1], 1))
        assert (back.backup_at, back.restored_at) == (NOW, NOW)
        assert restored(old.session.ledger) is None

    def test_stopped_in_the_middle(self, ledger: SqlLedger) -> None:
        """It has the id that it had: all of it is written, or none."""
        before = ledger.id

        def stopped() -> None:
            with ledger.writing():
                begin_anew(ledger, NOW, NOW)
                assert ledger.id != before
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            stopped()
        assert ledger.id == before
        assert elsewhere(ledger) is None

    def test_what_was_due(self, old: Household, back_up: BackUp) -> None:
        """It is in doubt, and says why; what was in doubt stays so, what is proven stays proven."""
        for value, at in (("90", EARLIER), ("100", YESTERDAY), ("110", TODAY)):
            old.record(value, at)
        old._replace(url=NOWHERE).push()
        ledger = old.session.ledger
        with ledger.writing():
            ledger.begin_attempt(1, SubmissionState.DUE, "api", NOW)
            ledger.move_submission(
                2, SubmissionState.DUE, SubmissionState.ACCEPTED, NOW, receipt="R"
            )
        new = back_up(old)()
        assert new.states() == ["sending", "accepted", "unknown"]
        assert new.submissions()[2].detail == WHY
        assert old.states() == ["sending", "accepted", "due"]

    def test_tokens(self, ledger: SqlLedger) -> None:
        """Those issued before are refused, for some may have been since; a client logs in anew."""
        phone = Client("mc_1", "phone", ("read",), None, NOW, None, None)
        with ledger.writing():
            ledger.add_client(phone, Secret("hash", NOW, None))
            ledger.keep_answer("mc_1", "key", Answer(b"f", 201, b"{}", NOW))
            begin_anew(ledger, NOW, NOW + 7)
        standing = ledger.standing("mc_1", "a token")
        assert standing == (phone, NOW + 7)
        assert ledger.answer("mc_1", "key") is not None

    def test_what_was_noted_of_the_sheet(self, ledger: SqlLedger) -> None:
        """Nothing by which it would trust that the Sheet is as it left it, or that it submits."""
        gone = ("sheet.head:x/y", "sheet.absorbed:x/y", "sheet.read:x/y", "sheet.submitter:x/y")
        kept = ("sheet.zone:x/y", "sheet.columns:x/y", "sheet.refuses:x/y", "utility.since:u")
        with ledger.writing():
            for name in (*gone, *kept):
                ledger.set_memo(name, "yes", NOW)
            begin_anew(ledger, NOW, NOW)
        assert [name for name in (*gone, *kept) if ledger.memo(name)] == list(kept)


class TestAskedFirst:
    """Beside a machine that may still submit: asked about, then sent, with the same key."""

    def test_only_what_the_old_one_did_not(
        self, old: Household, stand: Stand, back_up: BackUp
    ) -> None:
        """What was due at the backup and is there by now is found; the rest is sent; each once."""
        for value, at in (("90", EARLIER), ("100", YESTERDAY)):
            old.record(value, at)
        old._replace(url=NOWHERE).push()
        again = back_up(old)
        assert old._replace(account=old.account._replace(oldest_days=1)).push().accepted == 1
        new = again()
        for home in (old, new):
            home.record("110", TODAY)
        done = new.push()
        assert (done.accepted, done.error) == (3, None)
        assert stand.values() == [100, 90, 110]
        # The old one finds what the new one has sent by its key.
        assert old.push().error is None
        assert len(stand.accepted()) == 3
        assert {one.receipt for one in new.submissions()} == {"R-000001", "R-000002", "R-000003"}

    def test_what_was_read_since(self, old: Household, stand: Stand, back_up: BackUp) -> None:
        """It is asked about as well: the old machine may have the same reading."""
        new = back_up(old)()
        for home in (old, new):
            home.record("110", TODAY)
        old.push()
        before = len(stand.requests())
        done = new.push()
        assert stand.requests()[before:] == [("GET", 200)]
        assert done.submissions[0].receipt == "R-000001"
        assert stand.values() == [110]

    def test_asked_before_it_is_sent(self, old: Household, stand: Stand, back_up: BackUp) -> None:
        """One question, one submission."""
        new = back_up(old)()
        new.record("110", TODAY)
        assert new.push().accepted == 1
        assert [method for method, _ in stand.requests()] == ["GET", "POST"]

    def test_nobody_there(self, old: Household, stand: Stand, back_up: BackUp) -> None:
        """It stays in doubt, and the next run asks."""
        new = back_up(old)()
        new.record("110", TODAY)
        done = new._replace(url=NOWHERE).push()
        assert (new.states(), done.unknown, done.pending) == (["unknown"], 1, 0)
        assert isinstance(done.error, AnswerLost)
        assert new.push().accepted == 1
        assert stand.values() == [110]

    def test_not_there_and_then_not_taken(
        self, old: Household, stand: Stand, back_up: BackUp
    ) -> None:
        """What could not be sent then is asked about again: meanwhile the old one may have."""
        new = back_up(old)()
        for home in (old, new):
            home.record("110", TODAY)
        stand.faults('method = "POST"; do = "status"; status = 429; times = 0; body = ""')
        assert new.push().pending == 1
        stand.faults()
        old.push()
        before = len(stand.requests())
        assert new.push().accepted == 1
        assert stand.requests()[before:] == [("GET", 200)]
        assert stand.values() == [110]

    def test_another_is_due_by_then(self, old: Household, stand: Stand, back_up: BackUp) -> None:
        """The one that was due is found not to be there; then its day's last one is asked about."""
        old.record("109", "2026-11-22 07:00")
        old._replace(url=NOWHERE).push()
        new = back_up(old)()
        new.record("110", TODAY)
        done = new.push()
        assert (stand.values(), done.error) == ([110], None)
        assert new.states() == ["rejected", "accepted"]
        assert [method for method, _ in stand.requests()] == ["GET", "GET", "GET", "POST"]

    def test_another_was_taken(self, old: Household, stand: Stand, back_up: BackUp) -> None:
        """The day is closed with what the old machine has sent of it."""
        old.record("109", "2026-11-22 07:00")
        old._replace(url=NOWHERE).push()
        new = back_up(old)()
        old.push()
        new.record("110", TODAY)
        assert new.push().error is None
        assert stand.values() == [109]

    def test_a_later_one_of_that_day(self, old: Household, stand: Stand, back_up: BackUp) -> None:
        """What the old one has sent of a day is found, though another is the last one by now."""
        new = back_up(old)()
        for value, at in (("107", "06:00"), ("108", "07:00"), ("109", "08:00")):
            for home in (old, new):
                home.record(value, f"2026-11-22 {at}")
            if value == "108":
                old.push()
        assert new.push().error is None
        assert stand.values() == [108]
        assert new.states() == ["rejected", "accepted"]
        assert new.submissions()[1].receipt == "R-000001"
        assert new.push().submissions == ()

    def test_of_one_month(self, old: Household, back_up: BackUp) -> None:
        """Where one reading a month is told by its day, its other days are asked about as well."""
        monthly = old._replace(account=old.account._replace(policy=Policy.MONTHLY))
        new = back_up(monthly)()
        books = Books()
        api = Flaky(books, lambda _: None, bounds=Bounds(by_day=True))
        both = Machines(monthly, new, books, (api,))
        for home in (monthly, new):
            home.record("100", YESTERDAY)
        both.push(monthly)
        new.record("110", TODAY)
        assert both.push(new).error is None
        assert both.taken == [100]

    def test_another_value_by_then(self, old: Household, stand: Stand, back_up: BackUp) -> None:
        """A reading that was corrected after the old one had sent it is not sent once more."""
        new = back_up(old)()
        slots = [home.record("110", TODAY) for home in (old, new)]
        old.push()
        new.correct(slots[1], "111")
        done = new.push()
        assert stand.values() == [110]
        assert [held.why for held in done.withheld] == [Why.DIFFERS]

    def test_another_of_that_day_cannot_be_found_out(
        self, old: Household, stand: Stand, back_up: BackUp
    ) -> None:
        """Then the last one waits as well."""
        new = back_up(old)()
        for home in (old, new):
            home.record("109", "2026-11-22 07:00")
        old.push()
        new.record("110", TODAY)
        stand.faults('method = "GET"; skip = 1; times = 0; do = "status"; status = 503')
        done = new.push()
        assert (new.states(), done.unknown, stand.values()) == (["unknown"], 1, [109])
        stand.faults()
        assert new.push().error is None
        assert (new.states(), stand.values()) == (["rejected", "accepted"], [109])

    def test_it_was_rejected(self, old: Household, stand: Stand, back_up: BackUp) -> None:
        """What the utility refused of the old machine is not sent by the new one."""
        new = back_up(old)()
        for home in (old, new):
            home.record("110", TODAY)
        stand.faults(
            'method = "POST"; do = "status"; status = 422;'
            ' body = \'{"status": "rejected", "reason": "no"}\'',
            'method = "GET"; do = "body"; status = 200;'
            ' body = \'{"status": "rejected", "reason": "no"}\'',
        )
        assert old.push().rejected == 1
        assert new.push().rejected == 1
        assert stand.values() == []

    def test_more_than_a_run_has_time_for(self, old: Household, back_up: BackUp) -> None:
        """Each run sends some of what it asked about: what it has not sent is asked about again."""
        new = back_up(old)()
        for day in range(1, 13):
            new.record(str(100 + day), f"2026-11-{day:02} 20:00")

        class Slow(Flaky):
            """A minute for each question."""

            def ask(self, request: Request, seconds: float) -> Outcome:
                new.passing.pauses.append(60)
                return super().ask(request, seconds)

        books = Books()
        api = Slow(books, lambda _: None, bounds=Bounds(by_day=True))
        both = Machines(old, new, books, (api,))
        taken = [0]
        while len(books.accepted) < 12:
            both.push(new)
            taken.append(len(books.accepted))
            assert taken[-1] > taken[-2]
        assert both.push(new).error is None
        assert both.taken == sorted(both.taken)

    def test_killed_between_the_question_and_the_request(
        self, old: Household, stand: Stand, back_up: BackUp
    ) -> None:
        """The next run asks again."""
        new = back_up(old)()
        for home in (old, new):
            home.record("110", TODAY)

        def stop() -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            new.push(permit=stop)
        assert new.states() == ["due"]
        old.push()
        assert new.push().accepted == 1
        assert len(stand.accepted()) == 1


class TestTakenOver:
    """A person's word that the machine before has stopped."""

    def test_what_is_read_later(self, old: Household, stand: Stand, back_up: BackUp) -> None:
        """It is due as ever; what was read before is asked about first."""
        new = back_up(old)()
        new.record("100", YESTERDAY)
        take_over(new.session.ledger, NOW - 5 * 60 * MINUTE)  # before today's reading
        new.record("110", TODAY)
        new.push()
        assert [method for method, _ in stand.requests()] == ["GET", "POST", "POST"]
        assert stand.values() == [100, 110]

    def test_by_a_slow_clock(self, old: Household, back_up: BackUp) -> None:
        """What is known to have been read by then counts as read before."""
        new = back_up(old)()
        slot = new.record("110", TODAY)
        take_over(new.session.ledger, slot.at - 24 * 60 * MINUTE)
        other = elsewhere(new.session.ledger)
        assert other is not None
        assert other.may_have_sent(slot.at)

    def test_of_a_ledger_that_was_never_put_back(self, old: Household, stand: Stand) -> None:
        """Nothing changes."""
        old.record("110", TODAY)
        take_over(old.session.ledger, NOW)
        assert elsewhere(old.session.ledger) is None
        old.push()
        assert [method for method, _ in stand.requests()] == ["POST"]

    def test_and_put_back_again(self, old: Household, back_up: BackUp) -> None:
        """The word was for another ledger: of this one it is to be said anew."""
        new = back_up(old)()
        take_over(new.session.ledger, NOW)
        newest = back_up(new)()
        other = elsewhere(newest.session.ledger)
        assert other is not None
        assert (other.taken_over_at, other.may_have_sent(NOW + 1)) == (None, True)


class Machines(NamedTuple):
    """Two ledgers, one utility in memory that knows no keys, and the ways to it."""

    old: Household
    new: Household
    books: Books
    ways: tuple[Flaky, ...]

    def push(self, home: Household, *fates: Fate, now: int = NOW) -> Pushed:
        """A run of one of them; what becomes of its first requests by the first way."""
        self.ways[0].script = list(fates)
        session = home.session._replace(now=now)
        other: Utility | None = self.ways[1] if len(self.ways) > 1 else None
        means = Means(lambda: now, home.passing.pace, other_way=other)
        return push(session, self.ways[0], home.account, means, session.ledger.meters())

    @property
    def taken(self) -> list[int]:
        """The values that the utility holds."""
        return [request.value // 1_000_000 for request, _ in self.books.accepted]


def machines(
    old: Household, back_up: BackUp, bounds: Bounds, portal: Bounds | None = None
) -> Machines:
    """Both with the same reading of today, taken after the backup."""
    new = back_up(old)()
    for home in (old, new):
        home.record("110", TODAY)
    books, seen = Books(), list[Request]()
    api = Flaky(books, seen.append, bounds=bounds)
    ways = (api,) if portal is None else (api, Flaky(books, seen.append, "portal", portal))
    return Machines(old, new, books, ways)


class TestCannotBeAsked:
    """A person looks, and says what was found."""

    def test_it_waits(self, old: Household, back_up: BackUp) -> None:
        """Nothing is sent; the message names the two commands, of which one settles it."""
        both = machines(old, back_up, Bounds(can_be_asked=False))
        for _ in range(2):
            done = both.push(both.new)
            assert (both.new.states(), both.taken) == (["unknown"], [])
            assert isinstance(done.error, AnswerLost)
            assert "cannot be asked" in done.error.message
            assert "meterctl submissions resolve 1" in done.error.hint
            assert "push-utility --take-over" in done.error.hint

    @pytest.mark.parametrize("verdict", [Verdict.NOT_SENT, Verdict.ACCEPTED])
    def test_settled_by_hand(self, old: Household, back_up: BackUp, verdict: Verdict) -> None:
        """What a person says was not sent is sent by the next run, once."""
        both = machines(old, back_up, Bounds(can_be_asked=False))
        both.push(both.new)
        (held,) = both.new.submissions()
        resolve(both.new.session, held, verdict, "it is not on their page")
        assert both.push(both.new).error is None
        assert both.new.states() == ["accepted"]
        assert both.taken == ([110] if verdict is Verdict.NOT_SENT else [])
        assert both.push(both.new).submissions == ()

    def test_taken_over(self, old: Household, back_up: BackUp) -> None:
        """What was read until then waits all the same; what is read later is sent."""
        both = machines(old, back_up, Bounds(can_be_asked=False))
        both.push(both.new)
        take_over(both.new.session.ledger, NOW)
        later = both.new._replace(session=both.new.session._replace(now=NOW + 1_440 * MINUTE))
        later.record("120", "2026-11-23 08:00")
        both.push(later, now=NOW + 1_440 * MINUTE)
        assert (both.taken, later.states()) == ([120], ["unknown", "accepted"])

    @pytest.mark.parametrize("folder", ["its own", "the same"])
    def test_files(self, old: Household, back_up: BackUp, tmp_path: Path, folder: str) -> None:
        """What another machine has put into a folder of its own, this one's does not tell."""
        new = back_up(old)()
        places = {"old": tmp_path / "old", "new": tmp_path / "new"}
        if folder == "the same":
            places["new"] = places["old"]
        found = []
        for name, home in (("old", old), ("new", new)):
            (places[name] / "outbox").mkdir(parents=True, exist_ok=True)
            home.record("110", TODAY)
            session, means = home.session, Means(lambda: NOW, home.passing.pace)
            utility = way(places[name], CSV)
            found.append(push(session, utility, home.account, means, session.ledger.meters()))
        assert len(files(places["old"])) == 1
        assert found[0].accepted == 1
        if folder == "the same":
            assert new.submissions()[0].receipt == old.submissions()[0].receipt
        else:
            assert (new.states(), files(places["new"])) == (["unknown"], {})
            assert found[1].error is not None
            assert "meterctl submissions resolve 1" in found[1].error.hint
            assert "goes on" not in found[1].error.hint


class TestNoKeys:
    """A utility that shows late what it took, and takes twice what is sent twice."""

    SETTLES = Bounds(settles=1_800)

    def test_beside_the_old_one(self, old: Household, back_up: BackUp) -> None:
        """That it shows none proves nothing while another may be sending: nothing is sent."""
        both = machines(old, back_up, self.SETTLES)
        done = both.push(both.new)
        assert (both.new.states(), both.taken) == (["unknown"], [])
        assert done.error is not None
        assert HAS_STOPPED in done.error.hint
        both.push(both.old)
        assert both.push(both.new).error is None
        assert (both.new.states(), both.taken) == (["accepted"], [110])

    def test_once_the_old_one_has_stopped(self, old: Household, back_up: BackUp) -> None:
        """It is waited until the last of it must be shown; then it is sent."""
        both = machines(old, back_up, self.SETTLES)
        take_over(both.new.session.ledger, NOW)
        for minutes, taken in ((1, []), (30, []), (32, [110])):
            done = both.push(both.new, now=NOW + minutes * MINUTE)
            assert both.taken == taken
            assert (done.error is None) == bool(taken)
            if not taken:
                (held,) = both.new.submissions()
                assert NOT_SHOWN_YET in (held.detail or "")
                assert done.error is not None
                assert "not shown by 2026-11-22T11:31:00Z is sent then" in done.error.hint

    def test_late(self, old: Household, back_up: BackUp) -> None:
        """What the old one sent last, and nobody saw arrive, arrives: it is found."""
        both = machines(old, back_up, self.SETTLES)
        both.push(both.old, Fate.LATE)
        take_over(both.new.session.ledger, NOW)
        both.push(both.new, now=NOW + MINUTE)
        both.ways[0].land()
        assert both.push(both.new, now=NOW + 40 * MINUTE).error is None
        assert (both.new.states(), both.taken) == (["accepted"], [110])


class TestTwoWays:
    """An API, and a form for when that takes nothing."""

    def test_by_the_form(self, old: Household, back_up: BackUp) -> None:
        """What the old machine entered in the form is not sent to an API that does not know it."""
        both = machines(old, back_up, Bounds(), Bounds(by_day=True))
        both.push(both.old, Fate.DOWN)
        assert both.taken == [110]
        api, form = both.ways
        api.books = Books()  # it knows nothing of what came by the form
        assert both.push(both.new).error is None
        assert (both.new.states(), api.books.accepted) == (["accepted"], [])
        assert len(form.books.accepted) == 1

    def test_by_neither(self, old: Household, back_up: BackUp) -> None:
        """The old one may be turning to the form just now; once it has stopped, it is sent."""
        both = machines(old, back_up, Bounds(), Bounds(by_day=True))
        assert both.push(both.new).unknown == 1
        take_over(both.new.session.ledger, NOW)
        assert both.push(both.new, now=NOW + 2 * MINUTE).accepted == 1
        assert both.taken == [110]

    def test_the_form_cannot_be_asked(self, old: Household, back_up: BackUp) -> None:
        """Then a person looks, though the API says that it has none."""
        both = machines(old, back_up, Bounds(), Bounds(can_be_asked=False))
        done = both.push(both.new)
        assert (done.unknown, both.taken) == (1, [])
        assert done.error is not None
        assert "meterctl submissions resolve 1" in done.error.hint


class TestShown:
    """What is told of it before anybody was asked."""

    def test_dry_run(self, old: Household, stand: Stand, back_up: BackUp) -> None:
        """It is in doubt, not due; no request that would leave is shown."""
        new = back_up(old)()
        new.record("110", TODAY)
        ledger = new.session.ledger
        utility = JsonUtility(new.url, new.token)
        done = would_push(new.session, new.account, ledger.meters(), utility, shows=True)
        assert (done.unknown, done.pending, done.requests) == (1, 0, ())
        assert (done.submissions[0].error, done.counts) == (WHY, "1 unknown")
        assert (stand.requests(), new.states()) == ([], [])

    def test_dry_run_of_what_a_person_has_settled(
        self, old: Household, stand: Stand, back_up: BackUp
    ) -> None:
        """It is due."""
        old.record("110", TODAY)
        old._replace(url=NOWHERE).push()
        new = back_up(old)()
        resolve(new.session, new.submissions()[0], Verdict.NOT_SENT, "asked them")
        utility = JsonUtility(new.url, new.token)
        meters = new.session.ledger.meters()
        assert would_push(new.session, new.account, meters, utility).pending == 1
        assert new.push().accepted == 1
        assert [method for method, _ in stand.requests()] == ["POST"]

    def test_current(self, old: Household, back_up: BackUp) -> None:
        """`unknown` until it was asked about, though no submission is open yet."""
        new = back_up(old)()
        new.record("110", TODAY)
        for expected in ("unknown", "accepted"):
            found = current(new.session, [METER], account=new.account)
            assert found.newest[0].utility == expected
            assert found.pending_utility == (expected == "unknown")
            new.push()

    def test_health(self, old: Household, back_up: BackUp) -> None:
        """A warning with the command, until a person has said that the other has stopped."""
        old.record("110", TODAY)
        old._replace(url=NOWHERE).push()
        assert list(check_restored(old.session.ledger, NOW, submits=True)) == []
        ledger = back_up(old)().session.ledger
        (check,) = check_restored(ledger, NOW + MINUTE, submits=True)
        assert (check.name, check.grade, check.hint) == ("ledger:restored", Grade.WARN, HAS_STOPPED)
        assert "1 of its submissions is in doubt" in check.output
        take_over(ledger, NOW)
        (check,) = check_restored(ledger, NOW + MINUTE, submits=True)
        assert check.grade is Grade.PASS

    def test_health_without_a_utility(self, old: Household, back_up: BackUp) -> None:
        """There nothing is submitted, so that nobody waits for a word that cannot be said."""
        ledger = back_up(old)().session.ledger
        (check,) = check_restored(ledger, NOW + MINUTE, submits=False)
        assert (check.grade, check.hint) == (Grade.PASS, "")


def test_a_ledger_that_took_over_from_another(old: Household, stand: Stand) -> None:
    """It was never put back, but shares the Sheet of one that submitted so far: it asks too."""
    old.record("110", TODAY)
    note_taken_over(old.session.ledger, NOW)
    old.push()
    assert [method for method, _ in stand.requests()] == ["GET", "POST"]


def test_not_permitted(old: Household, stand: Stand, back_up: BackUp) -> None:
    """Where the Sheet names the old one, the new one asks about what it has, and sends nothing."""
    new = back_up(old)()
    for home in (old, new):
        home.record("100", YESTERDAY)
    old.push()
    new.record("110", TODAY)

    def refuse() -> None:
        raise SubmitterElsewhere("another ledger submits", "push-utility --take-over")

    done = new.push(permit=refuse)
    assert (done.accepted, done.pending) == (1, 1)
    assert stand.values() == [100]
