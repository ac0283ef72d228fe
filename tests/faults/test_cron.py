"""crontab.example, run for real: each line as cron runs it, with nothing but what it says."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from dotenv import dotenv_values

from meterctl.config import env_file
from meterctl.ledger.sqlite import open_for_writing
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli, Program
from tests.faults.crontab import EXAMPLE, Crontab, at_home, read
from tests.helpers import NOW, Ran
from tests.sandbox.talk import ask


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


def start(crontab: Crontab, command: str) -> subprocess.Popen[bytes]:
    """The same, without waiting for its end; in the shell's own place, so that it can be killed."""
    return subprocess.Popen(
        [crontab.settings["SHELL"], "-c", f"exec {command}"],
        env=crontab.settings,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, but not for long."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


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
    return read(at_home(program, settings, tmp_path / "backups"))


@pytest.fixture
def recorded(cli: Cli, crontab: Crontab) -> None:  # noqa: ARG001 (it makes the settings)
    """A reading that neither has."""
    assert cli("record", "142.3").code == 0


@pytest.mark.fault(37)
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


@pytest.mark.fault(32)
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


@pytest.mark.fault(33)
@pytest.mark.usefixtures("recorded")
def test_a_run_that_hangs(crontab: Crontab, other_side: Rehearsal) -> None:
    """The next one leaves at once; killed, it leaves no lock, and its reading is not sent again."""
    command = crontab.command("push-utility")
    other_side.goes_wrong('service = "utility"\nmethod = "POST"\ndo = "hang-after"')
    hanging = start(crontab, command)
    until(lambda: len(other_side.accepted()) == 1)
    ran = run(crontab, command)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (75, "", 1)
    assert hanging.poll() is None  # it did not wait for it
    hanging.kill()
    assert hanging.wait() == -signal.SIGKILL
    assert run(crontab, command) == (0, "", "")
    assert [one["value"] for one in other_side.accepted()] == [142.3]


_HOLDING = """
import subprocess, sys
from meterctl.ledger.sqlite import open_for_writing
from pathlib import Path
with open_for_writing(Path(sys.argv[1]), 0).holding("push-utility"):
    child = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL)
    print(child.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.fault(32)
@pytest.mark.usefixtures("recorded")
def test_a_child_that_was_left_behind(crontab: Crontab, ledger_path: Path) -> None:
    """It has none of its parent's locks: the next run does its work while the child lives on."""
    parent = subprocess.Popen(
        [sys.executable, "-c", _HOLDING, str(ledger_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    try:
        assert run(crontab, crontab.command("push-utility")).code == 75
        parent.kill()
        parent.communicate()
        assert run(crontab, crontab.command("push-utility")) == (0, "", "")
        os.kill(child, 0)  # it is there still
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.fault(34)
def test_nights_that_were_missed(crontab: Crontab, other_side: Rehearsal, cli: Cli) -> None:
    """A machine that was off for three of them hands over all three, in their order."""
    env_file.write(
        Path(crontab.settings["METERCTL_ENV_FILE"]), {"METERCTL_UTILITY_SINCE": "2026-03-01"}
    )
    for day in (1, 2, 3):
        assert cli("record", f"{100 + day}", "--at", f"2026-03-0{day} 20:00").code == 0
    assert run(crontab, crontab.command("push-utility")) == (0, "", "")
    assert [one["value"] for one in other_side.accepted()] == [101, 102, 103]


@pytest.mark.fault(34)
def test_nights_that_were_missed_for_long(
    crontab: Crontab, other_side: Rehearsal, cli: Cli, program: Program
) -> None:
    """P1, P5: no burst beyond what the utility takes, and no word of what waits is kept back: the
    next night goes on; what has become too late is listed with its day, and never sent."""
    today = datetime.now(UTC).date()
    env_file.write(
        Path(crontab.settings["METERCTL_ENV_FILE"]),
        {
            "METERCTL_UTILITY_SINCE": str(today - timedelta(days=30)),
            "METERCTL_UTILITY_OLDEST_DAYS": "3",
        },
    )
    for back in (6, 5, 3, 2, 1):
        at = f"{today - timedelta(days=back)}T12:00:00Z"
        assert cli("record", f"{100 - back}", "--at", at).code == 0
    other_side.goes_wrong(
        'service = "utility"\nmethod = "POST"\nskip = 2\ntimes = 0\ndo = "status"\nstatus = 429\n'
        'headers = {Retry-After = "300"}'
    )
    ran = run(crontab, crontab.command("push-utility"))
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (3, "", 1), ran
    port = urlsplit(other_side.settings["METERCTL_UTILITY_URL"]).port or 0
    asked = ask(port, "GET", "/sandbox/requests").json["requests"]
    assert [one["method"] for one in asked].count("POST") == 3  # two are taken, one is refused
    assert [one["value"] for one in other_side.accepted()] == [97, 98]
    other_side.goes_wrong("")
    ran = program("push-utility", METERCTL_ENV_FILE=crontab.settings["METERCTL_ENV_FILE"])
    assert ran.code == 0, ran
    assert f"2 readings of meter, too late, from before {today - timedelta(days=3)}" in ran.out
    assert [one["value"] for one in other_side.accepted()] == [97, 98, 99]


@pytest.mark.fault(32)
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


@pytest.mark.fault(35)
def test_the_hour() -> None:
    """No daily job is in the hours that daylight saving skips or repeats."""
    for (minute, hour, *_), command in read(EXAMPLE.read_text(encoding="utf-8")).jobs:
        assert re.fullmatch(r"\d+|\*/\d+", minute), command
        assert hour == "*" or not 1 <= int(hour) <= 3, command
