"""Files within archives: what is packed in a gzip or zip file, one after the other.

An archive is known by its content, never by its name. Nothing is extracted by name: each member
goes to a nameless file on disk, and memory stays flat. What grows beyond reason is refused.
"""

from __future__ import annotations

import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple, Protocol

from meterctl.errors import FileError
from meterctl.imports.text.names import printable
from meterctl.imports.text.spool import spooled

# A file that unpacks to so many times its size is made to fill disks; small ones do no harm.
RATIO_LIMIT = 200
HARMLESS_SIZE = 64 << 20
SIZE_LIMIT = 16 << 30
DIRECTORY_LIMIT = 16 << 20  # of the list of a zip's members: some hundred thousand

_PIECE = 1 << 20
_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ASIDE = {  # what lies beside the data in archives that portals send
    *(".pdf", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".htm", ".html", ".xsl", ".xslt", ".css"),
    *(".js", ".doc", ".docx", ".rtf", ".md", ".url", ".ini", ".db"),
}
_OFFICE = {"[Content_Types].xml", "META-INF/manifest.xml", "Index/Document.iwa"}
# What Python's readers of archives raise for one that is damaged.
_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(ValueError, LookupError, RuntimeError, ArithmeticError),
)


class Member(NamedTuple):
    """A file of an archive, unpacked; valid until the next one is asked for."""

    name: str  # with the archive's: `archive.zip/member.csv`
    file: BinaryIO


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def is_archive(file: BinaryIO) -> bool:
    """Whether this is an archive of files, rather than one: a workbook is a zip file too."""
    start = _start(file)
    if start.startswith(_GZIP) or start[257:262] == b"ustar":
        return True
    return start.startswith(_ZIP) and not is_office(file)


def is_office(file: BinaryIO) -> bool:
    """Whether this is a zip file that an office program made: a workbook, a text."""
    if not _start(file).startswith(_ZIP):
        return False
    try:
        with opened_zip(file, "") as archive:
            return not _OFFICE.isdisjoint(archive.NameToInfo)
    except FileError:
        return False
    finally:
        file.seek(0)


def members(file: BinaryIO, name: str) -> Iterator[Member]:
    """Unpack an archive's files one by one.

    Raises:
        FileError: it is damaged, encrypted, or a bomb, or holds nothing to import.
    """
    start = _start(file)
    if start.startswith(_GZIP):
        with spooled(_gunzipped(file, name), name) as unpacked:
            _refuse_nested(unpacked, name)
            yield Member(name, unpacked)
    elif start.startswith(_ZIP):
        yield from _unzipped(file, name)
    else:
        raise FileError(f"{name} is a tar archive", "unpack it, and import the files in it")


def _gunzipped(file: BinaryIO, name: str) -> Iterator[bytes]:
    file.seek(0)
    with gzip.GzipFile(fileobj=file) as packed:
        yield from _pieces(packed, name, "gzip file", file.tell)


def _unzipped(file: BinaryIO, name: str) -> Iterator[Member]:
    with opened_zip(file, name) as archive:
        found = [info for info in archive.infolist() if _is_importable(info)]
        if not found:
            raise FileError(
                f"{name} holds no file that could be imported", "zip the CSV, XML or XLSX file"
            )
        for info in found:
            inner = f"{name}/{printable(info.filename)}"
            with open_member(archive, info, inner) as pieces, spooled(pieces, inner) as unpacked:
                _refuse_nested(unpacked, inner)
                yield Member(inner, unpacked)


def _is_importable(info: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(info.filename)
    return not (
        info.filename.endswith("/")
        or path.name.startswith(".")
        or "__MACOSX" in path.parts
        or path.suffix.lower() in _ASIDE
    )


@contextmanager
def opened_zip(file: BinaryIO, name: str) -> Iterator[zipfile.ZipFile]:
    """A zip file whose list of members fits into memory.

    Raises:
        FileError: it is damaged, or its list does not.
    """
    file.seek(0)
    try:
        if _directory_size(file) > DIRECTORY_LIMIT:
            raise FileError(f"{name} holds more files than any export has", "unpack it first")
        archive = zipfile.ZipFile(file)
    except _ERRORS as error:
        raise _damaged(name, "zip archive", error) from None
    with archive:
        yield archive


def _directory_size(file: BinaryIO) -> int:
    """How long the list of members says it is, at the end of the file."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 128))
    end = file.read()
    file.seek(0)
    place = end.rfind(b"PK\x05\x06")
    told = int.from_bytes(end[place + 12 : place + 16], "little") if place >= 0 else 0
    if told == 0xFFFFFFFF:
        place = end.rfind(b"PK\x06\x06")
        told = int.from_bytes(end[place + 40 : place + 48], "little") if place >= 0 else told
    return told


@contextmanager
def open_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str
) -> Iterator[Iterator[bytes]]:
    """The content of a zip's member, in pieces.

    Raises:
        FileError: it is encrypted, packed in an unusual way, damaged, or a bomb.
    """
    if info.flag_bits & 0x1:
        raise FileError(f"{name} is encrypted", "unpack it with its password, and import the files")
    try:
        packed = archive.open(info)
    except _ERRORS as error:
        raise _damaged(name, "zip archive", error) from None
    with packed:
        yield _pieces(packed, name, "zip archive", lambda: info.compress_size)


def _pieces(packed: _Readable, name: str, what: str, size: Callable[[], int]) -> Iterator[bytes]:
    """What unpacks from a file, of which `size` bytes were read so far."""
    total = 0
    while True:
        try:
            piece = packed.read(_PIECE)
        except _ERRORS as error:
            raise _damaged(name, what, error) from None
        if not piece:
            return
        total += len(piece)
        if total > SIZE_LIMIT or (total > HARMLESS_SIZE and total > RATIO_LIMIT * size()):
            raise FileError(
                f"{name} grows to more than {total >> 20} MiB when it is unpacked",
                "it looks like a trap; if it is none, unpack it and import the file in it",
            )
        yield piece


def _refuse_nested(file: BinaryIO, name: str) -> None:
    if is_archive(file):
        raise FileError(
            f"{name} holds an archive within the archive", "unpack it, and import the files in it"
        )
    file.seek(0)


def _damaged(name: str, what: str, error: Exception) -> FileError:
    if isinstance(error, NotImplementedError):
        return FileError(
            f"{name} is packed in a way that is not known here: {error}", "unpack it first"
        )
    return FileError(
        f"{name} is a damaged {what}, or the end of one is missing", "fetch it or copy it again"
    )


def _start(file: BinaryIO) -> bytes:
    file.seek(0)
    start = file.read(512)
    file.seek(0)
    return start
