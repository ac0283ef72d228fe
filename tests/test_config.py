"""Settings: flag > environment > .env > default; what is wrong with them is said, all at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from meterctl import config
from meterctl.config import zone
from meterctl.config.table import KNOWN, SETTINGS
from meterctl.errors import ConfigError
from tests.conftest import Cli
from tests.helpers import meterctl_environment, run_program

SECRET = "s3cr3t-that-nobody-may-see-0123456789"


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A .env in the current folder, and no setting in the environment."""
    monkeypatch.delenv("METERCTL_LEDGER")
    monkeypatch.delenv("METERCTL_TIMEZONE")
    path = tmp_path / "cwd" / ".env"
    path.touch(0o600)
    return path


def shown(cli: Cli, *flags: str) -> dict[str, tuple[str | None, str]]:
    """Each setting's value and origin, as `config show` tells them."""
    ran = cli(*flags, "config", "show", "--json")
    assert ran.code == 0, ran.err
    return {name: (one["value"], one["origin"]) for name, one in ran.json.items()}


class TestPrecedence:
    """Who may say what a setting is."""

    def test_all_of_them_speak(
        self, cli: Cli, env_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The flag wins, then the environment, then the .env."""
        env_file.write_text("METERCTL_TIMEZONE=Europe/Paris\n")
        assert shown(cli)["METERCTL_TIMEZONE"] == ("Europe/Paris", f"{env_file}:1")
        monkeypatch.setenv("METERCTL_TIMEZONE", "Europe/Rome")
        assert shown(cli)["METERCTL_TIMEZONE"] == ("Europe/Rome", "environment")
        flagged = shown(cli, "--timezone", "Europe/Oslo")
        assert flagged["METERCTL_TIMEZONE"] == ("Europe/Oslo", "flag")

    @pytest.mark.usefixtures("env_file")
    def test_nobody_speaks(self, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Defaults hold, and what is found out is shown as found."""
        monkeypatch.setenv("TZ", "Europe/Madrid")
        found = shown(cli)
        ledger = tmp_path / "home/.local/share/meterctl/ledger.db"
        assert found["METERCTL_LEDGER"] == (str(ledger), "default")
        assert found["METERCTL_TIMEZONE"] == ("Europe/Madrid", "default")
        assert found["METERCTL_SHEET_TAB"] == ("Readings", "default")
        assert found["METERCTL_SHEET_ID"] == (None, "default")

    def test_an_empty_environment_variable(
        self, cli: Cli, env_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It says nothing; the .env is asked."""
        env_file.write_text("METERCTL_SHEET_TAB=Zähler\n")
        monkeypatch.setenv("METERCTL_SHEET_TAB", "")
        assert shown(cli)["METERCTL_SHEET_TAB"] == ("Zähler", f"{env_file}:1")

    def test_googles_own_variable(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """GOOGLE_APPLICATION_CREDENTIALS is the default of our own."""
        key = Path("key.json").absolute()
        key.write_text("{}")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
        assert shown(cli)["METERCTL_GOOGLE_CREDENTIALS"] == (
            str(key),
            "GOOGLE_APPLICATION_CREDENTIALS",
        )
        monkeypatch.setenv("METERCTL_GOOGLE_CREDENTIALS", "{}")
        assert shown(cli)["METERCTL_GOOGLE_CREDENTIALS"][1] == "environment"


class TestWhereTheEnvFileIs:
    """METERCTL_ENV_FILE, else the current folder, else the user's configuration."""

    def test_named(self, cli: Cli, env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The one that is named is read, not the one that is here."""
        env_file.write_text("METERCTL_SHEET_TAB=here\n")
        other = env_file.with_name("other.env")
        other.write_text("METERCTL_SHEET_TAB=named\n")
        monkeypatch.setenv("METERCTL_ENV_FILE", "other.env")
        assert shown(cli)["METERCTL_SHEET_TAB"] == ("named", f"{other}:1")

    @pytest.mark.parametrize("name", ["nothing.env", "/", "~nobody-of-this-name/.env"])
    def test_named_but_not_there(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        """It is an error: whoever named it wanted it read."""
        monkeypatch.setenv("METERCTL_ENV_FILE", name)
        ran = cli("current")
        assert (ran.code, ran.out) == (78, "")
        assert "METERCTL_ENV_FILE names" in ran.err

    @pytest.mark.parametrize("where", ["home/.config/meterctl", "xdg/meterctl"])
    def test_in_the_users_configuration(
        self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
    ) -> None:
        """It is read where none is here."""
        if where.startswith("xdg"):
            monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
        path = tmp_path / where / ".env"
        path.parent.mkdir(parents=True)
        path.write_text("METERCTL_SHEET_TAB=mine\n")
        assert shown(cli)["METERCTL_SHEET_TAB"] == ("mine", f"{path}:1")

    def test_here_is_closed_to_us(self, tmp_path: Path) -> None:
        """Who is started in another person's private folder finds no .env there, and goes on."""
        folder = tmp_path / "private"
        folder.mkdir()
        (folder / ".env").write_text("METERCTL_SHEET_TAB=theirs\n")
        folder.chmod(0)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            settings = config.load({}, {}, folder)
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o700)
        assert settings.text("METERCTL_SHEET_TAB") is None


class TestWhatTheEnvFileSays:
    """A line reads NAME=value."""

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            pytest.param("METERCTL_SHEET_TAB=Tab\n", "Tab", id="plain"),
            pytest.param("METERCTL_SHEET_TAB=Tab", "Tab", id="no newline at its end"),
            pytest.param("METERCTL_SHEET_TAB=Tab\r\n", "Tab", id="from Windows"),
            pytest.param("\ufeffMETERCTL_SHEET_TAB=Tab\n", "Tab", id="a byte order mark"),
            pytest.param('export METERCTL_SHEET_TAB="Tab 1"\n', "Tab 1", id="as a shell would"),
            pytest.param("METERCTL_SHEET_TAB='a#b'\n", "a#b", id="single quotes"),
            pytest.param("METERCTL_SHEET_TAB=Tab # ours\n", "Tab", id="a remark behind it"),
            pytest.param("METERCTL_SHEET_TAB=a\nMETERCTL_SHEET_TAB=b\n", "b", id="the last one"),
            pytest.param("METERCTL_SHEET_TAB=\n", "Readings", id="empty: the default"),
            pytest.param("METERCTL_SHEET_TAB\n", "Readings", id="no value: the default"),
        ],
    )
    def test_forms(self, cli: Cli, env_file: Path, text: str, value: str) -> None:
        """Quotes, remarks and `export` are understood."""
        env_file.write_text(text, encoding="utf-8")
        assert shown(cli)["METERCTL_SHEET_TAB"][0] == value

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            pytest.param("# mine\n\n= x\n", 3, id="no name"),
            pytest.param('METERCTL_SHEET_TAB="a\nX=1\n', 1, id="a quote never closed"),
            pytest.param("A=1\nB='x' y\n", 2, id="something behind a quote"),
        ],
    )
    def test_a_broken_line(self, cli: Cli, env_file: Path, text: str, line: int) -> None:
        """It is named as file:line, and its text, which may be a secret, is not shown."""
        env_file.write_text(text)
        assert cli("current") == (
            78,
            "",
            f"meterctl: {env_file}:{line}: not a setting (a line reads NAME=value)\n",
        )

    def test_another_encoding(self, cli: Cli, env_file: Path) -> None:
        """It says what to save it as."""
        env_file.write_bytes("METERCTL_SHEET_TAB=Zähler\n".encode("latin-1"))
        assert f"{env_file} is not UTF-8 (save it as UTF-8 text)" in cli("current").err

    def test_a_relative_ledger(self, cli: Cli, env_file: Path, tmp_path: Path) -> None:
        """It lies beside the .env, wherever the command is run; one of a flag, in that folder."""
        env_file.write_text("METERCTL_LEDGER=sqlite:///mine.db\n")
        (tmp_path / "cwd/deeper").mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path / "cwd/deeper")
            patch.setenv("METERCTL_ENV_FILE", str(env_file))
            assert shown(cli)["METERCTL_LEDGER"][0] == str(env_file.with_name("mine.db"))
            flagged = shown(cli, "--ledger", "sqlite:///mine.db")
            assert flagged["METERCTL_LEDGER"][0] == str(tmp_path / "cwd/deeper/mine.db")


