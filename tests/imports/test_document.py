"""A file that was looked at: what separates its columns, its first rows, all its rows."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.errors import MeterctlError
from meterctl.imports.problems import Stop
from meterctl.imports.text.document import HEAD_ROWS, Document
from tests.imports.workbooks import workbook

# -- what separates the columns --------------------------------------------------------

TABLES = {
    "commas": ("a,b\n1,2\n3,4\n", ",", ["3", "4"]),
    "semicolons": ("a;b\n1;2\n", ";", ["1", "2"]),
    "tabs": ("a\tb\n1\t2\n", "\t", ["1", "2"]),
    "vertical-bars": ("a|b\n1|2\n", "|", ["1", "2"]),
    "decimal-commas": ("a;b\n01.01.2024;0,25\n02.01.2024;0,5\n", ";", ["02.01.2024", "0,5"]),
    "decimal-commas-in-every-row": ("1,5;2,5\n3,5;4,5\n", ";", ["3,5", "4,5"]),
    "decimal-commas-and-a-unit-row": ("a;b;c\n-;kWh;kWh\n1;1,5;2,5\n", ";", ["1", "1,5", "2,5"]),
    "decimal-commas-in-quotes": ('a,b\n1,"2,5"\n3,"4,5"\n', ",", ["3", "4,5"]),
    "decimal-commas-between-tabs": ("a\tb\n1,5\t2,5\n3,1\t4,5\n", "\t", ["3,1", "4,5"]),
    "semicolons-within-a-comma-table": ('t,v,n\n1,2,"x;y"\n3,4,p;q\n', ",", ["3", "4", "p;q"]),
    "a-title-with-commas": (
        "Zähler, Haus, Keller\nDatum;Stand\n1.1.;5\n2.1.;6\n",
        ";",
        ["2.1.", "6"],
    ),
    "a-preamble-with-bars": ("Version|Tool|x\n\nt,[Wh],[Wh]\n1,2,3\n", ",", ["1", "2", "3"]),
    "a-long-preamble": (
        "".join(f"Line {n}: something, or other\n" for n in range(60)) + "a;b\n1;2,5\n" * 40,
        ";",
        ["1", "2,5"],
    ),
    "rows-of-several-widths": ("100,NEM12\n200,a,b,c\n300,1,2\n300,3,4\n", ",", ["300", "3", "4"]),
    "one-row": ("a;b,c;d", ";", ["a", "b,c", "d"]),
    "rows-wider-than-the-header": ("a;b\n1;2;;;\n3;4;;;\n", ";", ["3", "4", "", "", ""]),
    "spaces-after-commas": ("a, b, c\n 1, 2, 3\n", ",", ["1", "2", "3"]),
    "nothing": ("a\n1\n2\n", "", ["2"]),
    "nothing-but-a-title-with-a-comma": ("Strom, Haus\n1\n2\n3\n", ",", ["3"]),
    "told": ("sep=;\na,x;b\n1,5;2\n", ";", ["1,5", "2"]),
    "told-in-quotes": ('\ufeff"sep=|"\r\na|b\r\n1|2\r\n', "|", ["1", "2"]),
    "told-a-tab": ("sep=\t\na\tb\n1\t2\n", "\t", ["1", "2"]),
    "told-with-empty-cells-behind": ("sep=;;;\na;b\n1;2\n", ";", ["1", "2"]),
    "told-but-not-so": ("SEP=;\na,b\n1,2\n", ",", ["1", "2"]),
    "told-an-odd-one": ("sep=^\na^b\n1^2\n", "^", ["1", "2"]),
    "each-row-in-quotes": ('"a,b"\n"1,""2,5"""\n"3,""4"""\n', ",", ["3", "4"]),
    "each-row-in-quotes-with-empty-cells": ('"a;b";;\n"1;2,5";;\n', ";", ["1", "2,5"]),
}


