"""Errors that are not in Google's form, as a proxy on the way would answer."""

from __future__ import annotations

from collections import Counter

import pytest

from meterctl.ledger.store import SqlLedger
from tests.helpers import reading
from tests.ledger.contract import record
from tests.sheet.stand import Stand

WRITE = "path = '*:batchUpdate'"


@pytest.mark.parametrize(
    "body",
    [
        '{"error": {"message": "no code"}}',
        '{"error": "a text"}',
        '{"error": []}',
        "[]",
        "3",
        "null",
    ],
)
@pytest.mark.parametrize("status", [400, 403, 500])
def test_an_error_in_a_form_of_its_own(
    stand: Stand, ledger: SqlLedger, body: str, status: int
) -> None:
    """A proxy's, which gspread would trip over: an error of the other side's, no bug of ours."""
    record(ledger, reading("1", "2026-02-01 07:00"))
    stand.faults(f"{WRITE}; times = 0; do = 'status'; status = {status}; body = '{body}'")
    assert stand.deliver(ledger).error is not None
    stand.faults()
    assert stand.deliver(ledger).error is None
    assert stand.values() == Counter("1")
