"""Debian's own cron with the lines of crontab.example, on the days when the clocks change.

It runs in name spaces of its own, where the system's crontabs are covered up, with a clock that is
set and fast for it alone (libfaketime): the machine's is never touched.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from meterctl.config import env_file
from meterctl.domain.times import MINUTE
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.faults.clocks import library
from tests.faults.crontab import at_home
from tests.faults.disks import PATH, need
from tests.faults.table import Table
from tests.helpers import instant, meterctl_environment, run_program

# cron finds nothing of this machine's to run, and nobody finds cron.
_COVERED = """
set -eu
for folder in /run /var/spool/cron /etc/cron.d /etc/cron.hourly /etc/cron.daily \
        /etc/cron.weekly /etc/cron.monthly; do
    mount -t tmpfs meterctl-test "$folder"
done
mount --bind /dev/null /etc/crontab
mkdir -m 1730 /var/spool/cron/crontabs
cp "$1" /var/spool/cron/crontabs/root
chmod 600 /var/spool/cron/crontabs/root
TZ=Europe/Berlin LD_PRELOAD=$2 FAKETIME=$3 exec cron -f
"""
# What the crontab calls in meterctl's place: meterctl, by cron's clock.
_PROGRAM = """#!{python}
import os, sys, time
real = time.time()
then = {start} + (real - {since}) * {speed}
with open({log!r}, "a") as log:
    log.write(f"{{sys.argv[1]}} {{then:.0f}}\\n")
os.environ |= {{"LD_PRELOAD": {library!r}, "FAKETIME": f"{{then - real:+.0f}}"}}
os.execv({python!r}, [{python!r}, "-m", "meterctl", *sys.argv[1:]])
"""


class Run(NamedTuple):
    """One of a job."""

    job: str
    at: int  # by cron's clock


class Night(NamedTuple):
    """One in which the clocks change, from when on it is worth a look, and when it is over."""

    day: date
    start: str
    end: str


class Cron:
    """It, running."""

    def __init__(self, log: Path, start: int, speed: int) -> None:
        self._log = log
        self._start = start
        self._since = time.time()
        self._speed = speed

    def until(self, at: int) -> None:
        """Wait until it is so late by cron's clock."""
        left = (at - self._start) / 1_000 / self._speed - (time.time() - self._since)
        time.sleep(max(left, 0))

    def runs(self, job: str) -> list[Run]:
        """The runs of one job, in order."""
        if not self._log.exists():
            return []
        words = (line.split() for line in self._log.read_text().splitlines())
        return [Run(name, int(at) * 1_000) for name, at in words if name == job]


@contextmanager
def cron(folder: Path, settings: Path, start: int, speed: int) -> Iterator[Cron]:
    """Cron with the example, from an instant on, so many times as fast."""
    need("cron", "unshare", "mount", "setpriv")
    folder.mkdir()
    running = Cron(folder / "log", start, speed)
    program, library_ = folder / "meterctl", library()
    program.write_text(
        _PROGRAM.format(
            python=sys.executable,
            start=start / 1_000,
            since=running._since,
            speed=speed,
            log=str(folder / "log"),
            library=library_,
        )
    )
    program.chmod(0o700)
    # sync, each quarter of an hour, would be at work all the time at this speed.
    lines = at_home(program, settings, folder / "backups").splitlines()
    text = "\n".join(line for line in lines if " sync " not in line)
    control = f"30 2 * * * {shlex.quote(str(program))} help\n"  # in the hour that comes and goes
    (folder / "crontab").write_text(f"{text}\n{control}")
    shift = start / 1_000 - time.time()
    # Whatever ends this process ends unshare, which ends all that it has begun.
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork"]
    command += ["--kill-child", "sh", "-c", _COVERED, "sh"]
    process = subprocess.Popen(
        [*command, str(folder / "crontab"), library_, f"{shift:+.0f} x{speed}"],
        env={"PATH": PATH},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield running
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[Rehearsal]:
    """Both other sides."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        yield rehearsal


@pytest.fixture
def settings(tmp_path: Path, other_side: Rehearsal) -> Path:
    """A household's settings: a utility, and no Sheet."""
    path = tmp_path / "settings" / ".env"
    told = meterctl_environment(tmp_path) | {"METERCTL_UTILITY_SINCE": "2026-03-01"}
    del told["PATH"], told["HOME"]
    env_file.write(path, told | other_side.utility)
    return path


def value(day: date) -> int:
    """What the meter shows in the evening of a day."""
    return 100 * day.month + day.day


def record(settings: Path, day: date) -> None:
    """That reading."""
    arguments = ["record", str(value(day)), "--at", f"{day} 20:00"]
    ran = run_program(arguments, {"METERCTL_ENV_FILE": str(settings)})
    assert ran.code == 0, ran.err


def wait_for(other_side: Rehearsal, count: int) -> None:
    """Until the utility has so many, but not for long."""
    until = time.monotonic() + 30
    while len(other_side.accepted()) < count and time.monotonic() < until:
        time.sleep(0.05)


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    "night",
    [
        pytest.param(
            Night(date(2026, 3, 29), "2026-03-29T01:50:00+01:00", "2026-03-29T04:14:00+02:00"),
            id="spring",
        ),
        pytest.param(
            Night(date(2026, 10, 25), "2026-10-25T02:20:00+02:00", "2026-10-25T04:14:00+01:00"),
            id="autumn",
        ),
    ],
)
def test_a_night_unlike_others(
    night: Night, tmp_path: Path, settings: Path, other_side: Rehearsal
) -> None:
    """An hour less or an hour more: there is one push, at ten past four, and it does its work."""
    record(settings, night.day - timedelta(days=1))
    with cron(tmp_path / "cron", settings, instant(night.start), 1_500) as running:
        running.until(instant(night.end))
        wait_for(other_side, 1)
        (push,) = running.runs("push-utility")
        # Two seconds of ours at most; by the hour of the day before it would be an hour off.
        assert 0 <= push.at - instant(f"{night.day} 04:10") < 50 * MINUTE
        assert len(running.runs("help")) == 1  # Debian's cron sees to it; others do not
    (taken,) = other_side.accepted()
    assert taken["value"] == value(night.day - timedelta(days=1))


@pytest.mark.soak
@pytest.mark.parametrize(
    "first",
    [
        pytest.param(date(2026, 3, 28), id="spring"),
        pytest.param(date(2026, 10, 24), id="autumn"),
    ],
)
def test_three_nights(
    first: date, tmp_path: Path, settings: Path, other_side: Rehearsal, table: Table
) -> None:
    """Before the change, that night, the one after: one push each, and one reading each."""
    nights = [first + timedelta(days=count) for count in range(3)]
    with cron(tmp_path / "cron", settings, instant(f"{first} 03:50"), 1_200) as running:
        for count, night in enumerate(nights, 1):
            record(settings, night - timedelta(days=1))
            running.until(instant(f"{night} 04:20"))
            wait_for(other_side, count)
            assert len(running.runs("push-utility")) == len(other_side.accepted()) == count
    evenings = [value(night - timedelta(days=1)) for night in nights]
    assert [one["value"] for one in other_side.accepted()] == evenings
    table.add("a real cron, over a clock change", 3, len(other_side.accepted()), 3)