class TestAnEnvFileThatIsNotToBeTrusted:
    """It could send readings and secrets anywhere."""

    @pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
    def test_others_can_write_it(self, cli: Cli, env_file: Path, mode: int) -> None:
        """It is refused, with the command that mends it; that one is enough."""
        env_file.chmod(mode)
        for command in (["current"], ["record", "5"], ["config", "show"]):
            ran = cli(*command)
            assert (ran.code, ran.out) == (78, "")
            assert f"(chmod 600 {env_file})" in ran.err
        env_file.chmod(0o600)
        assert cli("current").code == 0

    def test_others_can_read_it(self, cli: Cli, env_file: Path) -> None:
        """That is the owner's business: it may hold no secret."""
        env_file.chmod(0o644)
        assert cli("current").code == 0

    def test_somebody_elses(
        self, cli: Cli, env_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is refused."""
        if os.geteuid() == 0:
            os.chown(env_file, 12345, -1)
        else:  # only root can give a file away; others can be told that they are somebody else
            monkeypatch.setattr(os, "geteuid", lambda: 12345)
        ran = cli("current")
        assert ran.code == 78
        assert "belongs to another user" in ran.err

    def test_it_cannot_be_read(self, env_file: Path) -> None:
        """It says so, and to check its permissions."""
        env_file.chmod(0)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
                config.env_file.read(env_file)
        finally:
            if is_root:
                os.seteuid(0)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        pytest.param(
            "LEDGER", "postgresql://u:S@h", "database's name is missing", id="no database"
        ),
        pytest.param("LEDGER", "postgres://u:S@h/d?schema=pg_x", "PostgreSQL itself", id="schema"),
        pytest.param("LEDGER", "mysql://u:S@h/d", "write sqlite:///PATH", id="mysql"),
        pytest.param("LEDGER", "sqlite://x.db", "four slashes", id="two slashes"),
        pytest.param("LEDGER", "sqlite:/x.db", "four slashes", id="one slash"),
        pytest.param("LEDGER", "sqlite:///", "path of a file is missing", id="no path"),
        pytest.param("LEDGER", "sqlite:////", "path of a file is missing", id="the root"),
        pytest.param("LEDGER", "sqlite:///x/", "path of a file is missing", id="a folder"),
        pytest.param("LEDGER", "sqlite:////.", "path of a file is missing", id="the root, again"),
        pytest.param("LEDGER", "x/..", "path of a file is missing", id="the folder above"),
        pytest.param("LEDGER", "  ", "path of a file is missing", id="spaces"),
        pytest.param("LEDGER", "sqlite:///:memory:", "a ledger is a file", id="in memory"),
        pytest.param("LEDGER", "sqlite:///x.db?mode=ro", "without the parameters", id="parameters"),
        pytest.param("LEDGER", "sqlite:///~nobody-here/x", "no home folder", id="no such home"),
        pytest.param("TIMEZONE", "Mars/Phobos", "no time zone 'Mars/Phobos'", id="no such zone"),
        pytest.param("TIMEZONE", "Europe", "no time zone 'Europe'", id="a folder of zones"),
        pytest.param("TIMEZONE", "../../etc/passwd", "no time zone", id="a path as zone"),
        pytest.param("LOCK_TIMEOUT", "nan", "not a number of seconds", id="nan seconds"),
        pytest.param("LOCK_TIMEOUT", "-1", "not a number of seconds", id="negative seconds"),
        pytest.param("LOCK_TIMEOUT", ".", "not a number of seconds", id="no seconds"),
        pytest.param("SHEETS_URL", "http://example.org", "plain http://", id="plain http"),
        pytest.param("UTILITY_URL", "http://127.0.0.1.evil.org", "plain http://", id="looks local"),
        pytest.param("UTILITY_URL", "http://127.0.0.1@evil.org", "plain http://", id="local login"),
        pytest.param("UTILITY_URL", "http://192.168.0.4:80", "plain http://", id="at home"),
        pytest.param("UTILITY_URL", "ftp://u:S@example.org", "not an http(s) URL", id="ftp"),
        pytest.param("UTILITY_URL", "https://[::1", "not an http(s) URL", id="no end of a host"),
        pytest.param("UTILITY_URL", "https://h:99999/", "not a URL", id="no such port"),
        pytest.param("UTILITY_URL", "https://a b/", "not an http(s) URL", id="a space"),
        pytest.param("UTILITY_URL", "example.org", "not an http(s) URL", id="no scheme"),
        pytest.param("HEARTBEAT_URL", "hc.io/S", "not an http(s) URL", id="a secret URL"),
        pytest.param("CORS_ORIGINS", "https://a.b,http://c.d", "plain http://", id="one of two"),
        pytest.param("UTILITY_SINCE", "01.03.2026", "not a date such as", id="another date"),
        pytest.param("UTILITY_POLICY", "weekly", "not one of daily, monthly, every", id="policy"),
        pytest.param("JWT_SECRET", "short", "at least 32 bytes", id="a short secret"),
        pytest.param("GOOGLE_CREDENTIALS", "/S.json", "there is no such file", id="no such file"),
        pytest.param("GOOGLE_CREDENTIALS", "S" * 300, "there is no such file", id="a bare key"),
    ],
)
def test_what_is_wrong_with_a_setting(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str
) -> None:
    """`config check` says it with the setting's name and origin, and shows no secret."""
    monkeypatch.setenv(f"METERCTL_{name}", text.replace("S", SECRET))
    ran = cli("config", "check")
    assert ran.code == 78
    assert ran.out.startswith(f"METERCTL_{name} (environment): ")
    assert said in ran.out
    assert SECRET not in ran.out + ran.err + cli("config", "show").out
    if name in ("LEDGER", "TIMEZONE", "LOCK_TIMEOUT"):
        local = cli("current")
        assert (local.code, local.out) == (78, "")
        assert said in local.err
        assert SECRET not in local.err
    else:
        assert cli("current").code == 0, "a command demands only what it needs"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("LEDGER", "plain.db", id="a path alone"),
        pytest.param("LEDGER", "sqlite:///~/x.db", id="at home"),
        pytest.param("TIMEZONE", "UTC", id="UTC"),
        pytest.param("TIMEZONE", "+05:30", id="an offset"),
        pytest.param("LOCK_TIMEOUT", "0.5", id="half a second"),
        pytest.param("SHEETS_URL", "http://127.0.0.1:8701", id="loopback"),
        pytest.param("UTILITY_URL", "http://[::1]:8702/x", id="loopback of IPv6"),
        pytest.param("UTILITY_URL", "http://localhost/x", id="localhost"),
        pytest.param("UTILITY_URL", "https://example.org/v1", id="https"),
        pytest.param("CORS_ORIGINS", "https://a.b, https://c.d", id="two origins"),
        pytest.param("UTILITY_SINCE", "2026-03-01", id="a date"),
        pytest.param("JWT_SECRET", "x" * 32, id="32 bytes"),
        pytest.param("JWT_SECRET", "\udcff" * 32, id="32 bytes that are no text"),
        pytest.param("GOOGLE_CREDENTIALS", '{"type": "service_account"}', id="JSON itself"),
    ],
)
def test_what_is_well(cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """Nothing is said against it."""
    monkeypatch.setenv(f"METERCTL_{name}", text)
    assert cli("config", "check") == (0, "the settings are well\n", "")
    assert cli("config", "check", "--json").json == {"problems": []}


class TestConfigCheck:
    """Every problem there is, in one go."""

    def test_several_problems(self, cli: Cli, env_file: Path) -> None:
        """All are listed, with the misspelt names and what was meant."""
        env_file.write_text(
            "METERCTL_LOCK_TIMEOUT=soon\nMETERCTL_UTILITY_POLICY=never\nMETERCTL_LEGDER=x\n"
        )
        ran = cli("config", "check")
        assert ran.out.splitlines() == [
            f"METERCTL_LOCK_TIMEOUT ({env_file}:1): 'soon' is not a number of seconds",
            f"METERCTL_UTILITY_POLICY ({env_file}:2): 'never' is not one of daily, monthly, every",
            "METERCTL_LEGDER is not a setting; do you mean METERCTL_LEDGER?",
        ]
        assert "3 problems in the settings" in ran.err

    def test_a_key_that_would_be_sent_in_the_clear(
        self, cli: Cli, env_file: Path, tmp_path: Path
    ) -> None:
        """What a key file says is looked at as `sync` does, where there is a Sheet."""
        key = tmp_path / "key.json"
        said = {"client_email": "a@b.c", "private_key": "k", "token_uri": "http://a.example"}
        key.write_text(json.dumps({"type": "service_account", **said}))
        env_file.write_text(f"METERCTL_GOOGLE_CREDENTIALS={key}\nMETERCTL_SHEET_ID=1AbC\n")
        ran = cli("config", "check")
        assert ran.code == 78
        assert f"the token_uri in {key}: plain http" in ran.out

    def test_as_json(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """The list is data; that there is one is an error."""
        monkeypatch.setenv("METERCTL_TIMEZON", "UTC")
        ran = cli("config", "check", "--json")
        assert ran.code == 78
        assert ran.json == {
            "problems": ["METERCTL_TIMEZON is not a setting; do you mean METERCTL_TIMEZONE?"]
        }

    def test_a_command_that_needs_two_wrong_settings(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Both are told in its one line."""
        monkeypatch.setenv("METERCTL_TIMEZONE", "Nowhere")
        monkeypatch.setenv("METERCTL_LOCK_TIMEOUT", "soon")
        ran = cli("record", "5")
        assert ran.err.count("\n") == 1
        assert "Nowhere" in ran.err
        assert "'soon'" in ran.err

    @pytest.mark.usefixtures("env_file")
    def test_this_machine_has_no_zone(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is a problem even though nobody has set it."""
        monkeypatch.setenv("TZ", "Nowhere")
        assert "this machine's time zone: there is no time zone 'Nowhere'" in (
            cli("config", "check").out
        )
        assert shown(cli)["METERCTL_TIMEZONE"] == (None, "default")
        assert "(this machine's)" in cli("config", "show").out


@pytest.mark.parametrize(
    ("name", "text", "safe"),
    [
        *(
            pytest.param(setting.name, SECRET, "********", id=setting.name)
            for setting in SETTINGS
            if setting.secret
        ),
        pytest.param("METERCTL_PORTAL_PASSWORD", SECRET, "********", id="portal"),
        pytest.param(
            "METERCTL_GOOGLE_CREDENTIALS", f'{{"k": "{SECRET}"}}', "********", id="credentials JSON"
        ),
        pytest.param(
            "METERCTL_UTILITY_URL",
            f"https://me:{SECRET}@example.org/x",
            "https://********@example.org/x",
            id="a login in a URL",
        ),
        pytest.param(
            "METERCTL_UTILITY_URL",
            f"https://example.org/x?token={SECRET}",
            "https://example.org/x?********",
            id="a token in a URL",
        ),
    ],
)
def test_secrets(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, text: str, safe: str
) -> None:
    """They are never shown, in neither form."""
    monkeypatch.setenv(name, text)
    assert shown(cli)[name] == (safe, "environment")
    for command in (["config", "show"], ["config", "show", "--json"], ["config", "check"]):
        ran = cli(*command)
        assert SECRET not in ran.out + ran.err


class TestThisMachine:
    """What a machine without much can do."""

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            pytest.param("Europe/Madrid", "Europe/Madrid", id="a name"),
            pytest.param(":Europe/Madrid", "Europe/Madrid", id="with a colon"),
            pytest.param("UTC", "UTC", id="UTC"),
            pytest.param("/usr/share/zoneinfo/Europe/Madrid", "Europe/Madrid", id="a file"),
        ],
    )
    def test_forms_of_tz(self, monkeypatch: pytest.MonkeyPatch, text: str, name: str) -> None:
        """TZ names the zone, as a name or as the file of one."""
        monkeypatch.setenv("TZ", text)
        assert str(zone.machine_zone()) == name

    @pytest.mark.parametrize("text", ["CET-1CEST,M3.5.0,M10.5.0/3", "Mars/Phobos", "/etc/passwd"])
    def test_a_tz_that_names_no_zone(self, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        """It is refused, not guessed at, with the setting that helps."""
        monkeypatch.setenv("TZ", text)
        with pytest.raises(ConfigError) as caught:
            zone.machine_zone()
        assert caught.value.hint == "set METERCTL_TIMEZONE=Europe/Berlin"

    @pytest.mark.parametrize("tz", ["", ":LOCALTIME", "LOCALTIME"])
    def test_localtime_is_a_link(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tz: str
    ) -> None:
        """The link's target names the zone."""
        target = tmp_path / "zoneinfo/Europe/Madrid"
        target.parent.mkdir(parents=True)
        target.touch()
        link = tmp_path / "localtime"
        link.symlink_to(target)
        monkeypatch.setattr(zone, "LOCALTIME", link)
        monkeypatch.setenv("TZ", tz.replace("LOCALTIME", str(link)))
        assert str(zone.machine_zone()) == "Europe/Madrid"

    def test_localtime_is_a_copy(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """What /etc/timezone says is believed; without it nothing is guessed."""
        copy, named = tmp_path / "localtime", tmp_path / "timezone"
        copy.touch()
        named.write_text("Europe/Madrid\n")
        monkeypatch.setattr(zone, "LOCALTIME", copy)
        monkeypatch.setattr(zone, "NAMED", named)
        assert str(zone.machine_zone()) == "Europe/Madrid"
        named.unlink()
        with pytest.raises(ConfigError, match="has no name"):
            zone.machine_zone()

    def test_no_localtime(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A slim container: UTC."""
        monkeypatch.setattr(zone, "LOCALTIME", tmp_path / "localtime")
        monkeypatch.setattr(zone, "NAMED", tmp_path / "timezone")
        assert str(zone.machine_zone()) == "UTC"

    def test_no_home(self, tmp_path: Path) -> None:
        """With the ledger set, a home is not needed."""
        environment = meterctl_environment(tmp_path)
        del environment["HOME"]
        assert run_program(["record", "5"], environment).code == 0

    def test_the_current_folder_is_gone(self, tmp_path: Path) -> None:
        """It says so; the version does not depend on it."""
        gone = tmp_path / "gone"
        script = f'cd "{gone}" && rmdir "{gone}" && exec "{sys.executable}" -m meterctl "$@"'
        for arguments, code in ((["current"], 78), (["--version"], 0)):
            gone.mkdir()
            done = subprocess.run(
                ["/bin/sh", "-c", script, "-", *arguments],
                env=meterctl_environment(tmp_path),
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == code, done.stderr
            assert done.stderr.count("\n") == (1 if code else 0)


def test_every_setting_is_described() -> None:
    """Name, meaning, and each only once."""
    assert len(KNOWN) == len(SETTINGS)
    for setting in SETTINGS:
        assert setting.name.startswith("METERCTL_")
        assert setting.meaning.endswith(".")
        assert setting.default is None or setting.problem(setting.default) is None
