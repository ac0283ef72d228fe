"""Bytes to numbered lines of text, strictly: nothing is replaced, nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from meterctl.errors import InputMissing
from meterctl.imports.problems import Problem, Stop

# A line as long as this is no table's; it is passed over without being held in memory.
LINE_LIMIT = 1 << 16

_BOM = b"\xef\xbb\xbf"
_NOT_TEXT = (
    (b"\xff\xfe", "the file is UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "the file is UTF-16", "save it as UTF-8"),
    (b"PK\x03\x04", "the file is a zip archive or a spreadsheet", "unpack it, or save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "the file is an old Excel workbook", "save it as CSV"),
    (b"\x1f\x8b", "the file is compressed with gzip", "unpack it first: gunzip FILE"),
    (b"SQLite format 3", "the file is a database", "export it as CSV"),
    (b"%PDF", "the file is a PDF", "export the table as CSV"),
)


class Line(NamedTuple):
    """A line without its end; with what is wrong with it, where something is."""

    number: int
    text: str
    problem: Problem | None = None


def read_lines(file: BinaryIO) -> Iterator[Line]:
    """Yield every line of a UTF-8 file, with or without a byte-order mark.

    Raises:
        Stop: the file is of a kind that has no lines.
        InputMissing: its disk fails.
    """
    number = 0
    readline = file.readline
    try:
        while raw := readline(LINE_LIMIT):
            number += 1
            is_whole = len(raw) < LINE_LIMIT or raw.endswith(b"\n")
            if number == 1:
                raw = _first(raw)
            if not is_whole:
                _pass_over(file)
                yield _too_long(number, raw)
                continue
            try:
                text = raw.decode()
            except UnicodeDecodeError as error:
                yield _undecodable(number, raw, error)
                continue
            text = text.removesuffix("\n").removesuffix("\r")
            if "\0" in text:
                yield _with_nul(number, text)
            else:
                yield Line(number, text)
    except OSError as error:
        raise InputMissing(
            f"reading failed after line {number}: {error.strerror}",
            "nothing of what was read since is stored; check the disk, and run it again",
        ) from error


def _first(raw: bytes) -> bytes:
    """The first line without its byte-order mark, if it is one of a text file in lines.

    Raises:
        Stop: it is not.
    """
    for start, what, hint in _NOT_TEXT:
        if raw.startswith(start):
            raise Stop(Problem(1, 1, what, hint))
    if len(raw) > 3 and [byte == 0 for byte in raw[:4]] in (
        [False, True, False, True],
        [True, False, True, False],
    ):
        raise Stop(Problem(1, 1, "the file is UTF-16", "save it as UTF-8"))
    raw = raw.removeprefix(_BOM)
    end = raw.rstrip(b"\r\n").find(b"\r")
    if end >= 0:
        raise Stop(
            Problem(
                1,
                _column(raw[:end]),
                "lines end in a carriage return alone, as on old Macs",
                "save the file with the line ends of Unix or Windows",
            )
        )
    return raw


def _column(before: bytes) -> int:
    """The column, in characters, of what follows these bytes of its line."""
    return len(before.decode(errors="replace")) + 1


def _pass_over(file: BinaryIO) -> None:
    """Read on to the end of the line, holding no more than a piece of it."""
    while (rest := file.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
        pass


def _too_long(number: int, raw: bytes) -> Line:
    return Line(
        number,
        "",
        Problem(
            number,
            _column(raw),
            f"a line of {LINE_LIMIT} bytes or more",
            "a quote may be open, or the line ends be missing; export the file again",
        ),
    )


def _undecodable(number: int, raw: bytes, error: UnicodeDecodeError) -> Line:
    shown = raw.decode(errors="backslashreplace").rstrip("\r\n")
    message = f"byte 0x{raw[error.start]:02x} is not UTF-8"
    hint = "save the file as UTF-8 (it may be Windows-1252 or Latin-1)"
    return Line(number, shown, Problem(number, _column(raw[: error.start]), message, hint, shown))


def _with_nul(number: int, text: str) -> Line:
    shown = text.replace("\0", "\\0")
    hint = "the file is damaged or not text; export it again"
    return Line(number, shown, Problem(number, text.index("\0") + 1, "a NUL byte", hint, shown))
