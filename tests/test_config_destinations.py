"""What a Sheet and a utility need: demanded by the commands that go there, all problems at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from meterctl.config import Settings, load
from meterctl.config.destinations import SheetSettings, key, sheet, utility
from meterctl.errors import ConfigError
from tests.helpers import BERLIN

CWD = Path("/somewhere")
SHEET = {"METERCTL_SHEET_ID": "1AbC", "METERCTL_GOOGLE_CREDENTIALS": "{}"}
UTILITY = {"METERCTL_UTILITY_URL": "https://utility.example/v1"}


def settings(given: dict[str, str]) -> Settings:
    """Settings that the environment gives."""
    return load({}, given, CWD)


class TestSheet:
    """Where it is, and what opens it."""

    def test_least(self) -> None:
        """A spreadsheet and a key will do; the rest has defaults."""
        assert sheet(settings(SHEET), CWD) == SheetSettings("1AbC", "Readings", "{}", None, 5, 180)

    def test_most(self) -> None:
        """Each can be said."""
        given = SHEET | {
            "METERCTL_SHEET_ID": "https://docs.google.com/spreadsheets/d/1AbC/edit?gid=7#gid=7",
            "METERCTL_SHEET_TAB": "Zähler",
            "METERCTL_SHEETS_URL": "http://127.0.0.1:8701/",
            "METERCTL_SHEET_DEADLINE": "0.5",
            "METERCTL_SHEET_SETTLE": "1",
        }
        found = sheet(settings(given), CWD)
        assert found == SheetSettings("1AbC", "Zähler", "{}", "http://127.0.0.1:8701", 0.5, 1)
        assert found.destination == "1AbC/Zähler"

    def test_nothing(self) -> None:
        """Both that are missing are named, and the command that sets them up."""
        with pytest.raises(ConfigError) as caught:
            sheet(settings({}), CWD)
        assert len(caught.value.problems) == 2
        assert caught.value.hint == "meterctl init sets it up"
        for name in SHEET:
            assert name in caught.value.message

    def test_all_problems_at_once(self) -> None:
        """What is missing and what is wrong; but nothing of the utility's."""
        given = {
            "METERCTL_SHEET_ID": "a b",
            "METERCTL_SHEETS_URL": "http://example.org",
            "METERCTL_SHEET_DEADLINE": "-1",
            "METERCTL_UTILITY_URL": "nonsense",
        }
        with pytest.raises(ConfigError) as caught:
            sheet(settings(given), CWD)
        found = [problem.split(" ")[0] for problem in caught.value.problems]
        assert sorted(found) == [
            "METERCTL_GOOGLE_CREDENTIALS",
            "METERCTL_SHEETS_URL",
            "METERCTL_SHEET_DEADLINE",
            "METERCTL_SHEET_ID",
        ]


class TestKey:
    """A path, or the JSON itself."""

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            pytest.param("/keys/one.json", Path("/keys/one.json"), id="absolute"),
            pytest.param("one.json", CWD / "one.json", id="relative to the current folder"),
            pytest.param("~/one.json", Path("/home/me/one.json"), id="at home"),
            pytest.param('{"type": 1}', '{"type": 1}', id="JSON"),
            pytest.param(' \n{"type": 1}', ' \n{"type": 1}', id="JSON, indented"),
        ],
    )
    def test_forms(self, monkeypatch: pytest.MonkeyPatch, text: str, found: Path | str) -> None:
        """As the environment gives it."""
        monkeypatch.setenv("HOME", "/home/me")
        assert key(settings({"METERCTL_GOOGLE_CREDENTIALS": text}), CWD) == found

    @pytest.mark.parametrize("json", ['{"type": 1}', '  {"type": 1}'])
    def test_in_the_env_file(self, tmp_path: Path, json: str) -> None:
        """A path is relative to the file; JSON is no path, indented or not."""
        file = tmp_path / ".env"
        file.touch(0o600)
        file.write_text("METERCTL_GOOGLE_CREDENTIALS=key.json\n")
        assert key(load({}, {}, CWD, file), CWD) == tmp_path / "key.json"
        file.write_text(f"METERCTL_GOOGLE_CREDENTIALS='{json}'\n")
        assert key(load({}, {}, CWD, file), CWD) == json

    def test_missing(self) -> None:
        """It says what to give."""
        with pytest.raises(ConfigError, match="the path of the service account's JSON file"):
            key(settings({}), CWD)


