"""`meterctl init`: where it keeps the settings, what stays of them, what is not worth keeping."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from dotenv import dotenv_values

from meterctl.domain.times import aware
from meterctl.sandbox.google import Google
from meterctl.sandbox.server import Running, serve
from tests.conftest import Cli, Program
from tests.helpers import NOW
from tests.sandbox.google.client import ANNE, Api, fine
from tests.sheet.stand import Stand

TOKEN = "t0ken-of-the-test"
UTILITY = "https://utility.example/v1/meter-readings"


@pytest.fixture
def google() -> Google:
    """Google, without quotas."""
    return Google(quota=False)


@pytest.fixture
def server(google: Google, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Its address, which is all that is set of it."""
    with serve(google) as running:
        monkeypatch.setenv("METERCTL_SHEETS_URL", running.url)
        yield running
        assert running.errors == []


@pytest.fixture
def stand(google: Google, server: Running, tmp_path: Path) -> Stand:
    """A key, and the one empty spreadsheet that it opens."""
    return Stand(google, server, tmp_path)


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    """Where the settings land when nobody says where."""
    return tmp_path / "home" / ".config" / "meterctl" / ".env"


def sheet_flags(stand: Stand) -> tuple[str, ...]:
    """What opens the stand's spreadsheet."""
    return ("--credentials", str(stand.key), "--sheet-id", stand.sheet_id)


def strangers(stand: Stand) -> str:
    """A spreadsheet that is somebody else's, and not shared."""
    return stand.google.new_spreadsheet("stranger@homes.iam.gserviceaccount.com", "Theirs")


