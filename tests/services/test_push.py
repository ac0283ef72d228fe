"""`push`: each reading once, whatever the other side does, and the next run heals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.domain.due import Policy, Why
from meterctl.errors import (
    AnswerLost,
    Busy,
    ConfigError,
    MeterctlError,
    Nonsense,
    NotAllowed,
    PartlyDone,
    SubmitterElsewhere,
    Unreachable,
)
from meterctl.ledger.port import SubmissionState
from meterctl.services import push as service
from meterctl.services.outstanding import Account
from meterctl.services.pushed import Pushed
from meterctl.services.session import Session
from meterctl.utility.json_api import JsonUtility
from tests.helpers import METER, NOW
from tests.http.gates import eventually
from tests.stores import Store
from tests.utility.pushing import Household
from tests.utility.stand import Passing, Stand, standing

YESTERDAY, TODAY, EARLIER = "2026-11-21 20:00", "2026-11-22 08:00", "2026-11-20 20:00"
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


def ended_with(done: Pushed) -> type[MeterctlError] | None:
    """What kind of error a run ended with."""
    return None if done.error is None else type(done.error)


class TestAllWell:
    """What is due is submitted."""

    def test_nothing_due(self, home: Household, stand: Stand) -> None:
        """Nobody is asked; that it went well is noted."""
        done = home.push()
        assert (done.submissions, done.error) == ((), None)
        assert stand.requests() == []
        for memo in (service.TRIED, service.OK):
            assert home.session.ledger.memo(memo) is not None

    def test_two_days(self, home: Household, stand: Stand) -> None:
        """In the order of time, each with its receipt; the second run has nothing to do."""
        home.record("110", TODAY)
        home.record("100", YESTERDAY)
        done = home.push()
        assert stand.values() == [100, 110]
        assert [one.receipt for one in done.submissions] == ["R-000001", "R-000002"]
        assert (done.accepted, done.error, done.counts) == (2, None, "2 accepted")
        first = done.submissions[0]
        assert (first.attempts, first.channel, first.error) == (1, "api", None)
        assert home.push().submissions == ()
        assert len(stand.requests()) == 2

    def test_key(self, home: Household, stand: Stand) -> None:
        """It is the same from every ledger that holds the reading."""
        home.record("110", TODAY)
        home.push()
        (accepted,) = stand.accepted()
        assert accepted["key"] == home.submissions()[0].key

    def test_first_push_fixes_the_first_day(self, home: Household, stand: Stand) -> None:
        """What is older floods no one; how much that is, is said."""
        home = home._replace(account=Account("utility"))
        home.record("90", EARLIER)
        home.record("100", YESTERDAY)
        home.record("110", TODAY)
        done = home.push()
        assert stand.values() == [110]
        assert [held[1:] for held in done.withheld] == [(Why.OLDER, 2, "before 2026-11-22")]
        later = home._replace(session=home.session._replace(now=NOW + 86_400_000))
        assert later.push().withheld[0].detail == "before 2026-11-22"

    def test_meter_that_is_not_submitted(self, home: Household, stand: Stand) -> None:
        """Nothing of it is due, nor of what was queued of it."""
        home.record("110", TODAY)
        home._replace(url="http://127.0.0.1:9").push()
        with home.session.ledger.writing():
            home.session.ledger.set_meter(METER._replace(submitted=False))
        assert home.push().submissions == ()
        assert stand.values() == []
        assert home.states() == ["rejected"]

    def test_every(self, home: Household, stand: Stand) -> None:
        """Each reading of a day."""
        home = home._replace(account=home.account._replace(policy=Policy.EVERY))
        home.record("109", "2026-11-22 07:00")
        home.record("110", TODAY)
        home.push()
        assert stand.values() == [109, 110]

    def test_monthly(self, home: Household, stand: Stand) -> None:
        """The last one within the window; nothing outside of it."""
        home.record("110", TODAY)
        monthly = home.account._replace(policy=Policy.MONTHLY, window=(23, 25))
        done = home._replace(account=monthly).push()
        assert [held[1:] for held in done.withheld] == [(Why.WINDOW, 1, "until 2026-11-23")]
        home._replace(account=monthly._replace(window=(20, 25))).push()
        assert stand.values() == [110]

    def test_reading_in_doubt(self, home: Household, stand: Stand) -> None:
        """It waits, and with it its day."""
        home.record("90", EARLIER)
        home.record("100", YESTERDAY)
        home.record("50", TODAY)
        done = home.push()
        assert stand.values() == [90, 100]
        assert [held.why for held in done.withheld] == [Why.IN_DOUBT]
        assert done.error is None

    def test_already_there(self, home: Household, stand: Stand) -> None:
        """Submitted from another ledger under another key: fine, and proven by its receipt."""
        home.record("110", TODAY)
        home.push()
        with home.session.ledger.writing():  # as if this ledger had never heard of it
            home.session.ledger.move_submission(
                1, SubmissionState.ACCEPTED, SubmissionState.REJECTED, NOW, detail="lost"
            )
            truth = home.session.ledger.revisions(home.submissions()[0].slot)[-1]
            home.session.ledger.open_submission("utility", truth, "m1-other", NOW)
        done = home.push()
        assert (done.already, done.error) == (1, None)
        assert done.submissions[0].receipt == "R-000001"
        assert stand.values() == [110]


LOST = {
    "reset after it was accepted": f'{POST}; do = "reset-after"',
    "silence after it was accepted": f'{POST}; do = "hang-after"',
    "an answer byte by byte": f'{POST}; do = "drip"; seconds = 0.1',
    "half an answer": f'{POST}; do = "truncate"',
    "a web page": f'{POST}; do = "body"; body = "<html>Welcome to our Wi-Fi</html>"',
    "a server error after it was accepted": f'{POST}; do = "body"; status = 502; body = "<p>"',
    "a redirect": f'{POST}; do = "redirect"; location = "http://127.0.0.1:9/"',
    "reset before": f'{POST}; do = "reset-before"',
    "silence before": f'{POST}; do = "hang-before"',
    "a server error before": f'{POST}; do = "status"; status = 503',
    "late": f'{POST}; do = "late"; seconds = 0.2',
    "the wrong receipt": f'{POST}; do = "body"; status = 201; body = \'{{"status": "accepted",'
    ' "receipt": "R-9", "value": 7}\'',
    "no receipt": f'{POST}; do = "body"; status = 201; body = \'{{"status": "accepted"}}\'',
    "an error in 200": f'{POST}; do = "body"; status = 200; body = \'{{"error": "quota"}}\'',
}


class TestAnswerLost:
    """What is in doubt is asked about, and found out in the same run."""

    @pytest.mark.fault(18)
    @pytest.mark.parametrize("fault", LOST.values(), ids=list(LOST))
    def test_once(self, home: Household, stand: Stand, fault: str) -> None:
        """One submission at the utility, and its receipt here."""
        home.record("110", TODAY)
        stand.faults(fault)
        done = home.push(attempt_seconds=0.4)
        assert done.error is None
        assert stand.values() == [110]
        (held,) = home.submissions()
        assert (held.state, held.receipt) == ("accepted", stand.accepted()[0]["receipt"])

    @pytest.mark.parametrize("fault", LOST.values(), ids=list(LOST))
    def test_nobody_to_ask(self, home: Household, stand: Stand, fault: str) -> None:
        """It stays unknown, nothing more of that day is sent; the next run finds out."""
        home.record("109", "2026-11-22 07:00")
        stand.faults(fault, 'method = "GET"; do = "status"; status = 503; times = 0')
        done = home.push(attempt_seconds=0.4)
        assert home.states() == ["unknown"]
        assert (done.unknown, ended_with(done)) == (1, AnswerLost)
        home.record("110", TODAY)
        if fault == LOST["late"]:  # on a busy machine, later than it was meant to be
            assert eventually(lambda: bool(stand.accepted()))
        stand.faults()
        done = home.push()
        assert len(stand.accepted()) == 1
        assert home.submissions()[-1].state == "accepted"
        assert done.error is None

    def test_asked_in_vain(self, home: Household, stand: Stand) -> None:
        """With pauses that grow, and only so often."""
        home.record("110", TODAY)
        stand.faults(
            f'{POST}; do = "reset-after"', 'method = "GET"; do = "reset-before"; times = 0'
        )
        home.push()
        assert 3 <= len([m for m, _ in stand.requests() if m == "GET"]) <= 6
        pauses = [pause for pause in home.passing.pauses if pause]
        assert pauses == sorted(pauses)

    @pytest.mark.fault(23)
    def test_nonsense_for_ever(self, home: Household, stand: Stand) -> None:
        """A captive portal answers everything: told as nonsense, and found out later."""
        home.record("110", TODAY)
        stand.faults('do = "body"; status = 200; body = "<html>Wi-Fi</html>"; times = 0')
        done = home.push()
        assert (ended_with(done), done.unknown) == (Nonsense, 1)
        assert done.error is not None
        assert "a web page" in done.error.message
        stand.faults()
        assert home.push().accepted == 1
        assert stand.values() == [110]

    def test_killed_before_it_left(self, home: Household, stand: Stand) -> None:
        """`sending` in the ledger and nothing there: the next run asks, and sends."""
        home.record("110", TODAY)
        home._replace(url="http://127.0.0.1:9").push()
        with home.session.ledger.writing():
            home.session.ledger.begin_attempt(1, SubmissionState.DUE, "api", NOW)
        assert home.push().accepted == 1
        assert [method for method, _ in stand.requests()] == ["GET", "POST"]

    def test_corrected_meanwhile(self, home: Household, stand: Stand) -> None:
        """Not there, and not true any more: the new value is sent in its place."""
        slot = home.record("110", TODAY)
        stand.faults(
            f'{POST}; do = "reset-before"', 'method = "GET"; do = "hang-before"; times = 0'
        )
        home.push(attempt_seconds=0.2)
        assert home.states() == ["unknown"]
        home.correct(slot, "111")
        stand.faults()
        done = home.push()
        assert stand.values() == [111]
        assert home.states() == ["rejected", "accepted"]
        assert (done.accepted, done.rejected, done.error) == (1, 0, None)

    def test_those_that_cannot_be_asked_about(self, home: Household, stand: Stand) -> None:
        """They wait for a person, and keep nobody else from being submitted."""
        for day in ("18", "19", "20"):
            home.record(f"1{day}", f"2026-11-{day} 08:00")
        stand.faults(
            f'{POST}; do = "reset-after"; times = 0', 'method = "GET"; do = "status"; status = 405;'
            "times = 0",
        )  # fmt: skip
        home.push()
        stand.faults('method = "GET"; do = "status"; status = 405; times = 0')
        home.record("122", TODAY)
        done = home.push()
        assert done.accepted >= 1
        assert 122 in stand.values()
        assert ended_with(done) is PartlyDone
        stand.faults()
        home.push()
        assert stand.values() == sorted(stand.values())
        assert set(home.states()) == {"accepted"}


class TestNotTaken:
    """What provably did not arrive stays due."""

    @pytest.mark.fault(17)
    def test_nobody_there(self, home: Household, stand: Stand) -> None:
        """Tried some times, then left; not each reading waits for that."""
        for day in ("18", "19", "20", "21"):
            home.record(f"1{day}", f"2026-11-{day} 08:00")
        done = home._replace(url="http://127.0.0.1:9/x").push()
        assert (done.pending, ended_with(done)) == (4, Unreachable)
        assert home.states() == ["due"] * 4
        attempts = [len(home.session.ledger.attempts(number)) for number in (1, 2, 3, 4)]
        assert attempts[0] > 1
        assert attempts[2:] == [0, 0]
        assert home.session.ledger.memo(service.OK) is None
        assert home.push().accepted == 4
        assert stand.values() == [118, 119, 120, 121]

    @pytest.mark.fault(22)
    def test_server_error_for_ever(self, home: Household, stand: Stand) -> None:
        """Backed off from, within the time of a run; queued."""
        home.record("110", TODAY)
        stand.faults('do = "status"; status = 503; times = 0')
        done = home.push()
        assert done.error is not None
        assert done.error.exit_code == 75
        assert "the next push-utility goes on" in done.error.hint
        assert sum(home.passing.pauses) < 300
        stand.faults()
        assert home.push().accepted == 1

    @pytest.mark.fault(21)
    @pytest.mark.parametrize("header", ["5", "Sun, 22 Nov 2026 11:00:05 GMT"])
    def test_asked_to_wait(self, home: Household, stand: Stand, header: str) -> None:
        """It waits for as long, and a little more, then goes on."""
        home.record("110", TODAY)
        stand.faults(
            f'{POST}; do = "status"; status = 429; body = "";'
            f' headers = {{ "Retry-After" = "{header}" }}'
        )
        assert home.push().accepted == 1
        (pause,) = home.passing.pauses
        assert pause > 0.5 if "Nov" in header else 5 < pause < 7

    @pytest.mark.fault(21)
    def test_asked_to_wait_too_long(self, home: Household, stand: Stand) -> None:
        """Not waited for, and nothing else is asked meanwhile: the next run goes on."""
        home.record("100", YESTERDAY)
        home.record("110", TODAY)
        stand.faults(
            f'{POST}; do = "status"; status = 429; times = 0;'
            ' headers = { "Retry-After" = "1000000000" }'
        )
        done = home.push()
        assert (done.pending, ended_with(done)) == (2, Unreachable)
        assert len(stand.requests()) == 1
        assert home.passing.pauses == []

    def test_rate_limit(self, home: Household, stand: Stand) -> None:
        """The rest follows in the next run."""
        for day in ("18", "19", "20"):
            home.record(f"1{day}", f"2026-11-{day} 08:00")
        stand.set(rate_limit=2)
        done = home.push()
        assert (done.accepted, done.pending, ended_with(done)) == (2, 1, PartlyDone)
        stand.set(rate_limit=None)
        assert home.push().accepted == 1
        assert stand.values() == [118, 119, 120]

    def test_window_of_the_utility(self, home: Household, stand: Stand) -> None:
        """Closed: queued until it opens."""
        home.record("110", TODAY)
        stand.set(window={"opens": "2026-12-01T00:00:00Z", "closes": "2026-12-02T00:00:00Z"})
        done = home.push()
        assert done.error is not None
        assert "closed until 2026-12-01" in done.error.message
        assert (done.pending, done.error.exit_code) == (1, 75)

    @pytest.mark.fault(17)
    def test_certificate(self, home: Household) -> None:
        """Nobody to talk to who should be talked to: nonsense, and still due."""
        home.record("110", TODAY)
        done = home._replace(url=home.url.replace("http:", "https:")).push()
        assert (done.pending, ended_with(done)) == (1, Nonsense)
        assert home.passing.pauses == []

    @pytest.mark.parametrize(
        ("wrong", "kind", "hint"),
        [
            pytest.param({"token": "wrong"}, NotAllowed, "METERCTL_UTILITY_TOKEN", id="token"),
            pytest.param({"url": "{}x"}, ConfigError, "METERCTL_UTILITY_URL", id="path"),
        ],
    )
    def test_no_reading_would_fare_better(
        self,
        home: Household,
        stand: Stand,
        wrong: dict[str, str],
        kind: type[MeterctlError],
        hint: str,
    ) -> None:
        """One request, one message that says what to mend; all stays due."""
        home.record("100", YESTERDAY)
        home.record("110", TODAY)
        changed = {name: text.format(stand.url) for name, text in wrong.items()}
        done = home._replace(**changed).push()  # type: ignore[arg-type] # texts, both of them
        assert (done.pending, ended_with(done)) == (2, kind)
        assert done.error is not None
        assert hint in done.error.hint
        assert len(stand.requests()) == 1
        assert home.push().accepted == 2

    def test_time_that_is_up(self, home: Household, stand: Stand) -> None:
        """The whole run has an end, however slow every answer is."""
        for day in ("18", "19", "20"):
            home.record(f"1{day}", f"2026-11-{day} 08:00")
        stand.faults(f'{POST}; do = "status"; status = 429; body = ""; times = 0')
        done = home.push(run_seconds=6)
        assert sum(home.passing.pauses) <= 6
        assert done.pending == 3

    def test_queued_and_then_a_later_one(self, home: Household, stand: Stand) -> None:
        """The day's last reading is sent, not the one that waited."""
        home.record("109", "2026-11-22 07:00")
        home._replace(url="http://127.0.0.1:9").push()
        home.record("110", TODAY)
        done = home.push()
        assert stand.values() == [110]
        assert home.states() == ["rejected", "accepted"]
        assert home.submissions()[0].detail == (
            "superseded: another reading is due in its place, or none"
        )
        assert (done.rejected, done.error) == (0, None)

    @pytest.mark.parametrize("how", ["corrected", "voided", "in doubt"])
    def test_queued_and_then_not_true(self, home: Household, stand: Stand, how: str) -> None:
        """What is not true any more is not sent; what is true then is."""
        slot = home.record("110", TODAY)
        home._replace(url="http://127.0.0.1:9").push()
        if how == "corrected":
            home.correct(slot, "111")
        elif how == "voided":
            home.void(slot)
        else:
            home.record("150", YESTERDAY)
        done = home.push()
        assert stand.values() == {"corrected": [111], "voided": [], "in doubt": []}[how]
        assert home.submissions()[0].detail.startswith("superseded: its reading")  # type: ignore[union-attr] # there is one
        assert done.error is None

    def test_corrected_there_and_back(self, home: Household, stand: Stand) -> None:
        """What was dropped here unsent is due again, under its own key."""
        slot = home.record("110", TODAY)
        nobody = home._replace(url="http://127.0.0.1:9")
        nobody.push()
        home.correct(slot, "111")
        nobody.push()
        home.correct(slot, "110")
        home.push()
        assert stand.values() == [110]
        assert home.states() == ["rejected", "rejected", "accepted"]
        keys = [one.key for one in home.submissions()]
        assert keys[0] == keys[2] != keys[1]

    def test_older_ones_that_were_asked_for_once(self, home: Household, stand: Stand) -> None:
        """`--since` of one run also holds for what that run could only queue."""
        home.record("90", EARLIER)
        home._replace(url="http://127.0.0.1:9").push()
        recent = home._replace(account=Account("utility"))
        assert recent.push().accepted == 1
        assert stand.values() == [90]