class TestUtility:
    """Where it is, what it knows us by, what it wants."""

    def test_least(self) -> None:
        """An address will do."""
        found = utility(settings(UTILITY), CWD)
        assert (found.adapter, found.policy, found.window) == ("json", "daily", (1, 31))
        assert {found.config, found.token, found.since, found.zone, found.portal} == {None}

    def test_most(self) -> None:
        """Each can be said."""
        given = UTILITY | {
            "METERCTL_UTILITY_TOKEN": "t",
            "METERCTL_UTILITY_KEY_HEADER": "X-Api-Key",
            "METERCTL_UTILITY_SINCE": "2026-03-01",
            "METERCTL_UTILITY_POLICY": "monthly",
            "METERCTL_UTILITY_TIMEZONE": "Europe/Berlin",
            "METERCTL_UTILITY_WINDOW": "20-25",
            "METERCTL_UTILITY_USER": "u",
            "METERCTL_UTILITY_SECRET": "s",
            "METERCTL_UTILITY_OLDEST_DAYS": "14",
            "METERCTL_UTILITY_ACCOUNT": "home",
        }
        found = utility(settings(given), CWD)
        assert (found.token, found.key_header, found.user, found.secret) == (
            *("t", "X-Api-Key"),
            *("u", "s"),
        )
        assert (found.since, found.policy, found.zone) == (date(2026, 3, 1), "monthly", BERLIN)
        assert (found.window, found.oldest_days, found.account_at(None)) == ((20, 25), 14, "home")

    @pytest.mark.parametrize(
        ("url", "account"),
        [
            ("https://utility.example/v1/", "https://utility.example/v1"),
            ("https://me:s3cret@utility.example:8443/v1", "https://utility.example:8443/v1"),
            ("https://utility.example/v1?key=s3cret#x", "https://utility.example/v1"),
            ("HTTPS://Utility.Example", "https://utility.example"),
        ],
    )
    def test_account(self, url: str, account: str) -> None:
        """What the ledger calls it holds no secret, and is one for one endpoint."""
        assert utility(settings({"METERCTL_UTILITY_URL": url}), CWD).account_at(None) == account

    def test_adapter_with_an_address_of_its_own(self) -> None:
        """The account is named by the adapter, and by who we are there."""
        given = {"METERCTL_UTILITY_ADAPTER": "pvoutput", "METERCTL_UTILITY_USER": "4711"}
        found = utility(settings(given), CWD)
        assert (found.url, found.account_at(None)) == (None, "pvoutput 4711")

    def test_portal_alone(self, tmp_path: Path) -> None:
        """It is the way, and what else its description may name comes with it."""
        file = tmp_path / "portal.toml"
        file.touch()
        given = {
            "METERCTL_PORTAL_CONFIG": str(file),
            "METERCTL_PORTAL_URL": "https://portal.example/",
            "METERCTL_PORTAL_USER": "4711",
            "METERCTL_PORTAL_PASSWORD": "s3cret",
            "METERCTL_PORTAL_BROWSER": "/opt/chrome",
        }
        found = utility(settings(given), CWD)
        assert found.portal == (file, "https://portal.example", "4711", "s3cret", "/opt/chrome")
        assert (found.adapter, found.account_at(None)) == (
            "portal",
            "portal https://portal.example 4711",
        )

    def test_address_in_the_adapters_file(self, tmp_path: Path) -> None:
        """It is the account's, as if the setting said so; a folder is as good."""
        file = tmp_path / "mine.toml"
        file.touch()
        given = {"METERCTL_UTILITY_CONFIG": str(file)}
        found = utility(settings(given), CWD)
        assert found.account_at("https://u.example/v1?key=s3cret") == "https://u.example/v1"
        found = utility(settings(given | {"METERCTL_UTILITY_ADAPTER": "file"}), CWD)
        assert found.account_at("/mnt/upload") == "file /mnt/upload"
        assert found._replace(name="home").account_at("/mnt/upload") == "home"

    def test_nothing(self) -> None:
        """The address is asked for."""
        with pytest.raises(ConfigError, match="METERCTL_UTILITY_URL is not set"):
            utility(settings({}), CWD)

    def test_all_problems_at_once(self) -> None:
        """None of them shows a token."""
        given = {
            "METERCTL_UTILITY_URL": "https://a:b@[x",
            "METERCTL_UTILITY_TOKEN": "s3cret\n",
            "METERCTL_UTILITY_KEY_HEADER": "X Key",
            "METERCTL_UTILITY_SINCE": "yesterday",
            "METERCTL_UTILITY_POLICY": "hourly",
            "METERCTL_UTILITY_TIMEZONE": "Mars/Phobos",
            "METERCTL_UTILITY_WINDOW": "25-20",
            "METERCTL_UTILITY_ADAPTER": "soap",
            "METERCTL_SHEET_ID": "a b",
        }
        with pytest.raises(ConfigError) as caught:
            utility(settings(given), CWD)
        found = {problem.split(" ")[0] for problem in caught.value.problems}
        assert found == {name for name in given if "UTILITY" in name}
        assert "s3cret" not in caught.value.message
