"""Other people's tables, leniently: what can mean one thing only is taken so, and no more."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.imports.text.cells import Record, place_of_cell
from meterctl.imports.text.lenient import CELL_LIMIT, read_leniently
from meterctl.imports.text.lines import FOREIGN_LIMIT, read_foreign_lines


def read(data: str | bytes, delimiter: str = ",", encoding: str = "utf-8") -> list[Record]:
    """The rows of a text."""
    file = BytesIO(data if isinstance(data, bytes) else data.encode())
    return list(read_leniently(read_foreign_lines(file, encoding), delimiter))


def cells(data: str | bytes, delimiter: str = ",", encoding: str = "utf-8") -> list[list[str]]:
    """The cells of a text in which nothing is wrong."""
    records = read(data, delimiter, encoding)
    assert [record.problem for record in records] == [None] * len(records)
    return [record.cells for record in records]


ROWS = {
    "plain": ("a,b,c", ["a", "b", "c"]),
    "spaces-around": (" a ,\tb , c", ["a", "b", "c"]),
    "no-break-spaces": ("\u00a0a\u00a0,\u202fb,\u2007c\u200b", ["a", "b", "c"]),
    "spaces-within": ("a  b,c\u00a0d", ["a  b", "c\u00a0d"]),
    "quoted-after-a-space": ('0.125, "b,c" ,d', ["0.125", "b,c", "d"]),
    "quoted-before-a-no-break-space": ('"a"\u00a0,"b"\u00a0', ["a", "b"]),
    "quoted-with-spaces-within": ('" a ","b "', ["a", "b"]),
    "every-cell-quoted": ('"a","","c"', ["a", "", "c"]),
    "a-quoted-delimiter": ('",",a', [",", "a"]),
    "quotes-within-quotes": ('"a ""b""",c', ['a "b"', "c"]),
    "two-quoted-quotes-side-by-side": ('"a"",""b",c', ['a","b', "c"]),
    "a-quote-in-a-bare-cell": ('Usage 5" pipe,"x"', ['Usage 5" pipe', "x"]),
    "a-text-of-excel": ('="541",="",1', ["541", "", "1"]),
    "a-text-of-excel-with-a-delimiter": ('="5,41",1', ["5,41", "1"]),
    "a-text-of-excel-quoted-again": ('"=""541""",1', ["541", "1"]),
    "an-equals-sign-alone": ("=5,a=b", ["=5", "a=b"]),
    "apostrophe-before-digits": ("'1044,'00:15,\"'7\"", ["1044", "00:15", "7"]),
    "apostrophe-before-letters": ("'a','-5',o'clock", ["'a'", "'-5'", "o'clock"]),
    "empty-cells-at-the-end": ("a,b,,,", ["a", "b", "", "", ""]),
    "end-of-file-mark-of-dos": ("a,b\x1a", ["a", "b"]),
}


@pytest.mark.parametrize(("text", "expected"), ROWS.values(), ids=ROWS.keys())
def test_row(text: str, expected: list[str]) -> None:
    """Its cells come trimmed, without the marks of spreadsheets, and whole."""
    assert cells(text) == [expected]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"], ids=["lf", "crlf", "cr", "crcrlf"])
def test_line_ends(end: str) -> None:
    """Each kind ends a line once, also the last one without it; lines count from 1."""
    records = read(end.join(['a,"b"', "1,2", "", '3,"4', '5"', "6,7"]))
    assert [(record.line, record.cells) for record in records] == [
        (1, ["a", "b"]),
        (2, ["1", "2"]),
        (4, ["3", "4\n5"]),
        (6, ["6", "7"]),
    ]


def test_carriage_return_within_a_line() -> None:
    """It ends no line in a file whose lines end otherwise: one value never becomes two."""
    assert cells("a,b\n1,2\r3\n4,5\r\n") == [["a", "b"], ["1", "2\r3"], ["4", "5"]]


def test_rows_with_nothing_in_them() -> None:
    """Blank lines and those of delimiters, spaces and empty quotes are no rows."""
    text = "\n  \n;;;\na;b\n" + " ; ;\u00a0;\n" * 300 + '"";"";\n1;2\n\x1a'
    records = read(text, ";")
    assert [(record.line, record.cells) for record in records] == [
        (4, ["a", "b"]),
        (306, ["1", "2"]),
    ]


def test_cell_over_several_lines() -> None:
    """A quoted heading may hold line breaks; the row is where it begins."""
    records = read('"Energy\n Delivered",b\n1,2\n')
    assert [(record.line, record.cells) for record in records] == [
        (1, ["Energy\n Delivered", "b"]),
        (3, ["1", "2"]),
    ]


