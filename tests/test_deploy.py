"""The units of deploy/systemd: sound, safe, awake on the days when the clocks change."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from meterctl.config import SETTINGS, env_file
from meterctl.http.addresses import parse_trusted
from meterctl.http.serving import GRACE
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli
from tests.faults.crontab import EXAMPLE, read
from tests.faults.disks import PATH, need

UNITS = Path(__file__).parents[1] / "deploy" / "systemd"
JOBS = ("push", "sync", "backup")
SERVICES = (*JOBS, "serve")
PROGRAM = "/usr/local/bin/meterctl"
STATE = "/var/lib/meterctl"  # as systemd makes it of StateDirectory


class Unit:
    """A unit's file, read."""

    def __init__(self, name: str) -> None:
        self._told: dict[tuple[str, str], list[str]] = {}
        section = ""
        for line in (UNITS / name).read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line and not line.startswith("#"):
                setting, _, text = line.partition("=")
                self._told.setdefault((section, setting), []).append(text)

    def get(self, section: str, name: str) -> list[str]:
        """All that a setting is given; it may stand there several times."""
        return self._told[section, name]

    def one(self, section: str, name: str) -> str:
        """The one thing that it is given."""
        (found,) = self.get(section, name)
        return found


def analyze(*arguments: str, zone: str = "UTC") -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze, in a zone."""
    need("systemd-analyze", root=False)
    return subprocess.run(
        ["systemd-analyze", *arguments],
        env={"PATH": os.environ["PATH"], "TZ": zone, "LC_ALL": "C", "SYSTEMD_COLORS": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def days(when: str, zone: str, since: date, count: int) -> list[tuple[date, str]]:
    """The first so many times at which a timer elapses from a day on: day, and time of day."""
    before = f"{since - timedelta(days=1)} 23:59:59"
    ran = analyze("calendar", f"--iterations={count}", f"--base-time={before}", when, zone=zone)
    assert ran.returncode == 0, ran.stderr
    found = re.findall(
        r"^ *(?:Next elapse|Iter\. #\d+): \w+ (\S+) (\d\d:\d\d)", ran.stdout, re.MULTILINE
    )
    return [(date.fromisoformat(day), clock) for day, clock in found]


@pytest.mark.parametrize("job", SERVICES)
def test_a_unit(job: str, tmp_path: Path) -> None:
    """systemd finds nothing wrong with it and its timer, and knows each word in it."""
    service = (UNITS / f"meterctl-{job}.service").read_text(encoding="utf-8")
    assert PROGRAM in service
    there = tmp_path / f"meterctl-{job}.service"
    there.write_text(service.replace(PROGRAM, "/bin/true"), encoding="utf-8")
    found = [str(there)]
    if job in JOBS:
        timer = tmp_path / f"meterctl-{job}.timer"
        timer.write_text((UNITS / timer.name).read_text(encoding="utf-8"), encoding="utf-8")
        found.append(str(timer))
    ran = analyze("verify", "--man=no", *found)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize("job", SERVICES)
def test_how_exposed_it_is(job: str) -> None:
    """systemd's own score, 0 to 100: below 20 it may do little more than its work."""
    path = UNITS / f"meterctl-{job}.service"
    ran = analyze("security", "--offline=true", "--no-pager", "--threshold=20", str(path))
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("job", JOBS)
def test_the_same_as_by_cron(job: str) -> None:
    """Whichever of the two is used, the same is run."""
    words = shlex.split(Unit(f"meterctl-{job}.service").one("Service", "ExecStart"))
    by_cron = [shlex.split(command) for _, command in read(EXAMPLE.read_text("utf-8")).jobs]
    assert words[:3] in [one[:3] for one in by_cron]


@pytest.mark.parametrize("job", JOBS)
def test_a_run_that_was_missed(job: str) -> None:
    """It is made up for when the machine is on again."""
    timer = Unit(f"meterctl-{job}.timer")
    assert timer.one("Timer", "Persistent") == "true"
    assert timer.one("Install", "WantedBy") == "timers.target"


@pytest.mark.fault(35)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Sydney", "UTC"])
@pytest.mark.parametrize("when", [date(2026, 3, 6), date(2026, 3, 27), date(2026, 10, 2)])
def test_the_nights_of_a_change(zone: str, when: date) -> None:
    """There is a push each night, and never in the hours that the clocks skip or repeat."""
    # Thirty nights from each of these days: all changes of the year are among them.
    found = days(Unit("meterctl-push.timer").one("Timer", "OnCalendar"), zone, when, 30)
    assert [day for day, _ in found] == [when + timedelta(days=count) for count in range(30)]
    assert {clock for _, clock in found} == {"04:10"}


