"""`init`: the Sheet made ready, and proven to keep what delivery relies on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from meterctl.errors import AnswerLost, SheetUnfit
from meterctl.ledger.port import Ledger
from meterctl.services.sheet_notes import Notes
from meterctl.sheet import chain
from meterctl.sheet.layout import noted, plan
from meterctl.sheet.port import Sheet, Token, TokenTaken, View, Write
from meterctl.sheet.rows import key_of, layout_of, row_key

_TRIES = 3


class Ready(NamedTuple):
    """A Sheet that rows can be written to."""

    title: str
    zone: str
    made: bool  # the tab or its header was made just now
    refuses_doubles: bool


def make_ready(ledger: Ledger, sheet: Sheet, tab: str, now: Callable[[], int]) -> Ready:
    """Make the tab and its header where they are missing; prove that a double id is refused.

    Raises:
        SheetUnfit: the tab is not as it must be.
        MeterctlError: it cannot be reached.
    """
    notes = Notes(ledger, sheet.destination, now)
    refuses: bool | None = None
    sent: dict[Token, bool] = {}  # and whether it came right after what this ledger knew
    for _ in range(_TRIES):
        view = sheet.look()
        made = any(token in view.tokens for token in sent)
        layout, change = plan(view, tab, ledger.meters(), notes.lines("columns"))
        if refuses is None:  # after the look: a Sheet that is not fit is not written to at all
            refuses = sheet.refuses_doubles()
            notes.set("refuses", "yes" if refuses else "no")
        head = view.tokens[-1] if view.tokens else None
        if change is None:
            if head is not None and sent.get(head):
                notes.set("head", str(head))
            if made and notes.get("columns") is None:
                notes.set("columns", noted(layout))
                notes.set("zone", view.zone)
            return Ready(view.title, view.zone, made, refuses)
        # Batch 0 is none of the ledger's: no rows, and so nothing that could be doubled.
        token = Token(chain.next_number(view), ledger.id, 0, now())
        sent[token] = head is None or notes.get("head") == str(head)
        with suppress(TokenTaken, AnswerLost):  # what became of it, another look tells
            sheet.write(Write(token, view.tab, layout, change, (), view.zone, ()))
    raise SheetUnfit("the Sheet is written to by others all the time", "try again later")


def row_of(ledger: Ledger, sheet: Sheet, entry: int) -> int | None:
    """The number of the row that an entry's first readings have in the Sheet."""
    view: View = sheet.look()
    if view.tab is None:
        return None
    layout, wanted = layout_of(view.tab.header), row_key(ledger.id, entry)(0)
    for number, cells in sheet.rows(view.tab):
        if key_of(cells, layout) == wanted:
            return number
    return None
