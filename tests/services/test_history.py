"""The services behind `history` and `current`."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Kind, Meter
from meterctl.domain.periods import By
from meterctl.domain.quantity import parse_quantity
from meterctl.services.amend import correct
from meterctl.services.history import readings, revisions, use, usual_per_day
from meterctl.services.meters import add, replace
from meterctl.services.record import prepare, store
from meterctl.services.session import Session
from tests.helpers import INVERTER, METER, instant, reading


def record(session: Session, at: str, **values: str) -> None:
    """Store values at a time."""
    meters = session.ledger.meters()
    store(session, prepare(meters, session.zones, values, session.now, session.source, at=at))


def meter(session: Session, name: str = "meter") -> Meter:
    """A meter as the ledger has it now."""
    return next(one for one in session.ledger.meters() if one.id == name)


class TestUsualPerDay:
    """What `record` shows beside the last value when it asks."""

    @pytest.mark.parametrize(
        ("stored", "usual"),
        [
            pytest.param([], None, id="nothing is known"),
            pytest.param([("2026-11-20 07:00", "100")], None, id="one reading"),
            pytest.param(
                [("2026-11-20 07:00", "100"), ("2026-11-20 19:00", "105")], None, id="half a day"
            ),
            pytest.param(
                [("2026-11-18 07:00", "100"), ("2026-11-22 07:00", "110")], "2.5", id="four days"
            ),
            pytest.param(
                [
                    ("2026-08-01 07:00", "0"),
                    ("2026-10-01 07:00", "610"),
                    ("2026-11-01 06:00", "920"),
                ],
                "10",
                id="who reads once a month",
            ),
            pytest.param(
                [("2026-01-01 07:00", "0"), ("2026-02-01 07:00", "99")], None, id="long ago"
            ),
            pytest.param(
                [
                    ("2026-11-16 07:00", "95"),
                    ("2026-11-18 07:00", "100"),
                    ("2026-11-20 07:00", "9"),
                    ("2026-11-22 07:00", "110"),
                ],
                "2.5",
                id="a typo among them",
            ),
        ],
    )
    def test_a_register(
        self, session: Session, stored: list[tuple[str, str]], usual: str | None
    ) -> None:
        """Its growth by the time it took; one typo does not change it."""
        for at, value in stored:
            record(session, at, meter=value)
        found = usual_per_day(session.ledger, session.zones, METER, session.now)
        assert found == (None if usual is None else parse_quantity(usual))

    def test_a_daily_counter(self, session: Session) -> None:
        """The mean of the days that were read."""
        for day, value in (("18", "2"), ("19", "4"), ("21", "9")):
            record(session, f"2026-11-{day} 20:00", inverter=value)
        found = usual_per_day(session.ledger, session.zones, INVERTER, session.now)
        assert found == 5_000_000

    def test_across_a_swap(self, session: Session) -> None:
        """Both devices count."""
        record(session, "2026-11-18 07:00", meter="100")
        replace(
            session, "meter", instant("2026-11-20 07:00"), serial=None, final=106_000_000, initial=0
        )
        record(session, "2026-11-22 07:00", meter="4")
        assert (
            usual_per_day(session.ledger, session.zones, meter(session), session.now) == 2_500_000
        )


class TestReadings:
    """Several meters, merged."""

    @pytest.fixture(autouse=True)
    def _two_days(self, session: Session) -> None:
        record(session, "2026-03-01 07:00", meter="1", inverter="2")
        record(session, "2026-03-02 07:00", inverter="3")
        record(session, "2026-03-02 08:00", meter="4")

    def test_both_ways(self, session: Session) -> None:
        """Newest first is exactly the other way round."""
        meters = session.ledger.meters()
        forward = list(readings(session.ledger, meters))
        assert [one.amount // 1_000_000 for one in forward] == [1, 2, 3, 4]
        backward = list(readings(session.ledger, meters, newest_first=True))
        assert backward[::-1] == forward

    def test_revisions(self, session: Session) -> None:
        """A correction stands after what it corrects."""
        slot = reading("1", "2026-03-01 07:00").slot
        correct(session, slot, 5_000_000, "misread")
        found = revisions(session.ledger, (METER,), since=slot.at, until=slot.at)
        assert [one.revision for one in found] == [1, 2]


class TestUse:
    """Use by period."""

    def test_intervals(self, session: Session) -> None:
        """They add up by the time they end in; one that ends at midnight closes its day."""
        add(session, METER._replace(id="q", column="q", kind=Kind.INTERVAL))
        for at, start, value in (
            ("2026-03-01 00:15", "2026-03-01 00:00", "1"),
            ("2026-03-02 00:00", "2026-03-01 23:45", "2"),
            ("2026-03-02 00:15", "2026-03-02 00:00", "4"),
        ):
            meters = session.ledger.meters()
            store(
                session,
                prepare(
                    meters,
                    session.zones,
                    {"q": value},
                    session.now,
                    session.source,
                    at=at,
                    starts_at=start,
                ),
            )
        found = use(session.ledger, session.zones, meter(session, "q"), By.DAY)
        assert [(one.period.label, one.amount) for one in found] == [
            ("2026-03-01", 3_000_000),
            ("2026-03-02", 4_000_000),
        ]

    def test_the_hour_that_the_clocks_skip(self, session: Session) -> None:
        """A day of 23 hours has its 23 hours and no more."""
        record(session, "2026-03-29 00:00", meter="0")
        for hour in range(1, 24):
            if hour != 2:
                record(session, f"2026-03-29 {hour:02}:00", meter=str(hour))
        record(session, "2026-03-30 00:00", meter="24")
        found = use(session.ledger, session.zones, METER, By.HOUR)
        assert len(found) == 23
        (day,) = use(session.ledger, session.zones, METER, By.DAY)
        assert day.amount == 24_000_000
        assert day.period.end - day.period.start == 23 * 3_600_000

    def test_since_in_the_middle_of_a_period(self, session: Session) -> None:
        """The period that holds it is shown whole."""
        record(session, "2026-03-01 07:00", meter="1")
        record(session, "2026-03-20 07:00", meter="20")
        since = instant("2026-03-15 00:00")
        (month,) = use(session.ledger, session.zones, METER, By.MONTH, since=since)
        assert (month.period.label, month.amount) == ("2026-03", 19_000_000)
