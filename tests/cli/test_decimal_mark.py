"""The decimal mark: a person's own where people read, the point where programs do."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Cli, Program


@pytest.fixture(autouse=True)
def _a_comma(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METERCTL_DECIMAL_MARK", ",")


@pytest.fixture(autouse=True)
def _three(cli: Cli, _a_comma: None) -> None:
    """Two days, and a slip."""
    for day, value in (("01", "100.5"), ("02", "110.25"), ("03", "10.75")):
        cli("record", value, "--at", f"2026-03-{day} 19:00", "--yes")


def test_what_is_recorded(cli: Cli) -> None:
    """The value with a comma; the id and the commands as they are typed."""
    ran = cli("record", "1.25", "--at", "2026-02-01 07:00", "--note", "1.5 kWh")
    assert "meter  1,25 kWh  recorded  meter@2026-02-01T06:00:00Z" in ran.out


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (("current",), "10,75 kWh"),
        (("history",), "110,25 kWh"),
        (("history", "--by", "day"), "9,75 kWh"),
        (("review",), "10,75 kWh is less than the 110,25 kWh 24 h before"),
        ((), "10,75 kWh"),
        (("plot", "--since", "2026-03-01", "--until", "2026-03-03"), "9,75 kWh in all"),
        (("correct", "meter@2026-03-03T18:00:00Z", "120.5", "--reason", "r"), "-> 120,5 kWh"),
    ],
    ids=lambda words: " ".join(words[:1]) if isinstance(words, tuple) else words,
)
def test_for_people(cli: Cli, command: tuple[str, ...], shown: str) -> None:
    """Amounts, also within sentences."""
    assert shown in cli(*command).out


@pytest.mark.parametrize(
    "command", [("history", "--csv"), ("export",), ("export", "--format", "jsonl")]
)
def test_for_programs(cli: Cli, command: tuple[str, ...]) -> None:
    """The point."""
    assert "110.25" in cli(*command).out


def test_json(cli: Cli) -> None:
    """A number is a number."""
    assert cli("current", "meter", "--json").json["meterValue"] == 10.75


def test_what_is_typed(cli: Cli) -> None:
    """It has a point, also for who reads commas; the message says so."""
    ran = cli("record", "1,5")
    assert ran.code == 65
    assert "write 1.5" in ran.err


@pytest.mark.parametrize(
    ("locale", "shown"),
    [("C", "10.75 kWh"), ("C.UTF-8", "10.75 kWh"), ("xx_XX.UTF-8", "10.75 kWh")],
)
def test_by_the_locale(program: Program, locale: str, shown: str) -> None:
    """What LC_ALL says; a locale that is not installed has the point."""
    ran = program("current", METERCTL_DECIMAL_MARK="locale", LC_ALL=locale)
    assert (ran.code, ran.err) == (0, "")
    assert shown in ran.out


def test_a_locale_with_a_comma(monkeypatch: pytest.MonkeyPatch, cli: Cli) -> None:
    """Its comma is shown; nothing else of the program begins to read or write by it."""
    import locale

    real = locale.localeconv
    monkeypatch.setattr(locale, "localeconv", lambda: {**real(), "decimal_point": ","})
    monkeypatch.setenv("METERCTL_DECIMAL_MARK", "locale")
    assert "10,75 kWh" in cli("current").out
    assert json.loads(cli("current", "--json").out)["meterValue"] == 10.75
    assert locale.setlocale(locale.LC_NUMERIC) == "C"


def test_an_error(cli: Cli) -> None:
    """What is said of amounts has the comma; the command that helps is as it is typed."""
    ran = cli("record", "150.5", "--at", "2026-03-01 19:00")
    assert "is already 100,5 kWh, not 150,5 kWh" in ran.err
    assert "meterctl correct meter@2026-03-01T18:00:00Z 150.5" in ran.err


def test_a_wrong_setting(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The point, and config check says what is wrong."""
    monkeypatch.setenv("METERCTL_DECIMAL_MARK", "x")
    assert "10.75 kWh" in cli("current").out
    ran = cli("config", "check")
    assert ran.code == 78
    assert "METERCTL_DECIMAL_MARK" in ran.err + ran.out
