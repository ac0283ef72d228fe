"""`meterctl restore`, as a person and as a script meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import time_machine

from meterctl.cli import out
from meterctl.domain.times import aware
from tests.conftest import Cli
from tests.faults.disks import remount, small_disk
from tests.faults.test_permissions import unprivileged
from tests.helpers import NOW
from tests.ledger.files import contents, held


@pytest.fixture(autouse=True)
def clock() -> object:
    """Noon of a day on which each command takes a second."""
    with time_machine.travel(aware(NOW), tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(cli: Cli, clock: time_machine.Traveller) -> str:
    """A backup of one reading."""
    cli("record", "1", "--at", "2026-03-01 07:00")
    clock.shift(1)
    name: str = cli("backup", "--json").json["file"]
    clock.shift(1)
    return name


class TestRestore:
    """A backup in the ledger's place."""

    def test_after_a_loss(self, cli: Cli, ledger_path: Path, made: str) -> None:
        """It says what was restored, where the old one lies, and what to do next."""
        ledger_path.write_bytes(b"x" * 9_000)
        broken = cli("current")
        assert broken.code == 74
        assert "put in its place by: meterctl restore)" in broken.err
        ran = cli("restore")
        assert (ran.code, ran.err) == (0, "")
        first, second, third, *following = ran.out.splitlines()
        assert first == (
            f"restored, verified: {made}, from 2026-11-22 12:00:01 CET: 1 entry with 1 value,"
            " the newest read at 2026-03-01 07:00:00 CET"
        )
        assert second == f"set aside: {ledger_path}.before-restore-20261122T110002Z"
        assert third.startswith("  the ledger in place is damaged (")
        assert following[0] == "next:"
        assert [one.split()[1] for one in following[1:]] == ["sync", "push-utility", "clients"]
        assert held(ledger_path) == [1]
        assert cli("record", "2").code == 0

    def test_nothing_to_restore(self, cli: Cli, ledger_path: Path, made: str) -> None:
        """The ledger is as good as the backup: it stays, with its id."""
        before = ledger_path.read_bytes()
        ran = cli("restore")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith(f"nothing to restore from {made}: the ledger in place holds all")
        assert ledger_path.read_bytes() == before

    def test_over_a_newer_one(self, cli: Cli, ledger_path: Path, made: str) -> None:
        """Refused, with how much newer it is; with the flag it is done, and told where that is."""
        cli("record", "2", "inverter=1", "--at", "2026-03-02 07:00")
        ran = cli("restore")
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        newer = "1 entry with 2 values, written 2026-11-22T11:00:02Z"
        assert f"holds what the backup lacks: {newer} (meterctl restore --over-newer" in ran.err
        assert held(ledger_path) == [1, 2]
        ran = cli("restore", "--over-newer")
        assert ran.code == 0
        assert f"  it holds what the backup lacks: {newer}" in ran.out
        assert held(ledger_path) == [1]
        aside = ran.out.splitlines()[1].removeprefix("set aside: ")
        assert held(Path(aside)) == [1, 2]
        assert made in ran.out

    def test_what_the_backup_lacked_comes_back(
        self, cli: Cli, ledger_path: Path, made: str
    ) -> None:
        """What was set aside is a ledger: exported there, imported here, nothing is doubled."""
        cli("record", "2", "--at", "2026-03-02 07:00")
        aside = cli("restore", made, "--over-newer", "--json").json["set_aside"]
        assert cli("--ledger", f"sqlite:///{aside}", "export", "-o", "all.csv").code == 0
        imported = cli("bulk-import", "all.csv", "--json").json
        assert (imported["recorded"], imported["duplicates"]) == (1, 1)
        assert held(ledger_path) == [1, 2]

    def test_a_dry_run(self, cli: Cli, ledger_path: Path, made: str) -> None:
        """It checks and compares, and changes nothing."""
        cli("record", "2", "--at", "2026-03-02 07:00")
        before = contents(ledger_path)
        ran = cli("restore", "--dry-run")
        assert (ran.code, ran.err) == (0, "")
        assert contents(ledger_path) == before
        assert not ledger_path.with_name(".ledger.db.restoring").exists()
        assert ran.out.startswith(f"{made}, from 2026-11-22 12:00:01 CET: 1 entry with 1 value")
        assert "it would be refused without --over-newer" in ran.out
        ledger_path.unlink()
        ran = cli("restore", "--dry-run")
        assert ran.out.endswith("there is no ledger in place; it would be restored\n")
        assert not ledger_path.exists()

    def test_json(self, cli: Cli, ledger_path: Path, made: str) -> None:
        """One object, whatever happened."""
        same = cli("restore", "--json").json
        assert (same["restored"], same["present"]["standing"]) == (False, "same")
        cli("record", "2", "--at", "2026-03-02 07:00")
        assert json.loads(cli("restore", "--json").err)["error"]["code"] == "usage"
        done = cli("restore", "--over-newer", "--json").json
        aside = f"{ledger_path}.before-restore-20261122T110002Z"
        assert done == {
            "restored": True,
            "backup": made,
            "taken": "2026-11-22T11:00:01Z",
            "entries": 1,
            "values": 1,
            "newest": "2026-03-01T06:00:00Z",
            "present": {
                "standing": "newer",
                "why": None,
                "lacking": {"entries": 1, "values": 1},
            },
            "set_aside": aside,
            "ledger": done["ledger"],
            "passed_over": [],
        }

    def test_a_broken_backup_in_the_folder(self, cli: Cli, ledger_path: Path, made: str) -> None:
        """The one before is taken, and that is told."""
        bad = Path(made).with_name("meterctl-20261122T120000Z.db")
        bad.write_bytes(b"x" * 9_000)
        ledger_path.unlink()
        ran = cli("restore")
        assert ran.code == 0
        assert ran.err.startswith(f"meterctl: {bad} was passed over: the backup {bad} is damaged")
        assert held(ledger_path) == [1]

    @pytest.mark.parametrize("newer", [False, True])
    def test_what_one_that_was_killed_has_left(
        self, cli: Cli, ledger_path: Path, made: str, *, newer: bool
    ) -> None:
        """`health` names the command that takes it away, also where nothing is to be restored."""
        if newer:
            cli("record", "2", "--at", "2026-03-02 07:00")
        half = ledger_path.with_name(".ledger.db.restoring")
        half.mkdir()
        (half / "ledger.db").write_bytes(Path(made).read_bytes()[:5_000])
        assert "ledger:restore" in cli("health", "--json").json["checks"]
        assert cli("restore", "--dry-run").code == 0
        assert half.exists()
        assert cli("restore").code == (2 if newer else 0)
        assert not half.exists()
        assert "ledger:restore" not in cli("health", "--json").json["checks"]

    def test_none_there(self, cli: Cli, tmp_path: Path) -> None:
        """One line says where it looked."""
        for arguments in ((), (str(tmp_path / "usb"),), (str(tmp_path),)):
            ran = cli("restore", *arguments)
            assert (ran.code, ran.out, ran.err.count("\n")) == (66, "", 1)
            assert str(tmp_path) in ran.err

    @pytest.mark.parametrize(("mode", "is_named"), [(0o400, False), (0o300, False), (0, True)])
    def test_what_may_not_be_read(
        self, tmp_path: Path, made: str, mode: int, *, is_named: bool
    ) -> None:
        """A folder in which nobody may look, or list; a backup that is another's: it is said."""
        closed = Path(made) if is_named else Path(made).parent
        before = closed.stat().st_mode
        closed.chmod(mode)
        ran = unprivileged(tmp_path, "restore", *([made] if is_named else []))
        closed.chmod(before)
        assert (ran.code, ran.out, ran.err.count("\n")) == (66, "", 1), ran
        assert f"{closed}" in ran.err
        assert "Permission denied" in ran.err

    def test_a_read_only_disk(self, cli: Cli, tmp_path: Path, made: str, ledger_path: Path) -> None:
        """It is said, and all is as it was."""
        with small_disk(tmp_path / "disk", "2m") as disk:
            path = disk / "ledger.db"
            named = ("--ledger", f"sqlite:///{path}")
            cli(*named, "record", "7")
            remount(disk, read_only=True)
            ran = cli(*named, "restore", made, "--over-newer")
            assert (ran.code, ran.err.count("\n")) == (74, 1)
            assert held(path) == [7]
        assert held(ledger_path) == [1]


