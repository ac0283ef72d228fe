"""The canonical CSV in blocks: the strict reader's rows, whatever stands in the file."""

from __future__ import annotations

from datetime import tzinfo
from io import BytesIO
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterctl.domain.meters import DEFAULT_METERS, Device, Direction, Kind, Meter, Zones
from meterctl.domain.readings import Reading
from meterctl.domain.times import zone_named
from meterctl.imports.canonical import in_blocks as canonical_blocks
from meterctl.imports.canonical.format import Canonical
from meterctl.imports.canonical.in_blocks import CanonicalBlocks
from meterctl.imports.formats import Context, Options
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.text.cells import read_records
from meterctl.imports.text.lines import LINE_LIMIT, read_lines
from tests.helpers import BERLIN, NOW, instant

SLOT = Meter("slot", "slotKWh", "kWh", Kind.INTERVAL, Direction.FROM_GRID)
SWAPPED = Meter(
    "swapped",
    "swapped",
    "kWh",
    Kind.REGISTER,
    Direction.FROM_GRID,
    digits=4,
    zone="Europe/London",
    devices=(
        Device(1, "A1", None),
        Device(2, "B2", instant("2025-03-02T00:00Z")),
        Device(3, None, instant("2025-10-26T01:30Z")),
    ),
)
METERS = (*DEFAULT_METERS, SLOT, SWAPPED)


class Table(NamedTuple):
    """What a file is found to hold."""

    rows: int
    readings: list[tuple[int, int, Reading]]  # with the line and the cell of each, in that order
    problems: list[Problem]
    stop: Problem | None = None


def strictly(data: bytes, context: Context) -> Table:
    """Read it row by row."""
    found = Table(0, [], [])
    try:
        records = read_records(read_lines(BytesIO(data)))
        for row in Canonical().rows(next(records), records, context):
            found = found._replace(rows=found.rows + 1)
            for reading, cell in zip(row.readings, row.cells, strict=True):
                found.readings.append((row.record.line, cell, reading))
            if row.problem is not None:
                found.problems.append(row.problem)
    except Stop as stop:
        return found._replace(stop=stop.problem)
    return found


def in_blocks(data: bytes, context: Context) -> tuple[Table, int]:
    """Read it in blocks; how many of its readings were in columns is told as well."""
    found, plain, lines = Table(0, [], []), 0, set[int]()
    blocks = CanonicalBlocks(BytesIO(data), context)
    try:
        for block in blocks.read(lambda _: None):
            found = found._replace(rows=found.rows + block.size)
            for column in block.columns:
                readings = column.plain.readings()
                plain += len(readings)
                places = zip(column.lines, readings, strict=True)
                found.readings.extend((line, column.cell, one) for line, one in places)
                lines.update(column.lines)
                assert blocks.record(column.lines[-1]).line == column.lines[-1]
            for row in block.rows:
                for reading, cell in zip(row.readings, row.cells, strict=True):
                    found.readings.append((row.record.line, cell, reading))
                if row.problem is not None:
                    found.problems.append(row.problem)
    except Stop as stop:
        return found._replace(stop=stop.problem), plain
    found.readings.sort(key=lambda one: one[:2])
    assert all(blocks.record(line).line == line for line in lines)
    return found, plain


# -- any mix of rows -------------------------------------------------------------------

HEADERS = (
    "timestamp,inverterKWh,meterValue",
    "timestamp,meterValue",
    "meter,timestamp,note,inverter",
    "timestamp,starts_at,slotKWh,meterValue",
    "timestamp,starts_at,quality,quality_code,device,swapped,note,slot",
    "timestamp,swapped,meter",
    "\ufefftimestamp,meterValue,inverterKWh",
    '"timestamp",meterValue',
    "\n\ntimestamp,meterValue",
    "timestamp,nobody",
)
DAYS = st.sampled_from(
    [
        "2025-03-01",
        "2025-03-02",
        "2025-03-30",
        "2025-10-26",
        "2025-11-07",
        "2025-02-30",
        "1970-01-01",
        "1970-01-02",
        "2026-11-22",
        "2031-01-01",
        "9998-12-31",
        "9999-01-01",
    ]
)
CLOCKS = st.sampled_from(
    [
        "T14:30:00",
        " 02:30",
        "T01:30",
        "t00:00",
        "T23:59:59.999",
        "T24:00",
        "T12:60",
        "T02:15:30.5",
        "",
        "T1:00",
        "T23:59:60",
        "  03:00",
    ]
)
OFFSETS = st.sampled_from(
    ["Z", "z", "", "+01:00", "-0500", "+01", " Z", "+25:00", "+01:00:30", "Z ", " ", "-00:01"]
)
TIMES = st.builds("{}{}{}".format, DAYS, CLOCKS, OFFSETS)
PLAIN_TIMES = st.builds(
    "2025-{:02}-{:02}T{:02}:{:02}:00Z".format,
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 23),
    st.integers(0, 59),
)
LOCAL_TIMES = st.builds(
    "2025-{:02}-{:02} {:02}:30".format,
    st.sampled_from([1, 3, 10]),
    st.integers(24, 31),
    st.integers(0, 23),
)
VALUES = st.sampled_from(
    [
        "1",
        "142.3",
        "",
        "0",
        "00142.30",
        "5.",
        ".5",
        ".",
        "1.234567",
        "1.2345678",
        "1.23456700",
        "9999.9",
        "10000",
        "999999999999",
        "999999999999.999",
        "1000000000000",
        "0" * 20 + "1",
        "-1",
        "1e3",
        "1_000",
        "1,5",
        '"1,5"',
        "+5",
        " 5 ",
        "٣",
        "nan",
        "abc",
        '"5"',
        "5\0",
        "\ufeff5",
        "12345678901234.5",
        "123456789012.345678",
        "1234567890.12345",
        "1234567890.123456",
        "0.000001",
        "0.0000001",
        "1.5.2",
        '"5',
        '5"',
        "\t",
        "5\r",
    ]
)
PLAIN_VALUES = st.decimals(0, 9_999, places=3).map(str) | st.integers(0, 9_999).map(str)
WORDS = st.sampled_from(
    [
        "",
        "",
        "",
        "actual",
        "estimated",
        "odd",
        "#2",
        "A1",
        "B2",
        '"a ""b"" c"',
        '"two\nlines"',
        "'=1",
        "x" * 70,
        "7",
        '"open',
        "B2 ",
    ]
)
ODD_LINES = st.sampled_from(
    [
        "",
        " ",
        ",,",
        ",",
        ",,,,,,,",
        "timestamp,meterValue",
        "\ufefftimestamp,meter",
        '"',
        '""',
        "\r",
        "\ufeff",
        "x" * (LINE_LIMIT + 5),
        '"' * 3,
        "2025-03-01T00:00Z,1\rb",
        "\0",
        "a\tb;c|d",
    ]
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file: rows that fit its header more or less, plain ones among them."""
    header = draw(st.sampled_from(HEADERS[:6]) | st.sampled_from(HEADERS))
    names = header.strip().split(",")

    def cell(name: str, *, plain: bool) -> st.SearchStrategy[str]:
        if name in ("timestamp", "starts_at"):
            return PLAIN_TIMES if plain else PLAIN_TIMES | TIMES | LOCAL_TIMES
        if name in ("note", "quality", "quality_code", "device"):
            return st.just("") if plain else WORDS
        return PLAIN_VALUES if plain else VALUES

    plain = st.tuples(*(cell(name, plain=True) for name in names))
    wild = st.tuples(*(cell(name, plain=draw(st.booleans())) for name in names))
    one_odd = st.sampled_from(range(len(names))).flatmap(
        lambda odd: st.tuples(*(cell(name, plain=at != odd) for at, name in enumerate(names)))
    )
    row = (plain | plain | one_odd | one_odd | wild).map(",".join)
    rows = draw(st.lists(row | row | row | ODD_LINES, max_size=12))
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    text = end.join([header, *rows]) + draw(st.sampled_from(["", end]))
    data = text.encode()
    if draw(st.integers(0, 20)) == 0:
        place = draw(st.integers(0, len(data)))
        data = data[:place] + draw(st.binary(max_size=3)) + data[place:]
    return data


@settings(max_examples=1_500, deadline=None)
@given(
    files(),
    st.sampled_from([None, zone_named("UTC"), zone_named("+05:30"), BERLIN]),
    st.sampled_from([None, None, ","]),
    st.integers(1, 5),
)
def test_any_file(data: bytes, zone: tzinfo | None, decimal: str | None, rows: int) -> None:
    """Read row by row or in blocks, it holds the same, and the same is wrong with it."""
    context = Context(METERS, Zones(BERLIN), NOW, Options(zone=zone, decimal=decimal))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical_blocks, "BLOCK_ROWS", rows)
        found, _ = in_blocks(data, context)
    assert found == strictly(data, context)


# -- what is read in columns -----------------------------------------------------------

HEADER = "timestamp,inverterKWh,meterValue\n"
PLAIN = "2025-11-07T14:{:02}:00Z,5.42,142.3\n"


def read(text: str) -> tuple[Table, int]:
    """What a file holds, which is as the strict reader says; and how much of it in columns."""
    context = Context(METERS, Zones(BERLIN), NOW, Options())
    found, plain = in_blocks(text.encode(), context)
    assert found == strictly(text.encode(), context)
    return found, plain


def rows(count: int) -> str:
    """So many plain rows."""
    return "".join(PLAIN.format(minute) for minute in range(count))


@pytest.mark.parametrize(
    "text",
    [
        HEADER + rows(5),
        HEADER + rows(5).removesuffix("\n"),
        (HEADER + rows(5)).replace("\n", "\r\n"),
        (HEADER + rows(5)).replace("T", " ").replace("Z", ""),
        (HEADER + rows(5)).replace("Z", "+01:00"),
        "timestamp,note,inverterKWh,quality,meter\n"
        + rows(5).replace(",5", ",,5").replace(",1", ",,1"),
        HEADER + rows(4) + "2025-10-26 12:00,5.,.5\n",
    ],
    ids=["plain", "no-last-end", "crlf", "local", "offset", "empty-columns", "mixed"],
)
def test_plain_rows(text: str) -> None:
    """All of them are read in columns."""
    assert read(text)[1] == 10


def test_a_bad_row_among_plain_ones() -> None:
    """It alone is read strictly."""
    found, plain = read(HEADER + rows(3) + "soon,1,2\n" + rows(3) + "2025-11-07T14:30:00Z,x,1\n")
    assert (plain, [problem.line for problem in found.problems]) == (12, [5, 9])


def test_a_row_with_a_note_among_plain_ones() -> None:
    """All rows of its block are read strictly: it may share a slot with one of them."""
    text = "timestamp,meterValue,note\n2025-11-07T14:00Z,1,\n2025-11-07T14:00Z,2,read twice\n"
    assert read(text)[1] == 0


def test_rows_over_several_lines_between_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """After them the lines are counted on, and read in columns again."""
    monkeypatch.setattr(canonical_blocks, "BLOCK_ROWS", 2)
    note = '"one\n\ntwo\nthree"'
    text = f"timestamp,meterValue,note\n2025-11-07T14:00Z,1,\n2025-11-07T14:01Z,1,{note}\n"
    found, plain = read(text + "".join(f"2025-11-07T15:{m:02}Z,2,\n" for m in range(9)))
    assert (len(found.readings), found.readings[-1][0], plain) == (11, 15, 10)


def test_a_line_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one bad row, whatever its length; the lines after it are counted on."""
    monkeypatch.setattr(canonical_blocks, "BLOCK_ROWS", 3)
    text = HEADER + rows(2) + "5" * (3 * LINE_LIMIT + 7) + "\n" + rows(4)
    found, plain = read(text)
    assert ([problem.line for problem in found.problems], plain) == ([4], 8)


def test_a_quote_that_is_never_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs one row, as it does read strictly."""
    monkeypatch.setattr(canonical_blocks, "BLOCK_ROWS", 2)
    found, _ = read(HEADER + rows(3) + '2025-11-07T15:00:00Z,"5,6\n' + rows(5))
    assert (len(found.readings), [one.line for one in found.problems]) == (16, [5])
