"""The canonical CSV, strictly: what is wrong with a file, and at which line and column."""

from __future__ import annotations

from datetime import UTC
from io import BytesIO
from typing import NamedTuple

import pytest

from meterctl.domain.meters import DEFAULT_METERS, Direction, Kind, Meter, Zones
from meterctl.domain.quantity import format_quantity
from meterctl.domain.readings import NOTE_LIMIT, Reading
from meterctl.imports.canonical.format import Canonical
from meterctl.imports.formats import Context, Options
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.text.cells import read_records
from meterctl.imports.text.lines import LINE_LIMIT, read_lines
from tests.helpers import BERLIN, NOW, instant

SLOT = Meter("slot", "slotKWh", "kWh", Kind.INTERVAL, Direction.FROM_GRID)
METERS = (*DEFAULT_METERS, SLOT)
HEADER = "timestamp,inverterKWh,meterValue,note\n"
GOOD = "2025-11-07T14:30:00Z,5.42,142.3,\n"


class Table(NamedTuple):
    """A file, read."""

    rows: int
    readings: list[Reading]
    problems: list[Problem]


def read(data: bytes | str, options: Options = Options()) -> Table:  # noqa: B008 (immutable)
    """Read a file's bytes; what it holds and what is wrong with it."""
    context = Context(METERS, Zones(BERLIN), NOW, options)
    records = read_records(read_lines(BytesIO(data if isinstance(data, bytes) else data.encode())))
    first = next(records)
    rows = list(Canonical().rows(first, records, context))
    return Table(
        len(rows),
        [reading for row in rows for reading in row.readings],
        [row.problem for row in rows if row.problem is not None],
    )


def stopped(data: bytes | str, options: Options = Options()) -> Problem:  # noqa: B008 (immutable)
    """Read a file that is refused as a whole; why it is."""
    with pytest.raises(Stop) as caught:
        read(data, options)
    return caught.value.problem


def values(table: Table) -> list[str]:
    """The values read, as text."""
    return [format_quantity(reading.amount) for reading in table.readings]


# -- what is fine ----------------------------------------------------------------------

FINE = {
    "plain": HEADER + GOOD,
    "byte-order-mark": "\ufeff" + HEADER + GOOD,
    "byte-order-mark-before-a-quoted-header": '\ufeff"timestamp",inverterKWh,meterValue,note\n'
    + GOOD,
    "no-final-newline": HEADER + GOOD.rstrip(),
    "crlf": (HEADER + GOOD).replace("\n", "\r\n"),
    "blank-lines": "\n\n" + HEADER + "\n" + GOOD + "\n  \n\t\n",
    "rows-a-spreadsheet-left-empty": HEADER + ",,,\n" + GOOD + '"",, ,\n,,,,,,\n',
    "everything-quoted": HEADER + '"2025-11-07T14:30:00Z","5.42","142.3",""\n',
    "spaces-around-values": HEADER + " 2025-11-07T14:30:00Z , 5.42 , 142.3 ,\n",
    "header-in-another-case-and-order": "METERVALUE,Note,inverterkwh,Timestamp\n"
    "142.3,,5.42,2025-11-07T14:30:00Z\n",
    "ids-for-columns": "timestamp,inverter,meter,note\n" + GOOD,
    "local-time": HEADER + "2025-11-07 15:30,5.42,142.3,\n",
    "an-offset-without-minutes": HEADER + "2025-11-07T15:30+01,5.42,142.3,\n",
    "zeros-before-and-after": HEADER + "2025-11-07T14:30:00.000Z,05.420,000142.30,\n",
}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE.keys())
def test_ways_to_write_the_same_row(text: str) -> None:
    """They all read as the same two readings, and nothing is wrong with them."""
    table = read(text)
    assert (table.rows, table.problems) == (1, [])
    assert sorted(values(table)) == ["142.3", "5.42"]
    assert {reading.at for reading in table.readings} == {instant("2025-11-07T14:30:00Z")}


def test_header_without_rows() -> None:
    """It is an empty table, such as the export of an empty ledger."""
    assert read(HEADER) == Table(0, [], [])


def test_note_over_several_lines() -> None:
    """Quotes keep line ends, blank lines, commas and quotes; rows after it keep their number."""
    table = read(HEADER + '2025-11-07T14:30:00Z,,142.3,"a ""b"",\n\n c"\nx,,1,\n')
    assert table.readings[0].note == 'a "b",\n\n c'
    assert (table.problems[0].line, table.problems[0].column) == (5, 1)


