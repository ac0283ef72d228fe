"""Judging anew only what a write can have changed finds what judging everything would find."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterctl.domain import findings as rules
from meterctl.domain import suspects
from meterctl.domain.findings import Finding, Judge, Rule
from meterctl.domain.meters import Direction, Kind, Meter
from meterctl.domain.plain import Plain
from meterctl.domain.quantity import MILLIONTHS, format_quantity
from meterctl.domain.readings import Reading, Slot, Source, Verdict, new_reading, settle
from meterctl.domain.times import HOUR, MINUTE, iso_utc
from meterctl.errors import Conflict, UnknownReading
from meterctl.ledger.port import EntryKind, NewEntry, Stretch
from meterctl.ledger.store import SqlLedger
from meterctl.services import amend, judging, record
from meterctl.services.record import Record
from meterctl.services.session import Session
from tests.helpers import instant

START = instant("2025-03-20 06:00")
EVER = 1 << 62
Point = tuple[int, int, int | None]  # which step, which span, a typo instead of the honest value
_ids = count(1)


class Case(NamedTuple):
    """A meter, and how it is read: at which steps, over which spans, how much each time."""

    meter: Meter
    step: int
    use: int  # what an honest value grows by in a step
    spans: tuple[int, ...] = (0,)


def _meter(kind: Kind, digits: int | None = None, max_per_hour: int | None = None) -> Meter:
    return Meter(
        "m", "m", "kWh", kind, Direction.FROM_GRID, digits=digits, max_per_hour=max_per_hour
    )


CASES = {
    "register": Case(_meter(Kind.REGISTER), 21 * HOUR, 10),
    "register with digits": Case(_meter(Kind.REGISTER, digits=2), 21 * HOUR, 7),
    "register with max per hour": Case(
        _meter(Kind.REGISTER, digits=3, max_per_hour=MILLIONTHS), 21 * HOUR, 20
    ),
    "quick register": Case(_meter(Kind.REGISTER, digits=4, max_per_hour=MILLIONTHS), HOUR, 2),
    "quick daily": Case(_meter(Kind.DAILY), 3 * HOUR, 2),
    "daily": Case(_meter(Kind.DAILY, max_per_hour=9 * MILLIONTHS), 5 * HOUR, 30),
    "interval": Case(
        _meter(Kind.INTERVAL, max_per_hour=400 * MILLIONTHS),
        15 * MINUTE,
        0,
        (15 * MINUTE, 30 * MINUTE, 60 * MINUTE),
    ),
}

steps = st.integers(0, 50)
typos = st.none() | st.none() | st.integers(0, 99) | st.integers(100, 5_000)
points = st.tuples(steps, st.integers(0, 2), typos)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("record"), points),
        st.tuples(st.just("record"), points),
        st.tuples(st.just("correct"), points),
        st.tuples(st.just("void"), points),
        st.tuples(st.just("accept"), points),
        st.tuples(st.just("together"), st.lists(points, min_size=2, max_size=8)),
        st.tuples(st.just("bulk_import"), st.lists(points, min_size=2, max_size=40)),
        st.tuples(st.just("append"), st.lists(points, min_size=2, max_size=40)),
        st.tuples(st.just("append"), st.lists(points, min_size=2, max_size=40)),
        st.tuples(st.just("judge"), st.none()),
    ),
    min_size=4,
    max_size=24,
)


class Household:
    """One meter of a ledger, and all that can happen to its readings."""

    def __init__(self, session: Session, case: Case) -> None:
        self.session, self.ledger, self.case = session, session.ledger, case
        id_ = f"m{next(_ids)}"
        self.meter = case.meter._replace(id=id_, column=id_)
        with self.ledger.writing():
            self.ledger.add_meter(self.meter)
        self.everything = Stretch(id_, 1, -EVER, EVER)

    def do(self, what: str, argument: object) -> None:
        """Let one thing happen; what is refused, or has nothing to happen to, does not."""
        with suppress(Conflict, UnknownReading):
            getattr(self, what)(argument)

    def kept(self) -> dict[Slot, set[Finding]]:
        """The findings that the ledger keeps."""
        return {slot: set(found) for slot, found in self.ledger.findings(self.everything).items()}

    def from_scratch(self) -> dict[Slot, set[Finding]]:
        """The findings of judging all readings of the device at once."""
        accepted = self.ledger.accepted(self.everything)
        judge = Judge(self.meter, self.session.zones(self.meter), accepted.__contains__)
        judged = judge.judge(self.ledger.current(self.meter.id, device=1))
        return {reading.slot: set(found) for reading, found, _ in judged if found}

    def reading(self, point: Point) -> Reading:
        step, span, typo = point
        at = START + step * self.case.step
        honest = step * self.case.use + step % 3
        if self.meter.kind is Kind.DAILY:
            honest = (at - START) % (24 * HOUR) // HOUR
        whole = honest if typo is None else typo
        span = self.case.spans[span % len(self.case.spans)]
        return new_reading(
            self.meter,
            at,
            (whole * MILLIONTHS) % (self.meter.dial or EVER),
            Source.CLI,
            starts_at=at - span if span else None,
        )

    def record(self, point: Point) -> None:
        prepared = self._prepared(point)
        foretold = record.preview(self.session, prepared)
        stored = record.store(self.session, prepared)
        if foretold:
            assert set(foretold[0][1]) == set(stored.readings[0].findings)

    def together(self, group: list[Point]) -> None:
        """Several records in one write, judged at its end; those refused undo nothing else."""
        stretches: list[Stretch] = []
        with self.ledger.writing():
            for point in group:
                with suppress(Conflict), self.ledger.writing():
                    stretches += record.put(self.session, self._prepared(point)).stretches
            judging.judge_together(self.ledger, self.session.zones, stretches)

    def _prepared(self, point: Point) -> Record:
        reading = self.reading(point)
        return record.prepare(
            (self.meter,),
            self.session.zones,
            {self.meter.id: format_quantity(reading.amount)},
            self.session.now,
            Source.CLI,
            at=iso_utc(reading.at),
            starts_at=iso_utc(reading.starts_at) if reading.at > reading.starts_at else None,
        )

    def correct(self, point: Point) -> None:
        slot = self._any_slot(point)
        amend.correct(self.session, slot, self.reading(point).amount, "misread")

    def void(self, point: Point) -> None:
        amend.void(self.session, self._any_slot(point), "never was")

    def _any_slot(self, point: Point) -> Slot:
        slots = self._slots()
        return slots[point[0] % len(slots)] if slots else self.reading(point).slot

    def _slots(self) -> list[Slot]:
        revisions = self.ledger.revisions_between(self.meter.id, 1, -EVER, EVER)
        return list(dict.fromkeys(reading.slot for reading in revisions))

    def accept(self, point: Point) -> None:
        slots = sorted(self.kept())
        if slots:
            amend.accept(self.session, slots[point[0] % len(slots)], "looked at the dial")

    def bulk_import(self, block: list[Point]) -> None:
        added: dict[Slot, Reading] = {}
        for point in block:
            reading = self.reading(point)
            revisions = self.ledger.revisions(reading.slot)
            if settle(revisions, reading.amount) is Verdict.NEW:
                added[reading.slot] = reading._replace(revision=len(revisions) + 1)
        entry = NewEntry(EntryKind.IMPORT, Source.IMPORT, self.session.now)
        with self.ledger.writing():
            self.ledger.append(entry, list(added.values()))
            if times := [reading.at for reading in added.values()]:
                self.ledger.leave_unjudged(Stretch(self.meter.id, 1, min(times), max(times)))

    def append(self, block: list[Point]) -> None:
        """Write a block of an import behind all there is, and judge it at once if that goes."""
        last = max((slot.at for slot in self._slots()), default=START)
        later = (last - START) // self.case.step + 1
        readings = {one.at: one for one in (self.reading((later + p[0], *p[1:])) for p in block)}
        at = sorted(readings)
        starts_at = [readings[one].starts_at for one in at]
        values = [readings[one].amount for one in at]
        if starts_at == at:
            starts_at = at
        plain = Plain(self.meter.id, 1, at, starts_at, values)
        with self.ledger.writing():
            self.ledger.append(
                NewEntry(EntryKind.IMPORT, Source.IMPORT, self.session.now), [], [plain]
            )
            if not judging.judge_appended(self.ledger, self.session.zones, plain):
                self.ledger.leave_unjudged(Stretch(self.meter.id, 1, at[0], at[-1]))

    def judge(self, _: None) -> None:
        judging.judge_all_unjudged(self.ledger, self.session.zones)


@pytest.fixture(params=[rules.WINDOW, 4], ids=["the real window", "a small window"])
def window(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    ledger: SqlLedger,
    store_kind: str,
) -> None:
    """How far back a judgement looks; where it is small, short stories reach beyond it."""
    for module in (rules, judging):
        monkeypatch.setattr(module, "WINDOW", request.param)
    monkeypatch.setattr(rules, "SPIKE_SAMPLES", min(rules.SPIKE_SAMPLES, request.param - 1))
    # As rows even where it does not pay: the stories are short.
    monkeypatch.setattr(judging, "MANY", 2)
    monkeypatch.setattr(suspects, "_TOO_MANY", 0)
    if store_kind == "sqlite":  # thousands of writes, and none must outlive this
        ledger._db.run("PRAGMA synchronous = OFF")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@pytest.mark.usefixtures("window")
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example adds its own meter
)
@given(happenings=operations)
def test_any_sequence_of_writes(
    session: Session, case: Case, happenings: list[tuple[str, object]]
) -> None:
    """Whatever is written in whatever order, the kept findings are those of judging it all."""
    household = Household(session, case)
    for what, argument in happenings:
        household.do(what, argument)
        if not session.ledger.unjudged():
            assert household.kept() == household.from_scratch()
    judging.judge_all_unjudged(session.ledger, session.zones)
    assert household.kept() == household.from_scratch()


# -- stories that once went wrong -------------------------------------------------


def _recorded(session: Session, *values: str) -> Household:
    """A register read once a day."""
    household = Household(session, CASES["register"])
    for day, value in enumerate(values):
        at = START + day * 24 * HOUR
        prepared = record.prepare(
            (household.meter,),
            session.zones,
            {household.meter.id: value},
            session.now,
            Source.CLI,
            at=iso_utc(at),
        )
        record.store(session, prepared)
    return household


def test_a_reading_after_two_that_contradict_each_other(session: Session) -> None:
    """A further reading does not settle which of two that contradict each other is wrong."""
    household = _recorded(session, "100", "200", "150", "160")
    assert [
        {finding.rule for finding in found} for _, found in sorted(household.kept().items())
    ] == [{Rule.GREATER_THAN_SUBSEQUENT}, {Rule.LESS_THAN_PREVIOUS}]


def test_a_longer_interval_with_the_same_end_as_a_known_one(session: Session) -> None:
    """It is foretold to overlap, and it still does after the next interval was stored."""
    household = Household(session, CASES["interval"])
    household.record((8, 0, 1))
    longer = household.reading((8, 1, 2))
    foretold = judging.findings_if_stored(session.ledger, session.zones, longer)
    assert [finding.rule for finding in foretold] == [Rule.OVERLAP]
    household.record((8, 1, 2))
    household.record((9, 0, 1))
    assert household.kept() == {longer.slot: set(foretold)}


def test_the_findings_after_a_very_long_run_of_doubt(session: Session) -> None:
    """What later values are compared with is found however far back it is."""
    household = _recorded(session, "500", "501", *(str(value) for value in range(3, 3 + 100)))
    assert len(household.kept()) == 100
    assert household.kept() == household.from_scratch()
