"""Where a file's bytes come from: a path, a pipe, standard input; read as often as needed."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from meterctl.errors import InputMissing
from meterctl.imports.text.names import printable
from meterctl.imports.text.spool import spooled

STDIN = "-"
_PIECE = 1 << 20


class Source(NamedTuple):
    """An open file that can be read again from its start."""

    name: str  # as messages call it, fit for a terminal
    file: BinaryIO
    size: int


def refuse_missing(paths: Iterable[str]) -> None:
    """Look at each of the files, so that one mistyped is told before any other is stored.

    Raises:
        InputMissing: one is not there, or not to be read.
    """
    for path in paths:
        if path == STDIN:
            continue
        try:
            mode = Path(path).stat().st_mode
        except OSError as error:
            raise _unreadable(path, error.strerror) from None
        if stat.S_ISDIR(mode):
            raise InputMissing(f"{printable(path)} is a folder", "name the files in it")
        if not os.access(path, os.R_OK):
            raise _unreadable(path, "Permission denied")


@contextmanager
def open_source(path: str) -> Iterator[Source]:
    """Open a file; `-` is standard input. What cannot be read twice is spooled to disk first.

    Raises:
        InputMissing: it is not there, or not to be read.
    """
    if path == STDIN:
        if sys.stdin is None:
            raise InputMissing("standard input is closed", "give a file, or pipe one in")
        with spooled(_pieces(sys.stdin.buffer, "stdin"), "stdin") as copy:
            yield Source("stdin", copy, _size(copy))
        return
    refuse_missing((path,))
    try:
        file = Path(path).open("rb")  # noqa: SIM115 (closed below, on every way out)
    except OSError as error:
        raise _unreadable(path, error.strerror) from None
    name = printable(path)
    with file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            yield Source(name, file, _size(file))
        else:
            with spooled(_pieces(file, name), name) as copy:
                yield Source(name, copy, _size(copy))


def open_sources(path: str) -> Iterator[Source]:
    """Open a file, or one after the other the files of an archive, called `archive.zip/member`.

    Each is closed when the next one is asked for.

    Raises:
        InputMissing: it is not there, or not to be read.
        FileError: it is an archive that cannot be unpacked.
    """
    from meterctl.imports.text.archives import is_archive, members

    with open_source(path) as source:
        if not is_archive(source.file):
            yield source
            return
        for member in members(source.file, source.name):
            yield Source(member.name, member.file, _size(member.file))


def _unreadable(path: str, reason: str | None) -> InputMissing:
    return InputMissing(
        f"{printable(path)} cannot be read: {reason}", "check its name and who may read it"
    )


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _pieces(file: BinaryIO, name: str) -> Iterator[bytes]:
    """All that there is, piece by piece."""
    try:
        while piece := file.read(_PIECE):
            yield piece
    except OSError as error:
        raise _unreadable(name, error.strerror) from None
