"""What the tests of both ways share: a Sheet with two rows, a person in it, and what is to hold."""

from __future__ import annotations

from meterctl.domain.meters import Meter
from meterctl.domain.readings import Reading
from meterctl.ledger.store import SqlLedger
from meterctl.services.notices import Notice, mark_told
from meterctl.services.sync import Synced
from tests.helpers import METER
from tests.sheet.person import person
from tests.sheet.stand import Stand

DAY_1, DAY_2, DAY_3 = (f"2026-02-0{day} 07:00" for day in (1, 2, 3))  # in Berlin
TYPED_3 = "2026-02-03 06:00:00"  # the same as day 3, as the spreadsheet's clocks show it


def told(stand: Stand, ledger: SqlLedger, done: Synced) -> list[Notice]:
    """The news of a run, told."""
    mark_told(ledger, f"{stand.sheet_id}/Readings", done.notices)
    return list(done.notices.values())


def values(ledger: SqlLedger, meter: Meter = METER) -> list[int]:
    """What is true of a meter, in thousandths."""
    return [one.amount // 1_000 for one in ledger.current(meter.id)]


def truth(ledger: SqlLedger, of: Reading) -> Reading:
    """What is true at the slot of a reading."""
    return ledger.revisions(of.slot)[-1]


def nothing_more(stand: Stand, ledger: SqlLedger) -> None:
    """The next run finds nothing, and sends nothing, whatever was changed beside."""
    before, rows = ledger.last_entry(), stand.rows()
    for again in (False, True):
        if again:
            with person(stand) as somebody:
                somebody.book.update_title("Home again")
        done = stand.sync(ledger)
        assert (done.error, done.returned[1:], done.delivered.rows) == (None, (0,) * 6, 0)
        assert told(stand, ledger, done) == []
    assert (ledger.last_entry(), stand.rows()) == (before, rows)
    assert ledger.waiting(f"{stand.sheet_id}/Readings") == 0
