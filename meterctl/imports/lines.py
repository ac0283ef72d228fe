"""Bytes to numbered lines of text, strictly: nothing is replaced, nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from meterctl.imports.problems import Problem, Stop

# A line longer than this is no table's; it is passed over without being held in memory.
LINE_LIMIT = 1 << 16

_NOT_TEXT = (
    (b"\xff\xfe", "the file is UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "the file is UTF-16", "save it as UTF-8"),
    (b"PK\x03\x04", "the file is a zip archive or a spreadsheet", "unpack it, or save it as CSV"),
    (b"\x1f\x8b", "the file is compressed with gzip", "unpack it first: gunzip FILE"),
    (b"SQLite format 3", "the file is a database", "export it as CSV"),
    (b"%PDF", "the file is a PDF", "export the table as CSV"),
)


class Line(NamedTuple):
    """A line without its end, or what is wrong with it."""

    number: int
    text: str
    problem: Problem | None = None


def read_lines(file: BinaryIO) -> Iterator[Line]:
    """Yield every line of a UTF-8 file, with or without a byte-order mark.

    Raises:
        Stop: the file is of a kind that has no lines.
    """
    number = 0
    readline = file.readline
    while raw := readline(LINE_LIMIT):
        number += 1
        if number == 1:
            for start, what, hint in _NOT_TEXT:
                if raw.startswith(start):
                    raise Stop(Problem(1, 1, what, hint))
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if len(raw) == LINE_LIMIT and not raw.endswith(b"\n"):
            _pass_over(file)
            yield Line(number, "", _too_long(number))
            continue
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            column = len(raw[: error.start].decode(errors="replace")) + 1
            shown = raw.decode(errors="backslashreplace").rstrip("\r\n")
            yield Line(
                number,
                "",
                Problem(
                    number,
                    column,
                    f"byte 0x{raw[error.start]:02x} is not UTF-8",
                    "save the file as UTF-8 (it may be Windows-1252 or Latin-1)",
                    shown,
                ),
            )
            continue
        text = text.removesuffix("\n").removesuffix("\r")
        if "\0" in text:
            yield Line(
                number,
                "",
                Problem(
                    number,
                    text.index("\0") + 1,
                    "a NUL byte",
                    "the file is damaged or not text; export it again",
                    text.replace("\0", "\\0"),
                ),
            )
            continue
        yield Line(number, text)


def _pass_over(file: BinaryIO) -> None:
    """Read on to the end of the line, holding no more than a piece of it."""
    while (rest := file.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
        pass


def _too_long(number: int) -> Problem:
    return Problem(
        number,
        LINE_LIMIT,
        f"a line of more than {LINE_LIMIT} bytes",
        "a quote may be open, or the line ends be missing; export the file again",
    )
