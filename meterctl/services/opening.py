"""What is handed over of a reading, before it is a submission and once it is."""

from __future__ import annotations

from datetime import tzinfo
from typing import NamedTuple

from meterctl.domain.meters import Meter
from meterctl.domain.readings import Slot
from meterctl.ledger.port import Submission
from meterctl.utility.port import Request


class Opening(NamedTuple):
    """What would be a submission."""

    key: str
    slot: Slot
    value: int


def request_of(meter: Meter, handed: Submission | Opening, zone: tzinfo) -> Request:
    """What is handed over; `zone` is that of the utility's days."""
    slot = handed.slot
    return Request(
        handed.key,
        meter.id,
        meter.device_numbered(slot.device).serial,
        slot.at,
        slot.starts_at,
        handed.value,
        meter.unit,
        zone,
        meter.kind.value,
        meter.direction.value,
        meter.obis,
    )
