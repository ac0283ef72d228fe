"""What is said of the ledger's own errors: no more than a client may know, and nothing untrue."""

from __future__ import annotations

import pytest

from meterctl.errors import (
    Busy,
    LedgerDamaged,
    LedgerError,
    LedgerMoved,
    LedgerUnreachable,
    LedgerUnsure,
    MeterctlError,
)
from meterctl.http.problems import of_error

ONLY_HERE = "postgresql://me@db.example/meters"


@pytest.mark.parametrize("kind", [Busy, LedgerDamaged, LedgerError, LedgerMoved, LedgerUnreachable])
def test_what_was_not_stored(kind: type[MeterctlError]) -> None:
    """503, in words without the ledger's place."""
    told = of_error(kind(f"{ONLY_HERE}: no", f"look at {ONLY_HERE}"))
    assert (told.status, told.code) == (503, kind.code)
    assert "db.example" not in told.detail + told.hint
    assert kind is Busy or "nothing was stored" in told.detail


def test_what_may_have_been_stored() -> None:
    """Nobody says that it was not; the same again, with its key, finds out."""
    told = of_error(LedgerUnsure(f"{ONLY_HERE}: lost", ""))
    assert (told.status, told.code) == (503, "ledger_unsure")
    assert "nothing was stored" not in told.detail
    assert "Idempotency-Key" in told.hint
