"""`health`, files: who may read and write what holds readings and secrets."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from meterctl.ledger.port import Ledger
from meterctl.services.health import Check, Grade
from meterctl.services.run_notes import as_noted, noted_path

_TLS_KEY = "serve.tls_key"  # memo: its path


def private(name: str, path: Path, status: os.stat_result) -> Check:
    """Whether a file is its owner's alone; or root's, who lets the group that we run as read it."""
    if not hasattr(os, "geteuid"):
        return Check(name, Grade.PASS, f"{path}: its permissions are Windows' own")
    if not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        if status.st_uid not in (0, os.geteuid()) and os.geteuid() != 0:
            hint = f"chown it to the user that meterctl runs as: {_typed(path)}"
            return Check(name, Grade.WARN, f"{path} belongs to another user", hint)
        return Check(name, Grade.PASS, f"{path} is its owner's alone")
    is_roots = status.st_uid == 0 and os.geteuid() != 0 and status.st_gid == os.getegid()
    if is_roots and not status.st_mode & (stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO):
        return Check(name, Grade.PASS, f"{path} is root's, and for us to read")
    mode = "700" if stat.S_ISDIR(status.st_mode) else "600"
    hint = f"chmod {mode} {_typed(path)}"
    return Check(name, Grade.WARN, f"others may read or write {path}", hint)


def _typed(path: Path) -> str:
    """A path as a shell takes it."""
    return shlex.quote(str(path))


def check_env_file(path: Path) -> Iterator[Check]:
    """The .env, which holds tokens."""
    yield from _of_one("settings:permissions", path)


def note_tls_key(ledger: Ledger, path: Path | None, now: int) -> None:
    """Note which key `serve` was begun with, in a write of its own; None: it speaks plain HTTP."""
    noted, said = ledger.memo(_TLS_KEY), "" if path is None else as_noted(path)
    if said != ("" if noted is None else noted.value):
        with ledger.writing():
            ledger.set_memo(_TLS_KEY, said, now)


def check_tls_key(ledger: Ledger) -> Iterator[Check]:
    """The key of the certificate that `serve` was last begun with."""
    noted = ledger.memo(_TLS_KEY)
    if noted is not None and noted.value:
        yield from _of_one("http:tls_key", noted_path(noted.value))


def _of_one(name: str, path: Path) -> Iterator[Check]:
    try:
        yield private(name, path, path.stat())
    except OSError as error:
        yield Check(
            name, Grade.WARN, f"{path} cannot be looked at: {error.strerror}", "is it there?"
        )


def check_ledger_files(path: Path) -> Iterator[Check]:
    """The ledger's file and all that is kept beside it: one check for each that others can open."""
    name = "ledger:permissions"
    found = [one for one in _kept(path) if one.grade is not Grade.PASS]
    yield from found or [
        Check(name, Grade.PASS, "the ledger and its files are their owner's alone")
    ]


def _kept(path: Path) -> Iterator[Check]:
    name = "ledger:permissions"
    folder = path.parent
    try:
        status = folder.stat()
    except OSError:
        return  # what cannot be looked at is told by others
    # Who may write in the folder may put another ledger there, whatever the file's own mode is.
    if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
        hint = f"chmod o-w {_typed(folder)}"
        yield Check(name, Grade.WARN, f"everybody may write in {folder}", hint)
    owner = _owner(path)
    for one in (*beside(path), folder / "backups", folder / "evidence"):
        with suppress(OSError):
            status = one.stat()
            yield private(name, one, status)
            if owner is not None and status.st_uid != owner:
                output = f"{one} belongs to another user than the ledger: its runs may fail on it"
                hint = f"chown --reference={_typed(path)} {_typed(one)}"
                yield Check(name, Grade.WARN, output, hint)
    for inside in (folder / "backups", folder / "evidence"):
        yield from _inside(name, inside)


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:
        return None


def beside(path: Path) -> Iterator[Path]:
    """The ledger, its log, its locks, what a restore or an upgrade has kept; what the jobs say."""
    ours = (f"{path.name}-", f"{path.name}.", "meterctl.log")
    with suppress(OSError):
        for one in sorted(path.parent.iterdir()):
            if one.name == path.name or one.name.startswith(ours):
                yield one


def _inside(name: str, folder: Path) -> Iterator[Check]:
    """Files of a folder; those of one that is closed to others are safe whatever their mode."""
    with suppress(OSError):
        if folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            for one in sorted(folder.iterdir()):
                yield private(name, one, one.stat())
