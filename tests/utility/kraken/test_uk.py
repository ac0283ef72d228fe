"""Octopus Energy in the United Kingdom: a reading is accepted when the account shows it."""

from __future__ import annotations

from typing import Any

import pytest

from meterctl.utility.port import (
    Accepted,
    Already,
    Lost,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
)
from tests.utility.kraken.accounts import REQUEST, UK, Stand, submitted


def asked(stand: Stand) -> Outcome:
    """What another client learns of the reading."""
    return stand.account().ask(REQUEST, 5)


@pytest.mark.parametrize("success", ["null", "empty", "nothing"])
def test_accepted(stand: Stand, success: str) -> None:
    """Whatever it says where it has no objection: proof is what the account shows."""
    stand.switch(success=success)
    outcome = submitted(stand.account())
    assert isinstance(outcome, Accepted)
    assert outcome.receipt == "2026-11-21 1 142 kWh #49000001"
    assert [(one["meter"], one["timestamp"]) for one in stand.accepted()] == [
        ("1200000000001/21L0000001/1", "2026-11-21")
    ]
    assert stand.values() == ["142"]


def test_register_of_several(stand: Stand) -> None:
    """Each register is told and looked for by its own name; the settings name the device."""
    account = stand.account()
    assert isinstance(submitted(account, meter="night", serial=None, value=7_000_000), Accepted)
    assert [one["meter"] for one in stand.accepted()] == ["1200000000002/21L0000002/02"]
    other = UK.replace('register = "02"', 'register = "01"')
    request = REQUEST._replace(meter="night", value=7_000_000)
    assert isinstance(stand.account(other).ask(request, 5), NotThere)


def test_day_in_summer(stand: Stand) -> None:
    """The account shows a day by its midnight in London, which is the day before in UTC."""
    at = REQUEST.at - 150 * 86_400_000
    assert isinstance(submitted(stand.account(), at=at), Accepted)
    assert [one["timestamp"] for one in stand.accepted()] == ["2026-06-24"]


def test_not_shown_yet(stand: Stand) -> None:
    """No objection is no proof: it is in doubt until the account shows it."""
    stand.switch(hidden_minutes=30)
    outcome = submitted(stand.account())
    assert isinstance(outcome, Lost)
    assert outcome.why == "it raised no objection, and does not show the reading yet"
    assert outcome.heard
    assert isinstance(asked(stand), NotThere)  # to be believed after `bounds.settles` alone
    assert stand.account().bounds.settles >= 86_400
    stand.clock.now += 31 * 60
    assert isinstance(asked(stand), Accepted)


def test_held_back(stand: Stand) -> None:
    """What it shows and holds back for checking is not accepted yet, and not absent either."""
    submitted(stand.account(), key="m1-old", at=REQUEST.at - 86_400_000, value=200_000_000)
    stand.switch(lower="quarantine")
    for outcome in (submitted(stand.account()), asked(stand)):
        assert isinstance(outcome, Lost)
        assert "holds it back" in outcome.why
        assert outcome.heard


def test_held_back_and_refused(stand: Stand) -> None:
    """A repetition is refused since the first one is there, held back: that is no rejection."""
    submitted(stand.account(), key="m1-old", at=REQUEST.at - 86_400_000, value=200_000_000)
    stand.switch(lower="quarantine")
    submitted(stand.account())
    outcome = submitted(stand.account(), key="m1-def")
    assert isinstance(outcome, Lost)
    assert "holds it back" in outcome.why


def test_already_there(stand: Stand) -> None:
    """The day has this very value: that is what was wanted."""
    submitted(stand.account())
    outcome = submitted(stand.account(), key="m1-def")
    assert isinstance(outcome, Already)
    assert outcome.receipt == "2026-11-21 1 142 kWh #49000001"
    assert stand.values() == ["142"]


def test_another_value(stand: Stand) -> None:
    """The day has another value: that is no success, whoever asks."""
    submitted(stand.account(), value=143_000_000)
    outcome = submitted(stand.account())
    assert isinstance(outcome, Rejected)
    assert outcome.reason.startswith("already there with another value: 143 kWh (")
    found = asked(stand)
    assert isinstance(found, Rejected)
    assert found.reason == "already there with another value: 143 kWh"


def test_lower_than_before(stand: Stand) -> None:
    """It says why, and that is told."""
    submitted(stand.account(), at=REQUEST.at - 86_400_000, value=200_000_000)
    outcome = submitted(stand.account())
    assert isinstance(outcome, Rejected)
    assert outcome.reason == (
        "Could not create electricity meter reading: Reading is lower than the previous one."
        " (KT-GB-6411)"
    )


def test_errors_in_the_data(stand: Stand) -> None:
    """Some of its refusals are no errors of GraphQL, but stand in the data."""
    outcome = submitted(stand.account(), at=REQUEST.at + 7 * 86_400_000)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "it does not take the reading's readAt"
    assert stand.values() == []


@pytest.mark.parametrize("serial", ["21L9", None])
def test_meter_that_it_does_not_know(stand: Stand, serial: str | None) -> None:
    """Refused there, or here where the serial number is not known at all; nothing counts."""
    outcome = submitted(stand.account(), serial=serial)
    assert isinstance(outcome, Rejected if serial else NotTaken)
    found = stand.account().ask(REQUEST._replace(serial=serial), 5)
    assert isinstance(found, NotTaken if serial else Lost)
    for one in (outcome, found):
        assert not isinstance(one, NotTaken) or one.settings


