"""The methods of `spreadsheets.values`: blocks of plain values."""

from __future__ import annotations

from typing import Any, NamedTuple

from meterctl.sandbox.google.a1 import box_text, column_name, quoted_title
from meterctl.sandbox.google.areas import Area, Box
from meterctl.sandbox.google.book import Tab
from meterctl.sandbox.google.cells import has_data
from meterctl.sandbox.google.edit import Edit, cleared, keeps_text, with_value
from meterctl.sandbox.google.errors import ApiError, invalid
from meterctl.sandbox.google.lines import insert_lines
from meterctl.sandbox.google.reading import Reader, Render
from meterctl.sandbox.google.rows import Facts
from meterctl.sandbox.google.targets import Target, beyond, target
from meterctl.sandbox.google.validation import check_entry

Json = dict[str, Any]
Block = list[list[Any]]


class Corner(NamedTuple):
    """Where a block of values begins."""

    tab: Tab
    top: int
    left: int


class Echo(NamedTuple):
    """How values are taken, and whether and how the answer repeats them."""

    option: str
    wanted: bool
    how: Render
    major: str = "ROWS"
    asked: Target | None = None  # a range whose values are all repeated, written or not

    def of(self, given: Json, asked: Target | None = None) -> Echo:
        """The same for a block of values, repeated as it came, by rows or by columns."""
        return self._replace(major=given.get("majorDimension", "ROWS"), asked=asked)


def value_range(reader: Reader, place: Target, how: Render, major: str) -> Json:
    """A range's values."""
    box = place.box
    shown: Json = {"range": box_text(place.tab.title, box), "majorDimension": major}
    lines = reader.lines(place.tab, box, how, major)
    return shown | {"values": lines} if lines else shown


def update(edit: Edit, given: Json, asked: str, echo: Echo) -> Json:
    """Write a block of values where a range starts; the grid never grows.

    Raises:
        ApiError: the values do not fit the range, or the range not the grid.
    """
    return update_in(edit, given, target(edit.book, asked), echo, asked)


def update_in(edit: Edit, given: Json, place: Target, echo: Echo, asked: str = "") -> Json:
    """The same, where the cells are known already.

    Raises:
        ApiError: the values do not fit the range, or the range not the grid.
    """
    block = by_rows(given)
    rows, columns = len(block), max((len(row) for row in block), default=0)
    tab, area = place.tab, place.area
    _check_fit(place, rows, columns, asked)
    if (area.bottom or 0) > tab.row_count or (area.right or 0) > tab.column_count:
        raise beyond(tab, area)
    top, left = area.top or 0, area.left or 0
    cells = write(edit, Corner(tab, top, left), block, echo.option)
    written = Area(tab.id, *Box(top, top + rows, left, left + columns))
    return updated(edit, written, cells, echo.of(given, None if place.single else place))


def _check_fit(place: Target, rows: int, columns: int, asked: str) -> None:
    """A single cell is only where to start: the grid is the limit then."""
    area, tab = place.area, place.tab
    top, left = area.top or 0, area.left or 0
    bottom, right = place.box.bottom, place.box.right
    if place.single:
        bottom, right = tab.row_count, tab.column_count
    within = f"Requested writing within range [{_named(place, asked)}], but tried writing to"
    if top + rows > bottom:
        raise invalid(f"{within} row [{bottom + 1}]")
    if left + columns > right:
        raise invalid(f"{within} column [{column_name(right)}]")


def _named(place: Target, asked: str) -> str:
    """The range as that message names it: the title as it was written, quoted if it was not."""
    plain = box_text(place.tab.title, place.box)
    cells = plain[len(quoted_title(place.tab.title)) :]
    title, mark, _ = asked.rpartition("!")
    if mark or asked.strip("'").lower() == place.tab.title.lower():
        return (title or asked) + cells
    title = quoted_title(place.tab.title)
    return (title if title.startswith("'") else f"'{title}'") + cells


