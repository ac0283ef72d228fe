"""A disk that keeps only what it was told to keep, played from strace's log of a run.

It needs no root, and is stricter than any real disk: data that no fsync has followed is gone, a
name whose folder was not synced is not there, and one that was removed is there again.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TRACED = "trace=openat,mkdir,pwrite64,write,fdatasync,fsync,ftruncate,unlink,rename"
OPTIONS = ("-xx", "-s", "10000000", "-e", TRACED)

_LINE = re.compile(r"^(?:\d+ +)?(?P<call>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
_QUOTED = re.compile(r'"([^"]*)"')
_DESCRIPTOR = re.compile(r"^\d+<([^>]*)>")


class Event(NamedTuple):
    """One call that succeeded."""

    call: str
    path: str
    data: bytes  # a new name, where the call gives one
    number: int  # an offset or a size, where the call has one


def events(log: Path) -> Iterator[Event]:
    """What a run did, in order."""
    for line in log.read_text(encoding="ascii").splitlines():
        match = _LINE.match(line)
        if match is None or int(match["result"]) < 0:
            continue
        arguments = match["arguments"]
        quoted = [unescaped(text) for text in _QUOTED.findall(arguments)]
        descriptor = _DESCRIPTOR.match(arguments)
        path = unescaped(descriptor[1]) if descriptor else quoted.pop(0)
        last = arguments.rsplit(", ", 1)[-1]
        number = int(last) if last.isdigit() else 0
        yield Event(match["call"], path.decode(), quoted[0] if quoted else b"", number)


def unescaped(text: str) -> bytes:
    """The bytes that strace shows."""
    decoded, _ = codecs.escape_decode(text.encode())
    return bytes(decoded)


class File:
    """A file's content: as the programs see it, and as the disk would keep it."""

    def __init__(self) -> None:
        self.now = bytearray()
        self.kept = b""

    def write(self, offset: int, data: bytes) -> None:
        """Overwrite or grow."""
        self.now.extend(bytes(max(0, offset - len(self.now))))
        self.now[offset : offset + len(data)] = data


class KeepingDisk:
    """All below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._now: dict[str, File] = {}
        self._kept: dict[str, File] = {}

    def take(self, folder: Path) -> None:
        """What lies in a folder of the root is on the disk, names and all."""
        for path in folder.rglob("*"):
            if path.is_file():
                file = File()
                file.write(0, path.read_bytes())
                file.kept = bytes(file.now)
                self._now[str(path)] = self._kept[str(path)] = file

    def play(self, event: Event) -> bool:
        """Do what a run did; whether that changed anything here."""
        call, path, data, number = event
        if not path.startswith(self._root):
            return False
        match call:
            case "openat":
                if path in self._now or Path(path).is_dir():
                    return False
                self._now[path] = File()
            case "pwrite64":
                self._now[path].write(number, data)
            case "ftruncate":
                content = self._now[path].now
                content.extend(bytes(max(0, number - len(content))))
                del content[number:]
            case "unlink":
                del self._now[path]
            case "rename":
                self._now[data.decode()] = self._now.pop(path)
            case "fsync" | "fdatasync" if path in self._now:
                self._now[path].kept = bytes(self._now[path].now)
            case "fsync" | "fdatasync":
                self._keep_names(path)
            case _:
                return False
        return True

    def _keep_names(self, folder: str) -> None:
        inside = {path for path in {*self._now, *self._kept} if str(Path(path).parent) == folder}
        for path in inside:
            if path in self._now:
                self._kept[path] = self._now[path]
            else:
                del self._kept[path]

    def after_power_cut(self, folder: Path, *, names_kept: bool) -> None:
        """Write what is left into a folder: with the names that were synced, or those of now."""
        names = self._kept if names_kept else self._now
        for path, file in names.items():
            if path.endswith(("-shm", ".lock")):
                continue  # memory; and a lock, of which nobody relies on the content
            target = folder / Path(path).relative_to(self._root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.kept)
