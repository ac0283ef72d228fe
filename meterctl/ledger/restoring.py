"""The place of a SQLite ledger, for who puts one back there from a backup."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from meterctl.errors import Busy, InputMissing, LedgerDamaged, LedgerError, LedgerUnwritable
from meterctl.ledger import files, swap
from meterctl.ledger.care import Label
from meterctl.ledger.connect import connect_for_writing, real
from meterctl.ledger.copies import label_of
from meterctl.ledger.faults import free_bytes, os_errors, sqlite_errors
from meterctl.ledger.lock import WriterLock, job_lock, lock_path
from meterctl.ledger.port import Ledger
from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from meterctl.ledger.store import SqlLedger
from meterctl.ledger.upgrade import is_of_today
from meterctl.stopping import whole

_JOBS = ("restore", "sync", "push-utility")  # in this order, which no other run takes in another
_ANOTHER = "name another backup: meterctl restore FILE"
_MERGING = 2.0  # seconds that the merging of the log waits for who reads


class SqlitePlace:
    """Implements `meterctl.ledger.care.Place`."""

    def __init__(self, path: Path, lock_timeout: float) -> None:
        self.path = path  # as people know it
        self._file = real(path)
        self._timeout = lock_timeout

    # -- looking
    def noted_id(self) -> str | None:
        """The id of the ledger that is or was here, as the lock's file has it."""
        with os_errors(self._file), suppress(FileNotFoundError):
            return lock_path(self._file).read_text(encoding="ascii", errors="replace").strip()
        return None

    def present(self) -> SqlLedger | None:
        """The ledger that is here, for looking at; None where there is none."""
        if self.is_half_done() and not self._file.exists():
            return open_for_reading(
                self._file
            )  # waits for who is at it, or says that it was stopped
        with os_errors(self._file):
            if not files.recognise(self._file):
                return None
        return open_for_reading(self._file)

    def takes_notes(self) -> bool:
        """Whether the ledger can be written to as it is: no mere note makes one, or upgrades it."""
        return is_of_today(self._file)

    def changes(self) -> object:
        """What is another thing as soon as somebody has written to the ledger that is here."""
        with os_errors(self._file):
            both = (files.state_of(self._file), files.state_of(files.log_path(self._file)))
            return [state for state in both if state and state[1]]  # who reads makes a log too

    def backup(self, path: Path) -> SqlLedger:
        """A backup, for looking at; the file is never changed."""
        try:
            if not path.is_file() or path.resolve() == self._file:
                raise InputMissing(f"{path} is no backup's file", "meterctl restore FILE names one")
            with path.open("rb") as file:
                header = file.read(64)
        except OSError as error:
            raise InputMissing(
                f"the backup {path} cannot be read: {error.strerror}",
                "meterctl restore FILE names another",
            ) from error
        if not any(header[60:64]) and not files.is_unfinished(path):  # the schema's version
            raise LedgerDamaged(f"the backup {path} holds no ledger", _ANOTHER)
        try:
            return open_for_reading(path)
        except LedgerUnwritable:  # no fault of the backup's
            raise
        except LedgerError as error:  # damaged, or another program's
            what = error.message.removeprefix("the ledger ")
            raise type(error)(f"the backup {what}", _ANOTHER) from error

    def label_of(self, path: Path) -> Label | None:
        """Whose backup a file is, and how much is in it; None where it does not say so."""
        return label_of(path)

    def is_half_done(self) -> bool:
        """Whether a swap was ordered here and not carried out to its end."""
        return swap.is_under_way(self._file)

    # -- doing
    @contextmanager
    def alone(self) -> Iterator[None]:
        """No job that reaches another machine runs meanwhile; one that was stopped is finished."""
        with ExitStack() as stack:
            with os_errors(self._file):
                files.make_folder(self._file.parent)
                for job in _JOBS:
                    stack.enter_context(job_lock(self._file, job, self._timeout))
            self.finish()
            yield

    def finish(self) -> None:
        """Carry out what a restore that was stopped has ordered, or take away what it has left."""
        if self.is_half_done():
            with self._lock() as lock:
                swap.finish(self._file, lock)
        elif swap.has_left(self._file):
            with suppress(Busy), os_errors(self._file), job_lock(self._file, _JOBS[0], 0):
                swap.clear(self._file)

    @contextmanager
    def made_ready(self, backup: Ledger, now: int) -> Iterator[SqlLedger]:
        """A verified copy of a backup, open for writing; gone at the end unless it was `put`."""
        ready = swap.ready_path(self._file)
        with os_errors(ready):
            swap.clear(self._file)  # what one that was killed has left
            files.make_folder(ready.parent)
        try:
            backup.backup_to(ready)
            ledger = open_for_writing(ready, now, self._timeout)
            try:
                yield ledger
            finally:
                ledger.close()
        finally:
            if not self.is_half_done():
                with suppress(OSError), whole():
                    swap.clear(self._file)

    def put(self, ready: Ledger, stamp: str, check: Callable[[], bool]) -> Path | None:
        """Give the place to what was made ready; where the ledger lies now that was there.

        Args:
            ready: As `made_ready` gave it; closed by this.
            stamp: Tells one that was set aside from all others.
            check: Called when nobody can write any more: raises if it must not be after all; else
                whether what is here is sound.
        """
        ledger_id = ready.id
        ready.close()
        with os_errors(self._file):
            file = swap.ready_path(self._file)
            if files.is_unfinished(file):  # SQLite says nothing where the merging of a log fails
                raise LedgerUnwritable(
                    f"the copy beside {self._file} could not be finished{free_bytes(self._file)}",
                    "what was in its place is still there; check the disk and its room, and run it"
                    " again",
                )
            files.sync_file(file)
        aside = self._aside(stamp)
        with self._lock() as lock:
            is_sound = check()
            replaced = self._file.exists() or files.is_unfinished(self._file)
            with self._merged() if is_sound else ExitStack(), whole(), os_errors(self._file):
                swap.order(self._file, aside, ledger_id)
                swap.finish(self._file, lock)
        return aside if replaced else None

    def _aside(self, stamp: str) -> Path:
        name = f"{self._file.name}.before-restore-{stamp}"
        aside, number = self._file.with_name(name), 1
        while aside.exists() or files.is_unfinished(aside):
            number += 1
            aside = self._file.with_name(f"{name}-{number}")
        return aside

    @contextmanager
    def _merged(self) -> Iterator[None]:
        """The ledger that is here with its log merged into it, so that it is one plain file.

        The connection stays open meanwhile: while it is, nobody's close takes a log away by its
        name, which is about to be that of another ledger's. Who reads may keep the log from being
        merged in time, or the disk; then it is set aside along with the file.
        """
        with ExitStack() as stack:
            with sqlite_errors(self._file):
                opened = connect_for_writing(self._file, min(_MERGING, self._timeout))
                connection = stack.enter_context(closing(opened))
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            with suppress(sqlite3.Error):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            yield

    @contextmanager
    def _lock(self) -> Iterator[WriterLock]:
        with os_errors(self._file):
            lock = WriterLock(self._file, self._timeout)
        try:
            with lock.held():
                yield lock
        finally:
            lock.close()
