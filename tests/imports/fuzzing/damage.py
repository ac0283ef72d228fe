"""What happens to files on their way: cut, doubled, saved otherwise, written over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from hypothesis import strategies as st

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.times import zone_named
from meterctl.imports.formats import Options
from meterctl.imports.layout import Label, Order
from tests.imports.fuzzing.samples import samples

Lines = list[str]
Edit = Callable[[Lines, float, str], Lines]

# Texts that stand where they do not belong: marks, numbers and dates in many a form, blanks.
ODD = (
    *("", " ", "\t", "\xa0", "\u202f", "\ufeff", "\x00", "\x1a", "\r", "\n", '"', '""', "'", "="),
    *(",", ";", "|", ".", "-", "--", "−", "+", "%", "€", "#", "\\", "/", ":", "<", "</", "&amp;"),
    *("0", "-1", "+1.5", "1,5", "1.234,56", "1,234.56", "1'234.5", "1 234,5", "1\u202f234", "1e9"),
    *("1E-7", "0x1F", "٣", "½", "²", "1_000", "nan", "inf", "-inf", "NULL", "n/a", "#REF!", "1."),
    *(".5", "00012", "9" * 15, "9" * 16, "9" * 400, "0." + "1" * 40, "1.5 kWh", "1,5kWh", "5 W"),
    *("2024-03-31 02:30", "2024-10-27 02:30", "2024-11-03 01:30", "31.03.2024 02:00", "24:00"),
    *("2024-02-30", "2023-02-29", "30/02/2024", "13/13/2024", "0000-00-00", "9999-12-31 23:59"),
    *("1600-01-01", "2199-01-01", "23:60", "25:00", "00:00:61", "12:00 AM", "1700000000", "45000"),
    *("2024-01-01T00:00:00+99:00", "2024-01-01T00:00:00-00:00", "2024-01-01T00:00:00.123456789Z"),
    *("Date", "Datum;Zeit", "kWh", "Wh", "m³", "Total", "Summe", "Import (kWh)", "Export (kWh)"),
    *(
        "100,NEM12,",
        "200,",
        "300,",
        "400,1,48,S,,",
        "500,",
        "900",
        "sep=;",
        "sep=,",
        '="1"',
        "x" * 70,
    ),
    *(
        "<!DOCTYPE x>",
        "<feed>",
        "<![CDATA[",
        "&#0;",
        "PK\x03\x04",
        "\x1b[31m",
        "\u202e",
        "\U0001f600",
    ),
    *("=1+1", "@SUM(A1)", "\ud800", "é", "e\u0301", "\uff21", "﷽", "\x85", "\u2028", "\v", "\f"),
)
LONG = "7" * 50_000
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1", "cp850")
ZONES: tuple[tzinfo | None, ...] = (
    None,
    *map(zone_named, ("UTC", "America/New_York", "Australia/Lord_Howe", "+05:45")),
)


def _at(lines: Lines, place: float) -> int:
    return min(int(place * len(lines)), max(len(lines) - 1, 0))


def _insert(lines: Lines, place: float, text: str) -> Lines:
    at = _at(lines, place)
    return [*lines[:at], text, *lines[at:]]


def _delete(lines: Lines, place: float, _text: str) -> Lines:
    at = _at(lines, place)
    return [*lines[:at], *lines[at + 1 :]]


def _double(lines: Lines, place: float, _text: str) -> Lines:
    at = _at(lines, place)
    return [*lines[: at + 1], *lines[at:]]


def _move(lines: Lines, place: float, _text: str) -> Lines:
    at = _at(lines, place)
    return [*lines[at + 1 :], *lines[: at + 1]]


def _reverse(lines: Lines, place: float, _text: str) -> Lines:
    at = _at(lines, place)
    return [*lines[:at], *reversed(lines[at:])]


def _twice(lines: Lines, place: float, _text: str) -> Lines:
    at = _at(lines, place)
    return [*lines, *lines[at:]]


def _cut(lines: Lines, place: float, text: str) -> Lines:
    whole = "\n".join(lines)
    return [*whole[: int(place * len(whole))].split("\n"), *([text] if len(text) > 1 else [])]


def _write(lines: Lines, place: float, text: str) -> Lines:
    whole = "\n".join(lines)
    at = int(place * len(whole))
    return (whole[:at] + text + whole[at:]).split("\n")


def _write_over(lines: Lines, place: float, text: str) -> Lines:
    whole = "\n".join(lines)
    at = int(place * len(whole))
    return (whole[:at] + text + whole[at + len(text) :]).split("\n")


def _replace_cell(lines: Lines, place: float, text: str) -> Lines:
    """Put a text in the place of one cell, whatever separates them."""
    if not lines:
        return lines
    at = _at(lines, place)
    mark = next((mark for mark in ";\t|," if mark in lines[at]), ",")
    cells = lines[at].split(mark)
    cells[int(place * 7919) % len(cells)] = text
    return [*lines[:at], mark.join(cells), *lines[at + 1 :]]


def _replace_column(lines: Lines, place: float, text: str) -> Lines:
    """Put a text in the place of one cell in every row."""
    for at in range(len(lines)):
        lines = _replace_cell(lines, (at + place) / len(lines), text)
    return lines


def _lengthen(lines: Lines, place: float, _text: str) -> Lines:
    return _write(lines, place, LONG)


def _other_marks(lines: Lines, place: float, text: str) -> Lines:
    mark = text if len(text) == 1 else ";"
    return [line.replace(";,\t|"[int(place * 3.99)], mark) for line in lines]


def _quote(lines: Lines, _place: float, _text: str) -> Lines:
    return ['"' + line.replace('"', '""') + '"' for line in lines]


def _pad(lines: Lines, place: float, _text: str) -> Lines:
    return [line + ";,\t "[int(place * 3.99)] * 200 for line in lines]


EDITS: tuple[Edit, ...] = (
    *(_insert, _delete, _double, _move, _reverse, _twice, _cut, _write, _write_over),
    *(_replace_cell, _replace_cell, _replace_column, _lengthen, _other_marks, _quote, _pad),
)


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """A sample with some things done to it; sometimes it is whole."""
    lines = draw(st.sampled_from(samples())).split("\n")
    texts = st.sampled_from(ODD) | st.text(max_size=4)
    edits = st.tuples(st.sampled_from(EDITS), st.floats(0, 1), texts)
    for edit, place, text in draw(st.lists(edits, max_size=4)):
        lines = edit(lines, place, text)
    end = draw(st.sampled_from(("\n", "\n", "\r\n", "\r")))
    encoding = draw(st.sampled_from(("utf-8", "utf-8", *ENCODINGS)))
    errors = "surrogatepass" if encoding.startswith("utf") else "ignore"
    data = end.join(lines).encode(encoding, errors)
    for place, byte in draw(
        st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=3)), max_size=2)
    ):
        at = int(place * len(data))
        data = data[:at] + byte + data[at + len(byte) :]
    return data


@st.composite
def answers(draw: st.DrawFn) -> Options:
    """What a person may say of a file: nothing, or all that could be asked."""
    if draw(st.booleans()):
        return Options()
    return Options(
        zone=draw(st.sampled_from(ZONES)),
        decimal=draw(st.sampled_from((None, ".", ","))),
        order=draw(st.sampled_from(Order)),
        label=draw(st.sampled_from(Label)),
        kind=draw(st.sampled_from((Kind.REGISTER, Kind.INTERVAL))),
        unit=draw(st.sampled_from(("kWh", "Wh", "m³"))),
        direction=draw(st.sampled_from((None, Direction.FROM_GRID, Direction.GENERATION))),
    )
