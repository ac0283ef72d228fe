"""`meterctl health` of the Sheet and the utility: offline nobody is asked."""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from meterctl.services.retrying import Limits
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli

DAY = 86_400


@pytest.fixture
def other_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """Both other sides, and all settings that lead there."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        for name, text in rehearsal.settings.items():
            monkeypatch.setenv(name, text)
        yield rehearsal


@pytest.fixture
def recorded(other_side: Rehearsal, cli: Cli) -> None:  # noqa: ARG001 (it sets the settings)
    """A reading that neither has."""
    assert cli("record", "142.3", "--offline").code == 0


def checked(cli: Cli, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Each check's outcome, by its name."""
    ran = cli("health", *arguments, "--json")
    assert (ran.code, ran.err, ran.out.count("\n")) == (code, "", 1)
    assert list(ran.json) == ["status", "version", "checks"]
    return {name: one for name, (one,) in ran.json["checks"].items()}


class TestOffline:
    @pytest.mark.usefixtures("recorded")
    def test_asks_nobody(self, other_side: Rehearsal, cli: Cli) -> None:
        """What is queued and due is known here."""
        before = other_side.requests()
        found = checked(cli)
        assert found["sheet:queue"]["status"] == "pass"
        assert found["sheet:queue"]["output"].startswith("1 reading queued, the oldest ")
        assert found["utility:due"]["output"].startswith("1 reading due, the oldest read ")
        assert found["sheet:last_success"]["output"] == "never yet"
        assert found["utility:last_success"]["output"] == "never yet"
        assert other_side.requests() == before

    @pytest.mark.usefixtures("recorded")
    def test_done(self, cli: Cli) -> None:
        """After a sync and a push nothing is left, and both say when that was."""
        assert cli("sync", "--quiet") == (0, "", "")
        assert cli("push-utility", "--quiet") == (0, "", "")
        found = checked(cli)
        assert found["sheet:queue"]["output"] == "the Sheet has everything"
        assert found["utility:due"]["output"] == "nothing is due"
        for name in ("sheet:last_success", "utility:last_success"):
            assert found[name]["output"].endswith(" ago")

    @pytest.mark.usefixtures("recorded")
    def test_unknown(self, other_side: Rehearsal, cli: Cli) -> None:
        """A submission without an answer is a warning, with the command that settles it."""
        other_side.goes_wrong('service = "utility"\ntimes = 0\ndo = "body"\nbody = "?"')
        assert cli("push-utility", "--quiet").code == 76
        found = checked(cli)["utility:unknown"]
        assert found["status"] == "warn"
        assert found["output"].startswith(
            "1 reading sent without an answer: taken, or not; the oldest "
        )
        assert "meterctl push-utility" in found["hint"]

    @pytest.mark.usefixtures("recorded")
    def test_jobs(self, other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each says when it last ended well; while it fails, since when, and with what."""
        monkeypatch.setenv("METERCTL_UTILITY_POLICY", "every")
        for job in ("sync", "push-utility"):
            assert cli(job, "--quiet").code == 0
            found = checked(cli)[f"job:{job}"]
            assert (found["status"], found["output"][:11]) == ("pass", "ended well ")
        other_side.goes_wrong(
            'service = "sheets"\ntimes = 0\ndo = "status"\nstatus = 403\n'
            '[[fault]]\nservice = "utility"\ntimes = 0\ndo = "status"\nstatus = 401'
        )
        assert cli("record", "143", "--offline").code == 0
        for job in ("sync", "push-utility"):
            assert cli(job, "--quiet").code == 77
            found = checked(cli)[f"job:{job}"]
            assert found["status"] == "warn"
            assert found["output"].startswith("has been failing for ")
            assert "(exit code 77): " in found["output"]
        other_side.goes_wrong("")
        for job in ("sync", "push-utility"):
            assert cli(job, "--quiet").code == 0
            found = checked(cli)[f"job:{job}"]
            assert (found["status"], "before, " in found["output"]) == ("pass", True)

    @pytest.mark.usefixtures("recorded")
    def test_what_passes_is_no_warning_yet(
        self, other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The next run heals it; what it was is told all the same."""
        monkeypatch.setenv("METERCTL_UTILITY_POLICY", "every")
        assert cli("push-utility", "--quiet").code == 0
        assert cli("record", "143", "--offline").code == 0
        other_side.goes_wrong('service = "utility"\ntimes = 0\ndo = "reset-before"')
        for name in ("SENDING", "ASKING"):  # it need not wait for long here
            monkeypatch.setattr(f"meterctl.services.push.{name}", Limits(1, 5.0))
        assert cli("push-utility", "--quiet").code == 75
        found = checked(cli)["job:push-utility"]
        assert (found["status"], "(exit code 75): " in found["output"]) == ("pass", True)

    @pytest.mark.usefixtures("recorded")
    def test_another_run_is_at_it(self, other_side: Rehearsal, cli: Cli, ledger_path: Path) -> None:
        """That one tells how it ended: the one that had to leave is no failure."""
        assert other_side.requests() >= 0
        with ledger_path.with_name("ledger.db.sync.lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            assert cli("sync", "--quiet").code == 75
        assert "job:sync" not in checked(cli)

    @pytest.mark.usefixtures("recorded")
    def test_nothing_secret(
        self, other_side: Rehearsal, cli: Cli, ledger_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither in what is said nor in what the jobs noted."""
        monkeypatch.setenv("METERCTL_JWT_SECRET", jwt := "j5t-" * 12)
        key = json.loads(Path(other_side.settings["METERCTL_GOOGLE_CREDENTIALS"]).read_text())
        secrets = (
            other_side.settings["METERCTL_UTILITY_TOKEN"],
            jwt,
            key["private_key_id"],
            key["private_key"].splitlines()[1],
        )
        assert cli("sync", "--quiet").code == 0
        assert cli("push-utility", "--quiet").code == 0
        ran = cli("health", "--online", "--json")
        assert {"utility:token_age", "http:secret_age", "sheet:key_age"} <= set(ran.json["checks"])
        stored = b"".join(
            path.read_bytes() for path in ledger_path.parent.glob("ledger.db*") if path.is_file()
        )
        for secret in secrets:
            assert secret not in ran.out + ran.err
            assert secret.encode() not in stored

    @pytest.mark.usefixtures("other_side")
    def test_nothing_set(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a Sheet and a utility there is nothing to say of them."""
        for name in list(os.environ):
            if name.startswith(("METERCTL_SHEET", "METERCTL_GOOGLE", "METERCTL_UTILITY")):
                monkeypatch.delenv(name)
        assert not [name for name in checked(cli) if name.startswith(("sheet", "utility"))]


class TestKey:
    @pytest.mark.fault(40)
    @pytest.mark.parametrize(
        ("days", "status", "said"),
        [(0, "pass", "old"), (75, "pass", "old"), (76, "warn", "near"), (91, "warn", "past")],
    )
    def test_age(self, other_side: Rehearsal, cli: Cli, days: int, status: str, said: str) -> None:
        """Two weeks before its 90 days are over, it says how a key is rotated."""
        written = time.time() - days * DAY - 60
        os.utime(other_side.settings["METERCTL_GOOGLE_CREDENTIALS"], (written, written))
        found = checked(cli)["sheet:key_age"]
        assert found["status"] == status
        assert said in found["output"]
        assert ("hint" in found) == (status == "warn")

    def test_permissions(self, other_side: Rehearsal, cli: Cli) -> None:
        """A key that others may read is a warning with the command that mends it."""
        key = other_side.settings["METERCTL_GOOGLE_CREDENTIALS"]
        assert checked(cli)["sheet:key_permissions"]["status"] == "pass"
        Path(key).chmod(0o640)
        found = checked(cli)["sheet:key_permissions"]
        assert (found["status"], found["hint"]) == ("warn", f"chmod 600 {key}")

    @pytest.mark.fault(40)
    @pytest.mark.parametrize("form", [(), ("--json",)])
    def test_missing(self, other_side: Rehearsal, cli: Cli, form: tuple[str, ...]) -> None:
        """A key file that is gone is the settings' failure; the rest is checked all the same."""
        Path(other_side.settings["METERCTL_GOOGLE_CREDENTIALS"]).unlink()
        ran = cli("health", *form)
        assert ran.code == 78
        assert "METERCTL_GOOGLE_CREDENTIALS" in ran.out
        assert "utility:due" in ran.out

    def test_the_key_itself(
        self, other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A key in the setting itself has neither age nor permissions, and is not shown."""
        key = Path(other_side.settings["METERCTL_GOOGLE_CREDENTIALS"]).read_text()
        monkeypatch.setenv("METERCTL_GOOGLE_CREDENTIALS", key)
        ran = cli("health", "--online", "--json")
        assert ran.code == 0
        assert "sheet:key_age" not in ran.json["checks"]
        assert "PRIVATE KEY" not in ran.out


@pytest.mark.usefixtures("other_side")
def test_env_file(cli: Cli) -> None:
    """A .env that others may read is a warning."""
    path = Path(".env")
    path.write_text("METERCTL_SHEET_TAB=Readings\n")
    path.chmod(0o600)
    assert checked(cli)["settings:permissions"]["status"] == "pass"
    path.chmod(0o644)
    found = checked(cli)["settings:permissions"]
    assert found["status"] == "warn"
    assert found["hint"].startswith("chmod 600 ")


class TestServersClocks:
    """This clock against theirs, by the Date of what they answer."""

    @pytest.mark.fault(36)
    @pytest.mark.parametrize("service", ["sheets", "utility"])
    @pytest.mark.usefixtures("recorded")
    def test_off(self, other_side: Rehearsal, cli: Cli, service: str) -> None:
        """A job notes it, and `health` warns without asking; once it is right all is well."""
        job = {"sheets": "sync", "utility": "push-utility"}[service]
        assert "clock:servers" not in checked(cli)
        tomorrow = formatdate(time.time() + DAY, usegmt=True)
        other_side.goes_wrong(
            f'service = "{service}"\ntimes = 0\ndo = "status"\nstatus = 403\n'
            f'headers = {{ Date = "{tomorrow}" }}'
        )
        cli(job, "--quiet")
        found = checked(cli)["clock:servers"]
        assert found["status"] == "warn"
        assert re.fullmatch(r"2[34] h behind the servers' clocks, \d+ s ago", found["output"])
        assert "timedatectl" in found["hint"]
        other_side.goes_wrong("")
        assert checked(cli, "--online")["clock:servers"]["output"] == "as the servers' clocks, now"
        assert cli(job, "--quiet").code == 0
        assert checked(cli)["clock:servers"]["status"] == "pass"


class TestOnline:
    @pytest.mark.usefixtures("recorded")
    def test_both_answer(self, other_side: Rehearsal, cli: Cli) -> None:
        """They let us in; nothing is submitted by asking."""
        assert cli("sync", "--quiet").code == 0
        found = checked(cli, "--online")
        assert found["sheet:online"]["status"] == "pass"
        assert "'Readings' answers" in found["sheet:online"]["output"]
        assert found["utility:online"] == {"status": "pass", "output": "it answers, and knows us"}
        assert other_side.accepted() == []

    @pytest.mark.usefixtures("other_side")
    @pytest.mark.parametrize(
        ("name", "text", "code"),
        [
            ("METERCTL_UTILITY_TOKEN", "wrong", 77),
            ("METERCTL_UTILITY_URL", "http://127.0.0.1:1/v1", 75),
            ("METERCTL_SHEETS_URL", "http://127.0.0.1:1", 75),
            ("METERCTL_SHEET_ID", "1" + "A" * 43, 78),
        ],
    )
    def test_failed(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, text: str, code: int
    ) -> None:
        """The code is that of the check that failed; the other one is made all the same."""
        monkeypatch.setenv(name, text)
        check = "utility:online" if "_UTILITY_" in name else "sheet:online"
        found = checked(cli, "--online", code=code)
        assert [one for one in found if found[one]["status"] == "fail"] == [check]
        assert {"sheet:online", "utility:online"} <= set(found)
        assert found[check]["output"]

    def test_unshared(
        self, other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It says whom to share the spreadsheet with."""
        key = json.loads(Path(other_side.settings["METERCTL_GOOGLE_CREDENTIALS"]).read_text())
        key["client_email"] = "another@sandbox.iam.gserviceaccount.com"
        monkeypatch.setenv("METERCTL_GOOGLE_CREDENTIALS", json.dumps(key))
        found = checked(cli, "--online", code=77)["sheet:online"]
        assert "another@sandbox.iam.gserviceaccount.com" in found["output"] + found["hint"]

    @pytest.mark.parametrize("service", ["sheets", "utility"])
    def test_page(self, other_side: Rehearsal, cli: Cli, service: str) -> None:
        """A page where an answer should be is nonsense."""
        other_side.goes_wrong(
            f'service = "{service}"\ntimes = 0\ndo = "body"\nstatus = 200\nbody = "<html>hi</html>"'
        )
        checked(cli, "--online", code=76)
