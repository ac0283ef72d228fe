"""The log's entries and readings in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import sub

from meterctl import log
from meterctl.domain.plain import Plain
from meterctl.domain.readings import Quality, Reading, Slot, Source
from meterctl.domain.times import iso_utc
from meterctl.ledger._meters import Meters
from meterctl.ledger.bulk import Bare
from meterctl.ledger.connection import Row
from meterctl.ledger.port import FOREVER, Entry, EntryKind, NewEntry, Traits

_KEYS_TOLD = 5  # of an entry's readings
_READING = (
    "SELECT r.meter, r.device, r.read_at, r.span, r.revision, r.value, r.quality, r.quality_code,"
    # By a join, PostgreSQL would read all entries for each reading where it has no statistics yet.
    " (SELECT e.source FROM entry AS e WHERE e.entry = r.entry), r.note, r.reason, r.entry"
    " FROM reading AS r "
)
_NEWER = (
    "EXISTS (SELECT 1 FROM reading AS n WHERE n.meter = r.meter AND n.device = r.device"
    " AND n.read_at = r.read_at AND n.span = r.span AND n.revision > r.revision)"
)
_PARAMETERS = 500  # of one statement; every SQLite takes 999


class Readings(Meters):
    """The part of a ledger that holds the log."""

    _newest: int | None = None  # entry of the write that is under way; None: not known

    def append(
        self, entry: NewEntry, readings: Sequence[Reading], plain: Sequence[Plain] = ()
    ) -> int:
        """Write an entry with its readings; return its number."""
        # Nobody else writes meanwhile: the newest is looked for once in a write.
        number = (self.last_entry() if self._newest is None else self._newest) + 1
        self._newest = number
        self._db.run(
            "INSERT INTO entry (entry, kind, source, written_at, origin) VALUES (?, ?, ?, ?, ?)",
            (number, entry.kind.value, entry.source.value, entry.written_at, entry.origin),
        )
        ids = self._known[0]
        self._db.run_many(
            "INSERT INTO reading (meter, device, read_at, span, revision, value, quality,"
            " quality_code, note, reason, entry) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    ids[r.meter],
                    r.device,
                    r.at,
                    r.at - r.starts_at,
                    r.revision,
                    r.value,
                    None if r.quality is Quality.ACTUAL else r.quality.value,
                    r.quality_code,
                    r.note,
                    r.reason,
                    number,
                )
                for r in readings
            ],
        )
        times: dict[tuple[int, int], list[int]] = {}
        for r in readings:
            times.setdefault((ids[r.meter], r.device), []).append(r.at)
        for one in plain:
            self._append_plain(one, number)
            times.setdefault((ids[one.meter], one.device), []).extend(one.at)
        self._db.run_many(
            "INSERT INTO entry_span (entry, meter, device, first_at, last_at, readings)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [(number, *of, min(some), max(some), len(some)) for of, some in times.items()],
        )
        # A server may write thousands a second, and keeps its own account of them.
        is_usual = entry.source is Source.HTTP
        level = log.DEBUG if is_usual else log.INFO
        if entry.kind is not EntryKind.IMPORT and log.is_on(level):  # an import: as a whole
            self._tell(
                "entry.written",
                is_usual=is_usual,
                entry=number,
                kind=entry.kind.value,
                source=entry.source.value,
                readings=len(readings),
                keys=[f"{one.meter}@{iso_utc(one.at)}" for one in readings[:_KEYS_TOLD]],
            )
        return number

    def _append_plain(self, plain: Plain, entry: int) -> None:
        same = {
            "meter": self._known[0][plain.meter],
            "device": plain.device,
            "revision": 1,
            "entry": entry,
        }
        columns: dict[str, Iterable[object]] = {"read_at": plain.at, "value": plain.values}
        if plain.has_no_spans:
            same["span"] = 0
        else:
            columns["span"] = map(sub, plain.at, plain.starts_at)
        self._db.insert_columns("reading", same, columns)

    def bare(self, meter: str, device: int, first_at: int, last_at: int, most: int) -> list[Bare]:
        """The revisions of a stretch, at most so many."""
        return self._db.all(
            "SELECT read_at, span, revision, value FROM reading WHERE meter = ? AND device = ?"
            " AND read_at BETWEEN ? AND ? ORDER BY read_at, span, revision LIMIT ?",
            (self._number(meter), device, first_at, last_at, most),
        )

    def last_entry(self) -> int:
        """The number of the newest entry; 0 for none."""
        row = self._db.one("SELECT coalesce(max(entry), 0) FROM entry")
        return int(row[0]) if row else 0

    def entry(self, number: int) -> Entry | None:
        """An entry by its number."""
        row = self._db.one(
            "SELECT entry, kind, source, written_at, origin FROM entry WHERE entry = ?", (number,)
        )
        if row is None:
            return None
        return Entry(row[0], EntryKind(row[1]), Source(row[2]), row[3], row[4])

    def entry_readings(self, number: int) -> Iterator[Reading]:
        """What an entry wrote, in the order meter, device, time."""
        for meter, device, first_at, last_at in self._db.all(
            "SELECT meter, device, first_at, last_at FROM entry_span WHERE entry = ?"
            " ORDER BY meter, device",
            (number,),
        ):
            self._id(meter)  # another process may have added it
            yield from self._as_readings(
                self._db.stream(
                    _READING + "WHERE r.meter = ? AND r.device = ? AND r.read_at BETWEEN ? AND ?"
                    " AND r.entry = ? ORDER BY r.read_at, r.span DESC, r.revision",
                    (meter, device, first_at, last_at, number),
                )
            )

    def revisions(self, slot: Slot) -> list[Reading]:
        """All revisions of a slot, oldest first."""
        return list(
            self._as_readings(
                self._db.all(
                    _READING + "WHERE r.meter = ? AND r.device = ? AND r.read_at = ?"
                    " AND r.span = ? ORDER BY r.revision",
                    (self._number(slot.meter), slot.device, slot.at, slot.at - slot.starts_at),
                )
            )
        )

    def revisions_at(
        self, meter: str, device: int, times: Sequence[int]
    ) -> dict[Slot, list[Reading]]:
        """All revisions at each of some times, by slot, oldest first."""
        found: dict[Slot, list[Reading]] = {}
        number = self._number(meter)
        first, last = min(times), max(times)
        if not self._db.one(
            "SELECT 1 FROM reading WHERE meter = ? AND device = ? AND read_at BETWEEN ? AND ?"
            " LIMIT 1",
            (number, device, first, last),
        ):
            return found  # what most blocks of a first import meet
        for start in range(0, len(times), _PARAMETERS):
            some = times[start : start + _PARAMETERS]
            marks = ", ".join("?" * len(some))
            for reading in self._as_readings(
                self._db.all(
                    f"{_READING} WHERE r.meter = ? AND r.device = ? AND r.read_at IN ({marks})"
                    " ORDER BY r.read_at, r.span, r.revision",
                    (number, device, *some),
                )
            ):
                revisions = found.setdefault(reading.slot, [])
                if not revisions or revisions[-1].revision < reading.revision:
                    revisions.append(reading)
        return found

    def revisions_between(
        self, meter: str, device: int, first_at: int, last_at: int
    ) -> Iterator[Reading]:
        """All revisions of a stretch, void ones too."""
        return self._as_readings(
            self._db.stream(
                _READING + "WHERE r.meter = ? AND r.device = ? AND r.read_at BETWEEN ? AND ?"
                " ORDER BY r.read_at, r.span, r.revision",
                (self._number(meter), device, first_at, last_at),
            )
        )

    def current(
        self,
        meter: str,
        *,
        device: int | None = None,
        since: int | None = None,
        until: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Reading]:
        """The truths of a meter: the last revision of each slot, void ones left out."""
        number = self._number(meter)
        devices = [d.number for m in self.meters() if m.id == meter for d in m.devices]
        for one in sorted(devices, reverse=newest_first):
            if device is not None and one != device:
                continue
            # The order of the clustered key, so that nothing is sorted; of each slot the highest
            # revision counts, which comes first one way round and last the other.
            order = (
                "r.read_at DESC, r.span DESC, r.revision DESC"
                if newest_first
                else "r.read_at, r.span, r.revision"
            )
            rows = self._as_readings(
                self._db.stream(
                    f"{_READING} WHERE r.meter = ? AND r.device = ?"
                    f" AND r.read_at BETWEEN ? AND ? ORDER BY {order}",
                    (
                        number,
                        one,
                        -FOREVER if since is None else since,
                        FOREVER if until is None else until,
                    ),
                )
            )
            yield from _first_of_slot(rows) if newest_first else _last_of_slot(rows)

    def truths(self, meter: str, until: int) -> int:
        """How many slots of a meter, of up to an instant, have a value that holds."""
        # Counted by what is rare, a void one: a look for each reading costs ten times as much.
        row = self._db.one(
            "SELECT coalesce(sum(CASE WHEN r.revision = 1 THEN 1 ELSE 0 END), 0)"  # noqa: S608 (constants)
            f" - coalesce(sum(CASE WHEN r.value IS NULL AND NOT {_NEWER} THEN 1 ELSE 0 END), 0)"
            " FROM reading AS r WHERE r.meter = ? AND r.read_at <= ?",
            (self._number(meter), until),
        )
        return int(row[0]) if row else 0

    def stretches_read(self, meter: str, stretches: Sequence[tuple[int, int]]) -> int:
        """In how many stretches of time, ends included, a meter has a value that holds."""
        number = self._number(meter)
        devices = [d.number for m in self.meters() if m.id == meter for d in m.devices]
        found = 0
        step = _PARAMETERS // 2
        for start in range(0, len(stretches), step):
            some = stretches[start : start + step]
            stretch = ", ".join(["(CAST(? AS BIGINT), CAST(? AS BIGINT))"] * len(some))
            # The last value of a stretch is one look; only where it is void the others matter.
            has_one = " OR ".join(
                f"(SELECT r.value {there} ORDER BY r.read_at DESC, r.span DESC, r.revision DESC"
                f" LIMIT 1) IS NOT NULL OR EXISTS (SELECT 1 {there}"
                f" AND r.value IS NOT NULL AND NOT {_NEWER})"
                for there in (
                    f"FROM reading AS r WHERE r.meter = {number} AND r.device = {device}"
                    " AND r.read_at BETWEEN one.column1 AND one.column2"
                    for device in devices
                )
            )
            row = self._db.one(
                f"SELECT count(*) FROM (VALUES {stretch}) AS one WHERE {has_one}",  # noqa: S608 (constants and numbers)
                [end for ends in some for end in ends],
            )
            found += int(row[0]) if row else 0
        return found

    def traits(self) -> Traits:
        """What any of the readings has beside its value."""
        row = self._db.one(
            "SELECT max(CASE WHEN span > 0 THEN 1 ELSE 0 END),"
            " max(CASE WHEN quality IS NULL THEN 0 ELSE 1 END),"
            " max(CASE WHEN quality_code IS NULL THEN 0 ELSE 1 END),"
            " max(CASE WHEN note IS NULL THEN 0 ELSE 1 END) FROM reading"
        )
        return Traits(*(bool(one) for one in row or (0, 0, 0, 0)))

    def newest(self, meter: str, source: Source | None = None) -> Reading | None:
        """The current reading with the latest time, of any of the meter's devices."""
        # Devices follow each other, so the first reading found, newest device first, is it:
        # only at the very instant of a swap do two devices have one.
        for reading in self.current(meter, newest_first=True):
            if source is None or reading.source is source:
                return reading
        return None

    def _as_readings(self, rows: Iterable[Row]) -> Iterator[Reading]:
        ids = self._known[1]
        for (
            meter,
            device,
            at,
            span,
            revision,
            value,
            quality,
            code,
            source,
            note,
            reason,
            entry,
        ) in rows:
            yield Reading(
                ids[meter],
                device,
                at,
                at - span,
                revision,
                value,
                Quality.ACTUAL if quality is None else Quality(quality),
                code,
                _SOURCES[source],
                note,
                reason,
                entry,
            )


_SOURCES = {source.value: source for source in Source}


def _first_of_slot(readings: Iterator[Reading]) -> Iterator[Reading]:
    slot = None
    for reading in readings:
        if reading[:4] != slot:
            slot = reading[:4]
            if reading.value is not None:
                yield reading


def _last_of_slot(readings: Iterator[Reading]) -> Iterator[Reading]:
    last: Reading | None = None
    for reading in readings:
        if last is not None and last[:4] != reading[:4] and last.value is not None:
            yield last
        last = reading
    if last is not None and last.value is not None:
        yield last
