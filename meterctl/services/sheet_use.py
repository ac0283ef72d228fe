"""`sheet use`: goes on in another spreadsheet, where the one before left off."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from meterctl.domain.times import SECOND
from meterctl.errors import AnswerLost, MeterctlError, SheetUnfit
from meterctl.ledger.port import BatchState, Ledger
from meterctl.services.deliver import JOB
from meterctl.services.set_up import Ready, make_ready
from meterctl.sheet import chain
from meterctl.sheet.chain import Fate
from meterctl.sheet.port import Sheet, Token, TokenTaken

_WAIT = 10.0  # seconds for a run that is delivering just now


class Used(NamedTuple):
    """A spreadsheet that is ready to go on in."""

    ready: Ready
    waiting: int  # readings that are to go there
    had: bool  # whether it holds some of this ledger's already


class Way(NamedTuple):
    """From where to where, and what is known of the way."""

    old: Sheet
    new: Sheet
    tab: str
    now: Callable[[], int]
    settle: float  # seconds that a lost request may still be under way
    refused: MeterctlError | None = None  # what the old one has just said, where it was asked


def go_on(ledger: Ledger, way: Way, *, from_start: bool) -> Used:
    """Make the new one ready, and count as there what the old one has, unless `from_start`.

    Done twice it changes nothing more. What both would have, had a batch to the old one landed
    that is in doubt, is not counted: so that is settled first.

    Raises:
        SheetUnfit: the new one's tab is not as it must be.
        AnswerLost: what became of a batch to the old one is not known yet.
        Busy: another run is delivering.
        MeterctlError: the new one cannot be reached.
    """
    to, before = way.new.destination, way.old.destination
    with ledger.holding(JOB, _WAIT):
        if not from_start:
            _settle_doubt(ledger, way)
        ready = make_ready(ledger, way.new, way.tab, way.now)
        _name_the_same_submitter(way)
        with ledger.writing():
            here, there = ledger.cursor(to), ledger.cursor(before)
            if not from_start and there > here:
                now = way.now()
                batch = ledger.open_batch(to, there, 0, now)
                if batch is None:  # it was in use before, and left in the middle of a batch
                    raise AnswerLost(
                        "it is not known whether the last batch to that spreadsheet landed",
                        "--from-start goes on there from what it has itself",
                    )
                detail = f"goes on from {before}"
                ledger.settle_batch(batch.number, BatchState.LANDED, now, detail)
        return Used(ready, ledger.waiting(to), had=here > 0)


def _settle_doubt(ledger: Ledger, way: Way) -> None:
    """Let go of a batch that cannot land any more: the old one is full, or guarded.

    It was asked a moment ago, and has refused the batch; a request of before would have landed by
    now. Whatever else is in doubt, the next look there may tell.
    """
    doubt = ledger.batch_in_doubt(way.old.destination)
    if doubt is None:
        return
    is_refused = isinstance(way.refused, SheetUnfit)
    mine = Token(doubt.token, ledger.id, doubt.number, doubt.sent_at)
    is_over = way.now() >= doubt.sent_at + way.settle * SECOND
    if is_refused and is_over and chain.fate(way.old.look(), mine) is Fate.NEVER_ARRIVED:
        with ledger.writing():
            why = "it never arrived, and the spreadsheet was left"
            ledger.settle_batch(doubt.number, BatchState.REFUSED, way.now(), why)
        return
    why = f" ({way.refused.message})" if way.refused else ""
    raise AnswerLost(
        f"it is not known yet whether the last batch is in the old spreadsheet{why}",
        "the same again in a few minutes; or --from-start, which sends everything to the new one",
    )


def _name_the_same_submitter(way: Way) -> None:
    """Who submits to the utility goes on doing so, also where others share the spreadsheet."""
    with suppress(MeterctlError):  # the old one may be gone: then whoever pushes first is named
        named = way.old.look().submitter
        if named and way.new.look().submitter is None:
            with suppress(TokenTaken):  # meanwhile somebody was
                way.new.name_submitter(named, instead_of=None)
