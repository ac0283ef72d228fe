"""Statuses at PVOutput: several in one request, an outcome for each."""

from __future__ import annotations

import pytest

from meterctl.utility.port import Accepted, Lost, NotTaken, NotThere, Outcome, Rejected
from tests.helpers import instant
from tests.utility.pvoutput.systems import AT, MADE, USED, Stand, submitted
from tests.utility.wild import answer, answering, wild

STATUS = 'service = "status"\n'
REGISTER = USED._replace(kind="register", value=54_321_000_000)
MINUTE = 60_000


def named(outcomes: list[Outcome]) -> list[str]:
    """What kind each is of."""
    return [type(one).__name__ for one in outcomes]


class TestAccepted:
    """The answer has a line for each row."""

    def test_of_the_day(self, stand: Stand) -> None:
        """The energy of the day so far, at the system's own times; it is found again."""
        assert isinstance(stand.way(STATUS).ask(MADE, 5), NotThere)
        outcome = submitted(stand.way(STATUS))
        assert isinstance(outcome, Accepted)
        assert outcome.receipt == "20261121 20:00 v1 12345 Wh"
        assert stand.energies() == [("2026-11-21T20:00:00", "v1", 12_345)]
        assert isinstance(stand.way(STATUS).ask(MADE, 5), Accepted)

    def test_several(self, stand: Stand) -> None:
        """In one request; two directions at one time are one status."""
        requests = [MADE, USED, MADE._replace(at=AT + 10 * MINUTE, value=12_400_000)]
        outcomes = stand.way(STATUS).submit(requests, 5)
        assert named(outcomes) == ["Accepted"] * 3
        assert stand.asked() == 1
        assert stand.energies() == [
            ("2026-11-21T20:00:00", "v1", 12_345),
            ("2026-11-21T20:00:00", "v3", 8_000),
            ("2026-11-21T20:10:00", "v1", 12_400),
        ]

    def test_one_of_them_refused(self, stand: Stand) -> None:
        """It keeps no other back."""
        requests = [MADE, MADE._replace(at=AT + MINUTE * 5, value=251_000_000)]
        outcomes = stand.way(STATUS).submit(requests, 5)
        assert named(outcomes) == ["Accepted", "Rejected"]
        assert "cannot exceed 250,000Wh" in str(outcomes[1][0])

    def test_one_of_them_too_early(self, stand: Stand) -> None:
        """Its clock is behind: that row is no rejection, it stays due."""
        requests = [MADE, MADE._replace(at=instant("2026-11-22 20:00"))]
        outcomes = stand.way(STATUS).submit(requests, 5)
        assert named(outcomes) == ["Accepted", "NotTaken"]
        assert isinstance(outcomes[1], NotTaken)
        assert outcomes[1].alone

    def test_no_time_to_ask_why(self, stand: Stand) -> None:
        """What was not added, and could not be sent alone any more, stays due."""
        requests = [MADE, MADE._replace(at=AT + MINUTE * 5, value=251_000_000)]
        outcomes = stand.way(STATUS).submit(requests, 0.9)
        assert named(outcomes) == ["Accepted", "NotTaken"]
        assert stand.asked() == 1

    def test_limit_while_asking_why(self, stand: Stand) -> None:
        """The first that is not let through is the last that is sent."""
        stand.switch(limit=2)
        requests = [MADE._replace(at=AT + n * 5 * MINUTE, value=251_000_000) for n in range(4)]
        outcomes = stand.way(STATUS).submit(requests, 5)
        assert named(outcomes) == ["Rejected", "NotTaken", "NotTaken", "NotTaken"]
        assert stand.asked() == 3
        assert isinstance(outcomes[1], NotTaken)
        assert isinstance(outcomes[3], NotTaken)
        assert outcomes[3].wait == pytest.approx(outcomes[1].wait)

    def test_none_of_them_taken(self, stand: Stand) -> None:
        """A 400 then, for all of them: each is asked for its own reason."""
        requests = [MADE._replace(at=AT + n * 5 * MINUTE, value=251_000_000) for n in range(2)]
        outcomes = stand.way(STATUS).submit(requests, 5)
        assert named(outcomes) == ["Rejected"] * 2
        assert all("cannot exceed 250,000Wh" in str(outcome[0]) for outcome in outcomes)
        assert stand.asked() == 3

    def test_repeated(self, stand: Stand) -> None:
        """The same once more takes its own place."""
        for _ in range(2):
            assert isinstance(submitted(stand.way(STATUS)), Accepted)
        assert isinstance(stand.way(STATUS).ask(MADE, 5), Accepted)

    def test_interval(self, stand: Stand) -> None:
        """The system may keep statuses further apart."""
        way = stand.way(f"{STATUS}interval = 15\n")
        outcome = submitted(way, at=AT + 10 * MINUTE)
        assert isinstance(outcome, Accepted)
        assert "20:00" in outcome.receipt


