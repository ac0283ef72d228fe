"""`health`, this machine: does its clock, its SQLite and its disk let a ledger stay sound?"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from meterctl.domain.mounts import is_network, is_of_the_host, kind_of
from meterctl.domain.times import EARLIEST_CLOCK, MINUTE, age_text, iso_utc
from meterctl.ledger.port import Ledger
from meterctl.services.health import Check, Grade
from meterctl.services.health_files import beside, check_ledger_files

LOW_DISK = 64 << 20  # bytes; below, a WAL and its checkpoint may not fit any more
FULL_DISK = 256 << 10  # below, not even the log of one reading may
FEW_FILES = 64  # that can still be made
_WRITTEN = ("-wal", "-shm", ".lock")  # beside the ledger, by each write
CLOCK_OFF = 5 * MINUTE  # more than networks and mounts make of it

_OFFSET = "clock.offset"  # memo: how far the servers' clocks were from ours, when a job last asked
_SET_CLOCK = "set this machine's clock (timedatectl)"


def check_machine(now: int) -> Iterator[Check]:
    """What holds wherever the ledger is."""
    if now < EARLIEST_CLOCK:
        output = f"it says {iso_utc(now)}: it was never set"
        yield Check("clock", Grade.FAIL, output, _SET_CLOCK, 78)
    else:
        yield Check("clock", Grade.PASS, iso_utc(now))
    yield _sqlite(sqlite3.sqlite_version_info)


def check_place(path: Path, now: int) -> Iterator[Check]:
    """What this machine does to a ledger at a path, whether there is one yet or not."""
    path = Path(os.path.realpath(path))  # where it is, not what its path looks like
    folder = path.parent
    while not _is_there(folder):
        folder = folder.parent
    yield from _files_of_tomorrow(path, now)
    yield _disk(folder)
    closed = _closed(path, folder)
    if closed is not None:
        hint = "check the disk's mount and who may write there"
        yield Check("ledger:writable", Grade.FAIL, f"{closed} cannot be written", hint, 74)
    yield from _file_system(folder)
    if os.path.isfile(path):  # noqa: PTH113 (as below)
        yield from check_ledger_files(path)
    if _is_there(path.parent / f".{path.name}.restoring"):
        yield Check(
            "ledger:restore",
            Grade.WARN,
            "a restore was stopped, or is under way",
            "meterctl restore, again: it begins anew, and loses nothing",
        )


def _is_there(path: Path) -> bool:
    """Whether there is such a file for us; one in a folder that is closed to us is not."""
    return os.path.exists(path)  # noqa: PTH110 (Path.exists raises where a folder is closed)


def _closed(path: Path, folder: Path) -> Path | None:
    """The first of what a write needs that we may not write to; None where we may to all."""
    needed = [folder]  # in which SQLite makes its log
    if os.path.isfile(path):  # noqa: PTH113 (Path.is_file raises where a folder is closed)
        ours = (one for one in beside(path) if one.name.startswith(path.name))
        needed = [path, folder, *(one for one in ours if one.name.endswith(_WRITTEN))]
    return next((one for one in needed if not os.access(one, os.W_OK)), None)


def _files_of_tomorrow(path: Path, now: int) -> Iterator[Check]:
    """Whether the clock went back: the ledger's files are dated by the clock as it was then."""
    newest, at = None, 0
    for name in (path.name, f"{path.name}-wal", f"{path.name}.lock"):
        with suppress(OSError):
            changed = (path.parent / name).stat().st_mtime_ns // 1_000_000
            if changed > at:
                newest, at = path.parent / name, changed
    if newest is None:
        return
    ahead = at - now
    if ahead > CLOCK_OFF:
        dated = f"{newest} was written at {iso_utc(at)}"
        output = f"{dated}, {age_text(ahead)} from now: this clock went back"
        yield Check("clock:files", Grade.WARN, output, _SET_CLOCK)
    else:
        yield Check("clock:files", Grade.PASS, "no file is from the future")


