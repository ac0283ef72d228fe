"""`sync`, inward: what people and other machines did in the Sheet becomes readings here.

Change is relative to what was last seen (`meterctl.services.seen`), so that a Sheet that was sorted
is nothing, and nothing a person did is undone or told twice. First the rows that are new are taken
in, block by block; at the end, when it is known which keys are there once, what was edited, typed
and deleted. Stopped at any point, it begins again with the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from meterctl.domain.meters import Zones
from meterctl.domain.readings import Reading
from meterctl.domain.times import DAY
from meterctl.ledger.port import Ledger
from meterctl.services import seen
from meterctl.services.changes import Changed, Changes
from meterctl.services.deliver import Means
from meterctl.services.judging import judge_all_unjudged
from meterctl.services.notices import Notices
from meterctl.services.restored import ancestor_of
from meterctl.services.seen import Shown
from meterctl.services.sheet_notes import Notes, all_known, fit, mark_of, note_name
from meterctl.services.sheet_room import GAP, note_room, room_of
from meterctl.services.taking_in import (
    Saying,
    Taken,
    forget_rivals,
    revisions_of,
    take_in,
    told_by,
)
from meterctl.services.telling import Teller
from meterctl.services.typed import TypedRows
from meterctl.sheet.port import Cell, NumberedCells, Sheet, View
from meterctl.sheet.rows import KEY, Key, layout_of, plain
from meterctl.sheet.told import Reader, Told

BLOCK = 5_000
_TOLERANCE = 1_000  # milliseconds: what a cell's clock may lose of an instant


class Returned(NamedTuple):
    """What a read has brought."""

    rows: int = 0
    taken: int = 0  # readings that other machines wrote
    typed: int = 0  # readings that were typed in by hand
    corrected: int = 0
    deleted: int = 0  # rows
    conflicts: int = 0
    doubtful: int = 0  # readings of those that look wrong beside their neighbours


def read_back(
    ledger: Ledger,
    zones: Zones,
    sheet: Sheet,
    means: Means,
    progress: Callable[[int], None] = lambda _: None,
) -> Returned:
    """Read the Sheet, if it was changed since it was last read.

    Raises:
        SheetUnfit: a heading or the time zone is not what it was; nothing was taken in.
        MeterctlError: it cannot be reached; what was taken in before is kept.
    """
    notes = Notes(ledger, sheet.destination, means.now)
    version = sheet.version()
    stamp = None if version is None else _stamp(version, ledger, means.now())
    if stamp is not None and notes.get("read") == stamp:
        judge_all_unjudged(ledger, zones)  # what a run that was stopped at its end has left
        return Returned()
    view, rows = sheet.read()
    fit(view, means.tab, ledger.meters(), notes)
    if view.tab is None or not any(view.tab.header):
        return Returned()
    measured = ledger.memo(note_name("cells", sheet.destination))
    if measured is None or measured.written_at < means.now() - DAY:
        note_room(notes, room_of(sheet, view))
    run = _Run(ledger, zones, sheet, view, means.now())
    before = ledger.last_entry()
    run.read(rows, progress)
    # What comes in several requests may have been changed between them: rows that moved up would
    # seem to be gone.
    in_pieces = view.tab.rows > sheet.rows_with_a_look
    is_whole = not in_pieces or (version is not None and sheet.version() == version)
    if in_pieces:
        run.look_again()
    returned = run.finish(notes, is_whole=is_whole, stamp=stamp)
    judge_all_unjudged(ledger, zones)
    return returned._replace(doubtful=_doubtful(ledger, before))


def _doubtful(ledger: Ledger, before: int) -> int:
    """How many of the readings since an entry look wrong."""
    if ledger.last_entry() == before:
        return 0
    return sum(one.reading.entry > before for one in ledger.flagged())


def _stamp(version: str, ledger: Ledger, now: int) -> str:
    """What must be the same for a Sheet not to be read: a meter added here may be told of there.

    Once a day it is read all the same, since a time that was to come has come.
    """
    return f"{version} {mark_of(ledger.meters())} {now // DAY}"


class _Known(NamedTuple):
    """A value in a row that was seen before."""

    told: Told
    key: Key
    reading: Reading
    is_new: bool  # its cell was empty


class _Run:
    """One read, block by block."""

    def __init__(self, ledger: Ledger, zones: Zones, sheet: Sheet, view: View, now: int) -> None:
        tab = view.tab
        if tab is None:
            raise ValueError("there is no tab to read")
        self._ledger = ledger
        self._sheet = sheet
        self._to = sheet.destination
        self._view = view
        self._tab = tab
        self._now = now
        self._meters = ledger.meters()
        self._reader = Reader(layout_of(tab.header), self._meters, view.zone, now)
        self._before = seen.Rows(ledger.seen(self._to, seen.ROWS))
        self._there = seen.Rows()
        self._cells = seen.read_cells(ledger, self._to)
        self._cells_before = dict(self._cells)
        self._notices = Notices(ledger, self._to)
        self._tell = Teller(ledger, self._notices, self._reader, self._meters, zones)
        self._typed = TypedRows(ledger, sheet, tab, self._reader, self._tell)
        self._changed: list[Changed] = []
        self._copied: dict[Key, Told] = {}
        self._moved: dict[Key, Told] = {}
        self._ancestor = ancestor_of(ledger)
        self._own: tuple[int, frozenset[int]] = (0, frozenset())  # an entry, and its instants
        self._moved_up: set[str] = set()  # keys that were missed, and are there
        self._understood = True  # every row that bears a key
        self._last, self._gap = 1, range(0)  # the last row of ours; the widest gap before one
        self._rows = self._taken = 0
        self._tell.unknown_columns(tab)

    # -- row by row

    def read(self, rows: Iterator[NumberedCells], progress: Callable[[int], None]) -> None:
        """Take in what is new; note what was changed."""
        while block := list(islice(rows, BLOCK)):
            self._rows += len(block)
            news: list[Saying] = []
            known: list[_Known] = []
            for number, cells in block:
                told = self._reader.read(number, cells)
                if told is not None:
                    if number - self._last > len(self._gap) + 1:
                        self._gap = range(self._last + 1, number)
                    self._last = number
                    self._sort(told, cells, news, known)
            self._take_in(news)
            self._changed.extend(self._differing(known))
            progress(self._rows)

    def _sort(
        self,
        told: Told,
        cells: list[Cell],
        news: list[Saying],
        known: list[_Known],
    ) -> None:
        """Which of a row's values are new, and which were seen before."""
        self._tell.faults(told)
        if told.key is None:
            self._typed.add(told, cells)
            return
        key = told.key
        shown = self._before.get(key) or self._as_written(told, key)
        if key in self._moved and _is_at(told, shown):
            news += self._sayings(self._moved.pop(key))  # another row, which has the same key
        elif (met := self._there.get(key)) is not None:
            if told.is_moved or _is_at(told, met):
                self._copied[key] = told
            else:  # a ledger that came back from a backup gives its keys out again
                news += self._sayings(told)
            return
        if told.faults or told.is_moved:
            self._understood = False
        if shown is None:
            if told.is_moved:
                self._tell.moved(told, key)
            if told.at is not None and told.readings:
                self._there.put(key, Shown(told.at, seen.meters_of(told.filled, self._meters)))
            news += self._sayings(told)
            return
        if told.is_moved or not _is_at(told, shown):
            self._there.put(key, shown)
            self._moved[key] = told
            return
        # A column that is not there, since its heading is to be made anew, was not emptied.
        not_there = shown.meters & ~seen.meters_of(self._reader.meters, self._meters)
        bits = seen.meters_of(told.filled, self._meters) | not_there
        self._there.put(key, Shown(shown.at, bits))
        for meter in seen.named_in(shown.meters & ~bits, self._meters):
            self._tell.cleared(told, key, meter)
        had = {meter.id for meter in seen.named_in(shown.meters, self._meters)}
        for reading in told.readings:
            is_new = reading.meter not in had
            known.append(_Known(told, key, _at(reading, shown.at), is_new))

    def _sayings(self, told: Told) -> list[Saying]:
        return [Saying(one, told.key, told.number) for one in told.readings]

    def _as_written(self, told: Told, key: Key) -> Shown | None:
        """What this ledger wrote into a row of its own, where it has not been seen since.

        Be it under the name that it had before it was put back from a backup.
        """
        is_own = self._ledger.id.startswith(key.ledger) or self._ancestor(key) is not None
        if told.at is None or not is_own:
            return None
        if key.entry != self._own[0]:
            readings = self._ledger.entry_readings(key.entry)
            self._own = key.entry, frozenset(one.at for one in readings)
        return Shown(told.at, 0) if told.at in self._own[1] else None

    def _take_in(self, news: list[Saying]) -> None:
        taken = take_in(self._ledger, self._to, news, self._now)
        self._taken += taken.readings
        self._tell_of(taken)
        for one, truth in taken.rivals:
            cell = seen.Cell("rival", truth.revision, one.reading.value)
            if one.key is not None:
                self._cells[one.key.text, one.reading.meter] = cell

    def _tell_of(self, taken: Taken) -> None:
        for one, truth in taken.rivals:
            self._tell.conflict(one, truth)
        for one, truth in taken.past:
            self._tell.past(one, truth)

    def _differing(self, known: list[_Known]) -> Iterator[Changed]:
        """The values that are not what was last seen in their cells."""
        revisions = revisions_of(self._ledger, [one.reading for one in known])
        for told, key, reading, is_new in known:
            cell = self._cells.get((key.text, reading.meter))
            of_slot = revisions.get(reading.slot, [])
            if not of_slot and not is_new:
                # The start of an interval was edited: as little is made of it as of another end.
                self._moved[key] = told
            elif cell is not None:
                if cell.value != reading.value:
                    yield Changed(key, reading, told.number)
            elif not any(one[4:6] == reading[4:6] for one in of_slot):  # revision and value
                yield Changed(key, reading, told.number)

    # -- at the end

    def look_again(self) -> None:
        """Look by their keys alone for rows that were not met, or met twice.

        Drive's version may lag behind a change by some time. A row that moved from one block into
        another while they were read was neither deleted nor copied.
        """
        missing = {key.text for key, _ in self._before.missing_from(self._there)}
        twice = {key.text for key in self._copied}
        if not missing and not twice:
            return
        wanted = missing | twice
        keys = (plain(cell) for _, cell in self._sheet.column(self._tab, self._reader.place(KEY)))
        found = Counter(key for key in keys if key in wanted)
        self._moved_up = missing & found.keys()
        self._copied = {key: told for key, told in self._copied.items() if found[key.text] > 1}

    def finish(self, notes: Notes, *, is_whole: bool, stamp: str | None) -> Returned:
        """Apply what was changed, and remember what was seen."""
        typed = self._typed.news(is_whole=is_whole)
        taken = take_in(self._ledger, self._to, typed.sayings, self._now)
        self._tell_of(taken)
        if len(self._gap) >= GAP:
            self._tell.gap(self._gap)
        for key, told in self._copied.items():
            self._tell.copied(told, key)
        for key, told in self._moved.items():
            self._tell.moved(told, key)
        changed = [one for one in self._changed if one.key not in self._copied]
        with self._ledger.writing():
            changes = Changes(self._ledger, self._to, self._tell, self._now)
            done = changes.apply(changed if is_whole else (), typed.edits, self._cells)
            deleted = self._note_deleted(is_whole=is_whole)
            self._typed.keep(is_whole=is_whole)
            is_settled = is_whole and typed.is_settled and not self._moved_up
            self._remember(notes, is_whole=is_settled, stamp=stamp)
            self._notices.keep(also_before=not is_whole)
        return Returned(
            self._rows,
            self._taken,
            taken.readings + done.completed,
            done.corrected,
            deleted,
            self._tell.conflicts,
        )

    def _note_deleted(self, *, is_whole: bool) -> int:
        missing = []
        for key, shown in list(self._before.missing_from(self._there)):
            if is_whole and key.text not in self._moved_up:
                missing.append((key, shown))
            else:  # what it says now, the next read tells
                self._there.put(key, shown)
        self._tell.deleted(missing)
        gone = {key.text for key, _ in missing}
        for row, meter in [name for name in self._cells if name[0] in gone]:
            del self._cells[row, meter]
            forget_rivals(self._ledger, told_by(self._to, row, meter))
        return len(missing)

    def _remember(self, notes: Notes, *, is_whole: bool, stamp: str | None) -> None:
        self._ledger.remember(self._to, seen.ROWS, self._there.changes(self._before))
        changes = _cell_changes(self._cells_before, self._cells)
        self._ledger.remember(self._to, seen.CELLS, changes)
        notes.write("read", stamp or "" if is_whole else "")
        if notes.get("zone") is None:
            notes.write("zone", self._view.zone)
        # What is queued may be there already: then the rows are looked through before it is sent.
        if is_whole and self._understood and not self._ledger.waiting(self._to):
            tokens = self._view.tokens
            mark = all_known(tokens[-1], self._meters) if tokens else ""
            notes.write("absorbed", mark)


def _cell_changes(
    before: dict[tuple[str, str], seen.Cell], now: dict[tuple[str, str], seen.Cell]
) -> Iterable[tuple[str, bytes | None]]:
    for name in before.keys() | now.keys():
        if before.get(name) != now.get(name):
            yield " ".join(name), seen.stored_cell(now.get(name))


def _is_at(told: Told, shown: Shown | None) -> bool:
    """Whether a row is where it was in time, as exactly as its cells can tell."""
    return shown is not None and told.at is not None and abs(told.at - shown.at) < _TOLERANCE


def _at(reading: Reading, at: int) -> Reading:
    """A reading at the exact instant of its row, which its cells may tell less exactly."""
    if reading.at == at:
        return reading
    starts_at = at if reading.starts_at == reading.at else reading.starts_at
    return reading._replace(at=at, starts_at=starts_at)
