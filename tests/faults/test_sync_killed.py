"""`sync`, killed at any moment while it reads back: run again it ends as if nothing was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.domain.times import MINUTE, iso_utc
from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from tests.helpers import METER, NOW, instant, killed_after, meterctl_environment, reading
from tests.ledger.contract import record
from tests.sheet.person import Person, person
from tests.sheet.stand import Stand, standing

ROWS = 6_000  # of another machine: more than come with a look
KILLS = 12


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A Sheet that another machine has filled, and a person has worked in."""
    with standing(tmp_path) as made:
        other = open_for_writing(tmp_path / "other.db", NOW)
        start = instant("2025-01-01 00:00")
        times = [iso_utc(start + n * 15 * MINUTE) for n in range(ROWS)]
        record(other, *(reading(f"{n}.5", at) for n, at in enumerate(times)))
        assert made.sync(other).error is None
        other.close()
        yield made


def state(path: Path) -> list[object]:
    """Every revision of a sound ledger that owes no judging."""
    ledger = open_for_reading(path)
    try:
        assert ledger.damage() == []
        assert ledger.unjudged() == []
        return [(*one[:6], one.source) for one in ledger.revisions_between(METER.id, 1, 0, 1 << 60)]
    finally:
        ledger.close()


def sync(folder: Path, stand: Stand, seconds: float | None) -> int:
    """Run it as a process, and kill it after so many seconds; how it ended."""
    folder.mkdir(exist_ok=True)
    environment = meterctl_environment(folder) | stand.environment()
    return killed_after(seconds, ("sync", "--quiet"), environment)


@pytest.mark.fault(31)
def test_killed_at_any_moment(stand: Stand, tmp_path: Path) -> None:
    """Each reading, correction and typed row is there once, and nothing was sent back."""
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    assert sync(killed, stand, None) == 0
    (killed / "data" / "ledger.db").unlink()
    began = time.monotonic()
    assert sync(undisturbed, stand, None) == 0
    took = time.monotonic() - began
    stopped = sum(sync(killed, stand, took * n / KILLS) < 0 for n in range(1, KILLS))
    assert stopped >= KILLS // 3  # else nothing was tried
    assert sync(killed, stand, None) == 0
    with person(stand) as somebody:
        _work(somebody)
    assert sync(undisturbed, stand, None) == 0
    expected = state(undisturbed / "data" / "ledger.db")
    rows = stand.rows()
    for n in range(KILLS // 2, KILLS):
        sync(killed, stand, took * n / KILLS)
    assert sync(killed, stand, None) == 0
    assert state(killed / "data" / "ledger.db") == expected
    assert stand.rows() == rows


def _work(somebody: Person) -> None:
    """What is read back besides: a typed row, an edit, a deletion."""
    somebody.types(timestamp="2026-02-03 06:00:00", meterValue=9000)
    somebody.edits("meterValue", 3, "9001.25")
    somebody.deletes(5)
