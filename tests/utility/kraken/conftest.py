"""The stand-in, for every test here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.utility.kraken.accounts import Stand, standing


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """Octopus Energy on a port."""
    with standing(tmp_path) as one:
        yield one
