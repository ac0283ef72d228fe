"""What a service that writes works with: the ledger, the zones, the time, and who writes."""

from __future__ import annotations

from typing import NamedTuple

from meterctl.domain.meters import Zones
from meterctl.domain.readings import Source
from meterctl.ledger.port import Ledger


class Session(NamedTuple):
    """One run of one face."""

    ledger: Ledger
    zones: Zones
    now: int
    source: Source
