"""The folder: files appear in it whole and for good, or not at all, and it is known which did.

Someone may fetch a file, and take it away, at any time: that it is not there proves nothing. So
in `.meterctl` within the folder lie, for each file NAME:

- `NAME`, the keys of the readings in it and a digest of it, written before the file can appear;
- `NAME.part`, the file itself, until it is renamed into the folder.

Keys without a part: the file has appeared. Keys with one: it has not. Whatever else lies there, as
file managers leave it, is not ours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

_OWN = ".meterctl"
_PART = ".part"
PREFIX = "meterctl-"  # of the name of every file of ours
_WORD = re.compile(rb"[A-Za-z0-9.-]+")  # a key is one, in whichever format


class Unsure(Exception):
    """The file may have appeared."""


class Found(NamedTuple):
    """A file that appeared."""

    name: str
    is_as_written: bool  # or was taken away, so that nobody can tell


class Outbox:
    """One folder, for one ledger; made by whoever owns it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._own = folder / _OWN

    def files_with(self, keys: Collection[str]) -> dict[str, Found]:
        """The files that appeared with these keys in them; a key of none is left out.

        Raises:
            OSError: it could not be found out.
        """
        found: dict[str, Found] = {}
        records = {record.name: record for record in self._records()}
        for name, record in records.items():
            if not _part(record).exists():
                lines = set(record.read_bytes().splitlines())
                if its := [key for key in keys if key.encode() in lines]:
                    found |= dict.fromkeys(its, Found(name, self._is_as_written(name, lines)))
        for file in _ours(self.folder):
            if file.name not in records:  # .meterctl was deleted, or some of it
                words = set(_WORD.findall(file.read_bytes()))
                its = [key for key in keys if key.encode() in words]
                found |= dict.fromkeys(its, Found(file.name, is_as_written=True))
        if found:
            _sync(self.folder)  # a rename that was seen is not yet one that stays
        return found

    def put(self, name: str, keys: Sequence[str], content: bytes) -> None:
        """Let a file appear.

        Raises:
            OSError: it has not appeared.
            Unsure: it may have.
        """
        self._own.mkdir(mode=0o700, exist_ok=True)
        self._clear()
        record = self._own / name
        _write(_part(record), content)
        _sync(self._own)
        lines = [_digest(content), *(key.encode() for key in keys)]
        _write(record, b"\n".join(lines) + b"\n")
        _sync(self._own)
        _sync(self.folder)  # which has .meterctl in it
        try:
            _part(record).replace(self.folder / name)
            _sync(self.folder)
            _sync(self._own)
        except OSError as error:
            if os.access(_part(record), os.F_OK):  # False as well where nothing can be told
                raise
            raise Unsure(error.strerror) from error

    def read(self, name: str) -> bytes:
        """A file as it is there."""
        return (self.folder / name).read_bytes()

    def check(self) -> None:
        """Nothing where files can be put here; changes nothing.

        Raises:
            OSError: they cannot.
        """
        list(self.folder.iterdir())
        place = self._own if self._own.exists() else self.folder
        for one in (self.folder, place):
            if not os.access(one, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied", str(one))

    def _records(self) -> Iterator[Path]:
        if self._own.is_dir():
            yield from (one for one in _ours(self._own) if one.suffix != _PART)

    def _is_as_written(self, name: str, lines: Collection[bytes]) -> bool:
        try:
            return _digest(self.read(name)) in lines
        except FileNotFoundError:  # taken away
            return True

    def _clear(self) -> None:
        """Remove what a run left that was killed before its file appeared."""
        for part in _ours(self._own):
            if part.suffix == _PART:
                # The keys first: without their part they would say that the file has appeared.
                part.with_suffix("").unlink(missing_ok=True)
                _sync(self._own)
                part.unlink()


def _ours(folder: Path) -> list[Path]:
    """The files with our prefix."""
    return sorted(one for one in folder.iterdir() if one.name.startswith(PREFIX) and one.is_file())


def _digest(content: bytes) -> bytes:
    """A line that no key is: it has a space."""
    return b"sha256 " + sha256(content).hexdigest().encode()


def _part(record: Path) -> Path:
    return record.with_name(record.name + _PART)


def _write(path: Path, content: bytes) -> None:
    """Write a file for us alone, and wait until the disk has it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Wait until the disk has a folder's names."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
