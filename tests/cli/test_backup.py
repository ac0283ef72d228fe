"""`meterctl backup`: how many stay, and where it works though little else does."""

from __future__ import annotations

from pathlib import Path

import pytest
import time_machine

from meterctl.domain.times import aware
from tests.conftest import Cli
from tests.faults.disks import remount, small_disk
from tests.helpers import NOW
from tests.ledger.files import held


@pytest.fixture(autouse=True)
def clock() -> object:
    """Noon of a day that stands still unless a test moves it."""
    with time_machine.travel(aware(NOW), tick=False) as traveller:
        yield traveller


class TestKeep:
    """The oldest go when there are too many."""

    def test_what_went_is_told(self, cli: Cli, clock: time_machine.Traveller) -> None:
        """By name, and in the JSON."""
        cli("record", "1")
        first = cli("backup", "--json").json
        assert first["removed"] == []
        clock.shift(1)
        ran = cli("backup", "--keep", "1")
        assert ran.out.splitlines()[1:] == [
            f"{Path(first['file']).name}: removed, the oldest of more than 1"
        ]
        clock.shift(1)
        third = cli("backup", "--keep", "1", "--json").json
        assert [Path(one).name for one in third["removed"]] == ["meterctl-20261122T110001Z.db"]
        clock.shift(1)
        assert cli("backup", "--keep", "1", "--quiet") == (0, "", "")
        assert len(list(Path(third["file"]).parent.iterdir())) == 1

    def test_unless_it_is_said_otherwise(self, cli: Cli, clock: time_machine.Traveller) -> None:
        """Thirty stay; `all` removes none."""
        cli("record", "1")
        folder = Path(cli("backup", "--json").json["file"]).parent
        for number in range(31):
            clock.shift(1)
            assert cli("backup", *(("--keep", "all") if number < 30 else ())).code == 0
            assert len(list(folder.iterdir())) == (number + 2 if number < 30 else 30)

    @pytest.mark.parametrize("number", ["0", "-1", "1.5", "many", "", "٣", "1_0"])
    def test_no_number(self, cli: Cli, ledger_path: Path, number: str) -> None:
        """It is refused before anything is done."""
        cli("record", "1")
        ran = cli("backup", f"--keep={number}")
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert "--keep all" in ran.err
        assert not (ledger_path.parent / "backups").exists()


def test_a_ledger_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    """On a disk that became read-only it is still copied to another one."""
    with small_disk(tmp_path / "disk", "2m") as disk:
        named = ("--ledger", f"sqlite:///{disk}/ledger.db")
        cli(*named, "record", "7")
        remount(disk, read_only=True)
        ran = cli(*named, "backup", str(tmp_path / "usb"), "--json")
        assert ran.code == 0, ran.err
        assert held(Path(ran.json["file"])) == [7]
        refused = cli(*named, "backup")
        assert (refused.code, refused.out) == (74, "")
        assert str(disk / "backups") in refused.err
