"""What is newest, and how far it has got: to the Sheet, to the utility."""

from __future__ import annotations

import pytest

from meterctl.ledger.port import BatchState, SubmissionState
from meterctl.services.amend import correct
from meterctl.services.current import Standing, current
from meterctl.services.outstanding import Account, next_key
from meterctl.services.record import prepare, store
from meterctl.services.session import Session
from tests.helpers import METER

ACCOUNT = Account("https://utility.example/readings")
TODAY = "2026-11-22 07:00"


def record(session: Session, at: str, **values: str) -> None:
    """Store a record."""
    meters = session.ledger.meters()
    store(session, prepare(meters, session.zones, values, session.now, session.source, at=at))


def seen(session: Session, sheet: str | None = None, account: Account | None = None) -> Standing:
    """What `current` sees."""
    return current(session, session.ledger.meters(), sheet=sheet, account=account)


def at_utility(session: Session) -> str:
    """How the main meter's newest reading stands there."""
    return next(one.utility for one in seen(session, None, ACCOUNT).newest if one.meter == METER)


def submit(session: Session, *states: SubmissionState) -> None:
    """Hand over the main meter's newest reading, and bring it from state to state."""
    reading = session.ledger.newest("meter")
    assert reading is not None
    with session.ledger.writing():
        key = next_key(METER, reading, [])
        made = session.ledger.open_submission(ACCOUNT.name, reading, key, session.now)
        assert made is not None
        before = SubmissionState.DUE
        for state in states:
            assert session.ledger.move_submission(made.number, before, state, session.now)
            before = state


def test_neither_sheet_nor_utility(session: Session) -> None:
    """The newest of each meter, and whether it waits for a person."""
    record(session, "2026-03-01 07:00", meter="5")
    record(session, "2026-03-03 07:00", meter="2", inverter="1")
    standing = seen(session)
    found = {one.meter.id: one for one in standing.newest}
    assert found["meter"].reading is not None
    assert found["meter"].reading.amount == 2_000_000
    assert found["meter"].open_findings
    assert not found["inverter"].open_findings
    assert {(one.sheet, one.utility) for one in standing.newest} == {("off", "off")}
    assert (standing.pending_sheet, standing.pending_utility) == (0, 0)


def test_a_sheet(session: Session) -> None:
    """What an entry beyond the cursor brought is queued; what is before it is written."""
    record(session, TODAY, meter="5", inverter="1")
    before = seen(session, "sheet/tab")
    assert (before.pending_sheet, {one.sheet for one in before.newest}) == (2, {"queued"})
    with session.ledger.writing():
        batch = session.ledger.open_batch("sheet/tab", 1, token=1, now=session.now)
        assert batch is not None
        session.ledger.settle_batch(batch.number, BatchState.LANDED, session.now, None)
    record(session, "2026-11-22 08:00", meter="6")
    after = seen(session, "sheet/tab")
    assert after.pending_sheet == 1
    assert {one.meter.id: one.sheet for one in after.newest} == {
        "meter": "queued",
        "inverter": "written",
    }


class TestAUtility:
    """Of the meters that are submitted."""

    def test_what_the_next_push_sends(self, session: Session) -> None:
        """It is due; a meter that is not submitted is none of the utility's business."""
        record(session, TODAY, meter="5", inverter="1")
        standing = seen(session, None, ACCOUNT)
        assert [one.utility for one in standing.newest] == ["due", "off"]
        assert standing.pending_utility == 1

    def test_from_before_the_first_day(self, session: Session) -> None:
        """It is withheld, and nothing is pending."""
        record(session, "2026-03-01 07:00", meter="5")
        assert at_utility(session) == "withheld"
        assert seen(session, None, ACCOUNT).pending_utility == 0

    @pytest.mark.parametrize(
        ("states", "pending"),
        [
            pytest.param((SubmissionState.SENDING,), 1, id="sending"),
            pytest.param((SubmissionState.SENDING, SubmissionState.UNKNOWN), 1, id="unknown"),
            pytest.param((SubmissionState.SENDING, SubmissionState.ACCEPTED), 0, id="accepted"),
            pytest.param((SubmissionState.SENDING, SubmissionState.REJECTED), 0, id="rejected"),
        ],
    )
    def test_what_was_sent(
        self, session: Session, states: tuple[SubmissionState, ...], pending: int
    ) -> None:
        """The state of its submission; in doubt, a push has something to do still."""
        record(session, TODAY, meter="5")
        submit(session, *states)
        assert at_utility(session) == states[-1]
        assert seen(session, None, ACCOUNT).pending_utility == pending

    def test_a_correction_after_it_was_accepted(self, session: Session) -> None:
        """What the utility holds differs from what is true here."""
        record(session, TODAY, meter="5")
        submit(session, SubmissionState.SENDING, SubmissionState.ACCEPTED)
        reading = session.ledger.newest("meter")
        assert reading is not None
        correct(session, reading.slot, 6_000_000, "misread")
        assert at_utility(session) == "differs"
