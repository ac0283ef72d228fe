"""What bad input gets: one line, a documented exit code, nothing stored, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import time_machine

from meterctl.domain.times import aware
from tests.conftest import Cli
from tests.helpers import NOW

VALUES = [
    pytest.param("nan", id="nan"),
    pytest.param("NaN", id="NaN"),
    pytest.param("inf", id="inf"),
    pytest.param("1e400", id="1e400"),
    pytest.param("1e3", id="exponent"),
    pytest.param("1_000", id="underscore"),
    pytest.param("1,5", id="decimal comma"),
    pytest.param("1.000,5", id="thousands"),
    pytest.param("1 000", id="space"),
    pytest.param("٣", id="arabic digit"),
    pytest.param("\uff11\uff12", id="wide digits"),
    pytest.param("½", id="half"),
    pytest.param("-5", id="negative"),
    pytest.param("-.5", id="negative fraction"),
    pytest.param("−5", id="a typographic minus"),
    pytest.param("+5", id="plus"),
    pytest.param("9" * 40, id="40 digits"),
    pytest.param("1." + "3" * 40, id="40 decimals"),
    pytest.param("1.2345678", id="7 decimals"),
    pytest.param("0x10", id="hex"),
    pytest.param("1.2.3", id="two points"),
    pytest.param(".", id="a point"),
    pytest.param("", id="nothing"),
    pytest.param("142.3kWh", id="with its unit"),
    pytest.param("12\n13", id="two lines"),
    pytest.param("1\x1b[31m", id="escape sequence"),
    pytest.param("\udcff", id="a broken byte"),
    pytest.param("x" * 5000, id="a wall of text"),
]
TIMES = [
    pytest.param("", id="nothing"),
    pytest.param("yesterday", id="a word"),
    pytest.param("2099-01-01 00:00", id="the future"),
    pytest.param("2026-11-22 12:02", id="two minutes ahead"),
    pytest.param("2026-03-29 02:30", id="the missing hour"),
    pytest.param("2025-10-26 02:30", id="the doubled hour"),
    pytest.param("2026-02-30 07:00", id="no such day"),
    pytest.param("2026-13-01 07:00", id="no such month"),
    pytest.param("2026-03-01", id="a day alone"),
    pytest.param("2026-03-01 24:00", id="hour 24"),
    pytest.param("2026-03-01 07:60", id="minute 60"),
    pytest.param("2016-12-31T23:59:60Z", id="a leap second"),
    pytest.param("1969-12-31 23:00", id="before 1970"),
    pytest.param("0000-00-00 00:00", id="zeros"),
    pytest.param("01.03.2026 07:00", id="another order"),
    pytest.param("1772348400", id="seconds since 1970"),
    pytest.param("٢٠٢٦-03-01 07:00", id="arabic digits"),
    pytest.param("2026-03-01T07:00:00+99:00", id="an offset that no zone has"),
]
COMMANDS = [
    pytest.param(["nosuch"], 2, id="unknown command"),
    pytest.param(["recrod", "5"], 2, id="mistyped command"),
    pytest.param(["--nosuch"], 2, id="unknown option of the root"),
    pytest.param(["record", "--nosuch", "5"], 2, id="unknown option"),
    pytest.param(["record", "--nosuch=5", "5"], 2, id="unknown option with a value"),
    pytest.param(["record", "-x", "5"], 2, id="unknown short option"),
    pytest.param(["record", "-inf"], 2, id="minus inf, which is spelled as options are"),
    pytest.param(["record", "5", "--yes=1"], 2, id="a flag with a value"),
    pytest.param(["record", "gas=1"], 65, id="unknown meter"),
    pytest.param(["record", "m" * 500 + "=1"], 65, id="a meter's name without end"),
    pytest.param(["record", "\x1b]0;x\x07=1"], 65, id="a meter's name that acts on a terminal"),
    pytest.param(["void", "x", "--reason", "r"], 65, id="garbage id"),
    pytest.param(["void", "@", "--reason", "r"], 65, id="empty id"),
    pytest.param(["void", "meter@1e9", "--reason", "r"], 65, id="id with no time"),
    pytest.param(
        ["void", "meter@2026-03-01T06:00:00Z~99999999999", "--reason", "r"], 65, id="device number"
    ),
    pytest.param(
        ["void", "meter@2026-03-01T06:00:00Z/PT999999999H", "--reason", "r"], 65, id="long span"
    ),
    pytest.param(["void", "meter@2026-03-01T06:00:00Z/PT", "--reason", "r"], 65, id="no span"),
    pytest.param(["void"], 2, id="no id"),
    pytest.param(["void", "a", "b", "--reason", "r"], 2, id="too many words"),
    pytest.param(["history", "--since", "9999-12-31"], 65, id="the last day there is"),
    pytest.param(["history", "--until", "9999-12-31"], 65, id="until the last day there is"),
    pytest.param(["history", "--since", "0001-01-01"], 65, id="the first day there is"),
    pytest.param(["history", "--since", "9999-12-31 23:59"], 65, id="the last minute there is"),
    pytest.param(["meters"], 2, id="a group without a command"),
    pytest.param(["config", "nosuch"], 2, id="unknown command of a group"),
    pytest.param(["--timezone", "Mars/Phobos", "current"], 78, id="unknown zone"),
    pytest.param(["--ledger", "", "current"], 2, id="an unset variable as --ledger"),
    pytest.param(["--ledger", "mysql://x/y", "current"], 78, id="another database"),
    pytest.param(["--ledger", "/proc/nothing/l.db", "record", "5"], 74, id="no folder to keep"),
]


@pytest.fixture(autouse=True)
def _at_noon() -> object:
    with time_machine.travel(aware(NOW), tick=False) as clock:
        yield clock


@pytest.fixture
def kept(cli: Cli, ledger_path: Path) -> bytes:
    """A ledger with a reading in it, byte for byte."""
    assert cli("record", "142.3", "--at", "2026-03-01 07:00").code == 0
    return ledger_path.read_bytes()


def refused(cli: Cli, code: int, *arguments: str) -> None:
    """Both forms of the refusal: a line for people, an object for programs."""
    plain = cli(*arguments)
    assert (plain.code, plain.out) == (code, ""), plain
    assert plain.err.startswith("meterctl: ")
    assert plain.err.endswith("\n")
    assert plain.err.count("\n") == 1
    assert len(plain.err) < 500
    assert plain.err.rstrip("\n").isprintable()
    objects = cli(*arguments, "--json")
    assert (objects.code, objects.out) == (code, ""), objects
    (error,) = json.loads(objects.err).values()
    assert set(error) == {"code", "message", "hint"}
    assert error["hint"]
    assert error["code"] not in ("bug", "")


@pytest.mark.parametrize("text", VALUES)
def test_a_value(cli: Cli, kept: bytes, ledger_path: Path, text: str) -> None:
    """Refused as bad data wherever a value is given."""
    refused(cli, 65, "record", text)
    refused(cli, 65, "record", f"inverter={text}")
    refused(cli, 65, "correct", "meter@2026-03-01T06:00:00Z", text, "--reason", "r")
    assert ledger_path.read_bytes() == kept


@pytest.mark.parametrize("text", TIMES)
def test_a_time(cli: Cli, kept: bytes, ledger_path: Path, text: str) -> None:
    """Refused as bad data, with a hint that shows how to write it."""
    refused(cli, 65, "record", "5", "--at", text)
    assert ledger_path.read_bytes() == kept


@pytest.mark.parametrize(("arguments", "code"), COMMANDS)
def test_a_command(
    cli: Cli, kept: bytes, ledger_path: Path, arguments: list[str], code: int
) -> None:
    """Refused with the exit code that is documented for its kind."""
    refused(cli, code, *arguments)
    assert ledger_path.read_bytes() == kept


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        pytest.param(["record", "--nosuch"], "meterctl record --help", id="a command"),
        pytest.param(["meters", "add"], "meterctl meters add --help", id="a command of a group"),
        pytest.param(
            ["--ledger", "record", "--nosuch"], "meterctl --help", id="a word that is none"
        ),
        pytest.param(["nosuch"], "meterctl --help", id="no command"),
    ],
)
def test_where_to_look(cli: Cli, arguments: list[str], where: str) -> None:
    """Wrong usage names the help that helps."""
    assert f"(see {where})" in cli(*arguments).err


def test_a_command_is_mistyped(cli: Cli) -> None:
    """The one that was meant is named."""
    assert "no such command: 'recrod'; do you mean record?" in cli("recrod", "5").err


def test_a_bug(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One line, exit code 1, the traceback in a file of its own; as an object with --json."""

    def broken(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("meterctl.services.current.current", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ran = cli("current")
    (log,) = tmp_path.glob("meterctl-bug-*.log")
    assert ran == (
        1,
        "",
        f"meterctl: a bug, not your fault: ZeroDivisionError (please report it with {log})\n",
    )
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    assert json.loads(cli("current", "--json").err)["error"]["code"] == "bug"


def test_an_option_without_its_value(cli: Cli) -> None:
    """It says which."""
    assert cli("record", "5", "--at").err == (
        "meterctl: option '--at' requires an argument (see meterctl record --help)\n"
    )
