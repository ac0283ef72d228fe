"""A Google for the commands that need one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sheet.stand import Stand, standing


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """A Google that stands, with one empty spreadsheet, and settings that lead to it."""
    with standing(tmp_path) as made:
        for name, text in made.environment().items():
            monkeypatch.setenv(name, text)
        yield made