def test_note_of_as_many_lines_as_a_note_can_hold() -> None:
    """It is one cell, however many line ends it has."""
    note = "x" + "\n" * (NOTE_LIMIT - 2) + "y"
    table = read(HEADER + f'2025-11-07T14:30:00Z,,142.3,"{note}"\n')
    assert table.readings[0].note == note


# -- rows that are wrong ---------------------------------------------------------------

# name: (the second row, its place, how the message begins); a good row stands before and after.
ROWS: dict[str, tuple[bytes | str, tuple[int, int], str]] = {
    # quotes
    "quote-never-closed": ('2025-11-08 07:00,"5,143,', (3, 18), "a quote that is never closed"),
    "quote-never-closed-at-the-end": ('2025-11-08 07:00,5,143,"', (3, 24), "a quote that is never"),
    "text-after-a-closing-quote": ('2025-11-08 07:00,"5"x,143,', (3, 21), "text after a closing"),
    "quote-within-a-cell": ('2025-11-08 07:00,5"0,143,', (3, 19), "a quote inside a cell"),
    "space-before-a-quote": ('2025-11-08 07:00, "5",143,', (3, 19), "a quote inside a cell"),
    # bytes and letters
    "nul": ("2025-11-08 07:00,5,1\0 43,", (3, 21), "a NUL byte"),
    "latin-1": ("2025-11-08 07:00,5,143,Zähler".encode("latin-1"), (3, 25), "byte 0xe4 is not"),
    "latin-1-after-utf-8": (
        "2025-11-08 07:00,5,143,€🌞".encode() + b"\xe4",
        (3, 26),
        "byte 0xe4 is not UTF-8",
    ),
    "utf-8-cut-short": ("2025-11-08 07:00,5,143,€".encode()[:-1], (3, 24), "byte 0xe2 is not"),
    "surrogates": (b"2025-11-08 07:00,5,143,\xed\xa0\x80", (3, 24), "byte 0xed is not UTF-8"),
    "carriage-return-within": ("2025-11-08 07:00,5\r,143,", (3, 18), "'5\\r' is not a value"),
    "escape-in-a-note": ("2025-11-08 07:00,5,143,\x1b[2J", (3, 24), "a note cannot hold control"),
    # the number of cells
    "a-cell-too-many": ("2025-11-08 07:00,5,143,,9", (3, 25), "5 cells in this row, 4 in the"),
    "a-cell-too-few": ("2025-11-08 07:00,5,143", (3, 23), "3 cells in this row, 4 in the"),
    "a-cell-too-few-after-quotes": ('"2025-11-08 07:00","5",143', (3, 27), "3 cells in this row"),
    "decimal-commas-unquoted": ("2025-11-08 07:00,5,42,143,5,", (3, 27), "6 cells in this row"),
    "one-cell": ("hello", (3, 6), "1 cells in this row"),
    "semicolons": ("2025-11-08 07:00;5;143;", (3, 24), "1 cells in this row"),
    # values
    "decimal-comma": ('2025-11-08 07:00,"5,42",143,', (3, 18), "'5,42' has a decimal comma"),
    "decimal-comma-after-quotes": ('"2025-11-08 07:00","5","1,5",', (3, 24), "'1,5' has a decimal"),
    "exponent-beyond-all": ("2025-11-08 07:00,5,1e400,", (3, 20), "'1e400' is in exponent form"),
    "nan": ("2025-11-08 07:00,nan,143,", (3, 18), "'nan' is not a number"),
    "infinity": ("2025-11-08 07:00,-inf,143,", (3, 18), "'-inf' is"),
    "negative": ("2025-11-08 07:00,5,-143,", (3, 20), "'-143' is negative"),
    "forty-digits": (f"2025-11-08 07:00,5,{'9' * 40},", (3, 20), "'9999999999999999999999999"),
    "underscore": ("2025-11-08 07:00,1_000,143,", (3, 18), "'1_000' has marks between"),
    "other-digits": ("2025-11-08 07:00,٣,143,", (3, 18), "'٣' has digits other than"),
    "unit": ("2025-11-08 07:00,5 kWh,143,", (3, 18), "'5 kWh' has letters after"),
    "formula": ("2025-11-08 07:00,=1+1,143,", (3, 18), "'=1+1' is not a value"),
    "no-value": ("2025-11-08 07:00,,,only a note", (3, 18), "no value in this row"),
    "note-too-long": (f"2025-11-08 07:00,5,,{'x' * 2001}", (3, 21), "a note holds 2000"),
    # times
    "no-time": (",5,143,", (3, 1), "'' is not a time"),
    "not-a-time": ("yesterday,5,143,", (3, 1), "'yesterday' is not a time"),
    "a-day-only": ("2025-11-08,5,143,", (3, 1), "'2025-11-08' is a day"),
    "no-such-day": ("2025-02-29T07:00:00Z,5,143,", (3, 1), "'2025-02-29T07:00:00Z': there is no"),
    "future": ("2026-11-23T07:00:00Z,5,143,", (3, 1), "2026-11-23 08:00:00 CET is in the future"),
    "far-future": ("9999-12-31T23:59:59-14:00,5,143,", (3, 1), "'9999-12-31T23:59:59-14:00' is"),
    "before-1970": ("1970-01-01T00:30:00+01:00,5,143,", (3, 1), "'1970-01-01T00:30:00+01:00' is"),
    "the-missing-hour": ("2025-03-30 02:30,5,143,", (3, 1), "'2025-03-30 02:30' did not exist"),
    "the-doubled-hour": ("2025-10-26 02:30,5,143,", (3, 1), "'2025-10-26 02:30' happened twice"),
    # joined files
    "the-header-again": (HEADER.strip(), (3, 1), "the header again"),
    "a-whole-file-again": ("\ufeff" + HEADER.strip(), (3, 1), "the header again"),
    "a-quoted-header-again": ('\ufeff"timestamp","inverterKWh"', (3, 1), "the header again"),
    "byte-order-mark-within": ("\ufeff2025-11-08 07:00,5,143,", (3, 1), "a byte-order mark within"),
    "byte-order-mark-before-a-quote": (
        '\ufeff"2025-11-08 07:00",5,143,',
        (3, 1),
        "a byte-order mark within",
    ),
    "no-newline-between": (GOOD.strip() + HEADER.strip(), (3, 43), "7 cells in this row"),
    # without end
    "endless": ("x" * (LINE_LIMIT + 1), (3, LINE_LIMIT + 1), "a line of 65536 bytes or more"),
}


