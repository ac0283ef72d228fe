"""What the soaks share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.table import Table


@pytest.fixture
def table() -> Iterator[Table]:
    """A soak's table; printed and checked when the test has ended."""
    table = Table()
    yield table
    table.check()
