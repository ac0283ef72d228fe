"""What in the settings keeps a meter's readings from being told: found before a night is lost."""

from __future__ import annotations

from collections.abc import Iterator

from meterctl.domain.meters import Meter
from meterctl.domain.quantity import MILLIONTHS
from meterctl.domain.readings import Slot
from meterctl.services.opening import Opening, request_of
from meterctl.services.outstanding import Account
from meterctl.services.session import Session
from meterctl.utility.port import NotTaken, Utility


def objections(
    session: Session, account: Account, utility: Utility
) -> Iterator[tuple[Meter, NotTaken]]:
    """Of each submitted meter, why no reading of it could be told; nobody is asked.

    A reading of one whole unit is tried, so that no rule about decimals is met.
    """
    ledger, zones, now, _ = session
    for meter in ledger.meters():
        if not meter.submitted:
            continue
        device = meter.devices[-1].number
        tried = Opening("meterctl-check", Slot(meter.id, device, now, now), MILLIONTHS)
        found = utility.objection(request_of(meter, tried, account.zone or zones(meter)))
        if found is not None:
            yield meter, found