def note_servers(ledger: Ledger, offset: int, now: int) -> None:
    """Note how far the servers' clocks are ahead of ours, in milliseconds; within a write."""
    ledger.set_memo(_OFFSET, str(offset), now)


def check_servers(ledger: Ledger | None, offset: int | None, now: int) -> Iterator[Check]:
    """This clock against the servers': as they say just now, else as a job has noted it.

    Args:
        ledger: Where it may be noted; None where it cannot be read.
        offset: How far theirs are ahead, in milliseconds; None where nobody was asked.
        now: This machine's clock.
    """
    when = "now"
    if offset is None:
        noted = None if ledger is None else ledger.memo(_OFFSET)
        if noted is None:
            return
        offset, when = int(noted.value), f"{age_text(now - noted.written_at)} ago"
    if abs(offset) <= CLOCK_OFF:
        yield Check("clock:servers", Grade.PASS, f"as the servers' clocks, {when}")
        return
    side = "behind" if offset > 0 else "ahead of"
    output = f"{age_text(abs(offset))} {side} the servers' clocks, {when}"
    yield Check("clock:servers", Grade.WARN, output, _SET_CLOCK)


def _sqlite(version: tuple[int, ...]) -> Check:
    text = ".".join(map(str, version))
    mended = version >= (3, 51, 3) or (version[:2] == (3, 50) and version >= (3, 50, 7))
    mended = mended or (version[:2] == (3, 44) and version >= (3, 44, 6))
    if mended or version < (3, 7):
        return Check("sqlite", Grade.PASS, text)
    # Not a warning: meterctl's own lock keeps its writers from meeting the bug, and most systems
    # have such a version for years to come.
    return Check(
        "sqlite",
        Grade.PASS,
        f"{text}, which has the WAL-reset bug; meterctl's lock keeps clear of it,"
        " as long as no other program writes to the ledger",
    )


def _disk(folder: Path) -> Check:
    name = "disk"
    if not hasattr(os, "statvfs"):
        import shutil

        free, files, knows_files = shutil.disk_usage(folder).free, 0, False
    else:
        status = os.statvfs(folder)
        free, files = status.f_bavail * status.f_frsize, status.f_favail
        knows_files = status.f_files > 0  # some file systems make room for them as they go
    output = f"{free >> 20} MiB free in {folder}"
    if free < FULL_DISK:
        output = f"full: {free} bytes free in {folder}, and nothing can be recorded"
        return Check(name, Grade.FAIL, output, "free some space", 74)
    if knows_files and files < FEW_FILES:
        output = f"{folder} has room for {files} more files, however small"
        grade = Grade.WARN if files else Grade.FAIL
        return Check(name, grade, output, "delete some files (df -i)", 0 if files else 74)
    return Check(name, Grade.WARN if free < LOW_DISK else Grade.PASS, output, "free some space")


def _file_system(folder: Path) -> Iterator[Check]:
    kind = file_system(folder, Path("/proc/self/mountinfo"))
    name = "ledger:file_system"
    if is_network(kind):
        yield Check(
            name,
            Grade.FAIL,
            f"{folder} is on {kind}: SQLite's log cannot be kept safely over a network",
            "keep the ledger on a local disk (METERCTL_LEDGER)",
            78,
        )
    elif is_of_the_host(kind):
        output = f"{folder} is on {kind}, which this machine shares with the one it runs in"
        hint = "let no program there open the ledger, or keep it on a disk of this machine's own"
        yield Check(name, Grade.WARN, output, hint)
    elif kind is not None:
        yield Check(name, Grade.PASS, kind)


def file_system(folder: Path, mounts: Path) -> str | None:
    """The kind of file system that a folder is on, by a mount table; None where there is none."""
    try:
        text = mounts.read_text(encoding="utf-8", errors="replace")
        device = folder.stat().st_dev
    except OSError:
        return None
    return kind_of(text, (os.major(device), os.minor(device)))