@pytest.mark.parametrize(("row", "place", "message"), ROWS.values(), ids=ROWS.keys())
def test_row_that_is_wrong(row: bytes | str, place: tuple[int, int], message: str) -> None:
    """It costs itself alone, and is told at its line and column with a hint."""
    raw = row if isinstance(row, bytes) else row.encode()
    after = GOOD.replace("07T", "09T")
    table = read(HEADER.encode() + GOOD.encode() + raw + b"\n" + after.encode())
    assert len(table.problems) == 1
    problem = table.problems[0]
    assert (problem.line, problem.column) == place
    assert problem.message.startswith(message)
    assert problem.hint
    assert values(table) == ["5.42", "142.3"] * 2


@pytest.mark.parametrize(("row", "place", "message"), ROWS.values(), ids=ROWS.keys())
def test_last_row_that_is_wrong_without_a_newline(
    row: bytes | str, place: tuple[int, int], message: str
) -> None:
    """It is told just as one in the middle."""
    raw = row if isinstance(row, bytes) else row.encode()
    table = read(HEADER.encode() + GOOD.encode() + raw)
    assert [(p.line, p.column) for p in table.problems] == [place]
    assert table.problems[0].message.startswith(message)
    assert values(table) == ["5.42", "142.3"]


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte-order-mark"])
def test_columns_count_characters_as_an_editor_shows_them(mark: str) -> None:
    """A letter of four bytes is one column; a byte-order mark at the start is none."""
    table = read(mark + "note,meter,timestamp\n🌞€ä,1e5,2025-11-08 07:00\n")
    assert [(p.line, p.column) for p in table.problems] == [(2, 5)]
    assert stopped(mark + "timestamp,€\n").column == 11


def test_place_after_a_note_of_several_lines() -> None:
    """The line is that of the cell, not of the row's beginning."""
    header = "timestamp,note,meter\n"
    table = read(header + '2025-11-08 07:00,"a\nbä ""c""",1e5\n')
    assert [(p.line, p.column) for p in table.problems] == [(3, 11)]


