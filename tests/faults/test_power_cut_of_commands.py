"""The power goes at any call of a command: the ledger is whole, and the same again does the rest.

The disk is played from strace's log: it keeps what it was told to keep, and not a byte more.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.upgrade import kept_path
from tests.conftest import Cli
from tests.faults.commands import BEFORE, COMMANDS, Command, done_so_far, ends_well, write_file
from tests.faults.replay import OPTIONS, KeepingDisk, events
from tests.faults.table import Table
from tests.faults.trace import traced
from tests.helpers import meterctl_environment
from tests.ledger.files import asked, held

IN_A_TEST = 24  # about so many moments; the soak takes all
names = pytest.mark.parametrize("names_kept", [True, False], ids=["old names", "new names"])


class Left(NamedTuple):
    """What a power cut left of the ledger's folder."""

    ledger: Path
    acknowledged: bool


def cuts(
    command: Command, tmp_path: Path, at_most: int, *, names_kept: bool = True
) -> Iterator[Left]:
    """The power goes behind so many calls of a run at most, and when it has ended."""
    path = tmp_path / "data" / "ledger.db"
    command.make(path)
    disk = KeepingDisk(path.parent)
    disk.take(path.parent)
    arguments = command.on(write_file(tmp_path / "readings.csv"))
    ran = traced(arguments, meterctl_environment(tmp_path), tmp_path / "log", *OPTIONS)
    assert ran.code == 0, ran.err
    played = [*events(tmp_path / "log")]
    every = 1 + sum(one.path.startswith(str(path.parent)) for one in played) // at_most
    moments, acknowledged = 0, False
    for number, event in enumerate(played, 1):
        told = event.call == "write" and not event.path.startswith(str(tmp_path))
        acknowledged = acknowledged or told
        if not disk.play(event) and not told:
            continue
        moments += 1
        if moments % every and number != len(played) and not told:
            continue
        left = tmp_path / "left"
        disk.after_power_cut(left, names_kept=names_kept)
        yield Left(left / "ledger.db", acknowledged)
        shutil.rmtree(left)
    assert moments > 5


def heals(command: Command, left: Left, cli: Cli) -> bool:
    """What was acknowledged is there; the same again does the rest, once; whether it was there."""
    was_done = done_so_far(command, left.ledger)
    assert was_done or not left.acknowledged
    arguments = command.on(left.ledger.parents[1] / "readings.csv")
    again = cli("--ledger", f"sqlite:///{left.ledger}", *arguments)
    ends_well(command, left.ledger, again, was_done=was_done)
    return was_done


@pytest.mark.fault(2)
@names
@pytest.mark.parametrize("name", COMMANDS)
def test_a_power_cut_at_calls_of(name: str, names_kept: bool, tmp_path: Path, cli: Cli) -> None:
    """P1, P2, P5: what was acknowledged is there, once; what was there before is there still."""
    command = COMMANDS[name]
    lefts = cuts(command, tmp_path, IN_A_TEST, names_kept=names_kept)
    assert {heals(command, left, cli) for left in lefts} == {False, True}


@pytest.mark.fault(14)
@pytest.mark.parametrize("name", ["upgrade", "upgrade after a crash"])
def test_a_power_cut_during_an_upgrade(name: str, tmp_path: Path) -> None:
    """P1: the old schema or the new one; and no new one is on the disk before the old is kept."""
    for left in cuts(COMMANDS[name], tmp_path, 1_000):
        kept = kept_path(left.ledger, NEWEST_VERSION - 1)
        is_kept = kept.exists() and held(kept) == BEFORE
        ((version,),) = asked(left.ledger, "PRAGMA user_version")
        assert version == NEWEST_VERSION - 1 or (version == NEWEST_VERSION and is_kept)


@pytest.mark.soak
@pytest.mark.parametrize("name", COMMANDS)
def test_a_power_cut_at_every_call_of(name: str, tmp_path: Path, cli: Cli, table: Table) -> None:
    """Every moment there is."""
    command = COMMANDS[name]
    for names_kept in (True, False):
        folder = tmp_path / str(names_kept)
        folder.mkdir()
        for left in cuts(command, folder, 100_000, names_kept=names_kept):
            acknowledged = int(left.acknowledged)
            table.add(f"power cut at {name}", acknowledged, heals(command, left, cli), 1)