class TestRejected:
    """A poison row is set aside, and the rest goes on."""

    @pytest.mark.fault(24)
    def test_one_of_three(self, home: Household, stand: Stand) -> None:
        """The others are accepted; it is told with its reason, and not tried again."""
        slots = [home.record(f"1{day}", f"2026-11-{day} 08:00") for day in ("18", "19", "20")]
        stand.faults(
            f'{POST}; skip = 1; do = "status"; status = 422;'
            ' body = \'{"status": "rejected", "reason": "meter_decommissioned"}\''
        )
        done = home.push()
        assert stand.values() == [118, 120]
        assert (done.accepted, done.rejected, ended_with(done)) == (2, 1, PartlyDone)
        assert done.error is not None
        assert "meter_decommissioned" in done.error.message
        assert done.error.hint == "meterctl submissions show 2"
        again = home.push()
        assert (again.submissions, again.error) == ((), None)
        assert [held[1:3] for held in again.withheld] == [(Why.REJECTED, 1)]
        home.correct(slots[1], "119.5")
        assert home.push().accepted == 1
        assert stand.values() == [118, 120, 119.5]

    def test_alone(self, home: Household, stand: Stand) -> None:
        """A rejection is worth exit code 3, also where nothing else was due."""
        home.record("110", TODAY)
        stand.set(max_value=100)
        done = home.push()
        assert (done.rejected, ended_with(done)) == (1, PartlyDone)

    def test_our_own_word(self, home: Household, stand: Stand) -> None:
        """A utility that says `superseded` is not mistaken for this program."""
        home.record("110", TODAY)
        stand.faults(
            f'{POST}; do = "status"; status = 422; times = 0;'
            ' body = \'{"status": "rejected", "reason": "superseded"}\''
        )
        home.push()
        assert home.push().submissions == ()
        assert len(stand.requests()) == 1

    def test_another_value_there(self, home: Household) -> None:
        """It holds this meter's reading of that time with another value: no success."""
        slot = home.record("110", TODAY)
        home.push()
        other = home._replace(account=home.account._replace(name="another"))
        home.correct(slot, "111")
        done = other.push()
        assert done.rejected == 1
        assert done.submissions[0].error == "already there with another value: 110"


