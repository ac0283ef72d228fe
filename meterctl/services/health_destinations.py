"""`health`, the other sides: what is queued for them, what is in doubt, whether they let us in."""

from __future__ import annotations

from collections.abc import Iterator

from meterctl.domain.due import is_refused
from meterctl.domain.times import DAY, age_text
from meterctl.errors import MeterctlError
from meterctl.ledger.port import Ledger
from meterctl.services.health import Check, Grade, failed
from meterctl.services.objections import objections
from meterctl.services.outstanding import Account, first_day, outlook
from meterctl.services.push import OK
from meterctl.services.pushed import IN_DOUBT
from meterctl.services.session import Session
from meterctl.services.sheet_notes import Notes, fit, note_name
from meterctl.services.sheet_room import CELLS, FULL_HINT, Room, noted_room, room_of
from meterctl.sheet.port import Sheet
from meterctl.utility.port import (
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Refused,
    Utility,
)

LONG_QUEUED = DAY  # a sync a quarter of an hour is what crontab.example asks for
_HOW_LONG = 20.0  # seconds, for one question


def check_sheet(ledger: Ledger, destination: str, now: int) -> Iterator[Check]:
    """How much the Sheet is still to get, and since when."""
    waiting = ledger.waiting(destination)
    if waiting:
        oldest = ledger.entry(ledger.cursor(destination) + 1)
        age = now - oldest.written_at if oldest else 0
        grade = Grade.WARN if age > LONG_QUEUED else Grade.PASS
        output = f"{_values(waiting)} queued, the oldest {age_text(age)} ago"
        yield Check("sheet:queue", grade, output, "meterctl sync; it says what stands in the way")
    else:
        yield Check("sheet:queue", Grade.PASS, "the Sheet has everything")
    doubt = ledger.batch_in_doubt(destination)
    if doubt is not None:
        ago = age_text(now - doubt.sent_at)
        yield Check(
            "sheet:in_doubt",
            Grade.WARN,
            f"the answer to a batch was lost {ago} ago: it is in the Sheet, or it is not",
            "meterctl sync finds out",
        )
    yield _last(ledger, "sheet:last_success", note_name("ok", destination), now)


def check_noted_room(ledger: Ledger, destination: str) -> Iterator[Check]:
    """How full the spreadsheet was when somebody last asked; nothing where nobody has."""
    noted = ledger.memo(note_name("cells", destination))
    if noted is not None:
        yield check_room(noted_room(noted.value))


def check_room(room: Room) -> Check:
    """Whether the spreadsheet has room for more rows."""
    name = "sheet:cells"
    output = f"{room.cells:,} of {CELLS:,} cells used ({room.percent})"
    if room.is_full:
        return Check(name, Grade.FAIL, f"the spreadsheet is full: {output}", FULL_HINT, 78)
    grade = Grade.WARN if room.is_almost_full else Grade.PASS
    return Check(name, grade, output, FULL_HINT)


def check_utility(session: Session, account: Account) -> Iterator[Check]:
    """How much the utility is still to get, and what of it is in doubt."""
    ledger, zones, now, _ = session
    meters = tuple(meter for meter in ledger.meters() if meter.submitted)
    since = first_day(ledger, account, zones, now)
    due = [one.at for found in outlook(session, account, since, meters) for one in found.plan.due]
    oldest = f", the oldest read {age_text(now - min(due))} ago" if due else ""
    output = f"{_values(len(due))} due{oldest}" if due else "nothing is due"
    yield Check("utility:due", Grade.PASS, output)
    everywhere = list(ledger.submissions())
    handed = [one for one in everywhere if one.account == account.name]
    left_behind = [
        one for one in everywhere if one.account != account.name and one.state in IN_DOUBT
    ]
    if left_behind:
        yield Check(
            "utility:left_behind",
            Grade.WARN,
            f"{_values(len(left_behind))} sent to {left_behind[0].account}, which is not set up"
            " now, without an answer",
            f"set it up again and push, or: meterctl submissions resolve {left_behind[0].number}",
        )
    unknown = [one for one in handed if one.state in IN_DOUBT]
    if unknown:
        age = age_text(now - min(one.changed_at for one in unknown))
        yield Check(
            "utility:unknown",
            Grade.WARN,
            f"{_values(len(unknown))} sent without an answer: taken, or not; the oldest {age} ago",
            "meterctl push-utility asks; by hand: meterctl submissions list --state unknown",
        )
    rejected = sum(map(is_refused, handed))
    if rejected:
        yield Check(
            "utility:rejected",
            Grade.PASS,
            f"{_values(rejected)} rejected",
            "meterctl submissions list --state rejected",
        )
    yield _last(ledger, "utility:last_success", OK, now)


def ask_sheet(ledger: Ledger, sheet: Sheet, tab_name: str) -> tuple[Check, Room | None]:
    """Whether the Sheet lets us look at it and is as it was; and how full the spreadsheet is."""
    try:
        view = sheet.look()
        sheet.version()  # which tells of one that is in the bin
        notes = Notes(ledger, sheet.destination, lambda: 0)  # which only looks
        fit(view, tab_name, ledger.meters(), notes)
        room = room_of(sheet, view)
    except MeterctlError as error:
        return failed(error, "sheet:online"), None
    tab = "" if view.tab else ", without our tab yet"
    output = f"{view.title!r} answers, in {view.zone}{tab}"
    return Check("sheet:online", Grade.PASS, output), room


def ask_utility(utility: Utility, name: str = "utility:online") -> Check:
    """Whether the utility lets us ask; it is told of no reading."""
    match utility.probe(_HOW_LONG):
        case None:
            return Check(name, Grade.PASS, "it can be asked nothing without a reading")
        case NotThere():
            return Check(name, Grade.PASS, "it answers, and knows us")
        case Refused(why, hint):
            return Check(name, Grade.FAIL, why, hint, 77)
        case Misconfigured(why, hint):
            return Check(name, Grade.FAIL, why, hint, 78)
        case NotTaken(settings=True) as ours:
            return Check(name, Grade.FAIL, ours.why, ours.hint, 78)
        case (NotTaken() | Lost()) as unclear if unclear.nonsense:
            return Check(name, Grade.FAIL, unclear.why, unclear.hint, 76)
        case (NotTaken() | Lost()) as unclear:
            hint = unclear.hint or "the next push-utility tries again"
            return Check(name, Grade.FAIL, unclear.why, hint, 75)
        case _:
            why = "it knows a reading that was never sent"
            return Check(name, Grade.FAIL, why, "check METERCTL_UTILITY_URL", 76)


def check_meters(session: Session, account: Account, utility: Utility) -> Iterator[Check]:
    """Whether readings of each submitted meter can be told, as the settings are."""
    for meter, found in objections(session, account, utility):
        why = found.why if meter.id in found.why else f"meter {meter.id}: {found.why}"
        yield Check("utility:meter", Grade.WARN, why, found.hint)


def _last(ledger: Ledger, name: str, memo: str, now: int) -> Check:
    noted = ledger.memo(memo)
    if noted is None:
        return Check(name, Grade.PASS, "never yet")
    return Check(name, Grade.PASS, f"{age_text(now - noted.written_at)} ago")


def _values(count: int) -> str:
    return "1 reading" if count == 1 else f"{count} readings"