def test_bad_bytes_on_the_second_line_of_a_note() -> None:
    """They spoil one row, told at their own place."""
    row = '2025-11-08 07:00,5,143,"one\nzwei ä\ndrei"\n'.encode("latin-1")
    table = read(HEADER.encode() + row + GOOD.encode())
    assert [(p.line, p.column) for p in table.problems] == [(3, 6)]
    assert values(table) == ["5.42", "142.3"]


@pytest.mark.parametrize(
    "later",
    [
        '2025-11-10 07:00,6,144,"a note"\n',
        '"2025-11-10 07:00","6","144",""\n',
        '2025-11-10 07:00,6,144,"a ""note"" of\ntwo lines"\n',
    ],
    ids=["a-quoted-note", "all-quoted", "a-note-of-two-lines"],
)
def test_quote_never_closed_before_rows_with_quotes(later: str) -> None:
    """It costs its own row; those between it and the next quote are read."""
    between = "".join(f"2025-11-08 07:{minute:02d},,150,\n" for minute in range(50))
    table = read(HEADER + '2025-11-07 07:00,"5,142,\n' + between + later + GOOD)
    assert [(p.line, p.column) for p in table.problems] == [(2, 18)]
    assert table.rows == 53
    assert len(table.readings) == 54


def test_quote_never_closed_on_every_row() -> None:
    """Each is told at its own place."""
    rows = "".join(f'2025-11-08 07:{minute:02d},"5,143,\n' for minute in range(60))
    table = read(HEADER + rows)
    assert [(p.line, p.column) for p in table.problems] == [(n + 2, 18) for n in range(60)]


# -- files that are wrong --------------------------------------------------------------