@pytest.mark.fault(35)
def test_why_not_in_those_hours() -> None:
    """A timer at 02:30 has no push at all in the night when the clocks are set forward."""
    found = days("*-*-* 02:30:00", "Europe/Berlin", date(2026, 3, 28), 2)
    assert [day for day, _ in found] == [date(2026, 3, 28), date(2026, 3, 30)]


@pytest.mark.fault(35)
def test_the_others_hours() -> None:
    """The copy is made at a safe hour too; sync goes on right after the hour that is skipped."""
    when = {job: Unit(f"meterctl-{job}.timer").one("Timer", "OnCalendar") for job in JOBS}
    backup = days(when["backup"], "Europe/Berlin", date(2026, 3, 27), 2)
    assert backup == [(date(2026, 3, 29), "04:40"), (date(2026, 4, 5), "04:40")]
    sync = [clock for _, clock in days(when["sync"], "Europe/Berlin", date(2026, 3, 29), 9)]
    assert sync == [f"{h}:{m}" for h in ("00", "01") for m in ("00", "15", "30", "45")] + ["03:00"]


def test_what_counts_as_failed() -> None:
    """A quarter of an hour without Google is none; a night in which nothing got through is."""
    for job, codes in (("push", {"143"}), ("sync", {"75", "143"}), ("backup", {"143"})):
        told = Unit(f"meterctl-{job}.service").one("Service", "SuccessExitStatus")
        assert set(told.split()) == codes


def test_the_page_about_them() -> None:
    """It names each unit that is enabled, and each monitor's address that may be set."""
    page = (UNITS.parents[1] / "docs" / "scheduling.md").read_text(encoding="utf-8")
    for job in JOBS:
        assert f"meterctl-{job}.timer" in page
    for setting in SETTINGS:
        if "HEARTBEAT" in setting.name:
            assert f"`{setting.name}`" in page


def test_the_server_ends_before_it_is_killed() -> None:
    """It has the time that it gives what is in flight; what it says is what `serve` takes."""
    told = Unit("meterctl-serve.service")
    assert int(told.one("Service", "TimeoutStopSec")) > GRACE
    words = shlex.split(told.one("Service", "ExecStart"))
    assert words[:2] == [PROGRAM, "serve"]
    parse_trusted([words[words.index("--trusted-proxy") + 1]])


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[Rehearsal]:
    """Both other sides."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        yield rehearsal


# As the unit has it: everything read-only but the state's folder, and no rights to speak of.
_CONFINED = """
set -eu
state=$1
shift
mount --bind "$state" "$state"
awk '$4 ~ "^rw" { print $2 }' /proc/self/mounts | while read -r folder; do
    case $folder in
        "$state" | /proc* | /sys* | /dev*) ;;
        *) mount -o remount,bind,ro "$folder" ;;
    esac
done
if touch "$state/../written" 2>/dev/null; then exit 99; fi
cd /
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""


@pytest.mark.parametrize("job", JOBS)
def test_confined(
    job: str, cli: Cli, other_side: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it may write to nothing but its own folder, it does its work; no home, no language."""
    need("unshare", "mount", "setpriv")
    unit = Unit(f"meterctl-{job}.service")
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    assert unit.one("Service", "Environment") == "METERCTL_ENV_FILE=/etc/meterctl/env"
    settings = tmp_path / "env"
    of_this_household = {
        "METERCTL_LEDGER": f"sqlite:///{state}/ledger.db",
        "METERCTL_TIMEZONE": "Europe/Berlin",
    }
    env_file.write(settings, other_side.settings | of_this_household)
    monkeypatch.delenv("METERCTL_LEDGER")
    monkeypatch.setenv("METERCTL_ENV_FILE", str(settings))
    assert cli("record", "142.3", "--offline").code == 0
    words = shlex.split(unit.one("Service", "ExecStart").replace(STATE, str(state)))
    confined = ["unshare", "--mount", "sh", "-c", _CONFINED, "sh", str(state)]
    ran = subprocess.run(
        [*confined, sys.executable, "-m", "meterctl", *words[1:]],
        env={
            "METERCTL_ENV_FILE": str(settings),
            "PATH": PATH,
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    match job:
        case "push":
            assert [one["value"] for one in other_side.accepted()] == [142.3]
        case "sync":
            assert cli("current", "--json").json["pending"]["sheet"] == 0
        case _:
            assert len(list((state / "backups").iterdir())) == 1