class TestValue:
    """Readings are whole there."""

    def test_refused(self, stand: Stand) -> None:
        """Nothing is cut off unasked; nothing leaves."""
        outcome = submitted(stand.account(), value=142_300_000)
        assert isinstance(outcome, NotTaken)
        assert outcome.settings
        assert outcome.why.startswith("142.3 kWh has more decimals than the 0")
        assert "rounding" in outcome.hint
        assert stand.asked() == 0

    @pytest.mark.parametrize(
        ("rounding", "value", "unit", "expected"),
        [
            ("truncate", 142_999_999, "kWh", "142"),
            ("round", 142_500_000, "kWh", "143"),
            ("refuse", 142_000_000_000, "Wh", "142"),
        ],
    )
    def test_rounded(
        self, stand: Stand, rounding: str, value: int, unit: str, expected: str
    ) -> None:
        """As the settings say; it is found again by what was sent."""
        account = stand.account(f'rounding = "{rounding}"{UK}')
        assert isinstance(submitted(account, value=value, unit=unit), Accepted)
        assert stand.values() == [expected]

    @pytest.mark.parametrize("change", [{"unit": "m³"}, {"kind": "daily"}, {"kind": "interval"}])
    def test_unfit(self, stand: Stand, change: dict[str, Any]) -> None:
        """Gas, and what no dial shows, is not sent; what was sent once can then not be asked."""
        outcome = submitted(stand.account(), **change)
        assert isinstance(outcome, NotTaken)
        assert outcome.settings
        assert outcome.hint == "meterctl meters set meter --no-submit"
        request = REQUEST._replace(**change)
        assert isinstance(stand.account().ask(request, 5), Lost)
        assert stand.asked() == 0


class TestLost:
    """The mutation may have been carried out, and no proof came back."""

    @pytest.mark.parametrize(
        "fault",
        [
            'do = "reset-after"',
            'do = "hang-after"',
            'do = "truncate"',
            'do = "body"; body = "<html>Sign in to the network</html>"',
            'do = "body"; body = "{\\"data\\": {}}"',
            'do = "body"; body = "{\\"data\\": null}"',
            'do = "body"; status = 502; body = "bad gateway"',
        ],
    )
    def test_taken(self, stand: Stand, fault: str) -> None:
        """It is in doubt; another client finds it, and it counts once."""
        stand.goes_wrong(fault)
        assert isinstance(submitted(stand.account(), 0.5), Lost)
        assert isinstance(asked(stand), Accepted)
        assert stand.values() == ["142"]

    def test_fails_after(self, stand: Stand) -> None:
        """It took the reading, and says that something went wrong."""
        stand.switch(fails_after=True)
        outcome = submitted(stand.account())
        assert isinstance(outcome, Lost)
        assert outcome.why == "An internal error occurred"
        assert isinstance(asked(stand), Accepted)

    @pytest.mark.parametrize("fault", ["reset-before", "hang-before"])
    def test_not_taken(self, stand: Stand, fault: str) -> None:
        """It is in doubt; another client finds nothing."""
        stand.goes_wrong(f'do = "{fault}"')
        assert isinstance(submitted(stand.account(), 0.5), Lost)
        assert isinstance(asked(stand), NotThere)

    @pytest.mark.parametrize("skip", [2, 3])
    def test_proof_lost(self, stand: Stand, skip: int) -> None:
        """The mutation went well, and the question after it did not: in doubt, never accepted."""
        stand.goes_wrong('do = "reset-before"', skip)
        assert isinstance(submitted(stand.account()), Lost)
        assert isinstance(asked(stand), Accepted)

    def test_another_value_just_now(self, stand: Stand) -> None:
        """Right after a yes, another value that is shown is no rejection: ours may come."""
        stand.switch(same_day="add")
        submitted(stand.account(), key="m1-def", value=141_000_000)
        stand.switch(hidden_minutes=30)
        stand.clock.now += 31 * 60
        outcome = submitted(stand.account())
        assert isinstance(outcome, Lost)
        assert outcome.heard
        assert isinstance(asked(stand), Rejected)  # for whoever asks to heed `bounds.settles`
        stand.clock.now += 31 * 60
        assert isinstance(asked(stand), Accepted)


def test_probe(stand: Stand) -> None:
    """It answers with the account; a wrong number is not ours to see."""
    assert isinstance(stand.account().probe(5), NotThere)
    outcome = stand.account(UK.replace("A-5A4DB0C5", "A-00000000")).probe(5)
    assert isinstance(outcome, Refused)


def test_preview(stand: Stand) -> None:
    """The mutation that would leave, and why one would not; nothing leaves, no secret is told."""
    account = stand.account()
    account.probe(5)  # it has a token now
    before = stand.asked()
    text = account.preview([REQUEST, REQUEST._replace(value=1)])
    assert "Authorization: ***\n" in text
    assert '"readings": [{"reading": 142, "register": "1"}]' in text
    assert "nothing is sent: 0.000001 kWh has more decimals" in text
    assert stand.asked() == before
