"""How a fleet grows, and which limit it meets first; from constants that the same run measures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.imports import lines, write
from bench.scale.place import drop, meterctl, now, opened, written
from bench.scale.writers import BEHIND, make, put
from meterctl.services.sheet_room import CELLS
from meterctl.sheet.rows import REST
from tests.postgres import Server

ROOFS = 4_000
YEARS = (1, 5, 10)
_METERS = 2  # the two that every ledger has: a column and a reading each
COLUMNS = 1 + _METERS + len(REST)  # the time, the meters, and what goes with them
WRITES_OF_A_USER, WRITES_OF_A_PROJECT = 60, 300  # a minute; Google's
_DAY = 86_400
_RATES = ((1, "one record a day"), (24, "hourly"), (96, "each quarter-hour"))


class Constants(NamedTuple):
    """What was measured."""

    bytes_a_reading: float  # in the table, its key among them
    wal_imported: float  # bytes a reading, brought by COPY
    wal_recorded: float  # bytes a record, each with a commit of its own
    records_a_second: float  # of one writer of one ledger


class Growth(NamedTuple):
    """A fleet in which each roof has so many records a day."""

    records_a_day: int
    roofs: int = ROOFS

    @property
    def records_a_second(self) -> float:
        """Of all roofs together."""
        return self.records_a_day * self.roofs / _DAY

    def readings(self, years: float) -> float:
        """Of all roofs together."""
        return self.records_a_day * self.roofs * _METERS * 365 * years

    def years_of_a_sheet(self, roofs: int = 1) -> float:
        """Until a spreadsheet that so many roofs share is full."""
        return (CELLS / COLUMNS) / (self.records_a_day * roofs * 365)

    def project_minutes(self) -> float:
        """Of a day in which each roof's Sheet gets one batch, by one project."""
        return self.roofs / WRITES_OF_A_PROJECT

    def each_by_itself(self) -> float:
        """Of the writes that a project has, the share that records delivered singly take."""
        return self.records_a_second * 60 / WRITES_OF_A_PROJECT


def page(server: Server, folder: Path, *, is_quick: bool) -> Iterator[str]:
    """The table, with what it was reckoned from."""
    found = constants(server, folder, is_quick=is_quick)
    yield f"## A fleet of {ROOFS:,} roofs, simulated"
    yield ""
    yield (
        f"Measured in this run: {found.bytes_a_reading:.0f} bytes a reading with its key;"
        f" {found.wal_imported:.0f} bytes of WAL a reading that is imported,"
        f" {found.wal_recorded:,.0f} a record of its own; {found.records_a_second:,.0f} records a"
        f" second by one writer. Two meters a roof; a Sheet's row has {COLUMNS} columns, a Sheet"
        f" {CELLS:,} cells; Google takes {WRITES_OF_A_USER} writes a minute of a user,"
        f" {WRITES_OF_A_PROJECT} of a project."
    )
    yield ""
    yield from table(found)


def table(found: Constants) -> Iterator[str]:
    """Each rate, with each limit."""
    rates = [(Growth(records), name) for records, name in _RATES]
    yield f"| of {ROOFS:,} roofs | {' | '.join(name for _, name in rates)} |"
    yield f"|---|{'---|' * len(rates)}"

    def row(what: str, *cells: str) -> str:
        return f"| {what} | {' | '.join(cells)} |"

    yield row("records a second", *(f"{one.records_a_second:,.2f}" for one, _ in rates))
    yield row(
        "of what one writer stores",
        *(f"{one.records_a_second / found.records_a_second:.1%}" for one, _ in rates),
    )
    for years in YEARS:
        yield row(
            f"readings after {years} year{'s' * (years > 1)}; in PostgreSQL",
            *(
                f"{one.readings(years) / 1e6:,.0f} M; "
                + _size(one.readings(years) * found.bytes_a_reading)
                for one, _ in rates
            ),
        )
    yield row(
        "WAL a day, each record by itself",
        *(_size(one.records_a_day * one.roofs * found.wal_recorded) for one, _ in rates),
    )
    yield row(
        "one spreadsheet for all roofs, a tab each, is full after",
        *(f"{one.years_of_a_sheet(one.roofs) * 365:,.1f} days" for one, _ in rates),
    )
    yield row(
        "a spreadsheet for each roof is full after",
        *(f"{one.years_of_a_sheet():,.0f} years" for one, _ in rates),
    )
    yield row(
        "of a project's writes, if each record is delivered by itself",
        *(f"{one.each_by_itself():.0%}" for one, _ in rates),
    )
    yield row(
        "a batch a day to each roof's Sheet takes a project",
        *(f"{one.project_minutes():.0f} minutes" for one, _ in rates),
    )
    yield row("the first limit", *(first_limit(one, found) for one, _ in rates))


def first_limit(growth: Growth, found: Constants) -> str:
    """Which one a fleet meets first, that writes to a Sheet for each roof as records come."""
    shares = {
        "Google's writes a minute, unless in batches": growth.each_by_itself(),
        "PostgreSQL's commits": growth.records_a_second / found.records_a_second,
    }
    most = max(shares, key=lambda name: shares[name])
    if shares[most] >= 1:
        return most
    return f"none within a year; nearest: {most} ({shares[most]:.0%})"


def constants(server: Server, folder: Path, *, is_quick: bool) -> Constants:
    """Measure them."""
    rows, records = (20_000, 200) if is_quick else (200_000, 2_000)
    file = folder / "rows.csv"
    write(file, lines(rows))
    opened(server.url("growth")).close()
    server.execute("CHECKPOINT")
    before = written(server)
    meterctl(folder, server.url("growth"), "bulk-import", "--json", str(file))
    wal_imported = (written(server) - before) / (2 * rows)
    ((used,),) = server.execute("SELECT pg_total_relation_size('growth.reading')")
    make(server.url("growth_by_one"), 1)
    ledger = opened(server.url("growth_by_one"))
    first = now() - BEHIND - records
    before, began = written(server), time.perf_counter()
    for number in range(records):
        put(ledger, 0, first + number)
    took = time.perf_counter() - began
    wal_recorded = (written(server) - before) / records
    ledger.close()
    drop(server, "growth", "growth_by_one")
    return Constants(used / (2 * rows), wal_imported, wal_recorded, records / took)


def _size(count: float) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count / 1e3:,.1f} kB"