class TestAsking:
    """On a terminal, before something is replaced."""

    @pytest.fixture(autouse=True)
    def _terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(out, "is_terminal", lambda: True)

    def asked(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, answer: str, *more: str
    ) -> tuple[int, list[str]]:
        """The exit code, and what was asked."""
        questions: list[str] = []

        def ask(question: str) -> str:
            questions.append(question)
            return answer

        monkeypatch.setattr(out, "ask", ask)
        return cli("restore", *more).code, questions

    def test_yes(
        self, cli: Cli, ledger_path: Path, made: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is done."""
        ledger_path.write_bytes(b"")
        code, questions = self.asked(cli, monkeypatch, "y")
        assert (code, len(questions)) == (0, 1)
        assert held(ledger_path) == [1]
        assert Path(made).exists()

    def test_no(
        self, cli: Cli, ledger_path: Path, made: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing is done."""
        ledger_path.write_bytes(b"")
        code, questions = self.asked(cli, monkeypatch, "n")
        assert (code, len(questions)) == (130, 1)
        assert ledger_path.read_bytes() == b""
        assert Path(made).exists()

    def test_nothing_is_replaced(
        self, cli: Cli, ledger_path: Path, made: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Then there is nothing to ask; nor with --yes, nor for a program."""
        ledger_path.unlink()
        assert self.asked(cli, monkeypatch, "n") == (0, [])
        for flag in ("--yes", "--json"):
            ledger_path.write_bytes(b"")
            assert self.asked(cli, monkeypatch, "n", made, flag) == (0, [])
