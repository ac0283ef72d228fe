"""`ledger copy`: a ledger moved to another place, and what is to be told of it."""

from __future__ import annotations

from collections.abc import Callable

from meterctl import log
from meterctl.domain.exact import exact
from meterctl.domain.quantity import format_quantity
from meterctl.domain.times import iso_utc
from meterctl.ledger.copying_port import Amount, Keeper, Look, Moved, Mover, Plan, Step

__all__ = ["Keeper", "Look", "amount", "form", "look_form", "move", "told", "would"]


def move(mover: Mover, tell: Callable[[int], None]) -> Moved:
    """Move a ledger, or go on with a move that was stopped.

    Raises:
        LedgerMoved: it was moved to another place meanwhile.
        LedgerDamaged: what arrived is not what left; the old place is as it was.
        Busy: a job runs at the old place, or others write there on and on.
    """
    done = mover.finish(tell)
    planned = done.plan
    if planned.step is not Step.DONE:
        log.event(
            "ledger.moved",
            source=planned.source,
            target=planned.target,
            ledger=planned.ledger_id,
            entries=planned.whole.entries,
            copied=done.copied,
        )
    return done


# -- telling


def would(planned: Plan) -> list[str]:
    """What a move would do, in lines."""
    whole = f"{amount(planned.whole)}, from {planned.source} to {planned.target}"
    if planned.step is Step.NEW:
        return [f"dry run: it would move {whole}"]
    if planned.step is Step.HALF:
        there = f"{planned.there.values} values are there already"
        return [f"dry run: it would go on moving {whole}; {there}"]
    if planned.step is Step.CLOSED:
        return [f"dry run: it would end the move of {whole}: all is there, and verified"]
    return [nothing(planned)]


def nothing(planned: Plan) -> str:
    """That there is nothing to do."""
    return f"nothing to move: {planned.source} was moved to {planned.target} already"


def told(done: Moved) -> list[str]:
    """What was done, in lines."""
    planned = done.plan
    if planned.step is Step.DONE:
        return [nothing(planned)]
    return [
        f"moved, verified: {amount(planned.whole)}, to {planned.target}",
        *(
            f"  {one.meter}: {one.values} values, sum {format_quantity(one.total)}"
            for one in done.meters
        ),
        f"closed: {planned.source} can be read, and takes nothing more",
        f"next: METERCTL_LEDGER={planned.target}",
        "  on every machine, with the password that it may need; cron, services and phones too",
    ]


def amount(of: Amount) -> str:
    """So many entries with so many values of so many meters."""
    return ", ".join(
        (
            f"{_many(of.entries, 'entry', 'entries')} with {_many(of.values, 'value', 'values')}",
            _many(of.meters, "meter", "meters"),
        )
    )


def _many(count: int, one: str, several: str) -> str:
    return f"1 {one}" if count == 1 else f"{count} {several}"


def form(planned: Plan, done: Moved | None) -> dict[str, object]:
    """The same for JSON; without `done` it is what would be done."""
    return {
        "from": planned.source,
        "to": planned.target,
        "ledger": planned.ledger_id,
        "step": planned.step.value,
        "moved": done is not None,
        "entries": planned.whole.entries,
        "values": planned.whole.values,
        "there": planned.there.values,
        "copied": 0 if done is None else done.copied,
        "meters": [
            {"meter": one.meter, "values": one.values, "sum": exact(one.total)}
            for one in (() if done is None else done.meters)
        ],
    }


def look_form(found: Look) -> dict[str, object]:
    """A ledger and its place, for JSON."""
    held = found.amount
    return {
        "ledger": found.address,
        "store": found.store,
        "schema": found.schema,
        "newest_schema": found.newest_schema,
        "id": found.ledger_id,
        "created": None if found.created_at is None else iso_utc(found.created_at),
        "entries": None if held is None else held.entries,
        "values": None if held is None else held.values,
        "meters": None if held is None else held.meters,
        "bytes": found.size,
        "jobs": [
            {"job": one.job, "who": one.who, "since": iso_utc(one.since)} for one in found.held
        ],
        "copying": found.copying,
        "moved": None
        if found.moved_to is None
        else {"to": found.moved_to, "at": iso_utc(found.moved_at or 0)},
    }
