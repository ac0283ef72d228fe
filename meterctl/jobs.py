"""What the command line and the HTTP shim do alike: the services, with the parts of this run."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from meterctl.domain.meters import Meter, meter_named
from meterctl.domain.readings import Source
from meterctl.errors import Busy, ConfigError, MeterctlError, MeterError
from meterctl.ledger.address import FileAddress
from meterctl.ledger.port import Ledger
from meterctl.services.session import Session
from meterctl.stopping import temporary_folder
from meterctl.wiring import Wiring, now

if TYPE_CHECKING:
    from meterctl.services.current import Standing
    from meterctl.services.health import Check
    from meterctl.services.outstanding import Account
    from meterctl.services.pushed import Pushed
    from meterctl.services.rehearsal import Rehearsal


def chosen(ledger: Ledger, names: Sequence[str] | None) -> tuple[Meter, ...]:
    """The meters named, each once, or all."""
    meters = ledger.meters()
    return tuple(dict.fromkeys(meter_named(meters, name) for name in names)) if names else meters


# -- bulk-import -----------------------------------------------------------------


@contextmanager
def rehearsing(wiring: Wiring) -> Iterator[tuple[Ledger, Rehearsal]]:
    """The ledger, and what a dry run works on instead: thrown away at the end of the block."""
    from meterctl.services.rehearsal import Rehearsal

    with wiring.reading() as ledger, temporary_folder("meterctl-") as folder:
        elsewhere = {"METERCTL_LEDGER": f"sqlite:///{folder}/ledger.db", "METERCTL_TIMEZONE": "UTC"}
        with Wiring(elsewhere).writing() as scratch:
            yield ledger, Rehearsal(ledger, scratch.ledger)


# -- current ---------------------------------------------------------------------


def account_if_any(wiring: Wiring) -> Account | None:
    """The utility's account, for who only looks: health says what is wrong with its settings."""
    if wiring.local.has_utility:
        with suppress(ConfigError):
            return wiring.account
    return None


def current(wiring: Wiring, session: Session, meters: Sequence[Meter]) -> Standing:
    """The newest reading of each meter, and how it stands at the destinations there are."""
    from meterctl.services.current import current as look

    return look(session, meters, sheet=wiring.local.sheet, account=account_if_any(wiring))


# -- push-utility ------------------------------------------------------------------


def would_push(
    wiring: Wiring,
    session: Session,
    account: Account,
    names: Sequence[str] | None,
    *,
    shows: bool = False,
) -> Pushed:
    """What a push would do; nothing is changed, and nobody is asked."""
    from meterctl.services import push as service

    meters = _submitted(session.ledger, names)
    return service.would_push(session, account, meters, wiring.utility, shows=shows)


def push(
    wiring: Wiring,
    session: Session,
    account: Account,
    names: Sequence[str] | None,
    *,
    take_over: bool = False,
) -> Pushed:
    """Submit what is due."""
    from meterctl.services import push as service

    if take_over:  # also where nothing is due just now
        from meterctl.services.restored import take_over as take_over_for_good

        wiring.may_submit(session, take_over=True)
        take_over_for_good(session.ledger, now())
    utility = wiring.utility
    other = wiring.portal if wiring.portal is not utility else None
    means = service.Means(
        now,
        permit=lambda: wiring.may_submit(session, take_over=False),
        other_way=other,
    )
    meters = _submitted(session.ledger, names)
    with closing(utility), closing(other) if other else nullcontext():
        return service.push(session, utility, account, means, meters)


def _submitted(ledger: Ledger, names: Sequence[str] | None) -> tuple[Meter, ...]:
    """The meters named, which must be submitted; or all."""
    meters = chosen(ledger, names)
    for meter in meters if names else ():
        if not meter.submitted:
            raise MeterError(
                f"meter {meter.id} is not submitted", f"meterctl meters set {meter.id} --submit"
            )
    return meters


# -- what cron runs ------------------------------------------------------------------

# Which setting names the monitor that is told of a job.
HEARTBEATS = {
    "push-utility": "METERCTL_HEARTBEAT_URL",
    "sync": "METERCTL_HEARTBEAT_URL_SYNC",
    "backup": "METERCTL_HEARTBEAT_URL_BACKUP",
}


