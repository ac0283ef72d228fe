"""The stand-in, for every test here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.utility.pvoutput.systems import Stand, standing


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """PVOutput on a port."""
    with standing(tmp_path) as one:
        yield one
