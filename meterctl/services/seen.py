"""What the Sheet was last seen to hold: change is relative to that.

Of a row that bears a key, its instant and which meters it had a value of; the value itself only
where it is not the one that the ledger has at the row's revision. Of what was typed by hand, all.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from meterctl.domain.meters import Meter
from meterctl.ledger.port import Ledger
from meterctl.sheet.port import Row
from meterctl.sheet.rows import KEY, Key, parse_key

ROWS, CELLS, TYPED, NOTICES = "rows", "cell", "typed", "notice"

_NONE = -(2**63)  # stands for the instant of a row that is not there


class Shown(NamedTuple):
    """What is remembered of one row that bears a key."""

    at: int
    meters: int  # a bit for each, by its place among the ledger's meters


class Rows:
    """The rows that bear keys: two numbers each, so that half a million are a few megabytes."""

    def __init__(self, stored: Iterable[tuple[str, bytes]] = ()) -> None:
        self._entries: dict[str, array[int]] = {}
        for name, value in stored:
            numbers: array[int] = array("q")
            numbers.frombytes(value)
            self._entries[name] = numbers

    def get(self, key: Key) -> Shown | None:
        """What is remembered of a row."""
        numbers = self._entries.get(_name(key))
        place = 2 * key.place
        if numbers is None or place >= len(numbers) or numbers[place] == _NONE:
            return None
        return Shown(numbers[place], numbers[place + 1])

    def put(self, key: Key, shown: Shown) -> None:
        """Remember a row."""
        numbers = self._entries.setdefault(_name(key), array("q"))
        place = 2 * key.place
        while len(numbers) <= place:
            numbers.extend((_NONE, 0))
        numbers[place : place + 2] = array("q", shown)

    def missing_from(self, now: Rows) -> Iterator[tuple[Key, Shown]]:
        """The rows that are not there now."""
        for name, numbers in self._entries.items():
            if now._entries.get(name) == numbers:
                continue
            ledger, _, entry = name.partition("-")
            for place in range(0, len(numbers), 2):
                key = Key(ledger, int(entry), place // 2)
                if numbers[place] != _NONE and now.get(key) is None:
                    yield key, Shown(numbers[place], numbers[place + 1])

    def changes(self, before: Rows) -> Iterator[tuple[str, bytes | None]]:
        """What the ledger has to remember anew, and to forget."""
        for name, numbers in self._entries.items():
            if before._entries.get(name) != numbers:
                yield name, numbers.tobytes()
        for name in before._entries.keys() - self._entries.keys():
            yield name, None

    def stored(self) -> Iterator[tuple[str, bytes]]:
        """All of it, as the ledger keeps it."""
        for name, numbers in self._entries.items():
            yield name, numbers.tobytes()


class Cell(NamedTuple):
    """A meter's cell that says something else than the ledger has at its row's revision."""

    means: str  # `edit`: the revision that it became; `rival`; `past`: told, and left alone
    revision: int  # which one it became, or which one it is said against
    value: int | None  # as it was last seen; None: void


def read_cells(ledger: Ledger, destination: str) -> dict[tuple[str, str], Cell]:
    """The cells that are remembered, by row key and meter."""
    found = {}
    for name, value in ledger.seen(destination, CELLS):
        key, _, meter = name.partition(" ")
        found[key, meter] = Cell(*json.loads(value))
    return found


def stored_cell(cell: Cell | None) -> bytes | None:
    """A cell as the ledger keeps it."""
    return None if cell is None else json.dumps(cell).encode()


class Typed(NamedTuple):
    """A value that a person typed into a row of its own."""

    meter: str
    at: int
    starts_at: int
    device: str  # as it is written
    value: int

    @property
    def name(self) -> str:
        """What the ledger remembers it by."""
        return json.dumps(self)


def read_typed(ledger: Ledger, destination: str) -> set[Typed]:
    """What had been typed when the Sheet was last read."""
    return {Typed(*json.loads(name)) for name, _ in ledger.seen(destination, TYPED)}


def meters_of(named: Iterable[str], meters: Sequence[Meter]) -> int:
    """A bit for each of some meters; beyond the 62nd none is kept."""
    places = {meter.id: place for place, meter in enumerate(meters[:62])}
    return sum(1 << places[one] for one in set(named) if one in places)


def named_in(bits: int, meters: Sequence[Meter]) -> list[Meter]:
    """The meters of some bits."""
    return [meter for place, meter in enumerate(meters[:62]) if bits >> place & 1]


def note_written(ledger: Ledger, destination: str, rows: Sequence[Row]) -> None:
    """Remember rows that were just written, so that one which is deleted is missed.

    Called inside `ledger.writing()`. An entry's rows are written all at once.
    """
    meters = ledger.meters()
    columns: Mapping[str, str] = {meter.column: meter.id for meter in meters}
    written = Rows()
    for row in rows:
        key = parse_key(row.rest.get(KEY, ""))
        if key is not None:
            named = (columns[name] for name in row.values if name in columns)
            written.put(key, Shown(row.at, meters_of(named, meters)))
    ledger.remember(destination, ROWS, written.stored())


def _name(key: Key) -> str:
    return f"{key.ledger}-{key.entry}"
