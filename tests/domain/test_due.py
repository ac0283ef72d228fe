"""What is due, and what is withheld: a table for each policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.domain.due import Policy, Terms, Why, plan, submission_key, window_at
from meterctl.domain.meters import Device
from meterctl.domain.readings import Reading, Slot
from meterctl.domain.times import aware
from tests.helpers import BERLIN, INVERTER, METER, instant, reading

NOW = instant("2026-03-10 12:00")
SINCE = date(2026, 3, 1)


class Handed(NamedTuple):
    """A submission, as the rules see it."""

    slot: Slot
    value: int
    state: str
    detail: str | None = None


def terms(policy: Policy = Policy.DAILY, **more: Any) -> Terms:  # noqa: ANN401 (its fields)
    """Terms of Berlin."""
    return Terms(policy, (20, 25), BERLIN, SINCE, NOW)._replace(**more)


def handed(of: Reading, state: str, value: int | None = None, detail: str | None = None) -> Handed:
    """A submission of a reading, of its own value unless another is given."""
    return Handed(of.slot, of.amount if value is None else value, state, detail)


MORNING = reading("100", "2026-03-09 08:00")
EVENING = reading("110", "2026-03-09 20:00")
TODAY = reading("115", "2026-03-10 08:00")
LATER = reading("116", "2026-03-10 11:00")
OLD = reading("90", "2026-02-28 20:00")


PINNED = "m1-08e43ab29e3557fb0b6924ff3dbdfec3a68316cc"


class Case(NamedTuple):
    """One situation and what follows."""

    readings: list[Reading]
    handed: list[Handed]
    due: list[Reading]
    withheld: Mapping[Why, int] = {}
    doubtful: frozenset[Slot] = frozenset()


DAILY = {
    # nothing handed over yet
    "no reading": Case([], [], []),
    "the last one of each day": Case([MORNING, EVENING, TODAY], [], [EVENING, TODAY]),
    "before the first day": Case([OLD, TODAY], [], [TODAY], {Why.OLDER: 1}),
    "the last one in doubt": Case(
        [MORNING, EVENING], [], [], {Why.IN_DOUBT: 1}, frozenset({EVENING.slot})
    ),
    "an earlier one in doubt": Case(
        [MORNING, EVENING], [], [EVENING], {}, frozenset({MORNING.slot})
    ),
    # something was
    "under way": Case([EVENING], [handed(EVENING, "sending")], []),
    "in doubt at the utility": Case([EVENING], [handed(EVENING, "unknown")], []),
    "accepted": Case([EVENING], [handed(EVENING, "accepted")], []),
    "held already": Case([EVENING], [handed(EVENING, "already")], []),
    "queued": Case([EVENING], [handed(EVENING, "due")], [EVENING]),
    "queued, and a later one came": Case([MORNING, EVENING], [handed(MORNING, "due")], [EVENING]),
    "accepted, and a later one came on that day": Case(
        [MORNING, EVENING], [handed(MORNING, "accepted")], []
    ),
    "accepted, and a later one came today": Case(
        [TODAY, LATER], [handed(TODAY, "accepted")], [], {Why.CLOSED: 1}
    ),
    "unknown, and a later one came today": Case(
        [TODAY, LATER], [handed(TODAY, "unknown")], [], {Why.CLOSED: 1}
    ),
    "accepted, and corrected": Case([EVENING], [handed(EVENING, "accepted", 1)], []),
    "rejected": Case([EVENING], [handed(EVENING, "rejected")], [], {Why.REJECTED: 1}),
    "rejected, and corrected": Case([EVENING], [handed(EVENING, "rejected", 1)], [EVENING]),
    "rejected, and a later one came": Case(
        [MORNING, EVENING], [handed(MORNING, "rejected")], [EVENING]
    ),
    "dropped here, and true again": Case(
        [EVENING], [handed(EVENING, "rejected", detail="superseded: x")], [EVENING]
    ),
    "rejected, and queued by a person": Case(
        [EVENING], [handed(EVENING, "due"), handed(EVENING, "rejected")], [EVENING]
    ),
    "old, and queued": Case([OLD], [handed(OLD, "due")], [OLD]),
    "old, and accepted": Case([OLD], [handed(OLD, "accepted")], []),
}


@pytest.mark.parametrize("case", DAILY.values(), ids=list(DAILY))
def test_daily(case: Case) -> None:
    """The last reading of each day, once."""
    made = plan(METER, terms(), case.readings, case.doubtful, case.handed)
    assert list(made.due) == case.due
    assert {one.why: one.readings for one in made.withheld} == case.withheld


EVERY = {
    "two of a day": Case([MORNING, EVENING], [], [MORNING, EVENING]),
    "one accepted": Case([MORNING, EVENING], [handed(MORNING, "accepted")], [EVENING]),
    "one rejected": Case(
        [MORNING, EVENING], [handed(MORNING, "rejected")], [EVENING], {Why.REJECTED: 1}
    ),
    "old and doubtful": Case(
        [OLD, MORNING],
        [],
        [],
        {Why.OLDER: 1, Why.IN_DOUBT: 1},
        frozenset({MORNING.slot}),
    ),
    "accepted before a swap was told": Case(
        [EVENING._replace(device=2)], [handed(EVENING, "accepted")], []
    ),
}


@pytest.mark.parametrize("case", EVERY.values(), ids=list(EVERY))
def test_every(case: Case) -> None:
    """Each reading for itself."""
    made = plan(METER, terms(Policy.EVERY), case.readings, case.doubtful, case.handed)
    assert list(made.due) == case.due
    assert {one.why: one.readings for one in made.withheld} == case.withheld


BEFORE = reading("200", "2026-03-19 23:59")
INSIDE = reading("210", "2026-03-20 00:00")
INSIDE_LATER = reading("220", "2026-03-25 23:59")
AFTER = reading("230", "2026-03-26 00:00")
LAST_MONTH = reading("100", "2026-02-21 12:00")


@pytest.mark.parametrize(
    ("now", "case", "detail"),
    [
        pytest.param(
            "2026-03-19 23:59",
            Case([BEFORE], [], [], {Why.WINDOW: 1}),
            "until 2026-03-20",
            id="too early",
        ),
        pytest.param("2026-03-20 00:00", Case([BEFORE], [], []), "", id="open, and not read yet"),
        pytest.param(
            "2026-03-25 23:59",
            Case([BEFORE, INSIDE, INSIDE_LATER], [], [INSIDE_LATER]),
            "",
            id="the last one in it",
        ),
        pytest.param(
            "2026-03-26 00:00",
            Case([INSIDE, AFTER], [], [], {Why.WINDOW: 1}),
            "until 2026-04-20",
            id="too late",
        ),
        pytest.param(
            "2026-03-25 23:59",
            Case([INSIDE, INSIDE_LATER], [handed(INSIDE, "accepted")], [], {Why.CLOSED: 1}),
            "",
            id="one a month",
        ),
        pytest.param(
            "2026-03-21 12:00",
            Case([LAST_MONTH, INSIDE], [handed(LAST_MONTH, "accepted")], [INSIDE]),
            "",
            id="a new month",
        ),
    ],
)
def test_monthly(now: str, case: Case, detail: str) -> None:
    """One reading a month, taken and sent within the window."""
    measure = terms(Policy.MONTHLY, now=instant(now), since=date(2026, 1, 1))
    made = plan(METER, measure, case.readings, case.doubtful, case.handed)
    assert list(made.due) == case.due
    assert {one.why: one.readings for one in made.withheld} == case.withheld
    assert [one.detail for one in made.withheld if one.why is Why.WINDOW] == [detail] * bool(detail)


@pytest.mark.parametrize(
    ("now", "window", "days"),
    [
        ("2026-02-10 12:00", (29, 31), ("2026-02-28", "2026-02-28")),
        ("2026-04-10 12:00", (20, 31), ("2026-04-20", "2026-04-30")),
        ("2028-02-10 12:00", (1, 31), ("2028-02-01", "2028-02-29")),
    ],
    ids=["no such days", "a short month", "a leap year"],
)
def test_window_of_a_short_month(now: str, window: tuple[int, int], days: tuple[str, str]) -> None:
    """It ends with the month, and is never empty."""
    first, last = window_at(terms(now=instant(now), window=window))
    assert (first.isoformat(), last.isoformat()) == days


def test_day_of_the_zone() -> None:
    """The utility's midnight divides the days, not UTC's."""
    late, early = reading("1", "2026-03-09 23:59"), reading("2", "2026-03-10 00:00")
    assert plan(METER, terms(), [late, early], (), []).due == (late, early)


def test_instant_of_a_swap() -> None:
    """Of two values at one instant the new device's is the day's last."""
    final = reading("500", "2026-03-09 10:00")
    initial = reading("0", "2026-03-09 10:00")._replace(device=2)
    assert plan(METER, terms(), [final, initial], (), []).due == (initial,)


@given(
    st.lists(
        st.integers(instant("2026-02-20 00:00"), NOW), min_size=0, max_size=30, unique=True
    ).map(sorted)
)
def test_last_of_each_day_is_enough(times: list[int]) -> None:
    """Who looks up only the last reading of each day gets the same plan."""
    readings = [TODAY._replace(at=at, starts_at=at) for at in times]
    whole = plan(METER, terms(), readings, (), [])
    assert plan(METER, terms(), whole.due, (), []).due == whole.due
    days = {aware(one.at, BERLIN).date() for one in readings}
    assert [aware(one.at, BERLIN).date() for one in whole.due] == sorted(
        day for day in days if day >= SINCE
    )


class TestKeys:
    """What the utility tells a repetition by."""

    def test_same_reading(self) -> None:
        """Its key is the same wherever it is made, and safe in a header and a URL."""
        key = submission_key(METER, TODAY)
        assert key == submission_key(METER, TODAY._replace(entry=9, note="x", revision=3))
        assert key.replace("-", "").isalnum()
        assert key.isascii()
        assert len(key) <= 64

    def test_pinned(self) -> None:
        """It never changes from version to version: what is in doubt is asked about by it."""
        assert submission_key(METER, TODAY) == PINNED

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param((METER, TODAY._replace(value=1)), id="value"),
            pytest.param((METER, LATER._replace(value=TODAY.value)), id="instant"),
            pytest.param((METER._replace(unit="Wh"), TODAY), id="unit"),
            pytest.param((INVERTER, TODAY), id="meter"),
            pytest.param((METER._replace(devices=(Device(1, "Z", None),)), TODAY), id="serial"),
            pytest.param((METER, TODAY._replace(starts_at=TODAY.at - 1)), id="span"),
        ],
    )
    def test_another(self, other: tuple) -> None:  # type: ignore[type-arg] # a meter and a reading
        """Whatever is sent makes it another key."""
        assert submission_key(*other) != submission_key(METER, TODAY)

    def test_once_more(self) -> None:
        """What was answered before gets the next key."""
        own = submission_key(METER, TODAY)
        assert [submission_key(METER, TODAY, n) for n in (1, 2)] == [f"{own}-2", f"{own}-3"]