@pytest.mark.parametrize(("text", "delimiter", "last"), TABLES.values(), ids=TABLES.keys())
def test_delimiter(text: str, delimiter: str, last: list[str]) -> None:
    """It is the one that makes a table of the rows; a decimal mark is none."""
    document = Document.of(text.encode())
    assert document.delimiter == delimiter
    records = list(document.records())
    assert records[-1].cells == last
    assert tuple(records[:HEAD_ROWS]) == document.head
    assert records[-1].line == text.count("\n") + (not text.endswith("\n"))


def test_what_is_told_of_it() -> None:
    """A person reads what is unusual; commas are not."""
    assert Document.of(b"a,b\n1,2\n").notes == ()
    assert Document.of(b"a;b\n1;\xe4\n").notes == (
        "read as Windows-1252",
        "columns are separated by semicolons",
    )
    assert Document.of(b"sep=^\na^b\n").notes == ("columns are separated by `^`",)
    assert Document.of(b'"a,b"\n"1,2"\n').notes == (
        "each row stands in one pair of quotes, which were taken off",
    )


# -- rows ------------------------------------------------------------------------------


def test_rows_from_a_line_on() -> None:
    """The rows can be read again and again, also from behind the header on."""
    document = Document.of(b"title\n\na,b\n1,2\n3,4\n")
    for _ in range(2):
        assert [record.line for record in document.records()] == [1, 3, 4, 5]
        assert [record.cells for record in document.records(after=3)] == [["1", "2"], ["3", "4"]]


def test_two_readings_side_by_side() -> None:
    """Each has its own place: a layout may look ahead."""
    document = Document.of(b"a,b\n" + b"1,2\n" * 50_000)
    first, second = document.records(), document.records()
    assert [next(first).line, next(second).line, next(second).line, next(first).line] == [
        1,
        1,
        2,
        2,
    ]
    assert sum(1 for _ in second) == 49_999
    assert sum(1 for _ in first) == 49_999


def test_head() -> None:
    """It holds the first rows with anything in them."""
    document = Document.of(b";;\n" * 500 + b"a;b\n" + b"1;2\n" * 500)
    assert (len(document.head), document.head[0].line) == (HEAD_ROWS, 501)


def test_head_of_very_long_rows() -> None:
    """It ends where it would cost memory."""
    row = b"sensor.grid," + b"0.25," * 200_000 + b"\n"
    assert 2 <= len(Document.of(row * 20).head) < 10


def test_empty_file() -> None:
    """It has no rows."""
    for data in (b"", b"\xef\xbb\xbf", b"\n\n", b"sep=;", "".encode("utf-16")):
        document = Document.of(data)
        assert (document.head, list(document.records())) == ((), [])


_PIECES = [
    b"a",
    b"1",
    b",",
    b";",
    b"\n",
    b"\r",
    b'"',
    b"'",
    b'="',
    b"\t",
    b"|",
    b" ",
    b"sep=",
    b"\0",
]
_PIECES += [
    b"\xc3",
    b"\xa4",
    b"\x81",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"<",
    b"PK\x03\x04",
    b"\x1f\x8b",
]


@given(st.lists(st.sampled_from(_PIECES)).map(b"".join))
def test_any_bytes(data: bytes) -> None:
    """They are rows in order, each with something in it or a problem; or refused by us."""
    try:
        document = Document.of(data)
    except (Stop, MeterctlError):
        return
    records = list(document.records())
    lines = [record.line for record in records]
    assert lines == sorted(set(lines))
    assert all(record.problem or any(record.cells) for record in records)
    assert tuple(records[:HEAD_ROWS]) == document.head


# -- what is no table ------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_xml(encoding: str) -> None:
    """It is said, for those who read it; its bytes are there."""
    text = '<?xml version="1.0"?>\n<feed>a,b</feed>\n'
    document = Document.of(text.encode(encoding), "a.xml")
    assert (document.name, document.is_xml, document.delimiter) == ("a.xml", True, "")
    assert text.encode(encoding).startswith(document.start)
    document.file.seek(0)
    assert document.file.read() == text.encode(encoding)
    assert not Document.of(b"a<b\n").is_xml


