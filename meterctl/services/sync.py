"""`sync`: what others did in the Sheet is read back, then what is queued goes there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from meterctl.domain.meters import Zones
from meterctl.errors import Busy, LedgerError, MeterctlError, Unreachable
from meterctl.ledger.port import Ledger
from meterctl.services.deliver import JOB, Delivered, Means, deliver_alone, note_success
from meterctl.services.notices import Notice, untold
from meterctl.services.read_back import Returned, read_back
from meterctl.sheet.port import Sheet


class Synced(NamedTuple):
    """Both ways of one run; `error` says why one of them stopped before its end."""

    returned: Returned = Returned()
    delivered: Delivered = Delivered()
    notices: Mapping[str, Notice] = MappingProxyType({})  # that nobody has been told yet, by name
    error: MeterctlError | None = None


def sync(
    ledger: Ledger,
    zones: Zones,
    sheet: Sheet,
    means: Means,
    reading: Callable[[int], None] = lambda _: None,
) -> Synced:
    """Read the Sheet back, then deliver; one that cannot be read is delivered to all the same.

    Raises:
        Busy: another run is at it.
        LedgerError: what was done and not noted is found out by the next run.
    """
    with ledger.holding(JOB):
        returned, error = Returned(), None
        while True:
            try:
                returned = read_back(ledger, zones, sheet, means, reading)
                break
            except (Busy, LedgerError):
                raise
            except MeterctlError as problem:
                if not isinstance(problem, Unreachable) or not means.again(problem):
                    error = problem
                    break
        delivered = deliver_alone(ledger, sheet, means)
        if not (error or delivered.error):
            note_success(ledger, sheet, means)
    notices = untold(ledger, sheet.destination)
    return Synced(returned, delivered, notices, delivered.error or error)
