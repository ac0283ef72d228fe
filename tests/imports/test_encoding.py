"""In which encoding a file is: found from its bytes, told by a person, or asked."""

from __future__ import annotations

from io import BytesIO

import pytest

from meterctl.errors import UsageError
from meterctl.imports.formats import Options
from meterctl.imports.problems import Unknown
from meterctl.imports.text.document import Document
from meterctl.imports.text.encoding import encoding_of

TEXT = "Zähler;Größe €\n1;2\n"

ASCII = b"a;b\n"

FOUND = {
    "ascii": (ASCII, "utf-8", ""),
    "utf-8": (TEXT.encode(), "utf-8", ""),
    "utf-8-with-mark": (b"\xef\xbb\xbf" + TEXT.encode(), "utf-8", ""),
    "utf-16-with-mark": (TEXT.encode("utf-16"), "utf-16", "read as UTF-16"),
    "utf-16-be-with-mark": (
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        "utf-16",
        "read as UTF-16",
    ),
    "utf-16-le": (TEXT.encode("utf-16-le"), "utf-16-le", "read as UTF-16"),
    "utf-16-be": (TEXT.encode("utf-16-be"), "utf-16-be", "read as UTF-16"),
    "utf-32": (TEXT.encode("utf-32"), "utf-32", "read as UTF-32"),
    "windows-1252": (TEXT.encode("cp1252"), "cp1252", "read as Windows-1252"),
}


@pytest.mark.parametrize(("data", "codec", "note"), FOUND.values(), ids=FOUND.keys())
def test_found(data: bytes, codec: str, note: str) -> None:
    """The whole file decides; what it is not told to be is said, and the text is right."""
    assert encoding_of(BytesIO(data)) == (codec, note)
    document = Document.of(data)
    assert document.head[0].cells == (["a", "b"] if data == ASCII else ["Zähler", "Größe €"])
    assert document.notes == (*filter(None, [note]), "columns are separated by semicolons")


def test_windows_1252_far_from_the_start() -> None:
    """A letter of it after megabytes of plain text is found, wherever pieces are cut."""
    for size in (1 << 20, (1 << 20) - 1, 3_000_001):
        assert encoding_of(BytesIO(b"1;2\n" * (size // 4) + b"\xe4")).codec == "cp1252"


def test_utf_8_cut_between_pieces() -> None:
    """A letter of several bytes may lie across two pieces that are read."""
    data = b"x" * ((1 << 20) - 1) + "ä".encode() + b"\n"
    assert encoding_of(BytesIO(data)) == ("utf-8", "")
    half = b"x;" * ((1 << 15) - 1) + "xä;1\n".encode()
    assert Document.of(half).head[0].cells[-2:] == ["xä", "1"]


def test_damaged_utf_8() -> None:
    """Where letters of UTF-8 stand elsewhere, a wrong byte is damage: its row alone is bad."""
    document = Document.of("Zähler;x\n1;2\n".encode() + b"3;\xe4\n4;5\n")
    assert [record.problem and record.problem[:2] for record in document.records()] == [
        None,
        None,
        (3, 3),
        None,
    ]


def test_half_a_letter_at_the_end_of_utf_16() -> None:
    """The cut row is bad, the others are read."""
    document = Document.of("a;b\n1;2\n3;4".encode("utf-16")[:-1])
    assert [record.problem is None for record in document.records()] == [True, True, False]


def test_bytes_that_two_encodings_share() -> None:
    """What neither UTF-8 nor Windows-1252 has is asked, with the place that shows it."""
    with pytest.raises(Unknown, match="byte 0x81 is neither") as caught:
        Document.of("Datum;Z\u00fcrich\n1;2\n".encode("cp850"))
    assert caught.value.option == "encoding"
    assert caught.value.problem[:2] == (1, 8)
    assert "--encoding" in caught.value.problem.hint
    assert caught.value.choices[0].answer == "cp850"


@pytest.mark.parametrize(
    ("told", "codec"),
    [
        ("cp850", "cp850"),
        ("mac-roman", "mac-roman"),
        ("Windows-1252", "cp1252"),
        ("ISO-8859-15", "iso-8859-15"),
        ("utf-16", "utf-16-be"),
        ("UTF8", "utf-8"),
    ],
)
def test_told(told: str, codec: str) -> None:
    """A person overrules what the file seems to be."""
    document = Document.of("Zähler;x\n1;2\n".encode(codec), options=Options(encoding=told))
    assert document.head[0].cells == ["Zähler", "x"]


@pytest.mark.parametrize("told", ["latin-99", "hex", "rot13", "punycode", "undefined", ""])
def test_told_what_is_none(told: str) -> None:
    """A name that no text is encoded in is a wrong command."""
    with pytest.raises(UsageError, match="there is no encoding") as caught:
        Document.of(b"a,b\n1,2\n", options=Options(encoding=told))
    assert "windows-1252" in caught.value.hint
