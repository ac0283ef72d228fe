"""`meterctl health`: the ledger, this machine, the settings, the jobs."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.conftest import Cli, Program
from tests.faults.clocks import clock

HOUR_S, DAY_S = 3600, 86_400


def checked(cli: Cli, *arguments: str, code: int = 0) -> dict[str, list[dict[str, Any]]]:
    """What was found, by name."""
    ran = cli("health", *arguments, "--json")
    assert (ran.code, ran.err, ran.out.count("\n")) == (code, "", 1), ran
    found: dict[str, list[dict[str, Any]]] = ran.json["checks"]
    return found


def grades(cli: Cli, code: int = 0) -> dict[str, str]:
    """How each check ended."""
    return {name: one["status"] for name, (one, *_) in checked(cli, code=code).items()}


def _work() -> float:
    """The seconds that programs begun here have worked, by themselves and by the kernel."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def later(seconds: float) -> time_machine.travel:
    """This machine's clock, so much later (or earlier)."""
    return time_machine.travel(time.time() + seconds)


class TestWhole:
    """What it prints."""

    def test_all_is_well(self, cli: Cli) -> None:
        """It passes."""
        cli("record", "1")
        ran = cli("health", "--json")
        assert (ran.code, ran.err, ran.json["status"]) == (0, "", "pass")
        assert set(ran.json) == {"status", "version", "checks"}
        (last,) = ran.json["checks"]["ledger:last_entry"]
        assert (last["status"], last["output"].endswith(" s ago")) == ("pass", True)

    def test_for_a_person(self, cli: Cli) -> None:
        """A line for each check."""
        cli("record", "1")
        ran = cli("health")
        assert ran.code == 0
        assert all(text.startswith("pass  ") for text in ran.out.splitlines())

    def test_it_is_quick(self, program: Program) -> None:
        """Half a second for a small ledger, of work: it waits for nobody."""
        program("record", "1")
        took = []
        for _ in range(2):
            before = _work()
            assert program("health").code == 0
            took.append(_work() - before)
        assert min(took) < 1  # a machine with much to do takes longer for the same

    def test_a_name_that_a_terminal_would_act_on(self, cli: Cli, tmp_path: Path) -> None:
        """A check stays one line, and what is odd in it is spelled out."""
        folder = tmp_path / "a\n\x1b[2J"
        folder.mkdir(mode=0o700)
        ran = cli("--ledger", f"sqlite:///{folder}/l.db", "health")
        assert "\x1b" not in ran.out
        assert all(line[:4] in ("pass", "warn") for line in ran.out.splitlines())


class TestLedger:
    """Whatever is at its place."""

    def test_before_any_reading(self, cli: Cli, ledger_path: Path) -> None:
        """A warning that names the command to begin with; nothing is made."""
        ran = cli("health")
        assert ran.code == 0
        assert "warn  ledger:last_entry: no reading yet (meterctl record 142.3)" in ran.out
        assert not ledger_path.parent.exists()

    def test_nothing_recorded_for_days(self, cli: Cli) -> None:
        """A warning."""
        cli("record", "1")
        with later(3 * DAY_S):
            assert grades(cli)["ledger:last_entry"] == "warn"

    def test_the_clock_went_back(self, cli: Cli) -> None:
        """An entry from the future is a warning, and so is a file from there."""
        cli("record", "1")
        with later(-HOUR_S):
            found = checked(cli)
        for name in ("ledger:last_entry", "clock:files"):
            assert found[name][0]["status"] == "warn"
            assert "clock" in found[name][0]["hint"]

    def test_a_reading_looks_wrong(self, cli: Cli) -> None:
        """A warning that names `review`."""
        cli("record", "100", "--at", "2026-03-01 07:00")
        cli("record", "10", "--at", "2026-03-02 07:00")
        ran = cli("health")
        assert ran.code == 0
        assert "warn  ledger:findings: " in ran.out
        assert "(meterctl review)" in ran.out

    def test_others_may_read_it(self, cli: Cli, ledger_path: Path) -> None:
        """A warning for each file, with the command that mends it."""
        cli("record", "1")
        cli("backup", "--quiet")
        ledger_path.chmod(0o644)
        (ledger_path.parent / "backups").chmod(0o755)
        hints = [one["hint"] for one in checked(cli)["ledger:permissions"]]
        assert hints == [f"chmod 600 {ledger_path}", f"chmod 700 {ledger_path.parent / 'backups'}"]

    @pytest.mark.fault(10)
    def test_damaged(self, cli: Cli, ledger_path: Path) -> None:
        """A failure with the ledger's exit code; what can be looked at without it is."""
        cli("record", "1")
        ledger_path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
        found = checked(cli, code=74)
        assert [name for name, (one, *_) in found.items() if one["status"] == "fail"] == ["ledger"]
        assert {"clock", "clock:files", "disk", "sqlite", "ledger:permissions"} <= set(found)

    @pytest.mark.fault(10)
    def test_a_page_of_it_is_damaged(self, cli: Cli, ledger_path: Path) -> None:
        """It can be opened, and is not sound all the same; the restore command is named."""
        for day in range(1, 29):
            cli("record", str(day), f"inverter={day}", "--at", f"2026-03-{day:02} 07:00")
        content = bytearray(ledger_path.read_bytes())
        for start in range(8192, len(content), 4096):
            content[start + 8 : start + 200] = b"\xa5" * 192
        ledger_path.write_bytes(content)
        ran = cli("health")
        assert ran.code == 74
        assert "fail  ledger" in ran.out
        assert "Traceback" not in ran.out + ran.err

    def test_newer(self, cli: Cli, ledger_path: Path) -> None:
        """Exit 78: it is to be updated, and was not touched."""
        cli("record", "1")
        with sqlite3.connect(ledger_path) as raw:
            raw.execute("PRAGMA user_version = 9999")
        raw.close()
        (one,) = checked(cli, code=78)["ledger"]
        assert (one["status"], "update meterctl" in one["hint"]) == ("fail", True)

    def test_another_programs(self, cli: Cli, ledger_path: Path) -> None:
        """It says so, and makes nothing beside it."""
        ledger_path.parent.mkdir()
        with sqlite3.connect(ledger_path) as raw:
            raw.execute("CREATE TABLE mine (a)")
        raw.close()
        (one,) = checked(cli, code=74)["ledger"]
        assert "another program's database" in one["output"]
        beside = {path.name for path in ledger_path.parent.iterdir()} - {"meterctl.log"}
        assert beside == {"ledger.db"}

    def test_a_folder_in_its_place(self, cli: Cli, ledger_path: Path) -> None:
        """The same."""
        ledger_path.mkdir(parents=True)
        assert "ledger" in checked(cli, code=74)

    @pytest.mark.fault(36)
    def test_a_clock_that_was_never_set(self, cli: Cli) -> None:
        """A failure of this machine's configuration."""
        with time_machine.travel(0, tick=False):
            ran = cli("health")
        assert ran.code == 78
        assert "fail  clock: it says 1970-01-01T00:00:00Z: it was never set" in ran.out


