"""`meterctl record` with a person at a terminal: it asks, and stores only what it is told."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.helpers import meterctl_environment

# The terminal becomes the one that Ctrl-C comes from.
_BEGIN = """
import fcntl, termios
from meterctl.__main__ import main
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
main()
"""


class Terminal:
    """The program at a pseudo-terminal, and a person who reads and types there."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BEGIN, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""
        self._position = 0

    def until(self, text: str) -> None:
        """Read on until a text appears after the one before."""
        deadline = time.monotonic() + 20
        while text not in self.seen[self._position :]:
            ready, _, _ = select.select([self._ours], [], [], deadline - time.monotonic())
            assert ready, f"{text!r} did not come; only {self.seen!r}"
            assert self._read(), f"it ended before {text!r}: {self.seen!r}"
        self._position = self.seen.index(text, self._position) + len(text)

    def type(self, text: str) -> None:
        """Type something, a moment later, as people do.

        A signal that comes between the question and the wait for its answer is seen by Python
        only at the next key.
        """
        time.sleep(0.1)
        os.write(self._ours, text.encode())

    def ends(self) -> int:
        """Read to the end; the exit code."""
        deadline = time.monotonic() + 20
        while select.select([self._ours], [], [], max(deadline - time.monotonic(), 0))[0]:
            if not self._read():
                return self._process.wait(20)
        raise AssertionError(f"it did not end: {self.seen!r}")

    def close(self) -> None:
        """Leave nothing behind."""
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def _read(self) -> bool:
        try:
            data = os.read(self._ours, 4096)
        except OSError:  # how Linux says that the other side has left
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Begin the program at a terminal."""
    begun: list[Terminal] = []

    def begin(*arguments: str, **more: str) -> Terminal:
        begun.append(Terminal(arguments, meterctl_environment(tmp_path) | more))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


def stored(program: Program) -> list[tuple[str, float]]:
    """Each stored reading's meter and value."""
    readings = json.loads(program("history", "--json").out)["readings"]
    return [(one["meter"], one["value"]) for one in readings]


def test_no_arguments(terminal: Callable[..., Terminal], program: Program) -> None:
    """Each meter is asked for, with its last value and its usual use."""
    program("record", "100", "inverter=4", "--at", "2026-01-01 07:00")
    program("record", "130", "inverter=6", "--at", "2026-01-11 07:00")
    ours = terminal("record", "--at", "2026-01-12 07:00")
    ours.until("meter: 130 kWh ")
    ours.until("meterValue [kWh]: ")
    ours.type("133.5\n")
    ours.until("inverter: 6 kWh ")
    ours.until("inverterKWh [kWh]: ")
    ours.type("5\n")
    assert ours.ends() == 0
    assert stored(program)[-2:] == [("meter", 133.5), ("inverter", 5)]


def test_the_usual_use(terminal: Callable[..., Terminal], program: Program) -> None:
    """It is counted over the last weeks, and shown beside the last value."""
    now = time.time()
    for days, value in ((10, "100"), (5, "115"), (1, "127")):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - days * 86_400))
        assert program("record", value, "--at", at).code == 0
    ours = terminal("record")
    ours.until("meter: 127 kWh 24 h ago, usually 3 kWh a day")


def test_a_wrong_answer(terminal: Callable[..., Terminal], program: Program) -> None:
    """It is told what is wrong with it, and asked again; an empty one leaves a meter out."""
    program("meters", "set", "meter", "--digits", "5")
    ours = terminal("record")
    ours.until("meterValue [kWh]: ")
    for wrong, said in (("1,5", "decimal"), ("-3", "negative"), ("100000", "5 digits")):
        ours.type(f"{wrong}\n")
        ours.until(said)
        ours.until("meterValue [kWh]: ")
    ours.type("\n")
    ours.until("inverterKWh [kWh]: ")
    ours.type("5\n")
    assert ours.ends() == 0
    assert stored(program) == [("inverter", 5)]


def test_no_answer_at_all(terminal: Callable[..., Terminal], program: Program) -> None:
    """Nothing is stored, and it says so."""
    ours = terminal("record")
    ours.until("meterValue [kWh]: ")
    ours.type("\n")
    ours.until("inverterKWh [kWh]: ")
    ours.type("\n")
    assert ours.ends() == 2
    assert "nothing was stored" in ours.seen
    assert stored(program) == []


@pytest.mark.parametrize(
    "key", [pytest.param("\x03", id="ctrl-c"), pytest.param("\x04", id="ctrl-d")]
)
def test_a_person_leaves(terminal: Callable[..., Terminal], program: Program, key: str) -> None:
    """Nothing is stored, not even what was answered before."""
    ours = terminal("record")
    ours.until("meterValue [kWh]: ")
    ours.type("5\n")
    ours.until("inverterKWh [kWh]: ")
    ours.type(key)
    assert ours.ends() == 130
    assert "meterctl: nothing was stored" in ours.seen
    assert "Traceback" not in ours.seen
    assert stored(program) == []


@pytest.mark.parametrize(
    ("answers", "code", "count"),
    [
        pytest.param("n\n", 130, 1, id="no"),
        pytest.param("\n", 130, 1, id="enter is no"),
        pytest.param("maybe\ny\n", 0, 2, id="neither, then yes"),
        pytest.param("yes\n", 0, 2, id="yes"),
        pytest.param("\x03", 130, 1, id="ctrl-c"),
    ],
)
def test_a_reading_that_looks_wrong(
    terminal: Callable[..., Terminal], program: Program, answers: str, code: int, count: int
) -> None:
    """It is stored only after a yes."""
    program("record", "142.3", "--at", "2026-03-01 07:00")
    ours = terminal("record", "14.2")
    ours.until("meter looks wrong: 14.2 kWh is less than the 142.3 kWh")
    ours.until("Store it all the same? [y/N]: ")
    ours.type(answers)
    assert ours.ends() == code
    assert len(stored(program)) == count


@pytest.mark.parametrize("option", ["--yes", "--json"])
def test_it_is_not_to_ask(terminal: Callable[..., Terminal], program: Program, option: str) -> None:
    """With --yes, or for a program, what looks wrong is stored and told of."""
    program("record", "142.3", "--at", "2026-03-01 07:00")
    ours = terminal("record", "14.2", option)
    assert ours.ends() == 0
    assert "Store it" not in ours.seen
    assert len(stored(program)) == 2


def test_settings_are_wrong(terminal: Callable[..., Terminal]) -> None:
    """It says so before anything is typed in vain."""
    ours = terminal("record", METERCTL_TIMEZONE="Mars/Phobos")
    assert ours.ends() == 78
    assert "meterValue" not in ours.seen


@pytest.mark.parametrize(
    ("more", "coloured"),
    [
        pytest.param({}, True, id="a terminal"),
        pytest.param({"NO_COLOR": "1"}, False, id="NO_COLOR"),
    ],
)
def test_colour(terminal: Callable[..., Terminal], more: dict[str, str], *, coloured: bool) -> None:
    """A terminal is shown colour, unless NO_COLOR is set."""
    ours = terminal("record", "1", **more)
    assert ours.ends() == 0
    assert ("\x1b[32mrecorded\x1b[0m" in ours.seen) is coloured
