"""`health`: is the ledger sound, and does this machine let it stay so?"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from meterctl.domain.times import DAY, age_text, iso_utc
from meterctl.errors import MeterctlError
from meterctl.ledger.port import Counts, Ledger
from meterctl.services.record import EARLIEST_CLOCK

LOW_DISK = 64 << 20  # bytes; below, a WAL and its checkpoint may not fit any more
QUIET_FOR = 2 * DAY


class Grade(StrEnum):
    """How a check ended, from good to bad."""

    PASS = "pass"  # noqa: S105 (a grade, no password)
    WARN = "warn"
    FAIL = "fail"


class Check(NamedTuple):
    """One thing looked at; `hint` says what to do when it is not well."""

    name: str
    grade: Grade
    output: str
    hint: str = ""
    exit_code: int = 0  # when it fails


def worst(checks: list[Check]) -> Grade:
    """The status of the whole."""
    order = list(Grade)
    return max((check.grade for check in checks), key=order.index, default=Grade.PASS)


def failed(error: MeterctlError, name: str) -> Check:
    """A check that could not even be made."""
    return Check(name, Grade.FAIL, error.message, error.hint, error.exit_code)


def check_ledger(ledger: Ledger, now: int) -> Iterator[Check]:
    """What the ledger itself tells."""
    damage = ledger.damage()
    if damage:
        hint = "restore the newest backup; the damaged file was not changed"
        yield Check("ledger:integrity", Grade.FAIL, damage[0], hint, 74)
        return
    counts = ledger.counts()
    yield Check(
        "ledger:integrity",
        Grade.PASS,
        f"{counts.revisions} values in {counts.entries} entries at {ledger.place}",
    )
    yield from check_content(ledger, now)


def check_content(ledger: Ledger, now: int) -> Iterator[Check]:
    """What its readings tell; without reading all of them."""
    counts = ledger.counts()
    yield _last_entry(counts, now)
    if ledger.unjudged():
        yield Check(
            "ledger:judged",
            Grade.WARN,
            "an import was stopped, or is under way: not all of it is checked",
            "meterctl review",
        )
    if counts.open_findings:
        yield Check(
            "ledger:findings",
            Grade.WARN,
            "a reading looks wrong beside its neighbours"
            if counts.open_findings == 1
            else f"{counts.open_findings} readings look wrong beside their neighbours",
            "meterctl review",
        )
    else:
        yield Check("ledger:findings", Grade.PASS, "no reading looks wrong")


def _last_entry(counts: Counts, now: int) -> Check:
    if counts.newest_written_at is None:
        return Check("ledger:last_entry", Grade.WARN, "no reading yet", "meterctl record 142.3")
    age = now - counts.newest_written_at
    if age < 0:
        return Check(
            "ledger:last_entry",
            Grade.WARN,
            f"the newest entry is from {iso_utc(counts.newest_written_at)}, which is to come",
            "set this machine's clock",
        )
    output = f"{age_text(age)} ago"
    if age > QUIET_FOR:
        return Check("ledger:last_entry", Grade.WARN, output, "is anything still recording?")
    return Check("ledger:last_entry", Grade.PASS, output)


def check_machine(path: Path, now: int) -> Iterator[Check]:
    """What this machine does to a ledger at a path."""
    if now < EARLIEST_CLOCK:
        yield Check(
            "clock", Grade.FAIL, f"it says {iso_utc(now)}: it was never set", "set the clock", 78
        )
    else:
        yield Check("clock", Grade.PASS, iso_utc(now))
    yield _sqlite(sqlite3.sqlite_version_info)
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    grade = Grade.WARN if free < LOW_DISK else Grade.PASS
    yield Check("disk", grade, f"{free >> 20} MiB free in {folder}", "free some space")
    if not os.access(path if path.exists() else folder, os.W_OK):
        yield Check(
            "ledger:writable",
            Grade.FAIL,
            f"{path} cannot be written",
            "check the disk's mount and who may write there",
            74,
        )
    kind = file_system(folder.resolve(), Path("/proc/mounts"))
    if kind in NETWORK_FILE_SYSTEMS:
        yield Check(
            "ledger:file_system",
            Grade.FAIL,
            f"{folder} is on {kind}: SQLite's log cannot be kept safely over a network",
            "keep the ledger on a local disk (METERCTL_LEDGER)",
            78,
        )
    if path.exists():
        permissions = private("ledger:permissions", path, path.stat())
        if permissions.grade is not Grade.PASS:
            yield permissions


def check_env_file(path: Path) -> Check:
    """The .env, which holds tokens."""
    return private("settings:permissions", path, path.stat())


def private(name: str, path: Path, status: os.stat_result) -> Check:
    """Whether a file is its owner's alone; or root's, who lets the group that we run as read it."""
    if not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Check(name, Grade.PASS, f"{path} is its owner's alone")
    is_roots = status.st_uid == 0 and os.geteuid() != 0 and status.st_gid == os.getegid()
    if is_roots and not status.st_mode & (stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO):
        return Check(name, Grade.PASS, f"{path} is root's, and for us to read")
    return Check(name, Grade.WARN, f"others may read or write {path}", f"chmod 600 {path}")


def _sqlite(version: tuple[int, ...]) -> Check:
    text = ".".join(map(str, version))
    mended = version >= (3, 51, 3) or (version[:2] == (3, 50) and version >= (3, 50, 7))
    mended = mended or (version[:2] == (3, 44) and version >= (3, 44, 6))
    if mended:
        return Check("sqlite", Grade.PASS, text)
    # Not a warning: meterctl's own lock keeps its writers from meeting the bug, and most systems
    # have such a version for years to come.
    return Check(
        "sqlite",
        Grade.PASS,
        f"{text}, which has the WAL-reset bug; meterctl's lock keeps clear of it",
        "do not write to the ledger with other programs while meterctl runs",
    )


NETWORK_FILE_SYSTEMS = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs")
)


def file_system(folder: Path, mounts: Path) -> str | None:
    """The kind of file system that a folder is on, by a mount table; None where there is none."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    best, kind = "", None
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].encode().decode("unicode_escape")
        inside = folder == Path(point) or Path(point) in folder.parents
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind
