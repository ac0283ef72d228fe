"""What a file is that holds no table of text, by its first bytes."""

from __future__ import annotations

import re

from meterctl.imports.problems import Problem, Stop
from meterctl.imports.text.encoding import wide_codec

_SPACES = b"\xef\xbb\xbf \t\r\n"
_UNPACK = "unpack it, and import the files in it"
_AS_CSV = "export the table as CSV"
_OTHERS = (
    (b"\x1f\x8b", "the file is compressed with gzip", "unpack it first: gunzip FILE"),
    (b"PK\x03\x04", "the file is a zip archive", _UNPACK),
    (b"PK\x05\x06", "the file is a zip archive without files", _UNPACK),
    (b"BZh", "the file is compressed with bzip2", "unpack it first: bunzip2 FILE"),
    (b"\xfd7zXZ\x00", "the file is compressed with xz", "unpack it first: unxz FILE"),
    (b"\x28\xb5\x2f\xfd", "the file is compressed with zstd", "unpack it first: unzstd FILE"),
    (b"7z\xbc\xaf\x27\x1c", "the file is a 7-Zip archive", _UNPACK),
    (b"Rar!", "the file is a RAR archive", _UNPACK),
    (
        b"\xd0\xcf\x11\xe0",
        "the file is an old Excel workbook, or one with a password",
        "save it as .xlsx without a password, or as CSV",
    ),
    (b"SQLite format 3", "the file is a database", "export it as CSV"),
    (b"%PDF", "the file is a PDF", _AS_CSV),
    (b"{\\rtf", "the file is a text of a word processor", _AS_CSV),
    (b"\x89PNG", "the file is a picture", _AS_CSV),
    (b"\xff\xd8\xff", "the file is a picture", _AS_CSV),
    (b"GIF8", "the file is a picture", _AS_CSV),
    (b"PAR1", "the file is a Parquet table", _AS_CSV),
)
_PAGE = (b"<!doctype html", b"<html")
_JSON = re.compile(rb'\{\s*"|\[\s*[\[{"]')
# No text has them; a damaged one has few, and those are told with their places.
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1a\x1b")
_FEW = 32


def refuse_others(start: bytes) -> None:
    """Let pass what may be text.

    Raises:
        Stop: it begins as something else does, which it names.
    """
    for mark, what, hint in _OTHERS:
        if start.startswith(mark):
            raise Stop(Problem(1, 1, what, hint))
    bare = _bare(start)
    if bare.lower().startswith(_PAGE):
        raise Stop(
            Problem(
                1,
                1,
                "the file is a web page",
                "if a spreadsheet opens it, save it there as .xlsx or CSV; else export it again",
            )
        )
    if _JSON.match(bare):
        raise Stop(Problem(1, 1, "the file is JSON", _AS_CSV))
    odd = len(bare) - len(bare.translate(None, _CONTROLS))
    if odd > _FEW and odd * 20 > len(bare):
        raise Stop(Problem(1, 1, "the file is not text", _AS_CSV))


def is_xml(start: bytes) -> bool:
    """Whether a file that begins so is XML, in whatever encoding."""
    return _bare(start).startswith(b"<")


def _bare(start: bytes) -> bytes:
    """What a text begins with, as UTF-8 where its letters are of two bytes or four."""
    wide = wide_codec(start)
    if wide:
        start = start.decode(wide, "ignore").encode(errors="ignore")
    return start.lstrip(_SPACES)
