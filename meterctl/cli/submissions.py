"""`meterctl submissions list`, `show`, `resolve`, `resubmit`."""

from __future__ import annotations

from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, Reason, slot_of, wiring_of
from meterctl.cli.push_utility import STYLES
from meterctl.domain.due import SUPERSEDED
from meterctl.domain.meters import Zones
from meterctl.domain.times import local_text
from meterctl.errors import UnknownReading, UsageError, shown
from meterctl.jobs import chosen
from meterctl.ledger.port import Ledger, Submission, SubmissionState
from meterctl.services import submissions as service
from meterctl.services import wire
from meterctl.services.submissions import DIFFERS, Listed, Verdict
from meterctl.wiring import Wiring

submissions_app = group()

_TAKEN = (SubmissionState.ACCEPTED, SubmissionState.ALREADY)

Id = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="A submission's number, or a reading's id: its newest submission."
    ),
]


@submissions_app.callback()
def submissions() -> None:
    """List, show, resolve and resubmit submissions."""


@submissions_app.command("list")
def list_(
    ctx: typer.Context,
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            help="Only those in this state; differs: changed here since they were accepted.",
            metavar="STATE",
        ),
    ] = None,
    meters: Annotated[
        list[str] | None, typer.Option("--meter", help="Only this meter's.", metavar="METER")
    ] = None,
    json: Json = False,
) -> None:
    """List what was handed to the utility, newest first."""
    states = (*SubmissionState, SUPERSEDED, DIFFERS)
    if state is not None and state not in states:
        raise UsageError(f"{shown(state)} is no state", f"one of {', '.join(states)}")
    wiring = wiring_of(ctx)
    with wiring.reading() as ledger:
        of_meters = chosen(ledger, meters)
        found = list(service.listed(ledger, state=state, meters=of_meters))
    if json:
        out.json({"submissions": [wire.submission(one) for one in found]})
    elif not found:
        out.line("no such submission" if state or meters else "nothing was submitted yet")
    else:
        out.table([_row(one, wiring.zones) for one in found], right=(0, 2))
        if len({one.submission.account for one in found}) > 1:
            out.note("they are of several accounts: meterctl submissions show ID says of which")


@submissions_app.command()
def show(ctx: typer.Context, submission: Id, json: Json = False) -> None:
    """Show one submission with every attempt, and what was answered."""
    wiring = wiring_of(ctx)
    with wiring.reading() as ledger:
        one = service.shown(ledger, _found(ledger, submission, wiring.zones))
    if json:
        out.json(wire.submission(one, with_attempts=True))
    else:
        _show(one, wiring.zones)


@submissions_app.command()
def resolve(
    ctx: typer.Context,
    submission: Id,
    reason: Reason,
    accepted: Annotated[
        str | None,
        typer.Option(
            "--accepted", help="The utility has it, with this receipt.", metavar="RECEIPT"
        ),
    ] = None,
    rejected: Annotated[bool, typer.Option("--rejected", help="The utility refused it.")] = False,
    not_sent: Annotated[
        bool, typer.Option("--not-sent", help="The utility never had it: it is sent again.")
    ] = False,
    json: Json = False,
) -> None:
    """Settle by hand a submission whose answer was lost."""
    verdicts = [
        verdict
        for verdict, given in (
            (Verdict.ACCEPTED, accepted is not None),
            (Verdict.REJECTED, rejected),
            (Verdict.NOT_SENT, not_sent),
        )
        if given
    ]
    if len(verdicts) != 1:
        raise UsageError(
            "one of --accepted RECEIPT, --rejected and --not-sent is needed",
            "look at the utility's own page first",
        )
    receipt = (accepted or "").strip()
    if accepted is not None and not (receipt and receipt.isprintable()):
        raise UsageError("--accepted needs the receipt", "the utility's page shows it")
    wiring = wiring_of(ctx)
    with wiring.writing() as session:
        held = _found(session.ledger, submission, session.zones)
        one = service.resolve(session, held, verdicts[0], reason, receipt)
    _settled(one, wiring, json=json)


@submissions_app.command()
def resubmit(ctx: typer.Context, submission: Id, reason: Reason, json: Json = False) -> None:
    """Let the next push send a reading again: a corrected one, or one that was rejected."""
    wiring = wiring_of(ctx)
    with wiring.writing() as session:
        held = _found(session.ledger, submission, session.zones)
        one = service.resubmit(session, held, reason)
    _settled(one, wiring, json=json)


def _found(ledger: Ledger, text: str, zones: Zones) -> Submission:
    """The submission that a number, or a reading's id, names."""
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return service.found(ledger, int(text))
    handed = ledger.submissions_of(None, slot_of(text, ledger, zones))
    if not handed:
        raise UnknownReading(f"{shown(text)} was not submitted", "meterctl submissions list")
    return handed[0]


def _settled(one: Listed, wiring: Wiring, *, json: bool) -> None:
    if json:
        out.json(wire.submission(one, with_attempts=True))
        return
    held = one.submission
    sends = ""
    if held.state is SubmissionState.DUE:
        is_ours = wiring.local.has_utility and wiring.account.name == held.account
        whose = "" if is_ours else f" to {held.account}, which is not set up now,"
        sends = f"; the next push-utility{whose} sends it"
    out.line(f"submission {held.number} of {one.reading} is {held.state}{sends}")


def _row(one: Listed, zones: Zones) -> list[str]:
    held = one.submission
    return [
        str(held.number),
        one.meter.id,
        out.number(one.meter.text(held.value)),
        local_text(held.slot.at, zones(one.meter)),
        _state(one),
        held.receipt or "" if held.state in _TAKEN else held.detail or "",
    ]


def _state(one: Listed) -> str:
    if one.differs:
        return out.styled(f"{one.state}, {DIFFERS}", "doubtful")
    if one.state == SUPERSEDED:
        return out.styled(SUPERSEDED, "dim")
    return out.styled(one.state, STYLES[one.submission.state])


def _show(one: Listed, zones: Zones) -> None:
    held, zone = one.submission, zones(one.meter)
    out.line(f"submission {held.number} of {one.reading}: {out.number(one.meter.text(held.value))}")
    out.line(f"  {_state(one)} since {local_text(held.changed_at, zone)}")
    if held.receipt:
        out.line(f"  receipt {held.receipt}")
    if held.detail:
        out.line(f"  {held.detail}")
    out.line(f"  key {held.key} at {held.account}")
    for attempt in one.attempts:
        outcome = attempt.outcome or "no answer was read"
        when = local_text(attempt.started_at, zone)
        out.line(f"attempt {attempt.number}, {attempt.channel}, {when}: {outcome}")
        for text in (attempt.answer or "").splitlines():
            out.line(f"  | {text}")
    if one.differs:
        out.note(
            f'send what is true now: meterctl submissions resubmit {held.number} --reason "..."'
        )
