"""`meterctl restore`."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, wiring_of
from meterctl.cli.progress import waiting
from meterctl.domain.times import iso_utc, local_text
from meterctl.services import restore as service
from meterctl.services.restore import Chosen, Done, Plan, Present, Standing
from meterctl.wiring import Wiring, now

restore_app = group()

_SAYS = {
    Standing.OLDER: "the backup holds all that the ledger in place holds, and more",
    Standing.NEWER: "the ledger in place holds what the backup lacks",
    Standing.DAMAGED: "the ledger in place is damaged",
    Standing.UNREADABLE: "a later meterctl wrote the ledger in place",
    Standing.MISSING: "there is no ledger in place",
    Standing.SAME: "the ledger in place holds all of it, is sound, and holds nothing else",
}

_NEXT = (
    "next:",
    "  meterctl sync           takes in what the Sheet holds by now",
    "  meterctl push-utility   asks before it sends; --take-over once the old machine has stopped",
    "  meterctl clients list   all must log in anew; who was revoked since then is not any more",
)


@restore_app.command(
    epilog="Exit code: 0 restored, or nothing to restore; 2 the ledger in place is newer; 66 no"
    " such backup; 74 it is not sound, or there is no room; 75 a job is running; 78 it is too new."
)
def restore(
    ctx: typer.Context,
    backup: Annotated[
        Path | None,
        typer.Argument(
            metavar="[BACKUP|DIR]",
            readable=False,  # the service says more of one that is not
            help="A backup, or a folder with some; `backups` beside the ledger if none is named.",
        ),
    ] = None,
    over_newer: Annotated[
        bool,
        typer.Option("--over-newer", help="Also where the ledger holds what the backup lacks."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and compare; change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Put a backup in the ledger's place, verified.

    Of a folder it is the newest one that is sound. What was in the place is set aside, whole.
    """
    wiring = wiring_of(ctx)
    place = wiring.place
    if dry_run:
        with waiting("comparing"):
            planned = service.plan(place, backup)
        _tell(planned, None, wiring.zones.default, json=json)
        return
    place.finish()
    with waiting("comparing"):
        planned = service.plan(place, backup)
    if planned.is_needed:
        service.refuse(planned.present, over_newer=over_newer)
        if planned.replaces and not yes and not json and out.is_terminal():
            _ask(planned, wiring.zones.default)
        with waiting("copying, and comparing"):
            done = _restore(wiring, planned, over_newer=over_newer)
    else:
        done = None
    _tell(planned, done, wiring.zones.default, json=json)


def _restore(wiring: Wiring, planned: Plan, *, over_newer: bool) -> Done:
    place = wiring.place
    with place.alone():
        return service.restore(place, planned, now(), over_newer=over_newer)


def _ask(planned: Plan, zone: tzinfo) -> None:
    out.note(_of_backup(planned.chosen, zone))
    out.note(_of_present(planned.present))
    out.confirm("Set that one aside, and put the backup in its place?")


# -- telling -----------------------------------------------------------------------


def _tell(planned: Plan, done: Done | None, zone: tzinfo, *, json: bool) -> None:
    if json:
        out.json(_form(planned, done))
        return
    for path, why in planned.chosen.passed_over.items():
        out.note(f"meterctl: {path} was passed over: {why}")
    if done is not None:
        _show(done, zone)
    elif planned.is_needed:
        out.line(_of_backup(planned.chosen, zone))
        out.line(f"dry run: {_would(planned.present)}")
    else:
        out.line(f"nothing to restore from {planned.chosen.path}: {_SAYS[Standing.SAME]}")


def _would(present: Present) -> str:
    text = _of_present(present)
    if present.standing in (Standing.NEWER, Standing.UNREADABLE):
        return f"{text}; it would be refused without --over-newer"
    return f"{text}; it would be restored"


def _of_backup(chosen: Chosen, zone: tzinfo) -> str:
    held = service.amount(chosen.counts.entries, chosen.counts.revisions)
    if chosen.newest_at is not None:
        held += f", the newest read at {local_text(chosen.newest_at, zone)}"
    when = "" if chosen.backup_at is None else f", from {local_text(chosen.backup_at, zone)}"
    return f"{chosen.path}{when}: {held}"


def _of_present(present: Present) -> str:
    text = _SAYS[present.standing]
    if present.why:
        text += f" ({present.why})"
    if present.standing is Standing.DAMAGED:
        readable = service.many(present.entries, "entry", "entries")
        text += f"; {readable} of it can still be read"
    lacking = service.told(present.beyond)
    if present.standing is Standing.DAMAGED and lacking:
        return f"{text}, and the backup lacks of these: {lacking}"
    return f"{text}: {lacking}" if lacking else text


def _show(done: Done, zone: tzinfo) -> None:
    out.line(f"restored, verified: {_of_backup(done.chosen, zone)}")
    if done.aside is not None:
        out.line(f"set aside: {done.aside}")
    if done.present.standing is Standing.DAMAGED:
        out.line(f"  {_of_present(done.present)}")
    elif lacking := service.told(done.present.beyond):
        out.line(f"  it holds what the backup lacks: {lacking}")
    for line in _NEXT:
        out.line(line)


def _form(planned: Plan, done: Done | None) -> dict[str, object]:
    chosen, present = planned.chosen, planned.present if done is None else done.present
    return {
        "restored": done is not None,
        "backup": str(chosen.path),
        "taken": None if chosen.backup_at is None else iso_utc(chosen.backup_at),
        "entries": chosen.counts.entries,
        "values": chosen.counts.revisions,
        "newest": None if chosen.newest_at is None else iso_utc(chosen.newest_at),
        "present": {
            "standing": present.standing,
            "why": present.why or None,
            "lacking": {
                "entries": present.beyond.entries,
                "values": present.beyond.values,
                **present.beyond.deeds,
            },
        },
        "set_aside": None if done is None or done.aside is None else str(done.aside),
        "ledger": None if done is None else done.ledger_id,
        "passed_over": [
            {"file": str(path), "why": why} for path, why in chosen.passed_over.items()
        ],
    }