class TestChangedAfterAcceptance:
    """The day is closed; a person decides."""

    @pytest.mark.parametrize("how", ["corrected", "voided"])
    def test_not_sent(self, home: Household, stand: Stand, how: str) -> None:
        """Told as differing, run after run, and not as a failure."""
        slot = home.record("110", TODAY)
        home.push()
        if how == "corrected":
            home.correct(slot, "111")
        else:
            home.void(slot)
        for _ in range(2):
            done = home.push()
            assert (done.submissions, done.error) == ((), None)
            assert [held[1:3] for held in done.withheld] == [(Why.DIFFERS, 1)]
        assert stand.values() == [110]

    def test_and_back(self, home: Household) -> None:
        """Then it differs no more."""
        slot = home.record("110", TODAY)
        home.push()
        home.correct(slot, "111")
        home.correct(slot, "110")
        assert home.push().withheld == ()


class TestOneAtATime:
    """One run, and one ledger."""

    def test_second_run(self, home: Household, store: Store, stand: Stand) -> None:
        """It is told at once that one is at work, and asks nobody."""
        home.record("110", TODAY)
        with store.open().holding(service.JOB), pytest.raises(Busy, match="already running"):
            home.push()
        assert stand.requests() == []
        assert home.states() == []

    def test_permit(self, home: Household, stand: Stand) -> None:
        """Asked for once, before anything is sent."""
        asked: list[list[tuple[str, int | None]]] = []
        home.record("100", YESTERDAY)
        home.record("110", TODAY)
        home.push(permit=lambda: asked.append(stand.requests()))
        assert asked == [[]]

    def test_no_permit(self, home: Household, stand: Stand) -> None:
        """Nothing is sent; what is in doubt was asked about all the same."""
        home.record("100", YESTERDAY)
        stand.faults(
            f'{POST}; do = "reset-after"', 'method = "GET"; do = "reset-before"; times = 0'
        )
        home.push()
        home.record("110", TODAY)
        stand.faults()

        def refuse() -> None:
            raise SubmitterElsewhere("another ledger submits", "push-utility --take-over")

        done = home.push(permit=refuse)
        assert (done.accepted, done.pending, ended_with(done)) == (1, 1, PartlyDone)
        assert stand.values() == [100]
        again = home.push(permit=refuse)
        assert ended_with(again) is SubmitterElsewhere

    def test_no_permit_needed(self, home: Household) -> None:
        """Where nothing is due, nobody is asked whether it may be sent."""
        home.push(permit=lambda: pytest.fail("asked"))


