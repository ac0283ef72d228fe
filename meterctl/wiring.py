"""The composition root: settings to ledger, zones and clock, each built on first use."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from meterctl.config import Local, Settings, load, local
from meterctl.domain.meters import Zones
from meterctl.domain.readings import Source
from meterctl.errors import Busy, ConfigError, LedgerError
from meterctl.ledger.port import Ledger
from meterctl.services.session import Session


def now() -> int:
    """This machine's clock, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Wiring:
    """One run's parts."""

    def __init__(self, flags: Mapping[str, str | None]) -> None:
        self._flags = flags

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
        return load(self._flags, os.environ, self.cwd)

    @cached_property
    def local(self) -> Local:
        """The settings that a command on this machine needs, checked."""
        return local(self.settings, self.cwd)

    @cached_property
    def zones(self) -> Zones:
        """In which zone each meter's local times are meant."""
        return Zones(self.local.zone)

    @contextmanager
    def reading(self) -> Iterator[Ledger]:
        """The ledger, for looking at; an empty one where there is none yet."""
        from meterctl.ledger.sqlite import open_for_reading

        ledger = open_for_reading(self.local.ledger)
        try:
            yield ledger
        finally:
            ledger.close()

    @contextmanager
    def judged(self) -> Iterator[Ledger]:
        """The ledger, for looking at what is true of its readings.

        Where an import was stopped, that is found out first, if the ledger can be written to.
        """
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
        """The ledger, for writing to, made on first use."""
        from meterctl.ledger.sqlite import open_for_writing

        ledger = open_for_writing(self.local.ledger, now(), self.local.lock_timeout)
        try:
            yield Session(ledger, self.zones, now(), source)
        finally:
            ledger.close()
