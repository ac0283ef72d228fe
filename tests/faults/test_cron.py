"""crontab.example, run for real: each line as cron runs it, with nothing but what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from dotenv import dotenv_values

from meterctl.config import env_file
from meterctl.ledger.sqlite import open_for_writing
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli, Program
from tests.helpers import NOW, Ran

EXAMPLE = Path(__file__).parents[2] / "crontab.example"
_PROGRAM, _SETTINGS, _BACKUPS = (
    "/usr/local/bin/meterctl",
    "/home/you/.config/meterctl/.env",
    "/home/you/backups/meterctl",
)


class Crontab(NamedTuple):
    """What a crontab says: settings, and lines of five fields and a command."""

    settings: dict[str, str]
    jobs: list[tuple[list[str], str]]

    def command(self, word: str) -> str:
        """The one command that has this word."""
        (found,) = [command for _, command in self.jobs if word in shlex.split(command)]
        return found


def read(text: str) -> Crontab:
    """Read it as cron does."""
    settings: dict[str, str] = {}
    jobs: list[tuple[list[str], str]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if setting := re.fullmatch(r"(\w+)=(.*)", line):
            settings[setting[1]] = setting[2]
        else:
            *fields, command = line.split(None, 5)
            jobs.append((fields, command))
    return Crontab(settings, jobs)


def run(crontab: Crontab, command: str) -> Ran:
    """Run a command as cron does, but with neither HOME nor a folder of one's own."""
    assert "%" not in command  # which cron takes for a new line
    done = subprocess.run(
        [crontab.settings["SHELL"], "-c", command],
        env=crontab.settings,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[Rehearsal]:
    """Both other sides."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        yield rehearsal


@pytest.fixture
def crontab(tmp_path: Path, other_side: Rehearsal, ledger_path: Path) -> Crontab:
    """The example, with this machine's paths in place of yours."""
    settings = tmp_path / "settings" / ".env"
    env_file.write(
        settings,
        other_side.settings
        | {"METERCTL_LEDGER": f"sqlite:///{ledger_path}", "METERCTL_TIMEZONE": "Europe/Berlin"},
    )
    program = tmp_path / "bin" / "meterctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m meterctl "$@"\n')
    program.chmod(0o700)
    text = EXAMPLE.read_text(encoding="utf-8")
    for yours, ours in (
        (_PROGRAM, program),
        (_SETTINGS, settings),
        (_BACKUPS, tmp_path / "backups"),
    ):
        assert yours in text
        text = text.replace(yours, str(ours))
    return read(text)


@pytest.fixture
def recorded(cli: Cli, crontab: Crontab) -> None:  # noqa: ARG001 (it makes the settings)
    """A reading that neither has."""
    assert cli("record", "142.3").code == 0


@pytest.mark.usefixtures("recorded")
def test_every_line(
    crontab: Crontab, other_side: Rehearsal, tmp_path: Path, program: Program
) -> None:
    """Each does its work, twice, and says nothing that cron would mail."""
    assert len(crontab.jobs) == 3
    for _ in range(2):
        for _, command in crontab.jobs:
            assert run(crontab, command) == (0, "", "")
    assert [one["value"] for one in other_side.accepted()] == [142.3]
    ran = program("current", "--from-sheet", "--json", **other_side.settings)
    assert ran.json["readings"][0]["value"] == 142.3
    assert list((tmp_path / "backups").iterdir())


@pytest.mark.usefixtures("recorded")
def test_out_of_reach(crontab: Crontab) -> None:
    """A night without the utility is one line to mail; the next run does the work."""
    settings = Path(crontab.settings["METERCTL_ENV_FILE"])
    right = dotenv_values(settings)["METERCTL_UTILITY_URL"] or ""
    command = crontab.command("push-utility")
    assert run(crontab, crontab.command("sync")) == (0, "", "")
    env_file.write(settings, {"METERCTL_UTILITY_URL": "http://127.0.0.1:1/v1"})
    ran = run(crontab, command)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (75, "", 1)
    env_file.write(settings, {"METERCTL_UTILITY_URL": right})  # another account: due there still
    assert run(crontab, command) == (0, "", "")


@pytest.mark.usefixtures("recorded")
def test_two_at_once(crontab: Crontab, ledger_path: Path) -> None:
    """A run that meets another one of the same job leaves at once, with one line."""
    other = open_for_writing(ledger_path, NOW)
    try:
        with other.holding("push-utility"):
            ran = run(crontab, crontab.command("push-utility"))
            assert (ran.code, ran.out, len(ran.err.splitlines())) == (75, "", 1)
            assert run(crontab, crontab.command("backup")) == (0, "", "")
    finally:
        other.close()


@pytest.mark.usefixtures("recorded")
def test_two_syncs(crontab: Crontab, other_side: Rehearsal, program: Program) -> None:
    """Of two syncs at once each either does its work or leaves with one line; one row is there."""
    other_side.goes_wrong('service = "sheets"\ntimes = 0\ndo = "delay"\nseconds = 0.5')
    with ThreadPoolExecutor(2) as pool:
        ran = list(pool.map(run, [crontab] * 2, [crontab.command("sync")] * 2))
    assert sorted(one.code for one in ran) in ([0, 75], [0, 0])
    for one in ran:
        assert one.out == ""
        assert len(one.err.splitlines()) == (1 if one.code else 0)
    other_side.goes_wrong("")
    ran_again = program("sync", "--json", **other_side.settings)
    assert ran_again.code == 0
    assert ran_again.json["waiting"] == 0


def test_the_hour() -> None:
    """No daily job is in the hours that daylight saving skips or repeats."""
    for (minute, hour, *_), command in read(EXAMPLE.read_text(encoding="utf-8")).jobs:
        assert re.fullmatch(r"\d+|\*/\d+", minute), command
        assert hour == "*" or not 1 <= int(hour) <= 3, command
