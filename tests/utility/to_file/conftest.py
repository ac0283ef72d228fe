"""What the tests of files share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an `outbox` in it."""
    (tmp_path / "outbox").mkdir()
    return tmp_path
