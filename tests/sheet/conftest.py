"""A Google for each test of the Sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sheet.stand import Stand, standing


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A Google that stands, with one empty spreadsheet."""
    with standing(tmp_path) as made:
        yield made
