"""`meterctl sync`."""

from __future__ import annotations

from collections import Counter

import typer

from meterctl import jobs
from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, Quiet, wiring_of
from meterctl.cli.progress import What, bars
from meterctl.errors import PartlyDone
from meterctl.services import wire
from meterctl.services.notices import IN_THE_WAY, About, mark_told
from meterctl.services.sync import Synced
from meterctl.wiring import Wiring

sync_app = group()

DEADLINE = 600.0  # seconds; cron starts the next one after fifteen minutes


@sync_app.command(
    epilog="Exit code: 0 when all is done, 3 when a part is, 75 when nothing could be."
)
def sync(ctx: typer.Context, quiet: Quiet = False, json: Json = False) -> None:
    """Bring what is queued to the Sheet, read back what others did."""
    wiring = wiring_of(ctx)
    with jobs.job(wiring, "sync", out.note):
        _judge(_sync(wiring, quiet=quiet, json=json))


def _judge(done: Synced) -> None:
    """What it ends with."""
    if done.error is not None:
        if done.delivered.batches:
            raise PartlyDone(done.error.message, done.error.hint)
        raise done.error
    about = Counter(one.about for one in done.notices.values())
    unread, conflicts = about[About.UNREADABLE], about[About.CONFLICT]
    if unread:
        raise PartlyDone(
            f"{_count(unread, 'cell')} of the Sheet could not become a reading",
            "mend it there; it is told once, and meterctl sheet show tells it again",
        )
    if conflicts:
        raise PartlyDone(
            f"{_count(conflicts, 'reading')} in conflict with what the Sheet says",
            "meterctl review lists them, meterctl correct settles them",
        )


def _sync(wiring: Wiring, *, quiet: bool, json: bool) -> Synced:
    """Both ways, and told of; what has been told is not told again."""
    destination = wiring.sheet_settings.destination
    with wiring.writing() as session:
        total = session.ledger.waiting(destination)
        both = What("from the Sheet", None, "rows"), What("to the Sheet", total)
        wanted = not (quiet or json)
        with bars(*both, wanted=wanted) as (reading, tell):
            done = wiring.sync(session.ledger, DEADLINE, tell, reading)
        if quiet:  # what is no failure waits until somebody looks
            told = {name: one for name, one in done.notices.items() if one.about in IN_THE_WAY}
            done = done._replace(notices=told)
        if json:
            out.json(wire.synced(done))
        elif not quiet:
            _show(done)
        if not json:
            for one in done.notices.values():
                out.note(one.line)
        out.flush()
        mark_told(session.ledger, destination, done.notices)
    return done


def _show(done: Synced) -> None:
    to, back = done.delivered, done.returned
    if to.batches:
        known = f", {to.left_out} were there already" if to.left_out else ""
        queued = f", {to.waiting} still queued" if to.waiting else ""
        out.line(
            f"{_count(to.readings, 'reading')} written to the Sheet in {_count(to.rows, 'row')}"
            f"{known}{queued}"
        )
    parts = [
        f"{count} {what}"
        for count, what in (
            (back.taken, "from other machines"),
            (back.typed, "typed in by hand"),
            (back.corrected, "corrected"),
            (back.deleted, "deleted there, which stand here"),
            (back.conflicts, "in conflict"),
        )
        if count
    ]
    if parts:
        out.line(f"read from the Sheet: {', '.join(parts)}")
    if back.doubtful:
        looks = "looks" if back.doubtful == 1 else "look"
        out.line(f"{back.doubtful} of these {looks} wrong: meterctl review")
    if not (to.batches or parts or done.notices or done.error):
        out.line("nothing to do: the Sheet has everything")


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
