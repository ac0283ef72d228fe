"""Findings: short stories of what a meter showed, and what is found of each value.

A story is a line of values, one a day at noon unless said otherwise. Behind a value stands what
is found of it: `<` less than previous, `>` greater than subsequent, `!` more than the meter can
count, `^` a spike, `&` an overlap, `o` a rollover; `*` says that a person accepted it.
"""

from __future__ import annotations

import re

import pytest

from meterctl.domain.findings import Judge, Judged, Rule
from meterctl.domain.meters import Direction, Kind, Meter
from meterctl.domain.quantity import MILLIONTHS, parse_quantity
from meterctl.domain.readings import Slot, Source, new_reading
from meterctl.domain.times import HOUR, MINUTE
from tests.helpers import BERLIN, INVERTER, METER, instant, reading

MARKS = {
    "<": Rule.LESS_THAN_PREVIOUS,
    ">": Rule.GREATER_THAN_SUBSEQUENT,
    "!": Rule.HIGH_LOW,
    "^": Rule.SPIKE,
    "&": Rule.OVERLAP,
    "o": Rule.ROLLOVER,
}
NOON = instant("2026-01-01 12:00")
DIGITS = METER._replace(digits=3)  # 999 is followed by 0
RATED = METER._replace(max_per_hour=2 * MILLIONTHS)  # 48 a day, and 2 for the slack
BOTH = DIGITS._replace(max_per_hour=2 * MILLIONTHS)
QUARTERS = Meter("quarters", "quarters", "kWh", Kind.INTERVAL, Direction.FROM_GRID)
STEADY = "0 10 20 30 40 50 60 70"


def judged(meter: Meter, told: str, hours: int) -> list[Judged]:
    """What is found of a story's values."""
    readings, accepted = [], set[Slot]()
    for number, word in enumerate(told.split()):
        match = re.fullmatch(r"([0-9.]+)(.*)", word)
        assert match
        at = NOON + number * hours * HOUR
        readings.append(new_reading(meter, at, parse_quantity(match[1]), Source.CLI))
        if "*" in match[2]:
            accepted.add(readings[-1].slot)
    return list(Judge(meter, BERLIN, accepted.__contains__).judge(readings))


@pytest.mark.parametrize(
    ("meter", "hours", "story"),
    [
        # Nothing to say
        (METER, 24, "100 110 120 120 121"),
        (METER, 24, "100"),
        # A typo too low: it alone is out of line
        (METER, 24, "100 110 12< 130 140"),
        (METER, 24, "100 110 12< 13< 140"),
        # A typo too high: seen when the next is less; which of the two is wrong, none can say
        (METER, 24, "100 110 1200> 130< 140 150"),
        (METER, 24, "100 110 210> 130< 140 150"),
        (METER, 24, "1000> 110< 120 130"),
        (METER, 24, "100> 90< 100 110"),
        (METER, 24, "100 110 1200> 130< 140 1500> 160< 170"),
        # A typo that is plausible is not seen
        (METER, 24, "100 110 119 130"),
        # A reset that nobody declared: doubt until a person says what happened
        (METER, 24, "500 510 3< 13< 23<"),
        (METER, 24, "500 510 3<* 13 23"),
        (METER, 24, "500 510 3<* 2< 23"),
        # A rollover: known by declared digits, possible by a tenth of the dial, and trusted
        (DIGITS, 24, "980 990 5o 20"),
        (DIGITS, 24, "900 0o 1"),
        (DIGITS, 24, "899> 0<"),
        (DIGITS, 24, "980 990 500< 999"),
        (METER, 24, "980 990 5< 1000"),
        # With max per hour: possible by what the meter can count
        (BOTH, 24, "950 990 40o 60"),
        (BOTH, 24, "950 990 41< 1o 40"),
        (BOTH, 24, "980 999 1o 998! 2"),
        # More than the meter can count: the next is compared with what was trusted
        (RATED, 24, "100 150 200 251! 250"),
        (RATED, 24, "100 150 900! 200 250"),
        (RATED, 24, "100 900!* 950"),
        (RATED, 1, "100 104 108.5! 110"),
        # A spike: far more a day than usual, where enough is known of what is usual
        (METER, 24, f"{STEADY} 171^ 90"),
        (METER, 24, f"{STEADY} 170 180"),
        (METER, 24, "0 10 20 30 40 50 60 700 710"),
        (METER, 24, f"{STEADY} 171^* 1172^"),
        (METER, 1, "0 10 20 30 40 50 60 70 9999"),
        (METER, 24, "0 0 0 0 0 0 0 0 0 500"),
        # Two findings of one value
        (RATED, 24, f"{STEADY} 971!^ 90"),
        # Accepted values are compared with, are never blamed, and blame none
        (METER, 24, "100 500* 120< 130< 510"),
        (METER, 24, "100 500> 120<* 130"),
    ],
)
def test_a_register(meter: Meter, hours: int, story: str) -> None:
    """One typo never taints what follows: each value is compared with the last trusted one."""
    told = judged(meter, story, hours)
    for word, (_, findings, trusted) in zip(story.split(), told, strict=True):
        marks = set(re.sub(r"[0-9.]", "", word))
        assert {finding.rule for finding in findings} == {MARKS[one] for one in marks - {"*"}}, word
        assert trusted is (marks <= {"o"} or "*" in marks), word


