"""A portal and a browser for all tests of a module: a browser takes seconds to start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from meterctl.utility.portal.way import Portal
from tests.utility.portal.tiny import Tiny, tiny_portal, way_to


class Stage(NamedTuple):
    """The smallest portal, and the way to it."""

    tiny: Tiny
    way: Portal
    folder: Path

    @property
    def evidence(self) -> list[Path]:
        """What was kept."""
        return sorted((self.folder / "evidence").glob("*"))


@pytest.fixture(scope="module")
def _stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("portal")
    with tiny_portal() as tiny:
        way = way_to(tiny, folder)
        yield Stage(tiny, way, folder)
        way.close()


@pytest.fixture
def stage(_stage: Stage) -> Stage:
    """Both, with one old reading in the portal's list; who was logged in still is.

    An empty list would be waited for each time: it may only be loading.
    """
    _stage.tiny.forget()
    _stage.tiny.rows = [("01.10.2026", "100")]
    for path in _stage.evidence:
        path.unlink()
    return _stage
