"""A Google for each test of the Sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.ledger.store import SqlLedger
from tests.helpers import INVERTER, reading
from tests.ledger.contract import record
from tests.sheet.person import Person, person
from tests.sheet.stand import Stand, standing
from tests.sheet.two_way import DAY_1, DAY_2


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A Google that stands, with one empty spreadsheet."""
    with standing(tmp_path) as made:
        yield made


@pytest.fixture
def hands(stand: Stand, ledger: SqlLedger) -> Iterator[Person]:
    """A person, in a Sheet that holds two rows; the first one of both meters."""
    record(ledger, reading("142.3", DAY_1), reading("5", DAY_1, INVERTER))
    record(ledger, reading("145", DAY_2))
    assert stand.sync(ledger).error is None
    with person(stand) as made:
        yield made
