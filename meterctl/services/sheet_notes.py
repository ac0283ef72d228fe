"""What is known of one Sheet between runs, and whether it is still what it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zlib import crc32

from meterctl.domain.meters import Meter
from meterctl.errors import SheetUnfit
from meterctl.ledger.port import Ledger
from meterctl.sheet.layout import plan
from meterctl.sheet.port import Change, Layout, Token, View


class Notes:
    """What is known of one destination between runs."""

    def __init__(self, ledger: Ledger, destination: str, now: Callable[[], int]) -> None:
        self._ledger = ledger
        self._destination = destination
        self._now = now

    def get(self, what: str) -> str | None:
        """What is noted."""
        memo = self._ledger.memo(note_name(what, self._destination))
        return None if memo is None else memo.value

    def lines(self, what: str) -> list[str]:
        """The same, of several lines."""
        return (self.get(what) or "").splitlines()

    def set(self, what: str, value: str) -> None:
        """Note something, in a write of its own."""
        with self._ledger.writing():
            self.write(what, value)

    def write(self, what: str, value: str) -> None:
        """The same, inside a write."""
        self._ledger.set_memo(note_name(what, self._destination), value, self._now())


def all_known(token: Token, meters: Sequence[Meter]) -> str:
    """What is noted when all that was written up to a token has become readings here.

    Of the meters that were known then: a column of another one was not read.
    """
    return f"{token} {mark_of(meters)}"


def mark_of(meters: Sequence[Meter]) -> int:
    """What changes when a meter does: what was read before may mean something else, or more."""
    return crc32(repr(meters).encode())


def note_name(what: str, destination: str) -> str:
    """Under which name the ledger keeps what is known of a destination.

    `zone`, `columns` and `head` of the chain as they were at the last write, `refuses` a double
    id, `shared` with other ledgers, `absorbed`: the head up to which all that others wrote has
    become readings here, `read`: the version that was read last, and `ok`: when everything was
    last in the Sheet.
    """
    return f"sheet.{what}:{destination}"


def fit(
    view: View, tab: str, meters: Sequence[Meter], notes: Notes
) -> tuple[Layout, Change | None]:
    """Where the columns are, and what has to be made first.

    Raises:
        SheetUnfit: rows would not mean what they say, for a heading or for the time zone.
    """
    zone = notes.get("zone")
    if zone is not None and zone != view.zone:
        raise SheetUnfit(
            f"the spreadsheet's time zone was {zone} and is now {view.zone}: its rows would"
            " not mean what they say",
            f"set it back to {zone} under File > Settings",
        )
    return plan(view, tab, meters, notes.lines("columns"))