class TestDryRun:
    """What would be done, and nothing done."""

    def would(self, home: Household) -> Pushed:
        """A dry run."""
        meters = home.session.ledger.meters()
        utility = JsonUtility(home.url, home.token)
        return service.would_push(home.session, home.account, meters, utility)

    def test_due(self, home: Household, stand: Stand) -> None:
        """It is counted as pending; nothing is asked, written or held."""
        home.record("110", TODAY)
        with home.session.ledger.holding(service.JOB):
            done = self.would(home)
        assert (done.pending, done.error, done.counts) == (1, None, "1 due")
        assert done.submissions[0].number is None
        assert stand.requests() == []
        assert home.states() == []
        assert home.session.ledger.memo("utility.since:utility") is None

    def test_in_doubt_and_queued(self, home: Household, stand: Stand) -> None:
        """What would be asked about, and what waits already, with their numbers."""
        home.record("100", YESTERDAY)
        stand.faults(
            f'{POST}; do = "reset-after"', 'method = "GET"; do = "reset-before"; times = 0'
        )
        home.push()
        home.record("110", TODAY)
        home._replace(url="http://127.0.0.1:9").push()
        done = self.would(home)
        assert [(one.number, one.state.value) for one in done.submissions] == [
            (1, "unknown"),
            (2, "due"),
        ]
