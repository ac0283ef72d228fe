"""Bars and spinners: for a person, at a terminal, from the second second on."""

from __future__ import annotations

import fcntl
import os
import pty
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.terminal import Terminal

_WORK = """
import sys, time
from meterctl import stopping
from meterctl.cli import out
from meterctl.cli.progress import What, bars, waiting
seconds = float(sys.argv[2])
what = sys.argv[1]
def work():
    if what == "waiting":
        with waiting("asking the utility"):
            out.note("a message")
            time.sleep(seconds)
    else:
        odd = What("storing a[/b][red].csv\\x1b]0;", 100)
        with bars(odd, What("none", 0), wanted=True) as (tell, _):
            for done in range(10):
                tell(done * 10)
                time.sleep(seconds / 10)
            out.note("a message")
work()
print("rich" in sys.modules, file=sys.stderr)
"""


def seen_at_a_terminal(what: str, seconds: float, **more: str) -> str:
    """All that a terminal was sent while something was worked on for so long."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _WORK, what, str(seconds)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "100"} | more,
    )
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 4096):
            seen += part
    except OSError:  # how Linux says that the other side has left
        pass
    os.close(ours)
    assert process.wait(20) == 0, seen
    return seen.decode()


def test_a_bar() -> None:
    """How far, how fast; gone at the end, the cursor shown again, messages whole."""
    seen = seen_at_a_terminal("bars", 5)  # on a busy machine, loading takes one of them
    assert "storing a[/b][red].csv\\x1b]0;" in seen  # a file's name may hold anything
    assert "readings/s" in seen
    assert "%" in seen
    assert "a message" in seen
    assert seen.rindex("\x1b[?25h") > seen.rindex("\x1b[?25l")
    assert "none" not in seen


def test_a_spinner() -> None:
    """What is waited for, and for how long."""
    seen = seen_at_a_terminal("waiting", 4)
    assert "asking the utility" in seen
    assert "0:00:0" in seen
    assert seen.rindex("\x1b[?25h") > seen.rindex("\x1b[?25l")


@pytest.mark.parametrize("what", ["bars", "waiting"])
def test_what_is_over_soon(what: str) -> None:
    """Nothing is drawn, and what draws is not loaded."""
    assert seen_at_a_terminal(what, 0.2) == "a message\r\nFalse\r\n"


@pytest.mark.parametrize("what", ["bars", "waiting"])
def test_a_terminal_that_cannot(what: str) -> None:
    """TERM=dumb: nothing either."""
    assert seen_at_a_terminal(what, 1.2, TERM="dumb") == "a message\r\nFalse\r\n"


def test_without_dots() -> None:
    """What turns is of letters that the terminal has."""
    seen = seen_at_a_terminal("waiting", 4, PYTHONIOENCODING="ascii")
    assert "asking the utility" in seen
    assert "\\u" not in seen


def test_off_a_terminal() -> None:
    """Nothing at all is sent down a pipe."""
    ran = subprocess.run(
        [sys.executable, "-c", _WORK, "waiting", "1.2"], capture_output=True, text=True, check=True
    )
    assert (ran.stdout, ran.stderr) == ("", "a message\nFalse\n")


def test_an_import(at_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    """A file that takes a while: its name and what is done with it, in MB a second."""
    path, begin = tmp_path / "much.csv", datetime(2020, 1, 1, tzinfo=UTC)
    with path.open("w") as file:
        file.write("Time;Reading (kWh)\n")
        for minute in range(50_000):
            file.write(f"{begin + timedelta(minutes=minute):%Y-%m-%d %H:%M};{minute}\n")
    ours = at_terminal(
        *("bulk-import", str(path), "--map", "Reading (kWh)=meter", "--tz", "UTC"),
        *("--kind", "register"),
        TERM="xterm-256color",
        COLUMNS="100",
    )
    ours.until("much.csv: ")
    ours.until("MB/s")
    assert ours.ends() == 0
    assert "50000 readings recorded" in ours.seen


def test_ctrl_c(at_terminal: Callable[..., Terminal]) -> None:
    """In the midst of a spinner: 130, the terminal as it was."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ours = at_terminal(
            "health",
            "--online",
            TERM="xterm-256color",
            METERCTL_UTILITY_URL=f"http://127.0.0.1:{silent.getsockname()[1]}/",
            METERCTL_UTILITY_TOKEN="x",
        )
        ours.until("looking")
        ours.type("\x03")
        assert ours.ends() == 130
    assert ours.seen.rindex("\x1b[?25h") > ours.seen.rindex("\x1b[?25l")
    assert "Traceback" not in ours.seen


def test_another_run_that_writes(at_terminal: Callable[..., Terminal], program: Program) -> None:
    """Who waits for its turn is told of it, from the second second on; then it is theirs."""
    assert program("record", "142.3", "--at", "2026-03-01 07:00").code == 0
    lock = Path(os.environ["METERCTL_LEDGER"].removeprefix("sqlite:///") + ".lock")
    with lock.open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        ours = at_terminal("record", "150", "--at", "2026-03-02 07:00", TERM="xterm-256color")
        ours.until("another run is writing: waiting for it")
        fcntl.flock(held, fcntl.LOCK_UN)
        assert ours.ends() == 0
    assert "recorded" in ours.seen
