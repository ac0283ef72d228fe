"""What a person is told of the Sheet: each thing once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from meterctl.ledger.port import Ledger
from meterctl.services.seen import NOTICES


class About(StrEnum):
    """What a notice is about."""

    UNREADABLE = "unreadable"  # a cell that cannot be read, and is left alone
    CONFLICT = "conflict"  # another value for a reading that is here
    COPIED = "copied"  # a row that bears another one's key
    MOVED = "moved"  # the time of a row was edited
    PAST = "past"  # an edit to what a later truth has replaced
    CLEARED = "cleared"  # a value was taken out of its row
    DELETED = "deleted"  # a row is gone
    UNKNOWN_METER = "unknown_meter"  # a column of a meter that is not known here
    GAP = "gap"  # rows between ours that hold none


class Notice(NamedTuple):
    """One thing to tell."""

    about: About
    text: str
    hint: str | None = None

    @property
    def line(self) -> str:
        """For people."""
        return f"{self.text} ({self.hint})" if self.hint else self.text


# What has kept something from becoming a reading: then the work is done in part.
IN_THE_WAY = frozenset((About.UNREADABLE, About.CONFLICT))
# What is seen to happen, once; the others are so for as long as they are seen.
_EVENTS = frozenset((About.CONFLICT, About.PAST, About.CLEARED, About.DELETED))


class _Kept(NamedTuple):
    """A notice as the ledger keeps it."""

    about: str
    text: str
    hint: str | None
    is_told: bool


class Notices:
    """The notices of one read, and those from before."""

    def __init__(self, ledger: Ledger, destination: str) -> None:
        self._ledger = ledger
        self._to = destination
        self._before = _read(ledger, destination)
        self._now: dict[str, _Kept] = {}

    def add(self, name: str, notice: Notice) -> None:
        """Something is so; `name` says what, whichever row it is in now."""
        full = f"{notice.about}:{name}"
        before = self._before.get(full)
        self._now.setdefault(full, _Kept(*notice, is_told=before is not None and before.is_told))

    def keep(self, *, also_before: bool) -> None:
        """Remember them; inside a write.

        `also_before` keeps the earlier ones too: not all of the Sheet was to be trusted this time.
        """
        gone = [
            name
            for name, one in self._before.items()
            if name not in self._now
            and not also_before
            and (one.is_told or About(one.about) not in _EVENTS)
        ]
        kept = [(name, _stored(one)) for name, one in self._now.items()]
        self._ledger.remember(self._to, NOTICES, [*kept, *((name, None) for name in gone)])


def untold(ledger: Ledger, destination: str) -> dict[str, Notice]:
    """The notices that nobody has been told yet, by name."""
    return {
        name: _notice(one) for name, one in _read(ledger, destination).items() if not one.is_told
    }


def mark_told(ledger: Ledger, destination: str, names: Iterable[str]) -> None:
    """Somebody has been told of these."""
    kept = _read(ledger, destination)
    told = [(name, _stored(kept[name]._replace(is_told=True))) for name in names if name in kept]
    if told:
        with ledger.writing():
            ledger.remember(destination, NOTICES, told)


def standing(ledger: Ledger, destination: str) -> list[Notice]:
    """What was so when the Sheet was last read, and what nobody has been told yet."""
    return [_notice(one) for one in _read(ledger, destination).values()]


def _read(ledger: Ledger, destination: str) -> dict[str, _Kept]:
    return {name: _Kept(*json.loads(value)) for name, value in ledger.seen(destination, NOTICES)}


def _stored(one: _Kept) -> bytes:
    return json.dumps(one).encode()


def _notice(one: _Kept) -> Notice:
    return Notice(About(one.about), one.text, one.hint)
