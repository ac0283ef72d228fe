"""A long row judged only where it is suspect has the findings of judging all of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterctl.domain import findings, suspects
from meterctl.domain.findings import Finding, Judge, Judged
from meterctl.domain.meters import Direction, Kind, Meter
from meterctl.domain.plain import Plain
from meterctl.domain.quantity import MILLIONTHS
from meterctl.domain.readings import Reading, Slot
from meterctl.domain.suspects import Row
from meterctl.domain.times import DAY, HOUR, MINUTE

START = 20_000 * DAY
METERS = [
    Meter("m", "m", "kWh", kind, Direction.FROM_GRID, digits=digits, max_per_hour=most)
    for kind in Kind
    for digits in (None, 2)
    for most in (None, 3 * MILLIONTHS)
]
Rows = list[tuple[int, int, int]]  # hours since the one before, growth, a typo or none


@st.composite
def plain_rows(draw: st.DrawFn) -> tuple[Meter, Plain]:
    """A meter with a row in which most readings agree with their neighbours."""
    meter = draw(st.sampled_from(METERS))
    step = st.sampled_from([HOUR, HOUR, 24 * HOUR]) if draw(st.booleans()) else st.just(24 * HOUR)
    growth = st.sampled_from([0, 1, 1, 1, 1, 2])
    typo = st.sampled_from([None] * 9 + [0, 5, 90, 99])
    rows = draw(st.lists(st.tuples(step, growth, typo), min_size=1, max_size=40))
    at, values, starts_at = [], [], []
    now, value = START, 0
    for gap, more, wrong in rows:
        now += gap
        value = 0 if meter.kind is Kind.DAILY and now % DAY < gap else value + more
        shown = (value if wrong is None else wrong) * MILLIONTHS
        at.append(now)
        values.append(shown % (meter.dial or 1 << 60))
        starts_at.append(now - HOUR - (wrong or 0) % 7 * 10 * MINUTE)
    starts_at = starts_at if meter.kind is Kind.INTERVAL else at
    return meter, Plain("m", 1, at, starts_at, values)


def found(judged: Sequence[Judged]) -> dict[Slot, tuple[Finding, ...]]:
    """Those of which something was found."""
    return {one.reading.slot: one.findings for one in judged if one.findings}


@pytest.mark.parametrize("window", [findings.WINDOW, 4])
@settings(max_examples=600, deadline=None)
@given(plain_rows(), st.integers(0, 40), st.sets(st.integers(0, 40), max_size=4))
def test_any_row(window: int, row: tuple[Meter, Plain], cut: int, accepted: set[int]) -> None:
    """Of the reading before the row as well, whatever was accepted."""
    meter, plain = row
    readings = plain.readings()
    known = {readings[place].slot for place in accepted if place < len(readings)}

    def judge() -> Judge:
        return Judge(meter, UTC, known.__contains__)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "WINDOW", window)
        patch.setattr(findings, "SPIKE_SAMPLES", min(findings.SPIKE_SAMPLES, window - 1))
        patch.setattr(suspects, "_TOO_MANY", 0)
        before = list(judge().judge(readings[:cut]))
        earlier = before[-3:]

        def older(number: int) -> list[Reading]:
            return readings[: len(before) - len(earlier)][-number:]

        rest = plain.only([place >= cut for place in range(len(readings))])
        judged = Row(judge, earlier, older, rest).judge(meter, UTC) if rest.at else None
        if judged is None:
            return
        found_before = found(before[:-1])
        assert found_before | found(judged) == found(list(judge().judge(readings)))
