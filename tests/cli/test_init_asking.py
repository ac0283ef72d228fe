"""`meterctl init` with a person at a terminal: asked, told what is wrong, and nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.terminal import Terminal


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[Rehearsal]:
    """Both other sides."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        yield rehearsal


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the settings of this user are kept."""
    return tmp_path / "home" / ".config" / "meterctl" / ".env"


@pytest.fixture
def begin(at_terminal: Callable[..., Terminal], other_side: Rehearsal) -> Callable[[], Terminal]:
    """Begin `init` at a terminal, where nothing is set."""
    url = other_side.settings["METERCTL_SHEETS_URL"]
    return partial(at_terminal, "init", METERCTL_SHEETS_URL=url)


def test_all(begin: Callable[[], Terminal], other_side: Rehearsal, kept: Path) -> None:
    """Each is asked for; a wrong answer is asked for again; the token is not shown."""
    settings, terminal = other_side.settings, begin()
    terminal.until("service account's JSON file: ")
    terminal.type("/nowhere/key.json\n")
    terminal.until("there is no such file")
    terminal.until("service account's JSON file: ")
    terminal.type(settings["METERCTL_GOOGLE_CREDENTIALS"] + "\n")
    terminal.until("Google spreadsheet: ")
    terminal.type(f"https://docs.google.com/spreadsheets/d/{settings['METERCTL_SHEET_ID']}/edit\n")
    terminal.until("a URL: ")
    terminal.type("http://utility.example/v1\n")
    terminal.until("METERCTL_UTILITY_URL")
    terminal.until("a URL: ")
    terminal.type(settings["METERCTL_UTILITY_URL"] + "\n")
    terminal.until("not shown): ")
    terminal.type(settings["METERCTL_UTILITY_TOKEN"] + "\n")
    terminal.until("Enter skips it: ")
    terminal.type("142.3\n")
    assert terminal.ends() == 0
    assert "row 2 of the Sheet" in terminal.seen
    assert settings["METERCTL_UTILITY_TOKEN"] not in terminal.seen
    assert dotenv_values(kept)["METERCTL_UTILITY_TOKEN"] == settings["METERCTL_UTILITY_TOKEN"]


def test_nothing_wanted(begin: Callable[[], Terminal], kept: Path) -> None:
    """Enter leaves each part out: a ledger alone works as well."""
    terminal = begin()
    for question in ("JSON file: ", "a URL: ", "Enter skips it: "):
        terminal.until(question)
        terminal.type("\n")
    assert terminal.ends() == 0
    assert "METERCTL_UTILITY_URL" not in kept.read_text()


def test_unshared(
    begin: Callable[[], Terminal], other_side: Rehearsal, kept: Path, tmp_path: Path
) -> None:
    """It says whom to share with; Ctrl-C there leaves what was answered in place."""
    key = json.loads(Path(other_side.settings["METERCTL_GOOGLE_CREDENTIALS"]).read_text())
    key["client_email"] = "another@sandbox.iam.gserviceaccount.com"
    other_key = tmp_path / "other.json"
    other_key.write_text(json.dumps(key))
    terminal = begin()
    terminal.until("JSON file: ")
    terminal.type(f"{other_key}\n")
    terminal.until("Google spreadsheet: ")
    terminal.type(other_side.settings["METERCTL_SHEET_ID"] + "\n")
    terminal.until("a URL: ")
    terminal.type("\n")
    for _ in range(2):  # Enter tries again
        terminal.until("another@sandbox.iam.gserviceaccount.com")
        terminal.until("Enter tries again, Ctrl-C leaves it for later: ")
        terminal.type("\n")
    terminal.until("Enter tries again, Ctrl-C leaves it for later: ")
    terminal.type("\x03")
    assert terminal.ends() == 130
    assert dotenv_values(kept)["METERCTL_GOOGLE_CREDENTIALS"] == str(other_key)
    assert dotenv_values(kept)["METERCTL_SHEET_ID"] == other_side.settings["METERCTL_SHEET_ID"]
