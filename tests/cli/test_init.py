"""`meterctl init` by flags: what it keeps and where, what it proves, what it refuses."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli


@pytest.fixture
def other_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """A sandbox whose Google stands for Google; nothing else of it is set."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        monkeypatch.setenv("METERCTL_SHEETS_URL", rehearsal.settings["METERCTL_SHEETS_URL"])
        yield rehearsal


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the settings of this user are kept."""
    return tmp_path / "home" / ".config" / "meterctl" / ".env"


def sheet_flags(other_side: Rehearsal) -> tuple[str, ...]:
    """The flags that open the Sheet."""
    return (
        "--credentials",
        other_side.settings["METERCTL_GOOGLE_CREDENTIALS"],
        "--sheet-id",
        other_side.settings["METERCTL_SHEET_ID"],
    )


def utility_flags(other_side: Rehearsal, token: str | None = None) -> tuple[str, ...]:
    """The flags that lead to the utility."""
    settings = other_side.settings
    if token is None:
        token = "token"  # the file's name
        Path(token).write_text(settings["METERCTL_UTILITY_TOKEN"] + "\n")
    return ("--utility-url", settings["METERCTL_UTILITY_URL"], "--utility-token", token)


class TestKept:
    def test_all(self, other_side: Rehearsal, cli: Cli, kept: Path) -> None:
        """Every flag, the ledger and the zone, for the eyes of this user alone."""
        ran = cli("init", *sheet_flags(other_side), *utility_flags(other_side), "--json")
        assert (ran.code, ran.err) == (0, "")
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
        found = dotenv_values(kept)
        for name in ("SHEET_ID", "GOOGLE_CREDENTIALS", "UTILITY_URL", "UTILITY_TOKEN"):
            assert found[f"METERCTL_{name}"] == other_side.settings[f"METERCTL_{name}"]
        assert found["METERCTL_TIMEZONE"] == "Europe/Berlin"
        assert (found["METERCTL_LEDGER"] or "").startswith("sqlite:////")
        assert (found["METERCTL_UTILITY_SINCE"] or "").startswith("20")

    def test_json(self, other_side: Rehearsal, cli: Cli, kept: Path) -> None:
        """One object, in which there is no secret."""
        flags = (*sheet_flags(other_side), *utility_flags(other_side))
        ran = cli("init", *flags, "--value", "142.3", "--json")
        assert (ran.code, ran.err, ran.out.count("\n")) == (0, "", 1)
        form = ran.json
        assert form["env_file"] == str(kept)
        assert form["sheet"]["title"] == "Readings"
        assert form["sheet"]["refuses_doubles"] is True
        assert form["reading"]["row"] == 2
        assert form["reading"]["id"].startswith("meter@")
        assert other_side.settings["METERCTL_UTILITY_TOKEN"] not in ran.out
        assert "PRIVATE KEY" not in ran.out

    def test_for_people(self, other_side: Rehearsal, cli: Cli, kept: Path) -> None:
        """Where the settings are, the first reading's row, and what is next."""
        ran = cli("init", *sheet_flags(other_side), "--value", "142.3")
        assert (ran.code, ran.err) == (0, "")
        assert f"settings: {kept}" in ran.out
        assert "row 2 of the Sheet" in ran.out
        assert "meterctl record VALUE" in ran.out
        assert "push-utility" not in ran.out

    def test_later_runs_find_it(
        self, other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """With no other setting than Google's stand-in, everything works."""
        flags = (*sheet_flags(other_side), *utility_flags(other_side))
        assert cli("init", *flags, "--value", "142.3").code == 0
        monkeypatch.delenv("METERCTL_LEDGER")
        monkeypatch.delenv("METERCTL_TIMEZONE")
        monkeypatch.chdir("/")
        assert cli("push-utility", "--quiet") == (0, "", "")
        assert [one["value"] for one in other_side.accepted()] == [142.3]
        (one,) = cli("current", "--from-sheet", "--json").json["readings"]
        assert one["value"] == 142.3
        assert not (tmp_path / "home" / ".local").exists()

    def test_again(self, other_side: Rehearsal, cli: Cli, kept: Path) -> None:
        """A second run changes nothing of the file."""
        flags = (*sheet_flags(other_side), *utility_flags(other_side))
        assert cli("init", *flags).code == 0
        before = kept.read_text()
        assert cli("init", *flags).code == 0
        assert cli("init").code == 0
        assert kept.read_text() == before

    def test_what_else_is_there(self, other_side: Rehearsal, cli: Cli, kept: Path) -> None:
        """Comments and other names stay; the day of the first submission is fixed."""
        kept.parent.mkdir(parents=True)
        kept.write_text("# mine\nOTHER='a b'\n\nMETERCTL_UTILITY_SINCE=2026-01-01 # fixed\n")
        kept.chmod(0o600)
        assert cli("init", *utility_flags(other_side)).code == 0
        text = kept.read_text()
        assert text.startswith("# mine\nOTHER='a b'\n\nMETERCTL_UTILITY_SINCE=2026-01-01 # fixed\n")
        assert text.count("METERCTL_UTILITY_SINCE") == 1

    def test_named_place(
        self, other_side: Rehearsal, cli: Cli, kept: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`--env-file` names another, and XDG_CONFIG_HOME another folder."""
        assert cli("init", *utility_flags(other_side), "--env-file", "here.env").code == 0
        assert stat.S_IMODE(Path("here.env").stat().st_mode) == 0o600
        assert not kept.exists()
        monkeypatch.setenv("XDG_CONFIG_HOME", str(Path("xdg").absolute()))
        assert cli("init", *utility_flags(other_side)).code == 0
        assert Path("xdg/meterctl/.env").is_file()
        assert not kept.exists()

    def test_relative_key(
        self, other_side: Rehearsal, cli: Cli, kept: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A key file named relative to the folder is found from every other."""
        key = Path(other_side.settings["METERCTL_GOOGLE_CREDENTIALS"])
        monkeypatch.chdir(key.parent)
        sheet = other_side.settings["METERCTL_SHEET_ID"]
        assert cli("init", "--credentials", key.name, "--sheet-id", sheet).code == 0
        assert dotenv_values(kept)["METERCTL_GOOGLE_CREDENTIALS"] == str(key)

    def test_address(self, other_side: Rehearsal, cli: Cli) -> None:
        """The spreadsheet's address, as it stands in the browser, does as well."""
        key, sheet = (
            other_side.settings[f"METERCTL_{name}"] for name in ("GOOGLE_CREDENTIALS", "SHEET_ID")
        )
        address = f"https://docs.google.com/spreadsheets/d/{sheet}/edit#gid=0"
        assert cli("init", "--credentials", key, "--sheet-id", address, "--value", "1").code == 0

    def test_token_from_stdin(
        self, other_side: Rehearsal, cli: Cli, kept: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`-` reads the token where nobody sees it."""
        monkeypatch.setattr("sys.stdin", io.StringIO("from-stdin\n"))
        ran = cli("init", *utility_flags(other_side, "-"))
        assert ran.code == 0
        assert "from-stdin" not in ran.out + ran.err
        assert dotenv_values(kept)["METERCTL_UTILITY_TOKEN"] == "from-stdin"

    def test_odd_token(
        self, other_side: Rehearsal, cli: Cli, kept: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever a token is made of, it is read as it was written."""
        token = "a'b\"c\\d$e#f`g${HOME}"
        monkeypatch.setattr("sys.stdin", io.StringIO(token + "\n"))
        assert cli("init", *utility_flags(other_side, "-")).code == 0
        (line,) = [one for one in kept.read_text().splitlines() if "_TOKEN" in one]
        assert line.startswith("METERCTL_UTILITY_TOKEN='")
        assert cli("init").code == 0  # and is no other one after a second run
        assert line in kept.read_text().splitlines()


class TestRefused:
    """Nothing is kept of what does not work."""

    @pytest.mark.parametrize(
        ("content", "code"), [(None, 78), ("", 78), ("{}", 78), ('{"type": "x"}', 78), ("\xff", 78)]
    )
    def test_key_file(
        self, other_side: Rehearsal, cli: Cli, kept: Path, content: str | None, code: int
    ) -> None:
        """No key file, or one that is none."""
        if content is not None:
            Path("key.json").write_bytes(content.encode("latin-1"))
        sheet = other_side.settings["METERCTL_SHEET_ID"]
        ran = cli("init", "--credentials", "key.json", "--sheet-id", sheet)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (code, "", 1)
        assert "key.json" in ran.err or "METERCTL_GOOGLE_CREDENTIALS" in ran.err
        assert not kept.exists()

    def test_unknown_sheet(self, other_side: Rehearsal, cli: Cli, kept: Path) -> None:
        """A spreadsheet that is not there."""
        key = other_side.settings["METERCTL_GOOGLE_CREDENTIALS"]
        ran = cli("init", "--credentials", key, "--sheet-id", "1" + "A" * 43)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (78, "", 1)
        assert not kept.exists()

    def test_unshared(self, other_side: Rehearsal, cli: Cli, kept: Path) -> None:
        """Another's spreadsheet: the line says whom to share it with."""
        key = json.loads(Path(other_side.settings["METERCTL_GOOGLE_CREDENTIALS"]).read_text())
        key["client_email"] = "another@sandbox.iam.gserviceaccount.com"
        Path("other.json").write_text(json.dumps(key))
        sheet = other_side.settings["METERCTL_SHEET_ID"]
        ran = cli("init", "--credentials", "other.json", "--sheet-id", sheet)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (77, "", 1)
        assert "another@sandbox.iam.gserviceaccount.com" in ran.err
        assert not kept.exists()

    def test_half(self, other_side: Rehearsal, cli: Cli, kept: Path) -> None:
        """A key without a spreadsheet, or a spreadsheet without a key."""
        key, sheet = (
            other_side.settings[f"METERCTL_{name}"] for name in ("GOOGLE_CREDENTIALS", "SHEET_ID")
        )
        ran = cli("init", "--credentials", key)
        assert (ran.code, ran.out) == (2, "")
        assert "--sheet-id" in ran.err
        ran = cli("init", "--sheet-id", sheet)
        assert (ran.code, ran.out) == (78, "")
        assert not kept.exists()

    @pytest.mark.parametrize("url", ["http://utility.example/v1", "ftp://127.0.0.1", "127.0.0.1"])
    def test_address(self, cli: Cli, kept: Path, url: str) -> None:
        """An address that nothing may be sent to in the clear."""
        ran = cli("init", "--utility-url", url)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (78, "", 1)
        assert "METERCTL_UTILITY_URL" in ran.err
        assert not kept.exists()

    @pytest.mark.parametrize("value", ["1,5", "x", "-1"])
    def test_value(self, other_side: Rehearsal, cli: Cli, value: str) -> None:
        """A first reading that is none; the settings work, and stay."""
        ran = cli("init", *sheet_flags(other_side), f"--value={value}")
        assert ran.code == 65
        assert cli("history", "--json").json["readings"] == []

    def test_file_of_another_kind(self, cli: Cli) -> None:
        """A file that is no text is left as it is."""
        Path("here.env").write_bytes(b"A=\xff\n")
        ran = cli("init", "--utility-url", "http://127.0.0.1:1/v1", "--env-file", "here.env")
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (78, "", 1)
        assert Path("here.env").read_bytes() == b"A=\xff\n"

    def test_out_of_reach(
        self, other_side: Rehearsal, cli: Cli, kept: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A Google that is not there just now."""
        monkeypatch.setenv("METERCTL_SHEETS_URL", "http://127.0.0.1:1")
        ran = cli("init", *sheet_flags(other_side))
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (75, "", 1)
        assert not kept.exists()


def test_double_ids_accepted(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spreadsheet that does not keep what delivery relies on: told."""
    with rehearsing(tmp_path / "other-side", duplicate_ids=True) as other_side:
        monkeypatch.setenv("METERCTL_SHEETS_URL", other_side.settings["METERCTL_SHEETS_URL"])
        ran = cli("init", *sheet_flags(other_side))
        assert ran.code == 0
        assert "it accepts a double id: let no other ledger write to it" in ran.out


def test_settings_that_the_shell_has(
    other_side: Rehearsal, cli: Cli, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are used, not written down, and that is said: cron will not have them."""
    for name in ("METERCTL_SHEET_ID", "METERCTL_UTILITY_URL", "METERCTL_UTILITY_TOKEN"):
        monkeypatch.setenv(name, other_side.settings[name])
    key = other_side.settings["METERCTL_GOOGLE_CREDENTIALS"]
    ran = cli("init", "--credentials", key)
    assert ran.code == 0
    assert (
        "METERCTL_SHEET_ID, METERCTL_UTILITY_URL, METERCTL_UTILITY_TOKEN" in ran.err.splitlines()[0]
    )
    assert "METERCTL_GOOGLE_CREDENTIALS" not in ran.err
    assert other_side.settings["METERCTL_UTILITY_TOKEN"] not in kept.read_text() + ran.err
