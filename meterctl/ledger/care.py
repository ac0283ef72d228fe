"""The port's part for who takes care of a ledger: how much it holds, is it sound, copies of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from meterctl.ledger.port import Counts, Ledger

Deed = tuple[str | int | None, ...]  # what was done, then what tells it from all others


class LogLine(NamedTuple):
    """An entry as two ledgers agree in it if they have it in common."""

    number: int
    kind: str
    source: str
    written_at: int
    origin: str | None
    values: int
    stretches: str | None  # of which meters and times


class Label(NamedTuple):
    """What a backup says of itself, without a look at all of it."""

    ledger_id: str
    last_entry: int  # 0: it has none


class StoreFacts(NamedTuple):
    """What a ledger's store says of itself."""

    store: str  # SQLite, PostgreSQL
    version: str
    size: int  # bytes that the ledger takes up there
    settings: Mapping[str, str]  # by the store's own names
    clock_offset: int | None  # milliseconds that the server's clock is ahead of ours
    is_encrypted: bool | None  # None: what is said to it passes no network


class Care(Protocol):
    """What backups, restoring and health need."""

    def counts(self) -> Counts:
        """How much it holds."""

    def facts(self) -> StoreFacts:
        """What its store says of itself."""

    def damage(self) -> list[str]:
        """What a full integrity check finds wrong."""

    def backup_to(self, path: Path) -> Counts:
        """A verified copy at a path that does not exist yet; what the copy holds.

        It appears there only when it is whole and verified, and stays through a power cut. Its
        folder is made if it is not there.
        """

    def is_copy(self, path: Path) -> bool:
        """Whether a file is a backup of this very ledger: sound enough to say so, and at rest."""

    def log(self) -> Iterator[LogLine]:
        """Every entry, in order."""

    def deeds(self) -> Iterator[Deed]:
        """What was done that is no entry: requests that left, meters and clients that were made."""


class Place(Protocol):
    """Where a ledger lies or is to lie, for who puts one back there from a backup."""

    path: Path

    def noted_id(self) -> str | None:
        """The id of the ledger that is or was here, also where that is damaged or gone."""

    def present(self) -> Ledger | None:
        """The ledger that is here, for looking at; None where there is none."""

    def takes_notes(self) -> bool:
        """Whether the ledger can be written to as it is: no mere note makes one, or upgrades it."""

    def changes(self) -> object:
        """What is another thing as soon as somebody has written to the ledger that is here."""

    def backup(self, path: Path) -> Ledger:
        """A backup, for looking at; the file is never changed.

        Raises:
            InputMissing: there is no such file, or it cannot be read.
            LedgerDamaged: it is not sound, or no ledger's.
            LedgerNewer: a later meterctl wrote it.
        """

    def label_of(self, path: Path) -> Label | None:
        """Whose backup a file is, and how much is in it; None where it does not say so."""

    def is_half_done(self) -> bool:
        """Whether a restore was ordered here and is not carried out to its end."""

    def alone(self) -> AbstractContextManager[None]:
        """No job that reaches another machine runs meanwhile; what was half done is finished.

        Raises:
            Busy: one of them runs just now.
        """

    def finish(self) -> None:
        """Carry out what a restore that was stopped has ordered, or take away what it has left."""

    def made_ready(self, backup: Ledger, now: int) -> AbstractContextManager[Ledger]:
        """A verified copy of a backup, open for writing; gone at the end unless it was `put`."""

    def put(self, ready: Ledger, stamp: str, check: Callable[[], bool]) -> Path | None:
        """Give the place to what was made ready; where the ledger lies now that was there.

        Args:
            ready: As `made_ready` gave it; closed by this.
            stamp: Tells what is set aside from all else that was.
            check: Called when nobody can write any more: raises if it must not be after all; else
                whether what is here is sound.
        """
