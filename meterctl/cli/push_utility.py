"""`meterctl push-utility`."""

from __future__ import annotations

from datetime import date, tzinfo
from typing import Annotated

import typer

from meterctl import jobs
from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, Quiet, day_typed, wiring_of
from meterctl.cli.progress import waiting
from meterctl.domain.due import Why, Withheld
from meterctl.domain.meters import Zones
from meterctl.domain.readings import Source
from meterctl.domain.times import aware, local_text
from meterctl.errors import TimeError, UsageError
from meterctl.ledger.port import SubmissionState
from meterctl.services import wire
from meterctl.services.outstanding import Account
from meterctl.services.pushed import Pushed
from meterctl.services.session import Session
from meterctl.wiring import Wiring, now

push_utility_app = group()

STYLES = {
    SubmissionState.DUE: "dim",
    SubmissionState.SENDING: "doubtful",
    SubmissionState.ACCEPTED: "good",
    SubmissionState.ALREADY: "good",
    SubmissionState.REJECTED: "bad",
    SubmissionState.UNKNOWN: "doubtful",
}
_WHY = {
    Why.OLDER: "from {detail}: push-utility --since DATE sends them",
    Why.TOO_LATE: "too late, from {detail}: the utility does not take them any more",
    Why.UNFINISHED: "of today: its total is sent when the day is over",
    Why.IN_DOUBT: "in doubt: meterctl review",
    Why.WINDOW: "out of the month's window {detail}",
    Why.CLOSED: "later than what was submitted of the same period",
    Why.REJECTED: "rejected before: meterctl submissions list --state rejected",
    Why.DIFFERS: "changed since it was submitted: meterctl submissions list --state differs",
}


@push_utility_app.command(
    epilog="Exit code: 0 done or nothing due; 3 partly done, or something rejected; 75 queued for"
    " the next run, or another run is at it; 76 nonsense; 77 not allowed; 78 settings."
)
def push_utility(
    ctx: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent; ask nobody.")
    ] = False,
    show_requests: Annotated[
        bool,
        typer.Option("--show-requests", help="With --dry-run: and how; secrets are masked."),
    ] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", help="Also what is older, from this day on.", metavar="DATE"),
    ] = None,
    meters: Annotated[
        list[str] | None, typer.Option("--meter", help="This meter alone.", metavar="METER")
    ] = None,
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="Submit from here: the other machine has stopped."),
    ] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Submit what is due to the utility.

    What is in doubt is asked about first, and nothing is ever sent twice.
    """
    if show_requests and not dry_run:
        raise UsageError(
            "--show-requests sends nothing", "meterctl push-utility --dry-run --show-requests"
        )
    if take_over and dry_run:
        raise UsageError("--dry-run takes nothing over", "leave one of the two out")
    wiring = wiring_of(ctx)
    if dry_run:
        account = _account(wiring, since)
        done = _would(wiring, account, meters, shows=show_requests)
        _tell(done, wiring.zones, quiet=quiet, json=json)
        return
    with jobs.job(wiring, "push-utility", out.note):
        account = _account(wiring, since)
        with wiring.writing() as session, waiting("submitting", wanted=not quiet):
            done = jobs.push(wiring, session, account, meters, take_over=take_over)
        _tell(done, wiring.zones, quiet=quiet, json=json)
        if done.error is not None:
            raise done.error


def _account(wiring: Wiring, since: str | None) -> Account:
    account = wiring.account
    if since is None:
        return account
    return account._replace(since=_day(since, account.zone or wiring.zones.default))


def _tell(done: Pushed, zones: Zones, *, quiet: bool, json: bool) -> None:
    if json:
        out.json(wire.pushed(done))
    elif not quiet:
        _show(done, zones)


def _would(wiring: Wiring, account: Account, names: list[str] | None, *, shows: bool) -> Pushed:
    with wiring.judged() as ledger:
        session = Session(ledger, wiring.zones, now(), Source.CLI)
        return jobs.would_push(wiring, session, account, names, shows=shows)


def _day(text: str, zone: tzinfo) -> date:
    try:
        day = day_typed(text, zone)
    except TimeError as error:
        raise UsageError(f"--since: {error.message}", error.hint) from None
    if day > aware(now(), zone).date():  # the first push would keep it, and submit nothing for long
        raise UsageError(f"--since {text} is yet to come", "name a day up to today")
    return day


def _show(done: Pushed, zones: Zones) -> None:
    out.table(
        [
            [
                one.meter.id,
                out.number(one.meter.text(one.value)),
                local_text(one.slot.at, zones(one.meter)),
                out.styled(one.state, STYLES[one.state]),
                one.receipt or one.error or "",
            ]
            for one in done.submissions
        ],
        right=(1,),
    )
    for request in done.requests:
        out.line(f"{request}\n")
    out.line(f"dry run: {done.counts}" if done.dry_run else done.counts)
    if done.turned:
        out.note(f"sent by the portal: {done.turned}")
    for held in done.withheld:
        out.line(f"withheld: {withheld_text(held)}")


def withheld_text(held: Withheld) -> str:
    """Which readings are withheld, why, and what can be done."""
    count = "1 reading" if held.readings == 1 else f"{held.readings} readings"
    return f"{count} of {held.meter}, {_WHY[held.why].format(detail=held.detail)}"
