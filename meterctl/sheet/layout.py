"""Which column holds what: found by the headings, made where they are new, never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from meterctl.domain.meters import Meter
from meterctl.domain.quantity import DECIMALS
from meterctl.errors import SheetUnfit, shown
from meterctl.sheet.looks import AS_TYPED, DATED
from meterctl.sheet.port import Change, Layout, NewColumn, Tab, View
from meterctl.sheet.rows import KEY, REST, TIMESTAMP, UTC

_OTHER_TAB = "or name another, which is then made: METERCTL_SHEET_TAB"
_UNDO = f"undo what was done there (File > Version history); {_OTHER_TAB}"
# What a heading's note says, which helps a person, and tells the column from others when its
# heading was changed; and its width.
_TIME = NewColumn(TIMESTAMP, "when it was read, in the spreadsheet's time zone", DATED, 150)
_REST: Mapping[str, tuple[str, str, int]] = {
    "starts_at": ("when an interval began, in UTC", "", 160),
    "quality": ("estimated, edited or questionable; empty: actual", "", 80),
    "quality_code": ("the code that came with it", AS_TYPED, 95),
    "source": ("where it came from: cli, http, import, sheet, device", "", 65),
    "device": ("which device, at a meter swap", AS_TYPED, 90),
    "note": ("what was noted", AS_TYPED, 180),
    "revision": ("empty for a first value; a later row says what is true since", "", 65),
    "reason": ("why it was corrected or voided", AS_TYPED, 180),
    UTC: ("the instant of the timestamp, exactly: leave it as it is", AS_TYPED, 180),
    KEY: ("meterctl knows the row by this: leave it as it is", AS_TYPED, 150),
}


def plan(
    view: View, name: str, meters: Sequence[Meter], known: Iterable[str]
) -> tuple[Layout, Change | None]:
    """Where each column is, and what has to be made first.

    `known` are the columns that this ledger has written before, as `noted`: one of them that is
    missing now was taken away by a person. With none known and an empty tab, the whole header is
    new.

    Raises:
        SheetUnfit: a heading is missing or there twice, or the tab is somebody's own table.
    """
    tab, before = view.tab, _noted(known)
    if tab is None or not any(tab.header):
        if before:
            raise SheetUnfit(*_gone(tab, name))
        columns = (_TIME, *map(_column, meters), *_rest())
        layout = Layout({column.name: place for place, column in enumerate(columns)})
        return layout, Change(tab is None, new_header=True, columns=columns, at=0)
    places = _places(tab, name, {TIMESTAMP, *REST, *(meter.column for meter in meters)})
    if TIMESTAMP not in places and KEY not in places and not before:
        raise SheetUnfit(
            f"the tab {name} holds something else: its first row has no headings of ours",
            "name another tab, which is then made: METERCTL_SHEET_TAB",
        )
    wanted = [_TIME, *map(_column, meters), *_rest()]
    missing = [column for column in wanted if column.name not in places]
    for column in missing:
        if column.name in (*before, TIMESTAMP, KEY):
            raise SheetUnfit(*_missing(column, tab, name, set(places), before.get(column.name)))
    if not missing:
        return Layout(places), None
    # New ones go behind the last meter's: what is to the right moves along, formulas and all.
    of_meters = [places[meter.column] for meter in meters if meter.column in places]
    at = max(of_meters, default=places[TIMESTAMP]) + 1
    moved = {one: place + len(missing) if place >= at else place for one, place in places.items()}
    moved |= {column.name: at + index for index, column in enumerate(missing)}
    return Layout(moved), Change(False, new_header=False, columns=tuple(missing), at=at)


def noted(layout: Layout) -> str:
    """The columns and where they are, to be known at the next run."""
    return "\n".join(f"{name}\t{column_letters(at)}" for name, at in layout.places.items())


def _noted(lines: Iterable[str]) -> dict[str, str]:
    """Columns by name, with their letters; empty where an earlier version has not noted them."""
    return {name: letters for name, _, letters in (line.partition("\t") for line in lines)}


def _gone(tab: Tab | None, name: str) -> tuple[str, str]:
    if tab is None:
        return (
            f"the tab {name} is gone from the spreadsheet: deleted, or renamed",
            f"give it that name again, or bring it back (File > Version history); {_OTHER_TAB}",
        )
    return f"row 1 of the tab {name} is empty: its headings are gone", _UNDO


def _missing(
    column: NewColumn, tab: Tab, name: str, found: set[str], was_in: str | None
) -> tuple[str, str]:
    """What is said of a heading that is not there: which cell it is to be written to."""
    what = f"the heading {column.name} is missing from row 1 of the tab {name}"
    says = {column_letters(place): one.strip() for place, one in enumerate(tab.header)}
    # The note stays with its cell when the heading is changed, and moves along with the column.
    notes = {column_letters(place): note for place, note in enumerate(tab.notes)}
    by_note = [at for at, note in notes.items() if note == column.note and says[at] not in found]
    at = by_note[0] if by_note else was_in or ""
    now = says.get(at, "")
    if not at or now in found:
        return f"{what}: its column is gone, or has moved", _UNDO
    is_now = f"now says {shown(now)}" if now else "is empty now"
    return f"{what}: it was in {at}1, which {is_now}", f"write {column.name} into {at}1"


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
    note = "\n".join([*parts, f"direction: {direction}"])
    return NewColumn(meter.column, note, _pattern(meter.decimals), 110)


def _pattern(decimals: int) -> str:
    """As many decimals as the dial has, and more where the value has more: none is ever hidden.

    Where it has none, the number as it is: a pattern that could show more would print a point
    behind every whole number.
    """
    return f"0.{'0' * decimals}{'#' * (DECIMALS - decimals)}" if decimals else ""


def _rest() -> list[NewColumn]:
    return [NewColumn(name, *_REST[name]) for name in REST]


def column_letters(place: int) -> str:
    """A column as a spreadsheet names it: 0 is A, 26 is AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
