"""In which encoding a file's text is: decided by the whole of it, never by a guess at words."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO, NamedTuple

from meterctl.errors import InputMissing, UsageError, shown
from meterctl.imports.problems import Choice, Problem, Unknown

_PIECE = 1 << 20
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_DECODED = re.compile("[^\0-\x7f\udc80-\udcff]")  # a letter that several bytes stood for
_UNDECODED = re.compile("[\udc80-\udcff]")
_NOT_1252 = re.compile("[\udc81\udc8d\udc8f\udc90\udc9d]")
_CHOICES = (
    Choice("cp850", "old DOS programs, western Europe"),
    Choice("mac-roman", "old Macs"),
    Choice("cp1250", "Windows, central Europe"),
    Choice("latin-1", "ISO 8859-1"),
)
_SAMPLE = bytes(range(0x20, 0x7F))


class Encoding(NamedTuple):
    """A codec, and what to tell of it; nothing where it is what a file should be in."""

    codec: str
    note: str = ""


def encoding_of(file: BinaryIO, told: str | None = None) -> Encoding:
    """The encoding of a file's text; `told` by a person, it is not looked for.

    Raises:
        UsageError: there is no encoding of the name that was told.
        Unknown: the bytes are those of an encoding that only a person can know.
        InputMissing: its disk fails.
    """
    file.seek(0)
    wide = wide_codec(file.read(256))
    if told is not None:
        return Encoding(_codec_told(told, wide))
    if wide:
        return Encoding(wide, f"read as {wide[:6].upper()}")
    try:
        return _narrow(file)
    except OSError as error:
        raise InputMissing(f"reading failed: {error.strerror}", "check the disk") from error


def wide_codec(start: bytes) -> str:
    """The codec of a text that begins so, if its letters are of two bytes or four; else nothing."""
    for mark, codec in _MARKS:
        if start.startswith(mark):
            return codec
    # UTF-16 without its mark: every other byte is a NUL, as few letters are beyond Latin.
    start = start[:256]
    even, odd = start[::2].count(0), start[1::2].count(0)
    most, few = len(start) // 2 * 0.4, len(start) // 2 * 0.1
    if odd > most and even <= few:
        return "utf-16-le"
    return "utf-16-be" if even > most and odd <= few else ""


def _codec_told(told: str, wide: str) -> str:
    """The codec of that name; for UTF-16 with the byte order that the file is seen to have."""
    try:
        codec = codecs.lookup(told.strip()).name
        codecs.getincrementaldecoder(codec)
        is_wide = codec.startswith(("utf-16", "utf-32"))
        if is_wide or _SAMPLE.decode(codec).encode() == _SAMPLE:
            return wide if codec == "utf-16" and wide.startswith("utf-16") else codec
    except (LookupError, ValueError):
        pass
    raise UsageError(
        f"there is no encoding {shown(told)}",
        "one of utf-8, utf-16, windows-1252, latin-1, iso-8859-15, cp850, mac-roman ...",
    )


def _narrow(file: BinaryIO) -> Encoding:
    """UTF-8, or Windows-1252 where nothing in the file is UTF-8 beyond ASCII.

    UTF-8 proves itself: hardly any text in another encoding holds a letter of several bytes. So
    where both are found the file is UTF-8 and damaged, and the damaged lines are told later.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    is_other = False
    strange: Problem | None = None
    line = 1
    file.seek(0)
    while True:
        piece = file.read(_PIECE)
        text = decoder.decode(piece, final=not piece)
        if not text.isascii():
            if _DECODED.search(text):
                return Encoding("utf-8")
            is_other = is_other or _UNDECODED.search(text) is not None
            strange = strange or _strange(text, line)
        if not piece:
            break
        line += piece.count(b"\n")
    if strange is not None:
        raise Unknown(strange, "encoding", _CHOICES)
    return Encoding("cp1252", "read as Windows-1252") if is_other else Encoding("utf-8")


def _strange(text: str, line: int) -> Problem | None:
    """The first byte that is neither of UTF-8 nor of Windows-1252."""
    found = _NOT_1252.search(text)
    if found is None:
        return None
    before = text[: found.start()]
    return Problem(
        line + before.count("\n"),
        found.start() - before.rfind("\n"),
        f"byte 0x{ord(found[0]) - 0xDC00:02x} is neither UTF-8 nor Windows-1252",
        "say what the file is in with --encoding, such as --encoding cp850",
    )