def test_one_cell_a_line() -> None:
    """Without a delimiter a line is a cell, quoted or not."""
    assert cells('a, b\n"c"\n="7"\n', "") == [["a, b"], ["c"], ["7"]]


PROBLEMS = {
    "quote-never-closed": ('1,"2\n3,4\n', (1, 3, "a quote that is never closed"), [["3", "4"]]),
    "text-after-a-quote": ('"1"x,2\n3,4\n', (1, 4, "text after a closing quote"), [["3", "4"]]),
    "nul": ("1,\0,3\n3,4\n", (1, 3, "a NUL byte"), [["3", "4"]]),
    "nul-in-a-quoted-cell": ('1,"\0"\n3,4\n', (1, 4, "a NUL byte"), [["3", "4"]]),
    "bad-byte": (
        b"a\xc3\xa4,\xe4\n3,4\n",
        (1, 4, "byte 0xe4 is not in the encoding that the file is in"),
        [["3", "4"]],
    ),
    "too-many-cells": (
        "," * CELL_LIMIT + "1\n3,4\n",
        (1, 1, "more than 200000 cells in this row"),
        [["3", "4"]],
    ),
    "too-long": (
        "x" * (FOREIGN_LIMIT + 200_000) + "\n3,4\n",
        (1, FOREIGN_LIMIT + 1, "a line of more than 4194304 characters"),
        [["3", "4"]],
    ),
}


@pytest.mark.parametrize(("data", "place", "rest"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_what_is_wrong(
    data: str | bytes, place: tuple[int, int, str], rest: list[list[str]]
) -> None:
    """It is told with its place, and the next row is the next row."""
    bad, *good = read(data)
    assert bad.problem is not None
    assert bad.problem[:3] == place
    assert bad.problem.hint
    assert [record.cells for record in good] == rest


def test_bad_line_within_a_quoted_cell() -> None:
    """A quote is not closed across a line that cannot be read; both are told."""
    records = read(b'1,"a\n\xff",2\n3,4\n')
    assert [record.problem and record.problem.line for record in records] == [1, 2, None]


@pytest.mark.parametrize(
    ("text", "delimiter", "columns"),
    [
        ("a,b,c", ",", [1, 3, 5, 6]),
        ('0.125, "b,c" ,d', ",", [1, 7, 15, 16]),
        ('="5;41";x;"y";z', ";", [1, 9, 11, 15, 16]),
        ('a "b;c;d', ";", [1, 6, 8, 9]),
        ("a\tb", "\t", [1, 3, 4]),
    ],
)
def test_place_of_a_cell(text: str, delimiter: str, columns: list[int]) -> None:
    """It is the column in the file at which the cell begins; past the end, the end."""
    (record,) = read(text, delimiter)
    assert len(record.cells) == len(columns) - 1
    assert [place_of_cell(record, index) for index in range(len(columns))] == [
        (1, column) for column in columns
    ]


def test_place_of_a_cell_without_delimiter() -> None:
    """Of a worksheet it is the row's number and the column's."""
    assert place_of_cell(Record(7, ["a", "b"], "a\tb", None, ""), 1) == (7, 2)


_CELL = st.text(st.sampled_from('ab1 ,;\t"=|.\n\u00e4'), max_size=6).map(str.strip)


@given(st.lists(st.lists(_CELL, min_size=2), max_size=5), st.sampled_from(",;|\t"), st.booleans())
def test_what_a_writer_of_tables_wrote(rows: list[list[str]], delimiter: str, is_all: bool) -> None:
    """Sound tables come back as they are, each cell at its place; only empty rows are left out."""
    text = StringIO()
    dialect = csv.unix_dialect if is_all else csv.excel
    csv.writer(text, dialect, delimiter=delimiter, lineterminator="\n").writerows(rows)
    records = read(text.getvalue(), delimiter)
    meaning = [[_meant(cell) for cell in row] for row in rows]
    assert [record.cells for record in records if _is_told(record.cells)] == list(
        filter(_is_told, meaning)
    )
    lines = text.getvalue().split("\n")
    for record in records:
        for index, cell in enumerate(record.cells):
            line, column = place_of_cell(record, index)
            rest = lines[line - 1][column - 1 :]
            assert rest.lstrip('"= ').startswith(cell.split("\n")[0].lstrip('"= ')[:1])


def _meant(cell: str) -> str:
    """What a cell means: a spreadsheet's `="text"` is that text."""
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 2:
        return cell[2:-1].strip()
    return cell


def _is_told(cells: list[str]) -> bool:
    """Whether there is more in a row than quotes and delimiters."""
    return any(cell.strip(' ,;|\t"') for cell in cells)
