"""`meterctl health` and `backup`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import time_machine

from meterctl.domain.times import DAY, aware
from tests.conftest import Cli
from tests.helpers import NOW


@pytest.fixture(autouse=True)
def clock() -> object:
    """Noon of a day that stands still."""
    with time_machine.travel(aware(NOW), tick=False) as traveller:
        yield traveller


def checks(cli: Cli) -> dict[str, str]:
    """How each check ended."""
    found = cli("health", "--json").json["checks"]
    return {name: one["status"] for name, (one,) in found.items()}


class TestHealth:
    """Is the ledger sound, and does this machine let it stay so?"""

    def test_all_is_well(self, cli: Cli) -> None:
        """It passes."""
        cli("record", "1")
        ran = cli("health", "--json")
        assert (ran.code, ran.err, ran.json["status"]) == (0, "", "pass")
        assert set(ran.json) == {"status", "version", "checks"}
        assert ran.json["checks"]["ledger:last_entry"] == [{"status": "pass", "output": "0 s ago"}]

    def test_for_a_person(self, cli: Cli) -> None:
        """A line for each check."""
        cli("record", "1")
        ran = cli("health")
        assert ran.code == 0
        assert all(text.startswith("pass  ") for text in ran.out.splitlines())

    def test_before_any_reading(self, cli: Cli, ledger_path: Path) -> None:
        """A warning that names the command to begin with; nothing is made."""
        ran = cli("health")
        assert ran.code == 0
        assert "warn  ledger:last_entry: no reading yet (meterctl record 142.3)" in ran.out
        assert not ledger_path.exists()

    def test_nothing_recorded_for_days(self, cli: Cli, clock: time_machine.Traveller) -> None:
        """A warning."""
        cli("record", "1")
        clock.shift(3 * DAY / 1000)
        assert checks(cli)["ledger:last_entry"] == "warn"

    def test_the_clock_went_back(self, cli: Cli, clock: time_machine.Traveller) -> None:
        """An entry from the future is a warning."""
        cli("record", "1")
        clock.shift(-3600)
        assert checks(cli)["ledger:last_entry"] == "warn"

    def test_a_reading_looks_wrong(self, cli: Cli) -> None:
        """A warning that names `review`."""
        cli("record", "100", "--at", "2026-03-01 07:00")
        cli("record", "10", "--at", "2026-03-02 07:00")
        ran = cli("health")
        assert ran.code == 0
        assert "warn  ledger:findings: " in ran.out
        assert "(meterctl review)" in ran.out

    def test_others_may_read_the_ledger(self, cli: Cli, ledger_path: Path) -> None:
        """A warning with the command that mends it."""
        cli("record", "1")
        ledger_path.chmod(0o644)
        assert f"(chmod 600 {ledger_path})" in cli("health").out

    def test_a_damaged_ledger(self, cli: Cli, ledger_path: Path) -> None:
        """A failure with the ledger's exit code; the other checks are made all the same."""
        cli("record", "1")
        ledger_path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
        ran = cli("health", "--json")
        assert (ran.code, ran.json["status"]) == (74, "fail")
        assert ran.json["checks"]["ledger"][0]["status"] == "fail"
        assert "clock" in ran.json["checks"]

    def test_a_clock_that_was_never_set(self, cli: Cli) -> None:
        """A failure of this machine's configuration."""
        with time_machine.travel(0, tick=False):
            ran = cli("health")
        assert ran.code == 78
        assert "fail  clock: it says 1970-01-01T00:00:00Z: it was never set" in ran.out

    def test_settings_are_wrong(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """A failure that names them."""
        monkeypatch.setenv("METERCTL_TIMEZONE", "Mars/Phobos")
        ran = cli("health", "--json")
        assert (ran.code, ran.json["status"]) == (78, "fail")
        assert "Mars/Phobos" in ran.json["checks"]["settings"][0]["output"]


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
