"""SQLite keeps what every ledger promises."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from meterctl.ledger.port import Ledger
from meterctl.ledger.sqlite import open_for_writing
from tests.helpers import NOW
from tests.ledger.contract import LedgerContract


class TestSqliteLedger(LedgerContract):
    """One file, and a handle on it for each process."""

    refusal = sqlite3.IntegrityError

    @pytest.fixture
    def place(self, ledger_path: Path) -> Path:
        return ledger_path

    def open(self, place: Path) -> Ledger:
        return open_for_writing(place, NOW)
