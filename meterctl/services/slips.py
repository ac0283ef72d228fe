"""What a value that a person types is held against, while it can still be typed again."""

from __future__ import annotations

from meterctl.domain.meters import Kind, Meter
from meterctl.domain.slips import Known, Slip, suspected
from meterctl.domain.times import DAY
from meterctl.services.history import of_late
from meterctl.services.judging import is_in_doubt
from meterctl.services.session import Session


def suspected_slip(session: Session, meter: Meter, typed: int, at: int) -> Slip | None:
    """The slip of the finger that explains an odd value read at an instant; nothing is stored."""
    return suspected(meter, _known(session, meter, at), typed)


def _known(session: Session, meter: Meter, at: int) -> Known:
    ledger, zones, _, _ = session
    usual, most = of_late(ledger, zones, meter, at)
    if meter.kind is Kind.DAILY:
        return Known(0, DAY, usual, most)
    device = meter.device_at(at)
    before = ledger.current(meter.id, device=device.number, until=at - 1, newest_first=True)
    trusted = next((one for one in before if not is_in_doubt(ledger, one)), None)
    if trusted is None:
        return Known(None, 0, usual, most)
    return Known(trusted.amount, at - trusted.at, usual, most)
