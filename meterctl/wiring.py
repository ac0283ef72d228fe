"""The composition root: settings to ledger, zones and clock, each built on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from meterctl.config import problems_of
from meterctl.domain.readings import Source
from meterctl.errors import Busy, ConfigError, LedgerError, MeterctlError, Unreachable
from meterctl.ledger.port import Ledger
from meterctl.services.session import Session
from meterctl.wiring_local import LocalWiring, ledgers_in, now

if TYPE_CHECKING:
    from meterctl.config.destinations import SheetSettings, UtilitySettings
    from meterctl.config.http import HttpSettings
    from meterctl.services.deliver import Delivered, Means
    from meterctl.services.outstanding import Account
    from meterctl.services.sheet_room import Room
    from meterctl.services.sync import Synced
    from meterctl.sheet.google import GoogleSheet
    from meterctl.utility.keys import Table
    from meterctl.utility.port import Utility

__all__ = ["Wiring", "ledgers_in", "now"]

# Where the manual says what stands in the file of an adapter; else on the page of adapters.
_PAGES = {"pvoutput": "pvoutput", "kraken": "kraken", "file": "files"}
_OUT_OF_REACH = 3  # times; the next sync is a quarter of an hour away, and a person may be waiting


class Wiring(LocalWiring):
    """One run's parts."""

    ASKING_THE_SHEET = 30.0  # seconds, for what takes a few requests
    READING_THE_SHEET = 240.0  # for all of it, of which Google gives out so much a minute

    def given(self, more: Mapping[str, str]) -> Wiring:
        """Another run's parts: as if the command line had given these settings too."""
        return Wiring({**self.flags, **more}, self.env_file)

    @cached_property
    def sheet_settings(self) -> SheetSettings:
        """What it takes to reach the Sheet, checked."""
        from meterctl.config.destinations import sheet

        return sheet(self.settings, self.cwd)

    @cached_property
    def utility_settings(self) -> UtilitySettings:
        """What it takes to reach the utility, checked."""
        from meterctl.config.destinations import utility

        return utility(self.settings, self.cwd)

    @cached_property
    def http_settings(self) -> HttpSettings:
        """What it takes to serve over HTTP, checked."""
        from meterctl.config.http import http

        return http(self.settings)

    @cached_property
    def account(self) -> Account:
        """The account at the utility, and what it is to get."""
        from meterctl.domain.due import Policy
        from meterctl.services.outstanding import Account

        settings, bounds = self.utility_settings, self.utility.bounds
        policy = Policy(settings.policy)
        by_day = bounds.by_day or (self.portal is not None and self.portal.bounds.by_day)
        if policy is Policy.EVERY and by_day:
            raise ConfigError(
                "METERCTL_UTILITY_POLICY every: this utility takes one reading a day",
                "METERCTL_UTILITY_POLICY=daily",
            )
        by_month = bounds.by_month or (self.portal is not None and self.portal.bounds.by_month)
        if policy is not Policy.MONTHLY and by_month:
            raise ConfigError(
                f"METERCTL_UTILITY_POLICY {policy}: this utility takes one reading a month",
                "METERCTL_UTILITY_POLICY=monthly",
            )
        oldest = settings.oldest_days or bounds.oldest_days
        return Account(
            settings.account_at(self._told_place),
            policy,
            settings.window,
            settings.zone,
            settings.since,
            oldest,
            bounds.whole_days,
        )

    @cached_property
    def utility(self) -> Utility:
        """The way to the utility."""
        settings = self.utility_settings
        if settings.adapter == "portal":
            if self.portal is None:
                raise ConfigError(
                    "METERCTL_PORTAL_CONFIG is not set: the file that describes the web form",
                    "see docs/portal.md",
                )
            return self.portal
        from meterctl.utility.catalog import build
        from meterctl.utility.given import Given

        given = Given(
            settings.url,
            settings.token,
            settings.user,
            settings.secret,
            settings.key_header,
            self._adapters_file,
            self.cwd if settings.config is None else settings.config.parent,
            self._evidence,
        )
        return build(settings.adapter, given)

    @cached_property
    def portal(self) -> Utility | None:
        """The way over the utility's web form, where one is described."""
        portal = self.utility_settings.portal
        if portal is None:
            return None
        from meterctl.utility.catalog import build
        from meterctl.utility.given import Given
        from meterctl.utility.keys import load

        given = Given(
            portal.url,
            None,
            portal.user,
            portal.password,
            None,
            load(portal.config, "docs/portal.md"),
            portal.config.parent,
            self._evidence,
            portal.browser,
        )
        return build("portal", given)

    def utility_problems(self) -> tuple[str, ...]:
        """What is wrong with the ways to the utility, and with the files that describe them."""
        if not self.local.has_utility:
            return ()
        found: list[str] = []
        for build in (lambda: self.account, lambda: self.portal):
            try:
                build()
            except ConfigError as error:
                found.extend(error.problems)
        return tuple(dict.fromkeys(found)) or tuple(self._of_meters())

    def _of_meters(self) -> Iterator[str]:
        """What is wrong with what is said of meters."""
        from meterctl.services.objections import objections

        with self.reading() as ledger:
            session = Session(ledger, self.zones, now(), Source.CLI)
            known = [meter.id for meter in ledger.meters()]
            named = self._adapters_file.raw("meters") if self._adapters_file else None
            for name in named if isinstance(named, dict) else ():
                if name not in known:
                    yield f"[meters.{name}]: there is no such meter, only {', '.join(known)}"
            for meter, found in objections(session, self.account, self.utility):
                why = found.why if meter.id in found.why else f"meter {meter.id}: {found.why}"
                yield f"{why} ({found.hint})" if found.hint else why

    @property
    def _told_place(self) -> str | None:
        """Where the adapter's file says that the utility is: its `url`, or its `folder`."""
        if (file := self._adapters_file) is None:
            return None
        found = file.raw("url") or file.raw("folder")
        return found if isinstance(found, str) else None

    @property
    def _adapters_file(self) -> Table | None:
        from meterctl.utility.keys import load

        settings = self.utility_settings
        page = _PAGES.get(settings.adapter, "adapters")
        return None if settings.config is None else load(settings.config, f"docs/{page}.md")

    @property
    def _evidence(self) -> Path:
        """Where what a utility showed is kept, if it is more than text."""
        return self.folder / "evidence"

    def may_submit(self, session: Session, *, take_over: bool) -> None:
        """Nothing, where this ledger submits: where there is no Sheet, or where it names this one.

        Raises:
            SubmitterElsewhere: it names another one.
            MeterctlError: it cannot be asked, and has never named this one.
        """
        if self.local.sheet is None:
            return
        from meterctl.services.submitter import claim

        with self.sheet(self.ASKING_THE_SHEET) as sheet:
            claim(session.ledger, sheet, now, take_over=take_over)

    def heartbeat(
        self, name: str, warn: Callable[[str], None]
    ) -> AbstractContextManager[object, None]:
        """Tells a monitor that a job begins, and how it ends, where a setting says whom to tell.

        Args:
            name: The setting.
            warn: Takes a line where that cannot be done; the job is none the worse for it.
        """
        url = self.settings.text(name)
        if url is None:
            return nullcontext()
        if found := problems_of(self.settings, (name,)):
            warn(f"meterctl: the heartbeat's monitor was not told: {found[0]}")
            return nullcontext()
        from meterctl.utility.heartbeat import Heartbeat

        return Heartbeat(url, lambda line: warn(f"meterctl: {line}"))

    def check_key(self) -> None:
        """Nothing where the service account's key can be used.

        Raises:
            ConfigError: it is not set, not there, or is none.
        """
        from meterctl.config.destinations import key
        from meterctl.sheet.credentials import read

        read(key(self.settings, self.cwd))

    @contextmanager
    def sheet(self, seconds: float, *, patient: bool = False) -> Iterator[GoogleSheet]:
        """The Sheet, for so many seconds in all; `patient` waits for a Google that asks us to."""
        from meterctl.services.retrying import patience
        from meterctl.sheet.deadline import Deadline
        from meterctl.sheet.google import GoogleSheet

        settings = self.sheet_settings
        made = GoogleSheet(
            settings.id,
            settings.tab,
            settings.credentials,
            origin=settings.origin,
            deadline=Deadline(seconds),
            slow_down=patience(seconds) if patient else lambda _: False,
        )
        with closing(made) as sheet:
            yield sheet

    def remember_room(self, room: Room) -> None:
        """How full the spreadsheet is, for who asks nobody; nothing depends on it."""
        from meterctl.services.sheet_notes import Notes
        from meterctl.services.sheet_room import note_room

        if self.takes_notes():
            with suppress(LedgerError, Busy), self.writing() as session:
                note_room(Notes(session.ledger, self.sheet_settings.destination, now), room)

    def deliver(self, ledger: Ledger, seconds: float, *, patient: bool = False) -> Delivered:
        """Bring what is queued to the Sheet, in so many seconds in all.

        `patient` tries a Google that is out of reach a few times more, and waits as long as one
        asks that says it is too busy. Who is not is spared that: only a lost answer is asked for
        again.

        Raises:
            ConfigError: the settings say too little to reach it.
            Busy: another run has been at it for that long.
        """
        from meterctl.services.deliver import deliver

        with self.sheet(seconds) as sheet:
            means = self._means(seconds, lambda _: None, _OUT_OF_REACH if patient else 0)
            return deliver(ledger, sheet, means, wait=0 if patient else seconds)

    def sync(
        self,
        ledger: Ledger,
        seconds: float,
        progress: Callable[[int], None],
        reading: Callable[[int], None],
    ) -> Synced:
        """Read the Sheet back and bring what is queued there, patiently, in so many seconds in all.

        Raises:
            ConfigError: the settings say too little to reach it.
            Busy: another run is at it.
        """
        from meterctl.services.sync import sync

        with self.sheet(seconds, patient=True) as sheet:
            means = self._means(seconds, progress, _OUT_OF_REACH)
            return sync(ledger, self.zones, sheet, means, reading)

    def _means(self, seconds: float, progress: Callable[[int], None], patience_for: int) -> Means:
        """What a run works with; one out of reach is tried again so often."""
        from meterctl.services.deliver import Means
        from meterctl.services.retrying import patience

        settings, wait = self.sheet_settings, patience(seconds)
        out_of_reach = 0

        def again(error: MeterctlError) -> bool:
            nonlocal out_of_reach
            if isinstance(error, Unreachable):
                out_of_reach += error.wait is None
                if not patience_for or out_of_reach > patience_for:
                    return False
            return wait(error)

        return Means(settings.tab, now, again, settings.settle, progress)