class Run:
    """A job under way; what it says of itself is remembered when it ends."""

    made: Path | None = None  # of a backup: the copy
    error: MeterctlError | None = None  # it ends with this one, and does not raise it itself


@contextmanager
def job(wiring: Wiring, name: str, warn: Callable[[str], None]) -> Iterator[Run]:
    """Around a job: a monitor is told, and the ledger remembers how it ended.

    Args:
        wiring: The run's parts.
        name: The command's.
        warn: Takes a line where the monitor cannot be told; the job is none the worse for it.
    """
    with wiring.heartbeat(HEARTBEATS[name], warn), noted(wiring, name) as run:
        yield run


@contextmanager
def noted(wiring: Wiring, name: str) -> Iterator[Run]:
    """Around a job: the ledger remembers how it ended."""
    from meterctl.remote.clock import heard

    run, heard.offset = Run(), None
    try:
        yield run
    except Busy:  # the run that is at it tells how it ended
        raise
    except Exception as error:
        if not getattr(error, "ends_quietly", False):  # whoever read the output has left
            _remember(wiring, name, run, error)
        raise
    _remember(wiring, name, run, run.error)


def _remember(wiring: Wiring, name: str, run: Run, error: Exception | None) -> None:
    """Note how a job ended, and what it has met; where that cannot be, nothing is lost."""
    from meterctl.remote.clock import heard
    from meterctl.services import health_credentials, run_notes
    from meterctl.services.health_machine import note_servers

    with suppress(MeterctlError, OSError):
        if not wiring.takes_notes():
            return
        with wiring.writing() as session:
            ledger, at = session.ledger, session.now
            with ledger.writing():
                if error is None:
                    run_notes.note_success(ledger, run_notes.Job(name), at, run.made)
                else:
                    run_notes.note_failure(ledger, run_notes.Job(name), at, error)
                if heard.offset is not None:
                    note_servers(ledger, heard.offset, at)
            health_credentials.note(ledger, secrets(wiring), at)


def secrets(wiring: Wiring) -> dict[str, str]:
    """The settings that hold secrets, as far as they are set; of Google's key its id."""
    from meterctl.services.health_credentials import KEY, SETTINGS, key_id

    found = {name: wiring.settings.text(name) for name in SETTINGS if name != KEY}
    if wiring.local.sheet is not None:
        with suppress(ConfigError):  # health says what is wrong with it
            found[KEY] = key_id(wiring.sheet_settings.credentials)
    return {name: text for name, text in found.items() if text}


def note_serving(wiring: Wiring, session: Session, tls_key: Path | None) -> None:
    """Note what only `serve` knows, and the age of what it proves itself with."""
    from meterctl.services import health_credentials, health_files

    health_files.note_tls_key(session.ledger, tls_key, session.now)
    health_credentials.note(session.ledger, secrets(wiring), session.now)


# -- health ------------------------------------------------------------------------


def checks(
    wiring: Wiring, *, online: bool = False, thorough: bool = True, problems: Sequence[str] = ()
) -> Iterator[Check]:
    """Each room's checks; one that fails does not keep the others from being made.

    Args:
        wiring: The run's parts.
        online: Whether the Sheet and the utility are asked as well.
        thorough: Whether all of the ledger is read: what takes a second a million readings.
        problems: What is known to be wrong with the settings.
    """
    from meterctl.remote.clock import heard
    from meterctl.services import health_files, health_machine
    from meterctl.services.health import failed

    if online:
        heard.offset = None  # what is heard from here on counts
    yield from health_machine.check_machine(now())
    usable = yield from _settings(wiring, problems)
    if usable is None:
        return
    address = usable.local.ledger
    if isinstance(address, FileAddress):
        yield from health_machine.check_place(address.path, now())
    if usable.settings.file is not None:
        yield from health_files.check_env_file(usable.settings.file)
    with ExitStack() as stack:
        ledger: Ledger | None = None
        try:
            ledger = stack.enter_context(usable.reading())
        except MeterctlError as error:
            yield failed(error, "ledger")
        if ledger is not None:
            yield from _guarded("ledger", _of_ledger(usable, ledger, thorough=thorough))
        if usable.local.sheet is not None:
            yield from _guarded("sheet", _of_sheet(usable, ledger, online=online))
        if usable.local.has_utility and usable is wiring:
            yield from _guarded("utility", _of_utility(usable, ledger, online=online))
        offset = heard.offset if online else None
        yield from _guarded("ledger", health_machine.check_servers(ledger, offset, now()))


