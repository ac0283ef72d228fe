"""The service behind `record`: what is prepared is checked, what is stored is stored whole."""

from __future__ import annotations

from typing import Any

import pytest

from meterctl.domain.findings import Rule
from meterctl.domain.meters import DEFAULT_METERS, Zones
from meterctl.domain.readings import Source
from meterctl.errors import Conflict, TimeError, UsageError
from meterctl.ledger.store import SqlLedger
from meterctl.services.record import Record, Status, prepare, preview, store
from meterctl.services.session import Session
from tests.helpers import BERLIN, METER, NOW, instant, reading

MARCH = "2026-03-01 07:00"


def prepared(session: Session, values: dict[str, str], **more: Any) -> Record:  # noqa: ANN401
    """A record, checked."""
    return prepare(
        session.ledger.meters(), session.zones, values, session.now, session.source, **more
    )


def test_prepare_touches_no_ledger() -> None:
    """It needs the meters, the zones and the time: any face can check before it opens anything."""
    record = prepare(
        DEFAULT_METERS,
        Zones(BERLIN),
        {"meterValue": "142.3"},
        NOW,
        Source.HTTP,
        at=MARCH,
        note=" x ",
    )
    assert record.at == instant(MARCH)
    (one,) = record.readings
    assert (one.meter, one.value, one.source, one.note) == ("meter", 142_300_000, "http", "x")
    assert not record.stamped


def test_no_values(session: Session) -> None:
    """There is nothing to record."""
    with pytest.raises(UsageError, match="no value given"):
        prepared(session, {})


@pytest.mark.parametrize(
    ("ahead", "is_refused"),
    [
        pytest.param(0, False, id="now"),
        pytest.param(60_000, False, id="a phone's clock a minute ahead"),
        pytest.param(60_001, True, id="more than that"),
    ],
)
def test_times_to_come(session: Session, ahead: int, *, is_refused: bool) -> None:
    """Clocks differ a little; more is a mistake."""
    at = reading("1", "2026-11-22 12:00")._replace(at=NOW + ahead)
    text = _iso(at.at)
    if is_refused:
        with pytest.raises(TimeError, match="in the future"):
            prepared(session, {"meter": "1"}, at=text)
    else:
        assert prepared(session, {"meter": "1"}, at=text).at == NOW + ahead


def _iso(milliseconds: int) -> str:
    from meterctl.domain.times import iso_utc

    return iso_utc(milliseconds)


def test_one_entry_for_a_record(session: Session, ledger: SqlLedger) -> None:
    """Several readings at once are one write; a duplicate is none."""
    record = prepared(session, {"meter": "1", "inverter": "2"}, at=MARCH)
    assert [one.status for one in store(session, record).readings] == [Status.RECORDED] * 2
    assert [one.status for one in store(session, record).readings] == [Status.DUPLICATE] * 2
    assert (ledger.counts().entries, ledger.counts().revisions) == (1, 2)


def test_a_conflict_in_the_second_reading(session: Session, ledger: SqlLedger) -> None:
    """Nothing of the record is written."""
    store(session, prepared(session, {"inverter": "2"}, at=MARCH))
    with pytest.raises(Conflict) as caught:
        store(session, prepared(session, {"meter": "1", "inverter": "3"}, at=MARCH))
    assert caught.value.hint == (
        'if the new value is right: meterctl correct inverter@2026-03-01T06:00:00Z 3 --reason "..."'
    )
    assert ledger.counts().revisions == 1


class TestAMillisecondThatIsTaken:
    """Two runs are stamped with the same one."""

    def test_other_values(self, session: Session) -> None:
        """The later run takes the next free millisecond, with all of its readings."""
        store(session, prepared(session, {"meter": "1"}))
        store(session, prepared(session, {"meter": "2"}))
        third = store(session, prepared(session, {"inverter": "5", "meter": "3"}))
        assert third.at == NOW + 2
        assert {one.reading.at for one in third.readings} == {NOW + 2}

    def test_the_same_value(self, session: Session) -> None:
        """It is the same reading."""
        store(session, prepared(session, {"meter": "1"}))
        again = store(session, prepared(session, {"meter": "1"}))
        assert again.at == NOW
        assert again.readings[0].status is Status.DUPLICATE

    def test_a_time_that_a_person_gave(self, session: Session) -> None:
        """It does not give way: two values at one time are a conflict."""
        store(session, prepared(session, {"meter": "1"}, at=MARCH))
        with pytest.raises(Conflict):
            store(session, prepared(session, {"meter": "2"}, at=MARCH))


class TestPreview:
    """What would be found of a record, before it is stored."""

    def test_it_would_look_wrong(self, session: Session, ledger: SqlLedger) -> None:
        """The findings are those that storing it then has, and nothing is stored yet."""
        store(session, prepared(session, {"meter": "100"}, at=MARCH))
        record = prepared(session, {"meter": "10", "inverter": "1"}, at="2026-03-02 07:00")
        found = {one.meter: findings for one, findings in preview(session, record)}
        assert [finding.rule for finding in found["meter"]] == [Rule.LESS_THAN_PREVIOUS]
        assert found["inverter"] == ()
        assert ledger.counts().revisions == 1
        stored = store(session, record)
        assert stored.readings[0].findings == found["meter"]

    def test_it_is_known_already(self, session: Session) -> None:
        """Nobody needs to be asked about it again."""
        record = prepared(session, {"meter": "100"}, at=MARCH)
        store(session, record)
        assert preview(session, record) == []


def test_a_meter_that_was_swapped(session: Session, ledger: SqlLedger) -> None:
    """A reading belongs to the device that stood then."""
    from meterctl.services.meters import replace

    replace(session, METER.id, instant(MARCH), serial=None, final=None, initial=0)
    before, after = "2026-02-28 07:00", "2026-03-02 07:00"
    for at, device in ((before, 1), (after, 2)):
        stored = store(session, prepared(session, {"meter": "5"}, at=at))
        assert stored.readings[0].reading.device == device
    assert ledger.newest("meter") is not None
