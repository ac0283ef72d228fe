"""A run's parts that are on this machine, or lead to the ledger: settings, clock, zones, ledger."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from meterctl.config import Local, Settings, ledger_folder, load, local
from meterctl.domain.meters import Zones
from meterctl.domain.readings import Source
from meterctl.errors import Busy, ConfigError, LedgerError
from meterctl.ledger.address import DatabaseAddress
from meterctl.ledger.port import Ledger
from meterctl.services.session import Session

if TYPE_CHECKING:
    from meterctl.ledger.care import Place
    from meterctl.ledger.copying_port import Keeper
    from meterctl.ledger.postgres_limits import PostgresBuckets


def now() -> int:
    """This machine's clock, in milliseconds since 1970; a ConfigError where it is beyond all."""
    try:
        return time.time_ns() // 1_000_000
    except OverflowError:
        raise ConfigError("this machine's clock is past the year 2262", "set it: date -s") from None


def ledgers_in(url: str) -> list[DatabaseAddress]:
    """The ledgers of a database that its role may use.

    Raises:
        MeterctlError: the database cannot be asked, or the extra for it is not installed.
    """
    from meterctl.ledger.postgres_fleet import ledgers_in as found

    return found(url)


class LocalWiring:
    """The parts that need no other machine's help, but that of the ledger's server."""

    def __init__(self, flags: Mapping[str, str | None], env_file: Path | None = None) -> None:
        self.flags = dict(flags)  # settings by name, as the command line gave them
        self.env_file = env_file  # None: it is looked for

    @cached_property
    def cwd(self) -> Path:
        """The folder that relative paths refer to."""
        try:
            return Path.cwd()
        except FileNotFoundError:
            raise ConfigError("the current folder is gone", "cd to one that is there") from None

    @cached_property
    def settings(self) -> Settings:
        """Every setting, with its origin."""
        return load(self.flags, os.environ, self.cwd, self.env_file)

    @cached_property
    def local(self) -> Local:
        """The settings that a command on this machine needs, checked."""
        return local(self.settings, self.cwd)

    @cached_property
    def folder(self) -> Path:
        """Where this machine keeps what goes with the ledger."""
        return ledger_folder(self.settings, self.cwd)

    @cached_property
    def zones(self) -> Zones:
        """In which zone each meter's local times are meant."""
        return Zones(self.local.zone)

    def open_for_reading(self, patience: float | None = None) -> Ledger:
        """The ledger, for looking at; an empty one where there is none yet.

        Args:
            patience: Seconds to wait at most for a server or a lock; None: as the settings say.
        """
        from meterctl.ledger.opened import open_for_reading

        most = self.local.lock_timeout
        return open_for_reading(
            self.local.ledger, most if patience is None else min(patience, most)
        )

    def open_for_writing(self) -> Ledger:
        """The ledger, for writing to, made on first use."""
        from meterctl.ledger.opened import open_for_writing

        return open_for_writing(self.local.ledger, now(), self.local.lock_timeout)

    @contextmanager
    def reading(self) -> Iterator[Ledger]:
        """The ledger, for looking at, until the block is left."""
        with closing(self.open_for_reading()) as ledger:
            yield ledger

    @contextmanager
    def judged(self) -> Iterator[Ledger]:
        """The ledger, for looking at; what a stopped import left is judged first, if it can be."""
        with self.reading() as ledger:
            if not ledger.unjudged():
                yield ledger
                return
        from meterctl.services.judging import judge_all_unjudged

        with suppress(LedgerError, Busy), self.writing() as session:
            judge_all_unjudged(session.ledger, session.zones)
        with self.reading() as ledger:
            yield ledger

    @contextmanager
    def writing(self, source: Source = Source.CLI) -> Iterator[Session]:
        """The ledger, for writing to, until the block is left."""
        with closing(self.open_for_writing()) as ledger:
            yield Session(ledger, self.zones, now(), source)

    def buckets(self) -> PostgresBuckets | None:
        """Where limits are counted for all machines that share the ledger, if several can."""
        from meterctl.ledger.opened import buckets_at

        return buckets_at(self.local.ledger)

    @property
    def place(self) -> Place:
        """Where the ledger lies, for who puts one back there from a backup.

        Raises:
            ConfigError: not in a file.
        """
        from meterctl.ledger.opened import place_of

        return place_of(self.local.ledger, self.local.lock_timeout)

    def has_ledger(self) -> bool:
        """Whether there is one yet, sound or not, or one on its way to its place."""
        from meterctl.ledger.opened import is_there

        return is_there(self.local.ledger, self.local.lock_timeout)

    def takes_notes(self) -> bool:
        """Whether the ledger can be written to as it is: no mere note makes one, or upgrades it."""
        from meterctl.ledger.opened import takes_notes

        return takes_notes(self.local.ledger, self.local.lock_timeout)

    @property
    def keeper(self) -> Keeper:
        """Who looks after the places of ledgers: shows, migrates and moves them."""
        from meterctl.ledger.copying_places import SqlKeeper

        return SqlKeeper(now, self.local.lock_timeout)
