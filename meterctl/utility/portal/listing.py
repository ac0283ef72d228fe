"""The portal's list of readings, read from its pages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from meterctl.domain.quantity import format_quantity
from meterctl.utility.port import Misconfigured, NotTaken
from meterctl.utility.portal.description import History
from meterctl.utility.portal.history import (
    Column,
    Entry,
    Reader,
    Sight,
    Task,
    Unreadable,
    index_of,
    is_past,
    sight,
)
from meterctl.utility.portal.tab import Tab
from meterctl.utility.portal.window import CHECK, Ended, within

if TYPE_CHECKING:
    from playwright.sync_api import Locator

_STILL = 100  # milliseconds between two looks that must show the same
# What loads may say meanwhile that there is none. So that is believed after so long alone, and
# once nothing was asked for during a while; or where it says so for the whole time of a step.
_EMPTY_SECONDS = 1.5
_QUIET_SECONDS = 0.5

Rows = list[dict[str, Any]]

# Of each row its cells, and the headings above them.
_CELLS = """rows => rows.map(row => {
    const table = row.closest('table');
    const head = !table ? null : table.tHead ? [...table.tHead.rows].at(-1) : table.rows[0];
    const texts = one => one && one.cells ? [...one.cells].map(cell => cell.innerText) : [];
    return {cells: texts(row), headings: texts(head)};
})"""


def look(tab: Tab, history: History, task: Task, *, monthly: bool) -> Sight:
    """What the list shows of a reading's period; it is gone to, and read as far as it takes.

    Args:
        tab: Where we are logged in.
        history: How the list is described.
        task: The reading.
        monthly: Whether any reading of its month stands in its place.

    Raises:
        Ended: it cannot be read, so that it proves nothing.
        Expired: we are to log in again.
    """
    history = _of(history, task.number)
    tab.go(history.open, task.number)
    entries: list[Entry] = []
    page = _page(tab, history)
    for _ in range(history.pages):
        try:
            entries += _entries(page, history)
            seen = sight(entries, task, monthly=monthly)
        except Unreadable as error:
            raise Ended(Misconfigured(str(error), CHECK)) from None
        if seen.is_there:
            return seen._replace(receipt=seen.receipt or _shown(entries, task, monthly=monthly))
        if is_past(entries, task, monthly=monthly):
            return seen
        further = None if history.next is None else tab.first(history.next)
        if further is None or history.next is None or not further.is_enabled():
            return seen
        tab.click(history.next)
        page = _page(tab, history, after=page)
    raise Ended(
        NotTaken(
            f"its list of readings has more than {history.pages} pages",
            "set `pages` of [history] in METERCTL_PORTAL_CONFIG",
            nonsense=True,
        )
    )


def _of(history: History, number: str) -> History:
    """It, for the meter of this number."""

    def column(one: Column) -> Column:
        return one._replace(element=None if one.element is None else one.element.of(number))

    return history._replace(
        rows=history.rows.of(number),
        date=column(history.date),
        value=column(history.value),
        receipt=None if history.receipt is None else column(history.receipt),
        next=None if history.next is None else history.next.of(number),
        empty=None if history.empty is None else history.empty.of(number),
    )


def _shown(entries: Sequence[Entry], task: Task, *, monthly: bool) -> str:
    """The row that shows a reading, which is a proof where the portal gives no number."""
    row = next(one for one in entries if sight([one], task, monthly=monthly).is_there)
    return f"history {row.day.isoformat()} {format_quantity(task.amount)}"


def _page(tab: Tab, history: History, after: Rows | None = None) -> Rows:
    """The rows of a page once it stands still, and is another one than the last."""
    wanted = [history.rows]
    if history.empty is not None:
        wanted.append(history.empty)
    step = tab.milliseconds() / 1000
    since = time.monotonic()
    until, longest = since + step, max(step, _EMPTY_SECONDS)
    last: Rows | None = None
    while True:
        tab.see(wanted)
        rows, now = _rows(tab, history), time.monotonic()
        if rows != last:
            last, since = rows, now
        elif rows != after and (rows or _is_empty(tab, now - since, longest)):
            hidden = tab.hidden(history.rows)
            if not hidden:
                return rows
            if now > until:
                why = f"{history.rows} is also {hidden} things that cannot be seen on {tab.where}"
                raise Ended(Misconfigured(why, CHECK))
        if now > until and (rows or now - since > longest):
            break
        tab.pause(_STILL)
    what = "has not changed the list" if after is not None else "does not stand still"
    key = history.next if after is not None and history.next is not None else history.rows
    raise Ended(Misconfigured(f"{key} {what} on {tab.where}", CHECK))


def _is_empty(tab: Tab, seconds: float, longest: float) -> bool:
    """Whether no rows for so many seconds are proof that there are none."""
    is_quiet = seconds >= _EMPTY_SECONDS and tab.quiet_seconds >= _QUIET_SECONDS
    return is_quiet or seconds >= longest


def _rows(tab: Tab, history: History) -> Rows:
    found = tab.all(history.rows)
    if found is None:
        return []
    rows: Rows = found.evaluate_all(_CELLS)
    for column in (history.date, history.value, history.receipt):
        if column is not None and column.element is not None:
            for place, row in enumerate(rows):
                row[column.key] = _within_row(found.nth(place), column)
    return rows


def _within_row(row: Locator, column: Column) -> str:
    assert column.element is not None  # noqa: S101 (its caller has looked)
    texts = within(row, column.element).all_inner_texts()
    return texts[0] if len(texts) == 1 else ""


def _entries(rows: Rows, history: History) -> list[Entry]:
    reader = Reader(history.dates, history.figures)
    return [
        reader.entry(
            _cell(row, history.date),
            _cell(row, history.value),
            "" if history.receipt is None else _cell(row, history.receipt),
        )
        for row in rows
    ]


def _cell(row: dict[str, Any], column: Column) -> str:
    if column.element is not None:
        return str(row[column.key])
    place = index_of(column, row["headings"])
    cells: list[str] = row["cells"]
    if place >= len(cells):
        raise Unreadable(f"{column.key}: a row has {len(cells)} cells alone")
    return cells[place]