class TestRegisters:
    """Counters that never start again, by the flag c1."""

    @pytest.mark.parametrize(
        ("requests", "flag"),
        [
            ([REGISTER], "3"),
            ([MADE._replace(kind="register")], "2"),
            ([REGISTER, MADE._replace(kind="register")], "1"),
            ([REGISTER, MADE], "3"),
            ([MADE], "0"),
        ],
    )
    def test_flag(self, stand: Stand, requests: list[object], flag: str) -> None:
        """It says which of the energies they are."""
        way = stand.way(STATUS)
        assert f"c1={flag}&" in way.preview(requests)  # type: ignore[arg-type] # requests all
        assert named(way.submit(requests, 5)) == ["Accepted"] * len(requests)  # type: ignore[arg-type]

    def test_two_meters(self, stand: Stand) -> None:
        """One column cannot be both: the first one goes, in this request and in the next ones."""
        second = USED._replace(meter="shed", at=AT + 5 * MINUTE)
        way = stand.way(STATUS)
        first, outcome = way.submit([REGISTER, second], 5)
        assert isinstance(first, Accepted)
        for one in (outcome, submitted(way, second)):
            assert isinstance(one, NotTaken)
            assert one.settings
            assert one.why == "house and shed both go to v3, and PVOutput keeps one of them"

    def test_asked(self, stand: Stand) -> None:
        """It shows the day's energy, never the dial: a person has to look."""
        assert isinstance(stand.way(STATUS).ask(REGISTER, 5), NotThere)
        submitted(stand.way(STATUS), REGISTER)
        outcome = stand.way(STATUS).ask(REGISTER, 5)
        assert isinstance(outcome, Lost)
        assert outcome.heard
        assert "submissions resolve" in outcome.hint

    def test_lower_than_before(self, stand: Stand) -> None:
        """A dial does not run backwards."""
        submitted(stand.way(STATUS), REGISTER, at=AT - 60 * MINUTE)
        outcome = submitted(stand.way(STATUS), REGISTER, value=1_000_000)
        assert isinstance(outcome, Rejected)
        assert outcome.reason.startswith("Energy value [1000] lower than previously recorded")


class TestBeforeItLeaves:
    """What is not sent."""

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"direction": "from_grid"}, "no place for the direction from_grid"),
            ({"direction": "to_grid"}, "no place for the direction to_grid"),
            ({"kind": "interval"}, "tells the energy of intervals"),
            ({"value": 1}, "not a whole number of Wh"),
        ],
    )
    def test_unfit(self, stand: Stand, changes: dict[str, object], reason: str) -> None:
        """It goes no further, and keeps no other back."""
        unfit = MADE._replace(**changes)  # type: ignore[arg-type] # fields of it
        first, second = stand.way(STATUS).submit([unfit, USED], 5)
        assert isinstance(first, NotTaken)
        assert first.settings
        assert reason in first.why
        assert isinstance(second, Accepted)
        assert isinstance(stand.way(STATUS).ask(unfit, 5), Lost)
        assert isinstance(submitted(stand.way(STATUS), unfit), NotTaken)
        assert f"nothing is sent: {first.why}" in stand.way(STATUS).preview([unfit])
        assert stand.asked() == 1

    def test_same_place(self, stand: Stand) -> None:
        """Of two readings within one interval the later one goes."""
        requests = [MADE, MADE._replace(at=AT + MINUTE, value=12_346_000)]
        assert named(stand.way(STATUS).submit(requests, 5)) == ["Rejected", "Accepted"]
        assert [energy for *_, energy in stand.energies()] == [12_346]

    def test_older_than_what_was_accepted(self, stand: Stand) -> None:
        """It does not take the place of a later one, in a request of its own either."""
        way = stand.way(STATUS)
        submitted(way, at=AT + MINUTE, value=12_346_000)
        outcome = submitted(way)
        assert isinstance(outcome, Rejected)
        assert "a later reading has the same" in outcome.reason
        assert [energy for *_, energy in stand.energies()] == [12_346]
        assert isinstance(submitted(way, at=AT + MINUTE, value=12_347_000), Accepted)

    def test_bounds(self, stand: Stand) -> None:
        """What is known of it without asking."""
        plain, donor = stand.way(STATUS).bounds, stand.way(f"{STATUS}donor = true\n").bounds
        assert (plain.rows, plain.oldest_days, plain.by_day) == (30, 14, False)
        assert (donor.rows, donor.oldest_days, donor.by_day) == (100, 90, False)
        assert stand.way().bounds.by_day


