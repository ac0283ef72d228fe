"""`export`: what it writes, and that `bulk-import` reads it back exactly."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterctl.domain.meters import DEFAULT_METERS, Device, Direction, Kind, Meter, Zones
from meterctl.domain.readings import Quality, Reading, Source, check_note
from meterctl.imports.canonical.formulas import guard, unguard
from meterctl.imports.formats import Context, Options
from meterctl.imports.text.source import Source as OpenFile
from meterctl.ledger.port import EntryKind, Ledger, NewEntry
from meterctl.services.bulk_import import Plan, Watch, bulk_import
from meterctl.services.export import as_csv, as_json_lines
from tests.helpers import BERLIN, INVERTER, METER, NOW, instant, reading
from tests.stores import Store

SWAP = instant("2025-06-01T12:00Z")
AGAIN = instant("2025-09-01T12:00Z")
SWAPPED = Meter(
    "gas",
    "Gas (m³)",
    "m³",
    Kind.REGISTER,
    Direction.CONSUMPTION,
    devices=(Device(1, "A-1", None), Device(2, None, SWAP), Device(3, "A-1", AGAIN)),
)
SLOT = Meter("slot", "slot", "kWh", Kind.INTERVAL, Direction.FROM_GRID)
METERS = (*DEFAULT_METERS, SWAPPED, SLOT)
EACH_BEGINS_ANEW = [HealthCheck.function_scoped_fixture]  # each example of a property


@contextmanager
def new_ledger(store: Store, name: str = "ledger") -> Iterator[Ledger]:
    """A ledger with meters of every kind, one of them swapped twice."""
    ledger = store.open(name)
    with ledger.writing():
        ledger.add_meter(SWAPPED)
        ledger.add_meter(SLOT)
    try:
        yield ledger
    finally:
        store.close()


def put(ledger: Ledger, readings: list[Reading]) -> None:
    """Store readings as they are."""
    with ledger.writing():
        ledger.append(NewEntry(EntryKind.RECORD, Source.CLI, NOW), readings)


def exported(ledger: Ledger) -> str:
    """The whole ledger as CSV."""
    return "".join(as_csv(ledger, ledger.meters(), None, None))


def imported(ledger: Ledger, text: str) -> None:
    """Import a file that must be without a fault."""
    data = text.encode()
    done = bulk_import(
        ledger,
        OpenFile("a.csv", io.BytesIO(data), len(data)),
        Context(ledger.meters(), Zones(BERLIN), NOW, Options()),
        Plan(),
        Watch(lambda problem: pytest.fail(str(problem)), lambda _: None),
    )
    assert done.conflicts == done.rejected == done.duplicates == 0


def truths(ledger: Ledger) -> list[Reading]:
    """What the ledger holds now, less what is the import's own."""
    return [
        one._replace(source=Source.IMPORT, reason=None, revision=1, entry=0)
        for meter in ledger.meters()
        for one in ledger.current(meter.id)
    ]


# -- there and back again --------------------------------------------------------------

_LETTERS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\"',;=+-@|' ")
NOTES = (
    st.none()
    | st.sampled_from(
        ["=1+1", "'=1", "''", "'", "@x", "a\n=b", '"', '""', ",", "-\n\n-", "\uff1d1"]
    )
    | st.text(_LETTERS, max_size=20)
    | st.text("\n\"',x", min_size=100, max_size=2000)
).map(check_note)
CODES = st.none() | st.sampled_from(["E", "=E", "'E", "S 52", 'a"b', "a,b", "\uff0b1"])
TIMES = st.sampled_from([SWAP - 1, SWAP, SWAP + 1, AGAIN, AGAIN + 1, NOW]) | st.integers(0, NOW)
VALUES = st.integers(0, 10**12) | st.sampled_from([0, 1, 999_999_999_999_000_000])


@st.composite
def slots(draw: st.DrawFn) -> Reading:
    """A reading of any meter, with all that a reading may have."""
    meter = draw(st.sampled_from(METERS))
    at = draw(TIMES)
    devices = [device.number for device in meter.devices if meter.stood(device.number, at)]
    span = draw(st.sampled_from([1, 900_000, 3_600_000])) if meter is SLOT else 0
    return Reading(
        meter.id,
        draw(st.sampled_from(devices)),
        at,
        max(at - span, 0),
        1,
        draw(VALUES),
        draw(st.sampled_from(Quality)),
        draw(CODES),
        Source.CLI,
        draw(NOTES),
        None,
        0,
    )


HELD = st.lists(
    st.tuples(slots(), st.none() | VALUES, st.booleans()),
    unique_by=lambda held: held[0].slot,
    max_size=12,
).filter(lambda held: all(one.meter != "slot" or one.starts_at < one.at for one, _, _ in held))


@settings(max_examples=120, deadline=None, suppress_health_check=EACH_BEGINS_ANEW)
@given(HELD)
def test_ledger_made_from_an_export(
    fast_store: Store, held: list[tuple[Reading, int | None, bool]]
) -> None:
    """It holds the same truths, and its own export is the same to the byte."""
    with new_ledger(fast_store, "old") as old, new_ledger(fast_store, "new") as new:
        put(old, [one for one, _, _ in held])
        put(old, [one._replace(revision=2, value=to, reason="r") for one, to, does in held if does])
        text = exported(old)
        imported(new, text)
        assert exported(new) == text
        assert truths(new) == truths(old)