# name: (the file, its place, how the message begins)
FILES: dict[str, tuple[bytes | str, tuple[int, int], str]] = {
    # not text in lines
    "utf-16": (HEADER.encode("utf-16"), (1, 1), "the file is UTF-16"),
    "utf-16-big-endian": (b"\xfe\xff" + HEADER.encode("utf-16-be"), (1, 1), "the file is UTF-16"),
    "utf-16-without-mark": (HEADER.encode("utf-16-le"), (1, 1), "the file is UTF-16"),
    "utf-16-be-without-mark": (HEADER.encode("utf-16-be"), (1, 1), "the file is UTF-16"),
    "gzip": (b"\x1f\x8b\x08\x00", (1, 1), "the file is compressed with gzip"),
    "xlsx-or-zip": (b"PK\x03\x04", (1, 1), "the file is a zip archive or a spreadsheet"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", (1, 1), "the file is an old Excel workbook"),
    "pdf": (b"%PDF-1.7\n", (1, 1), "the file is a PDF"),
    "ledger": (b"SQLite format 3\0", (1, 1), "the file is a database"),
    "old-mac": ((HEADER + GOOD).replace("\n", "\r"), (1, 38), "lines end in a carriage return"),
    "old-mac-with-mark": ("\ufeff" + HEADER.replace("\n", "\r") + "x", (1, 38), "lines end in a"),
    "zeros": (b"\0" * 4096, (1, 1), "a NUL byte"),
    "endless": ("timestamp," * 10_000, (1, LINE_LIMIT + 1), "a line of 65536 bytes or more"),
    # the header
    "other-text": ("hello world\n", (1, 1), "no column is named timestamp"),
    "no-header": (GOOD, (1, 1), "no column is named timestamp"),
    "no-timestamp": ("time,meterValue\n", (1, 1), "no column is named timestamp"),
    "no-values": ("timestamp,note\n", (1, 1), "no column holds a meter's values"),
    "column-twice": ("timestamp,meterValue,MeterValue\n", (1, 22), "column 'MeterValue' is there"),
    "timestamp-twice": (
        "timestamp,meter,timestamp\n",
        (1, 17),
        "column 'timestamp' is there twice",
    ),
    "meter-twice": ("timestamp,meterValue,meter\n", (1, 22), "a second column for meter meter"),
    "column-without-name": ("timestamp,,meterValue\n", (1, 11), "a column without a name"),
    "comma-at-the-end": ("timestamp,meterValue,\n", (1, 22), "a column without a name"),
    "unknown-column": ('"timestamp",meterValue,gas\n', (1, 24), "there is no meter 'gas'"),
    "semicolons": ("timestamp;meterValue\n", (1, 10), "columns are separated by semicolons"),
    "quoted-semicolons": ('"timestamp";"meter"\n', (1, 12), "columns are separated by semicolons"),
    "tabs": ("timestamp\tmeterValue\n", (1, 10), "columns are separated by tabs"),
    "bars": ("timestamp|meterValue\n", (1, 10), "columns are separated by bars"),
    "quote-open-in-header": ('timestamp,"meterValue\n', (1, 11), "a quote that is never closed"),
    "latin-1-header": ("timestamp,Zähler\n".encode("latin-1"), (1, 12), "byte 0xe4 is not UTF-8"),
}


@pytest.mark.parametrize(("data", "place", "message"), FILES.values(), ids=FILES.keys())
def test_file_that_is_wrong_as_a_whole(
    data: bytes | str, place: tuple[int, int], message: str
) -> None:
    """It is refused before any row, at the place that shows why."""
    problem = stopped(data)
    assert (problem.line, problem.column) == place
    assert problem.message.startswith(message)
    assert problem.hint


# -- what a person says of a file ------------------------------------------------------


def test_decimal_commas_that_were_announced() -> None:
    """They are read; points are then what is wrong."""
    text = HEADER + '2025-11-07T14:30:00Z,"5,42",142,\n2025-11-08T14:30:00Z,5.42,"142,3",\n'
    table = read(text, Options(decimal=","))
    assert values(table) == ["5.42", "142"]
    assert table.problems[0].message.startswith("'5.42' has a point")


def test_zone_that_was_announced() -> None:
    """It is that of times without an offset, also for meters with another."""
    text = "timestamp,meter\n2025-07-01 12:00,5\n2025-07-01T12:00+02:00,6\n"
    table = read(text, Options(zone=UTC))
    assert [r.at for r in table.readings] == [
        instant("2025-07-01T12:00Z"),
        instant("2025-07-01T10:00Z"),
    ]


# name: (header, options, what it is read as: meters in the order of the columns)
SAID: dict[str, tuple[str, Options, list[str]]] = {
    "map": ("Zählerstand", Options((("Zählerstand", "meter"),)), ["meter"]),
    "map-in-another-case": ("Stand", Options((("stand", "METERVALUE"),)), ["meter"]),
    "map-a-known-column": ("meterValue", Options((("meterValue", "inverter"),)), ["inverter"]),
    "map-two": ("a,b", Options((("b", "meter"), ("a", "inverter"))), ["inverter", "meter"]),
    "map-a-fixed-name": ("note", Options((("note", "meter"),)), ["meter"]),
    "meter": ("kWh", Options(meter="meter"), ["meter"]),
    "meter-over-a-known-column": ("meterValue", Options(meter="inverter"), ["inverter"]),
    "meter-beside-map": ("a,b", Options((("a", "meter"),), "inverter"), ["meter", "inverter"]),
}


@pytest.mark.parametrize(("columns", "options", "meters"), SAID.values(), ids=SAID.keys())
def test_columns_whose_meter_was_said(columns: str, options: Options, meters: list[str]) -> None:
    """They are that meter's, whatever they are called."""
    text = f"timestamp,{columns}\n2025-11-07T14:30Z{',5' * len(meters)}\n"
    assert [reading.meter for reading in read(text, options).readings] == meters


# name: (header, options, column, how the message begins)
SAID_WRONG: dict[str, tuple[str, Options, int, str]] = {
    "map-of-no-column": ("meter", Options((("gas", "meter"),)), 1, "--map names a column 'gas'"),
    "map-to-no-meter": ("a", Options((("a", "gas"),)), 11, "there is no meter 'gas'"),
    "map-to-one-there": ("a,meter", Options((("a", "meter"),)), 13, "a second column for meter"),
    "meter-of-two": ("a,b", Options(meter="meter"), 13, "--meter is for one column of values"),
    "meter-of-none": (
        "a",
        Options((("a", "meter"),), "inverter"),
        1,
        "--meter is for one column of values, and --map",
    ),
    "meter-unknown": ("a", Options(meter="gas"), 11, "there is no meter 'gas'"),
}


@pytest.mark.parametrize(
    ("columns", "options", "column", "message"), SAID_WRONG.values(), ids=SAID_WRONG.keys()
)
def test_columns_of_which_something_impossible_was_said(
    columns: str, options: Options, column: int, message: str
) -> None:
    """The file is refused at the column in question."""
    problem = stopped(f"timestamp,{columns}\n", options)
    assert (problem.line, problem.column) == (1, column)
    assert problem.message.startswith(message)


def test_columns_of_no_meter_that_may_be_made() -> None:
    """With --create-meters the hint says that it makes none here."""
    hint = stopped("timestamp,meter,gas\n", Options(create=True)).hint
    assert "--create-meters makes none here" in hint
    assert "--create-meters" not in stopped("timestamp,meter,gas\n", Options()).hint


# -- the further columns ---------------------------------------------------------------


def test_quality_code_and_note() -> None:
    """They are kept as they are, less the apostrophe that keeps a spreadsheet from running them."""
    text = (
        "timestamp,meter,quality,quality_code,note\n"
        "2025-11-07T14:30Z,5,Estimated,'-E,'=1+1\n"
        "2025-11-08T14:30Z,6,,,''\n"
    )
    first, second = read(text).readings
    assert (first.quality, first.quality_code, first.note) == ("estimated", "-E", "=1+1")
    assert (second.quality, second.quality_code, second.note) == ("actual", None, "'")


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        ("guessed,,", 21, "'guessed' is not a quality"),
        (",\x1b[2J,", 22, "'\\x1b[2J' is not a quality code"),
        (f",{'x' * 61},", 22, "'xxx"),
        (",,A-7", 23, "meter meter has no device with serial 'A-7'"),
        (",,#2", 23, "meter meter has no device 2"),
        (f",,#{'9' * 5000}", 23, "meter meter has no device"),
    ],
    ids=["quality", "code-that-acts", "code-too-long", "serial", "device-number", "endless-number"],
)
def test_further_column_that_is_wrong(cells: str, column: int, message: str) -> None:
    """It is told at its own cell."""
    header = "timestamp,meter,quality,quality_code,device\n"
    (problem,) = read(f"{header}2025-11-07T14:30Z,5,{cells}\n").problems
    assert (problem.line, problem.column) == (2, column)
    assert problem.message.startswith(message)


