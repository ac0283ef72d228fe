"""Bytes to numbered lines of text: strictly for our own files, with more patience for others'.

Neither replaces or guesses anything: a line that cannot be read is a line with a problem.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from meterctl.errors import InputMissing
from meterctl.imports.problems import Problem, Stop

# A line as long as this is no table's; it is passed over without being held in memory.
LINE_LIMIT = 1 << 16
# Some write a year of hours in one row; that is a long line, but not longer than this.
FOREIGN_LIMIT = 1 << 22
_PIECE = 1 << 16
_ODD = 0xDC00  # plus a byte: the letter that stands for a byte that is none
_SHOWN = 1 << 12  # of a line that cannot be read

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
        raise unread(number, error) from error


def unread(number: int, error: OSError) -> InputMissing:
    """What a disk that fails behind a line means."""
    return InputMissing(
        f"reading failed after line {number}: {error.strerror}",
        "nothing of what was read since is stored; check the disk, and run it again",
    )


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


def read_foreign_lines(file: BinaryIO, encoding: str) -> Iterator[Line]:
    """Yield every line of somebody else's file, whatever ends its lines.

    `encoding` is a codec's name; a byte-order mark is left out. Bytes that are none of its letters
    are a problem of their line.

    Raises:
        InputMissing: its disk fails.
    """
    number = 0
    try:
        for lines in _batches(_decoded(file, encoding)):
            for text in lines:
                number += 1
                yield Line(number, text) if _is_sound(text) else _spoilt(number, text)
    except OSError as error:
        raise unread(number, error) from error


def _is_sound(text: str) -> bool:
    if text.isascii():
        return "\0" not in text and len(text) <= FOREIGN_LIMIT
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text and len(text) <= FOREIGN_LIMIT


def _spoilt(number: int, text: str) -> Line:
    """A line with what is wrong with it."""
    if len(text) > FOREIGN_LIMIT:
        message = f"a line of more than {FOREIGN_LIMIT} characters"
        hint = "the line ends may be missing; export the file again"
        return Line(number, "", Problem(number, FOREIGN_LIMIT + 1, message, hint))
    if "\0" in text:
        return _with_nul(number, text[: max(text.index("\0") + 1, _SHOWN)])
    place = next(i for i, letter in enumerate(text) if "\ud800" <= letter <= "\udfff")
    shown = text[: max(place + 1, _SHOWN)].encode(errors="backslashreplace").decode()
    byte = ord(text[place]) - _ODD
    message = f"byte 0x{byte:02x} is not in the encoding that the file is in"
    hint = "it is damaged here: export it again, or say what it is in with --encoding"
    return Line(number, shown, Problem(number, place + 1, message, hint, shown))


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Bytes that cannot be decoded, as lone surrogates, which no text holds."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    odd = error.object[error.start : error.end]
    return "".join(chr(_ODD + byte) for byte in odd), error.end


codecs.register_error("meterctl.mark", _mark)


def _decoded(file: BinaryIO, encoding: str) -> Iterator[str]:
    """The text in pieces."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="meterctl.mark")
    place = 0
    is_first = True
    while True:
        file.seek(place)  # the file may be read elsewhere at the same time
        piece = file.read(_PIECE)
        if not piece:
            break
        place = file.tell()
        text = _decode(decoder, piece, encoding)
        yield text.removeprefix("\ufeff") if is_first else text
        is_first = is_first and not text
    yield _decode(decoder, b"", encoding, final=True)


def _decode(
    decoder: codecs.IncrementalDecoder, piece: bytes, encoding: str, *, final: bool = False
) -> str:
    """Some text.

    Raises:
        Stop: it is in another encoding altogether, such as UTF-16 without its mark.
    """
    try:
        return decoder.decode(piece, final=final)
    except UnicodeError as error:
        message = f"the file is not in {encoding}: {error}"
        raise Stop(Problem(1, 1, message, "leave --encoding out, or name another")) from None


def _batches(pieces: Iterator[str]) -> Iterator[list[str]]:
    """Lines without their ends, some at a time; of an endless one no more than shows that it is.

    A carriage return ends a line by itself only in a file that begins with such lines, as on old
    Macs: elsewhere it stands within a cell, and cutting there would make two rows of one.
    """
    rest = next(pieces, "")
    is_mac = "\r" in rest[:-1] and "\n" not in rest
    end = "\r" if is_mac else "\n"
    while True:
        lines = rest.split(end)
        if "\r" in rest:
            lines[:-1] = [line.strip("\r\n") for line in lines[:-1]]
        rest = lines.pop()
        yield lines
        piece = next(pieces, None)
        while piece is not None and len(rest) > FOREIGN_LIMIT:  # let go of what follows in its line
            cut = piece.find(end)
            if cut >= 0:
                piece = piece[cut:]
                break
            piece = next(pieces, None)
        if piece is None:
            break
        rest += piece
    if last := rest.strip("\r\n"):
        yield [last]