class TestWhere:
    """--env-file, else METERCTL_ENV_FILE, else the .env in use, else the user's own."""

    def test_file_that_is_there(self, cli: Cli) -> None:
        """It is changed, and made private."""
        path = Path("settings")
        path.write_text("METERCTL_SHEET_TAB=Mine\n")
        path.chmod(0o644)
        assert cli("init", "--env-file", "settings").code == 0
        assert dotenv_values(path)["METERCTL_SHEET_TAB"] == "Mine"
        assert "METERCTL_TIMEZONE" in dotenv_values(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_settings_of_the_file_that_is_named(self, cli: Cli, stand: Stand) -> None:
        """A second run finds there what the first one kept."""
        there = ("--env-file", "settings")
        assert cli("init", *sheet_flags(stand), *there).code == 0
        ran = cli("init", "--value", "5", *there)
        assert ran.code == 0, ran.err
        assert stand.values() == {"5": 1}

    @pytest.mark.parametrize("there", [True, False])
    def test_environment(self, cli: Cli, monkeypatch: pytest.MonkeyPatch, *, there: bool) -> None:
        """The file that every later run is told of may be made by this one."""
        path = Path("kept.env").absolute()
        if there:
            path.touch(0o600)
        monkeypatch.setenv("METERCTL_ENV_FILE", str(path))
        assert cli("init").code == 0
        assert "METERCTL_TIMEZONE" in dotenv_values(path)
        assert cli("current").code == 0

    def test_file_here(self, cli: Cli, env_file: Path) -> None:
        """The .env that every command run here reads is the one that is changed."""
        Path(".env").touch(0o600)
        assert cli("init").code == 0
        assert "METERCTL_TIMEZONE" in dotenv_values(".env")
        assert not env_file.exists()

    def test_link(self, cli: Cli, env_file: Path, tmp_path: Path) -> None:
        """A .env that is a link into a person's own collection stays one."""
        real = tmp_path / "dotfiles"
        real.touch(0o600)
        env_file.parent.mkdir(parents=True)
        env_file.symlink_to(real)
        assert cli("init").code == 0
        assert env_file.is_symlink()
        assert "METERCTL_TIMEZONE" in dotenv_values(real)

    def test_no_home(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """78, and the flag that helps."""
        monkeypatch.delenv("HOME")
        ran = cli("init")
        assert (ran.code, "--env-file" in ran.err) == (78, True)

    @pytest.mark.parametrize("name", ["/", "/proc/none/.env", "~nobody-of-this-name/.env"])
    def test_place_that_is_none(self, cli: Cli, name: str) -> None:
        """78 in one line."""
        ran = cli("init", "--env-file", name)
        assert (ran.code, ran.out, ran.err.count("\n")) == (78, "", 1)

    def test_file_that_others_can_write(self, cli: Cli) -> None:
        """It is not trusted, nor added to."""
        path = Path("settings")
        path.touch()
        path.chmod(0o666)
        ran = cli("init", "--env-file", "settings")
        assert (ran.code, path.read_text()) == (78, "")
        assert "chmod 600" in ran.err


class TestWhatStays:
    """A .env is a person's own."""

    def test_remarks_and_other_names(self, cli: Cli, env_file: Path) -> None:
        """Order and form stay too; a value over several lines is replaced as a whole."""
        env_file.parent.mkdir(parents=True)
        env_file.touch(0o600)
        env_file.write_text(
            "# ours\n\nOTHER='a # b'\nexport METERCTL_SHEET_TAB=Old # once\n"
            "METERCTL_UTILITY_TOKEN='{\n  \"a\": 1\n}'\n"
            "METERCTL_TIMEZONE=Europe/Berlin # home\nLAST=1"
        )
        Path("token").write_text(TOKEN)
        assert cli("init", "--tab", "New tab", "--utility-token", "token").code == 0
        kept = env_file.read_text()
        assert kept.startswith(
            "# ours\n\nOTHER='a # b'\nexport METERCTL_SHEET_TAB='New tab'\n"
            f"METERCTL_UTILITY_TOKEN={TOKEN}\n"
            "METERCTL_TIMEZONE=Europe/Berlin # home\nLAST=1\nMETERCTL_LEDGER="
        )
        assert kept.count("\n") == 8

    def test_second_run(self, cli: Cli, stand: Stand, env_file: Path) -> None:
        """It makes nothing a second time in the Sheet, and leaves nothing beside the file."""
        assert cli("init", *sheet_flags(stand), "--value", "1").code == 0
        kept, rows = env_file.read_bytes(), stand.rows()
        for flags in (sheet_flags(stand), ()):
            ran = cli("init", *flags, "--json")
            assert ran.json["sheet"]["made"] is False
            assert env_file.read_bytes() == kept
            assert stand.rows() == rows
        assert list(env_file.parent.iterdir()) == [env_file]

    def test_key_itself(
        self, cli: Cli, stand: Stand, env_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The JSON stays in the environment, which all other settings do not need to be told."""
        text = f"  {json.dumps(stand.account, indent=2)}"
        monkeypatch.setenv("METERCTL_GOOGLE_CREDENTIALS", text)
        ran = cli("init", "--sheet-id", stand.sheet_id, "--value", "1")
        assert ran.code == 0, ran.err
        assert "PRIVATE KEY" not in ran.out + ran.err
        assert "written to the Sheet" in cli("record", "2").out
        assert "METERCTL_SHEET_ID" in dotenv_values(env_file, interpolate=False)

    @pytest.mark.parametrize("flag", ["--credentials", "--utility-token"])
    def test_secret_on_the_command_line(self, cli: Cli, env_file: Path, flag: str) -> None:
        """It is not taken, since everyone on this machine can read it; nor is it shown again."""
        ran = cli("init", flag, '{"private_key": "s3cret"}')
        assert (ran.code, ran.out) == (2, "")
        assert "read" in ran.err
        assert "s3cret" not in ran.err
        assert not env_file.exists()

    @pytest.mark.parametrize("token", ["a'b\"c\\d$e#f`g${HOME}", "it's", "\\'", "a b", "'"])
    def test_odd_token(self, program: Program, env_file: Path, token: str) -> None:
        """Whatever it is made of, it is read as it was given."""
        ran = program("init", "--utility-token", "-", stdin=f"{token}\n")
        assert ran.code == 0, ran.err
        kept = dotenv_values(env_file, interpolate=False)
        assert kept["METERCTL_UTILITY_TOKEN"] == token


class TestSince:
    """From which day on readings are submitted."""

    def test_fixed_once(self, cli: Cli, env_file: Path) -> None:
        """The day of the first init, in the zone; a later one leaves it."""
        with time_machine.travel(aware(NOW) + timedelta(hours=11, minutes=30), tick=False):
            assert cli("init", "--utility-url", UTILITY).code == 0
        assert dotenv_values(env_file)["METERCTL_UTILITY_SINCE"] == "2026-11-22"
        with time_machine.travel(aware(NOW) + timedelta(days=9), tick=False):
            assert cli("init", "--utility-url", UTILITY).code == 0
        assert dotenv_values(env_file)["METERCTL_UTILITY_SINCE"] == "2026-11-22"

    def test_zone_of_the_utility(
        self, cli: Cli, env_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its days count, where it has its own."""
        monkeypatch.setenv("METERCTL_UTILITY_TIMEZONE", "Pacific/Auckland")
        with time_machine.travel(aware(NOW), tick=False):
            assert cli("init", "--utility-url", UTILITY).code == 0
        assert dotenv_values(env_file)["METERCTL_UTILITY_SINCE"] == "2026-11-23"

    def test_pushed_before(self, cli: Cli, env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the first push fixed holds: no day between falls through."""
        with time_machine.travel(aware(NOW), tick=False):
            cli("record", "1", "--at", "2026-11-01 07:00")
            with monkeypatch.context() as patch:
                patch.setenv("METERCTL_UTILITY_URL", UTILITY)
                assert cli("push-utility").code == 0  # it is older: nobody is asked
        with time_machine.travel(aware(NOW) + timedelta(days=9), tick=False):
            assert cli("init", "--utility-url", UTILITY).code == 0
        assert dotenv_values(env_file)["METERCTL_UTILITY_SINCE"] == "2026-11-22"


class TestMistakes:
    """One line that names the step that mends it; nothing of it is kept."""

    @pytest.mark.parametrize(
        ("flags", "code", "said"),
        [
            pytest.param(
                {"--credentials": "client"}, 78, "an OAuth client's", id="an OAuth client's file"
            ),
            pytest.param(
                {"--credentials": "broken"},
                78,
                "private key in {cwd}/broken cannot be read",
                id="a key that is broken",
            ),
            pytest.param(
                {"--credentials": "deleted"},
                77,
                "make a new one in the Google console",
                id="a key that was deleted",
            ),
            pytest.param(
                {"--sheet-id": "1NobodyHasThisSpreadsheet"},
                78,
                "share it with {account} as an editor",
                id="an unknown spreadsheet",
            ),
            pytest.param(
                {"--sheet-id": "a stranger's"},
                77,
                "share the spreadsheet with {account} as an editor",
                id="an unshared spreadsheet",
            ),
            pytest.param({"--sheet-id": "a b"}, 78, "no spreadsheet's id", id="no id"),
            pytest.param({"--credentials": ""}, 2, "empty", id="an empty flag"),
            pytest.param({"--value": ""}, 2, "--value is empty", id="an empty value"),
            pytest.param({"--value": "1,5"}, 65, "decimal comma", id="no value"),
            pytest.param({"--utility-token": "odd"}, 78, "METERCTL_UTILITY_TOKEN", id="no token"),
            pytest.param({"--tab": " x"}, 78, "cannot be a tab's name", id="no tab's name"),
        ],
    )
    def test_flag_is_wrong(
        self, cli: Cli, stand: Stand, env_file: Path, *, flags: dict[str, str], code: int, said: str
    ) -> None:
        """Its exit code, and what to do."""
        Path("client").write_text('{"installed": {}}')
        Path("odd").write_text("pä\n")
        Path("broken").write_text(json.dumps(stand.account | {"private_key": "x"}))
        if "deleted" in flags.values():
            other = stand.google.new_account("x")["private_key"]
            Path("deleted").write_text(json.dumps(stand.account | {"private_key": other}))
        if "a stranger's" in flags.values():
            flags = {"--sheet-id": strangers(stand)}
        given = {"--credentials": str(stand.key), "--sheet-id": stand.sheet_id} | flags
        ran = cli("init", *(word for pair in given.items() for word in pair))
        assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
        assert said.format(account=stand.account["client_email"], cwd=Path.cwd()) in ran.err
        assert not env_file.exists()
        assert stand.rows() == []

    def test_several(self, cli: Cli) -> None:
        """All of them at once."""
        flags = ("--sheet-id", "a b", "--utility-url", "ftp://x", "--tab", " ")
        ran = cli("init", *flags, "--json")
        assert (ran.code, ran.out) == (78, "")
        error = json.loads(ran.err)["error"]
        assert error["code"] == "config"
        for name in ("METERCTL_SHEET_ID", "METERCTL_UTILITY_URL", "METERCTL_SHEET_TAB"):
            assert name in error["message"]

    def test_no_token_came_by_stdin(self, program: Program, env_file: Path) -> None:
        """The command before the pipe has failed: that is said."""
        ran = program("init", "--utility-url", UTILITY, "--utility-token", "-")
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert not env_file.exists()

    def test_table_of_somebody_else(
        self, cli: Cli, google: Google, server: Running, stand: Stand, env_file: Path
    ) -> None:
        """It is left alone, and another tab is asked for."""
        anne = Api(google, server, ANNE).new()
        anne.write("A1", [["mine"]])
        account = stand.account["client_email"]
        given = {"type": "user", "role": "writer", "emailAddress": account}
        fine(anne.ask("POST", f"/drive/v3/files/{anne.id}/permissions", given))
        flags = ("--credentials", str(stand.key), "--sheet-id", anne.id, "--tab", "Sheet1")
        ran = cli("init", *flags)
        assert (ran.code, ran.err.count("\n")) == (78, 1)
        assert "name another tab, which is then made: METERCTL_SHEET_TAB" in ran.err
        assert not env_file.exists()
        assert anne.read("A1:Z9") == [["mine"]]

    def test_what_worked_before(self, cli: Cli, stand: Stand, env_file: Path) -> None:
        """What does not work takes the place of nothing that does."""
        assert cli("init", *sheet_flags(stand)).code == 0
        kept = env_file.read_bytes()
        Path("text").write_text("BEGIN")
        assert cli("init", "--credentials", "text").code == 78
        assert cli("init", "--sheet-id", strangers(stand)).code == 77
        assert env_file.read_bytes() == kept

    def test_first_reading_that_looks_wrong(self, cli: Cli) -> None:
        """It is stored, and told of."""
        cli("record", "142.3", "--at", "2026-03-01 07:00")
        ran = cli("init", "--value", "14.2")
        assert ran.code == 0
        assert "it looks wrong (less_than_previous): meterctl review" in ran.out
