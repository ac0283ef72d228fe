"""Octopus Energy in Germany: its answer tells the day, and how many readings it made."""

from __future__ import annotations

from typing import Any

import pytest

from meterctl.utility.kraken.account import Account
from meterctl.utility.kraken.settings import settings_of
from meterctl.utility.port import (
    Accepted,
    Already,
    Lost,
    NotTaken,
    NotThere,
    Outcome,
    Rejected,
)
from tests.utility.kraken.accounts import DE, REQUEST, Stand, given, submitted
from tests.utility.wild import answer, answering, wild

DAY = 86_400_000


def asked(stand: Stand, **changes: Any) -> Outcome:  # noqa: ANN401 (fields)
    """What another client learns of the reading."""
    return stand.account(DE).ask(REQUEST._replace(**changes), 5)


def test_accepted(stand: Stand) -> None:
    """The day and the one reading that was made are its proof; decimals stay as they are."""
    assert isinstance(asked(stand), NotThere)
    outcome = submitted(stand.account(DE), value=142_300_000)
    assert isinstance(outcome, Accepted)
    assert outcome.receipt == "2026-11-21 1-0:1.8.0 142.3 kWh: 1 created"
    assert [(one["meter"], one["timestamp"]) for one in stand.accepted()] == [
        ("50000000001/1EMH0000000001/1-0:1.8.0", "2026-11-21")
    ]
    assert stand.values() == ["142.3"]
    assert isinstance(asked(stand, value=142_300_000), Accepted)


def test_each_register(stand: Stand) -> None:
    """The settings' OBIS code goes before the meter's own, and is found whatever surrounds it."""
    outcome = submitted(stand.account(DE), meter="feed-in", value=7_000_000)
    assert isinstance(outcome, Accepted)
    assert stand.accepted()[0]["meter"].endswith("/1-0:2.8.0")
    assert isinstance(asked(stand, value=7_000_000), NotThere)
    for code in ("1.8.0", "1-0:1.8.0*255"):
        submitted(stand.account(DE))
        assert isinstance(asked(stand, obis=code), Accepted)


def test_same_and_other_value(stand: Stand) -> None:
    """The first is what was wanted; the second is no success."""
    submitted(stand.account(DE))
    assert isinstance(submitted(stand.account(DE), key="m1-def"), Already)
    outcome = submitted(stand.account(DE), key="m1-def", value=143_000_000)
    assert isinstance(outcome, Rejected)
    assert outcome.reason.startswith("already there with another value: 142 kWh (")
    assert isinstance(asked(stand, value=143_000_000), Rejected)
    assert stand.values() == ["142"]


def test_none_made(stand: Stand) -> None:
    """It says that it made none: what is there decides."""
    stand.switch(same_day="ignore")
    submitted(stand.account(DE))
    assert isinstance(submitted(stand.account(DE), key="m1-def"), Already)
    outcome = submitted(stand.account(DE), key="m1-def", value=143_000_000)
    assert isinstance(outcome, Rejected)
    assert "it made no reading of it" in outcome.reason


@pytest.mark.parametrize(
    ("changes", "kind", "text"),
    [
        ({"at": REQUEST.at + 7 * DAY}, Rejected, "Invalid reading date"),
        ({"value": 1_000_000_000_000}, Rejected, "at most 6 digits"),
        ({"obis": "9.9.9"}, Rejected, "Invalid register"),
        ({"obis": None}, NotTaken, "has no obis"),
        ({"meter": "gas"}, NotTaken, "says nothing of the meter gas"),
    ],
)
def test_refused(stand: Stand, changes: dict[str, Any], kind: type[Outcome], text: str) -> None:
    """In its own words, or in ours where nothing leaves."""
    outcome = submitted(stand.account(DE), **changes)
    assert isinstance(outcome, kind)
    assert text in str(outcome[0])
    assert stand.values() == []


def test_meter_that_it_does_not_know(stand: Stand) -> None:
    """That is a matter of the settings of this meter: its reading stays due, others go."""
    account = stand.account(DE.replace("501", "999"))
    for outcome in (submitted(account), account.ask(REQUEST, 5)):
        assert isinstance(outcome, NotTaken)
        assert outcome.settings


@pytest.mark.parametrize("fault", ["reset-after", "hang-after", "truncate"])
def test_lost(stand: Stand, fault: str) -> None:
    """It is in doubt; another client finds it, and it counts once."""
    stand.goes_wrong(f'do = "{fault}"')
    assert isinstance(submitted(stand.account(DE), 0.5), Lost)
    assert isinstance(asked(stand), Accepted)
    assert stand.values() == ["142"]


def test_many_readings(stand: Stand) -> None:
    """All pages are looked through, however far back the day is."""
    account = stand.account(DE)
    for day in range(60):
        outcome = submitted(account, at=REQUEST.at - day * DAY, value=(900 - day) * 1_000_000)
        assert isinstance(outcome, Accepted)
    before = stand.asked()
    assert isinstance(
        account.ask(REQUEST._replace(at=REQUEST.at - 59 * DAY, value=841_000_000), 5), Accepted
    )
    assert stand.asked() == before + 2
    assert isinstance(account.ask(REQUEST._replace(at=REQUEST.at - 60 * DAY), 5), NotThere)


@pytest.mark.parametrize(
    "payload",
    [
        '{"readingDate": "2026-11-20", "numberOfReadingsCreated": 1}',
        '{"readingDate": "2026-11-21", "numberOfReadingsCreated": 2}',
        '{"readingDate": "2026-11-21"}',
        '{"readingDate": 7, "numberOfReadingsCreated": 1}',
        '{"readingDate": "2026-11-21", "numberOfReadingsCreated": "x"}',
        "[]",
        "null",
        "5",
    ],
)
def test_success_of_something_else(payload: str) -> None:
    """Another day, another count, or no word of them is no proof for this reading."""
    body = (
        '{"data": {"obtainKrakenToken": {"token": "t"},'
        f' "createElectricityMeterReadings": {payload}}}}}'
    )
    with wild(answering(answer("200 OK", body.encode()))) as server:
        outcome = submitted(Account(settings_of("kraken", given(DE, server.url))))
    assert isinstance(outcome, Lost)
    assert outcome.nonsense
