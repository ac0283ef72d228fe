"""Which column holds what: found by the headings, made where they are new, never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from meterctl.domain.meters import Meter
from meterctl.errors import SheetUnfit
from meterctl.sheet.port import Change, Layout, NewColumn, Tab, View
from meterctl.sheet.rows import KEY, REST, TIMESTAMP

_HINT = "put the heading back, or name another tab: METERCTL_SHEET_TAB"


def plan(
    view: View, name: str, meters: Sequence[Meter], known: Iterable[str]
) -> tuple[Layout, Change | None]:
    """Where each column is, and what has to be made first.

    `known` are the columns that this ledger has written before: one of them that is missing now
    was taken away by a person. With none known and an empty tab, the whole header is new.

    Raises:
        SheetUnfit: a heading is missing or there twice, or the tab is somebody's own table.
    """
    tab, before = view.tab, set(known)
    if tab is None or not any(tab.header):
        if before:
            raise SheetUnfit(*_gone(tab, name))
        columns = (NewColumn(TIMESTAMP, ""), *map(_column, meters), *_rest())
        layout = Layout({column.name: place for place, column in enumerate(columns)})
        return layout, Change(tab is None, new_header=True, columns=columns, at=0)
    places = _places(tab, name, {TIMESTAMP, *REST, *(meter.column for meter in meters)})
    if TIMESTAMP not in places and KEY not in places and not before:
        raise SheetUnfit(
            f"the tab {name} holds something else: its first row has no headings of ours",
            "name another tab, which is then made: METERCTL_SHEET_TAB",
        )
    wanted = [NewColumn(TIMESTAMP, ""), *map(_column, meters), *_rest()]
    missing = [column for column in wanted if column.name not in places]
    for column in missing:
        if column.name in (*before, TIMESTAMP, KEY):
            raise SheetUnfit(
                f"the heading {column.name} is missing from row 1 of the tab {name}", _HINT
            )
    if not missing:
        return Layout(places), None
    # New ones go behind the last meter's: what is to the right moves along, formulas and all.
    of_meters = [places[meter.column] for meter in meters if meter.column in places]
    at = max(of_meters, default=places[TIMESTAMP]) + 1
    moved = {one: place + len(missing) if place >= at else place for one, place in places.items()}
    moved |= {column.name: at + index for index, column in enumerate(missing)}
    return Layout(moved), Change(False, new_header=False, columns=tuple(missing), at=at)


def _gone(tab: Tab | None, name: str) -> tuple[str, str]:
    if tab is None:
        return (
            f"the tab {name} is gone from the spreadsheet",
            "bring it back (File > Version history), or name another: METERCTL_SHEET_TAB",
        )
    return f"row 1 of the tab {name} is empty: its headings are gone", _HINT


def _places(tab: Tab, name: str, ours: set[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, heading in enumerate(tab.header):
        one = heading.strip()
        if one in ours:
            if one in places:
                first, second = column_letters(places[one]), column_letters(place)
                raise SheetUnfit(
                    f"the heading {one} is in {first}1 and in {second}1 of the tab {name}",
                    "rename the one that is not meterctl's",
                )
            places[one] = place
    return places


def _column(meter: Meter) -> NewColumn:
    direction = str(meter.direction)
    parts = [f"meter: {meter.id}", f"kind: {meter.kind}", f"unit: {meter.unit}"]
    return NewColumn(meter.column, "\n".join([*parts, f"direction: {direction}"]))


def _rest() -> list[NewColumn]:
    notes = {KEY: "meterctl knows the row by this: leave it as it is"}
    return [NewColumn(name, notes.get(name, "")) for name in REST]


def column_letters(place: int) -> str:
    """A column as a spreadsheet names it: 0 is A, 26 is AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