def test_intervals() -> None:
    """A meter of kind interval needs `starts_at`, which comes first; no other may have it."""
    header = "timestamp,starts_at,slotKWh,meter\n"
    rows = (
        "2025-11-07T14:30Z,2025-11-07T14:15Z,0.1,\n"
        "2025-11-07T14:45Z,,0.1,\n"
        "2025-11-07T15:00Z,2025-11-07T15:00Z,0.1,\n"
        "2025-11-07T15:15Z,2025-11-07T15:00Z,,5\n"
        "2025-11-07T15:30Z,soon,0.1,\n"
    )
    table = read(header + rows)
    assert [reading.starts_at for reading in table.readings] == [instant("2025-11-07T14:15Z")]
    assert [(p.line, p.column) for p in table.problems] == [(3, 20), (4, 37), (5, 38), (6, 19)]


# -- whose table it is -----------------------------------------------------------------


def is_ours(header: str, options: Options = Options()) -> bool:  # noqa: B008 (immutable)
    """Whether a first line is taken for our own."""
    first = next(read_records(read_lines(BytesIO(header.encode()))))
    return Canonical().recognises(first, Context(METERS, Zones(BERLIN), NOW, options))


@pytest.mark.parametrize(
    "header",
    [
        "timestamp,meterValue\n",
        "Timestamp,METERVALUE,gas\n",
        "timestamp,starts_at,slotKWh,quality\n",
    ],
)
def test_a_table_of_ours(header: str) -> None:
    """It begins with the timestamp, and means meters there are."""
    assert is_ours(header)


@pytest.mark.parametrize(
    "header",
    [
        "timestamp,Grid to consumers,Solar to grid\n",
        "Timestamp,Meter,kWh Import,kWh Export\n",  # a meter may be called `meter` too
        "timestamp,device,kwh\n",
        "time,meterValue\n",
    ],
)
def test_a_table_of_someone_elses(header: str) -> None:
    """Its other columns are none of ours, or one that is not names a unit; --meter settles it."""
    assert not is_ours(header)
    assert is_ours("timestamp,kwh\n", Options(meter="meter"))