class TestSettings:
    """Where they are, and what is wrong with them."""

    def test_wrong(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """All problems are told, and the ledger is looked at all the same."""
        cli("record", "1")
        monkeypatch.setenv("METERCTL_TIMEZONE", "Mars/Phobos")
        monkeypatch.setenv("METERCTL_LOCK_TIMEOUT", "long")
        monkeypatch.setenv("METERCTL_CORS_ORIGINS", "nowhere")
        found = checked(cli, code=78)
        (settings,) = found["settings"]
        assert settings["status"] == "fail"
        for said in ("Mars/Phobos", "LOCK_TIMEOUT", "CORS_ORIGINS"):
            assert settings["output"].count(said) == 1
        assert found["ledger:integrity"][0]["output"].startswith("1 values")

    def test_the_ledgers_own(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where nobody can tell which ledger is meant, this machine is still looked at."""
        monkeypatch.setenv("METERCTL_LEDGER", "mysql://x")
        assert set(checked(cli, code=78)) == {"clock", "sqlite", "settings"}

    def test_one_that_only_others_need(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """A warning: what is read here works without it. So does a name that is no setting."""
        monkeypatch.setenv("METERCTL_CORS_ORIGINS", "nowhere")
        monkeypatch.setenv("METERCTL_SHEET_IDD", "1")
        (settings,) = cli("health", "--json").json["checks"]["settings"]
        assert "METERCTL_SHEET_IDD is not a setting" in settings["output"]
        assert (settings["status"], settings["hint"]) == (
            "warn",
            "meterctl config check shows every problem",
        )

    @pytest.mark.parametrize("name", ["SHEET_ID", "SHEET_TAB"])
    def test_one_that_is_no_text(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        """The environment holds bytes: what is wrong is told, and what needs it not goes on."""
        cli("record", "1")
        monkeypatch.setenv("METERCTL_SHEET_ID", "1" + "A" * 43)
        monkeypatch.setenv(f"METERCTL_{name}", "1\udcff")
        assert f"METERCTL_{name} (environment): " in cli("config", "check").out
        assert cli("current").code == 0
        ran = cli("record", "2")
        assert (ran.code, ran.out.splitlines()[-1]) == (0, "queued for the Sheet")
        found = checked(cli, code=78)
        assert f"METERCTL_{name} (environment): " in found["settings"][0]["output"]
        assert found["ledger:integrity"][0]["status"] == "pass"

    def test_no_env_file(self, cli: Cli) -> None:
        """That none was found is told: under cron it is the first thing to know."""
        assert checked(cli)["settings"][0]["output"] == "no .env was found"

    def test_an_env_file(self, cli: Cli) -> None:
        """It is named."""
        path = Path.cwd() / ".env"
        path.write_text("METERCTL_SHEET_TAB=Readings\n")
        path.chmod(0o600)
        found = checked(cli)
        assert found["settings"][0]["output"] == f"{path} was read"
        assert found["settings:permissions"][0]["status"] == "pass"

    @pytest.mark.parametrize(
        "trouble", ["others may write it", "it is gone", "no settings in it", "no text"]
    )
    def test_an_env_file_that_cannot_be_used(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, trouble: str
    ) -> None:
        """A failure that names it; what needs no settings is looked at all the same."""
        path = Path.cwd() / "my.env"
        path.write_bytes({"no settings in it": b"=\n", "no text": b"\xff"}.get(trouble, b""))
        path.chmod(0o666 if trouble == "others may write it" else 0o600)
        monkeypatch.setenv("METERCTL_ENV_FILE", str(path))
        if trouble == "it is gone":
            path.unlink()
        found = checked(cli, code=78)
        assert str(path) in found["settings"][0]["output"]
        assert set(found) == {"clock", "sqlite", "settings"}


class TestJobs:
    """What they leave behind for `health`."""

    @pytest.fixture(autouse=True)
    def in_use(self, cli: Cli) -> None:
        """A ledger with a reading in it."""
        assert cli("record", "1").code == 0

    def test_a_backup(self, cli: Cli, ledger_path: Path) -> None:
        """When it ended well, and where it is; until that is gone."""
        (made,) = [cli("backup", "--json").json["file"]]
        found = checked(cli)
        assert found["job:backup"][0]["output"].startswith("ended well ")
        assert found["backup:file"][0]["output"].startswith(f"{made}, ")
        shutil.rmtree(ledger_path.parent / "backups")
        assert checked(cli)["backup:file"][0]["status"] == "warn"

    def test_a_relative_folder(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """The backup is found from any folder."""
        assert cli("backup", "here", "--quiet").code == 0
        monkeypatch.chdir("/")
        assert checked(cli)["backup:file"][0]["status"] == "pass"

    def test_a_backup_that_fails(self, cli: Cli) -> None:
        """The code, the message, and what would help; a later success heals it."""
        Path("file").touch()
        assert cli("backup", "file").code == 74
        (one,) = checked(cli)["job:backup"]
        assert one["status"] == "warn"
        assert "(exit code 74): " in one["output"]
        assert "it has never ended well" in one["output"]
        assert one["hint"]
        assert cli("backup", "--quiet").code == 0
        assert grades(cli)["job:backup"] == "pass"

    @pytest.mark.parametrize("place", ["beside the ledger", "relative to the .env", "nowhere"])
    def test_where_to_look(
        self, program: Program, ledger_path: Path, tmp_path: Path, place: str
    ) -> None:
        """A job that was missed names the log that jobs write to, wherever a setting puts it."""
        settings = tmp_path / "settings" / ".env"
        text = {"relative to the .env": "METERCTL_LOG=./my.log\n", "nowhere": "METERCTL_LOG=off\n"}
        settings.parent.mkdir(mode=0o700)
        settings.touch(mode=0o600)
        settings.write_text(text.get(place, ""))
        there = {"METERCTL_ENV_FILE": str(settings)}
        assert program("backup", **there).code == 0
        ran = program("health", "--json", **there, **clock("+20d"))
        (found,) = ran.json["checks"]["job:backup"]
        where = {
            "beside the ledger": str(ledger_path.parent / "meterctl.log"),
            "relative to the .env": str(settings.parent / "my.log"),
            "nowhere": "what it said (cron's mail, journalctl)",
        }
        assert found["hint"].endswith(f"and at {where[place]}")

    def test_no_backup_for_long(self, cli: Cli) -> None:
        """Neither the first nor the next one may be forgotten."""
        with later(8 * DAY_S + 60):
            assert grades(cli)["job:backup"] == "warn"
            assert cli("backup", "--quiet").code == 0
            assert grades(cli)["job:backup"] == "pass"
        with later(17 * DAY_S):
            assert "has not run for 8 days" in checked(cli)["job:backup"][0]["output"]

    def test_a_job_without_a_ledger(self, cli: Cli, tmp_path: Path) -> None:
        """None is begun for a note."""
        other = tmp_path / "other" / "ledger.db"
        assert cli("--ledger", f"sqlite:///{other}", "backup").code == 74
        assert not other.parent.exists()

    def test_looking_writes_nothing(self, cli: Cli, ledger_path: Path) -> None:
        """Only jobs note: not a byte of the ledger changes."""
        before = ledger_path.read_bytes()
        cli("health")
        assert ledger_path.read_bytes() == before

    def test_a_secret_grows_old(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """Any job notes it; its age is told, and it is not."""
        monkeypatch.setenv("METERCTL_JWT_SECRET", "s3cret-" * 6)
        assert cli("backup", "--quiet").code == 0
        assert grades(cli)["http:secret_age"] == "pass"
        with later(80 * DAY_S):
            found = checked(cli)
        assert found["http:secret_age"][0]["status"] == "warn"
        assert "s3cret" not in str(found)


def test_the_files_of_the_day_are_not_from_the_future(cli: Cli, ledger_path: Path) -> None:
    """A file system that rounds, or another clock's few seconds, is no clock that went back."""
    cli("record", "1")
    soon = time.time() + 200
    os.utime(ledger_path, (soon, soon))
    assert grades(cli)["clock:files"] == "pass"
