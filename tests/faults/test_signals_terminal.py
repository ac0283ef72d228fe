"""At a terminal: Ctrl-C at each question, and the terminal that goes away."""

from __future__ import annotations

import os
import signal
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.rehearsal import rehearsing
from tests.conftest import Program
from tests.faults.stopping import AT_ONCE, left_running
from tests.terminal import Terminal

CTRL_C, CTRL_D = "\x03", "\x04"
LATER = "2026-01-02T10:00:00Z"


def _echoes(terminal: Terminal) -> bool:
    return bool(termios.tcgetattr(terminal._ours)[3] & termios.ECHO)


@pytest.mark.parametrize("at", range(5), ids=["key", "Sheet", "URL", "token", "value"])
def test_ctrl_c_at_each_question_of_init(
    at_terminal: Callable[..., Terminal], tmp_path: Path, at: int
) -> None:
    """It ends with 130 and a word; what is typed shows again; it can be begun anew."""
    with rehearsing(tmp_path / "other-side") as other_side:
        settings = other_side.settings
        terminal = at_terminal("init", METERCTL_SHEETS_URL=settings["METERCTL_SHEETS_URL"])
        answers = [
            ("JSON file: ", settings["METERCTL_GOOGLE_CREDENTIALS"]),
            ("spreadsheet: ", settings["METERCTL_SHEET_ID"]),
            ("a URL: ", settings["METERCTL_UTILITY_URL"]),
            ("not shown): ", settings["METERCTL_UTILITY_TOKEN"]),
            ("Enter skips it: ", CTRL_C),
        ]
        for question, answer in answers[:at]:
            terminal.until(question)
            terminal.type(f"{answer}\n")
        terminal.until(answers[at][0])
        terminal.type(CTRL_C)
        code = terminal.ends()
    assert code == 130
    assert _echoes(terminal)
    last = terminal.seen.rpartition(answers[at][0])[2]
    lines = [line for line in last.replace("^C", "").splitlines() if line]
    assert len(lines) == 1
    assert lines[0].startswith("meterctl: ")
    assert (tmp_path / "home" / ".config" / "meterctl" / ".env").exists() == (at == 4)


ASKING = [
    pytest.param((("record",), "Wh]: "), id="record, a value"),
    pytest.param((("record", "99", "--at", LATER), "[y/N]: "), id="record, a doubt"),
    pytest.param((("init",), "JSON file: "), id="init"),
]


@pytest.mark.parametrize("asking", ASKING)
@pytest.mark.parametrize("key", [CTRL_C, CTRL_D, CTRL_C + CTRL_C], ids=["C", "D", "C twice"])
def test_keys_that_leave(
    at_terminal: Callable[..., Terminal],
    program: Program,
    asking: tuple[tuple[str, ...], str],
    key: str,
) -> None:
    """130, and nothing is stored."""
    command, question = asking
    program("record", "100", "--at", "2026-01-01T10:00:00Z")
    terminal = at_terminal(*command)
    terminal.until(question)
    terminal.type(key)
    assert terminal.ends() == 130
    assert "Traceback" not in terminal.seen
    assert len(program("history", "--json").json["readings"]) == 1


@pytest.mark.parametrize("deaf", [False, True], ids=["SIGHUP", "nohup"])
@pytest.mark.parametrize("asking", ASKING)
def test_the_terminal_goes_away(
    at_terminal: Callable[..., Terminal],
    program: Program,
    tmp_path: Path,
    asking: tuple[tuple[str, ...], str],
    *,
    deaf: bool,
) -> None:
    """A window is closed, a connection is lost: nobody answers any more, and nothing is stored."""
    command, question = asking
    program("record", "100", "--at", "2026-01-01T10:00:00Z")
    (tmp_path / "temporary").mkdir()
    if deaf:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what is begun inherits that
    terminal = at_terminal(*command, TMPDIR=str(tmp_path / "temporary"))
    terminal.until(question)
    os.close(terminal._ours)
    terminal._ours = os.open(os.devnull, os.O_RDONLY)
    # Who does not hear SIGHUP finds that nobody answers, as after Ctrl-D.
    assert terminal._process.wait(AT_ONCE) == (130 if deaf else 143)
    assert len(program("history", "--json").json["readings"]) == 1
    assert left_running(f"{tmp_path}/temporary") == []
    assert not any((tmp_path / "temporary").iterdir())  # no report of a bug either