OTHERS = {
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook, or one with a password"),
    "pdf": (b"%PDF-1.7\n", "a PDF"),
    "database": (b"SQLite format 3\0", "a database"),
    "png": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "jpeg": (b"\xff\xd8\xff\xe0", "a picture"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    "json": (b' [ {"a": 1}]', "JSON"),
    "json-of-one": ("\ufeff{\n  'a'".replace("'", '"').encode(), "JSON"),
    "program": (b"\x7fELF" + bytes(range(256)) * 4, "not text"),
    "zeros": (bytes(5000), "not text"),
    "web-page": (b"\n<!DOCTYPE html><html>", "a web page"),
    "web-page-with-mark": ("<HTML>".encode("utf-16"), "a web page"),
}


@pytest.mark.parametrize(("data", "what"), OTHERS.values(), ids=OTHERS.keys())
def test_other_files(data: bytes, what: str) -> None:
    """They are refused by what they are, with what to do."""
    with pytest.raises(Stop, match=f"the file is {what}") as caught:
        Document.of(data)
    assert caught.value.problem.hint


def test_text_that_looks_like_something_else() -> None:
    """A few odd bytes, or a bracket, are text."""
    for data in (b"[Meter]\na,b\n", b"{a}\n", b"a\0\0\0\0\0,b\n1,2\n", "щ,ы\n".encode("utf-16")):
        assert Document.of(data).head


# -- bounds ----------------------------------------------------------------------------

READER = """
    import sys
    from meterctl.imports.text.document import look_at
    from meterctl.imports.formats import Options
    from meterctl.imports.text.source import open_sources
    for source in open_sources(sys.argv[1]):
        document = look_at(source, Options())
        rows = problems = 0
        for record in document.records():
            rows += 1
            problems += record.problem is not None
        print(source.size >> 20, rows, problems)
    status = open("/proc/self/status").read()
    print(int(status.partition("VmHWM:")[2].split()[0]) >> 10)
"""

STREAMS = {
    "an-endless-line": (300, "'x' * MIB", "b''", "300 1 1"),
    "an-endless-line-of-cells": (60, "'1,' * (MIB // 2)", "b''", "60 1 1"),
    "an-endless-quoted-cell": (60, "chr(34) + 'x' * (MIB - 1)", "b''", "60 1 1"),
    "an-endless-line-then-a-table": (60, "'x' * MIB", r"b'\na,b\n1,2\n'", "60 3 1"),
    "many-long-lines": (60, "('1,' * 99_000 + chr(10)) * 5", "b''", "56 300 0"),
    "plain-rows": (20, r"'2024-01-01 00:00,1.25\n' * 47_662", "b''", "19 953240 0"),
}


@pytest.mark.parametrize(("size", "piece", "end", "told"), STREAMS.values(), ids=STREAMS.keys())
def test_memory(size: int, piece: str, end: str, told: str) -> None:
    """Hundreds of megabytes through a pipe take some tens, however long the lines are."""
    writer = f"import sys; MIB = 1 << 20; piece = ({piece}).encode()\n"
    writer += f"for _ in range({size}): sys.stdout.buffer.write(piece)\n"
    writer += f"sys.stdout.buffer.write({end})"
    with subprocess.Popen([sys.executable, "-c", writer], stdout=subprocess.PIPE) as source:
        reader = [sys.executable, "-c", textwrap.dedent(READER), "-"]
        done = subprocess.run(reader, stdin=source.stdout, capture_output=True, check=True)
    counts, peak = done.stdout.decode().splitlines()
    assert counts == told
    assert int(peak) < 150


def test_memory_of_a_workbook() -> None:
    """So does a workbook with tens of thousands of rows and a million texts."""
    row = '<row><c t="s"><v>1000000</v></c><c><v>0.1</v></c></row>'
    strings = "<si><t>text</t></si>" * 1_000_001
    Path("a.xlsx").write_bytes(workbook({"One": row * 50_000}, strings=strings))
    reader = [sys.executable, "-c", textwrap.dedent(READER), "a.xlsx"]
    done = subprocess.run(reader, capture_output=True, check=True)
    counts, peak = done.stdout.decode().splitlines()
    assert counts.endswith(" 50000 0")
    assert int(peak) < 150
