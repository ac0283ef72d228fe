"""`current --from-sheet`: the newest reading of each meter as the Sheet holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meterctl.domain.meters import Meter
from meterctl.domain.readings import Quality, Reading, Source
from meterctl.services.current import Standing, standing
from meterctl.services.outstanding import Account
from meterctl.services.session import Session
from meterctl.sheet.port import Sheet
from meterctl.sheet.rows import Statement, layout_of, statements_of

_REMEMBERED = 1_000  # slots of a meter that are kept while the Sheet is read, newest first


def current_of_sheet(
    session: Session, meters: Sequence[Meter], sheet: Sheet, account: Account | None
) -> Standing:
    """The newest reading of each meter as the Sheet holds it, whoever wrote it there."""
    truths: dict[str, dict[tuple[int, int, str], Statement]] = {meter.id: {} for meter in meters}
    for one in _said_in(sheet, meters):
        of_meter = truths[one.meter]
        slot = (one.at, one.starts_at, one.device)
        known = of_meter.get(slot)
        if known is None or known.revision <= one.revision:
            of_meter[slot] = one
        if len(of_meter) > 2 * _REMEMBERED:
            truths[one.meter] = dict(sorted(of_meter.items())[-_REMEMBERED:])
    newest: dict[str, Reading | None] = {}
    for meter in meters:
        held = [one for _, one in sorted(truths[meter.id].items()) if one.value is not None]
        newest[meter.id] = _as_reading(meter, held[-1]) if held else None
    return standing(session, meters, newest, sheet.destination, account)


def _said_in(sheet: Sheet, meters: Sequence[Meter]) -> Iterator[Statement]:
    view = sheet.look()
    if view.tab is not None and any(view.tab.header):
        layout = layout_of(view.tab.header)
        for _, cells in sheet.rows(view.tab):
            yield from statements_of(cells, layout, meters, view.zone)


def _as_reading(meter: Meter, one: Statement) -> Reading:
    """What a row says, in the form of a reading; the ledger may know nothing of it."""
    device = meter.device_at(one.at).number
    return Reading(
        one.meter,
        device,
        one.at,
        one.starts_at,
        one.revision,
        one.value,
        Quality.ACTUAL,
        None,
        Source.SHEET,
        None,
        None,
        0,
    )
