"""A spreadsheet in memory, whose requests fare as a script says. It keeps what Google's keeps."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from meterctl.domain.times import clock_of, zone_named
from meterctl.errors import AnswerLost, Unreachable
from meterctl.sheet.port import (
    Cell,
    Layout,
    NumberedCells,
    Row,
    Tab,
    Token,
    TokenTaken,
    View,
    Write,
)
from meterctl.sheet.rows import TIMESTAMP, VOID, serial_text
from tests.utility.flaky import Crash

SPREADSHEET = "spreadsheet/Readings"
ZONE = "Europe/Berlin"


class Fate(StrEnum):
    """What becomes of one request."""

    WELL = "well"
    REFUSED = "refused"  # the connection: nothing was sent
    LOST_BEFORE = "lost before"
    LOST_AFTER = "lost after"
    LATE = "late"  # lost, and it lands some time later, or never
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    OVERTAKEN = "overtaken"  # well, but the other ledger delivers first
    LANDS = "lands"  # well, but what is late lands first


class Script(NamedTuple):
    """How requests fare, one after the other; those that come after its end fare well."""

    writes: list[Fate]
    asks: list[Fate]  # what only asks


class Late(NamedTuple):
    """A request that is still under way."""

    write: Write
    until: int  # the service gives it up then


class Book:
    """The spreadsheet."""

    def __init__(self, now: Callable[[], int], seconds: float, *, doubles: bool) -> None:
        self.doubles = doubles  # accepts an id that exists
        self.tokens: list[Token] = []
        self.header: list[str] | None = None
        self.rows: list[list[Cell]] = []
        self.late: list[Late] = []
        self.writes = 0
        self.version = 0
        self._now = now
        self._seconds = seconds

    def apply(self, write: Write) -> None:
        """All of it or nothing."""
        if not self.doubles and write.token.id in {one.id for one in self.tokens}:
            raise TokenTaken
        self.writes += 1
        self.version += 1
        self.tokens.append(write.token)
        if write.change is not None:
            names = [column.name for column in write.change.columns]
            assert (self.header is None) == write.change.new_tab
            header = self.header or []
            self.header = [*header[: write.change.at], *names, *header[write.change.at :]]
        for row in write.rows:
            cells: list[Cell] = [None] * write.layout.width
            clock = clock_of(row.at, zone_named(write.zone))
            cells[write.layout.places[TIMESTAMP]] = Decimal(serial_text(clock))
            for name, value in row.values.items():
                cells[write.layout.places[name]] = VOID if value is None else Decimal(value)
            for name, text in row.rest.items():
                cells[write.layout.places[name]] = text
            self.rows.append(cells)
        self.tokens = [one for one in self.tokens if one.id not in write.expired]

    def delay(self, write: Write) -> None:
        """It may land later."""
        self.late.append(Late(write, self._now() + int(self._seconds * 1000)))

    def land(self) -> None:
        """What is late lands, unless it was given up."""
        under_way, self.late = self.late, []
        for one in under_way:
            if self._now() <= one.until:
                try:
                    self.apply(one.write)
                except TokenTaken:
                    continue


class ScriptedSheet:
    """The port, for one ledger."""

    def __init__(self, book: Book, script: Script, overtake: Callable[[], None]) -> None:
        self.book = book
        self._script = script
        self._overtake = overtake
        self.destination = SPREADSHEET
        self.rows_with_a_look = 1_000_000

    def _fares(self, script: list[Fate]) -> Fate:
        fate = script.pop(0) if script else Fate.WELL
        if fate is Fate.OVERTAKEN:
            self._overtake()
        if fate is Fate.LANDS:
            self.book.land()
        return fate

    def _ask(self) -> None:
        """A request that changes nothing."""
        fate = self._fares(self._script.asks)
        if fate in (Fate.CRASH_BEFORE, Fate.CRASH_AFTER):
            raise Crash
        if fate in (Fate.REFUSED, Fate.LOST_BEFORE, Fate.LOST_AFTER, Fate.LATE):
            raise Unreachable("not just now")

    def version(self) -> str:
        """It is another one after each change."""
        self._ask()
        return str(self.book.version)

    def read(self) -> tuple[View, Iterator[NumberedCells]]:
        """As it stands, with its rows."""
        self._ask()
        rows = [list(cells) for cells in self.book.rows]
        return self._view(), enumerate(rows, start=2)

    def as_entered(self, tab: Tab, numbers: Sequence[int]) -> dict[int, list[Cell]]:
        """There are no formulas."""
        self._ask()
        assert tab.header
        return {one: self.book.rows[one - 2] for one in numbers if one - 2 < len(self.book.rows)}

    def look(self) -> View:
        """As it stands."""
        self._ask()
        return self._view()

    def _view(self) -> View:
        header = self.book.header
        tab = None if header is None else Tab(7, tuple(header), 40, len(self.book.rows) + 1)
        return View("Home", ZONE, tab, tuple(sorted(self.book.tokens)), frozenset(), None)

    def token(self, number: int) -> Token | None:
        """The one with this id."""
        self._ask()
        return next((one for one in self.book.tokens if one.id == number), None)

    def write(self, write: Write) -> None:
        """As the script has it."""
        fate = self._fares(self._script.writes)
        match fate:
            case Fate.REFUSED:
                raise Unreachable("no connection")
            case Fate.CRASH_BEFORE:
                raise Crash
            case Fate.LOST_BEFORE:
                raise AnswerLost("broke off")
            case Fate.LATE:
                self.book.delay(write)
                raise AnswerLost("no answer")
            case Fate.LOST_AFTER | Fate.CRASH_AFTER:
                with contextlib.suppress(TokenTaken):
                    self.book.apply(write)
                if fate is Fate.CRASH_AFTER:
                    raise Crash
                raise AnswerLost("broke off")
            case _:
                self.book.apply(write)

    def cells(self) -> int:
        """What its one tab has."""
        self._ask()
        return 40 * (len(self.book.rows) + 1)

    def size_of(self, row: Row, layout: Layout, zone: str) -> int:
        """So that some rows fill a request."""
        assert zone == ZONE
        assert layout.width
        return 300_000 * len(row.values)

    def rows(self, tab: Tab, first: int = 2) -> Iterator[NumberedCells]:
        """Those below the header."""
        self._ask()
        assert first == 2
        yield from enumerate(self.book.rows[: tab.rows - 1], start=2)

    def refuses_doubles(self) -> bool:
        """Whether it keeps the chain's law."""
        self._ask()
        return not self.book.doubles

    def name_submitter(self, ledger: str, *, instead_of: str | None) -> None:
        """Not asked for here."""
        raise NotImplementedError(ledger, instead_of)


def is_sheet(sheet: Any) -> Any:  # noqa: ANN401 (a port whose property is an attribute here)
    """The same, for the type checker."""
    return sheet
