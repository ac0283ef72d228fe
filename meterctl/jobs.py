"""What the command line and the HTTP shim do alike: the services, with the parts of this run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from meterctl.domain.meters import Meter, meter_named
from meterctl.domain.readings import Source
from meterctl.errors import ConfigError, MeterctlError, MeterError
from meterctl.ledger.port import Ledger
from meterctl.services.session import Session
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
    from tempfile import TemporaryDirectory

    from meterctl.services.rehearsal import Rehearsal

    with wiring.reading() as ledger, TemporaryDirectory(prefix="meterctl-") as folder:
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
        wiring.may_submit(session, take_over=True)
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


# -- health ------------------------------------------------------------------------


def checks(
    wiring: Wiring, *, online: bool = False, of_ledger: Callable[[], Iterator[Check]] | None = None
) -> Iterator[Check]:
    """Each room's checks; one that fails does not keep the others from being made.

    Args:
        wiring: The run's parts.
        online: Whether the Sheet and the utility are asked as well.
        of_ledger: Checks the ledger in another way than by reading all of it.
    """
    from meterctl.services import health as service

    try:
        path = wiring.local.ledger
    except ConfigError as error:
        yield service.failed(error, "settings")
        return
    yield from _guarded("ledger", of_ledger() if of_ledger else _of_ledger(wiring))
    yield from service.check_machine(path, now())
    if wiring.settings.file is not None:
        yield service.check_env_file(wiring.settings.file)
    if wiring.local.sheet is not None:
        yield from _guarded("sheet", _of_sheet(wiring, online=online))
    if wiring.local.has_utility:
        yield from _guarded("utility", _of_utility(wiring, online=online))


def _guarded(name: str, found: Iterator[Check]) -> Iterator[Check]:
    from meterctl.services import health as service

    try:
        yield from found
    except MeterctlError as error:
        yield service.failed(error, name)


def _of_ledger(wiring: Wiring) -> Iterator[Check]:
    from meterctl.services.clients import check_secrets
    from meterctl.services.health import check_ledger

    with wiring.reading() as ledger:
        yield from check_ledger(ledger, now())
        yield from check_secrets(ledger, now())


def _of_sheet(wiring: Wiring, *, online: bool) -> Iterator[Check]:
    from meterctl.services import health_destinations as destinations

    settings = wiring.sheet_settings
    with wiring.reading() as ledger:
        yield from destinations.check_sheet(ledger, settings.destination, now())
    if not isinstance(settings.credentials, str):
        yield from destinations.check_key(settings.credentials, now())
    room = None
    if online:
        with wiring.reading() as ledger, wiring.sheet(wiring.ASKING_THE_SHEET) as sheet:
            answer, room = destinations.ask_sheet(ledger, sheet, settings.tab)
        yield answer
    if room is not None:
        yield destinations.check_room(room)
        wiring.remember_room(room)
    else:
        with wiring.reading() as ledger:
            yield from destinations.check_noted_room(ledger, settings.destination)


def _of_utility(wiring: Wiring, *, online: bool) -> Iterator[Check]:
    from meterctl.services import health_destinations as destinations

    with wiring.reading() as ledger:
        session = _session(wiring, ledger)
        yield from destinations.check_utility(session, wiring.account)
        yield from destinations.check_meters(session, wiring.account, wiring.utility)
    if online:
        with closing(wiring.utility) as utility:  # a web form's browser must not outlast the look
            yield destinations.ask_utility(utility)


def _session(wiring: Wiring, ledger: Ledger) -> Session:
    return Session(ledger, wiring.zones, now(), Source.CLI)
