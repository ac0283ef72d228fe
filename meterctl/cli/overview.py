"""`meterctl` alone: a screenful of what is known, what waits, and what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import typer

from meterctl import jobs
from meterctl.cli import out
from meterctl.cli.options import wiring_of
from meterctl.domain.meters import Meter, Zones
from meterctl.domain.periods import By
from meterctl.domain.readings import Source
from meterctl.domain.times import DAY, age_text, aware, clock_of
from meterctl.domain.use import PeriodUse, reaches_back
from meterctl.ledger.port import Ledger
from meterctl.services.current import Newest, Standing
from meterctl.services.health import Check, Grade
from meterctl.services.overview import TwoDays, read_last_first, two_days
from meterctl.services.session import Session
from meterctl.wiring import Wiring, now

_MOST_METERS = 8
_MOST_TROUBLES = 5
_TOLD_ABOVE = frozenset(("ledger:last_entry",))  # by the ages of the readings

_COMMANDS = (
    ("meterctl record 142.3", "store what the dial says"),
    ("meterctl bulk-import FILE", "store what a file says"),
    ("meterctl history --by day", "the use of each day"),
    ("meterctl plot", "the same as a chart"),
    ("meterctl --help", "all commands; meterctl help explains more"),
)
_FIRST = (
    ("meterctl record 142.3", "store what the dial says now"),
    ("meterctl bulk-import FILE", "or what a portal or a utility has exported"),
    ("meterctl init", "set up the Sheet and the utility, step by step"),
    ("meterctl demo", "see all of it at work, with no account"),
    ("meterctl --help", "all commands"),
)


def overview(ctx: typer.Context) -> None:
    """Show it; nothing is made, changed or asked elsewhere."""
    wiring = wiring_of(ctx)
    with wiring.judged() as ledger:
        at = now()
        session = Session(ledger, wiring.zones, at, Source.CLI)
        meters = ledger.meters()
        standing = jobs.current(wiring, session, meters)
        if all(one.reading is None for one in standing.newest):
            _welcome(wiring, ledger)
            return
        shown = read_last_first(standing.newest)[:_MOST_METERS]
        days = [two_days(ledger, wiring.zones, one.meter, at) for one in shown]
    _show_readings(shown, days, at, wiring.zones)
    if len(standing.newest) > len(shown):
        out.line(f"and {len(standing.newest) - len(shown)} more: meterctl current")
    out.line()
    _show_queues(wiring, standing)
    _show_troubles(
        [
            check
            for check in jobs.checks(wiring, thorough=False)
            if check.grade is not Grade.PASS and check.name not in _TOLD_ABOVE
        ]
    )
    out.line()
    _show_commands(_COMMANDS)


def _welcome(wiring: Wiring, ledger: Ledger) -> None:
    where = ledger.place if wiring.has_ledger() else f"{wiring.local.ledger}, made on first use"
    out.line("No reading yet. To begin:")
    out.line()
    _show_commands(_FIRST)
    out.line()
    out.line(out.styled(out.plain(f"the ledger: {where}"), "dim"))


def _show_commands(commands: Sequence[tuple[str, str]]) -> None:
    out.table([[f"  {command}", out.styled(meaning, "dim")] for command, meaning in commands])


def _show_readings(shown: Sequence[Newest], days: Sequence[TwoDays], at: int, zones: Zones) -> None:
    head = ("", "newest", "read", "today", "yesterday")
    rows = [[out.styled(cell, "dim") if cell else "" for cell in head]]
    for one, two in zip(shown, days, strict=True):
        meter, zone = one.meter, zones(one.meter)
        uses = [_use(meter, day, zone) for day in two]
        if one.reading is None:
            rows.append([meter.id, "-", "no reading yet", *uses])
        else:
            value = out.number(meter.text(one.reading.amount))
            rows.append([meter.id, value, _when(one.reading.at, at, zone), *uses])
    out.table(rows, right=(1, 3, 4))


def _when(read_at: int, at: int, zone: tzinfo) -> str:
    """A time as one says it: by the clock today and yesterday, else by its day; and its age."""
    when, days = aware(read_at, zone), clock_of(at, zone) // DAY - clock_of(read_at, zone) // DAY
    told = {0: f"{when:%H:%M}", 1: f"yesterday {when:%H:%M}"}.get(days, f"{when:%Y-%m-%d}")
    return f"{told}, {age_text(at - read_at)} ago"


def _use(meter: Meter, day: PeriodUse | None, zone: tzinfo) -> str:
    if day is None or day.amount is None or day.since is None:
        return "-"
    amount = out.number(meter.text(day.amount))
    if not reaches_back(day, By.DAY, zone):
        return amount
    return f"{amount} since {aware(day.since, zone):%Y-%m-%d}"


def _show_queues(wiring: Wiring, standing: Standing) -> None:
    """What the destinations are still to get, where there are any."""
    queues = []
    if wiring.local.sheet is not None:
        queues.append((standing.pending_sheet, "for the Sheet", "meterctl sync"))
    if wiring.local.has_utility:
        queues.append((standing.pending_utility, "for the utility", "meterctl push-utility"))
    waiting = [
        f"{count} {'reading' if count == 1 else 'readings'} {where} ({command})"
        for count, where, command in queues
        if count
    ]
    if waiting:
        out.line(f"queued: {', '.join(waiting)}")
    elif queues:
        out.line("queued: nothing")


def _show_troubles(troubles: Sequence[Check]) -> None:
    """What a person has to do, the worst first."""
    if not troubles:
        out.line(out.styled("nothing needs attention", "good"))
        return
    out.line("needs attention:")
    ordered = sorted(troubles, key=lambda check: check.grade is not Grade.FAIL)
    for check in ordered[:_MOST_TROUBLES]:
        name = out.styled(check.name, "bad" if check.grade is Grade.FAIL else "doubtful")
        out.line(f"  {name}: {out.plain(f'{check.output}{out.in_brackets(check.hint)}')}")
    if len(troubles) > _MOST_TROUBLES:
        out.line(f"  and {len(troubles) - _MOST_TROUBLES} more: meterctl health")
