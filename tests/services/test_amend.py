"""The services behind `correct`, `void` and `review`."""

from __future__ import annotations

import pytest

from meterctl.domain.findings import Rule
from meterctl.errors import DataError, QuantityError, UnknownReading, UsageError
from meterctl.ledger.port import EntryKind
from meterctl.ledger.store import SqlLedger
from meterctl.services.amend import accept, correct, void
from meterctl.services.meters import change
from meterctl.services.record import prepare, store
from meterctl.services.session import Session
from tests.helpers import METER, reading

SLOT = reading("100", "2026-03-01 07:00").slot


@pytest.fixture(autouse=True)
def _a_reading(session: Session) -> None:
    record(session, "2026-03-01 07:00", "100")


def record(session: Session, at: str, value: str) -> None:
    """Store a value of the main meter."""
    values = {"meter": value}
    meters = session.ledger.meters()
    store(session, prepare(meters, session.zones, values, session.now, session.source, at=at))


def test_a_correction_is_an_entry_of_its_own(session: Session, ledger: SqlLedger) -> None:
    """Nothing is overwritten: the log grows, and says who brought what."""
    done = correct(session, SLOT, 101_000_000, " misread ")
    assert (done.before.value, done.after.value) == (100_000_000, 101_000_000)
    assert (done.after.revision, done.after.reason, done.after.entry) == (2, "misread", 2)
    entry = ledger.entry(2)
    assert entry is not None
    assert entry.kind is EntryKind.CORRECTION
    assert [one.value for one in ledger.revisions(SLOT)] == [100_000_000, 101_000_000]


def test_nothing_has_to_change(session: Session, ledger: SqlLedger) -> None:
    """No entry is written."""
    assert correct(session, SLOT, 100_000_000, "same").before.revision == 1
    void(session, SLOT, "no")
    void(session, SLOT, "no")
    assert ledger.counts().entries == 2


def test_a_slot_that_holds_nothing(session: Session) -> None:
    """There is nothing to amend."""
    for amend in (
        lambda slot: correct(session, slot, 1, "r"),
        lambda slot: void(session, slot, "r"),
        lambda slot: accept(session, slot, "r"),
    ):
        with pytest.raises(UnknownReading):
            amend(SLOT._replace(at=SLOT.at + 1, starts_at=SLOT.at + 1))


def test_a_value_that_does_not_fit_the_meter(session: Session, ledger: SqlLedger) -> None:
    """A correction has to pass what a first value has to."""
    change(session, METER._replace(digits=3))
    with pytest.raises(QuantityError, match="3 digits"):
        correct(session, SLOT, 1_000_000_000, "r")
    assert len(ledger.revisions(SLOT)) == 1


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        pytest.param("", UsageError, id="empty"),
        pytest.param(" \n ", UsageError, id="blank"),
        pytest.param("a\x1b", DataError, id="control characters"),
        pytest.param("a" * 2001, DataError, id="too long"),
    ],
)
def test_reasons(session: Session, reason: str, error: type[Exception]) -> None:
    """Every amendment has one, that can be kept."""
    with pytest.raises(error):
        correct(session, SLOT, 1, reason)
    with pytest.raises(error):
        void(session, SLOT, reason)


class TestAccepting:
    """A person says that a reading is right as it is."""

    ODD = reading("10", "2026-03-02 07:00").slot

    @pytest.fixture(autouse=True)
    def _a_fall(self, session: Session) -> None:
        record(session, "2026-03-02 07:00", "10")
        record(session, "2026-03-03 07:00", "11")

    def test_what_follows_it(self, session: Session, ledger: SqlLedger) -> None:
        """Its successors are compared with it, and look right."""
        accept(session, self.ODD, "a new dial")
        assert all(flagged.reading.at < self.ODD.at for flagged in ledger.flagged())

    def test_the_one_it_disagrees_with(self, session: Session, ledger: SqlLedger) -> None:
        """It stays open: that this one is right does not make that one right."""
        accept(session, self.ODD, "checked the dial")
        (other,) = ledger.flagged()
        assert [one.rule for one in other.findings] == [Rule.GREATER_THAN_SUBSEQUENT]
        accept(session, other.reading.slot, "a new dial")
        assert list(ledger.flagged()) == []

    def test_it_is_corrected_afterwards(self, session: Session, ledger: SqlLedger) -> None:
        """What was accepted was the other value: the new one is looked at anew."""
        accept(session, self.ODD, "a new dial")
        correct(session, self.ODD, 5_000_000, "still not")
        assert any(flagged.reading.slot == self.ODD for flagged in ledger.flagged())

    def test_twice(self, session: Session) -> None:
        """There is nothing left to review in it."""
        accept(session, self.ODD, "a new dial")
        with pytest.raises(UnknownReading, match="nothing to review"):
            accept(session, self.ODD, "again")
