"""Where a file's bytes come from: a path, a pipe, standard input; read as often as needed."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from meterctl.errors import InputMissing, LedgerUnwritable

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
            raise InputMissing(f"{_printable(path)} is a folder", "name the files in it")
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
        with _spooled(sys.stdin.buffer, "stdin") as spooled:
            yield Source("stdin", spooled, _size(spooled))
        return
    refuse_missing((path,))
    try:
        file = Path(path).open("rb")  # noqa: SIM115 (closed below, on every way out)
    except OSError as error:
        raise _unreadable(path, error.strerror) from None
    name = _printable(path)
    with file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            yield Source(name, file, _size(file))
        else:
            with _spooled(file, name) as spooled:
                yield Source(name, spooled, _size(spooled))


def _unreadable(path: str, reason: str | None) -> InputMissing:
    return InputMissing(
        f"{_printable(path)} cannot be read: {reason}", "check its name and who may read it"
    )


def _printable(path: str) -> str:
    """A path whose odd letters, or bytes that are none, are spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


@contextmanager
def _spooled(file: BinaryIO, name: str) -> Iterator[BinaryIO]:
    """A copy on disk of what can be read only once, gone when it is closed."""
    import tempfile

    with tempfile.TemporaryFile(prefix="meterctl-") as copy:
        while piece := _read(file, name):
            try:
                copy.write(piece)
                copy.flush()
            except OSError as error:
                raise LedgerUnwritable(
                    f"{name} could not be kept while it is read: {error.strerror}",
                    f"free some space in {tempfile.gettempdir()}, or name another with TMPDIR",
                ) from error
        copy.seek(0)
        yield copy


def _read(file: BinaryIO, name: str) -> bytes:
    try:
        return file.read(_PIECE)
    except OSError as error:
        raise _unreadable(name, error.strerror) from None
