"""A ledger that was put back from a backup, while the machine before it may still go on.

What that machine did since the backup is not in the copy. So the copy gets an id of its own, that
nothing it writes is taken for the other's; it reads the Sheet before it trusts anything of it; and
whatever becomes due at the utility is in doubt first, until it was asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from meterctl.domain.due import may_be_elsewhere
from meterctl.domain.times import iso_utc
from meterctl.ledger.port import Ledger, Submission, SubmissionState
from meterctl.services.pushed import IN_DOUBT

if TYPE_CHECKING:
    from meterctl.services.health import Check
    from meterctl.sheet.rows import Key

RESTORED, TAKEN_OVER = "ledger.restored", "ledger.taken_over"  # memos
# What is noted of a Sheet as this ledger left it, and of who submits: another may have been there.
_MOVED = "ledger.moved"  # and what else is noted of a move
_NOT_TRUSTED = ("sheet.head:", "sheet.absorbed:", "sheet.read:", "sheet.submitter:")

WHY = "another machine may have submitted it already"
HAS_STOPPED = "once the other machine has stopped: meterctl push-utility --take-over"


class Ancestor(NamedTuple):
    """A ledger that this one is a copy of."""

    id: str
    entries: int  # how many of them both have in common


class Restored(NamedTuple):
    """What is known of a ledger that was put back."""

    ancestors: tuple[Ancestor, ...]  # the oldest first
    backup_at: int
    restored_at: int


class Elsewhere(NamedTuple):
    """That another machine may submit, or did, unknown to this ledger."""

    taken_over_at: int | None  # what was read later, this ledger alone submits; None: nothing yet
    stopped_at: int | None = None  # when a person said that it has stopped

    def may_have_sent(self, at: int) -> bool:
        """Whether it may have submitted a reading of that time."""
        return may_be_elsewhere(at, self.taken_over_at)


# -- it begins anew, and is taken over


def begin_anew(ledger: Ledger, backup_at: int, now: int) -> None:
    """Make a copy of a ledger one of its own; called within `ledger.writing_anyway()`.

    Args:
        ledger: The copy, before anything else has used it.
        backup_at: When it was copied; whatever came later it does not know.
        now: When it is put back.
    """
    import json
    from uuid import uuid4

    before = restored(ledger)
    ancestors = before.ancestors if before else ()
    noted = Restored((*ancestors, Ancestor(ledger.id, ledger.last_entry())), backup_at, now)
    ledger.renew_id(uuid4().hex)
    ledger.set_memo(RESTORED, json.dumps(noted), now)
    for beginning in (TAKEN_OVER, _MOVED, *_NOT_TRUSTED):
        ledger.forget_memos(beginning)
    for one in list(ledger.submissions()):
        put_in_doubt(ledger, one, now)
    ledger.refuse_tokens_before(now)


def take_over(ledger: Ledger, now: int) -> None:
    """Note a person's word that the machine before has stopped; nothing where there was none."""
    if ledger.memo(RESTORED) is not None:
        note_taken_over(ledger, now)


def note_taken_over(ledger: Ledger, now: int) -> None:
    """Note that from now on this ledger submits alone: what was read later is nobody else's."""
    newest = (ledger.newest(meter.id) for meter in ledger.meters())
    # By a slow clock, what the other one has read and submitted may seem to be yet to come.
    known = [one.at for one in newest if one is not None]
    with ledger.writing():
        ledger.set_memo(TAKEN_OVER, str(max([now, *known])), now)


def put_in_doubt(ledger: Ledger, submission: Submission, now: int) -> bool:
    """Ask about what is due before it is sent; False where it is not due."""
    due, unknown = SubmissionState.DUE, SubmissionState.UNKNOWN
    return ledger.move_submission(submission.number, due, unknown, now, detail=WHY)


# -- what follows from it


def restored(ledger: Ledger) -> Restored | None:
    """What is known of it, where this ledger was put back from a backup."""
    memo = ledger.memo(RESTORED)
    if memo is None:
        return None
    import json

    ancestors, backup_at, restored_at = json.loads(memo.value)
    return Restored(tuple(Ancestor(*one) for one in ancestors), backup_at, restored_at)


def elsewhere(ledger: Ledger) -> Elsewhere | None:
    """Whether another machine may have submitted what seems due here; None: none may."""
    taken_over = ledger.memo(TAKEN_OVER)
    if taken_over is not None:
        return Elsewhere(int(taken_over.value), taken_over.written_at)
    return None if ledger.memo(RESTORED) is None else Elsewhere(None)


def ancestor_of(ledger: Ledger) -> Callable[[Key], Ancestor | None]:
    """Whose a row's key is, where an ancestor wrote that row of an entry that both have."""
    back = restored(ledger)
    ancestors = back.ancestors if back else ()

    def found(key: Key) -> Ancestor | None:
        of_id = (one for one in ancestors if one.id.startswith(key.ledger))
        return next((one for one in of_id if key.entry <= one.entries), None)

    return found


def check_restored(ledger: Ledger, now: int, *, submits: bool) -> Iterator[Check]:
    """Whether a person is still to say that the machine before has stopped.

    Args:
        ledger: The ledger.
        now: When it is.
        submits: Whether a utility is set up; where none is, nobody waits for that word.
    """
    from meterctl.domain.times import age_text
    from meterctl.services.health import Check, Grade

    back = restored(ledger)
    if back is None:
        return
    name = "ledger:restored"
    ago, of = age_text(now - back.restored_at), iso_utc(back.backup_at)
    text = f"put back {ago} ago from a backup of {of}"
    if waiting := sum(one.state in IN_DOUBT for one in ledger.submissions()):
        text += f"; {waiting} of its submissions {'is' if waiting == 1 else 'are'} in doubt"
    if submits and ledger.memo(TAKEN_OVER) is None:
        why = "the machine before may still submit, so what is due is asked about first"
        yield Check(name, Grade.WARN, f"{text}; {why}", HAS_STOPPED)
    else:
        yield Check(name, Grade.PASS, text)