def check_same_range(asked: str, given: Json) -> None:
    """Refuse a body that names another range than the address.

    Raises:
        ApiError: it does.
    """
    told = given.get("range")
    if told and told != asked:
        raise invalid(f"Request range[{asked}] does not match value's range[{told}]")


def by_rows(given: Json) -> Block:
    """The values of a ValueRange as rows, whichever way they were sent."""
    block: Block = given.get("values", [])
    if given.get("majorDimension") != "COLUMNS":
        return block
    height = max((len(column) for column in block), default=0)
    return [[column[at] if at < len(column) else None for column in block] for at in range(height)]


def write(edit: Edit, place: Corner, block: Block, option: str) -> int:
    """Write values; null leaves a cell as it is. How many cells were written."""
    tab, top, left = place
    count = 0
    for at, values in enumerate(block):
        row = tab.rows[top + at]
        contents = []
        for offset, value in enumerate(values):
            old = row[left + offset] if left + offset < len(row) else None
            if value is not None:
                how = "RAW" if keeps_text(old) else option
                new = edit.typed(value, how, f"values[{at}][{offset}]")
                check_entry(old, new, (top + at, left + offset), edit.locale)
                old = with_value(old, new)
                count += 1
            contents.append(old)
        edit.put(tab, top + at, left, [contents])
    return count


def updated(edit: Edit, area: Area, cells: int, echo: Echo) -> Json:
    """Google's UpdateValuesResponse; the values in it are those of the whole range asked for."""
    tab = edit.book.tab(area.sheet)
    box = tab.within(area)
    rows, columns = box.size
    shown: Json = {
        "spreadsheetId": edit.book.id,
        "updatedRange": box_text(tab.title, box),
    }
    if cells:
        shown |= {"updatedRows": rows, "updatedColumns": columns, "updatedCells": cells}
    if echo.wanted:
        bottom, right = max(box.bottom, box.top + 1), max(box.right, box.left + 1)
        written = echo.asked or Target(tab, area._replace(bottom=bottom, right=right))
        shown["updatedData"] = value_range(edit.reader(), written, echo.how, echo.major)
    return shown


def body_echo(body: Json) -> Echo:
    """How values are taken and repeated, where the body says it.

    Raises:
        ApiError: it does not say how they are taken.
    """
    return Echo(
        input_option(body.get("valueInputOption")),
        body.get("includeValuesInResponse", False),
        Render(
            body.get("responseValueRenderOption", "FORMATTED_VALUE"),
            body.get("responseDateTimeRenderOption", "SERIAL_NUMBER"),
        ),
    )


def batch_update(edit: Edit, body: Json) -> Json:
    """Write several blocks, all or none."""
    echo = body_echo(body)
    responses = []
    for at, given in enumerate(body.get("data", [])):
        try:
            responses.append(update(edit, given, given.get("range", ""), echo))
        except ApiError as error:
            raise error.within(f"data[{at}]") from error
    return totals(edit, responses)


def totals(edit: Edit, responses: list[Json]) -> Json:
    """Google's BatchUpdateValuesResponse: rows and columns are counted once each."""
    rows: set[tuple[str, int]] = set()
    columns: set[tuple[str, int]] = set()
    sheets = set()
    cells = 0
    for response in responses:
        place = target(edit.book, response["updatedRange"])
        if response.get("updatedCells"):
            sheets.add(place.tab.title)
            rows |= {(place.tab.title, at) for at in range(place.box.top, place.box.bottom)}
            columns |= {(place.tab.title, at) for at in range(place.box.left, place.box.right)}
            cells += response["updatedCells"]
    shown: Json = {"spreadsheetId": edit.book.id}
    if cells:
        shown |= {
            "totalUpdatedRows": len(rows),
            "totalUpdatedColumns": len(columns),
            "totalUpdatedCells": cells,
            "totalUpdatedSheets": len(sheets),
        }
    return shown | {"responses": responses} if responses else shown