def _settings(wiring: Wiring, problems: Sequence[str]) -> Generator[Check, None, Wiring | None]:
    """What is wrong with the settings; and the parts of a run with which to check the rest."""
    from meterctl.services.health import Check, Grade, failed

    hint = "meterctl config check shows every problem"
    try:
        file = wiring.settings.file
    except ConfigError as error:
        yield failed(error, "settings")
        return None
    try:
        _ = wiring.local
    except ConfigError as error:
        said = "; ".join(dict.fromkeys((*error.problems, *problems)))
        yield Check("settings", Grade.FAIL, said, error.hint or hint, error.exit_code)
        mended = wiring.given({"METERCTL_TIMEZONE": "UTC", "METERCTL_LOCK_TIMEOUT": "10"})
        try:
            _ = mended.local
        except ConfigError:
            return None
        return mended
    if problems:
        yield Check("settings", Grade.WARN, "; ".join(problems), hint)
    else:
        where = "no .env was found" if file is None else f"{file} was read"
        yield Check("settings", Grade.PASS, where)
    return wiring


def _guarded(name: str, found: Iterator[Check]) -> Iterator[Check]:
    from meterctl.services.health import failed

    try:
        yield from found
    except MeterctlError as error:
        yield failed(error, name)


def _of_ledger(wiring: Wiring, ledger: Ledger, *, thorough: bool) -> Iterator[Check]:
    from meterctl.services import (
        health_credentials,
        health_database,
        health_files,
        health_ledger,
    )
    from meterctl.services.clients import check_secrets
    from meterctl.services.health_jobs import SetUp, check_jobs
    from meterctl.services.restored import check_restored
    from meterctl.services.run_notes import Job

    yield from health_database.check_database(ledger.facts(), now())
    check = health_ledger.check_ledger if thorough else health_ledger.check_content
    yield from check(ledger, now())
    local = wiring.local
    yield from check_restored(ledger, now(), submits=local.has_utility)
    expected = {Job.BACKUP: True, Job.SYNC: local.sheet is not None, Job.PUSH: local.has_utility}
    jobs = frozenset(one for one, is_set in expected.items() if is_set)
    yield from check_jobs(ledger, SetUp(jobs, wiring.settings.log_file(wiring.cwd)), now())
    yield from check_secrets(ledger, now())
    yield from health_credentials.check_secrets(ledger, secrets(wiring), now())
    yield from health_files.check_tls_key(ledger)


def _of_sheet(wiring: Wiring, ledger: Ledger | None, *, online: bool) -> Iterator[Check]:
    from meterctl.services import health_credentials
    from meterctl.services import health_destinations as destinations

    destination = wiring.local.sheet
    if ledger is not None and destination is not None:
        yield from destinations.check_sheet(ledger, destination, now())
    settings = wiring.sheet_settings
    yield from health_credentials.check_key(settings.credentials, ledger, now())
    if ledger is None:
        return
    room = None
    if online:
        with wiring.sheet(wiring.ASKING_THE_SHEET) as sheet:
            answer, room = destinations.ask_sheet(ledger, sheet, settings.tab)
        yield answer
    if room is not None:
        yield destinations.check_room(room)
        wiring.remember_room(room)
    else:
        yield from destinations.check_noted_room(ledger, settings.destination)


def _of_utility(wiring: Wiring, ledger: Ledger | None, *, online: bool) -> Iterator[Check]:
    from meterctl.services import health_destinations as destinations

    if ledger is not None:
        session = _session(wiring, ledger)
        yield from destinations.check_utility(session, wiring.account)
        yield from destinations.check_meters(session, wiring.account, wiring.utility)
    if not online:
        return
    with closing(wiring.utility) as utility:  # a web form's browser must not outlast the look
        yield destinations.ask_utility(utility)
    if wiring.portal is not None and wiring.portal is not wiring.utility:
        with closing(wiring.portal) as portal:
            yield destinations.ask_utility(portal, "portal:online")


def _session(wiring: Wiring, ledger: Ledger) -> Session:
    return Session(ledger, wiring.zones, now(), Source.CLI)
