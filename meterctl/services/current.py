"""`current`: the newest reading of each meter, and how far it has got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from meterctl.domain.meters import Meter
from meterctl.domain.readings import Reading
from meterctl.ledger.port import Ledger
from meterctl.services.judging import is_in_doubt
from meterctl.services.outstanding import (
    Account,
    Outlook,
    differing,
    first_day,
    outlook,
)
from meterctl.services.pushed import IN_DOUBT
from meterctl.services.session import Session

OFF = "off"


class Newest(NamedTuple):
    """A meter's newest reading and how it stands; None where it has none yet."""

    meter: Meter
    reading: Reading | None
    open_findings: bool
    sheet: str  # off, queued, written
    utility: str  # off, due, withheld, differs, or the state of its submission


class Standing(NamedTuple):
    """What is newest, and how many readings the destinations are still to get."""

    newest: tuple[Newest, ...]
    pending_sheet: int
    pending_utility: int


def current(
    session: Session,
    meters: Sequence[Meter],
    *,
    sheet: str | None = None,
    account: Account | None = None,
) -> Standing:
    """The newest reading of each meter in the ledger.

    `sheet` is the destination and `account` the utility's, where they are configured.
    """
    newest = {meter.id: session.ledger.newest(meter.id) for meter in meters}
    return standing(session, meters, newest, sheet, account)


def standing(
    session: Session,
    meters: Sequence[Meter],
    newest: Mapping[str, Reading | None],
    sheet: str | None,
    account: Account | None,
) -> Standing:
    """How each meter's newest reading, by the meter's id, stands at the destinations."""
    ledger = session.ledger
    cursor = 0 if sheet is None else ledger.cursor(sheet)
    outlooks: dict[str, Outlook] = {}
    if account is not None:
        since = first_day(ledger, account, session.zones, session.now)
        outlooks = {one.meter.id: one for one in outlook(session, account, since, meters)}
    found = []
    for meter in meters:
        reading = newest[meter.id]
        delivered = reading is not None and reading.entry <= cursor
        found.append(
            Newest(
                meter,
                reading,
                reading is not None and is_in_doubt(ledger, reading),
                OFF if sheet is None else "written" if delivered else "queued",
                _at_utility(ledger, reading, outlooks.get(meter.id)),
            )
        )
    return Standing(
        tuple(found),
        0 if sheet is None else ledger.waiting(sheet),
        sum(map(_pending, outlooks.values())),
    )


def _at_utility(ledger: Ledger, reading: Reading | None, one: Outlook | None) -> str:
    """How one reading stands at the utility."""
    if one is None or reading is None or not one.meter.submitted:
        return OFF
    handed = next((s for s in one.submissions if s.slot == reading.slot), None)
    if any(reading.slot == due.slot for due in one.plan.due):
        return "unknown" if reading.slot in one.asked_first else "due"
    if handed is None:
        return "withheld"
    changed = any(handed.slot == other.slot for other in differing(ledger, one.meter, [handed]))
    return "differs" if changed else handed.state.value


def _pending(one: Outlook) -> int:
    """How many readings of a meter a push has something to do for."""
    in_doubt = {s.slot for s in one.submissions if s.state in IN_DOUBT}
    return len(in_doubt | {due.slot for due in one.plan.due})
