"""`current --from-sheet`: the newest reading of each meter as the Sheet holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meterctl.domain.meters import Meter
from meterctl.domain.readings import Quality, Reading, Source, quality_named
from meterctl.errors import DataError, SheetUnfit
from meterctl.ledger.port import Ledger
from meterctl.services.current import Standing, standing
from meterctl.services.outstanding import Account
from meterctl.services.session import Session
from meterctl.services.sheet_notes import Notes, fit
from meterctl.sheet.port import Cell, Layout, Sheet
from meterctl.sheet.rows import TIMESTAMP, Statement, layout_of, plain, statements_of

_REMEMBERED = 1_000  # slots of a meter that are kept while the Sheet is read, newest first

_Said = tuple[Statement, Quality]


def current_of_sheet(
    session: Session, meters: Sequence[Meter], sheet: Sheet, account: Account | None
) -> Standing:
    """The newest reading of each meter as the Sheet holds it, whoever wrote it there.

    Raises:
        SheetUnfit: the tab holds something else.
        MeterctlError: it cannot be reached.
    """
    truths: dict[str, dict[tuple[int, int, str], _Said]] = {meter.id: {} for meter in meters}
    for said in _said_in(session.ledger, sheet, meters):
        one, _ = said
        of_meter = truths[one.meter]
        slot = (one.at, one.starts_at, one.device)
        known = of_meter.get(slot)
        if known is None or known[0].revision <= one.revision:
            of_meter[slot] = said
        if len(of_meter) > 2 * _REMEMBERED:
            truths[one.meter] = dict(sorted(of_meter.items())[-_REMEMBERED:])
    newest: dict[str, Reading | None] = {}
    for meter in meters:
        held = [said for _, said in sorted(truths[meter.id].items()) if said[0].value is not None]
        newest[meter.id] = _as_reading(meter, *held[-1]) if held else None
    return standing(session, meters, newest, sheet.destination, account)


def _said_in(ledger: Ledger, sheet: Sheet, meters: Sequence[Meter]) -> Iterator[_Said]:
    view, rows = sheet.read()
    tab = sheet.destination.partition("/")[2]
    notes = Notes(ledger, sheet.destination, lambda: 0)  # which only looks
    if notes.get("columns") is not None:
        fit(view, tab, ledger.meters(), notes)
    if view.tab is None or not any(view.tab.header):
        return
    layout = layout_of(view.tab.header)
    if TIMESTAMP not in layout.places:
        raise SheetUnfit(
            f"the heading {TIMESTAMP} is missing from row 1 of the tab",
            "put it back, or name another tab: METERCTL_SHEET_TAB",
        )
    for _, cells in rows:
        quality = _quality(cells, layout)
        for one in statements_of(cells, layout, meters, view.zone):
            yield one, quality


def _quality(cells: Sequence[Cell], layout: Layout) -> Quality:
    """What a row says of its values; a word that is none of ours says that there is a doubt."""
    place = layout.places.get("quality", len(cells))
    text = plain(cells[place]) if place < len(cells) else ""
    try:
        return quality_named(text or Quality.ACTUAL)
    except DataError:
        return Quality.QUESTIONABLE


def _as_reading(meter: Meter, one: Statement, quality: Quality) -> Reading:
    """What a row says, in the form of a reading; the ledger may know nothing of it."""
    device = meter.device_at(one.at).number
    return Reading(
        one.meter,
        device,
        one.at,
        one.starts_at,
        one.revision,
        one.value,
        quality,
        None,
        Source.SHEET,
        None,
        None,
        0,
    )
