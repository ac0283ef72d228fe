"""Where a file's bytes come from: a path, a pipe, standard input; read as often as needed."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from meterctl.errors import InputMissing, LedgerUnwritable


class Source(NamedTuple):
    """An open file that can be read again from its start."""

    name: str  # as messages call it
    file: BinaryIO
    size: int


@contextmanager
def open_source(path: str) -> Iterator[Source]:
    """Open a file; `-` is standard input. What cannot be read twice is spooled to disk first.

    Raises:
        InputMissing: it is not there, or not to be read.
    """
    if path == "-":
        if sys.stdin is None:
            raise InputMissing("standard input is closed", "give a file, or pipe one in")
        with _spooled(sys.stdin.buffer, "standard input") as file:
            yield Source("stdin", file, _size(file))
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 (closed below, on every way out)
    except IsADirectoryError:
        raise InputMissing(f"{path} is a folder", "name the files in it") from None
    except OSError as error:
        raise InputMissing(
            f"{path} cannot be read: {error.strerror}", "check its name and who may read it"
        ) from None
    with file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            yield Source(path, file, _size(file))
        else:
            with _spooled(file, path) as spooled:
                yield Source(path, spooled, _size(spooled))


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


@contextmanager
def _spooled(file: BinaryIO, name: str) -> Iterator[BinaryIO]:
    """A copy on disk of what can be read only once, gone when it is closed."""
    with tempfile.TemporaryFile(prefix="meterctl-") as copy:
        try:
            shutil.copyfileobj(file, copy)
            copy.flush()
        except OSError as error:
            raise LedgerUnwritable(
                f"{name} could not be kept while it is read: {error.strerror}",
                f"free some space in {tempfile.gettempdir()}, or name another with TMPDIR",
            ) from error
        copy.seek(0)
        yield copy
