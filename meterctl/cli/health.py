"""`meterctl health`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Annotated

import typer

from meterctl import __version__
from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, wiring_of
from meterctl.domain.readings import Source
from meterctl.errors import ConfigError, MeterctlError
from meterctl.ledger.port import Ledger
from meterctl.services import health as service
from meterctl.services import wire
from meterctl.services.health import Check, Grade
from meterctl.services.session import Session
from meterctl.wiring import Wiring, now

health_app = group()
_STYLES = {Grade.PASS: "good", Grade.WARN: "doubtful", Grade.FAIL: "bad"}


@health_app.command(epilog="Exit code: 0 for pass and warn; else that of the check that failed.")
def health(
    ctx: typer.Context,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the Sheet and the utility as well.")
    ] = False,
    json: Json = False,
) -> None:
    """Check the ledger, this machine, the Sheet and the utility."""
    checks = list(_checks(wiring_of(ctx), online=online))
    status = service.worst(checks)
    if json:
        out.json(wire.health(status, __version__, checks))
    else:
        for check in checks:
            hint = f" ({check.hint})" if check.hint and check.grade is not Grade.PASS else ""
            mark = out.styled(check.grade, _STYLES[check.grade])
            out.line(f"{mark}  {check.name}: {check.output}{hint}")
    if status is Grade.FAIL:
        raise typer.Exit(next(c.exit_code for c in checks if c.grade is Grade.FAIL))


def _checks(wiring: Wiring, *, online: bool) -> Iterator[Check]:
    """Each room's checks; one that fails does not keep the others from being made."""
    try:
        path = wiring.local.ledger
    except ConfigError as error:
        yield service.failed(error, "settings")
        return
    yield from _guarded("ledger", _of_ledger(wiring))
    yield from service.check_machine(path, now())
    if wiring.settings.file is not None:
        yield service.check_env_file(wiring.settings.file)
    if wiring.local.sheet is not None:
        yield from _guarded("sheet", _of_sheet(wiring, online=online))
    if wiring.local.has_utility:
        yield from _guarded("utility", _of_utility(wiring, online=online))


def _guarded(name: str, checks: Iterator[Check]) -> Iterator[Check]:
    try:
        yield from checks
    except MeterctlError as error:
        yield service.failed(error, name)


def _of_ledger(wiring: Wiring) -> Iterator[Check]:
    with wiring.reading() as ledger:
        yield from service.check_ledger(ledger, now())


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
