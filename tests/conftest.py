"""What every test stands on: an empty home, nothing from outside, ways to run the program."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from meterctl.cli.run import run
from meterctl.domain.meters import Zones
from meterctl.domain.readings import Source
from meterctl.domain.times import zone_named
from meterctl.ledger.sqlite import open_for_writing
from meterctl.ledger.store import SqlLedger
from meterctl.services.session import Session
from tests.helpers import NOW, Ran, meterctl_environment, run_program
from tests.terminal import Terminal

pytest_plugins = ["tests.faults.soaking"]  # the soak's table, for any test


@pytest.fixture(autouse=True)
def _nothing_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test can meet this machine's ledger, settings or zone; signals are as they were after."""
    for name in list(os.environ):
        if name.startswith(("METERCTL_", "GOOGLE_", "XDG_")) or name in ("NO_COLOR", "TZ"):
            monkeypatch.delenv(name)
    for name, value in meterctl_environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "cwd"
    folder.mkdir()
    monkeypatch.chdir(folder)
    handlers = {number: signal.getsignal(number) for number in (1, 2, 15)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def ledger_path(tmp_path: Path) -> Path:
    """Where the program keeps its ledger in this test."""
    return tmp_path / "data" / "ledger.db"


@pytest.fixture
def ledger(ledger_path: Path) -> Iterator[SqlLedger]:
    """A new SQLite ledger, open for writing."""
    opened = open_for_writing(ledger_path, NOW)
    yield opened
    opened.close()


@pytest.fixture
def session(ledger: SqlLedger) -> Session:
    """What a service works with, in Berlin, at a fixed time."""
    return Session(ledger, Zones(zone_named("Europe/Berlin")), NOW, Source.CLI)


class Cli:
    """The program in this process: fast, and with the test's own clock if it has one."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ran:
        """Run a command; what it printed, and its exit code."""
        self._capsys.readouterr()
        code = run(arguments)
        captured = self._capsys.readouterr()
        return Ran(code, captured.out, captured.err)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run `meterctl` in this process."""
    return Cli(capsys)


class Program:
    """The program in a process of its own, as a shell or cron runs it."""

    def __init__(self, tmp_path: Path) -> None:
        self._environment = meterctl_environment(tmp_path)

    def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> Ran:
        """Run a command; what it printed, and its exit code."""
        return run_program(arguments, self._environment | environment, stdin)


@pytest.fixture
def at_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Begin the program at a terminal; by name, settings that it has besides."""
    begun: list[Terminal] = []

    def begin(*arguments: str, **more: str) -> Terminal:
        begun.append(Terminal(arguments, meterctl_environment(tmp_path) | more))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Run `meterctl` as a process."""
    return Program(tmp_path)
