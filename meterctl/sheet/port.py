"""The port: what a Sheet promises, whichever client reaches it.

Errors, from any verb: `Unreachable`, `Nonsense`, `NotAllowed`, `ConfigError`, `SheetUnfit` as their
names say; after one of these nothing was applied. From `write` alone also `TokenTaken`, which
applied nothing either, and `AnswerLost`, after which it may have been.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

Cell = str | Decimal | bool | None
NumberedCells = tuple[int, list[Cell]]  # a row's number, and its cells from column A on


class Token(NamedTuple):
    """A link of the chain: who wrote to the spreadsheet, one after the other."""

    id: int
    ledger: str
    batch: int
    at: int  # when it was written down, before it was sent


class Tab(NamedTuple):
    """One tab, and its first row as it is shown."""

    gid: int  # Google's number of it
    header: tuple[str, ...]
    columns: int  # of its grid
    rows: int
    notes: tuple[str, ...] = ()  # of the first row's cells
    # Whether the time's column shows times in rows that are yet to come: then each cell's look is
    # left to whoever gave the column its look.
    is_dated: bool = False


class View(NamedTuple):
    """What the spreadsheet shows just now."""

    title: str
    zone: str
    tab: Tab | None  # None: there is no such tab
    tokens: tuple[Token, ...]  # by id, ascending
    foreign: frozenset[int]  # ids that something else has taken
    submitter: str | None  # the ledger that submits to the utility


class Layout(NamedTuple):
    """Which column of the tab holds what, by the names in its header; counted from 0."""

    places: Mapping[str, int]

    @property
    def width(self) -> int:
        """How many columns a row reaches over."""
        return max(self.places.values()) + 1


class NewColumn(NamedTuple):
    """A column that is to be made: its heading, and what the heading's note says."""

    name: str
    note: str
    pattern: str = ""  # how numbers are shown; empty: as they are
    pixels: int = 100  # its width


class Change(NamedTuple):
    """What is to be made before rows can be written: all at one place."""

    new_tab: bool  # the tab itself
    new_header: bool  # its whole first row
    columns: tuple[NewColumn, ...]
    at: int  # the column before which they go


class Row(NamedTuple):
    """One row: the cells by the name of their column; numbers are exact texts."""

    at: int  # an instant; shown in the spreadsheet's zone
    values: Mapping[str, str | None]  # a meter's column -> its value; None: void
    rest: Mapping[str, str]  # the other columns, texts


class Write(NamedTuple):
    """What is sent as one atomic request."""

    token: Token
    tab: Tab | None  # None: it is made
    layout: Layout
    change: Change | None
    rows: Sequence[Row]
    zone: str
    expired: Sequence[int]  # tokens that go


class TokenTaken(Exception):
    """The token exists already: someone wrote before us, or this is our own earlier try."""


class Sheet(Protocol):
    """One tab of one spreadsheet."""

    @property
    def destination(self) -> str:
        """What the ledger calls it."""

    @property
    def rows_with_a_look(self) -> int:
        """How many rows `read` has with its first request, the header among them."""

    def look(self) -> View:
        """What there is: one request, two where the tab is missing."""

    def token(self, number: int) -> Token | None:
        """What has this id; None where nothing has. What is no token is nobody's: ledger ""."""

    def write(self, write: Write) -> None:
        """Apply all of it or nothing."""

    def size_of(self, row: Row, layout: Layout, zone: str) -> int:
        """How many bytes of a request a row takes."""

    def version(self) -> str | None:
        """Which state of the spreadsheet there is, a new one after each change: one request.

        None where that cannot be asked: the service has not been enabled.

        Raises:
            SheetUnfit: it is in the bin.
        """

    def read(self) -> tuple[View, Iterator[NumberedCells]]:
        """What there is, and every row below the header: a look that has the first rows with it.

        The others follow in blocks, each a request, while the iterator is used.
        """

    def column(self, tab: Tab, place: int) -> Iterator[tuple[int, Cell]]:
        """Every cell of one column below the header with its row's number, in large blocks."""

    def cells(self) -> int:
        """How many cells the spreadsheet has, in all tabs, empty ones too: one request."""

    def rows(self, tab: Tab, first: int = 2) -> Iterator[NumberedCells]:
        """Every row below the header with its number, in blocks, as the cells hold them."""

    def as_entered(self, tab: Tab, numbers: Sequence[int]) -> dict[int, list[Cell]]:
        """Some rows again, as they were entered: a formula is a text that begins with =."""

    def refuses_doubles(self) -> bool:
        """Whether the spreadsheet refuses a metadata id that exists: tried out, nothing is left."""

    def name_submitter(self, ledger: str, *, instead_of: str | None) -> None:
        """Name the ledger that submits to the utility, in place of nobody or of another.

        Raises:
            TokenTaken: meanwhile another was named.
        """