def input_option(given: str | None) -> str:
    """How values are to be taken, which has to be said.

    Raises:
        ApiError: it was not.
    """
    if given not in ("RAW", "USER_ENTERED"):
        raise invalid("'valueInputOption' is required but not specified")
    return given


def append(edit: Edit, given: Json, place: Target, insert: str, echo: Echo) -> Json:
    """Write below the last table within a range."""
    block = by_rows(given)
    rows, columns = len(block), max((len(row) for row in block), default=0)
    tab = place.tab
    table = find_table(tab, place.box)
    top, left = (table.bottom, table.left) if table else (place.box.top, place.box.left)
    if insert == "INSERT_ROWS" and rows and top < tab.row_count:
        insert_lines(edit, tab, "ROWS", top, rows, inherit_before=top > 0)
    edit.grow(tab, top + rows, left + columns)
    cells = write(edit, Corner(tab, top, left), block, echo.option)
    box = Box(top, top + rows, left, left + columns)
    shown: Json = {"spreadsheetId": edit.book.id}
    if table:
        shown["tableRange"] = box_text(tab.title, table)
    area = Area(tab.id, *box)
    return shown | {"updates": updated(edit, area, cells, echo.of(given))}


def find_table(tab: Tab, box: Box) -> Box | None:
    """The last block of neighbouring cells with data that the box touches.

    Google documents this by examples only: of several tables the lowest is taken, and of those
    that end in the same row the one furthest to the right.
    """
    seed = _lowest(tab, box)
    if seed is None:
        return None
    while True:
        wider = _widened(tab, seed)
        if wider == seed:
            return seed
        seed = wider


def _lowest(tab: Tab, box: Box) -> Box | None:
    """The last cell with data in the last row of a box that has any."""
    inside = _bits(box.left, box.right)
    at = min(box.bottom, tab.last_data_row())
    while at > box.top:
        above = tab.rows.skip_up(at, lambda facts: not facts.some & inside)
        if above < at:
            at = above
            continue
        at -= 1
        row = tab.rows[at]
        filled = [c for c in range(box.left, min(box.right, len(row))) if has_data(row[c])]
        if filled:
            return Box(at, at + 1, filled[-1], filled[-1] + 1)
    return None


def _widened(tab: Tab, box: Box) -> Box:
    """The box with the rows and columns beside it that touch it with data."""
    top, bottom, left, right = box
    inside = _bits(left, right)

    def goes_on(facts: Facts) -> bool:
        return bool(facts.every & inside)

    while top > 0:
        above = tab.rows.skip_up(top, goes_on)
        if above == top and not _any(tab, top - 1, left, right):
            break
        top = min(above, top - 1)
    while True:
        below = tab.rows.skip_down(bottom, goes_on)
        if below == bottom and not _any(tab, bottom, left, right):
            break
        bottom = max(below, bottom + 1)
    at = max(top - 1, 0)
    while at < bottom + 1:
        beside = _bits(max(left - 1, 0), left) | _bits(right, right + 1)
        below = tab.rows.skip_down(at, lambda facts, beside=beside: not facts.some & beside)  # type: ignore[misc]  # bound now
        if below > at:
            at = below
            continue
        row = tab.rows[at]
        while left > 0 and left - 1 < len(row) and has_data(row[left - 1]):
            left -= 1
        while right < len(row) and has_data(row[right]):
            right += 1
        at += 1
    return Box(top, bottom, left, right)


def _bits(left: int, right: int) -> int:
    """A bit for each of these columns."""
    return (1 << right) - (1 << left)


def _any(tab: Tab, at: int, left: int, right: int) -> bool:
    return any(has_data(content) for content in tab.rows[at][left:right])


def clear(edit: Edit, place: Target) -> str:
    """Take the values out of a range; what it was."""
    box = place.box
    edit.change(place.tab, box, cleared)
    return box_text(place.tab.title, box)
