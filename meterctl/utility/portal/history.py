"""What a portal's own list of readings proves: the only thing that is taken for a proof. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from meterctl.remote import one_line
from meterctl.utility.portal.dates import DateFormat
from meterctl.utility.portal.elements import Element
from meterctl.utility.portal.figures import Figures

_LONGEST_RECEIPT = 200  # characters; what is longer is none


class Task(NamedTuple):
    """One reading, as the portal is to have it."""

    key: str  # names the evidence
    number: str  # of its meter, as the portal calls it
    day: date
    amount: int  # millionths of the portal's unit
    typed: str  # the amount as the form takes it
    written: str  # the day as the form takes it; empty where it asks for none
    newest_first: bool = False  # the list is in order of days: past its own, it need not be read


class Column(NamedTuple):
    """Where in a row something stands."""

    key: str
    heading: str  # the text above its cells; empty where an element says it
    element: Element | None


class Entry(NamedTuple):
    """One row of the list."""

    day: date
    amount: int | None  # None: it cannot be read as a value
    text: str  # of the value, as shown
    receipt: str


class Sight(NamedTuple):
    """What the list shows of the period of a reading."""

    is_there: bool = False
    other: str = ""  # another value that stands in its place, with its day
    receipt: str = ""


class Unreadable(Exception):
    """A row is not as the description has it; the message says where."""


def index_of(column: Column, headings: Sequence[str]) -> int:
    """Where among the cells of a row a column stands.

    Raises:
        Unreadable: there is no such heading, or more than one.
    """
    wanted = _plain(column.heading)
    places = [place for place, text in enumerate(headings) if _plain(text) == wanted]
    if len(places) != 1:
        seen = one_line(", ".join(headings)) or "no heading"
        raise Unreadable(f"{column.key}: {len(places)} columns are {column.heading!r} of {seen}")
    return places[0]


class Reader(NamedTuple):
    """How the cells of a row are to be read."""

    dates: DateFormat
    figures: Figures

    def entry(self, day: str, value: str, receipt: str) -> Entry:
        """A row by the texts of its cells.

        Raises:
            Unreadable: it has no day.
        """
        when = self.dates.read(day)
        if when is None:
            raise Unreadable(f"history.date: {day.strip()[:40]!r} is no day as date_format has it")
        shown, proof = " ".join(value.split()), " ".join(receipt.split())
        is_proof = proof.isprintable() and len(proof) <= _LONGEST_RECEIPT
        amount = self.figures.read(shown)
        return Entry(when, amount, one_line(shown, 80), proof if is_proof else "")


def sight(entries: Sequence[Entry], task: Task, *, monthly: bool) -> Sight:
    """What the list says of a reading.

    Args:
        entries: All that it shows of the period.
        task: The reading.
        monthly: The portal takes one a month, so any of that month stands in its place.

    Raises:
        Unreadable: a value that would say it cannot be read.
    """
    there = [one for one in entries if _is_of(one.day, task.day, monthly=monthly)]
    if unread := next((one for one in there if one.amount is None), None):
        raise Unreadable(f"history.value: {unread.text[:40]!r} is no value as it is described")
    for one in there:
        if one.amount == task.amount:
            return Sight(True, receipt=one.receipt)
    if there:
        return Sight(other=f"{there[0].text} ({there[0].day.isoformat()})")
    return Sight()


def is_past(entries: Sequence[Entry], task: Task, *, monthly: bool) -> bool:
    """Whether a list that goes from new to old has gone past a reading's period.

    That it has gone so on its first pages proves nothing: a list in the order in which readings
    were entered may as well. So the description has to say it.
    """
    days = [one.day for one in entries]
    if (
        not task.newest_first
        or not days
        or any(later > earlier for earlier, later in pairwise(days))
    ):
        return False
    first = task.day.replace(day=1) if monthly else task.day
    return days[-1] < first


def _is_of(day: date, wanted: date, *, monthly: bool) -> bool:
    return (day.year, day.month) == (wanted.year, wanted.month) if monthly else day == wanted


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
