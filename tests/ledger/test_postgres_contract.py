"""PostgreSQL keeps what every ledger promises."""

from __future__ import annotations

import psycopg
import pytest

from meterctl.ledger.address import DatabaseAddress, parse_database
from meterctl.ledger.port import Ledger
from meterctl.ledger.postgres import open_for_writing
from tests.helpers import NOW
from tests.ledger.contract import LedgerContract


class TestPostgresLedger(LedgerContract):
    """One schema, and a connection to its server for each process."""

    refusal = psycopg.IntegrityError

    @pytest.fixture
    def place(self, postgres_url: str) -> DatabaseAddress:
        return parse_database(postgres_url)

    def open(self, place: DatabaseAddress) -> Ledger:
        return open_for_writing(place, NOW)