@pytest.mark.parametrize(
    ("max_per_hour", "told"),
    [
        # It starts again at midnight: less is no finding
        (None, "23:30=8 | 00:00=0 | 06:00=0.1 | 12:00=3"),
        (None, "23:59=8 | 00:00=8> | 06:00=0.1<"),
        # Within a day it only grows
        (None, "10:00=3> | 12:00=2< | 14:00=5"),
        (None, "10:00=3 | 12:00=4 | 14:00=1< | 16:00=5"),
        (None, "10:00=3 | 12:00=20> | 14:00=5< | 16:00=6"),
        (None, "10:00=30> | 12:00=5< | 23:00=9 | 10:00=1"),
        (None, "10:00=1 | 10:00=1> | 11:00=0.5<"),
        # No day can have more than its hours allow, with an hour of slack
        (1, "06:00=7 | 07:00=8.1! | 08:00=8"),
        (1, "00:00=1 | 00:00=1.1!"),
        (1, "23:00=24"),
    ],
)
def test_a_daily_counter(max_per_hour: int | None, told: str) -> None:
    """It is compared within its local day only; a time that is not later is the next day's."""
    rated = None if max_per_hour is None else max_per_hour * MILLIONTHS
    meter = INVERTER._replace(max_per_hour=rated)
    readings, expected, day, before = [], [], 1, ""
    for entry in told.split(" | "):
        clock, word = entry.split("=")
        day, before = day + (clock <= before), clock
        expected.append({MARKS[one] for one in re.sub(r"[0-9.]", "", word)})
        readings.append(reading(re.sub(r"[<>!]", "", word), f"2026-03-{day:02} {clock}", meter))
    judged_ = Judge(meter, BERLIN, lambda _: False).judge(readings)
    assert [{finding.rule for finding in one.findings} for one in judged_] == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # One after the other, or with a gap
        ([(0, 15), (15, 30), (30, 45)], ["", "", ""]),
        ([(0, 15), (60, 75)], ["", ""]),
        # Sharing time: the later one is in doubt, and the next is compared with the trusted one
        ([(0, 15), (10, 25), (15, 30)], ["", "&", ""]),
        ([(0, 15), (0, 30), (15, 30)], ["", "&", ""]),
        ([(15, 30), (0, 30), (30, 45)], ["", "&", ""]),
        ([(0, 15), (15, 30), (0, 1440)], ["", "", "&"]),
    ],
)
def test_intervals(told: list[tuple[int, int]], expected: list[str]) -> None:
    """Two that share time count it twice; values themselves may go up and down."""
    readings = [
        reading(
            str(100 - number),
            "2026-01-01 12:00",
            QUARTERS,
            starts_at=NOON - MINUTE,
        )._replace(at=NOON + end * MINUTE, starts_at=NOON + start * MINUTE)
        for number, (start, end) in enumerate(told)
    ]
    judged_ = Judge(QUARTERS, BERLIN, lambda _: False).judge(readings)
    assert [{f.rule for f in one.findings} for one in judged_] == [
        {MARKS[one] for one in marks} for marks in expected
    ]


@pytest.mark.parametrize(
    ("story", "details"),
    [
        (
            "100 110 210> 130<",
            [
                "210 kWh is more than the 130 kWh that follows 24 h later",
                "130 kWh is less than the 210 kWh 24 h before",
            ],
        ),
        (f"{STEADY} 171^", ["101 kWh in 24 h is more than 10 times the usual 10 kWh a day"]),
    ],
)
def test_what_people_read(story: str, details: list[str]) -> None:
    """A finding says what it compared with what, in the meter's unit."""
    told = judged(METER, story, 24)
    assert [finding.detail for one in told for finding in one.findings] == details


def test_what_people_read_of_a_rated_meter() -> None:
    """A rollover says what was used; too much says what the meter could have counted."""
    (rolled,) = judged(BOTH, "990 5o", 24)[1].findings
    assert rolled.detail == "the dial passed its end: 15 kWh since the 990 kWh 24 h before"
    (high,) = judged(RATED, "100 151!", 24)[1].findings
    assert high.detail == "51 kWh in 24 h is more than meter meter can count (50 kWh)"


def test_what_people_read_of_an_overlap() -> None:
    """It says how much time is shared: never more than the other interval has."""
    quarter = reading("1", "2026-01-01 12:15", QUARTERS, starts_at=NOON)
    day = reading("9", "2026-01-01 12:15", QUARTERS, starts_at=NOON - 23 * HOUR)
    told = list(Judge(QUARTERS, BERLIN, lambda _: False).judge([quarter, day]))
    assert [finding.detail for finding in told[1].findings] == [
        "shares 15 min with the interval that ends 0 s before it"
    ]
