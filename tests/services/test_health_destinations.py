"""The service behind `health` of the other sides: how long a queue may wait, what is in doubt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.domain.times import DAY
from meterctl.ledger.store import SqlLedger
from meterctl.services.health import Check, Grade
from meterctl.services.health_destinations import check_sheet
from tests.helpers import NOW, reading
from tests.ledger.contract import record
from tests.sheet.stand import TAB, Stand, standing


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A Google that stands, with one empty spreadsheet."""
    with standing(tmp_path) as made:
        yield made


def checked(ledger: SqlLedger, stand: Stand, now: int = NOW) -> dict[str, Check]:
    """Each check of the Sheet, by its name."""
    return {check.name: check for check in check_sheet(ledger, f"{stand.sheet_id}/{TAB}", now)}


def test_queue(stand: Stand, ledger: SqlLedger) -> None:
    """A day is long: then whatever brings it there does not."""
    record(ledger, reading("1", "2026-02-01 07:00"))
    record(ledger, reading("2", "2026-02-02 07:00"))
    assert checked(ledger, stand)["sheet:queue"].output.startswith("2 readings queued")
    written = ledger.entry(1)
    assert written is not None
    at = written.written_at
    assert checked(ledger, stand, at + DAY)["sheet:queue"].grade is Grade.PASS
    late = checked(ledger, stand, at + DAY + 1)["sheet:queue"]
    assert late.grade is Grade.WARN
    assert late.hint.startswith("meterctl sync")
    stand.deliver(ledger)
    assert checked(ledger, stand, at + 9 * DAY)["sheet:queue"].grade is Grade.PASS


def test_batch_in_doubt(stand: Stand, ledger: SqlLedger) -> None:
    """A warning, until a look at the Sheet has told."""
    record(ledger, reading("1", "2026-02-01 07:00"))
    stand.faults("path = '*:batchUpdate'; skip = 1; do = 'reset-after'")
    assert stand.deliver(ledger).error is not None
    doubt = checked(ledger, stand)["sheet:in_doubt"]
    assert (doubt.grade, doubt.hint) == (Grade.WARN, "meterctl sync finds out")
    later = checked(ledger, stand, NOW + 3 * 3_600_000)["sheet:in_doubt"]
    assert later.output.startswith("the answer to a batch was lost 3 h ago")
    assert stand.deliver(ledger, now=NOW + 60_000).error is None
    found = checked(ledger, stand, NOW + 120_000)
    assert "sheet:in_doubt" not in found
    assert found["sheet:last_success"].output == "1 min ago"
