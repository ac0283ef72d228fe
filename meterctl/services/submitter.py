"""Who submits: where ledgers share a Sheet, its metadata names the one that may."""

from __future__ import annotations

from collections.abc import Callable

from meterctl.errors import AnswerLost, Nonsense, NotAllowed, SubmitterElsewhere, Unreachable
from meterctl.ledger.port import Ledger
from meterctl.services.restored import note_taken_over
from meterctl.sheet.port import Sheet, TokenTaken


def claim(ledger: Ledger, sheet: Sheet, now: Callable[[], int], *, take_over: bool) -> bool:
    """Make sure that this ledger is the one that submits: named in the Sheet, now or before.

    False where the Sheet cannot be asked just now: then it is enough that it named this ledger
    when it was last asked, so that a night without Google is not a night without the utility.

    Raises:
        SubmitterElsewhere: another ledger is named.
        Unreachable, AnswerLost, Nonsense, NotAllowed: it cannot be asked, and never was.
    """
    name = f"sheet.submitter:{sheet.destination}"
    try:
        _claim(ledger, sheet, now, take_over=take_over)
    except (Unreachable, AnswerLost, Nonsense, NotAllowed):
        noted = ledger.memo(name)
        if take_over or noted is None or not noted.value:
            raise
        return False
    except SubmitterElsewhere:
        _note(ledger, name, "", now())
        raise
    _note(ledger, name, "yes", now())
    return True


def _claim(ledger: Ledger, sheet: Sheet, now: Callable[[], int], *, take_over: bool) -> None:
    named = sheet.look().submitter
    if named == ledger.id:
        return
    if named is not None:
        if not take_over:
            raise _elsewhere(named)
        # Before this one is named: a run that is killed in between has only more to ask about.
        note_taken_over(ledger, now())
    try:
        sheet.name_submitter(ledger.id, instead_of=named)
    except (TokenTaken, AnswerLost):  # by whom, and whether it was, another look tells
        named = sheet.look().submitter
        if named != ledger.id:
            raise (
                _elsewhere(named or "")
                if named
                else AnswerLost("the Sheet does not say yet who submits", "the next run asks again")
            ) from None


def _elsewhere(named: str) -> SubmitterElsewhere:
    return SubmitterElsewhere(
        f"another ledger ({named[:12]}) submits the readings of this Sheet",
        "meterctl push-utility --take-over moves that here; only where the other one has stopped",
    )


def _note(ledger: Ledger, name: str, value: str, now: int) -> None:
    memo = ledger.memo(name)
    if (memo.value if memo else "") != value:
        with ledger.writing():
            ledger.set_memo(name, value, now)
