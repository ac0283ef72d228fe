"""The power goes: whatever was acknowledged a moment before is on disk."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from meterctl.ledger.sqlite import open_for_reading
from tests.faults.disks import Disk
from tests.faults.replay import OPTIONS, KeepingDisk, events
from tests.faults.table import Table
from tests.faults.trace import traced
from tests.helpers import meterctl_environment, run_program
from tests.ledger.files import held

ROOT = Path(__file__).parents[2]


class Cut(NamedTuple):
    """What a power cut left."""

    acknowledged: int
    stored: list[int]


class Writer:
    """A process that records 0, 1, 2 ... and does not close."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.acknowledged = 0

    def wait_for(self, acknowledged: int) -> None:
        """Until it has acknowledged so many; it goes on meanwhile."""
        assert self._process.stdout is not None
        while self.acknowledged < acknowledged:
            assert self._process.stdout.readline() == f"{self.acknowledged}\n"
            self.acknowledged += 1

    def pause(self) -> None:
        """Let it stand still, wherever it is: copying a disk takes longer than a power cut."""
        self._process.send_signal(signal.SIGSTOP)
        status = Path(f"/proc/{self._process.pid}/stat")
        while status.read_text().rsplit(")", 1)[1].split()[0] != "T":
            time.sleep(0.001)


@contextmanager
def writer(path: Path, *arguments: str) -> Iterator[Writer]:
    """A writer on a ledger; it is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.writer", str(path), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield Writer(process)
    finally:
        process.kill()
        process.communicate()


def cut_while_writing(tmp_path: Path, acknowledged: int, *arguments: str) -> Cut:
    """Cut the power when so many are acknowledged, and look what is on the disk."""
    disk = Disk.new(tmp_path / "disk.img")
    with (
        disk.mounted(tmp_path / "disk") as folder,
        writer(folder / "new" / "ledger.db", *arguments) as writing,
    ):
        writing.wait_for(acknowledged)
        writing.pause()
        after = disk.after_power_cut(tmp_path / "after.img")
    return Cut(acknowledged, stored(after, tmp_path))


def stored(disk: Disk, tmp_path: Path) -> list[int]:
    """What the program finds there when the system has started again."""
    with disk.mounted(tmp_path / "after") as folder:
        return held(folder / "new" / "ledger.db")


@pytest.mark.fault(2)
@pytest.mark.parametrize("acknowledged", [1, 40, 600])
def test_a_power_cut_while_readings_are_recorded(tmp_path: Path, acknowledged: int) -> None:
    """Every acknowledged reading is there, in order, once; from the first one on."""
    cut = cut_while_writing(tmp_path, acknowledged)
    assert len(cut.stored) >= cut.acknowledged
    assert cut.stored == list(range(len(cut.stored)))


@pytest.mark.fault(2)
def test_a_power_cut_where_commits_do_not_reach_the_disk(tmp_path: Path) -> None:
    """This way of cutting is no pretence: with less than synchronous=FULL it loses readings."""
    cut = cut_while_writing(tmp_path, 40, "NORMAL")
    assert len(cut.stored) < cut.acknowledged


@pytest.mark.fault(2)
def test_a_power_cut_after_the_first_record_ever(tmp_path: Path) -> None:
    """The folder, the file and the reading are there as soon as the command has ended."""
    disk = Disk.new(tmp_path / "disk.img")
    with disk.mounted(tmp_path / "disk") as folder:
        environment = meterctl_environment(tmp_path)
        environment["METERCTL_LEDGER"] = f"sqlite:///{folder}/new/ledger.db"
        ran = run_program(("record", "0", "--at", "2026-01-01 10:00"), environment)
        after = disk.after_power_cut(tmp_path / "after.img")
    assert ran.code == 0, ran.err
    assert stored(after, tmp_path) == [0]


@pytest.mark.fault(2)
def test_a_power_cut_after_a_backup(tmp_path: Path) -> None:
    """The backup that was announced is there under its name."""
    disk = Disk.new(tmp_path / "disk.img")
    environment = meterctl_environment(tmp_path)
    assert run_program(("record", "0", "--at", "2026-01-01 10:00"), environment).code == 0
    with disk.mounted(tmp_path / "disk") as folder:
        ran = run_program(("backup", str(folder / "new"), "--json"), environment)
        after = disk.after_power_cut(tmp_path / "after.img")
    assert ran.code == 0, ran.err
    with after.mounted(tmp_path / "after") as folder:
        assert held(folder / "new" / Path(ran.json["file"]).name) == [0]


@pytest.mark.fault(2)
@pytest.mark.parametrize("names_kept", [True, False], ids=["old names", "new names"])
def test_a_power_cut_at_every_call(tmp_path: Path, names_kept: bool) -> None:
    """Of four records, from the first ever, on a disk that keeps what it must and no more.

    Somebody reads during the last two: so their close merges no log, and syncs nothing more.
    """
    folder = tmp_path / "disk"
    environment = meterctl_environment(tmp_path)
    environment["METERCTL_LEDGER"] = f"sqlite:///{folder}/ledger.db"
    disk = KeepingDisk(folder)
    cuts = 0
    with ExitStack() as readers:
        for number in range(4):
            if number == 2:
                readers.enter_context(closing(open_for_reading(folder / "ledger.db")))
            command = ("record", str(number), "--at", f"2026-01-01 1{number}:00")
            ran = traced(command, environment, tmp_path / "log", *OPTIONS)
            assert ran.code == 0, ran.err
            before, after = list(range(number)), list(range(number + 1))
            for event in events(tmp_path / "log"):
                if event.call == "write" and b"recorded" in event.data:
                    before = after  # it is acknowledged
                elif not disk.play(event):
                    continue
                left = tmp_path / "left"
                left.mkdir()
                disk.after_power_cut(left, names_kept=names_kept)
                assert held(left / "ledger.db") in (before, after), event[:2]
                shutil.rmtree(left)
                cuts += 1
    assert cuts > 100


@pytest.mark.soak
def test_power_cuts_at_many_moments(tmp_path: Path, table: Table) -> None:
    """Fifty cuts, each a few readings later than the one before."""
    for run in range(50):
        folder = tmp_path / str(run)
        folder.mkdir()
        cut = cut_while_writing(folder, 1 + run * 17)
        doubled = len(cut.stored) - len(set(cut.stored))
        table.add("power cut", cut.acknowledged, len(cut.stored), len(cut.stored) - doubled)
