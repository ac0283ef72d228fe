"""`sheet show`: the spreadsheet in use, and what is known here of what went there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from meterctl.domain.meters import Meter
from meterctl.errors import SheetUnfit
from meterctl.ledger.port import Ledger
from meterctl.services.notices import About, Notice, standing
from meterctl.services.sheet_notes import Notes, fit, note_name
from meterctl.services.sheet_room import Filled, Room, filled, room_of
from meterctl.sheet.layout import column_letters
from meterctl.sheet.port import Sheet, Tab, View
from meterctl.sheet.rows import REST, TIMESTAMP


class Column(NamedTuple):
    """One column of the tab."""

    letters: str
    heading: str
    meter: str | None  # whose values it holds
    ours: bool  # else a person's own


class Here(NamedTuple):
    """What the ledger knows of it, without asking."""

    waiting: int
    in_doubt: bool
    last_success: int | None  # when all was last in the Sheet
    notices: Sequence[Notice]


class There(NamedTuple):
    """What the spreadsheet shows."""

    view: View
    room: Room
    columns: Sequence[Column]
    filled: Filled
    others: Sequence[str]  # other ledgers that write to it, as far back as it tells
    unfit: SheetUnfit | None  # what keeps rows from being written


def known_here(ledger: Ledger, destination: str) -> Here:
    """What is queued, and what is to be told of it."""
    success = ledger.memo(note_name("ok", destination))
    return Here(
        ledger.waiting(destination),
        ledger.batch_in_doubt(destination) is not None,
        None if success is None else success.written_at,
        # A gap is looked for anew.
        [one for one in standing(ledger, destination) if one.about is not About.GAP],
    )


def seen_there(ledger: Ledger, sheet: Sheet, tab: str, notes: Notes) -> There:
    """What is there: two requests, and one more for each 100,000 rows.

    Raises:
        MeterctlError: it cannot be reached.
    """
    view = sheet.look()
    meters = ledger.meters()
    unfit = None
    try:
        fit(view, tab, meters, notes)
    except SheetUnfit as error:
        unfit = error
    columns = () if view.tab is None else _columns(view.tab, meters)
    return There(
        view,
        room_of(sheet, view),
        columns,
        _filled(sheet, view.tab, columns),
        _others(view, ledger.id),
        unfit,
    )


def _columns(tab: Tab, meters: Sequence[Meter]) -> list[Column]:
    of_meters = {meter.column: meter.id for meter in meters}
    found = []
    for place, heading in enumerate(tab.header):
        name = heading.strip()
        if name:
            ours = name in of_meters or name == TIMESTAMP or name in REST
            found.append(Column(column_letters(place), name, of_meters.get(name), ours))
    return found


def _filled(sheet: Sheet, tab: Tab | None, columns: Sequence[Column]) -> Filled:
    """What the column of times tells; nothing where it is missing, or there twice."""
    times = [one for one in columns if one.heading == TIMESTAMP]
    if tab is None or len(times) != 1:
        return Filled()
    place = [heading.strip() for heading in tab.header].index(TIMESTAMP)
    return filled(sheet.column(tab, place))


def _others(view: View, ledger: str) -> list[str]:
    return sorted({token.ledger for token in view.tokens} - {ledger})
