"""The rows of Smart Meter Texas files: which time of which meter each is of, and how new it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from meterctl.imports.problems import Problem, Stop
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.vendors import wide

MOST_DAYS = 100_000  # of all meters in a file: 270 years of one; a line for each is held in memory
MOST_TIMES = 200_000  # of days that were measured anew
_STARTS = ("usage start time", "start time", "interval start time")
_ENDS = ("usage end time", "end time", "interval end time")
_IN_A_DAY = re.compile(r"\b(time|hour|interval)\b")
_DATED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:\s+(\d{1,2}):(\d\d)(?::(\d\d))?)?")


class Columns(NamedTuple):
    """Where what stands in a row; None: in no column."""

    meter: int
    date: int
    usage: int
    revision: int | None
    start: int | None
    end: int | None
    last: int | None  # the last day of a bill
    quality: int | None
    way: int | None
    dial: int | None  # at the end of a day


def is_header(names: Sequence[str]) -> bool:
    """Whether these folded cells are a header of such a file."""
    plain = [_plain(name) for name in names]
    return (
        plain[0] in {"esiid", "esi id", "esi"}
        and any(name in {"usage date", "start date", "date"} for name in plain)
        and any(_is_usage(name) for name in plain)
        # Else what is of a quarter of an hour would be taken for a day's.
        and all(name in {*_STARTS, *_ENDS} for name in plain if _IN_A_DAY.search(name))
    )


def columns_of(header: wide.Header) -> Columns:
    """What stands where below a header."""
    plain = [_plain(name) for name in header.folded]

    def place(*names: str) -> int | None:
        return next((i for i, name in enumerate(plain) if name in names), None)

    return Columns(
        0,
        place("usage date", "start date", "date") or 0,
        next(index for index, name in enumerate(plain) if _is_usage(name)),
        place("revision date"),
        place(*_STARTS),
        place(*_ENDS),
        place("end date"),
        place("estimated actual"),
        place("consumption surplusgeneration", "consumption surplus generation"),
        place("end reading"),
    )


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _is_usage(name: str) -> bool:
    return re.fullmatch(r"(usage|actual|billed|kwh).*\bkwh|kwh", name) is not None


class Rows(NamedTuple):
    """A file's rows, by their header."""

    header: wide.Header
    columns: Columns

    def read(self, document: Document) -> Iterator[Record]:
        """Those of data, and broken ones."""
        for record in document.records(self.header.record.line):
            is_data = wide.has_digit(wide.uncounted(record, self.columns.date))
            if is_data or record.problem is not None:
                yield record

    def day(self, record: Record) -> str:
        """Which day of which meter a row is of, and which way."""
        columns = self.columns
        places = columns.meter, columns.way, columns.date
        return "|".join(wide.uncounted(record, place) for place in places)

    def time(self, record: Record) -> str:
        """Which time of that day."""
        begins = self.columns.end if self.columns.start is None else self.columns.start
        return f"{self.day(record)}|{wide.uncounted(record, begins)}"

    def revision(self, record: Record) -> str:
        """When a row was written, as a text that sorts; empty where it does not say."""
        dated = _DATED.fullmatch(wide.uncounted(record, self.columns.revision))
        if dated is None:
            return ""
        month, day, year, *time = (part or "0" for part in dated.groups())
        return "".join(part.zfill(2) for part in (year, month, day, *time))

    def latest(self, document: Document) -> dict[str, str]:
        """The latest revision of each time of those days that have more than one.

        Most files have one revision for each day, so that a line for each day is all that is held.

        Raises:
            Stop: there is more than may be held.
        """
        if self.columns.revision is None:
            return {}
        seen: dict[str, str] = {}
        revised: set[str] = set()
        for record in self.read(document):
            day, revision = self.day(record), self.revision(record)
            if seen.setdefault(day, revision) != revision:
                revised.add(day)
            _refuse(len(seen), MOST_DAYS, "days", record)
        latest: dict[str, str] = {}
        for record in self.read(document) if revised else ():
            if self.day(record) in revised:
                time, revision = self.time(record), self.revision(record)
                latest[time] = max(latest.get(time, ""), revision)
                _refuse(len(latest), MOST_TIMES, "times that were measured anew", record)
        return latest

    def is_superseded(self, record: Record, latest: dict[str, str]) -> bool:
        """Whether a later revision of the same time stands in the file."""
        if not latest:
            return False
        return self.revision(record) < latest.get(self.time(record), "")


def _refuse(count: int, most: int, what: str, record: Record) -> None:
    if count > most:
        message = f"more than {most} {what} in one file"
        raise Stop(Problem(record.line, 1, message, "split the file", record.text))