# -- the table -------------------------------------------------------------------------


def test_empty_ledger(store: Store) -> None:
    """It is a header, which imports as nothing."""
    with new_ledger(store) as ledger:
        assert exported(ledger) == "timestamp,inverterKWh,meterValue,Gas (m³),slot\n"
        imported(ledger, exported(ledger))


def test_readings_of_one_instant(store: Store) -> None:
    """They share a row where they agree in all but meter and value."""
    with new_ledger(store) as ledger:
        put(
            ledger,
            [
                reading("142.3", "2025-11-07T14:30Z"),
                reading("5.42", "2025-11-07T14:30Z", INVERTER),
                reading("143", "2025-11-08T14:30Z", note="evening"),
                reading("6", "2025-11-08T14:30Z", INVERTER),
            ],
        )
        assert "".join(as_csv(ledger, DEFAULT_METERS, None, None)) == (
            "timestamp,inverterKWh,meterValue,note\n"
            "2025-11-07T14:30:00Z,5.42,142.3,\n"
            "2025-11-08T14:30:00Z,6,,\n"
            "2025-11-08T14:30:00Z,,143,evening\n"
        )


def test_both_values_of_the_instant_of_a_swap(store: Store) -> None:
    """The old device's is told apart by its serial, or its number where that is not its own."""
    with new_ledger(store) as ledger:
        put(
            ledger,
            [
                reading("99", "2025-06-01T12:00Z", SWAPPED, device=1),
                reading("0", "2025-06-01T12:00Z", SWAPPED, device=2),
                reading("55", "2025-09-01T12:00Z", SWAPPED, device=2),
                reading("1", "2025-09-01T12:00Z", SWAPPED, device=3),
            ],
        )
        assert "".join(as_csv(ledger, (SWAPPED,), None, None)) == (
            "timestamp,Gas (m³),device\n"
            "2025-06-01T12:00:00Z,99,A-1\n"
            "2025-06-01T12:00:00Z,0,\n"
            "2025-09-01T12:00:00Z,55,#2\n"
            "2025-09-01T12:00:00Z,1,\n"
        )


def test_note_of_a_reading_that_was_voided(store: Store) -> None:
    """It needs no column."""
    noted = reading("143", "2025-11-08T14:30Z", note="evening", quality=Quality.EDITED)
    with new_ledger(store) as ledger:
        put(ledger, [noted, noted._replace(revision=2, value=None, reason="no")])
        assert "".join(as_csv(ledger, (METER,), None, None)) == "timestamp,meterValue\n"


def test_stretch_and_choice_of_meters(store: Store) -> None:
    """Both ends are inclusive; only the meters asked for have columns."""
    days = [f"2025-11-0{day}T14:30Z" for day in range(1, 6)]
    with new_ledger(store) as ledger:
        put(ledger, [reading("5", day) for day in days])
        put(ledger, [reading("6", day, INVERTER, note="x") for day in days])
        lines = list(as_csv(ledger, (METER,), instant(days[1]), instant(days[3])))
    assert lines[0] == "timestamp,meterValue\n"
    assert [line[:10] for line in lines[1:]] == [day[:10] for day in days[1:4]]


# -- text that a spreadsheet would run -------------------------------------------------

DANGEROUS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=1",
    "'",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
)


@pytest.mark.parametrize("text", [*DANGEROUS, "", "x", "x=1", " =1", "’"])
def test_guard(text: str) -> None:
    """What would run begins with an apostrophe; taking it away again gives the text back."""
    assert unguard(guard(text)) == text
    assert (guard(text) == f"'{text}") == (text in DANGEROUS)


@settings(max_examples=200, deadline=None, suppress_health_check=EACH_BEGINS_ANEW)
@given(slots())
def test_every_cell_of_an_export(fast_store: Store, one: Reading) -> None:
    """None begins with what a spreadsheet runs."""
    with new_ledger(fast_store) as ledger:
        put(ledger, [one])
        rows = list(csv.reader(io.StringIO(exported(ledger), newline="")))
    for row in rows:
        for cell in row:
            assert not cell.startswith(tuple(start[0] for start in DANGEROUS if start[0] != "'"))


# -- JSON lines ------------------------------------------------------------------------


@settings(max_examples=100, deadline=None, suppress_health_check=EACH_BEGINS_ANEW)
@given(slots())
def test_json_lines(fast_store: Store, one: Reading) -> None:
    """A reading is one object in one line, its value an exact decimal, its text as it is."""
    with new_ledger(fast_store) as ledger:
        put(ledger, [one])
        (line,) = as_json_lines(ledger, ledger.meters(), None, None)
    assert line.index("\n") == len(line) - 1
    read = json.loads(line, parse_float=str, parse_int=str)
    assert (read["meter"], read["note"], read["quality_code"]) == (
        one.meter,
        one.note,
        one.quality_code,
    )
    whole, _, rest = read["value"].partition(".")
    assert int(whole) * 10**6 + int(rest.ljust(6, "0")) == one.value
