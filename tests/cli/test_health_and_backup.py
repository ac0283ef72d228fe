"""`meterctl backup`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import time_machine

from meterctl.domain.times import aware
from tests.conftest import Cli
from tests.helpers import NOW


@pytest.fixture(autouse=True)
def clock() -> object:
    """Noon of a day that stands still."""
    with time_machine.travel(aware(NOW), tick=False) as traveller:
        yield traveller


class TestBackup:
    """A verified copy."""

    def test_beside_the_ledger(self, cli: Cli, ledger_path: Path) -> None:
        """Without a folder it goes to `backups`, whole, and for our eyes only."""
        cli("record", "1", "inverter=2")
        done = cli("backup", "--json").json
        path = Path(done["file"])
        assert path == ledger_path.parent / "backups" / "meterctl-20261122T110000Z.db"
        assert (done["entries"], done["values"], done["bytes"]) == (1, 2, path.stat().st_size)
        assert path.stat().st_mode & 0o777 == 0o600
        with sqlite3.connect(path) as copy:
            assert copy.execute("SELECT count(*) FROM reading").fetchone() == (2,)
        copy.close()

    def test_it_can_be_put_in_place(self, cli: Cli, tmp_path: Path) -> None:
        """As a ledger of its own it shows and takes readings."""
        cli("record", "1", "--at", "2026-03-01 07:00")
        path = cli("backup", str(tmp_path / "usb"), "--json").json["file"]
        assert cli("--ledger", path, "record", "2").code == 0
        assert len(cli("--ledger", path, "history", "--json").json["readings"]) == 2
        assert len(cli("history", "--json").json["readings"]) == 1

    def test_quiet(self, cli: Cli) -> None:
        """Success is silent."""
        cli("record", "1")
        assert cli("backup", "--quiet") == (0, "", "")

    def test_no_ledger_yet(self, cli: Cli) -> None:
        """There is nothing to copy; the way to begin is named."""
        ran = cli("backup")
        assert (ran.code, ran.out) == (74, "")
        assert "meterctl record 142.3 begins one" in ran.err

    def test_a_folder_that_is_none(self, cli: Cli, tmp_path: Path) -> None:
        """One line says so."""
        cli("record", "1")
        (tmp_path / "file").touch()
        ran = cli("backup", str(tmp_path / "file"))
        assert (ran.code, ran.err.count("\n")) == (74, 1)