class TestAnswers:
    """What came back, and what did not."""

    @pytest.mark.parametrize(
        ("body", "kinds"),
        [
            ("20261121,20:00,1;20261121,20:10,2", ["Accepted", "Accepted"]),
            ("20261121,2000,1;20261121,2010,1", ["Accepted", "Accepted"]),
            ("20261121,20:10,0;20261121,20:00,1", ["Accepted", "Rejected"]),
            ("20261121,20:00,1", ["Accepted", "Lost"]),
            ("20261121,20:00,1;20261121,20:00,0;20261121,20:10,1", ["Lost", "Accepted"]),
            ("20261121,20:00,7;20261121,20:10,1,1", ["Lost", "Lost"]),
            ("20261120,20:00,1;20261121,20:05,1", ["Lost", "Lost"]),
            ("OK 200: Added Status", ["Lost", "Lost"]),
            ("<html>Sign in</html>", ["Lost", "Lost"]),
            ("", ["Lost", "Lost"]),
            (",,;;,", ["Lost", "Lost"]),
        ],
    )
    def test_line_for_each(self, stand: Stand, body: str, kinds: list[str]) -> None:
        """Accepted is what has a line that says so, and one alone."""
        with wild(answering(answer("200 OK", body.encode()))) as server:
            way = stand.way(STATUS, url=server.url)
            outcomes = way.submit([MADE, MADE._replace(at=AT + 10 * MINUTE)], 5)
        assert named(outcomes) == kinds

    @pytest.mark.parametrize("fault", ["reset-after", "truncate"])
    def test_lost(self, stand: Stand, fault: str) -> None:
        """All of a request are in doubt; each is found again."""
        stand.goes_wrong(f'do = "{fault}"')
        requests = [MADE, USED._replace(at=AT + 10 * MINUTE)]
        assert named(stand.way(STATUS).submit(requests, 5)) == ["Lost", "Lost"]
        assert [type(stand.way(STATUS).ask(one, 5)) for one in requests] == [Accepted] * 2

    def test_limit(self, stand: Stand) -> None:
        """None of them was looked at."""
        stand.switch(limit=1)
        stand.way(STATUS).probe(5)
        outcomes = stand.way(STATUS).submit([MADE, USED], 5)
        assert named(outcomes) == ["NotTaken", "NotTaken"]

    def test_too_old(self, stand: Stand) -> None:
        """It says so of a single one."""
        outcome = submitted(stand.way(STATUS), at=instant("2026-11-01 12:00"))
        assert isinstance(outcome, Rejected)
        assert outcome.reason.startswith("Date is older than 14 days")

    def test_not_yet(self, stand: Stand) -> None:
        """The system's clock is behind: it will pass."""
        outcome = submitted(stand.way(STATUS), at=instant("2026-11-22 20:00"))
        assert isinstance(outcome, NotTaken)

    def test_another_value(self, stand: Stand) -> None:
        """More energy than ours is not ours; less is an earlier reading's, and goes for ours."""
        submitted(stand.way(STATUS), value=1_000_000)
        assert isinstance(stand.way(STATUS).ask(MADE, 5), NotThere)
        submitted(stand.way(STATUS), value=12_346_000)
        outcome = stand.way(STATUS).ask(MADE, 5)
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "already there with another value: 12346 Wh"
        assert isinstance(stand.way(STATUS).ask(USED, 5), NotThere)

    @pytest.mark.parametrize("body", ["", "<html>", "20261121,20:05,12345,0,0,0", "20261121,20:00"])
    def test_shown_something_else(self, stand: Stand, body: str) -> None:
        """It says nothing of this reading."""
        with wild(answering(answer("200 OK", body.encode()))) as server:
            way = stand.way(STATUS, url=server.url)
            assert isinstance(way.ask(MADE, 5), Lost)
